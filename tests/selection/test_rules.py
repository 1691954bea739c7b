"""State machines of calls and applications, and the shapes of calls and sheets."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.selection import rules
from server.selection.evaluation import Criterion
from server.selection.model import APPLICATION_NEXT, CALL_NEXT, ApplicationStatus, CallStatus, EvaluationMethod

CLAUSE = Clause("measures", "第十条")
TODAY = date(2026, 11, 23)


@given(st.sampled_from(CallStatus), st.sampled_from(CallStatus))
def test_a_call_keeps_to_its_machine(status: CallStatus, to: CallStatus) -> None:
    if to in CALL_NEXT[status]:
        rules.check_call_step(status, to, clause=CLAUSE)
        return
    with pytest.raises(Conflict) as refused:
        rules.check_call_step(status, to, clause=CLAUSE)
    assert refused.value.clause == CLAUSE


@given(st.sampled_from(ApplicationStatus), st.sampled_from(ApplicationStatus))
def test_an_application_keeps_to_its_machine(status: ApplicationStatus, to: ApplicationStatus) -> None:
    if to in APPLICATION_NEXT[status]:
        rules.check_application_step(status, to, clause=CLAUSE)
        return
    with pytest.raises(Conflict):
        rules.check_application_step(status, to, clause=CLAUSE)


def test_what_ended_does_not_go_on_and_nothing_is_awarded_without_publicity() -> None:
    ended = {CallStatus.AWARDED, CallStatus.FAILED, CallStatus.CANCELLED}
    assert {one for one, after in CALL_NEXT.items() if not after} == ended
    assert {one for one, after in CALL_NEXT.items() if CallStatus.AWARDED in after} == {CallStatus.PUBLICITY}
    assert all(CallStatus.CANCELLED in after for one, after in CALL_NEXT.items() if one not in ended)
    assert {one for one, after in APPLICATION_NEXT.items() if not after} == {ApplicationStatus.WITHDRAWN}
    assert all(
        ApplicationStatus.WITHDRAWN in after
        for one, after in APPLICATION_NEXT.items()
        if one is not ApplicationStatus.WITHDRAWN
    )


@given(st.integers(-5, 400))
def test_a_call_closes_after_the_day_of_its_publication_and_within_a_year(days: int) -> None:
    closes = TODAY + timedelta(days)
    if 1 <= days <= rules.DAYS_OPEN_MOST:
        rules.check_closing_day(closes, TODAY)
    else:
        with pytest.raises(Invalid) as refused:
            rules.check_closing_day(closes, TODAY)
        assert refused.value.path == ("input", "closesOn")


@given(st.sampled_from(CallStatus), st.integers(-3, 3))
def test_applications_are_taken_up_to_the_end_of_the_last_day(status: CallStatus, after: int) -> None:
    today = TODAY + timedelta(after)
    if status is CallStatus.PUBLISHED and after <= 0:
        rules.check_open(status, TODAY, today, clause=CLAUSE)
    else:
        with pytest.raises(Conflict) as refused:
            rules.check_open(status, TODAY, today, clause=CLAUSE)
        assert refused.value.clause == CLAUSE


@given(st.integers(-2, 2))
def test_the_last_day_of_publicity_still_counts(after: int) -> None:
    today = TODAY + timedelta(after)
    if after > 0:
        rules.check_publicity_over(TODAY, today, clause=CLAUSE)
    else:
        with pytest.raises(Conflict) as refused:
            rules.check_publicity_over(TODAY, today, clause=CLAUSE)
        assert refused.value.clause == CLAUSE


def weighing(name: str = "方案", most: str = "100", weight: str = "100") -> rules.Weighing:
    return rules.Weighing(name, Decimal(most), Decimal(weight))


def test_the_default_scheme_is_one_that_would_be_accepted() -> None:
    assert rules.checked_scheme(rules.DEFAULT_SCHEME) == rules.DEFAULT_SCHEME


@pytest.mark.parametrize(
    ("criteria", "path"),
    [
        ([], "criteria"),
        ([weighing(str(n), weight="1") for n in range(21)], "criteria"),
        ([weighing(weight="99.99")], "criteria"),
        ([weighing(most="0")], "maxScore"),
        ([weighing(most="1000.01")], "maxScore"),
        ([weighing(most="9.999")], "maxScore"),
        ([weighing(weight="0")], "weight"),
        ([weighing(" ", weight="100")], "name"),
        ([weighing(weight="50"), weighing(weight="50")], "criteria"),
    ],
)
def test_a_scheme_that_does_not_hold_names_its_field(criteria: list[rules.Weighing], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked_scheme(criteria)
    assert refused.value.path[-1] == path


@pytest.mark.parametrize(
    ("quorum", "members", "path"), [(3, 2, "members"), (3, 31, "members"), (2, 5, "quorum"), (6, 5, "quorum")]
)
def test_a_quorum_that_cannot_be_reached_is_refused(quorum: int, members: int, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_quorum(quorum, members, EvaluationMethod.AVERAGE)
    assert refused.value.path == ("input", path)
    rules.check_quorum(3, 3, EvaluationMethod.TRIMMED)


@pytest.mark.parametrize(
    ("expert", "operator", "same"),
    [
        (("甲公司", "91A"), ("甲公司", "91B"), False),
        (("甲公司（总部）", "91A"), ("甲公司", "91A"), True),
        (("甲公司（北京）", None), ("甲公司(北京)", "91A"), True),
        (("甲公司", None), ("乙公司", None), False),
    ],
)
def test_an_employer_is_known_by_its_code_and_else_by_its_name(
    expert: tuple[str, str | None], operator: tuple[str, str | None], *, same: bool
) -> None:
    assert rules.same_employer(*expert, *operator) is same


ONE, TWO = UUID(int=1), UUID(int=2)
SCHEME = [Criterion(ONE, Decimal(10), Decimal(50)), Criterion(TWO, Decimal(20), Decimal(50))]


@given(st.decimals("-1", "21", places=3), st.decimals("-1", "21", places=2))
def test_a_score_lies_between_nothing_and_the_most(first: Decimal, second: Decimal) -> None:
    sound = 0 <= first <= 10 and first == round(first, 2) and 0 <= second <= 20
    if sound:
        assert rules.checked_scores(SCHEME, {ONE: first, TWO: second}, clause=CLAUSE) == {ONE: first, TWO: second}
        return
    with pytest.raises(Invalid) as refused:
        rules.checked_scores(SCHEME, {ONE: first, TWO: second}, clause=CLAUSE)
    assert refused.value.path[-1] == "score"
    assert refused.value.clause == CLAUSE


def test_every_criterion_is_scored_and_no_other() -> None:
    with pytest.raises(Invalid, match="1 项未评"):
        rules.checked_scores(SCHEME, {ONE: Decimal(1)}, clause=CLAUSE)
    with pytest.raises(Invalid, match="不属于"):
        rules.checked_scores(SCHEME, {ONE: Decimal(1), TWO: Decimal(1), UUID(int=3): Decimal(1)}, clause=CLAUSE)
