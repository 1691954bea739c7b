"""How an entrustment agreement ends: with its term, before it, by a decision of exit; and what undoes the last."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock, prose
from server.kit.clause import Clause
from server.kit.errors import Invalid
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.sites import store
from server.sites.actions.gaps import KEEPERS
from server.sites.actions.steps import (
    AGREEMENT,
    check_step,
    held,
    issue,
    move,
    remind_of_hand_over,
    remind_of_return,
)
from server.sites.model import AgreementStatus
from server.tasks import actions as tasks


@dataclass(frozen=True, slots=True)
class ExitDecided:
    """The exit case that ends agreements: its decision's number and day, and the clause it rests on."""

    case_id: UUID
    number: str
    decided_on: date
    clause: Clause


async def end_agreement(
    act: Act,
    procedure: Procedure,
    agreement_id: UUID,
    *,
    expected_version: int | None,
    expired: bool,
    reason: str,
    subject: str,
) -> None:
    """The agreement ended today: its term is over, or it is terminated before.

    Implements: MTG-18-2.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    agreement = await held(act, agreement_id, expected_version)
    to = AgreementStatus.EXPIRED if expired else AgreementStatus.TERMINATED
    check_step(procedure, agreement, to, requirement="MTG-18-2" if expired else "MTG-20-0")
    today = clock.today()
    if expired and today < agreement["term_until"]:
        raise Invalid(
            f"合同期至 {agreement['term_until']} 前，尚未届满；提前结束请办理终止",
            path=("input", "expired"),
            clause=procedure.clause("MTG-18-2"),
        )
    reason = prose.checked(reason, path=("input", "reason"))
    await move(act, procedure, agreement, to, {"ended_on": today, "end_reason": reason})
    await tasks.cancel(act, subject_id=agreement_id)
    clauses = procedure.clauses(("MTG-18-2",) if expired else ("MTG-20-0",))
    await _tell(act, agreement, to, reason, subject, clauses)


async def end_by_exit(
    act: Act, procedure: Procedure, agreement_id: UUID, decided: ExitDecided, *, subject: str
) -> AgreementStatus:
    """The agreement ended today by a decision of exit: terminated, or expired where its term was over anyway.

    The premises are free to be entrusted anew.  Breaches that were not made good stay on record as they are.
    The area does not become uncovered by it: article 20 (MTG-20-0) ends agreements and orders the exit and says nothing of
    the area, which machine 1 re-opens with a cancelled licence (MTG-22-1); where the exit cancels it too, licensing does so.
    Implements: MTG-20-0 (终止相关协议).  Raises: NotAllowed, NotFound, Conflict.
    """
    agreement = await held(act, agreement_id, None)
    today = clock.today()
    to = AgreementStatus.EXPIRED if today >= agreement["term_until"] else AgreementStatus.TERMINATED
    check_step(procedure, agreement, to, requirement="MTG-20-0")
    reason = f"依{decided.decided_on}退出决定（{decided.number}）终止相关协议"
    values = {
        "ended_on": today,
        "end_reason": reason,
        "end_reference": decided.number,
        "exit_case_id": decided.case_id,
    }
    await move(act, procedure, agreement, to, values)
    await tasks.cancel(act, subject_id=agreement_id)
    await _tell(act, agreement, to, reason, subject, (decided.clause,))
    return to


async def reinstate(act: Act, procedure: Procedure, agreement: RowMapping) -> bool:
    """The agreement as it was before the decision that ended it, now revoked: what never held has ended nothing.

    False, and nothing is changed, where it cannot be: its term is over, or the premises are entrusted to somebody else.
    Raises: NotAllowed.
    """
    act.require(*KEEPERS)
    live = await store.find_live_agreement(act.connection, act.tenant_id, agreement["premises_id"])
    over = clock.today() >= agreement["term_until"]
    if agreement["status"] != AgreementStatus.TERMINATED or live is not None or over:
        return False
    breaches = await store.list_open_breaches(act.connection, act.tenant_id, agreement["id"])
    to = AgreementStatus.DRAFT if agreement["signed_on"] is None else AgreementStatus.SIGNED
    if agreement["in_force_on"] is not None:
        to = AgreementStatus.BREACH_FOUND if breaches else AgreementStatus.IN_FORCE
    undone = dict.fromkeys(("ended_on", "end_reason", "end_reference", "exit_case_id"))
    before = {"status": agreement["status"], **{name: agreement[name] for name in undone}}
    await store.update_agreement(act.connection, act.tenant_id, agreement["id"], {"status": to, **undone})
    await act.note(
        "reinstated",
        AGREEMENT,
        agreement["id"],
        before=before,
        after={"status": to, **undone},
        policy_digest=procedure.digest,
    )
    if agreement["in_force_on"] is not None:
        await remind_of_return(act, procedure, agreement)
    elif to is AgreementStatus.SIGNED:
        place = await store.load_premises(act.connection, act.tenant_id, agreement["premises_id"])
        await remind_of_hand_over(act, procedure, agreement, place["name"])
    return True


async def note_institution(act: Act, application_id: UUID, institution_id: UUID) -> None:
    """The award's agreements are the institution's that it led to, which is known from now on."""
    for row in await store.list_agreements_of(act.connection, act.tenant_id, [application_id]):
        if row["institution_id"] is None:
            after = {"institution_id": institution_id}
            await store.update_agreement(act.connection, act.tenant_id, row["id"], after)
            await act.note("institution_known", AGREEMENT, row["id"], before={"institution_id": None}, after=after)


async def _tell(
    act: Act,
    agreement: RowMapping,
    to: AgreementStatus,
    reason: str,
    subject: str,
    clauses: tuple[Clause, ...],
) -> None:
    await issue(
        act,
        PaperKind.AGREEMENT_ENDED,
        agreement,
        subject,
        title="关于委托协议终止的通知",
        fields={
            "协议": agreement["number"] or "（未签订）",
            "受托方": agreement["operator_name"],
            "处理": to.label,
            "原因": reason,
        },
        clauses=clauses,
    )
