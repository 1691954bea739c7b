"""Executing, closing and withdrawing an exit.

Implements: X-10, FT-2-4-6 to FT-2-4-8, MTG-20-0.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.districts.model import AuthorityKind
from server.districts.store import list_authority_kinds
from server.exits import rules
from server.exits.actions.agreements import terminate_agreements
from server.exits.actions.cases import OFFICERS, change, clause_of, held, to_do
from server.exits.actions.conversions import open_guided
from server.exits.actions.following import settle
from server.exits.actions.referring import Handing, refer
from server.exits.actions.succession import withdraw_requests
from server.exits.model import APPROVED, STATUTORY, AppealOutcome, ExitStatus, PlanStatus, ReferralStatus
from server.exits.store import find_plan_of, list_referrals
from server.institutions import store as institutions
from server.institutions.model import InstitutionStatus
from server.kit import clock
from server.kit.errors import Conflict
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.grounds import require_enabled
from server.policy.shelf import Shelved
from server.policy.terms import Effect, Kind
from server.record.acts import Act
from server.supervision import rules as said
from server.tasks.actions import cancel, due_after, finish
from server.tasks.model import DayUnit, TaskKind


async def execute(
    act: Act,
    shelved: Shelved,
    case: UUID,
    *,
    expected_version: int,
    without_plan_because: str | None = None,
    handing: Handing | None = None,
) -> None:
    """What was decided is done, the departments told, and what is statute's handed over with the facts.

    A case that hands nothing over is executed thereby; one that does once that is done too (``following``).

    A planned exit waits for an approved plan for its residents.  A penalty does not, nor does an emergency, whose reason is
    recorded; then the case stays open, and a plan is due in so many days as the policy says.
    Raises: NotAllowed, NotFound, OutOfDate, PolicyNotEnabled, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.EXECUTED)
    effects, today, clause = _decided(before), clock.today(), clause_of(before)
    rules.check_not_handed_over(before["handed_over_on"], clause=clause)
    enabled = require_enabled(shelved, act.tenant_id, Kind.EXIT, today)
    days = enabled.parameter("continuity_days")
    plan = await find_plan_of(act.connection, act.tenant_id, case)
    approved = plan is not None and plan["status"] in APPROVED
    first = rules.plan_goes_first(effects, service_stops=before["service_stops"])
    emergency = (without_plan_because or "").strip()
    if first and not approved and not emergency:
        source = days.source_status.label
        raise Conflict(
            f"执行{'、'.join(one.label for one in effects)}前须有经批准的居民承接方案；紧急情形须写明理由"
            f" withoutPlanBecause，并在 {days.value} 日内补齐方案（{source}，X-10）",
            path=("input", "case"),
            clause=days.clause or clause,
        )
    values: dict[str, Any] = {}
    if rules.needs_plan(effects, service_stops=before["service_stops"]) and not approved:
        rule = f"{days.label}：执行之日起 {days.value} 日（{days.source_status.label}）"
        due = await due_after(act, today, days.value, DayUnit.CALENDAR, rule=rule, source=days.source_status)
        penalty = "依法吊销，不以承接方案为前提"
        values |= {"without_plan_because": emergency or penalty, "plan_due_on": due.on}
        await finish(act, subject_id=case, kind=TaskKind.PLAN_CONTINUITY)
        title = "未待方案先行执行，补齐居民承接方案"
        await to_do(
            act, TaskKind.PLAN_CONTINUITY, title, case, before["institution_id"], days.clause or clause, due=due
        )
    institution = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    if Effect.TERMINATE_AGREEMENTS in effects:
        values["agreements_left"] = await terminate_agreements(act, enabled, before)
    if Effect.ORDER_EXIT in effects:
        await set_status(act, institution, InstitutionStatus.EXITED_SYSTEM)
    if Effect.GUIDE_TRANSFORMATION in effects:
        await open_guided(act, case, institution, because=before["drafted_because"])
    await _circulate(act, before, institution, effects)
    await finish(act, subject_id=case, kind=TaskKind.EXECUTE_EXIT)
    if statutory := [one for one in effects if one in STATUTORY]:
        values |= await refer(act, shelved, before, institution, statutory, handing or Handing())
        await change(act, "handed_over", before, values)
        await settle(act, case)
    else:
        values |= {"status": ExitStatus.EXECUTED, "executed_on": today}
        await change(act, "executed", before, values)


async def close(act: Act, case: UUID, *, expected_version: int) -> None:
    """Nothing is left to do: residents that had to be provided for are.

    A case whose hand-over came to nothing is closed without having been executed: nothing ended for residents.
    Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.CLOSED)
    executed = before["executed_on"] is not None
    if not executed:
        referrals = await list_referrals(act.connection, act.tenant_id, case)
        if not referrals or any(one["status"] == ReferralStatus.PENDING for one in referrals):
            waiting = "移送事项尚未办结" if referrals else "决定尚未执行"
            raise Conflict(f"{waiting}，不能结案", path=("input", "case"), clause=clause_of(before))
    if before["appeal_outcome"] == AppealOutcome.PENDING:
        raise Conflict("复议或诉讼尚未终结，不能结案", path=("input", "case"), clause=clause_of(before))
    if executed and rules.needs_plan(_decided(before), service_stops=before["service_stops"]):
        plan = await find_plan_of(act.connection, act.tenant_id, case)
        if plan is None or plan["status"] != PlanStatus.COMPLETED:
            raise Conflict("居民承接尚未完成，不能结案", path=("input", "case"), clause=clause_of(before))
    await change(act, "closed", before, {"status": ExitStatus.CLOSED, "closed_on": clock.today()})
    await finish(act, subject_id=case)


async def withdraw(act: Act, case: UUID, *, expected_version: int, because: str) -> list[int]:
    """The case comes to nothing; before its decision only, which afterwards an appeal alone can undo.

    The other districts whose institutions were asked to succeed, and need not answer any more.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.WITHDRAWN)
    if before["decided_on"] is not None:
        raise Conflict("已作出的决定只能经复议或诉讼撤销", path=("input", "case"), clause=clause_of(before))
    values = {"status": ExitStatus.WITHDRAWN, "withdrawn_because": said.worded(because, "because")}
    await change(act, "withdrawn", before, values)
    await cancel(act, subject_id=case)
    return await withdraw_requests(act, case)


def _decided(row: RowMapping) -> list[Effect]:
    return [Effect(one) for one in row["decided_effects"] or ()]


async def set_status(act: Act, institution: RowMapping, status: InstitutionStatus) -> None:
    """The institution in this status, as the case leaves it."""
    await institutions.update_institution(act.connection, act.tenant_id, institution["id"], {"status": status})
    was = {"status": institution["status"]}
    await act.note("status_changed", "institution", institution["id"], before=was, after={"status": status})


async def _circulate(act: Act, case: RowMapping, institution: RowMapping, effects: Sequence[Effect]) -> None:
    """Every department of the district is told (FT-2-4-7)."""
    kinds = await list_authority_kinds(act.connection, act.tenant_id)
    names = [one.label for one in kinds if one is not AuthorityKind.HEALTH_COMMISSION]
    if names:
        await issue(
            act,
            kind=PaperKind.EXIT_CIRCULAR,
            subject_type="exit_case",
            subject_id=case["id"],
            institution_id=institution["id"],
            addressee="、".join(names),
            title="退出情况通报",
            fields={"机构": institution["name"], "处理": "、".join(one.label for one in effects)},
            issued_on=clock.today(),
            clauses=[clause_of(case)],
        )
