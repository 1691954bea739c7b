"""What licensing tells policy: from rows to events, and from events to what the rules say."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from server.kit.clock import BEIJING
from server.licensing.facts import Licensed, licensed
from server.policy.events import Event, EventKind, History
from server.policy.terms import WindowKind

INSTITUTION, LICENCE = UUID(int=1), UUID(int=2)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=BEIJING)


def change(kind: str, on: date, **told: Any) -> dict[str, Any]:
    fields = ("deadline_on", "cycle_from_on", "cycle_until", "due_on")
    row = dict.fromkeys(fields) | {"id": UUID(int=100 + on.toordinal()), "licence_id": LICENCE}
    return row | {"institution_id": INSTITUTION, "kind": kind, "on_date": on, "recorded_at": at(on)} | told


def issued(on: date, *, opening: date | None = None, due: date | None = None) -> dict[str, Any]:
    until = on.replace(year=on.year + 1)
    return change("ISSUED", on, deadline_on=opening, cycle_from_on=on, cycle_until=until, due_on=due or until)


def verified(kind: str, result: str, on: date, *, due: date, applied: date | None = None) -> dict[str, Any]:
    return {
        "id": UUID(int=on.toordinal()),
        "licence_id": LICENCE,
        "institution_id": INSTITUTION,
        "kind": kind,
        "status": "DECIDED",
        "cycle_due_on": due,
        "applied_on": applied or on,
        "result": result,
        "decided_on": on,
        "review_id": UUID(int=7),
        "reviewed_at": at(on),
        "annulled_on": None,
        "review_updated_at": at(on),
    }


def known(
    changes: Sequence[dict[str, Any]],
    verifications: Sequence[dict[str, Any]] = (),
    practice: Sequence[dict[str, Any]] = (),
    ended_on: date | None = None,
) -> Licensed:
    return licensed([{"id": LICENCE, "ended_on": ended_on}], changes, verifications, practice)


def of(found: Licensed, kind: EventKind) -> list[Event]:
    return [event for event in found.events if event.kind is kind]


def stood(found: Licensed, on: date) -> History:
    return History("x", found.events, found.covered).known(as_of=on, known_at=at(on))


def test_an_institution_whose_licence_is_not_known_here_is_said_nothing_about() -> None:
    assert licensed([], [], [], []) == Licensed()


def test_the_day_set_for_opening_is_the_one_set_last() -> None:
    first, later = date(2026, 12, 1), date(2027, 1, 5)
    rows = [
        issued(first, opening=date(2027, 1, 31)),
        change("OPENING_EXTENDED", later, deadline_on=date(2027, 3, 31)),
        change("OPENED", date(2027, 3, 1)),
    ]
    found = known(rows)
    assert [event.get("deadline_on") for event in of(found, EventKind.OPENING_DEADLINE)] == [
        date(2027, 1, 31),
        date(2027, 3, 31),
    ]
    (opening,) = of(found, EventKind.OPENING)
    assert (opening.id, opening.occurred_on) == (f"opening:{INSTITUTION}", date(2027, 3, 1))
    # Before the extension was made, nobody knew of it.
    assert len(stood(found, date(2027, 1, 4)).events) == 1
    assert known([issued(first)]).covered == {EventKind.OPENING_DEADLINE, EventKind.VERIFICATION_OVERDUE}


def test_a_verification_says_whether_it_followed_a_suspension_under_the_reviews_own_id() -> None:
    due = date(2027, 12, 1)
    rows = [
        verified("REGULAR", "SUSPENDED", date(2027, 11, 1), due=due),
        verified("RE_VERIFICATION", "NOT_QUALIFIED", date(2028, 2, 1), due=due),
    ]
    first, second = of(known([issued(date(2026, 12, 1))], rows), EventKind.VERIFICATION)
    assert (first.id, first.get("result"), first.get("after_suspension")) == (
        f"review:{UUID(int=7)}",
        "SUSPENDED",
        False,
    )
    assert (second.get("result"), second.get("after_suspension")) == ("NOT_QUALIFIED", True)


def test_a_missed_verification_is_overdue_from_the_day_after_its_last() -> None:
    due = date(2027, 12, 1)
    found = known([issued(date(2026, 12, 1), due=due)])
    (missed,) = of(found, EventKind.VERIFICATION_OVERDUE)
    assert (missed.occurred_on, missed.get("practising")) == (date(2027, 12, 2), None)
    assert stood(found, due).events == ()
    assert [event.id for event in stood(found, date(2027, 12, 2)).events] == [missed.id]


def test_who_applied_in_time_is_not_overdue_and_who_applied_late_stays_so() -> None:
    due = date(2027, 12, 1)
    rows = [issued(date(2026, 12, 1), due=due)]
    in_time = verified("REGULAR", "QUALIFIED", date(2027, 12, 20), due=due, applied=due)
    assert of(known(rows, [in_time]), EventKind.VERIFICATION_OVERDUE) == []
    late = verified("REGULAR", "QUALIFIED", date(2027, 12, 20), due=due, applied=date(2027, 12, 2))
    assert len(of(known(rows, [late]), EventKind.VERIFICATION_OVERDUE)) == 1
    assert of(known(rows, ended_on=date(2027, 6, 1)), EventKind.VERIFICATION_OVERDUE) == []


def test_going_on_practising_is_what_the_authority_found_and_not_before_it_did() -> None:
    due, found_on = date(2027, 12, 1), date(2027, 12, 15)
    practice = {
        "id": UUID(int=9),
        "licence_id": LICENCE,
        "cycle_due_on": due,
        "practising": True,
        "found_on": found_on,
        "recorded_at": at(found_on),
    }
    found = known([issued(date(2026, 12, 1), due=due)], practice=[practice])
    (before,) = stood(found, date(2027, 12, 10)).events
    assert before.get("practising") is None
    (after,) = stood(found, found_on).events
    assert (after.get("practising"), after.decided_on) == (True, found_on)


def test_verification_cycles_follow_each_other_also_over_a_suspension() -> None:
    rows = [
        issued(date(2026, 12, 1)),
        change(
            "VERIFIED",
            date(2028, 3, 10),
            cycle_from_on=date(2028, 3, 10),
            cycle_until=date(2029, 3, 10),
            due_on=date(2029, 3, 12),
        ),
    ]
    cycles = known(rows).cycles
    assert [(one.from_on, one.until) for one in cycles] == [
        (date(2026, 12, 1), date(2028, 3, 10)),
        (date(2028, 3, 10), date(2029, 3, 10)),
    ]
    assert History("x", (), frozenset(), {WindowKind.VERIFICATION_CYCLE: cycles}).cycles


def test_a_successor_inherits_verifications_and_not_the_day_of_opening() -> None:
    due = date(2027, 12, 1)
    rows = [issued(date(2026, 12, 1), opening=date(2027, 1, 31), due=due), change("OPENED", date(2027, 1, 5))]
    found = known(rows, [verified("REGULAR", "NOT_QUALIFIED", date(2027, 11, 1), due=due)])
    assert {event.kind for event in found.inherited} == {EventKind.VERIFICATION}
