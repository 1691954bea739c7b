"""An applicant's own steps: applying, supplying what was asked for, withdrawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.institutions.model import InstitutionKind, OperatingNature, OperatorKind
from server.institutions.rules import check_population
from server.kit import clock, names, uscc
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.licensing import rules, store
from server.licensing.actions.materials import PURPOSE, Documents, check_complete, reuse, take_materials
from server.licensing.actions.steps import FILERS, NOTHING_DUE, change, check_own, due, due_values, held, is_officer
from server.licensing.awards import Awarded, held_award, move_area
from server.licensing.errors import SetupStage
from server.licensing.limits import Limits
from server.licensing.lists import Lists
from server.licensing.model import LIVING, NEXT_APPLICATION, ApplicationKind, ApplicationStatus, LicenceStatus
from server.licensing.tables import licence_application
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.sites.model import GapStatus
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import DayUnit, Task, TaskKind

CASE = licence_application.name
DEEMED = "逾期未一次性告知的，自收到申请材料之日起即为受理"


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
        **due_values(notice, DEEMED),
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
            consequence=DEEMED,
        ),
    )
    return application_id


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
