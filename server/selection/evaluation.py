"""From sealed sheets to a ranking: pure arithmetic, exact until a total is shown.

A total is rounded to two decimals, half up, and the ranking goes by what is shown: nobody loses by a difference that no
published figure has.  None of the documents says how experts' scores are put together; method and tie rule are the
call's own, published with it (MTG-10-2 asks for a comprehensive evaluation, no more).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from server.selection.model import EvaluationMethod, TieRule

#: Sheets that remain of an application when its best and its worst are set aside must be one at least.
TRIMMED_LEAST = 3


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of a call: the most it gives, and its weight in percent."""

    id: UUID
    max_score: Decimal
    weight: Decimal


#: One sheet: the score of every criterion.
Sheet = Mapping[UUID, Decimal]


@dataclass(frozen=True, slots=True)
class Scored:
    """An application with its opened sheets."""

    id: UUID
    submitted_at: datetime
    sheets: Sequence[Sheet]


@dataclass(frozen=True, slots=True)
class Ranked:
    """An application's place. ``tied``: another has the same rank after the tie rule."""

    id: UUID
    total: Decimal
    rank: int
    tied: bool


def score_max(criteria: Sequence[Criterion], method: EvaluationMethod) -> Decimal:
    """The best total there can be."""
    if method is EvaluationMethod.WEIGHTED:
        return Decimal(100)
    return sum((one.max_score for one in criteria), Decimal(0))


def sheet_total(criteria: Sequence[Criterion], method: EvaluationMethod, sheet: Sheet) -> Fraction:
    """What one expert's sheet comes to, from 0 to ``score_max``.

    WEIGHTED takes each criterion's share of its most, in percent of its weight; the others add the scores.
    """
    if method is EvaluationMethod.WEIGHTED:
        shares = (Fraction(sheet[one.id]) / Fraction(one.max_score) * Fraction(one.weight) for one in criteria)
        return sum(shares, Fraction(0))
    return sum((Fraction(sheet[one.id]) for one in criteria), Fraction(0))


def total_of(criteria: Sequence[Criterion], method: EvaluationMethod, sheets: Sequence[Sheet]) -> Decimal:
    """The application's total. Raises: ValueError for too few sheets."""
    totals = sorted(sheet_total(criteria, method, one) for one in sheets)
    if method is EvaluationMethod.TRIMMED:
        if len(totals) < TRIMMED_LEAST:
            raise ValueError(f"a trimmed average needs {TRIMMED_LEAST} sheets, there are {len(totals)}")
        totals = totals[1:-1]
    if not totals:
        raise ValueError("an application without sheets has no total")
    return rounded(sum(totals, Fraction(0)) / len(totals))


def rounded(value: Fraction) -> Decimal:
    """The value to two decimals, half up."""
    # In whole numbers: a decimal quotient would be rounded twice.
    return Decimal((value.numerator * 200 + value.denominator) // (value.denominator * 2)).scaleb(-2)


def ranking(
    criteria: Sequence[Criterion], method: EvaluationMethod, tie_rule: TieRule, applications: Sequence[Scored]
) -> tuple[Ranked, ...]:
    """The applications, best first; those that the tie rule leaves equal share a rank, and the next ranks are left out.

    HEAVIEST_CRITERION compares the mean scores of the criteria, the heaviest first.  EARLIER_SUBMISSION compares the
    instants of submission.  COMMISSION_DECIDES leaves every tie to people.
    """
    totals = {one.id: total_of(criteria, method, one.sheets) for one in applications}

    def key(one: Scored) -> tuple[Any, ...]:
        total = -totals[one.id]
        match tie_rule:
            case TieRule.HEAVIEST_CRITERION:
                return (total, *(-mean for mean in _by_weight(criteria, one.sheets)))
            case TieRule.EARLIER_SUBMISSION:
                return (total, one.submitted_at)
            case _:
                return (total,)

    keys = {one.id: key(one) for one in applications}
    ordered = sorted(applications, key=lambda one: (keys[one.id], one.id))
    places: list[Ranked] = []
    for one in ordered:
        rank = 1 + sum(1 for other in applications if keys[other.id] < keys[one.id])
        tied = sum(1 for other in applications if keys[other.id] == keys[one.id]) > 1
        places.append(Ranked(one.id, totals[one.id], rank, tied))
    return tuple(places)


def _by_weight(criteria: Sequence[Criterion], sheets: Sequence[Sheet]) -> list[Fraction]:
    """Mean scores of the criteria, the heaviest first; of equal weight in the order of the call."""
    heaviest = sorted(criteria, key=lambda one: -one.weight)
    return [sum((Fraction(sheet[one.id]) for sheet in sheets), Fraction(0)) / len(sheets) for one in heaviest]
