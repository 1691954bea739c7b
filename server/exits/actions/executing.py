"""Executing, closing and withdrawing an exit; appeals.

Implements: X-10, FT-2-4-6 to FT-2-4-8, MTG-20-0.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.districts.model import AuthorityKind
from server.districts.store import list_authority_kinds
from server.exits import rules
from server.exits.actions.cases import OFFICERS, STATING, change, clause_of, held, to_do
from server.exits.actions.conversions import open_guided
from server.exits.model import (
    APPROVED,
    STATUTORY,
    AppealKind,
    AppealOutcome,
    ExitStatus,
    PlanStatus,
)
from server.exits.store import find_plan_of
from server.exits.tables import exit_case
from server.institutions import store as institutions
from server.institutions.model import InstitutionStatus
from server.kit import clock
from server.kit.errors import Conflict, Invalid, NotFound
from server.papers import store as papers
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.grounds import require_enabled
from server.policy.shelf import Shelved
from server.policy.terms import Effect, Kind
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.tasks.actions import cancel, due_after, finish
from server.tasks.model import DayUnit, TaskKind


async def execute(
    act: Act,
    shelved: Shelved,
    case: UUID,
    *,
    expected_version: int,
    without_plan_because: str | None = None,
    handed_over_to: str | None = None,
) -> None:
    """What was decided is done, the departments told, and what is statute's handed over with the facts.

    A planned exit waits for an approved plan for its residents.  A penalty does not, nor does an emergency, whose reason is
    recorded; then the case stays open, and a plan is due in so many days as the policy says.
    Raises: NotAllowed, NotFound, OutOfDate, PolicyNotEnabled, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.EXECUTED)
    effects, today, clause = _decided(before), clock.today(), clause_of(before)
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
    values: dict[str, Any] = {"status": ExitStatus.EXECUTED, "executed_on": today}
    if rules.needs_plan(effects, service_stops=before["service_stops"]) and not approved:
        rule = f"{days.label}：执行之日起 {days.value} 日（{days.source_status.label}）"
        due = await due_after(act, today, days.value, DayUnit.CALENDAR, rule=rule, source=days.source_status)
        penalty = "依法吊销，不以承接方案为前提"
        values |= {"without_plan_because": emergency or penalty, "plan_due_on": due.on}
        await finish(act, subject_id=case, kind=TaskKind.PLAN_CONTINUITY)
        title = "退出已执行，补齐居民承接方案"
        await to_do(
            act, TaskKind.PLAN_CONTINUITY, title, case, before["institution_id"], days.clause or clause, due=due
        )
    institution = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    if statutory := [one for one in effects if one in STATUTORY]:
        values |= await _hand_over(act, before, institution, statutory, handed_over_to)
    if Effect.ORDER_EXIT in effects:
        await _set_status(act, institution, InstitutionStatus.EXITED_SYSTEM)
    if Effect.GUIDE_TRANSFORMATION in effects:
        await open_guided(act, case, institution, because=before["drafted_because"])
    await change(act, "executed", before, values)
    await _circulate(act, before, institution, effects)
    await finish(act, subject_id=case, kind=TaskKind.EXECUTE_EXIT)


async def close(act: Act, case: UUID, *, expected_version: int) -> None:
    """Nothing is left to do: residents that had to be provided for are.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.CLOSED)
    if before["executed_on"] is None:
        raise Conflict("决定尚未执行，不能结案", path=("input", "case"), clause=clause_of(before))
    if before["appeal_outcome"] == AppealOutcome.PENDING:
        raise Conflict("复议或诉讼尚未终结，不能结案", path=("input", "case"), clause=clause_of(before))
    if rules.needs_plan(_decided(before), service_stops=before["service_stops"]):
        plan = await find_plan_of(act.connection, act.tenant_id, case)
        if plan is None or plan["status"] != PlanStatus.COMPLETED:
            raise Conflict("居民承接尚未完成，不能结案", path=("input", "case"), clause=clause_of(before))
    await change(act, "closed", before, {"status": ExitStatus.CLOSED, "closed_on": clock.today()})
    await finish(act, subject_id=case)


async def withdraw(act: Act, case: UUID, *, expected_version: int, because: str) -> None:
    """The case comes to nothing; before its decision only, which afterwards an appeal alone can undo.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.WITHDRAWN)
    if before["decided_on"] is not None:
        raise Conflict("已作出的决定只能经复议或诉讼撤销", path=("input", "case"), clause=clause_of(before))
    values = {"status": ExitStatus.WITHDRAWN, "withdrawn_because": said.worded(because, "because")}
    await change(act, "withdrawn", before, values)
    await cancel(act, subject_id=case)


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
    act: Act, case: UUID, *, expected_version: int, outcome: AppealOutcome, on: date, reason: str
) -> None:
    """What became of the appeal; a decision that is revoked has never held, and the institution is as it was.

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
        return
    await cancel(act, subject_id=case)
    institution = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    if before["status_before"] and institution["status"] in _LEAVING:
        await _set_status(act, institution, InstitutionStatus(before["status_before"]))
    await issue(
        act,
        kind=PaperKind.EXIT_REVOKED,
        subject_type="exit_case",
        subject_id=case,
        institution_id=institution["id"],
        addressee=institution["name"],
        title="撤销退出决定书",
        fields={"撤销理由": why, "效力": "原决定自始不生效"},
        issued_on=clock.today(),
        clauses=[clause],
    )


_LEAVING = (InstitutionStatus.EXITING, InstitutionStatus.EXITED_SYSTEM)


def _decided(row: RowMapping) -> list[Effect]:
    return [Effect(one) for one in row["decided_effects"] or ()]


async def _set_status(act: Act, institution: RowMapping, status: InstitutionStatus) -> None:
    await institutions.update_institution(act.connection, act.tenant_id, institution["id"], {"status": status})
    was = {"status": institution["status"]}
    await act.note("status_changed", "institution", institution["id"], before=was, after={"status": status})


async def _hand_over(
    act: Act, case: RowMapping, institution: RowMapping, effects: Sequence[Effect], to: str | None
) -> dict[str, Any]:
    """The case handed to whoever may suspend, cancel or revoke, with its facts."""
    receiver = said.worded(to, "handedOverTo", most=200)
    await issue(
        act,
        kind=PaperKind.STATUTORY_TRANSFER,
        subject_type="exit_case",
        subject_id=case["id"],
        institution_id=institution["id"],
        addressee=receiver,
        title="案件移送函",
        fields={
            "机构": institution["name"],
            "移送处理": "、".join(one.label for one in effects),
            "事实": case["facts"],
            "陈述申辩": case["statement"] or "期限内未提出",
        },
        issued_on=clock.today(),
        clauses=[clause_of(case)],
    )
    return {"handed_over_on": clock.today(), "handed_over_to": receiver}


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
