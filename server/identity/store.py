"""Every statement on memberships."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, exists, func, insert, literal, or_, select, text, update
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.db import roles
from server.db.pools import Pools
from server.identity.model import Membership
from server.identity.tables import membership
from server.kit import names
from server.kit.actor import Actor, Grant, Role
from server.kit.errors import NotFound

_IN_FORCE = (
    "SELECT tenant_id, role, department, institution_id, name FROM membership"
    " WHERE subject = $1 AND from_on <= $2::date AND (until IS NULL OR until > $2::date) ORDER BY created_at, id"
)

#: The register stands above this area; it is named here as a foreign key would name it.
_INSTITUTION = sql_table("institution", sql_column("tenant_id"), sql_column("id"))


async def find_actor(pools: Pools, subject: str, on: date) -> Actor | None:
    """The person with the memberships in force on this day; None for somebody who has none anywhere."""
    rows = await pools.fetch(roles.AUTHENTICATOR, _IN_FORCE, [subject, on])
    if not rows:
        return None
    return Actor(subject, rows[0][4], tuple(Grant(row[0], Role(row[1]), row[2], row[3]) for row in rows))


async def insert_memberships(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> int:
    """Add memberships; one that is in force already is left as it is. The number added."""
    added = 0
    for row in rows:
        statement = upsert(membership).values(_sorted(row)).on_conflict_do_nothing().returning(membership.c.id)
        added += await connection.scalar(statement) is not None
    return added


async def insert_membership(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Add one membership that is known to overlap none."""
    await connection.execute(insert(membership).values(_sorted(row)))


def _sorted(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"sort_key": names.sort_key(row["name"])}


async def hold_members(connection: AsyncConnection, tenant_id: int) -> None:
    """Wait until nobody else changes this tenant's memberships; held until the transaction ends.

    Two administrators who revoke each other at the same moment would else leave nobody.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(3, :tenant)"), {"tenant": tenant_id})


async def list_roles(connection: AsyncConnection, tenant_id: int, subject: str, on: date) -> frozenset[Role]:
    """The roles that the person holds in this tenant on this day, as far as this connection sees the tenant's rows."""
    rows = await connection.scalars(
        select(membership.c.role).where(
            membership.c.tenant_id == literal(tenant_id),
            membership.c.subject == subject,
            membership.c.from_on <= on,
            or_(membership.c.until.is_(None), membership.c.until > on),
        )
    )
    return frozenset(Role(role) for role in rows)


async def is_vacant(connection: AsyncConnection, tenant_id: int, role: Role, today: date) -> bool:
    """Whether nobody holds the role in this tenant, today or later."""
    held = exists().where(
        membership.c.tenant_id == literal(tenant_id),
        membership.c.role == role,
        or_(membership.c.until.is_(None), membership.c.until > today),
    )
    return not await connection.scalar(select(held))


async def is_held_besides(
    connection: AsyncConnection, tenant_id: int, role: Role, member_id: UUID, *, on: date
) -> bool:
    """Whether another membership than this one gives somebody the role in this tenant on the day."""
    held = exists().where(
        membership.c.tenant_id == literal(tenant_id),
        membership.c.role == role,
        membership.c.id != member_id,
        membership.c.from_on <= on,
        or_(membership.c.until.is_(None), membership.c.until > on),
    )
    return bool(await connection.scalar(select(held)))


async def find_ended(connection: AsyncConnection, tenant_id: int, subject: str, role: Role, today: date) -> UUID | None:
    """A membership of the person in this role that ended, or will begin only later; None where there is none."""
    found: UUID | None = await connection.scalar(
        select(membership.c.id)
        .where(
            membership.c.tenant_id == literal(tenant_id),
            membership.c.subject == subject,
            membership.c.role == role,
            or_(membership.c.until <= today, membership.c.from_on > today),
        )
        .limit(1)
    )
    return found


async def find_overlapping(connection: AsyncConnection, tenant_id: int, wanted: Membership) -> RowMapping | None:
    """The same membership of this person at an overlapping time; None where there is none."""
    rows = await connection.execute(
        select(membership.c.id, membership.c.from_on, membership.c.until).where(
            membership.c.tenant_id == literal(tenant_id),
            membership.c.subject == wanted.subject,
            membership.c.role == wanted.role,
            membership.c.department.is_not_distinct_from(wanted.department),
            membership.c.institution_id.is_not_distinct_from(wanted.institution_id),
            func.daterange(membership.c.from_on, membership.c.until).op("&&")(
                func.daterange(wanted.from_on, wanted.until)
            ),
        )
    )
    return rows.mappings().first()


async def load_for_change(connection: AsyncConnection, tenant_id: int, member_id: UUID) -> RowMapping:
    """The membership, locked for change. Raises: NotFound."""
    rows = await connection.execute(
        select(membership)
        .where(membership.c.tenant_id == literal(tenant_id), membership.c.id == member_id)
        .with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def update_until(connection: AsyncConnection, tenant_id: int, member_id: UUID, until: date) -> None:
    """End the membership on this day and count its version up."""
    await connection.execute(
        update(membership)
        .where(membership.c.tenant_id == literal(tenant_id), membership.c.id == member_id)
        .values(until=until, version=membership.c.version + 1, updated_at=func.now())
    )


async def has_institution(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> bool:
    """Whether the tenant's register holds this institution."""
    found = exists().where(_INSTITUTION.c.tenant_id == literal(tenant_id), _INSTITUTION.c.id == institution_id)
    return bool(await connection.scalar(select(found)))
