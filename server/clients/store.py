"""Trusted documents in the database."""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.clients.model import TrustedDocument, digest_of
from server.clients.tables import trusted_document
from server.db import roles
from server.db.pools import Pools
from server.kit.actor import MUNICIPALITY
from server.kit.ids import stable_id

_TEXT = "SELECT text FROM trusted_document WHERE tenant_id = 0 AND digest = $1"


async def find_text(pools: Pools, digest: str) -> str | None:
    """The text of the document with this digest."""
    rows = await pools.fetch(roles.PUBLIC_READER, _TEXT, [digest])
    return rows[0][0] if rows else None


async def insert_documents(connection: AsyncConnection, client: str, texts: Iterable[str]) -> int:
    """Register these texts for the client, on the platform role; the number that were not registered before.

    A text that another client registered already stays that client's.
    """
    rows = [
        {
            "tenant_id": MUNICIPALITY,
            "id": stable_id("trusted-document", digest),
            "digest": digest,
            "text": text,
            "client": client,
        }
        for digest, text in {digest_of(text): text for text in texts}.items()
    ]
    if not rows:
        return 0
    statement = insert(trusted_document).values(rows).on_conflict_do_nothing().returning(trusted_document.c.digest)
    return len((await connection.execute(statement)).all())


async def list_documents(connection: AsyncConnection) -> list[TrustedDocument]:
    """All of them, by client and then by age."""
    table = trusted_document
    wanted = select(table.c.digest, table.c.text, table.c.client, table.c.registered_at)
    rows = await connection.execute(wanted.order_by(table.c.client, table.c.registered_at, table.c.digest))
    return [TrustedDocument(**row._mapping) for row in rows]


async def delete_document(connection: AsyncConnection, digest: str) -> bool:
    """Withdraw a document; whether there was one."""
    gone = await connection.execute(delete(trusted_document).where(trusted_document.c.digest == digest))
    return gone.rowcount > 0
