"""Every statement on uploaded files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.documents.model import DocumentStatus
from server.documents.tables import case_reader, document, document_use
from server.kit.errors import NotFound
from server.policy.store import Fetch


async def insert_document(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add a file that is to be uploaded."""
    await connection.execute(insert(document), [row])


async def count_uploading(connection: AsyncConnection, tenant_id: int, subject: str, now: datetime) -> int:
    """How many files the person has begun to upload whose address is still good."""
    return (
        await connection.scalar(
            select(func.count())
            .select_from(document)
            .where(
                document.c.tenant_id == literal(tenant_id),
                document.c.uploaded_by == subject,
                document.c.status == DocumentStatus.UPLOADING.value,
                document.c.upload_until > now,
            )
        )
        or 0
    )


async def find_documents(connection: AsyncConnection, tenant_id: int, ids: Sequence[UUID]) -> Mapping[UUID, RowMapping]:
    """The files of the tenant among these, by id."""
    rows = await connection.execute(
        select(document).where(document.c.tenant_id == literal(tenant_id), document.c.id.in_(ids))
    )
    return {row["id"]: row for row in rows.mappings()}


async def load_for_change(connection: AsyncConnection, tenant_id: int, document_id: UUID) -> RowMapping:
    """The file, locked for change.

    Raises: NotFound.
    """
    rows = await connection.execute(
        select(document)
        .where(document.c.tenant_id == literal(tenant_id), document.c.id == document_id)
        .with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def update_document(
    connection: AsyncConnection, tenant_id: int, document_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values."""
    await connection.execute(
        update(document)
        .where(document.c.tenant_id == literal(tenant_id), document.c.id == document_id)
        .values(**values)
    )


async def insert_uses(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note where the files are used; a use that is noted already stays as it is."""
    if rows:
        await connection.execute(
            upsert(document_use).on_conflict_do_nothing(
                index_elements=["tenant_id", "document_id", "subject_id", "purpose"]
            ),
            rows,
        )


async def insert_readers(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Open cases to readers; those to whom they are open already stay so."""
    if rows:
        await connection.execute(upsert(case_reader).on_conflict_do_nothing(), rows)


async def withdraw_reader(connection: AsyncConnection, tenant_id: int, subject_id: UUID, reader: str) -> int:
    """The person reads the case's files no longer; 0 where they did not."""
    done = await connection.execute(
        update(case_reader)
        .where(
            case_reader.c.tenant_id == literal(tenant_id),
            case_reader.c.subject_id == subject_id,
            case_reader.c.reader == reader,
            case_reader.c.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=func.now())
    )
    return done.rowcount


async def find_stored(fetch: Fetch, tenant_id: int, document_id: UUID) -> tuple[str, str, int, str, str] | None:
    """Name, media type, size, SHA-256 and place of a stored file."""
    rows = await fetch(
        "SELECT name, media_type, size_bytes, sha256, place FROM document"
        " WHERE tenant_id = $1 AND id = $2 AND status = 'STORED'",
        [tenant_id, document_id],
    )
    return rows[0] if rows else None
