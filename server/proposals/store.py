"""Every statement on proposals."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.kit.errors import NotFound
from server.proposals.model import ProposalStatus
from server.proposals.tables import proposal


async def hold_subject(connection: AsyncConnection, subject_id: UUID) -> None:
    """Wait until nobody else proposes about this subject; held until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(5, hashtext(:subject))"), {"subject": str(subject_id)})


async def list_of_subject(connection: AsyncConnection, tenant_id: int, subject_id: UUID) -> Sequence[RowMapping]:
    """All proposals ever made about the subject, oldest first."""
    rows = await connection.execute(
        select(proposal)
        .where(proposal.c.tenant_id == literal(tenant_id), proposal.c.subject_id == subject_id)
        .order_by(proposal.c.id)
    )
    return rows.mappings().all()


async def list_open(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> Sequence[RowMapping]:
    """The open proposals about the institution and about its records, oldest first."""
    rows = await connection.execute(
        select(proposal)
        .where(
            proposal.c.tenant_id == literal(tenant_id),
            proposal.c.institution_id == institution_id,
            proposal.c.status == ProposalStatus.OPEN.value,
        )
        .order_by(proposal.c.id)
    )
    return rows.mappings().all()


async def list_institutions_with_open(connection: AsyncConnection, tenant_id: int) -> Sequence[UUID]:
    """The institutions that an open proposal is about, each once."""
    rows = await connection.execute(
        select(proposal.c.institution_id)
        .where(proposal.c.tenant_id == literal(tenant_id), proposal.c.status == ProposalStatus.OPEN.value)
        .distinct()
        .order_by(proposal.c.institution_id)
    )
    return rows.scalars().all()


async def load_for_change(connection: AsyncConnection, tenant_id: int, proposal_id: UUID) -> RowMapping:
    """The proposal, locked for change.

    Raises: NotFound.
    """
    rows = await connection.execute(
        select(proposal)
        .where(proposal.c.tenant_id == literal(tenant_id), proposal.c.id == proposal_id)
        .with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def insert_proposals(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows in one statement; none is fine."""
    if rows:
        await connection.execute(insert(proposal), rows)


async def update_proposal(
    connection: AsyncConnection, tenant_id: int, proposal_id: UUID, values: Mapping[str, Any]
) -> RowMapping:
    """Change the values and count the version up; the row as it is then."""
    rows = await connection.execute(
        update(proposal)
        .where(proposal.c.tenant_id == literal(tenant_id), proposal.c.id == proposal_id)
        .values(**values, version=proposal.c.version + 1, updated_at=func.now())
        .returning(*proposal.c)
    )
    return rows.mappings().one()
