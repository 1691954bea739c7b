"""Issuing a licence, or recording one that an institution has held before: its validity, cycle, tasks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from server.institutions import store as register
from server.institutions.model import (
    InstitutionKind,
    InstitutionStatus,
    OperatingNature,
    OperatorKind,
)
from server.institutions.rules import ENDED
from server.kit import clock, registration_no
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.licensing import rules, store
from server.licensing.actions.obliging import bind_obligations
from server.licensing.actions.steps import (
    OFFICERS,
    change_row,
    due,
)
from server.licensing.limits import Limit, Limits
from server.licensing.lists import Lists
from server.licensing.model import (
    LIVING,
    ChangeKind,
    LicenceStatus,
    OpeningSource,
)
from server.licensing.tables import licence, licence_change
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.tasks.actions import open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind
from server.workdays.errors import YearMissing
from server.workdays.rules import corresponding_day

_TO_OPEN = "逾期未开放运行的，依规定建议注销执业许可证，由区卫生健康委决定"
_TO_VERIFY = "逾期不办理校验的，限期补办；拒不校验的依法处理"


@dataclass(frozen=True, slots=True)
class Opening:
    """By when the institution must open, and where that is written (A-MTG-10)."""

    due_on: date
    source: OpeningSource
    reference: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a licence says beyond the application."""

    number: str
    valid_from_on: date
    valid_through_on: date
    subjects: tuple[str, ...] | None = None
    beds: int | None = None
    opening: Opening | None = None


async def record_licence(
    act: Act,
    limits: Limits,
    lists: Lists,
    institution_id: UUID,
    *,
    expected_version: int,
    terms: Terms,
    issued_on: date,
    last_verified_on: date | None = None,
) -> UUID:
    """The licence that an institution has held before this platform, as its paper says.  Needs no admission pack.

    The running verification cycle begins with the last verification, else with the licence.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict, NotAdmissible.
    """
    act.require(*OFFICERS)
    row = await register.load_for_change(act.connection, act.tenant_id, institution_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    if row["status"] in ENDED:
        raise Conflict(
            f"机构状态为“{InstitutionStatus(row['status']).label}”，不能补录许可证", path=("input", "institution")
        )
    nature, operator = row["operating_nature"], row["operator_kind"]
    if limits.admission is not None and nature and operator:
        rules.check_admissible(
            limits,
            limits.admission,
            institution_kind=InstitutionKind(row["kind"]),
            operator_kind=OperatorKind(operator),
            operating_nature=OperatingNature(nature),
        )
    today = clock.today()
    for day, field in ((issued_on, "issuedOn"), (last_verified_on, "lastVerifiedOn")):
        if day is not None and day > today:
            raise Invalid(f"{field} 不能晚于今天（{today}），实际为 {day}", path=("input", field))
    number = registration_no.normalise(terms.number, path=("input", "number"))
    if row["registration_number"] not in (None, number):
        raise Conflict(
            f"机构登记号为 {row['registration_number']}，与许可证号 {number} 不同，请核对", path=("input", "number")
        )
    if terms.subjects is None or terms.beds is None:
        raise Invalid("补录许可证应写明诊疗科目和床位", path=("input", "subjects"))
    check_opening(terms.opening)
    licence_id = await issue_licence(
        act,
        limits,
        institution_id,
        terms,
        subjects=list(terms.subjects),
        beds=terms.beds,
        application_id=None,
        kind=ChangeKind.RECORDED,
        issued_on=issued_on,
        cycle_from_on=last_verified_on or terms.valid_from_on,
        last_verified_on=last_verified_on,
        opened_on=row["opened_on"] or (None if row["status"] == InstitutionStatus.PREPARING else issued_on),
    )
    if row["registration_number"] is None:
        await register.update_institution(
            act.connection, act.tenant_id, institution_id, {"registration_number": number}
        )
    await bind_obligations(act, lists, institution_id, operator and OperatorKind(operator), today)
    return licence_id


async def issue_licence(
    act: Act,
    limits: Limits,
    institution_id: UUID,
    terms: Terms,
    *,
    subjects: list[str],
    beds: int,
    application_id: UUID | None,
    kind: ChangeKind,
    issued_on: date | None = None,
    cycle_from_on: date | None = None,
    last_verified_on: date | None = None,
    opened_on: date | None = None,
) -> UUID:
    """The institution's licence, with its verification cycle and its tasks.

    Raises: Invalid, Conflict (it has one, or the number is another's).
    """
    rules.check_validity(terms.valid_from_on, terms.valid_through_on)
    rules.check_beds(beds)
    subjects = rules.check_subjects(subjects)
    number = registration_no.normalise(terms.number, path=("input", "number"))
    current = await store.find_current_licence(act.connection, institution_id)
    if current is not None and current["status"] in LIVING:
        raise Conflict(f"该机构已有执业许可证 {current['number']}", path=("input", "institution"))
    holder = await store.find_number(act.connection, number)
    if holder is not None and holder != institution_id:
        raise Conflict(f"许可证号 {number} 已颁发给其他机构", path=("input", "number"))
    await store.supersede(act.connection, act.tenant_id, institution_id)
    months = limits.cycle_months(beds)
    start, until = rules.next_cycle(cycle_from_on or terms.valid_from_on, months.n)
    deadline = await verification_due(act, start, months)
    licence_id, today, opening = new_id(), clock.today(), terms.opening
    after = {
        "institution_id": institution_id,
        "application_id": application_id,
        "current": True,
        "number": number,
        "status": LicenceStatus.ACTIVE,
        "issued_on": issued_on or today,
        "valid_from_on": terms.valid_from_on,
        "valid_through_on": terms.valid_through_on,
        "subjects": subjects,
        "beds": beds,
        "cycle_from_on": start,
        "cycle_until": until,
        "verification_months": months.n,
        "verification_due_on": deadline.on,
        "verification_provisional": deadline.provisional,
        "last_verified_on": last_verified_on,
        "opening_due_on": opening and opening.due_on,
        "opening_source": opening and opening.source,
        "opening_reference": opening and opening.reference,
        "opened_on": opened_on,
    }
    row = after | {"tenant_id": act.tenant_id, "id": licence_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.add(act.connection, licence, [row])
    told: dict[str, Any] = {"cycle_from_on": start, "cycle_until": until, "due_on": deadline.on}
    if opening:
        told |= {"deadline_on": opening.due_on, "reference": opening.reference}
    entry = change_row(act, row, kind, on=issued_on or today, **told)
    await store.add(act.connection, licence_change, [entry])
    await act.note(kind.lower(), "licence", licence_id, after=after)
    if opening is not None and opened_on is None:
        fixed = Due(
            opening.due_on,
            f"{opening.source.label}（{opening.reference}）写明的开放运行时间",
            None,
            DayUnit.FIXED,
            None,
            provisional=False,
            source=SourceStatus.FROM_CLAUSE,
        )
        await _task(act, row, TaskKind.OPEN_INSTITUTION, "请在规定时间内开放运行", fixed, _TO_OPEN)
    await _task(act, row, TaskKind.APPLY_FOR_VERIFICATION, "请在校验期满前申请校验", deadline, _TO_VERIFY)
    return licence_id


async def verification_due(act: Act, start: date, months: Limit) -> Due:
    """The last day of a cycle's verification; beyond the calendar the bare day, provisional."""
    try:
        return await due(act, start, months)
    except YearMissing:
        last = corresponding_day(start, months=months.n)
        return Due(last, months.rule, months.n, DayUnit.MONTHS, start, provisional=True, source=months.source)


def check_opening(opening: Opening | None) -> None:
    """Raises: Invalid for a day without the document that sets it."""
    if opening is not None and not opening.reference.strip():
        raise Invalid("开放运行期限应写明所依据的决定或委托协议的文号", path=("input", "opening", "reference"))


async def _task(act: Act, of: Mapping[str, Any], kind: TaskKind, title: str, deadline: Due, consequence: str) -> None:
    await open_task(
        act,
        Task(
            kind,
            f"{title}（{deadline.on} 前，含当日）",
            "licence",
            of["id"],
            of["institution_id"],
            Role.INSTITUTION_STAFF,
            due=deadline,
            consequence=consequence,
        ),
    )
