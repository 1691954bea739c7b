"""Worked cases as they are written: YAML with Chinese keys, so that an official reads the story and not our
names for it.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from server.kit.clause import Clause
from server.kit.clock import BEIJING
from server.policy import values
from server.policy.cases import Case, Expected
from server.policy.cursor import Cursor, Log, did_you_mean
from server.policy.events import ATTRIBUTES, AttributeSpec, Event, EventKind, History
from server.policy.problems import PolicyRejected
from server.policy.terms import Effect, Flag, Kind, Outcome, Term, WindowKind
from server.policy.tree import Listing, Scalar, Table, read_yaml
from server.policy.values import ValueType
from server.policy.vocabulary import FACTS
from server.policy.windows import Period

_CASE_KEYS = ("名称", "日期", "受理", "事件", "认定事件", "周期", "未掌握", "参数", "预期")
_EVENT_KEYS = ("事项", "编号", "发生", "决定", "记录", "撤销")
_EXPECTED_KEYS = ("结果", "效果", "提示", "事实", "计至", "待查明", "版本")
_FACT_NAMES = {spec.label: spec.name for spec in FACTS.values()}


def load_cases(source: bytes | str, file: str) -> tuple[Case, ...]:
    """All cases of the file.  Raises: PolicyRejected with every problem, each with file, line and column."""
    log = Log(file)
    at = Cursor.at_root(read_yaml(source, file), log)
    cases: list[Case] = []
    if at.table("区", "政策", "规则"):
        where, kind_at = at.need("区"), at.need("政策")
        jurisdiction = where.text() if where else None
        kind = kind_at.term(Kind) if kind_at else None
        at.need("规则")
        if jurisdiction is not None and kind is not None:
            for rule_at in at.items_of("规则"):
                cases += _cases(rule_at, jurisdiction, kind)
    if log.problems:
        raise PolicyRejected(log.problems)
    return tuple(cases)


def _cases(at: Cursor, jurisdiction: str, kind: Kind) -> list[Case]:
    if not at.table("编号", "条款", "算例"):
        return []
    rule_at, clause_at = at.need("编号"), at.need("条款")
    rule, clause = rule_at.text() if rule_at else None, clause_at.clause() if clause_at else None
    at.need("算例")
    if rule is None or clause is None:
        return []
    found = (_case(item, jurisdiction, kind, rule, clause) for item in at.items_of("算例"))
    return [case for case in found if case is not None]


def _case(at: Cursor, jurisdiction: str, kind: Kind, rule: str, clause: Clause) -> Case | None:
    if not at.table(*_CASE_KEYS):
        return None
    name_at, day_at, expected_at = at.need("名称"), at.need("日期"), at.need("预期")
    name, day = name_at.text() if name_at else None, day_at.day() if day_at else None
    expected = _expected(expected_at) if expected_at else None
    events = [_event(item) for item in at.items_of("事件")]
    unknown = {_labelled(item, EventKind) for item in at.items_of("未掌握")}
    covered = frozenset(term for term in EventKind if term not in unknown)
    history = History(name or "", tuple(e for e in events if e is not None), covered, _cycles(at))
    if name is None or day is None or expected is None:
        return None
    return Case(
        name=name,
        jurisdiction=jurisdiction,
        kind=kind,
        rule=rule,
        clause=clause,
        as_of=day,
        known_at=datetime.combine(day, time(23, 59, 59), BEIJING),
        history=history,
        expected=expected,
        occurrence=at.texts_of("认定事件"),
        submitted_on=at.date_of("受理"),
        parameters=tuple(_texts(at.find("参数"))),
    )


def _texts(at: Cursor | None) -> list[tuple[str, str]]:
    entries = at.tree.entries if at is not None and isinstance(at.tree, Table) else ()
    return [(key.value, str(value.value)) for key, value in entries if isinstance(value, Scalar)]


def _labelled(at: Cursor, terms: type[Term]) -> Any:
    """The term of that Chinese label."""
    text = at.text()
    if text is None:
        return None
    by_label = {term.label: term for term in terms}
    if text not in by_label:
        at.refuse(
            "UNKNOWN_TERM", f"“{text}”不在可用范围内{did_you_mean(text, by_label) or '；可用：' + '、'.join(by_label)}"
        )
    return by_label.get(text)


def _event(at: Cursor) -> Event | None:
    if not isinstance(at.tree, Table):
        at.table()
        return None
    kind_at, id_at, day_at = at.need("事项"), at.need("编号"), at.need("发生")
    kind = _labelled(kind_at, EventKind) if kind_at else None
    identity, day = id_at.text() if id_at else None, day_at.day() if day_at else None
    if kind is None or identity is None or day is None:
        return None
    specs = {spec.label: spec for spec in ATTRIBUTES[kind]}
    at.table(*_EVENT_KEYS, *specs)
    attributes = {spec.name: _attribute(found, spec, at) for label, spec in specs.items() if (found := at.find(label))}
    for label, spec in specs.items():
        if spec.required and spec.name not in attributes:
            at.refuse("MISSING_KEY", f"缺少“{label}”")
    decided, recorded, annulled = at.date_of("决定"), at.date_of("记录"), at.date_of("撤销")
    return Event(
        id=identity,
        kind=kind,
        occurred_on=day,
        recorded_at=_noon(recorded or decided or day),
        decided_on=decided or attributes.get("issued_on"),
        annulled_at=_noon(annulled) if annulled else None,
        attributes={name: value for name, value in attributes.items() if value is not None},
    )


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BEIJING)


def _attribute(at: Cursor, spec: AttributeSpec, event: Cursor) -> Any:
    match spec.type:
        case ValueType.BOOL:
            return _yes_no(at)
        case ValueType.DATE:
            return at.day()
        case ValueType.INT:
            return at.whole()
        case ValueType.CHOICE:
            return _code(at, spec.choices)
        case ValueType.SCORE:
            return values.parse(ValueType.SCORE, at.text() or "")
        case _:
            if spec.name == "fact":
                return _fact_name(at)
            if spec.name == "value" and (fact_at := event.find("事实")):
                return _fact_value(at, _FACT_NAMES.get(fact_at.text() or "", ""))
            return at.text()


def _yes_no(at: Cursor) -> bool | None:
    text = at.text()
    if text not in ("是", "否"):
        at.refuse("WRONG_TYPE", f"“{at.path[-1]}”应为是或否")
    return {"是": True, "否": False}.get(text or "")


def _code(at: Cursor, choices: Mapping[str, str]) -> str | None:
    text = at.text()
    by_label = {label: code for code, label in choices.items()}
    if text is not None and text not in by_label:
        at.refuse("UNKNOWN_TERM", f"“{text}”不在可用范围内；可用：{'、'.join(by_label)}")
    return by_label.get(text or "")


def _fact_name(at: Cursor) -> str | None:
    text = at.text()
    if text is not None and text not in _FACT_NAMES:
        at.refuse("UNKNOWN_FACT", f"未知的事实“{text}”{did_you_mean(text, _FACT_NAMES)}")
    return _FACT_NAMES.get(text or "")


def _fact_value(at: Cursor, name: str) -> str | None:
    """The value as text of the fact's type, from its Chinese writing."""
    spec = FACTS.get(name)
    if spec is None:
        return None
    if spec.type is ValueType.BOOL:
        found = _yes_no(at)
        return None if found is None else values.render(ValueType.BOOL, found)
    if spec.choices:
        return _code(at, spec.choices)
    return at.text()


def _cycles(at: Cursor) -> dict[WindowKind, tuple[Period, ...]]:
    found = at.find("周期")
    cycles: dict[WindowKind, tuple[Period, ...]] = {}
    for key, value in found.tree.entries if found is not None and isinstance(found.tree, Table) else ():
        kind = next((kind for kind in WindowKind if kind.label == key.value), None)
        entry = found.step(key.value, value) if found else at
        if kind is None or not isinstance(value, Listing):
            entry.refuse("UNKNOWN_TERM", f"周期“{key.value}”应为校验周期或绩效考核周期，内容为 [起, 止（不含）] 的列表")
            continue
        periods = []
        for item in entry.items():
            days = [day.day() for day in item.items()]
            if len(days) == 2 and days[0] is not None:
                periods.append(Period(days[0], days[1]))
        cycles[kind] = tuple(periods)
    return cycles


def _expected(at: Cursor) -> Expected | None:
    if not at.table(*_EXPECTED_KEYS):
        return None
    outcome_at, effects_at, version_at = at.need("结果"), at.find("效果"), at.find("版本")
    outcome = _labelled(outcome_at, Outcome) if outcome_at else None
    if outcome is None:
        return None
    asked_at = at.find("待查明")
    facts_at, until_at = at.find("事实"), at.find("计至")
    facts = []
    for key, value in facts_at.tree.entries if facts_at is not None and isinstance(facts_at.tree, Table) else ():
        name_at = Cursor(key, (*at.path, "事实", key.value), at.log)
        name = _fact_name(name_at)
        text = _fact_value(Cursor(value, name_at.path, at.log), name or "")
        if name is not None and text is not None:
            facts.append((name, text))
    until = []
    for key, value in until_at.tree.entries if until_at is not None and isinstance(until_at.tree, Table) else ():
        day = Cursor(value, (*at.path, "计至", key.value), at.log).day()
        if day is not None:
            until.append((key.value, day))
    asked = None if asked_at is None else tuple(filter(None, (_fact_name(item) for item in asked_at.items())))
    return Expected(
        outcome=outcome,
        effects=None if effects_at is None else tuple(_labelled(item, Effect) for item in effects_at.items()),
        flags=tuple(_labelled(item, Flag) for item in at.items_of("提示")),
        facts=tuple(facts),
        counts_until=tuple(until),
        ask=asked,
        version=version_at.whole() if version_at else None,
    )
