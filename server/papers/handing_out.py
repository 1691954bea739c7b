"""Handing out official documents as files."""

import asyncio
from collections.abc import AsyncIterator

from server.documents.keeping import Outgoing
from server.documents.media import DOCX
from server.documents.tickets import Ticket
from server.kit.errors import NotFound
from server.papers import rendering, store
from server.policy.documents import Register
from server.policy.store import Fetch


async def issued_paper(fetch: Fetch, register: Register, ticket: Ticket) -> Outgoing:
    """The document that the ticket opens, as the file it asks for.

    Raises: NotFound.
    """
    paper = await store.find_issued(fetch, ticket.tenant_id, ticket.id)
    if paper is None:
        raise NotFound()
    content = await asyncio.to_thread(rendering.docx_of, paper, rendering.citing(register))
    return Outgoing(f"{paper.title}（{paper.number}）.docx", DOCX, len(content), _whole(content))


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
