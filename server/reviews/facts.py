"""What the review record offers to policy: assessment results and verifications, as dated events.

The record holds every review, so that none means none.  An assessment whose cycle is not written as a year or a quarter
cannot be put in order with others: then nothing is said about that institution's assessments, rather than something wrong.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from server.policy.events import Event, EventKind
from server.policy.store import Fetch
from server.policy.terms import AssessmentGrade, VerificationResult
from server.policy.windows import Period
from server.reviews import store
from server.reviews.model import ReviewKind, ReviewOutcome

#: An assessment passes or not (FT-2-1-3); one that passed with conditions has passed.
_GRADES = {
    ReviewOutcome.PASSED: AssessmentGrade.QUALIFIED,
    ReviewOutcome.CONDITIONAL: AssessmentGrade.QUALIFIED,
    ReviewOutcome.FAILED: AssessmentGrade.NOT_QUALIFIED,
    ReviewOutcome.UNDETERMINED: AssessmentGrade.NOT_ASSESSED,
}
#: Verification knows three results; between the other two stands 暂缓校验 (FT-2-4-7, MTG-21).
_RESULTS = {
    ReviewOutcome.PASSED: VerificationResult.QUALIFIED,
    ReviewOutcome.CONDITIONAL: VerificationResult.SUSPENDED,
    ReviewOutcome.FAILED: VerificationResult.NOT_QUALIFIED,
}
#: What policy names the event of a review by, before its id.
_EVENT = "review:"
_CYCLE = re.compile(r"(\d{4})(?:Q([1-4]))?", re.ASCII)


@dataclass(frozen=True)
class Reviewed:
    """What is known of one institution; ``covered``: the kinds of event of which all are known."""

    events: tuple[Event, ...]
    covered: frozenset[EventKind]


async def list_reviewed(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> dict[tuple[int, UUID], Reviewed]:
    """What the record says of each institution (tenant and id), in one statement."""
    found: dict[tuple[int, UUID], list[dict[str, Any]]] = {one: [] for one in institutions}
    for row in await store.find_for_policy(fetch, institutions, (ReviewKind.ASSESSMENT, ReviewKind.VERIFICATION)):
        found[row["tenant_id"], row["institution_id"]].append(row)
    return {one: reviewed(rows) for one, rows in found.items()}


def reviewed(rows: Iterable[dict[str, Any]]) -> Reviewed:
    """The rows of one institution's reviews as events."""
    covered = {EventKind.ASSESSMENT_RESULT, EventKind.VERIFICATION}
    events = []
    for row in rows:
        kind = EventKind.ASSESSMENT_RESULT if row["kind"] == ReviewKind.ASSESSMENT else EventKind.VERIFICATION
        event = _assessment(row) if kind is EventKind.ASSESSMENT_RESULT else _verification(row)
        if event is None:
            covered.discard(kind)
        else:
            events.append(event)
    return Reviewed(tuple(events), frozenset(covered))


def review_of(event_id: str | None) -> UUID | None:
    """The review that policy knows as this event; None where the event is of another kind."""
    if event_id is None or not event_id.startswith(_EVENT):
        return None
    return UUID(event_id.removeprefix(_EVENT))


def period_of(cycle: str | None) -> Period | None:
    """The period that a cycle's own words name: ``2025`` or ``2026Q4``; None where they name none."""
    match = _CYCLE.fullmatch(cycle or "")
    if match is None or not 1 <= int(match[1]) < 9999:
        return None
    year, quarter = int(match[1]), match[2]
    if quarter is None:
        return Period(date(year, 1, 1), date(year + 1, 1, 1))
    first = 3 * int(quarter) - 2
    return Period(date(year, first, 1), date(year, first + 3, 1) if first < 10 else date(year + 1, 1, 1))


def _assessment(row: dict[str, Any]) -> Event | None:
    period = period_of(row["cycle"])
    if period is None or period.until is None:
        return None
    attributes: dict[str, Any] = {
        "cycle_from": period.from_on,
        "cycle_until": period.until,
        "result": _GRADES[ReviewOutcome(row["outcome"])],
    }
    score: Decimal | None = row["score"]
    if score is not None:
        attributes["score"] = score
    return _event(row, EventKind.ASSESSMENT_RESULT, period.until - timedelta(days=1), attributes)


def _verification(row: dict[str, Any]) -> Event | None:
    result = _RESULTS.get(ReviewOutcome(row["outcome"]))
    return None if result is None else _event(row, EventKind.VERIFICATION, row["decided_on"], {"result": result})


def _event(row: dict[str, Any], kind: EventKind, occurred_on: date, attributes: dict[str, Any]) -> Event:
    annulled: datetime | None = row["updated_at"] if row["annulled_on"] is not None else None
    return Event(
        id=f"{_EVENT}{row['id']}",
        kind=kind,
        occurred_on=occurred_on,
        recorded_at=row["created_at"],
        decided_on=row["decided_on"],
        annulled_at=annulled,
        attributes=attributes,
    )
