"""Verification that was not applied for in time: ordered to be made up for, and whether practice went on meanwhile."""

from datetime import date
from uuid import UUID

from server.kit import clock
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.licensing import rules, store
from server.licensing.actions.steps import OFFICERS, change, due, held
from server.licensing.actions.telling import issue_paper, open_apply_task
from server.licensing.errors import NotYetDue, WrongState
from server.licensing.limits import Limits
from server.licensing.model import LicenceStatus, VerificationKind
from server.licensing.tables import licence, overdue_practice
from server.papers.model import PaperKind
from server.record.acts import Act
from server.tasks.actions import cancel
from server.tasks.model import TaskKind

TO_MAKE_UP = "逾期仍不办理校验的，依法处理"


async def order_make_up(act: Act, limits: Limits, licence_id: UUID, *, expected_version: int) -> None:
    """The institution did not apply in time and is ordered to make up for it.

    Implements: FT-2-3-2, 医疗机构管理条例 (限期补办).
    Raises: NotAllowed, NotFound, OutOfDate, WrongState, NotYetDue, Conflict.
    """
    act.require(*OFFICERS)
    row = await held(act, licence, licence_id, expected_version)
    today, last_on = clock.today(), row["verification_due_on"]
    if row["status"] not in (LicenceStatus.ACTIVE, LicenceStatus.VERIFICATION_DUE):
        raise WrongState(f"许可证状态为“{LicenceStatus(row['status']).label}”，不适用限期补办校验")
    if today <= last_on:
        raise NotYetDue(f"校验的最后一日为 {last_on}，尚未逾期", path=("input", "licence"), from_on=last_on)
    if await store.find_pending_verification(act.connection, licence_id) is not None:
        raise Conflict("该机构已申请校验，不适用限期补办", path=("input", "licence"))
    limit = limits.days("verification_make_up_days")
    deadline = await due(act, today, limit)
    if row["status"] == LicenceStatus.ACTIVE:
        await change(act, licence, row, "make_up_ordered", {"status": LicenceStatus.VERIFICATION_DUE})
    await cancel(act, subject_id=licence_id, kind=TaskKind.APPLY_FOR_VERIFICATION)
    await open_apply_task(act, row, TaskKind.APPLY_FOR_VERIFICATION, "已逾期，请限期补办校验", deadline, TO_MAKE_UP)
    fields = {"许可证号": row["number"], "应校验日期": str(last_on), "补办期限": f"{deadline.on}（含当日）"}
    await issue_paper(act, PaperKind.VERIFICATION_ORDER, "licence", licence_id, row, fields, remedies=True)


async def determine_overdue_practice(
    act: Act, licence_id: UUID, *, expected_version: int, practising: bool, on: date, reason: str
) -> UUID:
    """Whether the institution went on practising after it had missed its verification, as the authority found.

    Implements: FT-2-3-2, A-FT-12.  Raises: NotAllowed, NotFound, OutOfDate, NotYetDue, Invalid.
    """
    act.require(*OFFICERS)
    row = await held(act, licence, licence_id, expected_version)
    missed = row["verification_due_on"]
    last = await store.find_last_verification(act.connection, licence_id)
    pending = await store.find_pending_verification(act.connection, licence_id)
    for case in (pending, last):
        if case is not None and case["late"] and case["kind"] == VerificationKind.REGULAR:
            missed = min(missed, case["cycle_due_on"])
            break
    today = clock.today()
    if today <= missed:
        raise NotYetDue(f"校验的最后一日为 {missed}，没有逾期", path=("input", "licence"), from_on=missed)
    if not missed < on <= today:
        raise Invalid(f"日期应在逾期（{missed}）之后至今天（{today}）之间，实际为 {on}", path=("input", "on"))
    finding_id = new_id()
    after = {
        "institution_id": row["institution_id"],
        "licence_id": licence_id,
        "cycle_due_on": missed,
        "practising": practising,
        "found_on": on,
        "reason": rules.check_reason(reason),
    }
    base = {"tenant_id": act.tenant_id, "id": finding_id, "recorded_at": clock.now(), "created_by": act.actor.subject}
    await store.add(act.connection, overdue_practice, [after | base])
    await act.note("determined", "overdue_practice", finding_id, after=after)
    return finding_id
