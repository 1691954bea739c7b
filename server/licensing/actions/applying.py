"""Applying, what is missing, and acceptance: an application on its way to a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping

from server.documents.actions import take
from server.institutions.model import InstitutionKind, OperatingNature, OperatorKind
from server.institutions.rules import check_population
from server.kit import clock, names, uscc
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.licensing import rules, store
from server.licensing.actions.steps import (
    FILERS,
    NOTHING_DUE,
    OFFICERS,
    change,
    check_own,
    due,
    due_values,
    held,
    is_officer,
)
from server.licensing.awards import Awarded, held_award, move_area
from server.licensing.errors import MaterialsMissing, SetupStage
from server.licensing.limits import Limits
from server.licensing.lists import Lists, Material, MaterialFor
from server.licensing.model import (
    LIVING,
    NEXT_APPLICATION,
    ApplicationKind,
    ApplicationStatus,
    LicenceStatus,
)
from server.licensing.tables import licence_application
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.sites.model import GapStatus
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind

CASE = licence_application.name
PURPOSE = {
    ApplicationKind.SETUP: MaterialFor.SETUP,
    ApplicationKind.REGISTRATION: MaterialFor.REGISTRATION,
}
DECISION_LIMIT = {
    ApplicationKind.SETUP: "setup_decision_days",
    ApplicationKind.REGISTRATION: "registration_decision_days",
}
_DEEMED = "逾期未一次性告知的，自收到申请材料之日起即为受理"
LATE = "逾期未作出决定的，申请人可以依法申请行政复议或者提起行政诉讼"

Documents = Sequence[tuple[str, UUID]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """An application as it is filed.  ``documents``: pairs of a material's code and a stored file."""

    kind: ApplicationKind
    institution_name: str
    institution_kind: InstitutionKind
    address: str
    operator_name: str
    operator_kind: OperatorKind
    operating_nature: OperatingNature
    subjects: Sequence[str]
    beds: int
    unified_social_credit_code: str | None = None
    service_population: int | None = None
    award_id: UUID | None = None
    institution_id: UUID | None = None
    documents: Documents = ()


async def apply(act: Act, limits: Limits, lists: Lists, wanted: Wanted) -> UUID:
    """An application, submitted today; documents that were handed in before for the same case are used again.

    Implements: MTG-11-2, MTG-4-1, BJ17-2-2d; A.7-4.
    Raises: NotAllowed, PolicyNotEnabled, SetupStage, NotAdmissible, Invalid, Conflict, NotFound.
    """
    act.require(*FILERS)
    version = limits.required()
    award = await _check_grounds(act, limits, wanted)
    setup_id = await _check_setup(act, limits, wanted)
    rules.check_admissible(
        limits,
        version,
        institution_kind=wanted.institution_kind,
        operator_kind=wanted.operator_kind,
        operating_nature=wanted.operating_nature,
    )
    rules.check_beds(wanted.beds)
    check_population(wanted.service_population)
    code = wanted.unified_social_credit_code
    application_id, today = new_id(), clock.today()
    notice = await due(act, today, limits.days("materials_notice_days", unit=DayUnit.WORKING))
    after = {
        "kind": wanted.kind,
        "status": ApplicationStatus.SUBMITTED,
        "award_id": wanted.award_id,
        "institution_id": wanted.institution_id,
        "setup_id": setup_id,
        "institution_name": names.normalise(wanted.institution_name, path=("input", "institutionName")),
        "institution_kind": wanted.institution_kind,
        "address": names.normalise(wanted.address, path=("input", "address")),
        "operator_name": names.normalise(wanted.operator_name, path=("input", "operatorName")),
        "operator_kind": wanted.operator_kind,
        "operating_nature": wanted.operating_nature,
        "unified_social_credit_code": code and uscc.normalise(code, path=("input", "unifiedSocialCreditCode")),
        "subjects": rules.check_subjects(wanted.subjects),
        "beds": wanted.beds,
        "service_population": wanted.service_population,
        "applicant": award.operator if award else act.actor.subject,
        "submitted_on": today,
        "notice_by": notice.on,
        **due_values(notice, _DEEMED),
    }
    row = after | {
        "tenant_id": act.tenant_id,
        "id": application_id,
        "created_by": act.actor.subject,
        "source": "PERSON",
    }
    await store.add(act.connection, licence_application, [row])
    await act.note("submitted", CASE, application_id, after=after)
    checklist = lists.checklist(PURPOSE[wanted.kind])
    await take_materials(act, CASE, application_id, checklist, wanted.documents)
    cases = await store.list_cases(act.connection, wanted.institution_id, wanted.award_id)
    await reuse(act, CASE, application_id, checklist, [*cases, *([setup_id] if setup_id else [])])
    await move_area(act, wanted.award_id, GapStatus.PREPARING, f"举办主体申请{wanted.kind.label}")
    await open_task(
        act,
        Task(
            TaskKind.ACCEPT_LICENCE_APPLICATION,
            f"{after['institution_name']}{wanted.kind.label}申请：请受理或一次性告知补正",
            CASE,
            application_id,
            wanted.institution_id,
            Role.DISTRICT_OFFICER,
            due=notice,
            consequence=_DEEMED,
        ),
    )
    return application_id


async def ask_for_materials(
    act: Act, lists: Lists, application_id: UUID, *, expected_version: int, materials: Sequence[str], note: str
) -> UUID:
    """The applicant is told once, in one notice, of everything that is missing; the notice's id.

    Implements: 行政许可法 32(四); BJ17-2-2d.
    Raises: NotAllowed, NotFound, OutOfDate, WrongState, MaterialsAskedOnce, Invalid.
    """
    act.require(*OFFICERS)
    row = await held(act, licence_application, application_id, expected_version)
    checklist = lists.checklist(PURPOSE[ApplicationKind(row["kind"])])
    asked = list(dict.fromkeys(materials))
    unknown = [one for one in asked if one not in checklist]
    if unknown:
        raise Invalid(
            f"清单中没有材料 {'、'.join(unknown)}；不得要求清单以外的材料",
            path=("input", "materials"),
            clause=rules.SUBMITTED_ONCE,
        )
    today = clock.today()
    if ApplicationStatus(row["status"]) is not ApplicationStatus.SUBMITTED and row["asked_on"] is not None:
        raise rules.asked_already(row["asked_on"])
    rules.check_step(NEXT_APPLICATION, ApplicationStatus(row["status"]), ApplicationStatus.MATERIALS_ASKED)
    on_file = await store.list_on_file(act.connection, application_id)
    rules.check_notice(today, row["notice_by"], asked, on_file.keys())
    values = {"status": ApplicationStatus.MATERIALS_ASKED, "asked_on": today, "asked_materials": asked, **NOTHING_DUE}
    await change(act, licence_application, row, "materials_asked", values)
    titles = [checklist[one].title for one in asked]
    paper = await application_paper(
        act,
        row,
        PaperKind.MATERIALS_NOTICE,
        {"需补正的材料": "；".join(titles), "说明": rules.check_reason(note, "note")},
    )
    await finish(act, subject_id=application_id)
    await open_task(
        act,
        Task(
            TaskKind.SUPPLY_LICENCE_MATERIALS,
            f"{row['institution_name']}：请补正 {'、'.join(titles)}",
            CASE,
            application_id,
            row["institution_id"],
            Role.APPLICANT,
            assignee=row["applicant"],
        ),
    )
    return paper


async def supply_materials(
    act: Act, lists: Lists, application_id: UUID, *, expected_version: int, documents: Documents
) -> None:
    """Everything that was asked for is there.

    Raises: NotAllowed, NotFound, OutOfDate, WrongState, MaterialsMissing, Invalid.
    """
    act.require(*FILERS)
    row = await held(act, licence_application, application_id, expected_version)
    check_own(act, row["institution_id"], row["applicant"])
    rules.check_step(NEXT_APPLICATION, ApplicationStatus(row["status"]), ApplicationStatus.SUPPLIED)
    checklist = lists.checklist(PURPOSE[ApplicationKind(row["kind"])])
    await take_materials(act, CASE, application_id, checklist, documents)
    on_file = await store.list_on_file(act.connection, application_id)
    check_complete(checklist, row["asked_materials"], on_file)
    await change(
        act, licence_application, row, "supplied", {"status": ApplicationStatus.SUPPLIED, "supplied_on": clock.today()}
    )
    await finish(act, subject_id=application_id)
    await open_task(
        act,
        Task(
            TaskKind.ACCEPT_LICENCE_APPLICATION,
            f"{row['institution_name']}已补正，请受理",
            CASE,
            application_id,
            row["institution_id"],
            Role.DISTRICT_OFFICER,
        ),
    )


async def accept(act: Act, limits: Limits, lists: Lists, application_id: UUID, *, expected_version: int) -> None:
    """The application is accepted and the statutory limit runs; from the day of filing where nobody gave notice in time.

    Implements: 行政许可法 32, 42; 医疗机构管理条例 (30日, 45日).
    Raises: NotAllowed, PolicyNotEnabled, NotFound, OutOfDate, WrongState, MaterialsMissing.
    """
    act.require(*OFFICERS)
    row = await held(act, licence_application, application_id, expected_version)
    now, today = ApplicationStatus(row["status"]), clock.today()
    rules.check_step(NEXT_APPLICATION, now, ApplicationStatus.ACCEPTED)
    deemed = now is ApplicationStatus.SUBMITTED and today > row["notice_by"]
    if not deemed:
        checklist = lists.checklist(PURPOSE[ApplicationKind(row["kind"])])
        required = [code for code, one in checklist.items() if one.required]
        check_complete(checklist, required, await store.list_on_file(act.connection, application_id))
    accepted_on = row["submitted_on"] if deemed else today
    limit = limits.days(DECISION_LIMIT[ApplicationKind(row["kind"])])
    deadline = await due(act, accepted_on, limit)
    values = {
        "status": ApplicationStatus.ACCEPTED,
        "accepted_on": accepted_on,
        "deemed_accepted": deemed,
        "limit_from_on": accepted_on,
        "limit_left": limit.n,
        "limit_unit": limit.unit,
        **due_values(deadline, LATE),
    }
    await change(act, licence_application, row, "accepted", values)
    await finish(act, subject_id=application_id)
    told = {"受理日期": str(accepted_on), "办理期限": deadline.rule, "最后一日": str(deadline.on)}
    if deemed:
        told["说明"] = _DEEMED
    await application_paper(act, row, PaperKind.ACCEPTANCE, told)
    await decision_task(act, row, deadline)


async def refuse_acceptance(act: Act, application_id: UUID, *, expected_version: int, reason: str) -> None:
    """The application is not accepted: it is not for this authority, or what was asked for never came.

    Raises: NotAllowed, NotFound, OutOfDate, WrongState, Invalid.
    """
    act.require(*OFFICERS)
    row = await held(act, licence_application, application_id, expected_version)
    rules.check_step(NEXT_APPLICATION, ApplicationStatus(row["status"]), ApplicationStatus.NOT_ACCEPTED)
    today, told = clock.today(), rules.check_reason(reason)
    values = {
        "status": ApplicationStatus.NOT_ACCEPTED,
        "decided_on": today,
        "decided_by": act.actor.subject,
        "reason": told,
        **NOTHING_DUE,
    }
    await change(act, licence_application, row, "not_accepted", values)
    await cancel(act, subject_id=application_id)
    await application_paper(act, row, PaperKind.NON_ACCEPTANCE, {"理由": told}, remedies=True)


async def withdraw(act: Act, application_id: UUID, *, expected_version: int, reason: str) -> None:
    """The applicant goes no further.  Raises: NotAllowed, NotFound, OutOfDate, WrongState, Invalid."""
    act.require(*FILERS)
    row = await held(act, licence_application, application_id, expected_version)
    check_own(act, row["institution_id"], row["applicant"])
    rules.check_step(NEXT_APPLICATION, ApplicationStatus(row["status"]), ApplicationStatus.WITHDRAWN)
    values = {
        "status": ApplicationStatus.WITHDRAWN,
        "decided_on": clock.today(),
        "reason": rules.check_reason(reason),
        **NOTHING_DUE,
    }
    await change(act, licence_application, row, "withdrawn", values)
    await cancel(act, subject_id=application_id)


async def take_materials(
    act: Act, case: str, case_id: UUID, checklist: Mapping[str, Material], documents: Documents
) -> None:
    """Note the use of the documents, each for its material.

    Raises: Invalid for a material that is not on the list, NotFound for a document that is not theirs.
    """
    for place, (code, document_id) in enumerate(documents):
        path = ("input", "documents", str(place))
        if code not in checklist:
            raise Invalid(f"清单中没有材料 {code}；可用：{'、'.join(checklist)}", path=(*path, "material"))
        await take(act, [document_id], subject_type=case, subject_id=case_id, purpose=code, path=path)


async def reuse(
    act: Act, case: str, case_id: UUID, checklist: Mapping[str, Material], cases: Sequence[UUID]
) -> list[str]:
    """What is not on file yet but was handed in before is used again; the codes of those materials.

    Implements: BJ17-2-2d.
    """
    on_file = await store.list_on_file(act.connection, case_id)
    lacking = [code for code in checklist if code not in on_file]
    shared = [code for code in lacking if checklist[code].of_operator and not is_officer(act)]
    found = await store.list_reusable(act.connection, cases, act.actor.subject, lacking, shared)
    used = []
    for code, document_id in found.items():
        try:
            await take(act, [document_id], subject_type=case, subject_id=case_id, purpose=code)
        except NotFound:
            continue  # somebody else's document of the same case: theirs to hand in
        used.append(code)
    return used


def check_complete(checklist: Mapping[str, Material], wanted: Sequence[str], on_file: Mapping[str, object]) -> None:
    """Raises: MaterialsMissing, naming every one."""
    lacking = [code for code in wanted if code not in on_file]
    if lacking:
        told = "、".join(f"{checklist[code].title}（{code}）" if code in checklist else code for code in lacking)
        raise MaterialsMissing(f"尚缺材料：{told}", path=("input", "documents"), materials=lacking)


async def _check_grounds(act: Act, limits: Limits, wanted: Wanted) -> Awarded | None:
    """An awarded operator applies with the award, an officer for an institution that exists; nobody twice.

    Raises: NotFound, Conflict, Invalid.
    """
    award = None
    if wanted.award_id is not None:
        clause = limits.clause("MTG-11-2")
        award = await held_award(act, wanted.award_id, official=is_officer(act), clause=clause)
        if award.existing_institution_id not in (None, wanted.institution_id):
            raise Invalid(
                "该申报由现有机构举办或转型，请写明该机构 institution", path=("input", "institution"), clause=clause
            )
    if wanted.institution_id is not None:
        if award is None or award.existing_institution_id != wanted.institution_id:
            check_own(act, wanted.institution_id)
        current = await store.find_current_licence(act.connection, wanted.institution_id)
        if current is not None and current["status"] in LIVING:
            status = LicenceStatus(current["status"]).label
            raise Conflict(
                f"该机构已有执业许可证 {current['number']}（{status}），不能再次申请执业登记",
                path=("input", "institution"),
            )
    elif wanted.award_id is None:
        raise Invalid(
            "请写明遴选结果 award（经公开遴选确定的举办主体），或现有机构 institution（由区卫生健康委办理）",
            path=("input", "award"),
        )
    if await store.find_pending_application(act.connection, wanted.kind, wanted.award_id, wanted.institution_id):
        raise Conflict(f"同一事项已有办理中的{wanted.kind.label}申请，请在原申请上办理", path=("input", "award"))
    if wanted.award_id and await store.find_granted(act.connection, wanted.kind, wanted.award_id):
        raise Conflict(f"该遴选结果的{wanted.kind.label}申请已经准予，不能重复申请", path=("input", "award"))
    return award


async def _check_setup(act: Act, limits: Limits, wanted: Wanted) -> UUID | None:
    """The set-up approval that the registration rests on, where the district has that stage.  Raises: SetupStage."""
    stage = limits.parameter("licence_setup_stage")
    note = "（该参数未核实）" if stage.source_status is SourceStatus.UNVERIFIED else ""
    if wanted.kind is ApplicationKind.SETUP:
        if stage.value != "SEPARATE":
            raise SetupStage(
                f"本区不设设置审批环节{note}，请直接申请执业登记", path=("input", "kind"), clause=stage.clause
            )
        return None
    if stage.value != "SEPARATE" or wanted.award_id is None:
        return None
    found = await store.find_granted(act.connection, ApplicationKind.SETUP, wanted.award_id)
    if found is None:
        raise SetupStage(
            f"本区先行设置审批{note}，请先取得设置医疗机构批准书", path=("input", "kind"), clause=stage.clause
        )
    return found


async def decision_task(act: Act, row: RowMapping, deadline: Due) -> None:
    """Open the task to decide, by the last day of the limit."""
    await open_task(
        act,
        Task(
            TaskKind.DECIDE_LICENCE_APPLICATION,
            f"{row['institution_name']}{ApplicationKind(row['kind']).label}申请：请作出决定",
            CASE,
            row["id"],
            row["institution_id"],
            Role.DISTRICT_OFFICER,
            due=deadline,
            consequence=LATE,
        ),
    )


async def application_paper(
    act: Act, row: RowMapping, kind: PaperKind, told: Mapping[str, str], *, remedies: bool = False
) -> UUID:
    about = {"申请事项": ApplicationKind(row["kind"]).label, "机构名称": row["institution_name"]}
    return await issue(
        act,
        kind=kind,
        subject_type=CASE,
        subject_id=row["id"],
        institution_id=row["institution_id"],
        addressee=row["operator_name"],
        recipient=row["applicant"],
        title=kind.label,
        fields=about | dict(told),
        issued_on=clock.today(),
        remedies=remedies,
    )
