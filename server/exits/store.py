"""Every SELECT of exits beyond what ``server.supervision.store`` offers for any table."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.exits.model import ReferralStatus
from server.exits.tables import (
    continuity_plan,
    conversion_case,
    exit_case,
    exit_referral,
    succession_answer,
    succession_request,
)
from server.kit.errors import NotFound
from server.policy.store import Fetch
from server.tasks.model import TaskStatus
from server.tasks.tables import task

CASE_NAMES = (
    "tenant_id",
    "institution_id",
    "id",
    "status",
    "effect",
    "ground",
    "opened_on",
    "notified_on",
    "decided_on",
    "executed_on",
    "closed_on",
    "appealed_on",
    "appeal_decided_on",
    "appeal_outcome",
)


async def find_plan_of(connection: AsyncConnection, tenant_id: int, case: UUID) -> RowMapping | None:
    """The case's continuity plan."""
    rows = await connection.execute(
        select(continuity_plan).where(
            continuity_plan.c.tenant_id == literal(tenant_id), continuity_plan.c.exit_case_id == case
        )
    )
    return rows.mappings().one_or_none()


async def load_request(connection: AsyncConnection, tenant_id: int, request: UUID) -> RowMapping:
    """The request, also where it is another district's and this one is asked.  Raises: NotFound."""
    rows = await connection.execute(
        select(succession_request).where(
            succession_request.c.tenant_id == literal(tenant_id), succession_request.c.id == request
        )
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound(path=("input", "request"))
    return row


async def list_requests(connection: AsyncConnection, tenant_id: int, plan: UUID) -> Sequence[RowMapping]:
    """The plan's requests that were not withdrawn, each with its answer, from whichever district it came."""
    rows = await connection.execute(
        select(succession_request, succession_answer.c.accepted)
        .outerjoin(
            succession_answer,
            (succession_answer.c.request_tenant_id == succession_request.c.tenant_id)
            & (succession_answer.c.request_id == succession_request.c.id),
        )
        .where(
            succession_request.c.tenant_id == literal(tenant_id),
            succession_request.c.plan_id == plan,
            succession_request.c.withdrawn_on.is_(None),
        )
        .order_by(succession_request.c.id)
    )
    return rows.mappings().all()


async def hold_deliveries(connection: AsyncConnection, tenant_id: int) -> None:
    """Wait until nobody else delivers requests to this district; held until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(9, :tenant)"), {"tenant": tenant_id})


async def list_undelivered(connection: AsyncConnection, tenant_id: int) -> Sequence[RowMapping]:
    """Other districts' requests that wait for this one's answer, and have no task here."""
    delivered = select(task.c.id).where(
        task.c.tenant_id == literal(tenant_id),
        task.c.subject_tenant_id == succession_request.c.tenant_id,
        task.c.subject_id == succession_request.c.id,
    )
    answered = select(succession_answer.c.id).where(
        succession_answer.c.tenant_id == literal(tenant_id),
        succession_answer.c.request_tenant_id == succession_request.c.tenant_id,
        succession_answer.c.request_id == succession_request.c.id,
    )
    rows = await connection.execute(
        select(succession_request)
        .where(
            succession_request.c.counterpart_tenant_id == literal(tenant_id),
            succession_request.c.withdrawn_on.is_(None),
            ~delivered.exists(),
            ~answered.exists(),
        )
        .order_by(succession_request.c.id)
    )
    return rows.mappings().all()


async def list_withdrawn(connection: AsyncConnection, tenant_id: int) -> list[UUID]:
    """Other districts' requests that were withdrawn while their task is open here."""
    rows = await connection.execute(
        select(succession_request.c.id)
        .join(
            task,
            (task.c.subject_id == succession_request.c.id)
            & (task.c.subject_tenant_id == succession_request.c.tenant_id),
        )
        .where(
            succession_request.c.counterpart_tenant_id == literal(tenant_id),
            succession_request.c.withdrawn_on.is_not(None),
            task.c.tenant_id == literal(tenant_id),
            task.c.status == TaskStatus.OPEN.value,
        )
    )
    return list(rows.scalars())


async def find_answer(connection: AsyncConnection, request_tenant_id: int, request: UUID) -> RowMapping | None:
    """The answer to a request, if there is one that this district may see."""
    rows = await connection.execute(
        select(succession_answer).where(
            succession_answer.c.request_tenant_id == literal(request_tenant_id),
            succession_answer.c.request_id == request,
        )
    )
    return rows.mappings().one_or_none()


async def list_referrals(connection: AsyncConnection, tenant_id: int, case: UUID) -> Sequence[RowMapping]:
    """What the case handed over."""
    return await _referrals(connection, tenant_id, exit_referral.c.exit_case_id == case)


async def list_pending_referrals(
    connection: AsyncConnection, tenant_id: int, institution_id: UUID
) -> Sequence[RowMapping]:
    """What was handed over about the institution and has no outcome yet, locked."""
    waiting = exit_referral.c.status == ReferralStatus.PENDING.value
    return await _referrals(connection, tenant_id, waiting, exit_referral.c.institution_id == institution_id)


async def list_referrals_to(connection: AsyncConnection, tenant_id: int, ending: UUID) -> Sequence[RowMapping]:
    """What led to this procedure of ending a licence."""
    return await _referrals(connection, tenant_id, exit_referral.c.ending_id == ending)


async def _referrals(
    connection: AsyncConnection, tenant_id: int, *conditions: ColumnElement[bool]
) -> Sequence[RowMapping]:
    rows = await connection.execute(
        select(exit_referral)
        .where(exit_referral.c.tenant_id == literal(tenant_id), *conditions)
        .order_by(exit_referral.c.id)
        .with_for_update()
    )
    return rows.mappings().all()


async def list_open_cases(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> Sequence[RowMapping]:
    """The institution's cases that are neither closed nor withdrawn."""
    rows = await connection.execute(
        select(exit_case).where(
            exit_case.c.tenant_id == literal(tenant_id),
            exit_case.c.institution_id == institution_id,
            exit_case.c.status.notin_(["CLOSED", "WITHDRAWN"]),
        )
    )
    return rows.mappings().all()


async def find_open_conversion(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> RowMapping | None:
    """The institution's conversion that is still under way."""
    rows = await connection.execute(
        select(conversion_case).where(
            conversion_case.c.tenant_id == literal(tenant_id),
            conversion_case.c.institution_id == institution_id,
            conversion_case.c.status.in_(["OPENED", "AGREED"]),
        )
    )
    return rows.mappings().first()


async def find_cases(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> list[dict[str, Any]]:
    """The exit cases of these institutions (tenant and id), oldest first."""
    columns = ", ".join(f"t.{name}" for name in CASE_NAMES)
    sql = (
        f"SELECT {columns} FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) JOIN exit_case t"  # noqa: S608
        " ON t.tenant_id = wanted.tenant_id AND t.institution_id = wanted.id ORDER BY t.opened_on, t.id"
    )
    rows = await fetch(sql, [[tenant for tenant, _ in institutions], [one for _, one in institutions]])
    return [dict(zip(CASE_NAMES, row, strict=True)) for row in rows]
