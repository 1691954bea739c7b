"""Records on which an item of a negative list may rest: each judged by itself, by the version in force when it occurred."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from server.kit.ids import stable_id
from server.policy.decision import Decision
from server.policy.events import Event, EventKind, History
from server.policy.judge import Book
from server.policy.terms import Outcome

#: Kinds of record that an item's own elements can decide about.  What a person finds on the evidence is no record.
RECORDS = frozenset(
    {
        EventKind.ASSESSMENT_RESULT,
        EventKind.VERIFICATION_OVERDUE,
        EventKind.OUT_OF_SUBJECT_PRACTICE,
        EventKind.NON_HEALTH_PERSONNEL,
        EventKind.FALSE_CERTIFICATE,
        EventKind.MALPRACTICE,
        EventKind.INSURANCE_ACTION,
        EventKind.SAFETY_ACCIDENT,
        EventKind.SAFETY_PENALTY,
    }
)


#: What events are called after, and the tables of their records.
TABLES = {"fact": "supervision_fact", "review": "review", "overdue-practice": "overdue_practice"}


@dataclass(frozen=True)
class Occurrence:
    """A record with what the list says about it: the decision of each rule that rests on it."""

    event: Event
    decisions: tuple[Decision, ...]

    @property
    def subject(self) -> tuple[str, UUID]:
        """The table and the id of the record; of an event that is no row, the kind and an id made of its name."""
        kind, _, name = self.event.id.partition(":")
        try:
            return TABLES.get(kind, kind), UUID(name)
        except ValueError:
            return TABLES.get(kind, kind), stable_id("event", self.event.id)


def occurrences(book: Book, history: History, *, as_of: date, known_at: datetime) -> Iterator[Occurrence]:
    """Every record that stands, with the decisions that rest on it; a count rests on the last record that it counts.

    What occurred before the pack held has no decisions, for no version judges it (A-FT-8).
    """
    known = history.known(as_of=as_of, known_at=known_at)
    by_id = {event.id: event for event in known.events}
    for event in known.events:
        if event.kind in RECORDS:
            decisions = book.finding(known, occurrence=(event.id,), as_of=as_of, known_at=known_at)
            resting = tuple(one for one in decisions if _last(one.event_ids, by_id) == event.id)
            yield Occurrence(event, resting)


def found_already(history: History, item: str, event_id: str) -> bool:
    """Whether the item was confirmed on this record and still stands."""
    return any(
        event.kind is EventKind.NEGATIVE_FINDING
        and event.annulled_at is None
        and (event.get("item"), event.get("basis")) == (item, event_id)
        for event in history.events
    )


def fired(one: Occurrence) -> Iterator[Decision]:
    """The rules whose item the record fulfils."""
    return (decision for decision in one.decisions if decision.outcome is Outcome.FIRED)


def _last(ids: Iterable[str], by_id: dict[str, Event]) -> str | None:
    """Which of the records a decision rests on was decided last."""
    records = [by_id[one] for one in ids if one in by_id and by_id[one].kind in RECORDS]
    last = max(records, key=lambda event: (event.settled_on, event.recorded_at, event.id), default=None)
    return None if last is None else last.id


def event_of(subject_type: str, subject_id: UUID) -> str:
    """How policy names the event of a record."""
    kinds = {table: kind for kind, table in TABLES.items()}
    return f"{kinds.get(subject_type, subject_type)}:{subject_id}"
