"""Plans of continuity for residents: for whom, of what, approved once every successor accepted, carried out.

Implements: FT-2-4-8, X-10, state machine 12.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.exits import store as exits
from server.exits.actions.cases import change as change_case
from server.exits.actions.cases import clause_of, to_do
from server.exits.model import NEXT_OF_PLAN, ContinuityService, ExitStatus, PlanStatus
from server.exits.tables import continuity_plan, exit_case
from server.institutions import store as institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.tasks.actions import finish
from server.tasks.model import TaskKind

OFFICERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Planned:
    """For whom continuity is needed, and of what; numbers, never lists of people."""

    service_area: str
    population: int
    signed_families: int
    high_need_residents: int
    services: Sequence[ContinuityService]
    from_on: date
    until: date | None = None


async def draft_plan(act: Act, case: UUID, wanted: Planned) -> UUID:
    """The case's plan.  Raises: NotAllowed, NotFound, Invalid, Conflict (the case has one, or is at its end)."""
    act.require(*OFFICERS)
    row = await store.load_for_change(act.connection, exit_case, act.tenant_id, case, None)
    if row["status"] in (ExitStatus.CLOSED, ExitStatus.WITHDRAWN):
        raise Conflict("案件已终结，不再制定承接方案", path=("input", "case"), clause=clause_of(row))
    if await exits.find_plan_of(act.connection, act.tenant_id, case) is not None:
        raise Conflict("该案件已有承接方案", path=("input", "case"), clause=clause_of(row))
    for field, number in (
        ("population", wanted.population),
        ("signedFamilies", wanted.signed_families),
        ("highNeedResidents", wanted.high_need_residents),
    ):
        if not 0 <= number <= 10_000_000:
            raise Invalid(f"{field} 应在 0 到 10000000 之间，实际为 {number}", path=("input", field))
    if wanted.high_need_residents > wanted.population:
        raise Invalid(
            f"highNeedResidents 不能多于服务人口 {wanted.population}，实际为 {wanted.high_need_residents}",
            path=("input", "highNeedResidents"),
        )
    if not wanted.services:
        raise Invalid("至少应列出一项须承接的服务", path=("input", "services"))
    if wanted.until is not None and wanted.until <= wanted.from_on:
        raise Invalid(f"until 应晚于 fromOn（{wanted.from_on}），实际为 {wanted.until}", path=("input", "until"))
    plan_id = new_id()
    after = {
        "exit_case_id": case,
        "institution_id": row["institution_id"],
        "status": PlanStatus.DRAFT,
        "service_area": said.worded(wanted.service_area, "serviceArea"),
        "population": wanted.population,
        "signed_families": wanted.signed_families,
        "high_need_residents": wanted.high_need_residents,
        "services": listed(wanted.services),
        "from_on": wanted.from_on,
        "until": wanted.until,
    }
    await store.insert_row(act.connection, continuity_plan, made(act, plan_id) | after)
    await act.note("drafted", "continuity_plan", plan_id, after=after)
    return plan_id


async def approve_plan(act: Act, plan: UUID, *, expected_version: int) -> None:
    """Every successor has accepted, and the plan is approved; a case that was decided may now be executed.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    act.require(*OFFICERS)
    before = await store.load_for_change(act.connection, continuity_plan, act.tenant_id, plan, expected_version)
    requests = await exits.list_requests(act.connection, act.tenant_id, plan)
    waiting = [row["successor_name"] for row in requests if row["accepted"] is None]
    refused = [row["successor_name"] for row in requests if row["accepted"] is False]
    if not requests or waiting or refused:
        words = "尚未征询承接机构" if not requests else f"{'、'.join(waiting or refused)}"
        tail = "" if not requests else "尚未答复" if waiting else "不同意承接，请撤回征询后另行征询"
        raise Conflict(f"{words}{tail}，方案不能批准", path=("input", "plan"))
    served = {one for row in requests for one in row["services"]}
    if missing := [ContinuityService(one).label for one in before["services"] if one not in served]:
        raise Conflict(f"{'、'.join(missing)}没有机构承接，方案不能批准", path=("input", "plan"))
    if before["status"] == PlanStatus.SUCCESSORS_ASKED:
        await change_plan(act, "accepted_by_successors", before, {"status": PlanStatus.ACCEPTED_BY_SUCCESSORS})
    accepted = await held_plan(act, plan, None, PlanStatus.APPROVED)
    values = {"status": PlanStatus.APPROVED, "approved_by": act.actor.subject, "approved_on": clock.today()}
    await change_plan(act, "approved", accepted, values)
    case = await store.load_for_change(act.connection, exit_case, act.tenant_id, before["exit_case_id"], None)
    await _tell(act, case, before, requests)
    await finish(act, subject_id=case["id"], kind=TaskKind.PLAN_CONTINUITY)
    if case["status"] == ExitStatus.DECIDED:
        await change_case(act, "continuity_ready", case, {"status": ExitStatus.CONTINUITY_READY})
    if case["status"] == ExitStatus.DECIDED and case["handed_over_on"] is None:
        await to_do(
            act,
            TaskKind.EXECUTE_EXIT,
            "承接方案已批准，执行退出决定",
            case["id"],
            case["institution_id"],
            clause_of(case),
        )


async def start_transfer(act: Act, plan: UUID, *, expected_version: int) -> None:
    """Residents are being taken over.  Raises: NotAllowed, NotFound, OutOfDate, Conflict."""
    act.require(*OFFICERS)
    before = await held_plan(act, plan, expected_version, PlanStatus.IN_TRANSFER)
    await change_plan(act, "started", before, {"status": PlanStatus.IN_TRANSFER, "started_on": clock.today()})


async def complete_transfer(act: Act, plan: UUID, *, expected_version: int, outcome: str) -> None:
    """Residents are provided for.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*OFFICERS)
    before = await held_plan(act, plan, expected_version, PlanStatus.COMPLETED)
    values: dict[str, Any] = {"status": PlanStatus.COMPLETED, "completed_on": clock.today()}
    await change_plan(act, "completed", before, values | {"outcome": said.worded(outcome, "outcome")})


async def _tell(act: Act, case: RowMapping, plan: RowMapping, requests: Sequence[RowMapping]) -> None:
    institution = await institutions.load_for_change(act.connection, act.tenant_id, plan["institution_id"])
    await issue(
        act,
        kind=PaperKind.CONTINUITY_PLAN,
        subject_type="continuity_plan",
        subject_id=plan["id"],
        institution_id=institution["id"],
        addressee=institution["name"],
        title="居民承接方案批复",
        fields={
            "服务区域": plan["service_area"],
            "服务人口": f"{plan['population']} 人，签约家庭 {plan['signed_families']} 户",
            "承接机构": "；".join(
                f"{row['successor_name']}（{'、'.join(ContinuityService(one).label for one in row['services'])}）"
                for row in requests
            ),
            "起始日期": str(plan["from_on"]),
        },
        issued_on=clock.today(),
        clauses=[clause_of(case)],
    )


def listed(services: Sequence[ContinuityService]) -> list[str]:
    """Each service once, in the order given."""
    return [one.value for one in dict.fromkeys(services)]


def made(act: Act, row_id: UUID) -> dict[str, Any]:
    """What every row of this area begins with."""
    row = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    return row | {"source": "PERSON"}


async def held_plan(act: Act, plan: UUID, expected_version: int | None, to: PlanStatus) -> RowMapping:
    """The plan, locked, where it may become ``to``.  Raises: NotFound, OutOfDate, Conflict."""
    row = await store.load_for_change(act.connection, continuity_plan, act.tenant_id, plan, expected_version)
    said.check_step(NEXT_OF_PLAN, row["status"], to, of="该承接方案")
    return row


async def change_plan(act: Act, action: str, before: RowMapping, values: dict[str, Any]) -> None:
    """The plan changed, with what that leaves behind."""
    await store.update_row(act.connection, continuity_plan, act.tenant_id, before["id"], values)
    was = {name: before[name] for name in values}
    await act.note(action, "continuity_plan", before["id"], before=was, after=values)
