"""Every SELECT, INSERT and UPDATE of sites."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.sites.tables import site


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
