"""What became of what was handed over: licensing's procedures followed, or no measure taken; then the case is executed.

Implements: FT-2-4-6, FT-2-4-7, MTG-21-2, MTG-21-3, state machine 11.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.exits import rules
from server.exits import store as exits
from server.exits.actions.cases import OFFICERS, change, clause_of, to_do
from server.exits.model import STATUTORY, ExitStatus, ReferralStatus
from server.exits.tables import exit_case, exit_referral
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, NotFound
from server.licensing import store as licences
from server.licensing.errors import SecondPerson
from server.licensing.model import EndingGround, EndingStatus, LicenceStatus
from server.licensing.tables import licence, licence_ending
from server.policy.terms import Effect
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.tasks.actions import cancel, finish
from server.tasks.model import TaskKind

CONCLUDING = OFFICERS | {Role.DEPARTMENT_OFFICER}


async def follow(act: Act, licence_id: UUID, ending_id: UUID | None = None) -> None:
    """What licensing has just done about the licence, told to the exit cases that handed it over.

    ``ending_id``: the procedure that was begun or decided.  Called by whoever puts licensing and exits together.
    """
    row = await licences.load(act.connection, licence, act.tenant_id, licence_id)
    ending = None
    if ending_id is not None:
        ending = await licences.load(act.connection, licence_ending, act.tenant_id, ending_id)
    for referral in await exits.list_pending_referrals(act.connection, act.tenant_id, row["institution_id"]):
        mine = ending is not None and referral["ending_id"] == ending["id"]
        procedure = EndingStatus(ending["status"]) if ending is not None and mine else None
        status = rules.outcome_of(Effect(referral["effect"]), LicenceStatus(row["status"]), procedure)
        if status is not ReferralStatus.PENDING:
            told = f"许可证 {row['number']} 现为“{LicenceStatus(row['status']).label}”"
            if ending is not None and ending["decision_reason"]:
                told = f"{told}：{ending['decision_reason']}"
            await _conclude(act, referral, status, told, ending["penalty_number"] if ending is not None else None)
        elif ending is not None and _begins(referral, ending):
            await change_referral(act, "begun", referral, {"ending_id": ending["id"], "licence_id": row["id"]})
            await finish(act, subject_id=referral["id"])


async def check_founded(act: Act, ending_id: UUID) -> None:
    """Pass unless the procedure rests on an exit decision that was revoked.  Raises: Conflict."""
    ending = await licences.load(act.connection, licence_ending, act.tenant_id, ending_id)
    if ending["ground"] != EndingGround.EXIT:
        return
    for referral in await exits.list_referrals_to(act.connection, act.tenant_id, ending_id):
        if referral["status"] == ReferralStatus.NOT_DONE:
            raise Conflict(f"{referral['outcome']}，不能据此注销，请不予终止", path=("input", "ending"))


async def decline(act: Act, referral: UUID, *, expected_version: int, reason: str, reference: str | None) -> None:
    """Whoever it was handed over to takes no measure: the penalty procedure came to nothing, say.

    Two persons decided the measure; whoever handed it over does not undo it alone.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, SecondPerson, Conflict (concluded, or licensing's to decide).
    """
    act.require(*CONCLUDING)
    before = await store.load_for_change(act.connection, exit_referral, act.tenant_id, referral, expected_version)
    departments = {one.department for one in act.actor.grants if one.tenant_id == act.tenant_id and one.department}
    if not act.actor.acting_roles_in(act.tenant_id) & OFFICERS and before["department"] not in departments:
        raise NotFound(path=("input", "referral"))
    path = ("input", "referral")
    if before["status"] != ReferralStatus.PENDING:
        raise Conflict(f"该移送事项{ReferralStatus(before['status']).label}", path=path)
    if before["ending_id"] is not None:
        raise Conflict("终止许可程序办理中，请在该程序中作出决定", path=path)
    if before["created_by"] == act.actor.subject:
        raise SecondPerson("移送人不能决定不采取措施，请由另一名工作人员或承办部门决定", path=path)
    number = said.worded(reference, "reference", most=100) if reference else None
    await _conclude(act, before, ReferralStatus.NOT_DONE, said.worded(reason, "reason"), number)


async def withdraw_referrals(act: Act, case: UUID) -> None:
    """What is still pending of a decision that was revoked need not be done."""
    for referral in await exits.list_referrals(act.connection, act.tenant_id, case):
        if referral["status"] == ReferralStatus.PENDING:
            values = {"status": ReferralStatus.NOT_DONE, "concluded_on": clock.today(), "outcome": "退出决定已撤销"}
            await change_referral(act, "withdrawn", referral, values)
            await cancel(act, subject_id=referral["id"])


def _begins(referral: RowMapping, ending: RowMapping) -> bool:
    """Whether this is the procedure that the measure still waits for."""
    waits = referral["ending_id"] is None and ending["status"] in (EndingStatus.NOTIFIED, EndingStatus.STATED)
    return waits and rules.leads_to(Effect(referral["effect"]), EndingGround(ending["ground"]))


async def _conclude(
    act: Act, referral: RowMapping, status: ReferralStatus, outcome: str, reference: str | None
) -> None:
    """The outcome of one measure; the case is executed once all have theirs and something was done."""
    values = {"status": status, "concluded_on": clock.today(), "outcome": outcome, "reference": reference}
    await change_referral(act, "concluded", referral, values)
    await finish(act, subject_id=referral["id"])
    await settle(act, referral["exit_case_id"])


async def settle(act: Act, case: UUID) -> None:
    """The case executed, where nothing that it handed over is pending any more and something of it was done."""
    row = await store.load_for_change(act.connection, exit_case, act.tenant_id, case, None)
    referrals = await exits.list_referrals(act.connection, act.tenant_id, case)
    if row["status"] not in (ExitStatus.DECIDED, ExitStatus.CONTINUITY_READY) or row["handed_over_on"] is None:
        return
    if any(one["status"] == ReferralStatus.PENDING for one in referrals):
        return
    own = any(Effect(one) not in STATUTORY for one in row["decided_effects"])
    if own or any(one["status"] == ReferralStatus.DONE for one in referrals):
        await change(act, "executed", row, {"status": ExitStatus.EXECUTED, "executed_on": clock.today()})
        return
    title = "移送事项均未采取措施，请复核后结案"
    await to_do(act, TaskKind.REVIEW_EXIT_CASE, title, case, row["institution_id"], clause_of(row))


async def change_referral(act: Act, action: str, before: RowMapping, values: dict[str, Any]) -> None:
    """One measure changed, with what that leaves behind."""
    await store.update_row(act.connection, exit_referral, act.tenant_id, before["id"], values)
    was = {name: before[name] for name in values}
    await act.note(action, exit_referral.name, before["id"], before=was, after=values)
