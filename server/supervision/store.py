"""Every SELECT, INSERT and UPDATE of supervision."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Table, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.kit.errors import NotFound, OutOfDate
from server.policy.store import Fetch
from server.supervision.tables import negative_finding, supervision_fact, yellow_card

_WANTED = " FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) JOIN"
_ON = "ON t.tenant_id = wanted.tenant_id AND t.institution_id = wanted.id ORDER BY t.tenant_id, t.id"
FACT_NAMES = (
    "tenant_id",
    "institution_id",
    "id",
    "root_id",
    "kind",
    "occurred_on",
    "decided_on",
    "matter",
    "substantiated",
    "serious_adverse_effect",
    "safety_grade",
    "harm",
    "malpractice_grade",
    "points",
    "insurance_action",
    "refused",
    "established",
    "emergency",
    "treatment_delayed",
    "mental_harm",
    "created_at",
    "annulled_at",
)
FINDING_NAMES = (
    "tenant_id",
    "institution_id",
    "id",
    "item",
    "basis",
    "occurred_on",
    "confirmed_on",
    "confirmed_at",
    "reversed_at",
)
CARD_NAMES = (
    "tenant_id",
    "institution_id",
    "id",
    "confirmation_id",
    "occurred_on",
    "confirmed_on",
    "issued_on",
    "created_at",
    "voided_at",
)


async def insert_row(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    """Add the row."""
    await connection.execute(insert(table), [dict(row)])


async def load_for_change(
    connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID, expected_version: int | None
) -> RowMapping:
    """The row, locked for change, at the version the caller saw.  Raises: NotFound, OutOfDate."""
    rows = await connection.execute(
        select(table).where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id).with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    if expected_version is not None and row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    return row


async def update_row(
    connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values and count the version up."""
    await connection.execute(
        update(table)
        .where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id)
        .values(**values, version=table.c.version + 1, updated_at=func.now())
    )


async def list_findings_of_card(connection: AsyncConnection, tenant_id: int, card_id: UUID) -> Sequence[RowMapping]:
    """The findings that the card was given for, reversed ones included."""
    rows = await connection.execute(
        select(negative_finding).where(
            negative_finding.c.tenant_id == literal(tenant_id), negative_finding.c.card_id == card_id
        )
    )
    return rows.mappings().all()


async def list_findings_on(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> Sequence[RowMapping]:
    """Every finding on the institution."""
    rows = await connection.execute(
        select(negative_finding).where(
            negative_finding.c.tenant_id == literal(tenant_id), negative_finding.c.institution_id == institution_id
        )
    )
    return rows.mappings().all()


async def list_findings_resting_on(connection: AsyncConnection, tenant_id: int, basis: str) -> Sequence[RowMapping]:
    """The confirmed findings that rest on this record."""
    rows = await connection.execute(
        select(negative_finding).where(
            negative_finding.c.tenant_id == literal(tenant_id),
            negative_finding.c.basis == basis,
            negative_finding.c.status == "CONFIRMED",
        )
    )
    return rows.mappings().all()


async def find_facts(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> list[dict[str, Any]]:
    """The facts about these institutions (tenant and id), annulled ones included."""
    return await _find(fetch, supervision_fact.name, FACT_NAMES, institutions)


async def find_findings(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> list[dict[str, Any]]:
    """The findings on these institutions, whatever their status."""
    return await _find(fetch, negative_finding.name, FINDING_NAMES, institutions)


async def find_cards(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> list[dict[str, Any]]:
    """The cards of these institutions, voided ones included."""
    return await _find(fetch, yellow_card.name, CARD_NAMES, institutions)


async def find_cards_by_id(fetch: Fetch, cards: Sequence[tuple[int, UUID]]) -> list[dict[str, Any]]:
    """These cards (tenant and id) that the fetching role sees."""
    columns = ", ".join(f"t.{name}" for name in CARD_NAMES)
    sql = f"SELECT {columns}{_WANTED} yellow_card t ON t.tenant_id = wanted.tenant_id AND t.id = wanted.id"
    rows = await fetch(sql, [[tenant for tenant, _ in cards], [one for _, one in cards]])
    return [dict(zip(CARD_NAMES, row, strict=True)) for row in rows]


async def _find(
    fetch: Fetch, table: str, names: Sequence[str], institutions: Sequence[tuple[int, UUID]]
) -> list[dict[str, Any]]:
    columns = ", ".join(f"t.{name}" for name in names)
    sql = f"SELECT {columns}{_WANTED} {table} t {_ON}"
    rows = await fetch(sql, [[tenant for tenant, _ in institutions], [one for _, one in institutions]])
    return [dict(zip(names, row, strict=True)) for row in rows]


async def find_root(fetch: Fetch, tenant_id: int, fact: UUID) -> UUID | None:
    """What the fact and all that took its place are known by."""
    sql = "SELECT root_id FROM supervision_fact WHERE tenant_id = $1 AND id = $2"
    rows = await fetch(sql, [tenant_id, fact])
    return rows[0][0] if rows else None
