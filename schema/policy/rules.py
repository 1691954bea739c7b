"""Rules as a caller writes them: a typed tree, each node one of five forms."""

from typing import Any

import strawberry

from schema.acting import given
from schema.filters import UNSET
from schema.inputs import field
from server.kit.clause import Clause as Citation
from server.kit.errors import Invalid
from server.policy import terms, values
from server.policy.canonical import jsonable
from server.policy.cursor import did_you_mean
from server.policy.parameters import PARAMETERS
from server.policy.values import ValueType

strawberry.enum(ValueType, name="ParameterType", description="参数类型")
for _value in ValueType.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = values.label(ValueType[_value.name])


@strawberry.input(description="条款引用")
class ClauseInput:
    """A citation."""

    document: str = field("文件代号")
    anchor: str = field("条款位置")


@strawberry.input(description="一组条件")
class ConditionGroupInput:
    """Parts of a node."""

    of: list["PolicyConditionInput"] = field("条件")
    label: str | None = field("说明", default=UNSET)


@strawberry.input(description="至少几项")
class AtLeastInput:
    """So many of the parts."""

    count: int = field("至少几项")
    of: list["PolicyConditionInput"] = field("条件")
    label: str | None = field("说明", default=UNSET)


@strawberry.input(description="不满足")
class NotInput:
    """The opposite of the part."""

    of: "PolicyConditionInput" = field("条件")
    label: str | None = field("说明", default=UNSET)


@strawberry.input(description="单个条件 a CEL expression over `facts.*` and `params.*` that is true or false")
class ExpressionInput:
    """A leaf."""

    expr: str = field("表达式 no numbers but 0 and 1: use parameters")
    label: str = field("说明 what it looks for, as explanations show it")
    cite: ClauseInput | None = field("条款 where it differs from the rule's first", default=UNSET)


@strawberry.input(one_of=True, description="条件树的一个节点 exactly one of the five")
class PolicyConditionInput:
    """A node."""

    all_: ConditionGroupInput | None = field("同时满足", name="all", default=UNSET)
    any_: ConditionGroupInput | None = field("满足之一", name="any", default=UNSET)
    at_least: AtLeastInput | None = field("至少几项", default=UNSET)
    not_: NotInput | None = field("不满足", name="not", default=UNSET)
    expression: ExpressionInput | None = field("单个条件", default=UNSET)


@strawberry.input(description="规则")
class PolicyRuleInput:
    """A rule as it shall read."""

    code: str = field("编号 an existing code replaces that rule")
    title: str = field("名称")
    concept: str = field("概念 a shared one, or one of your own that begins with `local.`")
    clauses: list[ClauseInput] = field("依据条款 at least one")
    when: PolicyConditionInput = field("触发条件")
    effects: list[terms.Effect] = field("效果 the first is what statistics speak of")
    applies_to: PolicyConditionInput | None = field("适用范围", default=UNSET)
    item: str | None = field("负面清单条目号", default=UNSET)
    otherwise: terms.Effect | None = field("未触发时", default=UNSET)
    mode: terms.Mode | None = field("呈现方式", default=UNSET)
    evidence: list[str] | None = field("所需证据", default=UNSET)
    ambiguities: list[str] | None = field("歧义编号", default=UNSET)
    note: str | None = field("说明", default=UNSET)


@strawberry.input(description="可选值")
class ParameterChoiceInput:
    """A choice."""

    value: str = field("代码")
    label: str = field("名称")


@strawberry.input(description="参数 in full; those that the platform declares need no type, limits or choices")
class PolicyParameterDefinitionInput:
    """A parameter as it shall read."""

    key: str = field("参数名 an existing key replaces that parameter")
    value: str = field("数值 as text")
    source_status: terms.SourceStatus = field("来源")
    label: str | None = field("名称", default=UNSET)
    type: ValueType | None = field("类型 of a parameter of your own", default=UNSET)
    unit: str | None = field("单位", default=UNSET)
    minimum: int | None = field("下限", default=UNSET)
    maximum: int | None = field("上限", default=UNSET)
    choices: list[ParameterChoiceInput] | None = field("可选值 in rising rank for a grade", default=UNSET)
    clause: ClauseInput | None = field("条款", default=UNSET)
    ambiguity: str | None = field("歧义编号", default=UNSET)
    note: str | None = field("说明", default=UNSET)


def clause_of(sent: ClauseInput) -> Citation:
    """The citation."""
    return Citation(sent.document, sent.anchor)


def _clause(sent: ClauseInput | None) -> str | None:
    return None if not given(sent) or sent is None else str(clause_of(sent))


def _kept(**parts: Any) -> dict[str, Any]:
    """The parts that say something, in the order given."""
    return {key: part for key, part in parts.items() if part is not None and part is not UNSET and part != []}


def tree(node: PolicyConditionInput) -> dict[str, Any]:
    """The tree as it is written in a policy file."""
    if node.expression:
        leaf = node.expression
        return _kept(label=leaf.label, expr=leaf.expr, cite=_clause(leaf.cite or None))
    if node.at_least:
        return _kept(label=node.at_least.label, atLeast=node.at_least.count) | {
            "of": [tree(part) for part in node.at_least.of]
        }
    if node.not_:
        return _kept(label=node.not_.label) | {"not": tree(node.not_.of)}
    form, group = ("all", node.all_) if node.all_ else ("any", node.any_)
    assert group, "the schema lets exactly one form through"
    return _kept(label=group.label) | {form: [tree(part) for part in group.of]}


def rule(sent: PolicyRuleInput) -> dict[str, Any]:
    """The rule as it is written in a policy file."""
    return _kept(
        code=sent.code,
        title=sent.title,
        item=sent.item,
        concept=sent.concept,
        cites=[str(clause_of(one)) for one in sent.clauses],
        applies_to=tree(sent.applies_to) if sent.applies_to else None,
        when=tree(sent.when),
        effects=[effect.value for effect in sent.effects],
        otherwise=sent.otherwise and sent.otherwise.value,
        mode=sent.mode and sent.mode.value,
        evidence=sent.evidence,
        ambiguities=sent.ambiguities,
        note=sent.note,
    )


def parameter(sent: PolicyParameterDefinitionInput, path: tuple[str, ...]) -> dict[str, Any]:
    """The parameter as it is written in a policy file.

    Raises: Invalid where its value is no value of its type, or its type is not known.
    """
    declared = PARAMETERS.get(sent.key)
    type_ = declared.type if declared else given(sent.type)
    if type_ is None:
        hint = did_you_mean(sent.key, PARAMETERS) or "；本区自设的参数须写明 type、label 和 unit"
        raise Invalid(f"未知的参数 {sent.key[:40]}{hint}", path=(*path, "key"))
    try:
        value = values.parse(type_, sent.value.strip())
    except ValueError:
        expected = values.label(type_)
        raise Invalid(f"参数 {sent.key} 的值应为{expected}；现为 {sent.value[:40]}", path=(*path, "value")) from None
    choices = {one.value: one.label for one in sent.choices} if sent.choices else None
    return _kept(
        key=sent.key,
        label=sent.label,
        type=sent.type and sent.type.value,
        minimum=sent.minimum,
        maximum=sent.maximum,
        choices=choices,
    ) | {
        "value": jsonable(value),
        **_kept(
            unit=sent.unit,
            source_status=sent.source_status.value,
            clause=_clause(sent.clause or None),
            ambiguity=sent.ambiguity,
            note=sent.note,
        ),
    }
