"""Every statement on people who answer for institutions."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, insert, literal, select, update
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncConnection

from server.kit.errors import NotFound
from server.people.model import Position
from server.people.tables import person

#: The register stands above this area; it is named here as a foreign key would name it.
_INSTITUTION = sql_table("institution", sql_column("tenant_id"), sql_column("id"))


async def hold_institution(
    connection: AsyncConnection, tenant_id: int, institution_id: UUID, path: tuple[str, ...]
) -> None:
    """Wait until nobody else changes who answers for this institution; held until the transaction ends.

    Raises: NotFound.
    """
    found = await connection.scalar(
        select(_INSTITUTION.c.id)
        .where(_INSTITUTION.c.tenant_id == literal(tenant_id), _INSTITUTION.c.id == institution_id)
        .with_for_update()
    )
    if found is None:
        raise NotFound(path=path)


async def find_current(
    connection: AsyncConnection, tenant_id: int, institution_id: UUID, position: Position
) -> RowMapping | None:
    """Who answers for the institution in this position, with no end set; None where nobody does."""
    rows = await connection.execute(
        select(person).where(
            person.c.tenant_id == literal(tenant_id),
            person.c.institution_id == institution_id,
            person.c.position == position,
            person.c.until.is_(None),
        )
    )
    return rows.mappings().one_or_none()


async def find_namesake(
    connection: AsyncConnection, tenant_id: int, same: ColumnElement[bool], name: str, besides: UUID | None
) -> bool:
    """Whether a person of another name holds the same identity number (``same``), this row apart."""
    wanted = (person.c.tenant_id == literal(tenant_id), same, person.c.name != name)
    own = () if besides is None else (person.c.id != besides,)
    return await connection.scalar(select(person.c.id).where(*wanted, *own).limit(1)) is not None


async def load_for_change(connection: AsyncConnection, tenant_id: int, person_id: UUID) -> RowMapping:
    """The person, locked for change. Raises: NotFound."""
    rows = await connection.execute(
        select(person).where(person.c.tenant_id == literal(tenant_id), person.c.id == person_id).with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def insert_person(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add one person."""
    await connection.execute(insert(person).values(row))


async def update_person(
    connection: AsyncConnection, tenant_id: int, person_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change a person and count the version up."""
    await connection.execute(
        update(person)
        .where(person.c.tenant_id == literal(tenant_id), person.c.id == person_id)
        .values(**values, version=person.c.version + 1, updated_at=func.now())
    )


async def update_until(connection: AsyncConnection, tenant_id: int, person_id: UUID, until: date) -> None:
    """End the person's time in the position on this day."""
    await update_person(connection, tenant_id, person_id, {"until": until})
