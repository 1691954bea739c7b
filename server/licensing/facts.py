"""What licensing offers to policy: the day set for opening, opening, verifications, and what is overdue.

Everything is derived from rows that are only added, or from a day that passed: what was known at an instant can be derived
again.  Where the licence's history is not known here, nothing is said about it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from server.kit.clock import BEIJING
from server.licensing import store
from server.licensing.model import ChangeKind, VerificationKind, VerificationStatus
from server.licensing.tables import licence, licence_change, overdue_practice, verification
from server.policy.events import Event, EventKind
from server.policy.store import Fetch
from server.policy.windows import Period

Subject = tuple[int, UUID]
_INHERITED = (EventKind.VERIFICATION, EventKind.VERIFICATION_OVERDUE)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Licensed:
    """What is known of one institution; ``covered``: the kinds of event of which all are known.

    An event bears the id under which another area may offer the same one with less said (a review, an opening): then
    this one stands for it.  ``cycles``: its verification cycles.
    """

    events: tuple[Event, ...] = ()
    covered: frozenset[EventKind] = frozenset()
    cycles: tuple[Period, ...] = ()

    @property
    def inherited(self) -> tuple[Event, ...]:
        """What counts against a successor too: how it was verified, not when it had to open (A-FT-14)."""
        return tuple(event for event in self.events if event.kind in _INHERITED)


@dataclass
class _Rows:
    licences: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    verifications: list[Row] = field(default_factory=list)
    practice: list[Row] = field(default_factory=list)


async def list_licensed(fetch: Fetch, institutions: Sequence[Subject]) -> dict[Subject, Licensed]:
    """What licensing knows of each institution (tenant and id), in four statements."""
    found: dict[Subject, _Rows] = {one: _Rows() for one in institutions}
    for table, name in (
        (licence, "licences"),
        (licence_change, "changes"),
        (verification, "verifications"),
        (overdue_practice, "practice"),
    ):
        for row in await store.find_for_policy(fetch, table, institutions):
            getattr(found[row["tenant_id"], row["institution_id"]], name).append(row)
    return {
        one: licensed(rows.licences, rows.changes, rows.verifications, rows.practice) for one, rows in found.items()
    }


def licensed(
    licences: Sequence[Row], changes: Sequence[Row], verifications: Sequence[Row], practice: Sequence[Row]
) -> Licensed:
    """The rows of one institution as events.

    Implements: MTG-22-1, A-MTG-10, MTG-21, A-MTG-2, FT-2-3-2, A-FT-12.
    """
    if not licences:
        return Licensed(tuple(_verified(verifications)))
    covered = {EventKind.OPENING_DEADLINE, EventKind.VERIFICATION_OVERDUE}
    events = [*_openings(changes), *_verified(verifications), *_overdue(licences, changes, verifications, practice)]
    return Licensed(tuple(events), frozenset(covered), _cycles(changes))


def _openings(changes: Iterable[Row]) -> Iterable[Event]:
    for row in changes:
        if row["kind"] == ChangeKind.OPENED:
            yield Event(f"opening:{row['institution_id']}", EventKind.OPENING, row["on_date"], row["recorded_at"])
        elif row["deadline_on"] is not None and row["kind"] in (
            ChangeKind.ISSUED,
            ChangeKind.RECORDED,
            ChangeKind.OPENING_EXTENDED,
        ):
            yield Event(
                f"opening-deadline:{row['id']}",
                EventKind.OPENING_DEADLINE,
                row["on_date"],
                row["recorded_at"],
                decided_on=row["on_date"],
                attributes={"deadline_on": row["deadline_on"]},
            )


def _verified(verifications: Iterable[Row]) -> Iterable[Event]:
    """The concluded ones, under the ids by which the review record offers them."""
    for row in verifications:
        if row["status"] == VerificationStatus.DECIDED:
            yield Event(
                f"review:{row['review_id']}",
                EventKind.VERIFICATION,
                row["decided_on"],
                row["reviewed_at"],
                decided_on=row["decided_on"],
                annulled_at=row["review_updated_at"] if row["annulled_on"] is not None else None,
                attributes={
                    "result": row["result"],
                    "after_suspension": row["kind"] == VerificationKind.RE_VERIFICATION,
                },
            )


def _overdue(
    licences: Sequence[Row], changes: Sequence[Row], verifications: Sequence[Row], practice: Sequence[Row]
) -> Iterable[Event]:
    """A cycle whose last day passed without an application, from the day after it.

    Whether the institution went on practising is the authority's to find; until then it is not determined.
    """
    for one in licences:
        dues = {row["due_on"]: row for row in changes if row["licence_id"] == one["id"] and row["due_on"] is not None}
        for last_on, began in dues.items():
            ended_on: date | None = one["ended_on"]
            applied = [
                row["applied_on"]
                for row in verifications
                if row["licence_id"] == one["id"] and row["cycle_due_on"] == last_on
            ]
            if any(on <= last_on for on in applied) or (ended_on is not None and ended_on <= last_on):
                continue
            missed = last_on + timedelta(days=1)
            found = [row for row in practice if row["licence_id"] == one["id"] and row["cycle_due_on"] == last_on]
            known_at = max(began["recorded_at"], datetime.combine(missed, time.min, BEIJING))
            base = f"verification-overdue:{one['id']}:{last_on}"
            if not found:
                yield Event(base, EventKind.VERIFICATION_OVERDUE, missed, known_at, attributes={"practising": None})
                continue
            latest = found[-1]
            yield Event(
                base,
                EventKind.VERIFICATION_OVERDUE,
                missed,
                known_at,
                annulled_at=latest["recorded_at"],
                attributes={"practising": None},
            )
            yield Event(
                f"overdue-practice:{latest['id']}",
                EventKind.VERIFICATION_OVERDUE,
                missed,
                latest["recorded_at"],
                decided_on=latest["found_on"],
                attributes={"practising": latest["practising"]},
            )


def _cycles(changes: Iterable[Row]) -> tuple[Period, ...]:
    """Each runs until the next begins: after a suspension that is not the day on which it would have ended."""
    ends = {row["cycle_from_on"]: row["cycle_until"] for row in changes if row["cycle_from_on"] is not None}
    begins = sorted(ends)
    return tuple(Period(on, after or ends[on]) for on, after in zip(begins, [*begins[1:], None], strict=True))
