"""Designated institutions as stored: the designation, its agreements, and measures taken against it."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.insurance.model import AgreementStatus, HolderStatus
from server.insurance.tables import designation, designation_agreement, designation_measure

#: A designation that keeps the institution from applying again.
STANDING = (HolderStatus.INCLUDED, HolderStatus.ACTIVE, HolderStatus.SUSPENDED)
#: An agreement that has not ended, whether it rests or not.
RUNNING = (AgreementStatus.ACTIVE, AgreementStatus.SUSPENDED)


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
