"""What other areas heed of a designation: commitment 9 before a change, the running agreement when an exit is ordered."""

from datetime import date, timedelta
from uuid import UUID

from server.insurance import holders, tables
from server.insurance.errors import DesignationLocked
from server.insurance.model import notice
from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.record.acts import Act
from server.tasks import actions as tasks
from server.tasks.model import Task, TaskKind

_AGREEMENT, _DESIGNATION = tables.designation_agreement, tables.designation


async def heed_lock(
    act: Act, institution_id: UUID, *, change: str, special_reason: str | None, on: date | None = None
) -> bool:
    """Pass where commitment 9 does not bind the institution, or a special reason is stated, which is kept.

    ``change``: what is about to change, in Chinese.  True where the commitment binds and the reason was taken.
    Implements: MIC-A21-9, A-MIC-8, X-11, X-12.  Raises: DesignationLocked.
    """
    day = on or clock.today()
    held = await holders.find_designation(act.connection, act.tenant_id, institution_id)
    if held is None or held["signed_on"] is None or held["status"] not in holders.STANDING:
        return False
    if not held["signed_on"] <= day < held["locked_until"]:
        return False
    reason = (special_reason or "").strip()
    if not reason:
        raise DesignationLocked(
            f"该机构自 {held['signed_on']} 签订医保协议起一年内（至 {held['locked_until'] - timedelta(days=1)}），"
            f"无特殊原因不增加执业地址、不变更机构类别；确需{change}的，请在 specialReason 写明特殊原因",
            path=("input", "specialReason"),
            clause=notice("附件2-1第九项"),
            locked_until=held["locked_until"],
        )
    after = {"change": change, "special_reason": reason, "locked_until": held["locked_until"]}
    await act.note("changed_within_lock", _DESIGNATION.name, held["id"], after=after)
    await tasks.open_task(
        act,
        Task(
            kind=TaskKind.REVIEW_DESIGNATION_CHANGE,
            title=f"“{held['institution_name']}”签约一年内{change}，请核对所述特殊原因：{reason[:100]}",
            subject_type=_DESIGNATION.name,
            subject_id=held["id"],
            institution_id=institution_id,
            role=Role.AGENCY_OFFICER,
            clause=notice("附件2-1第九项"),
        ),
    )
    return True


async def tell_of_exit(act: Act, institution_id: UUID, *, decision: str, clause: Clause) -> str | None:
    """The running insurance agreement of an institution that was ordered to exit, by name; None where there is none.

    It is the agency's and the centre's: no decision of the health commission ends it, so the agency is given the task.
    Implements: MTG-20-0 (终止相关协议).
    """
    row = await holders.find_agreement(act.connection, act.tenant_id, institution_id, holders.RUNNING)
    if row is None:
        return None
    await tasks.open_task(
        act,
        Task(
            kind=TaskKind.END_INSURANCE_AGREEMENT,
            title=f"机构经退出决定（{decision}）终止相关协议，请依协议处理医保服务协议 {row['number']}",
            subject_type=_AGREEMENT.name,
            subject_id=row["id"],
            institution_id=institution_id,
            role=Role.AGENCY_OFFICER,
            clause=clause,
        ),
    )
    return f"医保服务协议 {row['number']}"


async def untell_of_exit(act: Act, institution_id: UUID) -> None:
    """The decision of exit was revoked: the agency need not deal with the institution's insurance agreement for its sake."""
    row = await holders.find_agreement(act.connection, act.tenant_id, institution_id, holders.RUNNING)
    if row is not None:
        await tasks.cancel(act, subject_id=row["id"], kind=TaskKind.END_INSURANCE_AGREEMENT)
