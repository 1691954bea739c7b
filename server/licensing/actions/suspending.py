"""A verification suspended (暂缓校验): the time given, and the verification that must follow it."""

from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock
from server.kit.clause import Clause
from server.licensing import rules, store
from server.licensing.actions.proposed import ProposalAt, check_proposal
from server.licensing.actions.steps import OFFICERS, change_licence, due, held
from server.licensing.actions.telling import issue_paper, open_apply_task
from server.licensing.errors import WrongState
from server.licensing.limits import Limit, Limits
from server.licensing.model import ChangeKind, LicenceStatus, VerificationKind
from server.licensing.tables import licence
from server.papers.model import PaperKind
from server.policy.terms import Effect, VerificationResult
from server.proposals.actions import take_up
from server.record.acts import Act
from server.tasks.model import Due, TaskKind
from server.workdays.rules import corresponding_day

_TO_REAPPLY = "逾期不申请再次校验的，依法处理，直至注销执业许可证"


async def suspend_verification(
    act: Act,
    limits: Limits,
    licence_id: UUID,
    *,
    expected_version: int,
    months: int,
    reason: str,
    proposal: ProposalAt | None = None,
    clause: Clause | None = None,
) -> None:
    """暂缓校验 after a first verification that failed, taking up what the rule proposed.

    ``clause``: what it rests on where no proposal says so: that of the exit case that decided it.
    Implements: A-MTG-2, FT-2-4-7.  Raises: NotAllowed, NotFound, OutOfDate, WrongState, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    row = await held(act, licence, licence_id, expected_version)
    last = await store.find_last_verification(act.connection, licence_id)
    if (
        last is None
        or last["result"] != VerificationResult.NOT_QUALIFIED
        or last["kind"] != VerificationKind.REGULAR
        or row["status"] != LicenceStatus.VERIFICATION_DUE
    ):
        raise WrongState("只有首次校验不合格且尚未暂缓的许可证可以暂缓校验")
    clauses: tuple[Clause, ...] = () if clause is None else (clause,)
    if proposal is not None:
        taken = await take_up(act, proposal.id, expected_version=proposal.version)
        check_proposal(taken, row["institution_id"], Effect.SUSPEND_VERIFICATION)
        clauses = limits.cites(taken["rule"])
    told = rules.check_reason(reason)
    _, through = await suspend(act, limits, row, months, told, clause=clauses[0] if clauses else None)
    fields = {"许可证号": row["number"], "暂缓校验至": f"{through}（含当日）", "理由": told}
    await issue_paper(
        act, PaperKind.SUSPENSION_NOTICE, "licence", licence_id, row, fields, clauses=clauses, remedies=True
    )


async def suspend(
    act: Act, limits: Limits, row: RowMapping, months: int | None, reason: str, *, clause: Clause | None = None
) -> tuple[int, date]:
    """The verification suspended from today: for how many months, and through which day."""
    least, most, parameter = limits.suspension()
    length = rules.check_suspension(months, least, most, parameter.clause)
    today = clock.today()
    through = corresponding_day(today, months=length)
    await change_licence(
        act,
        row,
        ChangeKind.SUSPENDED,
        on=today,
        to=LicenceStatus.VERIFICATION_SUSPENDED,
        values={"suspended_through_on": through},
        deadline_on=through,
        reason=reason,
        clause=clause or parameter.clause,
    )
    deadline = await reverification_due(act, limits, through)
    title = f"暂缓校验至 {through}，请整改，期满后申请再次校验"
    await open_apply_task(act, row, TaskKind.APPLY_FOR_REVERIFICATION, title, deadline, _TO_REAPPLY)
    return length, through


async def reverification_due(act: Act, limits: Limits, through: date) -> Due:
    """The last day for applying again after a suspension through this day."""
    limit: Limit = limits.days("reverification_days")
    return await due(act, through, limit)
