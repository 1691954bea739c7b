"""Handing out official documents as files."""

import asyncio
from collections.abc import AsyncIterator

from server.documents.keeping import Outgoing
from server.documents.media import DOCX, PDF
from server.documents.tickets import Purpose, Ticket
from server.kit.errors import NotFound
from server.papers import store
from server.papers.model import Paper
from server.policy.documents import Register
from server.policy.store import Fetch

_FORMATS = {Purpose.PAPER_DOCX: (DOCX, ".docx"), Purpose.PAPER_PDF: (PDF, ".pdf")}


async def issued_paper(fetch: Fetch, register: Register, ticket: Ticket) -> Outgoing:
    """The document that the ticket opens, as the file it asks for.

    Raises: NotFound.
    """
    paper = await store.find_issued(fetch, ticket.tenant_id, ticket.id)
    if paper is None:
        raise NotFound()
    media_type, ending = _FORMATS[ticket.purpose]
    content = await asyncio.to_thread(_rendered, paper, media_type, register)
    return Outgoing(f"{paper.title}（{paper.number}）{ending}", media_type, len(content), _whole(content))


def _rendered(paper: Paper, media_type: str, register: Register) -> bytes:
    # Word and page libraries are large: they are loaded by whoever first asks for a document, not by every process.
    from server.papers import rendering

    render = rendering.pdf_of if media_type == PDF else rendering.docx_of
    return render(paper, rendering.citing(register))


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
