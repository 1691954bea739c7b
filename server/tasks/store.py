"""Every statement on tasks."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.identity.tables import membership
from server.kit.errors import NotFound
from server.tasks.model import TaskKind, TaskStatus
from server.tasks.tables import task


async def insert_tasks(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows in one statement; none is fine."""
    if rows:
        await connection.execute(insert(task), rows)


async def close_tasks(
    connection: AsyncConnection,
    tenant_id: int,
    subject_id: UUID,
    kind: TaskKind | None,
    status: TaskStatus,
    *,
    on: date,
    by: str,
) -> list[UUID]:
    """The open tasks of the case, of one kind or of all, closed; their ids."""
    wanted = [
        task.c.tenant_id == literal(tenant_id),
        task.c.subject_id == subject_id,
        task.c.status == TaskStatus.OPEN.value,
    ]
    if kind is not None:
        wanted.append(task.c.kind == kind.value)
    closed = await connection.execute(
        update(task)
        .where(*wanted)
        .values(status=status, closed_on=on, closed_by=by, version=task.c.version + 1, updated_at=func.now())
        .returning(task.c.id)
    )
    return list(closed.scalars())


async def load_for_change(connection: AsyncConnection, tenant_id: int, task_id: UUID) -> RowMapping:
    """The task, locked for change.

    Raises: NotFound.
    """
    rows = await connection.execute(
        select(task).where(task.c.tenant_id == literal(tenant_id), task.c.id == task_id).with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def list_provisional(connection: AsyncConnection, tenant_id: int) -> Sequence[RowMapping]:
    """The open tasks whose day a calendar notice may move, locked."""
    rows = await connection.execute(
        select(task)
        .where(task.c.tenant_id == literal(tenant_id), task.c.status == TaskStatus.OPEN.value, task.c.provisional)
        .order_by(task.c.id)
        .with_for_update()
    )
    return rows.mappings().all()


async def update_task(connection: AsyncConnection, tenant_id: int, task_id: UUID, values: Mapping[str, Any]) -> None:
    """Change the values and count the version up."""
    await connection.execute(
        update(task)
        .where(task.c.tenant_id == literal(tenant_id), task.c.id == task_id)
        .values(**values, version=task.c.version + 1, updated_at=func.now())
    )


async def holds_role(connection: AsyncConnection, subject: str, role: str, department: str | None, on: date) -> bool:
    """Whether the person is a member of the tenant in this role on the day; of the department, where one is named."""
    wanted = [
        membership.c.subject == subject,
        membership.c.role == role,
        membership.c.from_on <= on,
        membership.c.until.is_(None) | (membership.c.until > on),
    ]
    if department is not None:
        wanted.append(membership.c.department == department)
    return await connection.scalar(select(membership.c.id).where(*wanted).limit(1)) is not None
