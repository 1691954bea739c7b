"""What other areas' tables tell of an institution that applies, its records and line, and of the agency it applies to."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.districts.tables import district, insurance_agency
from server.institutions.tables import institution
from server.insurance.store import list_rows
from server.insurance.tables import designation
from server.kit.errors import NotFound
from server.people.model import Position
from server.people.tables import person
from server.policy.store import Fetch
from server.sites.model import SiteKind
from server.sites.tables import site

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
    sites = await list_rows(
        connection,
        site,
        site.c.tenant_id == literal(tenant_id),
        site.c.institution_id == institution_id,
        site.c.kind == SiteKind.PRACTICE.value,
        site.c.until.is_(None),
    )
    people = await list_rows(
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
