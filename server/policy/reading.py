"""The parts of a written version → model: parameters, rules and their trees.  Structure only."""

from decimal import Decimal
from typing import Any

from server.kit.clause import Clause
from server.policy import values
from server.policy.cursor import Cursor, did_you_mean
from server.policy.model import Parameter, Rule
from server.policy.nodes import AllOf, AnyOf, AtLeast, Leaf, Node, Not
from server.policy.parameters import PARAMETERS
from server.policy.terms import Effect, Mode, SourceStatus
from server.policy.tree import Scalar
from server.policy.values import ValueType


def read_parameter(at: Cursor) -> Parameter | None:
    """The parameter with what is declared about its key, or None with at least one problem in the log."""
    keys = "key label type minimum maximum choices value unit source_status clause ambiguity note"
    if not at.table(*keys.split()):
        return None
    key_at, status_at, value_at = at.need("key"), at.need("source_status"), at.find("value")
    key = key_at.text() if key_at else None
    status = status_at.term(SourceStatus) if status_at else None
    if value_at is None:
        at.refuse("MISSING_KEY", "缺少“value”")
    if key is None or key_at is None or status is None or value_at is None:
        return None
    declared = PARAMETERS.get(key)
    if declared is None and at.find("type") is None:
        hint = did_you_mean(key, PARAMETERS) or "；本区自设的参数须写明 type、label 和 unit"
        key_at.refuse("UNKNOWN_PARAMETER", f"未知的参数 {key}{hint}")
        return None
    limits = _limits(at, key) if declared is None else _no_limits(at, key)
    label = at.text_of("label") or (declared.label if declared else None)
    if label is None:
        at.refuse("MISSING_KEY", "缺少“label”")
    type_ = declared.type if declared else limits.pop("type", None)
    if label is None or type_ is None:
        return None
    value = _value(value_at, type_)
    if value is None:
        return None
    if declared is not None:
        limits = {"minimum": declared.minimum, "maximum": declared.maximum, "choices": declared.choices}
    return Parameter(
        key=key,
        type=type_,
        value=value,
        label=label,
        source_status=status,
        clause=at.clause_of("clause"),
        unit=at.text_of("unit") or (declared.unit if declared else None),
        ambiguity=at.text_of("ambiguity"),
        note=at.text_of("note"),
        own=declared is None,
        **limits,
    )


def _limits(at: Cursor, key: str) -> dict[str, Any]:
    limits: dict[str, Any] = {"choices": {}}
    type_at = at.need("type")
    name = type_at.text() if type_at else None
    if type_at is not None and name is not None:
        if name in list(ValueType):
            limits["type"] = ValueType(name)
        else:
            type_at.refuse("UNKNOWN_TERM", f"参数 {key} 的 type 不能是 {name}；可用：{'、'.join(ValueType)}")
    for bound in ("minimum", "maximum"):
        if found := at.find(bound):
            limits[bound] = found.whole()
    choices = at.find("choices")
    if choices is not None and not isinstance(choices.tree, Scalar):
        entries = getattr(choices.tree, "entries", ())
        found_choices = {name.value: choices.step(name.value, text).text() for name, text in entries}
        limits["choices"] = {code: text for code, text in found_choices.items() if text is not None}
    return limits


def _no_limits(at: Cursor, key: str) -> dict[str, Any]:
    for name in ("type", "minimum", "maximum", "choices"):
        if found := at.find(name):
            found.refuse("DECLARED_PARAMETER", f"{key} 是平台声明的参数，“{name}”不能改写；请删去此键")
    return {}


def _value(at: Cursor, type_: ValueType) -> Any:
    """The value as the type's Python value; None, with a problem, where it is not one."""
    match type_:
        case ValueType.INT:
            return at.whole()
        case ValueType.BOOL:
            return at.truth()
        case ValueType.DATE:
            return at.day()
        case ValueType.INT_LIST | ValueType.INT_RANGE:
            numbers = tuple(item.whole() for item in at.items())
            return None if None in numbers else numbers
        case ValueType.TEXT_LIST:
            texts = tuple(item.text() for item in at.items())
            return None if None in texts else texts
        case ValueType.SCORE:
            written = at.tree.value if isinstance(at.tree, Scalar) else None
            try:
                if isinstance(written, bool | float) or written is None:
                    raise ValueError(written)
                return values.parse(type_, str(written)) if not isinstance(written, Decimal) else written
            except ValueError:
                at.refuse("WRONG_TYPE", "“value”应为分数（如 85.50）")
                return None
        case _:
            return at.text()


def read_rule(at: Cursor) -> Rule | None:
    """The rule, or None with at least one problem in the log."""
    keys = "code title item concept cites applies_to when effects otherwise mode evidence ambiguities note"
    if not at.table(*keys.split()):
        return None
    before = len(at.log.problems)
    code, title, concept = (at.need(key) for key in ("code", "title", "concept"))
    when, applies_to = at.need("when"), at.find("applies_to")
    at.need("effects")
    otherwise, mode = at.find("otherwise"), at.find("mode")
    rule: dict[str, Any] = {
        "code": code.text() if code else None,
        "title": title.text() if title else None,
        "concept": concept.text() if concept else None,
        "item": at.text_of("item"),
        "cites": tuple(filter(None, (item.clause() for item in at.items_of("cites")))),
        "when": read_node(when) if when else None,
        "applies_to": read_node(applies_to) if applies_to else None,
        "effects": tuple(filter(None, (item.term(Effect) for item in at.items_of("effects")))),
        "evidence": at.texts_of("evidence"),
        "ambiguities": at.texts_of("ambiguities"),
        "note": at.text_of("note"),
    }
    if otherwise is not None:
        rule["otherwise"] = otherwise.term(Effect)
    if mode is not None:
        rule["mode"] = mode.term(Mode)
    fatal = [problem for problem in at.log.problems[before:] if problem.code != "UNKNOWN_KEY"]
    return None if fatal else Rule(**rule)


_FORMS = ("all", "any", "atLeast", "not", "expr")


def read_node(at: Cursor) -> Node | None:
    """The tree, or None with at least one problem in the log."""
    if not at.table("label", "all", "any", "atLeast", "of", "not", "expr", "cite"):
        return None
    stated = [form for form in _FORMS if at.find(form) is not None]
    if len(stated) != 1:
        at.refuse("MALFORMED_TREE", "一个节点应写明 all、any、atLeast、not、expr 中的一种，且只有一种")
        return None
    form = stated[0]
    label = at.text_of("label")
    if form == "expr":
        return _leaf(at, label)
    if at.find("cite"):
        at.refuse("MALFORMED_TREE", "“cite”只写在 expr 节点上")
    if form == "not":
        part_at = at.find("not")
        part = read_node(part_at) if part_at else None
        return None if part is None else Not(part, label)
    list_key = "of" if form == "atLeast" else form
    list_at = at.need(list_key)
    parts = [read_node(item) for item in list_at.items()] if list_at else []
    kept = tuple(part for part in parts if part is not None)
    if len(kept) != len(parts):
        return None
    if form == "atLeast":
        count_at = at.find("atLeast")
        count = count_at.whole() if count_at else None
        return None if count is None else AtLeast(count, kept, label)
    return AllOf(kept, label) if form == "all" else AnyOf(kept, label)


def _leaf(at: Cursor, label: str | None) -> Leaf | None:
    expr_at = at.need("expr")
    expr = expr_at.text() if expr_at else None
    if label is None:
        at.refuse("MISSING_KEY", "每个条件须有“label”，说明它查什么")
    cite: Clause | None = at.clause_of("cite")
    return None if expr is None or label is None else Leaf(expr, label, cite)
