"""Commitments of annex 2-1 held against what is on record: shown to the applicant before, to the agency after.

A check tells, it refuses nothing: an institution may have an answer that the record does not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from server.insurance import applicants
from server.insurance.model import CheckOutcome
from server.insurance.parameters import Terms
from server.insurance.rules import Bar, Recorded, within_months, within_years
from server.policy.store import Fetch
from server.policy.terms import InsuranceAction
from server.supervision.model import FactKind

_PENALTIES: Final = (FactKind.PENALTY, FactKind.SAFETY_PENALTY, FactKind.PRACTICE_POINTS)
_KINDS: Final = (*_PENALTIES, FactKind.INSURANCE_ACTION)


@dataclass(frozen=True, slots=True)
class Check:
    """What the records say of one commitment, or of a part of it; ``commitment`` is its number in annex 2-1."""

    commitment: int
    label: str
    outcome: CheckOutcome
    detail: str
    records: tuple[Recorded, ...] = ()


async def check(
    fetch: Fetch, tenant_id: int, line: Sequence[UUID], bars: Sequence[Bar], *, as_of: date, terms: Terms
) -> tuple[Check, ...]:
    """Every commitment that a record can speak of, on this day.

    ``line``: the institution and all whose history it carries, former names among them.
    Implements: MIC-A21-1, MIC-A21-2, MIC-A21-5, A-MIC-7, X-16.
    """
    rows = await applicants.find_records(fetch, tenant_id, line, _KINDS)
    return judged(rows, bars, as_of=as_of, terms=terms)


def judged(rows: Sequence[Mapping[str, Any]], bars: Sequence[Bar], *, as_of: date, terms: Terms) -> tuple[Check, ...]:
    """``check`` over records at hand."""
    penalties, measures = [], []
    for row in rows:
        on = row["decided_on"] or row["occurred_on"]
        if row["kind"] == FactKind.INSURANCE_ACTION:
            if within_years(on, as_of, terms.clean_insurance_record_years):
                measures.append(_recorded(row, on, InsuranceAction(row["insurance_action"]).label))
        elif within_months(on, as_of, terms.clean_penalty_months):
            penalties.append(_recorded(row, on, FactKind(row["kind"]).label))
    running = [bar for bar in bars if bar.from_on <= as_of < bar.until]
    past = [bar for bar in bars if bar.until <= as_of]
    years, months = terms.clean_insurance_record_years, terms.clean_penalty_months
    return (
        _told(
            1,
            "所报资料真实，无仍在期内的不再申请限制",
            [Recorded(f"{bar.reason}，至 {bar.until} 前不得申请", bar.from_on, "市医保中心") for bar in running],
            f"曾有 {len(past)} 条限制，均已期满" if past else "全市无有效限制",
        ),
        _told(2, f"近 {years} 年无医疗保障不良信用记录", measures, f"近 {years} 年无医保处理记录"),
        _told(2, f"近 {months} 个月无处罚、处理等违规记录", penalties, f"本区近 {months} 个月无处罚记录"),
        Check(
            2,
            "法定代表人、主要负责人和实际控制人无医保不良记录，不在失信被执行人名单",
            CheckOutcome.UNKNOWN,
            "平台没有失信被执行人名单，请经办机构另行查询",
        ),
        Check(5, "不设承包、租赁科室", CheckOutcome.UNKNOWN, "平台没有科室承包、租赁的登记，请在评估时核实"),
    )


def _told(number: int, label: str, against: Sequence[Recorded], clear: str) -> Check:
    if not against:
        return Check(number, label, CheckOutcome.CLEAR, clear)
    told = "；".join(f"{one.on} {one.what}（{one.source}）" for one in against)
    return Check(number, label, CheckOutcome.CONTRADICTED, told, tuple(against))


def _recorded(row: Mapping[str, Any], on: date, what: str) -> Recorded:
    return Recorded(what, on, row["reference_number"] or row["source_name"], row["id"])
