"""What the areas offer to policy, from their rows."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.institutions.facts import registered
from server.kit.clock import BEIJING
from server.policy.events import EventKind
from server.policy.terms import AssessmentGrade, VerificationResult
from server.policy.windows import Period
from server.reviews.facts import period_of, reviewed
from server.standing import gather

AT = datetime(2026, 3, 1, 9, tzinfo=BEIJING)


def review(**given: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "kind": "ASSESSMENT",
        "cycle": "2025",
        "outcome": "FAILED",
        "score": Decimal("55.50"),
        "decided_on": date(2026, 2, 1),
        "annulled_on": None,
        "created_at": AT,
        "updated_at": AT,
    } | given


def test_an_assessment_happens_on_the_last_day_of_its_cycle() -> None:
    (event,) = reviewed([review()]).events
    assert (event.kind, event.occurred_on, event.decided_on) == (
        EventKind.ASSESSMENT_RESULT,
        date(2025, 12, 31),
        date(2026, 2, 1),
    )
    assert event.attributes == {
        "cycle_from": date(2025, 1, 1),
        "cycle_until": date(2026, 1, 1),
        "result": AssessmentGrade.NOT_QUALIFIED,
        "score": Decimal("55.50"),
    }
    assert event.recorded_at == AT
    assert event.annulled_at is None


def test_none_means_none_because_the_record_holds_all() -> None:
    assert reviewed([]).covered == {EventKind.ASSESSMENT_RESULT, EventKind.VERIFICATION}


def test_what_cannot_be_put_in_order_leaves_all_of_its_kind_open() -> None:
    found = reviewed([review(), review(cycle="上一年度"), review(kind="VERIFICATION", outcome="PASSED")])
    assert found.covered == {EventKind.VERIFICATION}
    assert reviewed([review(kind="VERIFICATION", outcome="UNDETERMINED")]).covered == {EventKind.ASSESSMENT_RESULT}


def test_a_result_set_aside_was_known_until_then() -> None:
    later = datetime(2026, 5, 1, 9, tzinfo=BEIJING)
    (event,) = reviewed([review(annulled_on=date(2026, 5, 1), updated_at=later)]).events
    assert event.annulled_at == later


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        ("PASSED", VerificationResult.QUALIFIED),
        ("CONDITIONAL", VerificationResult.SUSPENDED),
        ("FAILED", VerificationResult.NOT_QUALIFIED),
    ],
)
def test_verification_has_three_results(outcome: str, result: VerificationResult) -> None:
    (event,) = reviewed([review(kind="VERIFICATION", outcome=outcome, cycle=None)]).events
    assert (event.occurred_on, event.get("result")) == (date(2026, 2, 1), result)


@pytest.mark.parametrize(
    ("cycle", "period"),
    [
        ("2025", Period(date(2025, 1, 1), date(2026, 1, 1))),
        ("2026Q1", Period(date(2026, 1, 1), date(2026, 4, 1))),
        ("2026Q4", Period(date(2026, 10, 1), date(2027, 1, 1))),
        ("2026Q5", None),
        ("2026-2027", None),
        ("", None),
        (None, None),
        ("0000", None),
        ("９９９９", None),
    ],
)
def test_a_cycle_is_a_year_or_a_quarter(cycle: str | None, period: Period | None) -> None:
    assert period_of(cycle) == period


def institution(**given: Any) -> dict[str, Any]:
    return {
        "id": UUID(int=1),
        "kind": "COMMUNITY_HEALTH_STATION",
        "operator_kind": "SOCIAL_ORGANISATION",
        "operating_nature": None,
        "status": "OPERATING",
        "opened_on": date(2020, 5, 1),
        "created_at": AT,
    } | given


def test_the_register_says_what_is_registered_and_no_more() -> None:
    found = registered(institution())
    registration, opening = found.events
    assert registration.attributes == {
        "institution_kind": "COMMUNITY_HEALTH_STATION",
        "operator_kind": "SOCIAL_ORGANISATION",
    }
    assert (registration.occurred_on, opening.occurred_on) == (date(2020, 5, 1), date(2020, 5, 1))
    assert found.covered == {EventKind.REGISTRATION, EventKind.OPENING}


def test_no_opening_day_is_no_opening_only_while_preparing() -> None:
    assert EventKind.OPENING not in registered(institution(opened_on=None)).covered
    preparing = registered(institution(opened_on=None, status="PREPARING"))
    assert EventKind.OPENING in preparing.covered
    assert [event.kind for event in preparing.events] == [EventKind.REGISTRATION]
    assert preparing.events[0].occurred_on == date(2026, 3, 1)


async def test_a_successor_carries_its_predecessors_reviews() -> None:
    new, old, oldest = UUID(int=1), UUID(int=2), UUID(int=3)
    asked: list[Any] = []

    async def fetch(sql: str, parameters: Any) -> Any:
        asked.append(parameters)
        if "RECURSIVE" in sql:
            return [(5, new, old), (5, new, oldest)]
        if "JOIN institution" in sql:
            row = institution()
            names = ("kind", "operator_kind", "operating_nature", "status", "opened_on", "created_at")
            return [(5, new, *(row[name] for name in names))]
        if "JOIN review r ON r.tenant_id = wanted" not in sql:
            return []
        one = review()
        names = ("kind", "cycle", "outcome", "score", "decided_on", "annulled_on", "created_at", "updated_at")
        return [(5, oldest, one["id"], *(one[name] for name in names))]

    found = await gather.gather(fetch, [(5, new)])
    history = found[5, new]
    assert EventKind.ASSESSMENT_RESULT in {event.kind for event in history.events}
    assert all(sorted(parameters[1]) == [new, old, oldest] for parameters in asked[2:])
    assert list(history.cycles.values()) == [(Period(date(2025, 1, 1), date(2026, 1, 1)),)]
