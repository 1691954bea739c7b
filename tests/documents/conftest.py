"""Files to upload, and a way to upload them as a client does."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from server.documents.media import DOCX, PDF
from tests.driving import Client, Server

REQUEST = """mutation($input: RequestUploadInput!) { requestUpload(input: $input) { __typename
  ... on UploadTicket { url expiresAt document { id status name } }
  ... on Problem { code message path } } }"""


def archive(*members: str) -> bytes:
    """A zip archive with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for one in members:
            made.writestr(one, f"<{one}/>")
    return out.getvalue()


#: Bytes of each type.
FILES = {
    PDF: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj << >> endobj\n%%EOF\n",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 24,
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\0" * 24,
    DOCX: archive("[Content_Types].xml", "word/document.xml"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": archive(
        "[Content_Types].xml", "xl/workbook.xml"
    ),
    "application/ofd": archive("OFD.xml", "Doc_0/Document.xml"),
}
_count = iter(range(10_000))


@dataclass
class Uploads:
    """One caller's uploads."""

    server: Server
    caller: Client
    district: str = "mentougou"

    async def ask(self, media_type: str = PDF, size: int | None = None, **more: Any) -> dict[str, Any]:
        """What ``requestUpload`` says."""
        wanted = {
            "district": self.district,
            "name": "营业执照.pdf",
            "mediaType": media_type,
            "sizeBytes": len(FILES[PDF]) if size is None else size,
            "idempotencyKey": f"upload-{next(_count)}",
        } | more
        answer: dict[str, Any] = (await self.caller(REQUEST, input=wanted)).data["requestUpload"]
        return answer

    async def put(self, url: str, content: bytes) -> httpx.Response:
        """The answer to the bytes."""
        return await self.server.http.put(url, content=content)

    async def stored(self, content: bytes = FILES[PDF], media_type: str = PDF, **more: Any) -> str:
        """The id of a file that was uploaded."""
        ticket = await self.ask(media_type, len(content), **more)
        answer = await self.put(ticket["url"], content)
        assert answer.status_code == 201, answer.text
        assert answer.json() == {"sizeBytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        found: str = ticket["document"]["id"]
        return found

    async def shown(self, document: str, fields: str = "status downloadUrl sha256 sizeBytes refusal") -> Any:
        """The file as the caller sees it; None where it is not seen."""
        reply = await self.caller(
            f"query($id: ID!) {{ documents(filter: {{ id: {{ eq: $id }} }}) {{ nodes {{ {fields} }} }} }}", id=document
        )
        return next(iter(reply.data["documents"]["nodes"]), None)


@pytest.fixture
def applicant(server: Server) -> Uploads:
    return Uploads(server, server.client("mentougou-applicant"))


@pytest.fixture
def officer(server: Server) -> Uploads:
    return Uploads(server, server.client("mentougou-officer"))
