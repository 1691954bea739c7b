"""An application before the authority decides: one notice of what is missing, acceptance or none."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Invalid
from server.licensing import rules, store
from server.licensing.actions.applying import CASE, DEEMED
from server.licensing.actions.materials import PURPOSE, check_complete
from server.licensing.actions.steps import NOTHING_DUE, OFFICERS, change, due, due_values, held
from server.licensing.actions.telling import issue_to_applicant
from server.licensing.limits import Limits
from server.licensing.lists import Lists
from server.licensing.model import NEXT_APPLICATION, ApplicationKind, ApplicationStatus
from server.licensing.tables import licence_application
from server.papers.model import PaperKind
from server.record.acts import Act
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import Due, Task, TaskKind

DECISION_LIMIT = {
    ApplicationKind.SETUP: "setup_decision_days",
    ApplicationKind.REGISTRATION: "registration_decision_days",
}
LATE = "逾期未作出决定的，申请人可以依法申请行政复议或者提起行政诉讼"


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
        told["说明"] = DEEMED
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
    return await issue_to_applicant(act, kind, CASE, row, about | dict(told), remedies=remedies)
