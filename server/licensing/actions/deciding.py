"""Deciding an application: set-up approved, licence issued, or refused with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.institutions import actions as institutions
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
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.licensing import rules, store
from server.licensing.actions.applying import CASE
from server.licensing.actions.obliging import bind_obligations
from server.licensing.actions.steps import (
    NOTHING_DUE,
    OFFICERS,
    authority,
    change,
    change_row,
    due,
    held,
)
from server.licensing.errors import WrongState
from server.licensing.limits import Limit, Limits
from server.licensing.lists import Lists
from server.licensing.model import (
    LIVING,
    NEXT_APPLICATION,
    ApplicationKind,
    ApplicationStatus,
    ChangeKind,
    LicenceStatus,
    OpeningSource,
    RefusalGround,
)
from server.licensing.tables import licence, licence_application, licence_change
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.tasks.actions import finish, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind
from server.workdays.errors import YearMissing
from server.workdays.rules import corresponding_day

_TO_OPEN = "逾期未开放运行的，依规定建议注销执业许可证，由区卫生健康委决定"
_TO_VERIFY = "逾期不办理校验的，限期补办；拒不校验的依法处理"
_ADMISSION_CONCEPTS = {RefusalGround.PLANNING: "admission.plan"}


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


@dataclass(frozen=True, slots=True)
class Plan:
    """The published plan that a refusal rests on."""

    title: str
    published_on: date
    number: str | None = None
    url: str | None = None


async def grant_setup(act: Act, application_id: UUID, *, expected_version: int, reason: str) -> None:
    """The set-up is approved; the operator may build up and apply for registration.

    Raises: NotAllowed, NotFound, OutOfDate, WrongState, Invalid.
    """
    row = await _held(act, application_id, expected_version, ApplicationKind.SETUP, ApplicationStatus.GRANTED)
    told = rules.check_reason(reason)
    await _decide(act, row, ApplicationStatus.GRANTED, told, institution_id=row["institution_id"])
    await _paper(act, row, PaperKind.SETUP_APPROVAL, {"理由": told})


async def grant_registration(
    act: Act, limits: Limits, lists: Lists, application_id: UUID, *, expected_version: int, terms: Terms, reason: str
) -> UUID:
    """The licence is issued; the institution stands in the register, being prepared until it opens.

    Implements: MTG-12-1, MTG-4-1, MTG-21-1, MTG-22-1; A-MTG-3, A-MTG-10.
    Raises: NotAllowed, PolicyNotEnabled, NotFound, OutOfDate, WrongState, NotAdmissible, Invalid, Conflict.
    """
    kind, to = ApplicationKind.REGISTRATION, ApplicationStatus.GRANTED
    row = await _held(act, application_id, expected_version, kind, to)
    rules.check_admissible(
        limits,
        limits.required(),
        institution_kind=InstitutionKind(row["institution_kind"]),
        operator_kind=OperatorKind(row["operator_kind"]),
        operating_nature=OperatingNature(row["operating_nature"]),
    )
    told = rules.check_reason(reason)
    check_opening(terms.opening)
    number = registration_no.normalise(terms.number, path=("input", "number"))
    institution_id = await _registered(act, row, number)
    values = {"institution_id": institution_id}
    licence_id = await issue_licence(
        act,
        limits,
        institution_id,
        terms,
        subjects=list(terms.subjects or row["subjects"]),
        beds=row["beds"] if terms.beds is None else terms.beds,
        application_id=application_id,
        kind=ChangeKind.ISSUED,
    )
    await _decide(act, row, to, told, institution_id=institution_id, values=values)
    await bind_obligations(act, lists, institution_id, OperatorKind(row["operator_kind"]), clock.today())
    await _paper(
        act,
        {**row, "institution_id": institution_id},
        PaperKind.REGISTRATION_APPROVAL,
        {
            "许可证号": number,
            "有效期": f"{terms.valid_from_on} 至 {terms.valid_through_on}",
            "诊疗科目": "、".join(terms.subjects or row["subjects"]),
            **({"开放运行期限": f"{terms.opening.due_on}（{terms.opening.reference}）"} if terms.opening else {}),
            "理由": told,
        },
    )
    return licence_id


async def refuse(
    act: Act,
    limits: Limits,
    application_id: UUID,
    *,
    expected_version: int,
    ground: RefusalGround,
    reason: str,
    plan: Plan | None = None,
) -> None:
    """The application is refused, with reasons and remedies; for planning reasons only with a published plan.

    Implements: BJ17-2-1; 行政许可法 38.
    Raises: NotAllowed, NotFound, OutOfDate, WrongState, NoPublishedPlan, Invalid.
    """
    row = await _held(act, application_id, expected_version, None, ApplicationStatus.REFUSED)
    told = rules.check_reason(reason)
    values: dict[str, Any] = {"refusal_ground": ground}
    fields = {"不予许可的理由": f"{ground.label}：{told}"}
    clauses: tuple[Clause, ...] = ()
    if ground is RefusalGround.PLANNING:
        named = plan or Plan("", date.min)
        published = None if plan is None else plan.published_on
        rules.check_plan(named.title.strip(), named.number, published, named.url, clock.today())
        values |= {
            "plan_title": named.title.strip(),
            "plan_number": named.number,
            "plan_published_on": named.published_on,
            "plan_url": named.url,
        }
        fields["所依据的规划"] = f"{named.title}（{named.number or named.url}，{named.published_on} 公布）"
        clauses = (*_cites(limits, ground), rules.PLAN_MUST_BE_PUBLISHED)
    elif plan is not None:
        raise Invalid(f"以“{ground.label}”为由不予许可，不需要写规划", path=("input", "plan"))
    await _decide(
        act,
        row,
        ApplicationStatus.REFUSED,
        f"{ground.label}：{told}",
        institution_id=row["institution_id"],
        values=values,
    )
    kind = PaperKind.SETUP_REFUSAL if row["kind"] == ApplicationKind.SETUP else PaperKind.REGISTRATION_REFUSAL
    await _paper(act, row, kind, fields, clauses=tuple(dict.fromkeys(clauses)), remedies=True)


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


async def _held(
    act: Act, application_id: UUID, expected_version: int, kind: ApplicationKind | None, to: ApplicationStatus
) -> RowMapping:
    """The application, ready to be decided by the person who acts."""
    act.require(*OFFICERS)
    row = await held(act, licence_application, application_id, expected_version)
    if kind is not None and row["kind"] != kind:
        raise WrongState(f"该申请为{ApplicationKind(row['kind']).label}申请，不是{kind.label}申请")
    rules.check_step(NEXT_APPLICATION, ApplicationStatus(row["status"]), to)
    return row


async def _decide(
    act: Act,
    row: RowMapping,
    to: ApplicationStatus,
    reason: str,
    *,
    institution_id: UUID | None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """The decision with its row in the review record."""
    today, by = clock.today(), await authority(act)
    passed = to is ApplicationStatus.GRANTED
    kind = ApplicationKind(row["kind"])
    review = await record_review(
        act,
        Conclusion(
            kind=ReviewKind.REGISTRATION,
            institution_id=institution_id,
            outcome=ReviewOutcome.PASSED if passed else ReviewOutcome.FAILED,
            decided_on=today,
            decided_by=by,
            reason=f"{kind.label}：{reason}",
            subject_type=CASE,
            subject_id=row["id"],
        ),
    )
    if institution_id is not None:
        await register.update_latest_review(act.connection, act.tenant_id, institution_id, today)
    decided = {
        "status": to,
        "decided_on": today,
        "decided_by": act.actor.subject,
        "reason": reason,
        "review_id": review,
        **NOTHING_DUE,
    }
    await change(act, licence_application, row, "granted" if passed else "refused", decided | dict(values or {}))
    await finish(act, subject_id=row["id"])


async def _registered(act: Act, row: RowMapping, number: str) -> UUID:
    """The institution in the register: a new one being prepared, or the one that exists, with what the licence says."""
    said = {
        "registration_number": number,
        "operating_nature": row["operating_nature"],
        "operator_kind": row["operator_kind"],
        "unified_social_credit_code": row["unified_social_credit_code"],
        "service_population": row["service_population"],
    }
    institution_id: UUID | None = row["institution_id"]
    if institution_id is None:
        return await institutions.register_institution(
            act,
            institutions.Registration(
                name=row["institution_name"],
                kind=InstitutionKind(row["institution_kind"]),
                address=row["address"],
                registration_number=number,
                unified_social_credit_code=row["unified_social_credit_code"],
                status=InstitutionStatus.PREPARING,
                operating_nature=OperatingNature(row["operating_nature"]),
                operator_kind=OperatorKind(row["operator_kind"]),
                service_population=row["service_population"],
            ),
        )
    before = await register.load_for_change(act.connection, act.tenant_id, institution_id)
    other = await register.find_by_registration(act.connection, number)
    if other is not None and other != institution_id:
        raise Conflict(f"登记号 {number} 已有机构使用", path=("input", "number"))
    after = {key: value for key, value in said.items() if value is not None and before[key] != value}
    await register.update_institution(act.connection, act.tenant_id, institution_id, after)
    await act.note("licensed", "institution", institution_id, before={key: before[key] for key in after}, after=after)
    return institution_id


def _cites(limits: Limits, ground: RefusalGround) -> tuple[Clause, ...]:
    """What the district's admission pack cites for the ground."""
    concept = _ADMISSION_CONCEPTS.get(ground)
    if limits.admission is None or concept is None:
        return ()
    return tuple(clause for rule in limits.admission.rules if rule.concept == concept for clause in rule.cites)


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


async def _paper(
    act: Act,
    row: Mapping[str, Any] | RowMapping,
    kind: PaperKind,
    told: Mapping[str, str],
    *,
    clauses: tuple[Clause, ...] = (),
    remedies: bool = False,
) -> UUID:
    return await issue(
        act,
        kind=kind,
        subject_type=CASE,
        subject_id=row["id"],
        institution_id=row["institution_id"],
        addressee=row["operator_name"],
        recipient=row["applicant"],
        title=kind.label,
        fields={"机构名称": row["institution_name"], "执业地址": row["address"], **told},
        issued_on=clock.today(),
        clauses=clauses,
        remedies=remedies,
    )
