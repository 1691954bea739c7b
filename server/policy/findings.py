"""Facts of single findings: what an authority established, or has still to establish.

An event that is recorded but not determined (an accident without grade, an inquiry without result) makes the fact
missing, unless another event already settles it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from server.policy.counting import Derivation
from server.policy.events import Event, EventKind, History
from server.policy.facts import Fact, Missing, Source
from server.policy.model import PolicyVersion
from server.policy.terms import (
    AssessmentGrade,
    Flag,
    InsuranceAction,
    SafetyGrade,
    Term,
    VerificationResult,
)


def _source(event: Event) -> Source:
    return Source(event.id, event.happened_on, event.decided_on)


def _sources(events: Sequence[Event]) -> tuple[Source, ...]:
    return tuple(map(_source, events))


def happened() -> Derivation:
    """True when there is such an event at all."""

    def derive(
        name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
    ) -> Fact | Missing:
        return Fact(name, bool(events), _sources(events))

    return derive


def established(attribute: str) -> Derivation:
    """True when an event has the attribute; missing while one is undetermined; false otherwise."""

    def derive(
        name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
    ) -> Fact | Missing:
        true = [event for event in events if event.get(attribute) is True]
        if true:
            return Fact(name, True, _sources(true))
        undetermined = [event.id for event in events if event.get(attribute) is None]
        if undetermined:
            return Missing(name, f"尚未认定：{'、'.join(undetermined)}")
        return Fact(name, False, _sources(events))

    return derive


def without_exception(attribute: str) -> Derivation:
    """True when every event has the attribute; false when one has not, or there is none; missing otherwise."""

    def derive(
        name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
    ) -> Fact | Missing:
        other = [event for event in events if event.get(attribute) is False]
        if other or not events:
            return Fact(name, False, _sources(other))
        undetermined = [event.id for event in events if event.get(attribute) is None]
        if undetermined:
            return Missing(name, f"尚未查明：{'、'.join(undetermined)}")
        return Fact(name, True, _sources(events))

    return derive


def latest(attribute: str) -> Derivation:
    """The attribute of the event settled last; missing where there is none or it lacks the attribute."""

    def derive(
        name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
    ) -> Fact | Missing:
        known = [event for event in events if event.get(attribute) is not None]
        if not known:
            return Missing(name, "没有记录")
        last = max(known, key=lambda event: (event.settled_on, event.recorded_at, event.id))
        return Fact(name, last.get(attribute), (_source(last),))

    return derive


def worst(attribute: str, scale: type[Term], threshold: str | None) -> Derivation:
    """The gravest of a scale; its first term where nothing happened.

    Missing while an event is undetermined, unless what is determined already reaches the parameter ``threshold``.
    """
    ranks = [term.value for term in scale]

    def derive(
        name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
    ) -> Fact | Missing:
        known = [event for event in events if event.get(attribute) is not None]
        undetermined = [event.id for event in events if event.get(attribute) is None]
        value = max((event.get(attribute) for event in known), key=ranks.index, default=ranks[0])
        limit = version.value(threshold) if threshold else None
        if undetermined and (limit is None or ranks.index(value) < ranks.index(limit)):
            return Missing(name, f"等级或种类尚未认定：{'、'.join(undetermined)}")
        return Fact(name, value, _sources([event for event in known if event.get(attribute) == value]))

    return derive


def malpractice_grade(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """The gravest determined grade, 1 the worst (医疗事故处理条例 第四条, A-FT-4); missing where there is none."""
    known = [event for event in events if event.get("grade") is not None]
    undetermined = [event.id for event in events if event.get("grade") is None]
    limit = version.value("malpractice_max_grade", 0)
    if not known or (undetermined and min(event.get("grade") for event in known) > limit):
        return Missing(name, f"医疗事故等级尚未鉴定：{'、'.join(undetermined)}" if undetermined else "没有医疗事故记录")
    value = min(event.get("grade") for event in known)
    return Fact(name, value, _sources([event for event in known if event.get("grade") == value]))


def assessment_failed(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """True when the result of one cycle, as last amended, is a failure."""
    by_cycle: dict[Any, Event] = {}
    for event in sorted(events, key=lambda event: (event.settled_on, event.recorded_at, event.id)):
        by_cycle[event.get("cycle_from")] = event
    failed = [event for event in by_cycle.values() if event.get("result") == AssessmentGrade.NOT_QUALIFIED]
    return Fact(name, bool(failed), _sources(failed))


def _last_verification(events: Sequence[Event]) -> Event | None:
    return max(events, key=lambda event: (event.settled_on, event.recorded_at, event.id), default=None)


def verification_not_qualified(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Whether the last verification failed; false where none has taken place yet."""
    last = _last_verification(events)
    failed = last is not None and last.get("result") == VerificationResult.NOT_QUALIFIED
    return Fact(name, failed, () if last is None else (_source(last),))


def verification_after_suspension(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Whether the last verification was the one after a suspension (A-MTG-2)."""
    last = _last_verification(events)
    if last is None:
        return Fact(name, False)
    value = last.get("after_suspension")
    return (
        Missing(name, f"校验 {last.id} 没有写明是否为再次校验")
        if value is None
        else Fact(name, value, (_source(last),))
    )


def opening_overdue(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Whether the day set for opening has passed without opening; the day itself is still in time.

    Opened late is late, and flagged for a person to weigh.  Open without any day ever set: not late.  Neither open nor
    a day set: missing, the rule cannot fire without the date.
    Implements: MTG-22-1, A-MTG-10.
    """
    deadlines = [event for event in events if event.kind is EventKind.OPENING_DEADLINE]
    openings = sorted((event for event in events if event.kind is EventKind.OPENING), key=lambda e: e.occurred_on)
    if not deadlines:
        if openings:
            return Fact(name, False, (_source(openings[0]),))
        return Missing(name, "决定或委托协议没有写明开放运行时间")
    last = max(deadlines, key=lambda event: (event.settled_on, event.recorded_at, event.id))
    deadline: date = last.get("deadline_on")
    sources = (_source(last), *_sources(openings[:1]))
    if not openings:
        return Fact(name, as_of > deadline, sources)
    late = openings[0].occurred_on > deadline
    return Fact(name, late, sources, frozenset({Flag.OPENED_LATE}) if late else frozenset())


def confirmed_items(
    name: str, events: Sequence[Event], history: History, version: PolicyVersion, as_of: date, count_from: date
) -> Fact | Missing:
    """Items that the authority confirmed on the evidence as a whole.

    A finding that rests on a record (``basis``: an accident, a penalty, a result) is left out: there the elements of
    the item decide, and a confirmation cannot overrule them.
    """
    own = [event for event in events if event.get("basis") is None and event.decided_on is not None]
    return Fact(name, tuple(dict.fromkeys(event.get("item") for event in own)), _sources(own))


SINGLE: dict[str, Derivation] = {
    "latest_assessment_score": latest("score"),
    "safety_accident_grade": worst("grade", SafetyGrade, "accident_min_grade"),
    "major_hazard_refused": established("refused"),
    "mandatory_task_refused": established("refused"),
    "unfit_conduct_found": established("established"),
    "verification_not_qualified": verification_not_qualified,
    "verification_after_suspension": verification_after_suspension,
    "revocation_grounds_met": established("established"),
    "opening_overdue": opening_overdue,
    "confirmed_items": confirmed_items,
    "assessment_failed": assessment_failed,
    "verification_overdue": happened(),
    "practising_while_overdue": established("practising"),
    "practised_outside_subjects": happened(),
    "emergency_care": without_exception("emergency"),
    "non_health_personnel_used": established("established"),
    "false_certificate_issued": happened(),
    "treatment_delayed": established("treatment_delayed"),
    "mental_harm_caused": established("mental_harm"),
    "malpractice_found": happened(),
    "malpractice_grade": malpractice_grade,
    "insurance_action": worst("action", InsuranceAction, None),
    "safety_accident_with_harm": established("harm"),
}
"""One derivation per declared fact of a single finding."""
