"""Every SELECT, INSERT and UPDATE of the institution register."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.institutions.tables import former_name, institution, succession
from server.kit.errors import NotFound
from server.policy.store import Fetch
from server.sites.tables import site

_REGISTERED = (
    "SELECT i.tenant_id, i.id, i.kind, i.operator_kind, i.operating_nature, i.status, i.opened_on, i.created_at"
    " FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN institution i ON i.tenant_id = wanted.tenant_id AND i.id = wanted.id"
)
_REGISTERED_NAMES = (
    "tenant_id",
    "id",
    "kind",
    "operator_kind",
    "operating_nature",
    "status",
    "opened_on",
    "created_at",
)
_LINEAGE = (
    "WITH RECURSIVE line(tenant_id, root, id) AS ("
    "SELECT wanted.tenant_id, wanted.id, s.predecessor_id FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN succession s ON s.tenant_id = wanted.tenant_id AND s.successor_id = wanted.id"
    " UNION SELECT l.tenant_id, l.root, s.predecessor_id FROM line l"
    " JOIN succession s ON s.tenant_id = l.tenant_id AND s.successor_id = l.id"
    ") SELECT tenant_id, root, id FROM line"
)
_ACTIVE = "SELECT id FROM institution WHERE tenant_id = $1 AND status <> ALL($2::text[]) ORDER BY sort_key, id"


async def hold_register(connection: AsyncConnection, tenant_id: int) -> None:
    """Wait until nobody else adds to this tenant's register; held until the transaction ends.

    Names and addresses are no unique keys, so "is it there already" and "add it" must not interleave.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(1, :tenant)"), {"tenant": tenant_id})


async def load_for_change(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> RowMapping:
    """The institution, locked for change.

    Raises: NotFound.
    """
    rows = await connection.execute(
        select(institution)
        .where(institution.c.tenant_id == literal(tenant_id), institution.c.id == institution_id)
        .with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def find_by_registration(connection: AsyncConnection, number: str) -> UUID | None:
    """The institution with this registration number in the tenant."""
    found: UUID | None = await connection.scalar(
        select(institution.c.id).where(institution.c.registration_number == number)
    )
    return found


async def find_same_place(connection: AsyncConnection, name_key: str, address_key: str) -> UUID | None:
    """An institution of the tenant with this name at this address."""
    found: UUID | None = await connection.scalar(
        select(institution.c.id)
        .join(site, (site.c.tenant_id == institution.c.tenant_id) & (site.c.institution_id == institution.c.id))
        .where(institution.c.match_key == name_key, site.c.match_key == address_key)
        .limit(1)
    )
    return found


async def list_for_matching(connection: AsyncConnection) -> Sequence[RowMapping]:
    """Every institution of the tenant with the values by which imports recognise it; an empty address for none."""
    rows = await connection.execute(
        text(
            "SELECT i.id, i.kind, i.registration_number, i.unified_social_credit_code, i.match_key,"
            " coalesce(array_agg(s.match_key) FILTER (WHERE s.id IS NOT NULL), '{\"\"}') AS addresses"
            " FROM institution i LEFT JOIN site s ON s.tenant_id = i.tenant_id AND s.institution_id = i.id"
            " GROUP BY i.tenant_id, i.id"
        )
    )
    return rows.mappings().all()


async def insert_institutions(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows in one statement; none is fine."""
    if rows:
        await connection.execute(insert(institution), rows)


async def update_institution(
    connection: AsyncConnection, tenant_id: int, institution_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values and count the version up."""
    await connection.execute(
        update(institution)
        .where(institution.c.tenant_id == literal(tenant_id), institution.c.id == institution_id)
        .values(**values, version=institution.c.version + 1, updated_at=func.now())
    )


async def insert_former_name(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep a name the institution no longer bears."""
    await connection.execute(insert(former_name), [row])


async def insert_succession(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Note that one institution follows another."""
    await connection.execute(insert(succession), [row])


async def list_successors(connection: AsyncConnection, institution_id: UUID) -> Sequence[UUID]:
    """All institutions that follow this one, directly or further on."""
    rows = await connection.execute(
        text(
            "WITH RECURSIVE line(id) AS (SELECT successor_id FROM succession WHERE predecessor_id = :id"
            " UNION SELECT s.successor_id FROM succession s JOIN line ON s.predecessor_id = line.id)"
            " SELECT id FROM line"
        ),
        {"id": institution_id},
    )
    return rows.scalars().all()


async def count_children(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> int:
    """How many institutions stand under this one."""
    return (
        await connection.scalar(
            select(func.count())
            .select_from(institution)
            .where(institution.c.tenant_id == literal(tenant_id), institution.c.parent_id == institution_id)
        )
        or 0
    )


async def update_latest_review(
    connection: AsyncConnection, tenant_id: int, institution_id: UUID, decided_on: date
) -> None:
    """Keep the day of the latest review, which lists order by; not a change of the institution itself."""
    await connection.execute(
        update(institution)
        .where(institution.c.tenant_id == literal(tenant_id), institution.c.id == institution_id)
        .values(latest_review_on=func.greatest(institution.c.latest_review_on, decided_on))
    )


async def find_registered(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> list[dict[str, Any]]:
    """What the register says of these institutions (tenant and id) that policy may ask about."""
    rows = await fetch(_REGISTERED, [[tenant for tenant, _ in institutions], [one for _, one in institutions]])
    return [dict(zip(_REGISTERED_NAMES, row, strict=True)) for row in rows]


async def find_lineage(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> list[tuple[int, UUID, UUID]]:
    """Tenant, institution and each of its predecessors, direct and further back."""
    rows = await fetch(_LINEAGE, [[tenant for tenant, _ in institutions], [one for _, one in institutions]])
    return [(tenant, root, one) for tenant, root, one in rows]


async def find_active(fetch: Fetch, tenant_id: int, ended: Sequence[str]) -> list[UUID]:
    """The tenant's institutions whose status is none of these, by name."""
    return [row[0] for row in await fetch(_ACTIVE, [tenant_id, list(ended)])]
