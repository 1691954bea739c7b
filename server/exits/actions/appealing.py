"""Appeals against a decision of exit, and what a decision that is revoked undoes.

Implements: X-10, FT-2-4-6 to FT-2-4-8, MTG-20-0.
"""

from datetime import date
from typing import Any
from uuid import UUID

from server.exits.actions.agreements import reinstate_agreements
from server.exits.actions.cases import OFFICERS, STATING, change, clause_of, to_do
from server.exits.actions.executing import set_status
from server.exits.actions.following import withdraw_referrals
from server.exits.actions.succession import withdraw_requests
from server.exits.model import AppealKind, AppealOutcome, ExitStatus
from server.exits.tables import exit_case
from server.institutions import store as institutions
from server.institutions.model import InstitutionStatus
from server.kit import clock
from server.kit.errors import Conflict, Invalid, NotFound
from server.papers import store as papers
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.tasks.actions import cancel, finish
from server.tasks.model import TaskKind

_LEAVING = (InstitutionStatus.EXITING, InstitutionStatus.EXITED_SYSTEM)


async def appeal(act: Act, case: UUID, *, expected_version: int, kind: AppealKind, on: date, because: str) -> None:
    """The institution asks for the decision to be reviewed, while the remedy that the decision names is open.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*STATING)
    before = await store.load_for_change(act.connection, exit_case, act.tenant_id, case, expected_version)
    own = {grant.institution_id for grant in act.actor.grants if grant.tenant_id == act.tenant_id}
    if not act.actor.acting_roles_in(act.tenant_id) & OFFICERS and before["institution_id"] not in own:
        raise NotFound(path=("input", "case"))
    clause = clause_of(before)
    if before["decided_on"] is None or before["status"] == ExitStatus.WITHDRAWN:
        raise Conflict("没有可以复议或起诉的决定", path=("input", "case"), clause=clause)
    if before["appeal_outcome"] == AppealOutcome.PENDING:
        raise Conflict(f"已于 {before['appealed_on']} 提出，尚未终结", path=("input", "case"), clause=clause)
    days = (("decidedOn", before["decided_on"]), ("on", on))
    said.check_days(days, clock.today(), within=("input",), clause=clause)
    last = await papers.find_last_day(act.connection, act.tenant_id, case, PaperKind.EXIT_DECISION, kind)
    if last is not None and on > last:
        raise Conflict(f"{kind.label}期限至 {last}（含当日），已经届满", path=("input", "on"), clause=clause)
    values = {
        "appeal": kind,
        "appealed_on": on,
        "appeal_because": said.worded(because, "because"),
        "appeal_outcome": AppealOutcome.PENDING,
        "appeal_decided_on": None,
        "appeal_reason": None,
    }
    await change(act, "appealed", before, values)
    await to_do(act, TaskKind.REVIEW_EXIT_CASE, f"办理{kind.label}", case, before["institution_id"], clause)


async def conclude_appeal(
    act: Act, procedure: Procedure, case: UUID, *, expected_version: int, outcome: AppealOutcome, on: date, reason: str
) -> list[int]:
    """What became of the appeal; a decision that is revoked has never held, and the institution is as it was.

    So are the agreements that it ended, where their premises are still free, and what it handed over is not pursued.  A
    licence that licensing has ended meanwhile has its own decision, with remedies of its own.  Returned: the other districts
    whose institutions were asked to succeed, and need not answer any more.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await store.load_for_change(act.connection, exit_case, act.tenant_id, case, expected_version)
    clause = clause_of(before)
    if before["appeal_outcome"] != AppealOutcome.PENDING:
        raise Conflict("没有审理中的复议或诉讼", path=("input", "case"), clause=clause)
    if outcome is AppealOutcome.PENDING:
        raise Invalid("请写明结果：维持、撤销或驳回", path=("input", "outcome"), clause=clause)
    days = (("appealedOn", before["appealed_on"]), ("on", on))
    said.check_days(days, clock.today(), within=("input",), clause=clause)
    why = said.worded(reason, "reason")
    values: dict[str, Any] = {"appeal_outcome": outcome, "appeal_decided_on": on, "appeal_reason": why}
    if outcome is AppealOutcome.REVOKED:
        values |= {"status": ExitStatus.WITHDRAWN, "withdrawn_because": why}
    await change(act, "appeal_concluded", before, values)
    await finish(act, subject_id=case, kind=TaskKind.REVIEW_EXIT_CASE)
    if outcome is not AppealOutcome.REVOKED:
        return []
    await cancel(act, subject_id=case)
    institution = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    if before["status_before"] and institution["status"] in _LEAVING:
        await set_status(act, institution, InstitutionStatus(before["status_before"]))
    await withdraw_referrals(act, case)
    agreements = await reinstate_agreements(act, procedure, before)
    await issue(
        act,
        kind=PaperKind.EXIT_REVOKED,
        subject_type="exit_case",
        subject_id=case,
        institution_id=institution["id"],
        addressee=institution["name"],
        title="撤销退出决定书",
        fields={
            "撤销理由": why,
            "效力": "原决定自始不生效",
            **{label: "、".join(numbers) for label, numbers in agreements.items()},
        },
        issued_on=clock.today(),
        clauses=[clause],
    )
    return await withdraw_requests(act, case)
