"""From dated events to facts: as of a day, as known at an instant, under one version's windows.

Fails closed: a register that was not consulted, a parameter that is not there, an event that is not determined make a
fact *missing*, with the reason; they never make it false or zero.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from server.policy import counting, values
from server.policy.counting import Derivation
from server.policy.events import Event, EventKind, History
from server.policy.fact_specs import FactSpec
from server.policy.facts import Fact, Facts, Missing, Source, keep
from server.policy.findings import SINGLE
from server.policy.model import PolicyVersion
from server.policy.terms import SCOPE_OF, FactScope
from server.policy.vocabulary import FACTS, in_scope

_CLAIMS = frozenset({EventKind.DECLARATION, EventKind.DETERMINATION})

_STATES = frozenset({EventKind.OPENING})
"""Events that say how things are rather than what happened: they hold from whenever they were."""

AGGREGATES: dict[str, Derivation] = {
    "yellow_cards_in_window": counting.yellow_cards,
    "consecutive_failed_cycles": counting.failed_cycles,
    "practice_points_in_cycle": counting.practice_points,
    "serious_complaints_in_cycle": counting.serious_complaints,
    "safety_penalties_in_window": counting.safety_penalties,
}
DERIVATIONS: dict[str, Derivation] = {**AGGREGATES, **SINGLE}


def derive_facts(
    history: History,
    version: PolicyVersion,
    *,
    as_of: date,
    known_at: datetime,
    count_from: date,
    names: Iterable[str] | None = None,
    occurrence: Collection[str] | None = None,
) -> Facts:
    """The facts that the version's rules may name, each with the events it comes from; those unknown, with the reason.

    ``count_from``: events before it do not count (``timeline.count_from``).  ``names``: only these.  ``occurrence``:
    ids of the events of the one finding under judgement; facts about a finding then come from these alone, counts
    from all.
    """
    scope = SCOPE_OF[version.kind]
    visible = in_scope(scope)
    stood = history.known(as_of=as_of, known_at=known_at)
    known: dict[str, Fact] = {}
    missing: dict[str, Missing] = {}
    for name in visible if names is None else names:
        found = _derive(visible[name], scope, stood, version, as_of, count_from, occurrence)
        if isinstance(found, Missing):
            missing[name] = found
        else:
            keep(found, known, missing)
    return Facts(as_of, known_at, known, missing)


def _derive(
    spec: FactSpec,
    scope: FactScope,
    history: History,
    version: PolicyVersion,
    as_of: date,
    count_from: date,
    occurrence: Collection[str] | None,
) -> Fact | Missing:
    events = [event for event in history.events if event.kind in spec.events]
    if spec.name not in DERIVATIONS:
        return _claimed(spec, events) if scope is FactScope.APPLICATION else _registered(spec, events)
    for needed in spec.needs:
        if version.value(needed) is None:
            return Missing(spec.name, f"政策没有写明参数 {needed}")
    uncovered = spec.events - history.covered
    if uncovered:
        return Missing(spec.name, f"没有取得登记：{'、'.join(sorted(kind.label for kind in uncovered))}")
    counting_events = [e for e in events if e.happened_on >= count_from or e.kind in _STATES]
    if occurrence is not None and spec.occurrence:
        counting_events = [event for event in counting_events if event.id in occurrence]
    return DERIVATIONS[spec.name](spec.name, counting_events, history, version, as_of, count_from)


def _claimed(spec: FactSpec, events: Sequence[Event]) -> Fact | Missing:
    """What the authority determined, else what the applicant declared, where a declaration is enough."""
    about = [event for event in events if event.kind in _CLAIMS and event.get("fact") == spec.name]
    determined = [event for event in about if event.kind is EventKind.DETERMINATION]
    usable = determined or ([] if spec.determined else about)
    if not usable:
        return Missing(spec.name, "申报人已声明，尚待主管部门核实" if about else "尚未申报或核实")
    last = max(usable, key=lambda event: (event.settled_on, event.recorded_at, event.id))
    value = _typed(spec, last.get("value"))
    if value is None:
        return Missing(spec.name, f"记录的内容不是{values.label(spec.type)}：{last.get('value')!s:.40}")
    return Fact(spec.name, value, (Source(last.id, last.occurred_on, last.decided_on),))


def _typed(spec: FactSpec, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return values.parse(spec.type, value)
    except ValueError:
        return None


def _registered(spec: FactSpec, events: Sequence[Event]) -> Fact | Missing:
    """What the registry says, as last registered."""
    known = [e for e in events if e.kind is EventKind.REGISTRATION and e.get(spec.name) is not None]
    if not known:
        return Missing(spec.name, "登记信息中没有")
    last = max(known, key=lambda event: (event.settled_on, event.recorded_at, event.id))
    return Fact(spec.name, last.get(spec.name), (Source(last.id, last.occurred_on, last.decided_on),))


def is_aggregate(name: str) -> bool:
    """Whether the fact adds up over several events, so that the last of them decides which version judges (A-X-2)."""
    return FACTS[name].aggregate
