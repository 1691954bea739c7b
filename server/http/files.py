"""``/files``: documents come in by PUT and go out by GET, each through a signed address made for it.

The address itself is the permission: whoever was given it may use it until it expires.  Raw ASGI, so that no file is ever
whole in memory.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from urllib.parse import parse_qs, quote

import orjson
import structlog

from server.documents.keeping import Files, Outgoing
from server.documents.receiving import Refused, receive
from server.documents.tickets import Purpose, Ticket, TicketRefused
from server.http.logs import REQUEST_ID
from server.http.messages import HttpProblem, Receive, Scope, Send, error_body, header, respond
from server.kit.errors import Conflict, Invalid, NotFound, Overloaded, RequestFailed
from server.kit.ids import new_id, new_request_id
from server.record.acts import Act

log = structlog.get_logger("shequ.files")

#: How long a caller may pause between two pieces.
_PAUSE_SECONDS = 30.0


#: An act of the ticket's holder in its tenant.
ActingFor = Callable[[Ticket, str], AbstractAsyncContextManager[Act]]
#: The file that a ticket of one purpose opens.  Raises: NotFound.
Find = Callable[[Ticket], Awaitable[Outgoing]]


class FilesEndpoint:
    """The ASGI handler.  ``finders`` give what can be downloaded, by the purpose of the ticket."""

    def __init__(self, files: Files, acting: ActingFor, finders: Mapping[Purpose, Find]) -> None:
        self._files = files
        self._acting = acting
        self._finders = finders

    async def __call__(self, scope: Scope, receive_: Receive, send: Send) -> None:
        request_id = new_request_id()
        REQUEST_ID.set(request_id)
        headers = {"x-request-id": request_id, "referrer-policy": "no-referrer"}
        try:
            ticket = self._ticket(scope)
            if ticket.purpose is Purpose.UPLOAD:
                await self._upload(scope, receive_, send, ticket, headers)
            else:
                await self._download(scope, send, ticket, headers)
        except HttpProblem as problem:
            await respond(
                send, problem.status, error_body(problem.code, problem.message), headers=headers | problem.headers
            )
        except NotFound as error:
            await respond(send, 404, error_body(error.code, error.message), headers=headers)
        except RequestFailed as error:
            status = 503 if error.code == Overloaded.code else 400
            await respond(send, status, error_body(error.code, error.message), headers=headers)
        except _Broken:
            raise  # the answer has begun: the server closes the connection, and the caller sees that bytes are missing
        except Exception:
            incident = str(new_id())
            log.exception("unexpected", incident=incident)
            body = error_body("INTERNAL_SERVER_ERROR", "系统内部错误，请将事件编号告知管理员", incident=incident)
            await respond(send, 500, body, headers=headers)

    def _ticket(self, scope: Scope) -> Ticket:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])
        try:
            ticket = self._files.tickets.read(given[0])
        except TicketRefused:
            raise HttpProblem(403, "FORBIDDEN", "文件地址无效或已过期，请重新获取") from None
        allowed = ("PUT",) if ticket.purpose is Purpose.UPLOAD else ("GET", "HEAD")
        if scope["method"] not in allowed:
            raise HttpProblem(405, "METHOD_NOT_ALLOWED", f"请使用 {allowed[0]} 方法", allow=", ".join(allowed))
        return ticket

    async def _upload(
        self, scope: Scope, receive_: Receive, send: Send, ticket: Ticket, headers: dict[str, str]
    ) -> None:
        declared = header(scope, b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > self._files.limits.bytes_most:
            raise HttpProblem(413, "PAYLOAD_TOO_LARGE", "文件超过上限，请压缩后重新申请上传")
        acting = partial(self._acting, ticket, headers["x-request-id"])
        try:
            stored = await receive(acting, self._files.vault, ticket.id, _pieces(receive_))
        except Refused as refused:
            raise HttpProblem(415, refused.code, refused.message) from None
        except Conflict as conflict:
            raise HttpProblem(409, conflict.code, conflict.message) from None
        except Invalid as invalid:
            raise HttpProblem(400, invalid.code, invalid.message) from None
        body = orjson.dumps({"sizeBytes": stored.size_bytes, "sha256": stored.sha256})
        await respond(send, 201, body, headers=headers)

    async def _download(self, scope: Scope, send: Send, ticket: Ticket, headers: dict[str, str]) -> None:
        found = await self._finders[ticket.purpose](ticket)
        log.info("download", purpose=ticket.purpose, tenant=ticket.tenant_id, id=str(ticket.id), by=ticket.subject)
        sent = [
            (b"content-type", found.media_type.encode()),
            (b"content-length", b"%d" % found.size_bytes),
            (b"content-disposition", f"attachment; filename*=UTF-8''{quote(found.name, safe='')}".encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", b"default-src 'none'; sandbox"),
            (b"cache-control", b"private, no-store"),
            *((name.encode(), value.encode()) for name, value in headers.items()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": sent})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        try:
            await _send_all(send, found)
        except Exception as error:
            log.exception("download broken off", id=str(ticket.id))
            raise _Broken from error


class _Broken(Exception):
    """The bytes stopped, or are not those that were stored, after some of them were sent."""


async def _send_all(send: Send, found: Outgoing) -> None:
    """Send piece by piece, the last one only once all of them came to the hash that was stored."""
    sha256, held = hashlib.sha256(), b""
    async for piece in found.pieces:
        sha256.update(piece)
        if held:
            await send({"type": "http.response.body", "body": held, "more_body": True})
        held = piece
    if found.sha256 is not None and sha256.hexdigest() != found.sha256:
        raise ValueError("the bytes in the store are not those that were stored")
    await send({"type": "http.response.body", "body": held})


async def _pieces(receive_: Receive) -> AsyncIterator[bytes]:
    """The request's body as it comes.

    Raises: HttpProblem when the caller goes away or pauses too long.
    """
    while True:
        try:
            async with asyncio.timeout(_PAUSE_SECONDS):
                message = await receive_()
        except TimeoutError:
            raise HttpProblem(408, "TIMEOUT", "上传中断时间过长，请重新上传") from None
        if message["type"] == "http.disconnect":
            raise HttpProblem(400, "BAD_REQUEST", "连接已断开")
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body", False):
            return
