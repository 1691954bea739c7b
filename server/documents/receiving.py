"""Taking in the bytes of an announced file.

They are read to their end and looked at before any of them reaches the store, and the row says STORED only in the
transaction that comes after: a half upload, or one that is not what it claims to be, is never anybody's document.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from server.documents import store
from server.documents.media import MIB, flaw
from server.documents.model import DocumentStatus
from server.documents.vault import Vault
from server.kit import clock
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.record.acts import Act

#: Kept in memory; more goes to a temporary file.
_IN_MEMORY = MIB

#: An act of the file's owner in the file's tenant.
Acting = Callable[[], AbstractAsyncContextManager[Act]]


class Refused(Invalid):
    """The bytes are not acceptable, and the document is closed: it must be announced anew."""

    code = "DOCUMENT_REFUSED"


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an upload."""

    size_bytes: int
    sha256: str


async def receive(acting: Acting, vault: Vault, document_id: UUID, pieces: AsyncIterator[bytes]) -> Stored:
    """The file stored, with its size and SHA-256.

    Raises: NotFound, Conflict (stored or refused already), Invalid (more or fewer bytes than announced; the address may be
    used again), Refused (the bytes are not of the announced type).
    """
    async with acting() as act:
        row = await store.load_for_change(act.connection, act.tenant_id, document_id)
        _require_open(row["status"])
        tenant_id, announced, media_type = act.tenant_id, row["size_bytes"], row["media_type"]
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        got = await _read(pieces, file, announced)
        wrong = await asyncio.to_thread(flaw, file, media_type)
        if wrong is not None:
            await _close(acting, document_id, {"status": DocumentStatus.REFUSED, "refusal": wrong}, "refused")
            raise Refused(wrong)
        # A place of its own for every attempt: of two at a time the one that is noted first stays.
        place = f"{tenant_id}/{clock.today():%Y/%m}/{document_id}/{new_id()}"
        await vault.put(place, file)
    values = {
        "status": DocumentStatus.STORED,
        "size_bytes": got.size_bytes,
        "sha256": got.sha256,
        "place": place,
        "stored_at": clock.now(),
    }
    try:
        await _close(acting, document_id, values, "stored")
    except BaseException:
        await _quietly(vault.discard(place))
        raise
    return got


async def _read(pieces: AsyncIterator[bytes], file: IO[bytes], announced: int) -> Stored:
    size, sha256 = 0, hashlib.sha256()
    async for piece in pieces:
        size += len(piece)
        if size > announced:
            raise Invalid(f"收到的内容超过申报的 {announced} 字节，请重新申请上传")
        sha256.update(piece)
        file.write(piece)
    if size != announced:
        raise Invalid(f"内容不完整：申报 {announced} 字节，收到 {size} 字节，请重新上传")
    return Stored(size, sha256.hexdigest())


async def _close(acting: Acting, document_id: UUID, values: dict[str, object], action: str) -> None:
    async with acting() as act:
        row = await store.load_for_change(act.connection, act.tenant_id, document_id)
        _require_open(row["status"])
        await store.update_document(act.connection, act.tenant_id, document_id, values)
        noted = {name: value for name, value in values.items() if name not in ("place", "stored_at")}
        await act.note(action, "document", document_id, before={"status": row["status"]}, after=noted)


def _require_open(status: str) -> None:
    if status != DocumentStatus.UPLOADING:
        raise Conflict(f"该文件{DocumentStatus(status).label}，不能再次上传；请重新申请上传地址")


async def _quietly(discarding: Awaitable[None]) -> None:
    """Done where it can be: bytes that no row names are never shown to anybody."""
    try:
        await discarding
    except Exception:
        return
