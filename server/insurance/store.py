"""Rows of any table of designation, and everything read of a case: its papers, bars against it, days that may move."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Table, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.institutions.tables import institution
from server.insurance.model import OPEN, DesignationStatus, ObjectionOutcome
from server.insurance.tables import (
    designation_application,
    designation_bar,
    designation_evaluation,
    designation_material,
    designation_message,
    designation_objection,
    designation_person,
    designation_publicity,
    designation_supplement,
)
from server.kit.actor import MUNICIPALITY
from server.kit.errors import NotFound
from server.reviews.tables import review

_NUMBERING = 8


# Any table ------------------------------------------------------------------------------------------------------------


async def insert_rows(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows in one statement; none is fine."""
    if rows:
        await connection.execute(insert(table), rows)


async def load_for_change(connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID) -> RowMapping:
    """The row, locked for change.  Raises: NotFound."""
    rows = await connection.execute(
        select(table).where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id).with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def update_row(
    connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values and, where the row counts versions, count up."""
    counted = {"version": table.c.version + 1, "updated_at": func.now()} if "version" in table.c else {}
    await connection.execute(
        update(table).where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id).values({**values, **counted})
    )


async def list_rows(connection: AsyncConnection, table: Table, *where: ColumnElement[bool]) -> Sequence[RowMapping]:
    """The rows that meet every condition, oldest first."""
    rows = await connection.execute(select(table).where(*where).order_by(table.c.id))
    return rows.mappings().all()


# Applications ---------------------------------------------------------------------------------------------------------


async def next_number(connection: AsyncConnection, tenant_id: int, year: int, quarter: int) -> int:
    """The next free number of the tenant's quarter; nobody else takes one until the transaction ends."""
    await connection.execute(
        text("SELECT pg_advisory_xact_lock(:kind, :tenant)"), {"kind": _NUMBERING, "tenant": tenant_id}
    )
    count = await connection.scalar(
        select(func.count())
        .select_from(designation_application)
        .where(
            designation_application.c.tenant_id == literal(tenant_id),
            designation_application.c.year == year,
            designation_application.c.quarter == quarter,
        )
    )
    return (count or 0) + 1


async def find_open(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> str | None:
    """The number of the institution's application that is under way."""
    number: str | None = await connection.scalar(
        select(designation_application.c.number).where(
            designation_application.c.tenant_id == literal(tenant_id),
            designation_application.c.institution_id == institution_id,
            designation_application.c.status.in_([one.value for one in OPEN]),
        )
    )
    return number


async def list_persons(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> Sequence[RowMapping]:
    """The persons that the form names."""
    c = designation_person.c
    return await list_rows(
        connection, designation_person, c.tenant_id == literal(tenant_id), c.application_id == application_id
    )


async def list_materials(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> Sequence[RowMapping]:
    """The six materials."""
    c = designation_material.c
    return await list_rows(
        connection, designation_material, c.tenant_id == literal(tenant_id), c.application_id == application_id
    )


async def find_supplement(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> RowMapping | None:
    """The one supplement notice."""
    c = designation_supplement.c
    rows = await list_rows(
        connection, designation_supplement, c.tenant_id == literal(tenant_id), c.application_id == application_id
    )
    return rows[0] if rows else None


async def list_evaluations(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> Sequence[RowMapping]:
    """The evaluations that stand."""
    c = designation_evaluation.c
    return await list_rows(
        connection,
        designation_evaluation,
        c.tenant_id == literal(tenant_id),
        c.application_id == application_id,
        c.annulled_on.is_(None),
    )


async def find_publicity(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> RowMapping | None:
    """The publicity that stands, locked."""
    c = designation_publicity.c
    rows = await connection.execute(
        select(designation_publicity)
        .where(c.tenant_id == literal(tenant_id), c.application_id == application_id, c.withdrawn_on.is_(None))
        .with_for_update()
    )
    return rows.mappings().one_or_none()


async def count_open_objections(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> int:
    """Objections that nobody has decided."""
    c = designation_objection.c
    return (
        await connection.scalar(
            select(func.count())
            .select_from(designation_objection)
            .where(
                c.tenant_id == literal(tenant_id),
                c.application_id == application_id,
                c.outcome == ObjectionOutcome.UNDER_REVIEW.value,
            )
        )
        or 0
    )


# Bars -----------------------------------------------------------------------------------------------------------------


async def list_bars(
    connection: AsyncConnection, line: Sequence[UUID], persons: Sequence[tuple[str, ColumnElement[bool]]]
) -> list[tuple[RowMapping, str | None]]:
    """The bars in the whole city against these institutions and persons, each with the role of the person it meets.

    ``persons``: role and the condition that a bar is on that person.
    """
    c = designation_bar.c
    stands = (c.tenant_id == literal(MUNICIPALITY), c.lifted_on.is_(None))
    rows = await list_rows(connection, designation_bar, *stands, c.subject == "INSTITUTION", c.institution_id.in_(line))
    found: list[tuple[RowMapping, str | None]] = [(row, None) for row in rows]
    for role, same in persons:
        found += [
            (row, role) for row in await list_rows(connection, designation_bar, *stands, c.subject == "PERSON", same)
        ]
    return found


# Calendar -------------------------------------------------------------------------------------------------------------


async def list_provisional(connection: AsyncConnection, tenant_id: int) -> Sequence[RowMapping]:
    """Applications whose supplement day a notice may move, and nobody has acted on yet; locked."""
    c = designation_application.c
    rows = await connection.execute(
        select(designation_application)
        .where(
            c.tenant_id == literal(tenant_id),
            c.supplement_due_status == "PROVISIONAL",
            c.status.in_(
                [
                    DesignationStatus.SUBMITTED.value,
                    DesignationStatus.CONFIRMED_BY_PHONE.value,
                    DesignationStatus.ACCEPTED.value,
                ]
            ),
        )
        .order_by(c.id)
        .with_for_update()
    )
    return rows.mappings().all()


async def list_provisional_publicities(connection: AsyncConnection, tenant_id: int) -> Sequence[RowMapping]:
    """Publicities whose last day a notice may move; locked."""
    c = designation_publicity.c
    rows = await connection.execute(
        select(designation_publicity)
        .where(c.tenant_id == literal(tenant_id), c.closes_status == "PROVISIONAL", c.withdrawn_on.is_(None))
        .order_by(c.id)
        .with_for_update()
    )
    return rows.mappings().all()


async def list_pending_messages(connection: AsyncConnection, tenant_id: int, most: int) -> Sequence[RowMapping]:
    """Messages that wait to be sent; no two senders take the same one."""
    c = designation_message.c
    rows = await connection.execute(
        select(designation_message)
        .where(c.tenant_id == literal(tenant_id), c.status == "PENDING")
        .order_by(c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return rows.mappings().all()


async def annul_review(connection: AsyncConnection, tenant_id: int, review_id: UUID, on: date) -> None:
    """The review of the common record stands no longer from this day; its row stays."""
    await update_row(connection, review, tenant_id, review_id, {"annulled_on": on})


async def refresh_latest_review(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> None:
    """The institution's day of the latest review, counted anew."""
    latest = (
        select(func.max(review.c.decided_on))
        .where(review.c.tenant_id == literal(tenant_id), review.c.institution_id == institution_id)
        .scalar_subquery()
    )
    await connection.execute(
        update(institution)
        .where(institution.c.tenant_id == literal(tenant_id), institution.c.id == institution_id)
        .values(latest_review_on=latest)
    )
