"""An application 申报 withdrawn, and what its operator had won given up."""

from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock, prose
from server.kit.errors import Conflict, NotFound
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.proposals import actions as proposals
from server.record.acts import Act
from server.selection import steps, store, tables
from server.selection.actions import calls
from server.selection.model import ApplicationStatus, CallStatus, SheetStatus
from server.sites import store as sites
from server.sites.model import GapStatus
from server.tasks import actions as tasks
from server.tasks.model import TaskKind


async def withdraw_application(
    act: Act, procedure: Procedure, application_id: UUID, *, expected_version: int, reason: str
) -> None:
    """The applicant withdraws; where its operator was determined already, the gap re-opens.

    An officer withdraws in the operator's name where it gave up in writing.
    Implements: requirements A.7, machines 1 (withdrawn operator) and 3.
    Raises: NotFound (not the caller's own), OutOfDate, Invalid, Conflict.
    """
    reason = prose.checked(reason, path=("input", "reason"))
    path = ("input", "application")
    seen = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id, path)
    officer = bool(act.actor.roles_in(act.tenant_id) & steps.OFFICERS)
    if seen["subject"] != act.actor.subject and not officer:
        raise NotFound(path=path)
    steps.check_version(seen, expected_version)
    status = ApplicationStatus(seen["status"])
    values = {"withdrawn_on": clock.today(), "withdrawal_reason": reason}
    await steps.move_application(act, procedure, seen, ApplicationStatus.WITHDRAWN, "MTG-8-2", values)
    await tasks.cancel(act, subject_id=application_id)
    await proposals.lapse(act, application_id, "举办主体已撤回申报")
    for sheet in await store.list_sheets(
        act.connection, act.tenant_id, seen["call_id"], (SheetStatus.AWAITED, SheetStatus.SEALED)
    ):
        if sheet["application_id"] == application_id:
            await store.change(
                act.connection, tables.score_sheet, act.tenant_id, sheet["id"], {"status": SheetStatus.DROPPED}
            )
            await tasks.cancel(act, subject_id=sheet["id"])
    if status is ApplicationStatus.CONFIRMED:
        await _check_free(act, procedure, seen)
        await _end_award(act, procedure, seen, reason)
    elif status is ApplicationStatus.SELECTED:
        await _lose_selected(act, procedure, seen)


async def _check_free(act: Act, procedure: Procedure, application: RowMapping) -> None:
    """A confirmed operator gives up before it is licensed, and after its agreements were ended. Raises: Conflict."""
    gap = await sites.load_gap(act.connection, act.tenant_id, application["gap_id"])
    if gap["status"] not in (GapStatus.OPERATOR_DETERMINED, GapStatus.PREPARING):
        raise Conflict(
            f"空白点现为“{GapStatus(gap['status']).label}”，已取得执业许可的应依法办理歇业、注销或退出",
            path=("input", "application"),
            clause=procedure.clause("MTG-21-2"),
        )
    live = await sites.list_agreements_of(act.connection, act.tenant_id, [application["id"]])
    if live:
        raise Conflict(
            f"尚有委托协议（{live[0]['number'] or '草拟'}）未终止，请先终止协议、收回用房",
            path=("input", "application"),
            clause=procedure.clause("MTG-18-2"),
        )


async def _lose_selected(act: Act, procedure: Procedure, application: RowMapping) -> None:
    """The result that was determined or is being published no longer stands: it must be determined anew."""
    call = await store.load(act.connection, tables.selection_call, act.tenant_id, application["call_id"])
    if call["status"] == CallStatus.PUBLICITY:
        await steps.move_call(act, procedure, call, CallStatus.OBJECTION_REVIEW, "MTG-10-4")
        call = await store.load(act.connection, tables.selection_call, act.tenant_id, application["call_id"])
    if call["status"] == CallStatus.OBJECTION_REVIEW:
        await steps.move_call(act, procedure, call, CallStatus.RE_EVALUATION, "MTG-10-3", {"publicity_ends_on": None})
        await tasks.cancel(act, subject_id=call["id"], kind=TaskKind.AWARD_CALL)


async def _end_award(act: Act, procedure: Procedure, application: RowMapping, reason: str) -> None:
    """The operator that had been determined is no longer: the gap re-opens, and whoever was to sign or open need not."""
    await calls.reopen_gaps(
        act,
        procedure,
        application["call_id"],
        [application["gap_id"]],
        f"举办主体“{application['operator_name']}”退出：{reason}",
    )
    await steps.issue(
        act,
        PaperKind.AWARD_ENDED,
        (steps.APPLICATION, application["id"]),
        addressee=application["operator_name"],
        title=f"关于终止“{application['operator_name']}”举办主体资格的通知",
        fields={"受理号": application["number"], "原因": reason, "处理": "举办主体资格终止，该空白点重新开放"},
        clauses=procedure.clauses(("MTG-10-3",)),
        recipient=application["subject"],
    )
