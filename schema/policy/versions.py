"""A version of a policy as callers see it, in full: its documents, its parameters, its rules and their conditions."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.acting import Ref
from schema.problems import Clause, cited
from schema.tags import DISTRICT_TAG, POLICY_TAG
from schema.terms import term
from server.kit import clock
from server.kit.ids import NodeId, stable_id
from server.policy import model, nodes, terms
from server.policy.documents import Register
from server.policy.store import Kept
from server.policy.timeline import status_on

if TYPE_CHECKING:
    from schema.districts import District

term(terms.Kind, "政策类别", "PolicyKind")
term(terms.Status, "政策状态 the last three follow from the dates", "PolicyStatus")
term(terms.Effect, "效果 proposed to a person, never executed by a rule", "PolicyEffect")
term(terms.Mode, "呈现方式 how a rule that fired presents itself", "RuleMode")
term(terms.SourceStatus, "数值来源")


@strawberry.type(description="政策文件 as it is registered")
class PolicyDocument:
    """A source document."""

    slug: str = strawberry.field(description="代号 as clauses name it")
    number: str | None = strawberry.field(description="文号")
    title: str = strawberry.field(description="标题")
    issuer: str = strawberry.field(description="发文机关")
    issued_on: date | None = strawberry.field(description="成文日期")
    effective_from: date | None = strawberry.field(description="施行日期 as the document says")
    effective_until: date | None = strawberry.field(description="失效日期 the first day it no longer holds")


@strawberry.type(description="选项 a value that a parameter may take")
class ParameterChoice:
    """A choice."""

    value: str = strawberry.field(description="代码")
    label: str = strawberry.field(description="名称")


@strawberry.type(description="参数 an adjustable value of a policy, with where it comes from")
class PolicyParameter:
    """A parameter."""

    key: str = strawberry.field(description="参数名 as rules and callers use it")
    label: str = strawberry.field(description="名称")
    value: str = strawberry.field(
        description="数值 as text, the same text a caller sends: 3, true, 2026-04-02, 1,4,7,10"
    )
    unit: str | None = strawberry.field(description="单位")
    source_status: terms.SourceStatus = strawberry.field(description="来源")
    clause: Clause | None = strawberry.field(description="条款")
    ambiguity: str | None = strawberry.field(description="歧义编号 which reading of the text it settles")
    note: str | None = strawberry.field(description="说明")
    minimum: int | None = strawberry.field(description="下限 of whole numbers")
    maximum: int | None = strawberry.field(description="上限")
    choices: list[ParameterChoice] = strawberry.field(description="可选值 empty where the value is free")


@strawberry.type(description="条件 one node of a rule's tree; the list is depth first")
class PolicyCondition:
    """A node."""

    path: str = strawberry.field(description="位置 `0`, `0.1`, `0.1.0`: gives the tree; the same as in explanations")
    label: str | None = strawberry.field(description="说明")
    form: str = strawberry.field(description="形式 rule, all, any, atLeast, not or expr")
    count: int | None = strawberry.field(description="至少几项 of atLeast")
    expr: str | None = strawberry.field(description="表达式 of a condition")
    clause: Clause | None = strawberry.field(description="条款")


@strawberry.type(description="规则 when its conditions are met, it proposes its effects to a person")
class PolicyRule:
    """A rule."""

    code: str = strawberry.field(description="编号")
    title: str = strawberry.field(description="名称")
    concept: str = strawberry.field(description="概念 what the rule is about; aligns rules of different districts")
    item: str | None = strawberry.field(description="负面清单条目号")
    effect: terms.Effect = strawberry.field(description="首要效果")
    effects: list[terms.Effect] = strawberry.field(description="全部效果")
    otherwise: terms.Effect = strawberry.field(description="未触发时")
    mode: terms.Mode = strawberry.field(description="呈现方式")
    clauses: list[Clause] = strawberry.field(description="依据条款")
    conditions: list[PolicyCondition] = strawberry.field(description="条件")
    evidence: list[str] = strawberry.field(description="所需证据")
    ambiguities: list[str] = strawberry.field(description="歧义编号")
    note: str | None = strawberry.field(description="说明")


@strawberry.type(description="政策版本 immutable once published")
class PolicyVersion:
    """A version."""

    id: strawberry.ID = strawberry.field(description="标识")
    kind: terms.Kind = strawberry.field(description="类别")
    version: int = strawberry.field(description="版本号")
    status: terms.Status = strawberry.field(description="状态 on the day asked for, else today")
    title: str = strawberry.field(description="标题")
    district: Annotated["District", strawberry.lazy("schema.districts")] = strawberry.field(description="制定辖区")
    effective_from: date = strawberry.field(description="施行日期")
    effective_until: date | None = strawberry.field(description="失效日期 the first day it no longer holds")
    effective_status: terms.SourceStatus = strawberry.field(description="施行日期来源")
    effective_note: str | None = strawberry.field(description="施行日期说明")
    digest: str = strawberry.field(description="摘要 SHA-256 of the content; the publisher states what was reviewed")
    base_digest: str | None = strawberry.field(description="所依据版本的摘要")
    note: str | None = strawberry.field(description="说明")
    shared_with_city: bool = strawberry.field(description="草案是否供市级查看")
    reason: str | None = strawberry.field(description="发布理由")
    documents: list[PolicyDocument] = strawberry.field(description="政策文件")
    parameters: list[PolicyParameter] = strawberry.field(description="参数")
    rules: list[PolicyRule] = strawberry.field(description="规则")


def shown(one: Kept, register: Register, on: date | None = None) -> PolicyVersion:
    """The version as callers see it."""
    version, period = one.version, one.version.period
    district = NodeId(DISTRICT_TAG, one.tenant_id, stable_id("district", version.jurisdiction or ""))
    return PolicyVersion(
        id=strawberry.ID(str(NodeId(POLICY_TAG, one.tenant_id, one.id))),
        kind=version.kind,
        version=version.number,
        status=status_on(version, one.status, on or clock.today()),
        title=version.title,
        district=Ref(district),  # type: ignore[arg-type]
        effective_from=period.from_on,
        effective_until=period.until,
        effective_status=version.effective_status,
        effective_note=version.effective_note,
        digest=version.digest,
        base_digest=one.base_digest,
        note=version.note,
        shared_with_city=one.shared_with_city,
        reason=one.reason,
        **body_of(version, register),
    )


def body_of(version: model.PolicyVersion, register: Register) -> dict[str, Any]:
    """What a version or a template says: its documents, parameters and rules, by the fields that hold them."""
    return {
        "documents": [_document(slug, register) for slug in version.documents if slug in register.documents],
        "parameters": [_parameter(one, register) for one in version.parameters],
        "rules": [_rule(one, version, register) for one in version.rules],
    }


def _document(slug: str, register: Register) -> PolicyDocument:
    names = ("slug", "number", "title", "issuer", "issued_on", "effective_from", "effective_until")
    return PolicyDocument(**{name: getattr(register.documents[slug], name) for name in names})


def _parameter(one: model.Parameter, register: Register) -> PolicyParameter:
    return PolicyParameter(
        key=one.key,
        label=one.label,
        value=one.text,
        unit=one.unit,
        source_status=one.source_status,
        clause=None if one.clause is None else cited(one.clause, register),
        ambiguity=one.ambiguity,
        note=one.note,
        minimum=one.minimum,
        maximum=one.maximum,
        choices=[ParameterChoice(value=value, label=label) for value, label in one.choices.items()],
    )


def _rule(one: model.Rule, version: model.PolicyVersion, register: Register) -> PolicyRule:
    return PolicyRule(
        code=one.code,
        title=one.title,
        concept=one.concept,
        item=one.item,
        effect=one.effect,
        effects=list(one.effects),
        otherwise=one.otherwise,
        mode=one.mode,
        clauses=[cited(clause, register) for clause in one.cites],
        conditions=list(_conditions(one, version, register)),
        evidence=list(one.evidence),
        ambiguities=list(one.ambiguities),
        note=one.note,
    )


def _conditions(one: model.Rule, version: model.PolicyVersion, register: Register) -> Iterator[PolicyCondition]:
    yield PolicyCondition(
        path="0", label=one.title, form="rule", count=None, expr=None, clause=cited(one.cites[0], register)
    )
    trees = [tree for tree in (version.applies_to, one.applies_to, one.when) if tree is not None]
    for index, tree in enumerate(trees):
        yield from _nodes(tree, f"0.{index}", register)


def _nodes(node: nodes.Node, path: str, register: Register) -> Iterator[PolicyCondition]:
    leaf = node if isinstance(node, nodes.Leaf) else None
    cite = None if leaf is None else leaf.cite
    yield PolicyCondition(
        path=path,
        label=node.label,
        form="expr" if leaf else "atLeast" if isinstance(node, nodes.AtLeast) else nodes.STEP[type(node)],
        count=node.count if isinstance(node, nodes.AtLeast) else None,
        expr=leaf.expr if leaf else None,
        clause=None if cite is None else cited(cite, register),
    )
    for index, part in enumerate(nodes.parts_of(node)):
        yield from _nodes(part, f"{path}.{index}", register)
