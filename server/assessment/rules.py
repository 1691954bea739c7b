"""Pure rules of assessment: schemes that add up, totals, grades, and what follows from them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from server.assessment.model import (
    LEDGER,
    NEXT,
    AssessmentLevel,
    AssessmentStatus,
    EffectKind,
    Indicator,
    RectificationStatus,
    ResultGrade,
    Scheme,
)
from server.kit import names
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.policy.windows import Period

HUNDRED = Decimal(100)
_CENT = Decimal("0.01")
_INDICATORS_MOST = 200


@dataclass(frozen=True, slots=True)
class Terms:
    """What the district's packs say about assessing.

    ``cycle_months``, ``domains`` and ``assessors`` are None where no pack says: any will do.  ``failed_measures``: what
    follows a failed assessment.  ``clause``: the words on which the whole rests.
    """

    clause: Clause
    digest: str
    cycle_months: int | None = None
    domains: frozenset[str] | None = None
    centre_assessors: frozenset[str] | None = None
    station_assessor: str | None = None
    failed_measures: tuple[EffectKind, ...] = ()
    clauses: Mapping[EffectKind, Clause] | None = None


def check_scheme(scheme: Scheme, terms: Terms) -> None:
    """Pass a scheme whose weights add up to 100, whose lines are in order, and whose assessors may assess.

    Implements: FT-2-1-1 (domains), FT-2-1-2a, FT-2-1-2b (who assesses whom).  Raises: Invalid, with the field.
    """
    if not 1 <= len(scheme.indicators) <= _INDICATORS_MOST:
        raise Invalid(f"考核指标应有 1 到 {_INDICATORS_MOST} 项", path=("input", "indicators"))
    if not 0 < scheme.pass_line < scheme.excellent_line <= HUNDRED:
        raise Invalid("合格线应大于 0 并低于优秀线，优秀线不超过 100", path=("input", "passLine"))
    seen: set[str] = set()
    for at, one in enumerate(scheme.indicators):
        _check_indicator(one, at, scheme.level, terms)
        if one.code in seen:
            raise Invalid(f"指标编号 {one.code} 重复", path=("input", "indicators", str(at), "code"))
        seen.add(one.code)
    total = sum((one.weight for one in scheme.indicators), Decimal(0))
    if total != HUNDRED:
        raise Invalid(f"各指标权重合计应为 100，现为 {total}", path=("input", "indicators"))


def _check_indicator(one: Indicator, at: int, level: AssessmentLevel, terms: Terms) -> None:
    place = ("input", "indicators", str(at))
    names.normalise(one.title, path=(*place, "title"))
    if not 0 < one.weight <= HUNDRED:
        raise Invalid(f"权重应大于 0 且不超过 100，现为 {one.weight}", path=(*place, "weight"))
    if not 0 < one.max_score <= 10_000:
        raise Invalid(f"满分应大于 0 且不超过 10000，现为 {one.max_score}", path=(*place, "maxScore"))
    if terms.domains is not None and one.domain not in terms.domains:
        raise Invalid(f"本区政策没有列出考核领域“{one.domain.label}”", path=(*place, "domain"), clause=terms.clause)
    allowed = terms.centre_assessors
    if level is AssessmentLevel.STATION:
        allowed = None if terms.station_assessor is None else frozenset({terms.station_assessor})
    if allowed is not None and one.assessor not in allowed:
        listed = "、".join(sorted(allowed))
        raise Invalid(
            f"{level.label}的考核单位应为 {listed}，现为 {one.assessor}", path=(*place, "assessor"), clause=terms.clause
        )


def check_period(period: Period, terms: Terms, name: str) -> None:
    """Pass a cycle of the length that the pack states.  Implements: A-FT-9.  Raises: Invalid."""
    if terms.cycle_months is None or period.until is None:
        return
    months = (period.until.year - period.from_on.year) * 12 + period.until.month - period.from_on.month
    if months != terms.cycle_months:
        raise Invalid(
            f"本区考核周期为 {terms.cycle_months} 个月，{name} 为 {months} 个月",
            path=("input", "name"),
            clause=terms.clause,
        )


def check_mark(score: Decimal, most: Decimal, path: tuple[str, ...]) -> None:
    """Pass a score from 0 to the indicator's most, in hundredths.  Raises: Invalid."""
    if not 0 <= score <= most or not exact(score):
        raise Invalid(f"得分应在 0 到 {most.normalize():f} 之间，至多两位小数，现为 {score}", path=path)


def exact(score: Decimal) -> bool:
    """Whether the score is one in hundredths, as scores are kept."""
    return score == score.quantize(_CENT)


def total_of(marks: Iterable[tuple[Decimal, Decimal, Decimal]]) -> Decimal:
    """Points of 100 from (score, most, weight) of every indicator, rounded half up to hundredths at the end."""
    exact = sum((score * weight / most for score, most, weight in marks), Decimal(0))
    return exact.quantize(_CENT, ROUND_HALF_UP)


def grade_of(total: Decimal, pass_line: Decimal, excellent_line: Decimal) -> ResultGrade:
    """The grade; who reaches a line is above it."""
    if total >= excellent_line:
        return ResultGrade.EXCELLENT
    return ResultGrade.QUALIFIED if total >= pass_line else ResultGrade.NOT_QUALIFIED


def effects_of(grade: ResultGrade, terms: Terms) -> tuple[EffectKind, ...]:
    """What follows from the result.

    Implements: FT-2-1-3a (subsidy), FT-2-1-3b (reward), FT-2-1-3c (interview, rectification, negative list), FT-2-1-4b
    (input of verification).  A district whose packs do not speak of effects has the result serve verification only.
    """
    if terms.clauses is None:
        return (EffectKind.VERIFICATION_INPUT,)
    effects = [EffectKind.SUBSIDY, EffectKind.VERIFICATION_INPUT]
    if grade is ResultGrade.EXCELLENT:
        effects.append(EffectKind.REWARD)
    if grade is ResultGrade.NOT_QUALIFIED:
        effects += terms.failed_measures
    return tuple(effects)


def check_step(now: AssessmentStatus, then: AssessmentStatus) -> None:
    """Pass a step of machine 6.  Raises: Conflict."""
    if then not in NEXT[now]:
        raise Conflict(f"考核状态为“{now.label}”，不能转为“{then.label}”", path=("input", "assessment"))


def check_ledger_step(now: RectificationStatus, then: RectificationStatus) -> None:
    """Pass a step of machine 7.  Raises: Conflict."""
    if then not in LEDGER[now]:
        raise Conflict(f"整改事项状态为“{now.label}”，不能转为“{then.label}”", path=("input", "item"))


def check_due(due_on: date, today: date, path: tuple[str, ...] = ("input", "dueOn")) -> None:
    """Pass a day to rectify by that has not gone.  Raises: Invalid."""
    if due_on < today:
        raise Invalid(f"整改期限不能早于今天（{today}），现为 {due_on}", path=path)


def missing_indicators(wanted: Sequence[UUID], given: Iterable[UUID]) -> list[int]:
    """Which of the wanted indicators, by position from 1, have no mark."""
    have = set(given)
    return [at for at, one in enumerate(wanted, 1) if one not in have]
