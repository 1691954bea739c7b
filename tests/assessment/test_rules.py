"""Totals, grades, and the two state machines."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.assessment import rules
from server.assessment.model import (
    LEDGER,
    NEXT,
    AssessmentLevel,
    AssessmentStatus,
    EffectKind,
    Indicator,
    IndicatorDomain,
    RectificationStatus,
    ResultGrade,
    Scheme,
)
from server.assessment.rules import Terms
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid

CLAUSE = Clause("a-plan", "一")
TERMS = Terms(
    CLAUSE,
    "digest",
    cycle_months=12,
    domains=frozenset({"PUBLIC_HEALTH"}),
    centre_assessors=frozenset({"CDC_SUPERVISION"}),
    station_assessor="COMMUNITY_HEALTH_CENTRE",
    failed_measures=(EffectKind.INTERVIEW, EffectKind.RECTIFICATION, EffectKind.NEGATIVE_LIST),
    clauses=dict.fromkeys(EffectKind, CLAUSE),
)

points = st.integers(0, 10_000).map(lambda cents: Decimal(cents) / 100)


def indicator(code: str, weight: str, assessor: str = "CDC_SUPERVISION") -> Indicator:
    return Indicator(code, IndicatorDomain.PUBLIC_HEALTH, "指标", Decimal(weight), Decimal(10), assessor)


def scheme(*indicators: Indicator, level: AssessmentLevel = AssessmentLevel.CENTRE, **lines: str) -> Scheme:
    given_lines = {"pass_line": "60", "excellent_line": "90"} | lines
    return Scheme("S", "方案", level, *(Decimal(one) for one in given_lines.values()), indicators)


@given(st.lists(st.tuples(points, st.integers(1, 50)), min_size=1, max_size=12))
def test_a_total_lies_between_none_and_all(marks: list[tuple[Decimal, int]]) -> None:
    weights = sum(weight for _, weight in marks)
    shares = [(score, Decimal(100), Decimal(weight * 100) / weights) for score, weight in marks]
    total = rules.total_of(shares)
    assert 0 <= total <= 100
    # One more point in any indicator never makes the total less.
    score, most, weight = shares[0]
    better = [(min(most, score + 1), most, weight), *shares[1:]]
    assert rules.total_of(better) >= total


def test_a_total_is_rounded_once_at_the_end() -> None:
    thirds = [(Decimal(1), Decimal(3), Decimal("33.33")), (Decimal(1), Decimal(3), Decimal("66.67"))]
    assert rules.total_of(thirds) == Decimal("33.33")
    assert rules.total_of([(Decimal("59.995"), Decimal(100), Decimal(100))]) == Decimal("60.00")


@pytest.mark.parametrize(
    ("total", "grade"),
    [
        ("59.99", ResultGrade.NOT_QUALIFIED),
        ("60.00", ResultGrade.QUALIFIED),
        ("89.99", ResultGrade.QUALIFIED),
        ("90.00", ResultGrade.EXCELLENT),
    ],
)
def test_who_reaches_a_line_is_above_it(total: str, grade: ResultGrade) -> None:
    assert rules.grade_of(Decimal(total), Decimal(60), Decimal(90)) is grade


def test_what_follows_from_a_result_is_what_the_pack_says() -> None:
    failed = rules.effects_of(ResultGrade.NOT_QUALIFIED, TERMS)
    assert set(failed) == {EffectKind.SUBSIDY, EffectKind.VERIFICATION_INPUT, *TERMS.failed_measures}
    assert EffectKind.REWARD in rules.effects_of(ResultGrade.EXCELLENT, TERMS)
    assert EffectKind.REWARD not in rules.effects_of(ResultGrade.QUALIFIED, TERMS)
    # Where no pack speaks of effects, nothing but verification rests on the result.
    assert rules.effects_of(ResultGrade.NOT_QUALIFIED, Terms(CLAUSE, "digest")) == (EffectKind.VERIFICATION_INPUT,)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (scheme(), ("indicators",)),
        (scheme(indicator("1", "50")), ("indicators",)),
        (scheme(indicator("1", "50"), indicator("1", "50")), ("indicators", "1", "code")),
        (scheme(indicator("1", "100", "MENTAL_HEALTH")), ("indicators", "0", "assessor")),
        (scheme(indicator("1", "100"), level=AssessmentLevel.STATION), ("indicators", "0", "assessor")),
        (scheme(indicator("1", "100"), pass_line="95"), ("passLine",)),
        (scheme(indicator("1", "-1")), ("indicators", "0", "weight")),
    ],
)
def test_a_scheme_that_does_not_add_up_is_refused_with_its_place(wrong: Scheme, path: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_scheme(wrong, TERMS)
    assert refused.value.path == ("input", *path)


def test_a_sound_scheme_passes() -> None:
    rules.check_scheme(scheme(indicator("1", "33.33"), indicator("2", "66.67")), TERMS)


@given(st.sampled_from(AssessmentStatus), st.sampled_from(AssessmentStatus))
def test_no_step_leaves_the_machine(now: AssessmentStatus, then: AssessmentStatus) -> None:
    if then in NEXT[now]:
        rules.check_step(now, then)
    else:
        with pytest.raises(Conflict):
            rules.check_step(now, then)


@given(st.sampled_from(RectificationStatus), st.sampled_from(RectificationStatus))
def test_no_step_leaves_the_ledger(now: RectificationStatus, then: RectificationStatus) -> None:
    if then in LEDGER[now]:
        rules.check_ledger_step(now, then)
    else:
        with pytest.raises(Conflict):
            rules.check_ledger_step(now, then)


@pytest.mark.parametrize("score", ["-0.01", "10.01", "1.234", "NaN"])
def test_a_score_outside_its_scale_is_refused(score: str) -> None:
    with pytest.raises((Invalid, ArithmeticError)):
        rules.check_mark(Decimal(score), Decimal(10), ("input", "scores", "0", "score"))
