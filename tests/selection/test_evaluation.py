"""From sheets to a ranking: laws that hold for whatever the experts write."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.kit.clock import BEIJING
from server.selection import evaluation
from server.selection.evaluation import Criterion, Scored, Sheet
from server.selection.model import EvaluationMethod, TieRule

NOON = datetime(2026, 12, 1, 12, tzinfo=BEIJING)
METHODS = st.sampled_from(EvaluationMethod)


def ids(n: int) -> UUID:
    return UUID(int=n)


@st.composite
def schemes(draw: st.DrawFn) -> list[Criterion]:
    """Up to four criteria whose weights make 100."""
    cuts = sorted(draw(st.lists(st.integers(1, 99), max_size=3, unique=True)))
    weights = [after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True)]
    mosts = draw(st.lists(st.integers(1, 200), min_size=len(weights), max_size=len(weights)))
    return [Criterion(ids(n), Decimal(m), Decimal(w)) for n, (m, w) in enumerate(zip(mosts, weights, strict=True))]


def sheets(draw: st.DrawFn, criteria: Sequence[Criterion], least: int = 3) -> list[Sheet]:
    one = st.fixed_dictionaries(
        {c.id: st.integers(0, int(c.max_score) * 100).map(lambda n: Decimal(n) / 100) for c in criteria}
    )
    return draw(st.lists(one, min_size=least, max_size=6))


@st.composite
def evaluations(draw: st.DrawFn) -> tuple[list[Criterion], list[Scored]]:
    criteria = draw(schemes())
    count = draw(st.integers(1, 5))
    minutes = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    return criteria, [
        Scored(ids(100 + n), NOON + timedelta(minutes=minutes[n]), sheets(draw, criteria)) for n in range(count)
    ]


@settings(max_examples=40)
@given(evaluations(), METHODS, st.sampled_from(TieRule), st.randoms())
def test_ranks_follow_totals_whatever_the_order_of_sheets_and_applications(
    case: tuple[list[Criterion], list[Scored]], method: EvaluationMethod, tie: TieRule, chance: object
) -> None:
    criteria, applications = case
    places = evaluation.ranking(criteria, method, tie, applications)
    assert {one.id for one in places} == {one.id for one in applications}
    most = evaluation.score_max(criteria, method)
    for one in places:
        assert 0 <= one.total <= most
        assert one.total.as_tuple().exponent == -2
        better = [other for other in places if other.total > one.total]
        assert one.rank >= 1 + len(better)
        assert one.tied == (sum(other.rank == one.rank for other in places) > 1)
    for before, after in pairwise(places):
        assert before.total >= after.total
        assert before.rank <= after.rank
    mixed = [Scored(one.id, one.submitted_at, list(reversed(one.sheets))) for one in reversed(applications)]
    assert evaluation.ranking(criteria, method, tie, mixed) == places


@settings(max_examples=40)
@given(evaluations(), METHODS)
def test_a_tie_that_people_must_decide_is_told(
    case: tuple[list[Criterion], list[Scored]], method: EvaluationMethod
) -> None:
    criteria, applications = case
    twin = Scored(ids(999), NOON, applications[0].sheets)
    places = evaluation.ranking(criteria, method, TieRule.COMMISSION_DECIDES, [*applications, twin])
    found = {one.id: one for one in places}
    assert found[twin.id].rank == found[applications[0].id].rank
    assert found[twin.id].tied


@settings(max_examples=40)
@given(evaluations(), METHODS)
def test_a_better_sheet_never_makes_a_total_worse(
    case: tuple[list[Criterion], list[Scored]], method: EvaluationMethod
) -> None:
    criteria, applications = case
    before = applications[0].sheets
    best = {one.id: one.max_score for one in criteria}
    after = [best, *before[1:]]
    assert evaluation.total_of(criteria, method, after) >= evaluation.total_of(criteria, method, before)


@settings(max_examples=40)
@given(st.data(), schemes())
def test_one_extreme_sheet_does_not_move_a_trimmed_average(data: st.DataObject, criteria: list[Criterion]) -> None:
    fair = {one.id: one.max_score / 2 for one in criteria}
    extreme = data.draw(st.sampled_from([0, 1]))
    wild = {one.id: one.max_score * extreme for one in criteria}
    total = evaluation.total_of(criteria, EvaluationMethod.TRIMMED, [fair, fair, fair, wild])
    assert total == evaluation.total_of(criteria, EvaluationMethod.TRIMMED, [fair, fair, fair, fair])


def test_weights_decide_under_the_weighted_method_alone() -> None:
    criteria = [Criterion(ids(0), Decimal(100), Decimal(75)), Criterion(ids(1), Decimal(10), Decimal(25))]
    sheet = {ids(0): Decimal(80), ids(1): Decimal(5)}
    assert evaluation.total_of(criteria, EvaluationMethod.WEIGHTED, [sheet]) == Decimal("72.50")
    assert evaluation.total_of(criteria, EvaluationMethod.AVERAGE, [sheet]) == Decimal("85.00")
    assert evaluation.score_max(criteria, EvaluationMethod.WEIGHTED) == 100
    assert evaluation.score_max(criteria, EvaluationMethod.AVERAGE) == 110


def test_equal_totals_are_told_apart_by_the_heaviest_criterion_or_by_time() -> None:
    criteria = [Criterion(ids(0), Decimal(10), Decimal(30)), Criterion(ids(1), Decimal(10), Decimal(70))]
    light = Scored(ids(10), NOON, [{ids(0): Decimal(8), ids(1): Decimal(4)}])
    heavy = Scored(ids(11), NOON + timedelta(minutes=1), [{ids(0): Decimal(4), ids(1): Decimal(8)}])
    average = EvaluationMethod.AVERAGE
    by_weight = evaluation.ranking(criteria, average, TieRule.HEAVIEST_CRITERION, [light, heavy])
    assert [(one.id, one.rank, one.tied) for one in by_weight] == [(heavy.id, 1, False), (light.id, 2, False)]
    by_time = evaluation.ranking(criteria, average, TieRule.EARLIER_SUBMISSION, [light, heavy])
    assert [(one.id, one.rank) for one in by_time] == [(light.id, 1), (heavy.id, 2)]
    open_ = evaluation.ranking(criteria, average, TieRule.COMMISSION_DECIDES, [light, heavy])
    assert [(one.rank, one.tied) for one in open_] == [(1, True), (1, True)]


def test_a_half_cent_is_rounded_up_and_what_is_shown_decides() -> None:
    criteria = [Criterion(ids(0), Decimal(10), Decimal(100))]
    third = [{ids(0): Decimal("8.00")}, {ids(0): Decimal("8.01")}]
    assert evaluation.total_of(criteria, EvaluationMethod.AVERAGE, third) == Decimal("8.01")
    with pytest.raises(ValueError, match="3 sheets"):
        evaluation.total_of(criteria, EvaluationMethod.TRIMMED, third)
    with pytest.raises(ValueError, match="no total"):
        evaluation.total_of(criteria, EvaluationMethod.AVERAGE, [])
