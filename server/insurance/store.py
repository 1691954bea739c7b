"""Every SELECT, INSERT and UPDATE of designation."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Table, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.districts.tables import district, insurance_agency
from server.institutions.tables import institution
from server.insurance.model import OPEN, DesignationStatus, HolderStatus, ObjectionOutcome
from server.insurance.tables import (
    designation,
    designation_agreement,
    designation_application,
    designation_bar,
    designation_evaluation,
    designation_material,
    designation_measure,
    designation_message,
    designation_objection,
    designation_person,
    designation_publicity,
    designation_supplement,
)
from server.kit.actor import MUNICIPALITY
from server.kit.errors import NotFound
from server.people.model import Position
from server.people.tables import person
from server.policy.store import Fetch
from server.reviews.tables import review
from server.sites.model import SiteKind
from server.sites.tables import site

_NUMBERING = 8

_RECORDS = (
    "SELECT f.institution_id, f.id, f.kind, f.occurred_on, f.decided_on, f.source_name, f.reference_number,"
    " f.penalty_kind, f.insurance_action FROM supervision_fact f"
    " WHERE f.tenant_id = $1 AND f.institution_id = ANY($2::uuid[]) AND f.kind = ANY($3::text[])"
    " AND f.annulled_at IS NULL ORDER BY f.decided_on, f.id"
)
_LINE = (
    "WITH RECURSIVE line(id) AS (SELECT $2::uuid UNION SELECT s.predecessor_id FROM succession s"
    " JOIN line ON s.successor_id = line.id WHERE s.tenant_id = $1) SELECT id FROM line"
)
RECORD_NAMES = (
    "institution_id",
    "id",
    "kind",
    "occurred_on",
    "decided_on",
    "source_name",
    "reference_number",
    "penalty_kind",
    "insurance_action",
)


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


async def _list(connection: AsyncConnection, table: Table, *where: ColumnElement[bool]) -> Sequence[RowMapping]:
    rows = await connection.execute(select(table).where(*where).order_by(table.c.id))
    return rows.mappings().all()


# What the register knows ----------------------------------------------------------------------------------------------


async def load_registered(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> Mapping[str, Any]:
    """What annex 1 asks for and the register holds: institution, practice site, superior, persons, district.

    Raises: NotFound.
    """
    parent = institution.alias("parent")
    rows = await connection.execute(
        select(institution, parent.c.name.label("parent_name"), district.c.division_code, district.c.statistics_code)
        .outerjoin(parent, (parent.c.tenant_id == institution.c.tenant_id) & (parent.c.id == institution.c.parent_id))
        .join(district, district.c.tenant_id == institution.c.tenant_id)
        .where(institution.c.tenant_id == literal(tenant_id), institution.c.id == institution_id)
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound(path=("input", "institution"))
    sites = await _list(
        connection,
        site,
        site.c.tenant_id == literal(tenant_id),
        site.c.institution_id == institution_id,
        site.c.kind == SiteKind.PRACTICE.value,
        site.c.until.is_(None),
    )
    people = await _list(
        connection,
        person,
        person.c.tenant_id == literal(tenant_id),
        person.c.institution_id == institution_id,
        person.c.until.is_(None),
        person.c.position.in_([Position.LEGAL_REPRESENTATIVE.value, Position.PRINCIPAL.value]),
    )
    code = None
    if row["parent_id"] is not None:
        code = await connection.scalar(
            select(designation.c.code).where(
                designation.c.tenant_id == literal(tenant_id), designation.c.institution_id == row["parent_id"]
            )
        )
    return {**row, "sites": sites, "people": people, "parent_code": code}


async def find_agency_name(connection: AsyncConnection, tenant_id: int) -> str:
    """The name of the tenant's insurance agency."""
    name: str | None = await connection.scalar(
        select(insurance_agency.c.name).where(insurance_agency.c.tenant_id == literal(tenant_id))
    )
    return name or "医疗保障经办机构"


async def load_agency_mailbox(connection: AsyncConnection, tenant_id: int) -> str:
    """The mailbox of the tenant's insurance agency.  Raises: NotFound."""
    mailbox: str | None = await connection.scalar(
        select(insurance_agency.c.email).where(insurance_agency.c.tenant_id == literal(tenant_id))
    )
    if mailbox is None:
        raise NotFound()
    return mailbox


async def find_line(fetch: Fetch, tenant_id: int, institution_id: UUID) -> list[UUID]:
    """The institution and all it follows, whose bars and records it carries (A-FT-14)."""
    return [row[0] for row in await fetch(_LINE, [tenant_id, institution_id])]


async def find_records(
    fetch: Fetch, tenant_id: int, line: Sequence[UUID], kinds: Sequence[str]
) -> list[dict[str, Any]]:
    """What supervision holds against these institutions, of these kinds, and has not annulled."""
    rows = await fetch(_RECORDS, [tenant_id, list(line), list(kinds)])
    return [dict(zip(RECORD_NAMES, row, strict=True)) for row in rows]


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
    return await _list(
        connection, designation_person, c.tenant_id == literal(tenant_id), c.application_id == application_id
    )


async def list_materials(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> Sequence[RowMapping]:
    """The six materials."""
    c = designation_material.c
    return await _list(
        connection, designation_material, c.tenant_id == literal(tenant_id), c.application_id == application_id
    )


async def find_supplement(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> RowMapping | None:
    """The one supplement notice."""
    c = designation_supplement.c
    rows = await _list(
        connection, designation_supplement, c.tenant_id == literal(tenant_id), c.application_id == application_id
    )
    return rows[0] if rows else None


async def list_evaluations(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> Sequence[RowMapping]:
    """The evaluations that stand."""
    c = designation_evaluation.c
    return await _list(
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


# Designations and agreements ------------------------------------------------------------------------------------------


async def find_designation(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> RowMapping | None:
    """The institution's designation, past or present, locked."""
    c = designation.c
    rows = await connection.execute(
        select(designation)
        .where(c.tenant_id == literal(tenant_id), c.institution_id == institution_id)
        .with_for_update()
    )
    return rows.mappings().one_or_none()


async def find_agreement(
    connection: AsyncConnection, tenant_id: int, institution_id: UUID, statuses: Collection[str]
) -> RowMapping | None:
    """The institution's latest agreement in one of these states, locked."""
    c = designation_agreement.c
    rows = await connection.execute(
        select(designation_agreement)
        .where(
            c.tenant_id == literal(tenant_id),
            c.institution_id == institution_id,
            c.status.in_([str(one) for one in statuses]),
        )
        .order_by(c.from_on.desc())
        .limit(1)
        .with_for_update()
    )
    return rows.mappings().one_or_none()


async def find_taken(connection: AsyncConnection, tenant_id: int, number: str, code: str, designation_id: UUID) -> bool:
    """Whether another agreement bears the number, or another institution the code."""
    numbered = await connection.scalar(
        select(designation_agreement.c.id).where(
            designation_agreement.c.tenant_id == literal(tenant_id), designation_agreement.c.number == number
        )
    )
    coded = await connection.scalar(
        select(designation.c.id).where(
            designation.c.tenant_id == literal(tenant_id),
            designation.c.code == code,
            designation.c.id != designation_id,
        )
    )
    return numbered is not None or coded is not None


async def find_following(connection: AsyncConnection, tenant_id: int, agreement_id: UUID) -> UUID | None:
    """The agreement that renews this one."""
    c = designation_agreement.c
    found: UUID | None = await connection.scalar(
        select(c.id).where(c.tenant_id == literal(tenant_id), c.previous_id == agreement_id).limit(1)
    )
    return found


async def list_ending(connection: AsyncConnection, tenant_id: int, on: date) -> Sequence[RowMapping]:
    """Agreements that run, and whose renewal should be asked for by now, or that have come to their end; locked."""
    c = designation_agreement.c
    rows = await connection.execute(
        select(designation_agreement)
        .where(c.tenant_id == literal(tenant_id), c.status == "ACTIVE", c.remind_on <= on)
        .order_by(c.id)
        .with_for_update()
    )
    return rows.mappings().all()


async def list_untold_measures(connection: AsyncConnection, tenant_id: int) -> Sequence[RowMapping]:
    """Measures that have not become facts of supervision yet, locked."""
    c = designation_measure.c
    rows = await connection.execute(
        select(designation_measure)
        .where(c.tenant_id == literal(tenant_id), c.fact_id.is_(None))
        .order_by(c.id)
        .with_for_update()
    )
    return rows.mappings().all()


# Bars -----------------------------------------------------------------------------------------------------------------


async def list_bars(
    connection: AsyncConnection, line: Sequence[UUID], persons: Sequence[tuple[str, ColumnElement[bool]]]
) -> list[tuple[RowMapping, str | None]]:
    """The bars in the whole city against these institutions and persons, each with the role of the person it meets.

    ``persons``: role and the condition that a bar is on that person.
    """
    c = designation_bar.c
    stands = (c.tenant_id == literal(MUNICIPALITY), c.lifted_on.is_(None))
    rows = await _list(connection, designation_bar, *stands, c.subject == "INSTITUTION", c.institution_id.in_(line))
    found: list[tuple[RowMapping, str | None]] = [(row, None) for row in rows]
    for role, same in persons:
        found += [(row, role) for row in await _list(connection, designation_bar, *stands, c.subject == "PERSON", same)]
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


#: A designation that keeps the institution from applying again.
STANDING = (HolderStatus.INCLUDED, HolderStatus.ACTIVE, HolderStatus.SUSPENDED)


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
