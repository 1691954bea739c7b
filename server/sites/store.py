"""Every SELECT, INSERT and UPDATE of sites."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Table, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.kit.errors import NotFound
from server.sites.tables import agreement_breach, entrustment_agreement, gap_event, premises, service_gap, site


async def list_current_sites(connection: AsyncConnection, institution_id: UUID) -> Sequence[RowMapping]:
    """The sites the institution has not left."""
    rows = await connection.execute(
        select(site).where(site.c.institution_id == institution_id, site.c.until.is_(None)).order_by(site.c.id)
    )
    return rows.mappings().all()


async def insert_sites(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows in one statement; none is fine."""
    if rows:
        await connection.execute(insert(site), rows)


async def update_site_left(connection: AsyncConnection, site_id: UUID, until: date) -> None:
    """Note that the institution left the site; ``until`` is the first day it is gone."""
    await connection.execute(update(site).where(site.c.id == site_id).values(until=until, version=site.c.version + 1))


async def insert_gaps(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add service gaps in one statement."""
    await connection.execute(insert(service_gap), rows)


async def load_gaps(connection: AsyncConnection, tenant_id: int, gap_ids: Sequence[UUID]) -> dict[UUID, RowMapping]:
    """The gaps by id, locked for change in the order of their ids; those that are not the tenant's are not there."""
    rows = await connection.execute(
        select(service_gap)
        .where(service_gap.c.tenant_id == literal(tenant_id), service_gap.c.id.in_(gap_ids))
        .order_by(service_gap.c.id)
        .with_for_update()
    )
    return {row["id"]: row for row in rows.mappings()}


async def load_gap(connection: AsyncConnection, tenant_id: int, gap_id: UUID) -> RowMapping:
    """The gap, locked for change. Raises: NotFound."""
    return await _load(connection, service_gap, tenant_id, gap_id)


async def update_gap(connection: AsyncConnection, tenant_id: int, gap_id: UUID, values: Mapping[str, Any]) -> None:
    """Change the values and count the version up."""
    await _update(connection, service_gap, tenant_id, gap_id, values)


async def insert_gap_events(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep what became of gaps; none is fine."""
    if rows:
        await connection.execute(insert(gap_event), rows)


async def insert_premises(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add premises."""
    await connection.execute(insert(premises), [row])


async def load_premises(connection: AsyncConnection, tenant_id: int, premises_id: UUID) -> RowMapping:
    """The premises, locked for change. Raises: NotFound."""
    return await _load(connection, premises, tenant_id, premises_id)


async def update_premises(
    connection: AsyncConnection, tenant_id: int, premises_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values and count the version up."""
    await _update(connection, premises, tenant_id, premises_id, values)


async def find_premises_at(connection: AsyncConnection, tenant_id: int, match_key: str) -> UUID | None:
    """The premises at this address."""
    found: UUID | None = await connection.scalar(
        select(premises.c.id).where(premises.c.tenant_id == literal(tenant_id), premises.c.match_key == match_key)
    )
    return found


async def insert_agreement(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add an agreement."""
    await connection.execute(insert(entrustment_agreement), [row])


async def load_agreement(connection: AsyncConnection, tenant_id: int, agreement_id: UUID) -> RowMapping:
    """The agreement, locked for change. Raises: NotFound."""
    return await _load(connection, entrustment_agreement, tenant_id, agreement_id)


async def update_agreement(
    connection: AsyncConnection, tenant_id: int, agreement_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values and count the version up."""
    await _update(connection, entrustment_agreement, tenant_id, agreement_id, values)


async def find_live_agreement(connection: AsyncConnection, tenant_id: int, premises_id: UUID) -> RowMapping | None:
    """The agreement by which the premises are entrusted now, or are about to be."""
    columns = entrustment_agreement.c
    rows = await connection.execute(
        select(entrustment_agreement).where(
            columns.tenant_id == literal(tenant_id),
            columns.premises_id == premises_id,
            columns.ended_on.is_(None),
        )
    )
    return rows.mappings().one_or_none()


async def list_agreements_of(
    connection: AsyncConnection, tenant_id: int, application_ids: Sequence[UUID], institution_id: UUID | None = None
) -> Sequence[RowMapping]:
    """The agreements made on these awards, or with this institution, that have not ended; locked for change."""
    columns = entrustment_agreement.c
    wanted: list[ColumnElement[bool]] = [columns.application_id.in_(application_ids)]
    if institution_id is not None:
        wanted.append(columns.institution_id == institution_id)
    rows = await connection.execute(
        select(entrustment_agreement)
        .where(columns.tenant_id == literal(tenant_id), or_(*wanted), columns.ended_on.is_(None))
        .order_by(columns.id)
        .with_for_update()
    )
    return rows.mappings().all()


async def list_ended_by(connection: AsyncConnection, tenant_id: int, exit_case_id: UUID) -> Sequence[RowMapping]:
    """The agreements that this exit case ended, locked for change."""
    columns = entrustment_agreement.c
    rows = await connection.execute(
        select(entrustment_agreement)
        .where(columns.tenant_id == literal(tenant_id), columns.exit_case_id == exit_case_id)
        .order_by(columns.id)
        .with_for_update()
    )
    return rows.mappings().all()


async def insert_breach(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add a breach finding."""
    await connection.execute(insert(agreement_breach), [row])


async def list_open_breaches(connection: AsyncConnection, tenant_id: int, agreement_id: UUID) -> Sequence[RowMapping]:
    """The agreement's breaches that were not made good, locked for change."""
    columns = agreement_breach.c
    rows = await connection.execute(
        select(agreement_breach)
        .where(
            columns.tenant_id == literal(tenant_id),
            columns.agreement_id == agreement_id,
            columns.remedied_on.is_(None),
        )
        .order_by(columns.id)
        .with_for_update()
    )
    return rows.mappings().all()


async def update_breach(
    connection: AsyncConnection, tenant_id: int, breach_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values and count the version up."""
    await _update(connection, agreement_breach, tenant_id, breach_id, values)


async def _load(connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID) -> RowMapping:
    rows = await connection.execute(
        select(table).where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id).with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def _update(
    connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID, values: Mapping[str, Any]
) -> None:
    await connection.execute(
        update(table)
        .where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id)
        .values(**values, version=table.c.version + 1, updated_at=func.now())
    )
