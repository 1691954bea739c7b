"""Facts that add up over time: cards, failed cycles, points, complaints, penalties.

Each function takes the events of its kind as they stood (``History.known``), from the first day that counts, and
gives the fact or says why it is missing.  No event is no count: 0, not missing; whether the register was consulted at
all is ``derive``'s question.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from server.policy.events import Event, History
from server.policy.facts import Fact, Missing, Source
from server.policy.model import PolicyVersion
from server.policy.terms import Anchor, AssessmentGrade, Flag, WindowKind
from server.policy.windows import Period, WindowSpec, counts_until, cycle_holding

Derivation = Callable[[str, Sequence[Event], History, PolicyVersion, date, date], Fact | Missing]
"""(name, events, history, version, as_of, count_from) → fact."""


def window_spec(
    version: PolicyVersion, kind: str, years: str | None, anchor: str | None, default: Anchor
) -> WindowSpec:
    """The window as the version's parameters say."""
    return WindowSpec(
        kind=WindowKind(version.value(kind)),
        years=version.value(years, 1) if years else 1,
        anchor=Anchor(version.value(anchor, default)) if anchor else default,
    )


def card_window(version: PolicyVersion) -> WindowSpec:
    """How long a yellow card counts under the version (A-FT-1)."""
    return window_spec(version, "card_window_kind", "card_window_years", "card_window_anchor", Anchor.ISSUED)


def anchor_day(event: Event, anchor: Anchor) -> date | None:
    """The day from which the event's window runs, or None where it is not recorded."""
    if anchor is Anchor.OCCURRED:
        return event.occurred_on
    if anchor is Anchor.DECIDED:
        return event.decided_on
    found: date | None = event.get("issued_on" if anchor is Anchor.ISSUED else "confirmed_on")
    return found or event.decided_on


def _counted(
    name: str, events: Iterable[Event], window: WindowSpec, cycles: tuple[Period, ...], as_of: date
) -> list[tuple[Event, Source]] | Missing:
    """The events whose window holds ``as_of``, each with the first day on which it no longer counts."""
    counted = []
    current = cycle_holding(as_of, cycles)
    by_cycle = window.kind in (WindowKind.ASSESSMENT_CYCLE, WindowKind.VERIFICATION_CYCLE)
    for event in events:
        on = anchor_day(event, window.anchor)
        if on is None:
            return Missing(name, f"事件 {event.id} 没有记录{window.anchor.label}")
        if by_cycle and current is None:
            return Missing(name, f"{as_of} 所属的{window.kind.label}尚不清楚")
        until = counts_until(on, window, (current,) if by_cycle and current else ())
        if until is not None and on <= as_of < until:
            counted.append((event, Source(event.id, event.happened_on, event.decided_on, until)))
    return counted


def yellow_cards(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Cards that count on the day.  SAME_EVENT where they reach the number only by counting one decision more than
    once.

    Implements: A-FT-1, A-FT-2.
    """
    window = card_window(version)
    counted = _counted(name, events, window, history.cycles.get(window.kind, ()), as_of)
    if isinstance(counted, Missing):
        return counted
    decisions = {event.get("decision") or event.id for event, _ in counted}
    threshold = version.value("cards_to_transform")
    same = threshold is not None and len(decisions) < threshold <= len(counted)
    flags = frozenset({Flag.SAME_EVENT}) if same else frozenset()
    return Fact(name, len(counted), tuple(source for _, source in counted), flags)


def safety_penalties(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Penalties for breaches of work safety that count on the day (A-FT-5); an annulled one has dropped out before."""
    window = window_spec(version, "safety_window_kind", "safety_window_years", "safety_window_anchor", Anchor.DECIDED)
    counted = _counted(name, events, window, (), as_of)
    if isinstance(counted, Missing):
        return counted
    return Fact(name, len(counted), tuple(source for _, source in counted))


def practice_points(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Points recorded in the points cycle that holds the day; recorded means decided (A-MTG-1, A-MTG-5)."""
    window = window_spec(version, "points_cycle", None, None, Anchor.DECIDED)
    counted = _counted(name, events, window, history.cycles.get(window.kind, ()), as_of)
    if isinstance(counted, Missing):
        return counted
    total = sum(event.get("points") for event, _ in counted)
    return Fact(name, total, tuple(source for _, source in counted))


def serious_complaints(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Substantiated complaints with seriously adverse effect in the verification cycle that holds the day.

    By distinct matter or by call, as ``complaint_unit`` says.  A complaint that is substantiated but not yet weighed
    leaves the number open, unless it is reached without it.
    Implements: MTG-20-4, A-MTG-7.
    """
    if not events:
        return Fact(name, 0)
    cycle = cycle_holding(as_of, history.cycles.get(WindowKind.VERIFICATION_CYCLE, ()))
    if cycle is None:
        return Missing(name, f"{as_of} 所属的校验周期尚不清楚")
    inside = [event for event in events if event.occurred_on in cycle and event.get("substantiated") is not False]
    open_ = [
        event for event in inside if event.get("substantiated") is None or event.get("serious_adverse_effect") is None
    ]
    serious = [event for event in inside if event.get("substantiated") and event.get("serious_adverse_effect")]
    by_matter = version.value("complaint_unit") == "MATTER"
    first: dict[str, Event] = {}
    for event in serious:
        first.setdefault(event.get("matter") if by_matter else event.id, event)
    threshold = version.value("complaints_to_exit")
    if open_ and (threshold is None or len(first) < threshold):
        undecided = [event for event in open_ if not by_matter or event.get("matter") not in first]
        if undecided and (threshold is None or len(first) + len(undecided) >= threshold):
            return Missing(name, f"{len(undecided)} 件举报投诉尚未查清，查清前不能确定是否达到次数")
    sources = tuple(Source(event.id, event.happened_on, event.decided_on, cycle.until) for event in serious)
    return Fact(name, len(first), sources, window=cycle)


def failed_cycles(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Cycles failed in a row, back from the latest one that has a result.

    An assessment occurs on its cycle's last day.  A cycle without result between two (or recorded as not assessed)
    breaks the row or is skipped, as ``missing_cycle`` says, and is flagged either way; so is a cycle that began before
    the first day that counts.
    Implements: FT-2-4-5, MTG-20-2, A-FT-10, A-MTG-4, A-X-2.
    """
    latest: dict[date, Event] = {}
    for event in sorted(events, key=lambda event: (event.settled_on, event.recorded_at, event.id)):
        latest[event.get("cycle_from")] = event  # a result that was amended later replaces the earlier one
    skip = version.value("missing_cycle") == "SKIP"
    row: list[Event] = []
    flags: set[Flag] = set()
    missing, following = False, None
    for cycle_from in sorted(latest, reverse=True):
        event = latest[cycle_from]
        missing = missing or (following is not None and event.get("cycle_until") < following)
        following = cycle_from
        if event.get("result") == AssessmentGrade.NOT_ASSESSED:
            missing = True
            continue
        if event.get("result") != AssessmentGrade.NOT_QUALIFIED:
            break
        if missing:  # only a missing cycle next to failed ones could have made a difference
            flags.add(Flag.CYCLE_MISSING)
            if not skip:
                break
            missing = False
        row.append(event)
        if cycle_from < count_from:
            flags.add(Flag.CYCLE_STRADDLES_START)
    sources = tuple(Source(event.id, event.happened_on, event.decided_on) for event in reversed(row))
    return Fact(name, len(row), sources, frozenset(flags))
