"""Objections 公示异议: anybody may raise one while the result is public; the authority reviews it before the award."""

from uuid import UUID

from sqlalchemy import RowMapping

from server.identity.actions import enrol_applicant
from server.kit import clock, names, prose
from server.kit.actor import Role
from server.kit.errors import Conflict, NotFound
from server.kit.ids import new_id
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.selection import steps, store, tables
from server.selection.model import (
    ApplicationStatus,
    CallStatus,
    ObjectionRemedy,
    ObjectionStatus,
)
from server.tasks import actions as tasks
from server.tasks.model import Task, TaskKind

_IN_PUBLICITY = (CallStatus.PUBLICITY, CallStatus.OBJECTION_REVIEW)


async def raise_objection(
    act: Act, procedure: Procedure, call_id: UUID, gap_id: UUID, *, objector: str, grounds: str
) -> UUID:
    """An objection against what the publicity says of one gap; its id.  The award waits until it is decided.

    Implements: MTG-10-4, MTG-7-1; requirements A.7 machine 2 (PUBLICITY → OBJECTION_REVIEW).
    Raises: NotFound, Invalid, Conflict (no publicity runs).
    """
    call = await store.find_published_call(act.connection, act.tenant_id, call_id)
    if call is None:
        raise NotFound(path=("input", "call"))
    clause, today = procedure.clause("MTG-10-4"), clock.today()
    ends_on = call["publicity_ends_on"]
    notice = await store.find_result_notice(act.connection, act.tenant_id, call_id)
    if call["status"] not in _IN_PUBLICITY or notice is None or ends_on is None or today > ends_on:
        raise Conflict("该次遴选现不在公示期内，不能提出异议", path=("input", "call"), clause=clause)
    objector = names.normalise(objector, path=("input", "objector"), limit=100)
    grounds = prose.checked(grounds, path=("input", "grounds"), limit=4000)
    selected = [
        one
        for one in await store.list_applications(act.connection, act.tenant_id, call_id, (ApplicationStatus.SELECTED,))
        if one["gap_id"] == gap_id
    ]
    if not selected:
        raise Conflict("该空白点在本次公示中没有拟确定的举办主体", path=("input", "gap"), clause=clause)
    await enrol_applicant(act, objector[:50])
    objection_id = new_id()
    row = {
        "call_id": call_id,
        "notice_id": notice["id"],
        "application_id": selected[0]["id"],
        "subject": act.actor.subject,
        "objector": objector,
        "grounds": grounds,
        "raised_on": today,
        "status": ObjectionStatus.OPEN,
    }
    mine = {"tenant_id": act.tenant_id, "id": objection_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.add(act.connection, tables.objection, [row | mine])
    await act.note("raised", steps.OBJECTION, objection_id, after=row, policy_digest=procedure.digest)
    if call["status"] == CallStatus.PUBLICITY:
        await steps.move_call(act, procedure, call, CallStatus.OBJECTION_REVIEW, "MTG-10-4")
    await tasks.open_task(
        act,
        Task(
            TaskKind.DECIDE_OBJECTION,
            f"复核对《{call['title']}》公示结果的异议",
            steps.OBJECTION,
            objection_id,
            None,
            Role.DISTRICT_OFFICER,
            clause=clause,
            consequence="异议复核完毕前不得公布结果",
        ),
    )
    return objection_id


async def decide_objection(
    act: Act,
    procedure: Procedure,
    objection_id: UUID,
    *,
    expected_version: int,
    upheld: bool,
    reason: str,
    remedy: ObjectionRemedy | None = None,
) -> None:
    """The authority's answer.  One that is upheld excludes the operator, or has the gap scored anew; either way the result
    is determined and published again.

    Implements: MTG-10-4, MTG-7-1; requirements A.7 machine 2 (OBJECTION_REVIEW → PUBLICITY / RE_EVALUATION).
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*steps.OFFICERS)
    reason = prose.checked(reason, path=("input", "reason"), limit=2000)
    path = ("input", "objection")
    objection = await store.load(act.connection, tables.objection, act.tenant_id, objection_id, path)
    steps.check_version(objection, expected_version)
    clause = procedure.clause("MTG-10-4")
    if objection["status"] != ObjectionStatus.OPEN:
        raise Conflict("该异议已经复核", path=path, clause=clause)
    if upheld != (remedy is not None):
        listed = "或".join(one.label for one in ObjectionRemedy)
        message = f"异议成立时应写明处理：{listed}" if upheld else "异议不成立时没有处理可写"
        raise Conflict(message, path=("input", "remedy"), clause=clause)
    status = ObjectionStatus.UPHELD if upheld else ObjectionStatus.DISMISSED
    values = {
        "status": status,
        "decided_on": clock.today(),
        "decided_by": act.actor.subject,
        "decision_reason": reason,
        "remedy": remedy,
    }
    await store.change(act.connection, tables.objection, act.tenant_id, objection_id, values)
    await act.note("decided", steps.OBJECTION, objection_id, after=values, policy_digest=procedure.digest)
    await tasks.finish(act, subject_id=objection_id)
    call = await store.load(act.connection, tables.selection_call, act.tenant_id, objection["call_id"])
    if upheld and remedy is not None:
        await _remedy(act, procedure, call, objection["application_id"], remedy, reason)
    elif call["status"] == CallStatus.OBJECTION_REVIEW and not await store.list_open_objections(
        act.connection, act.tenant_id, call["id"]
    ):
        await steps.move_call(act, procedure, call, CallStatus.PUBLICITY, "MTG-10-4")
    await steps.issue(
        act,
        PaperKind.OBJECTION_DECISION,
        (steps.OBJECTION, objection_id),
        addressee=objection["objector"],
        title=f"关于《{call['title']}》公示异议的复核意见",
        fields={
            "异议理由": objection["grounds"],
            "复核结论": status.label,
            "复核意见": reason,
            **({"处理": remedy.label} if remedy else {}),
        },
        clauses=procedure.clauses(("MTG-7-1", "MTG-10-4")),
        recipient=objection["subject"],
    )


async def _remedy(
    act: Act,
    procedure: Procedure,
    call: RowMapping,
    application_id: UUID,
    remedy: ObjectionRemedy,
    reason: str,
) -> None:
    application = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id)
    if remedy is ObjectionRemedy.EXCLUDE:
        if application["status"] == ApplicationStatus.SELECTED:
            values = {"decision_reason": reason, "decided_on": clock.today(), "decided_by": act.actor.subject}
            await steps.move_application(act, procedure, application, ApplicationStatus.INELIGIBLE, "MTG-10-3", values)
    else:
        cleared = {"total_score": None, "score_max": None, "rank": None, "tied": False}
        for one in await store.list_applications(
            act.connection, act.tenant_id, call["id"], (ApplicationStatus.SELECTED, ApplicationStatus.NOT_SELECTED)
        ):
            if one["gap_id"] == application["gap_id"]:
                await steps.move_application(act, procedure, one, ApplicationStatus.ELIGIBLE, "MTG-10-2", cleared)
    if call["status"] == CallStatus.OBJECTION_REVIEW:
        await steps.move_call(act, procedure, call, CallStatus.RE_EVALUATION, "MTG-10-3", {"publicity_ends_on": None})
        await tasks.cancel(act, subject_id=call["id"], kind=TaskKind.AWARD_CALL)
