"""Continuity for residents: who takes over what, asked and answered, here or in another district, approved, transferred.

The request belongs to the leaving institution's district and names the other as its counterpart, which reads it; the answer
belongs to the successor's own district and names the asking one.  Neither writes into the other's rows.
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
from server.exits.tables import continuity_plan, exit_case, succession_answer, succession_request
from server.institutions import store as institutions
from server.institutions.rules import check_active
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound, OutOfDate
from server.kit.ids import new_id
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import Task, TaskKind

OFFICERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})
ANSWERING = OFFICERS | {Role.INSTITUTION_STAFF}


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


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask: an institution of this district, or one by name in another."""

    successor_id: UUID | None
    counterpart_tenant_id: int | None
    successor_name: str | None
    service_area: str
    population: int
    services: Sequence[ContinuityService]


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
        "services": _listed(wanted.services),
        "from_on": wanted.from_on,
        "until": wanted.until,
    }
    await store.insert_row(act.connection, continuity_plan, _made(act, plan_id) | after)
    await act.note("drafted", "continuity_plan", plan_id, after=after)
    return plan_id


async def ask_successor(act: Act, plan: UUID, *, expected_version: int, asked: Asked) -> UUID:
    """A successor is asked; one of another district answers over its own tenant.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await _held(act, plan, expected_version, PlanStatus.SUCCESSORS_ASKED)
    own = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    if (asked.successor_id is None) == (asked.counterpart_tenant_id is None):
        raise Invalid("应写明本区的一个承接机构，或他区及其机构名称", path=("input", "successor"))
    if asked.counterpart_tenant_id == act.tenant_id:
        raise Invalid("本区的承接机构请以 successor 写明", path=("input", "successorDistrict"))
    if foreign := [one for one in asked.services if one.value not in before["services"]]:
        names = "、".join(one.label for one in foreign)
        raise Invalid(f"方案没有列出{names}", path=("input", "services"))
    if not asked.services:
        raise Invalid("至少应列出一项请其承接的服务", path=("input", "services"))
    if not 0 <= asked.population <= before["population"]:
        raise Invalid(
            f"population 应在 0 到方案的服务人口 {before['population']} 之间，实际为 {asked.population}",
            path=("input", "population"),
        )
    name = asked.successor_name
    if asked.successor_id is not None:
        if asked.successor_id == own["id"]:
            raise Conflict("退出的机构不能承接自己的居民", path=("input", "successor"))
        successor = await institutions.load_for_change(act.connection, act.tenant_id, asked.successor_id)
        check_active(successor["status"])
        name = successor["name"]
    request_id = new_id()
    after = {
        "plan_id": plan,
        "institution_id": asked.successor_id,
        "successor_name": said.worded(name, "successorName", most=200),
        "counterpart_tenant_id": asked.counterpart_tenant_id,
        "leaving_name": own["name"],
        "service_area": said.worded(asked.service_area, "serviceArea"),
        "population": asked.population,
        "services": _listed(asked.services),
        "asked_on": clock.today(),
    }
    await store.insert_row(act.connection, succession_request, _made(act, request_id) | after)
    await act.note("asked", "succession_request", request_id, after=after)
    if asked.successor_id is not None:
        title = f"答复对{own['name']}居民的承接征询"
        await open_task(
            act,
            Task(
                TaskKind.ANSWER_SUCCESSION,
                title,
                "succession_request",
                request_id,
                asked.successor_id,
                Role.INSTITUTION_STAFF,
            ),
        )
    await _change(act, "successors_asked", before, {"status": PlanStatus.SUCCESSORS_ASKED})
    return request_id


async def answer(
    act: Act,
    request_tenant_id: int,
    request: UUID,
    *,
    expected_version: int,
    institution_id: UUID,
    accepted: bool,
    reason: str | None,
) -> UUID:
    """The successor's answer, a row of its own district, to the request as the caller read it.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid (a refusal without reason), Conflict (answered before, or withdrawn).
    """
    act.require(*ANSWERING)
    row = await exits.load_request(act.connection, request_tenant_id, request)
    abroad = request_tenant_id != act.tenant_id
    if abroad and row["counterpart_tenant_id"] != act.tenant_id:
        raise NotFound(path=("input", "request"))
    own = {grant.institution_id for grant in act.actor.grants if grant.tenant_id == act.tenant_id}
    if not act.actor.acting_roles_in(act.tenant_id) & OFFICERS and institution_id not in own:
        raise NotFound(path=("input", "institution"))
    if not abroad and row["institution_id"] != institution_id:
        raise Conflict("被征询的是另一机构", path=("input", "institution"))
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    if row["withdrawn_on"] is not None:
        raise Conflict("该征询已撤回", path=("input", "request"))
    try:
        successor = await institutions.load_for_change(act.connection, act.tenant_id, institution_id)
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    check_active(successor["status"])
    if await exits.find_answer(act.connection, request_tenant_id, request) is not None:
        raise Conflict("该征询已答复", path=("input", "request"))
    because = (reason or "").strip() or None
    if not accepted and because is None:
        raise Invalid("不同意承接须说明理由", path=("input", "reason"))
    answer_id = new_id()
    after = {
        "request_tenant_id": request_tenant_id,
        "request_id": request,
        "counterpart_tenant_id": request_tenant_id if abroad else None,
        "institution_id": institution_id,
        "accepted": accepted,
        "reason": because,
        "answered_on": clock.today(),
        "answered_by": act.actor.subject,
    }
    await store.insert_row(act.connection, succession_answer, {"tenant_id": act.tenant_id, "id": answer_id} | after)
    await act.note("answered", "succession_answer", answer_id, after=after)
    await finish(act, subject_id=request)
    return answer_id


async def withdraw_request(act: Act, request: UUID, *, expected_version: int) -> int | None:
    """The successor need not answer, or its answer no longer matters; the district it was asked in, where it is another.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    act.require(*OFFICERS)
    before = await store.load_for_change(act.connection, succession_request, act.tenant_id, request, expected_version)
    if before["withdrawn_on"] is not None:
        raise Conflict("该征询已撤回", path=("input", "request"))
    plan = await store.load_for_change(act.connection, continuity_plan, act.tenant_id, before["plan_id"], None)
    if plan["status"] not in (PlanStatus.SUCCESSORS_ASKED, PlanStatus.ACCEPTED_BY_SUCCESSORS):
        raise Conflict("方案已批准，不能再撤回征询", path=("input", "request"))
    values = {"withdrawn_on": clock.today()}
    await store.update_row(act.connection, succession_request, act.tenant_id, request, values)
    await act.note("withdrawn", "succession_request", request, after=values)
    await cancel(act, subject_id=request)
    counterpart: int | None = before["counterpart_tenant_id"]
    return counterpart


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
        await _change(act, "accepted_by_successors", before, {"status": PlanStatus.ACCEPTED_BY_SUCCESSORS})
    accepted = await _held(act, plan, None, PlanStatus.APPROVED)
    values = {"status": PlanStatus.APPROVED, "approved_by": act.actor.subject, "approved_on": clock.today()}
    await _change(act, "approved", accepted, values)
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
    before = await _held(act, plan, expected_version, PlanStatus.IN_TRANSFER)
    await _change(act, "started", before, {"status": PlanStatus.IN_TRANSFER, "started_on": clock.today()})


async def complete_transfer(act: Act, plan: UUID, *, expected_version: int, outcome: str) -> None:
    """Residents are provided for.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*OFFICERS)
    before = await _held(act, plan, expected_version, PlanStatus.COMPLETED)
    values: dict[str, Any] = {"status": PlanStatus.COMPLETED, "completed_on": clock.today()}
    await _change(act, "completed", before, values | {"outcome": said.worded(outcome, "outcome")})


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


def _listed(services: Sequence[ContinuityService]) -> list[str]:
    return [one.value for one in dict.fromkeys(services)]


def _made(act: Act, row_id: UUID) -> dict[str, Any]:
    made = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    return made | {"source": "PERSON"}


async def _held(act: Act, plan: UUID, expected_version: int | None, to: PlanStatus) -> RowMapping:
    row = await store.load_for_change(act.connection, continuity_plan, act.tenant_id, plan, expected_version)
    said.check_step(NEXT_OF_PLAN, row["status"], to, of="该承接方案")
    return row


async def _change(act: Act, action: str, before: RowMapping, values: dict[str, Any]) -> None:
    await store.update_row(act.connection, continuity_plan, act.tenant_id, before["id"], values)
    was = {name: before[name] for name in values}
    await act.note(action, "continuity_plan", before["id"], before=was, after=values)
