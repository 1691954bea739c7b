"""Deciding an application: set-up approved, licence issued, or refused with reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from server.kit import clock, registration_no
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.licensing import rules
from server.licensing.actions.applying import CASE
from server.licensing.actions.issuing import Opening, Terms, check_opening, issue_licence
from server.licensing.actions.obliging import bind_obligations
from server.licensing.actions.steps import (
    NOTHING_DUE,
    OFFICERS,
    authority,
    change,
    held,
)
from server.licensing.actions.telling import issue_to_applicant
from server.licensing.awards import held_award, move_area, note_registered
from server.licensing.errors import WrongState
from server.licensing.limits import Limits
from server.licensing.lists import Lists
from server.licensing.model import (
    NEXT_APPLICATION,
    ApplicationKind,
    ApplicationStatus,
    ChangeKind,
    OpeningSource,
    RefusalGround,
)
from server.licensing.tables import licence_application
from server.papers.model import PaperKind
from server.record.acts import Act
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.sites.model import GapStatus
from server.tasks.actions import finish

_ADMISSION_CONCEPTS = {RefusalGround.PLANNING: "admission.plan"}


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
    terms = await _with_opening(act, row, terms)
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
    await note_registered(act, row["award_id"], institution_id)
    await move_area(act, row["award_id"], GapStatus.LICENSED, f"颁发执业许可证 {number}", institution_id=institution_id)
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
            application_id=row["award_id"],
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


async def _with_opening(act: Act, row: RowMapping, terms: Terms) -> Terms:
    """The licence's terms with the day by which the award says it must open, where nothing else is said (A-MTG-10)."""
    if terms.opening is not None or row["award_id"] is None:
        return terms
    award = await held_award(act, row["award_id"], official=True)
    if award.opening_by is None:
        return terms
    return replace(terms, opening=Opening(award.opening_by, OpeningSource.AWARD, award.number))


def _cites(limits: Limits, ground: RefusalGround) -> tuple[Clause, ...]:
    """What the district's admission pack cites for the ground."""
    concept = _ADMISSION_CONCEPTS.get(ground)
    if limits.admission is None or concept is None:
        return ()
    return tuple(clause for rule in limits.admission.rules if rule.concept == concept for clause in rule.cites)


async def _paper(
    act: Act,
    row: Mapping[str, Any] | RowMapping,
    kind: PaperKind,
    told: Mapping[str, str],
    *,
    clauses: tuple[Clause, ...] = (),
    remedies: bool = False,
) -> UUID:
    about = {"机构名称": row["institution_name"], "执业地址": row["address"]}
    return await issue_to_applicant(act, kind, CASE, row, about | dict(told), clauses=clauses, remedies=remedies)
