"""Successors asked to take residents over, and their answers, here or in another district.

The request belongs to the leaving institution's district and names the other as its counterpart, which reads it; the answer
belongs to the successor's own district and names the asking one.  Neither writes into the other's rows: the task to answer
is written by the asked district's own role (``delivering``).
Implements: FT-2-4-8, X-10, state machine 12.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping

from server.exits import store as exits
from server.exits.actions.continuity import OFFICERS, change_plan, held_plan, listed, made
from server.exits.model import ContinuityService, PlanStatus
from server.exits.tables import continuity_plan, succession_answer, succession_request
from server.institutions import store as institutions
from server.institutions.rules import check_active
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound, OutOfDate
from server.kit.ids import new_id
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import Task, TaskKind

ANSWERING = OFFICERS | {Role.INSTITUTION_STAFF}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to ask: an institution of this district, or one by name in another."""

    successor_id: UUID | None
    counterpart_tenant_id: int | None
    successor_name: str | None
    service_area: str
    population: int
    services: Sequence[ContinuityService]


async def ask_successor(act: Act, plan: UUID, *, expected_version: int, asked: Asked) -> UUID:
    """A successor is asked; one of another district answers over its own tenant.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await held_plan(act, plan, expected_version, PlanStatus.SUCCESSORS_ASKED)
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
        "services": listed(asked.services),
        "asked_on": clock.today(),
    }
    await store.insert_row(act.connection, succession_request, made(act, request_id) | after)
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
    await change_plan(act, "successors_asked", before, {"status": PlanStatus.SUCCESSORS_ASKED})
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
    return await _withdraw(act, before)


async def withdraw_requests(act: Act, case: UUID) -> list[int]:
    """Nobody need answer for a case that came to nothing; the other districts that were asked."""
    plan = await exits.find_plan_of(act.connection, act.tenant_id, case)
    if plan is None or plan["status"] in (PlanStatus.IN_TRANSFER, PlanStatus.COMPLETED):
        return []
    asked = await exits.list_requests(act.connection, act.tenant_id, plan["id"])
    counterparts = [await _withdraw(act, row) for row in asked if row["accepted"] is None]
    return [one for one in counterparts if one is not None]


async def _withdraw(act: Act, before: RowMapping) -> int | None:
    values = {"withdrawn_on": clock.today()}
    await store.update_row(act.connection, succession_request, act.tenant_id, before["id"], values)
    await act.note("withdrawn", "succession_request", before["id"], after=values)
    await cancel(act, subject_id=before["id"])
    counterpart: int | None = before["counterpart_tenant_id"]
    return counterpart
