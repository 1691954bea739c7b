"""What supervision offers to policy: its facts, confirmed findings and cards, as dated events.

The registers hold every one of them, so that none means none.  A fact that is not yet determined is an event without the
attribute: rules then stay open, and say what is to be found out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.policy.events import ATTRIBUTES, Event, EventKind
from server.policy.store import Fetch
from server.supervision import store
from server.supervision.model import FactKind

#: Kinds of event that this area keeps all of.
COVERED = frozenset(
    {EventKind.YELLOW_CARD, EventKind.NEGATIVE_FINDING} | {kind.event for kind in FactKind if kind.event is not None}
)
#: Attributes of events that stand in a column of another name.
_COLUMNS = {
    (EventKind.SAFETY_ACCIDENT, "grade"): "safety_grade",
    (EventKind.MALPRACTICE, "grade"): "malpractice_grade",
    (EventKind.INSURANCE_ACTION, "action"): "insurance_action",
}


@dataclass(frozen=True)
class Supervised:
    """What is known of one institution; ``covered``: the kinds of event of which all are known."""

    events: tuple[Event, ...]
    covered: frozenset[EventKind] = COVERED


async def list_supervised(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> dict[tuple[int, UUID], Supervised]:
    """What supervision knows of each institution (tenant and id), in three statements."""
    found: dict[tuple[int, UUID], list[Event]] = {one: [] for one in institutions}
    for rows, told in (
        (await store.find_facts(fetch, institutions), fact_event),
        (await store.find_findings(fetch, institutions), finding_event),
        (await store.find_cards(fetch, institutions), card_event),
    ):
        for row in rows:
            event = told(row)
            if event is not None:
                found[row["tenant_id"], row["institution_id"]].append(event)
    return {one: Supervised(tuple(events)) for one, events in found.items()}


def fact_id(root_id: UUID) -> str:
    """How policy names the event of a fact: the same before and after it was determined."""
    return f"fact:{root_id}"


def finding_id(row_id: UUID) -> str:
    """How policy names the event of a finding."""
    return f"finding:{row_id}"


def card_id(row_id: UUID) -> str:
    """How policy names the event of a card."""
    return f"card:{row_id}"


def fact_event(row: Any) -> Event | None:
    """The fact as policy knows it; None where no rule asks for its kind."""
    kind = FactKind(row["kind"]).event
    if kind is None:
        return None
    said = {spec.name: row[_COLUMNS.get((kind, spec.name), spec.name)] for spec in ATTRIBUTES[kind]}
    return Event(
        id=fact_id(row["root_id"]),
        kind=kind,
        occurred_on=row["occurred_on"],
        recorded_at=row["created_at"],
        decided_on=row["decided_on"],
        annulled_at=row["annulled_at"],
        attributes={name: value for name, value in said.items() if value is not None},
    )


def finding_event(row: Any) -> Event | None:
    """The finding, once confirmed; what is merely alleged is held against nobody."""
    if row["confirmed_on"] is None:
        return None
    said = {"item": row["item"], "basis": row["basis"]}
    return Event(
        id=finding_id(row["id"]),
        kind=EventKind.NEGATIVE_FINDING,
        occurred_on=row["occurred_on"],
        recorded_at=row["confirmed_at"],
        decided_on=row["confirmed_on"],
        annulled_at=row["reversed_at"],
        attributes={name: value for name, value in said.items() if value is not None},
    )


def card_event(row: Any) -> Event:
    """The card: it occurred with the finding and counts from the day its window is anchored at."""
    return Event(
        id=card_id(row["id"]),
        kind=EventKind.YELLOW_CARD,
        occurred_on=row["occurred_on"],
        recorded_at=row["created_at"],
        decided_on=row["issued_on"],
        annulled_at=row["voided_at"],
        attributes={
            "issued_on": row["issued_on"],
            "confirmed_on": row["confirmed_on"],
            "decision": str(row["confirmation_id"]),
        },
    )
