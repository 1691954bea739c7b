"""Every statement on districts, authorities and agencies."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.districts.model import AuthorityKind, District
from server.districts.tables import authority, district, insurance_agency
from server.kit.ids import stable_id


async def upsert_district(connection: AsyncConnection, one: District) -> None:
    """Write the district, its authorities and, where it has none yet, its agency.

    An agency that exists is left alone: its contacts are kept by the district from then on.
    """
    values: Mapping[str, Any] = {
        "tenant_id": one.tenant_id,
        "id": stable_id("district", one.code),
        "code": one.code,
        "name": one.name,
        "name_en": one.name_en,
        "kind": one.kind,
        "division_code": one.division_code,
        "statistics_code": one.statistics_code,
        "display_order": one.display_order,
    }
    await connection.execute(
        insert(district).values(values).on_conflict_do_update(index_elements=["tenant_id"], set_=values)
    )
    for body in one.authorities:
        await connection.execute(
            insert(authority)
            .values(
                tenant_id=one.tenant_id,
                id=stable_id("authority", one.code, body.kind, body.name),
                kind=body.kind,
                name=body.name,
            )
            .on_conflict_do_nothing()
        )
    if one.agency:
        await connection.execute(
            insert(insurance_agency)
            .values(
                tenant_id=one.tenant_id,
                id=stable_id("agency", one.code),
                name=one.agency.name,
                phones=list(one.agency.phones),
                email=one.agency.email,
                created_by="shequ provision",
                source="京医保中心发〔2025〕4号 附件3",
            )
            .on_conflict_do_nothing()
        )


async def list_authority_kinds(connection: AsyncConnection, tenant_id: int) -> Sequence[AuthorityKind]:
    """The kinds of authority that the tenant has, each once."""
    found = await connection.scalars(
        select(authority.c.kind)
        .where(authority.c.tenant_id == literal(tenant_id))
        .distinct()
        .order_by(authority.c.kind)
    )
    return [AuthorityKind(kind) for kind in found]


async def find_name(connection: AsyncConnection, tenant_id: int) -> str:
    """The district's name; empty where there is no such district."""
    name: str | None = await connection.scalar(select(district.c.name).where(district.c.tenant_id == tenant_id))
    return name or ""


async def lock_agency(connection: AsyncConnection, tenant_id: int) -> RowMapping | None:
    """The tenant's agency, locked for change; None where it has none."""
    rows = await connection.execute(
        select(insurance_agency).where(insurance_agency.c.tenant_id == tenant_id).with_for_update()
    )
    return rows.mappings().one_or_none()


async def update_agency(connection: AsyncConnection, tenant_id: int, values: Mapping[str, Any]) -> None:
    """Change the agency's values and count its version up."""
    await connection.execute(
        update(insurance_agency)
        .where(insurance_agency.c.tenant_id == literal(tenant_id))
        .values(**values, version=insurance_agency.c.version + 1)
    )
