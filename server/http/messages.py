"""Reading and answering raw ASGI requests."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from typing import Any

import orjson

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_MOST = 1024 * 1024

#: Where a request's headers are kept by name.
_HEADERS = "shequ.headers"

#: What is said of every response, and of all that nobody may keep.
NOSNIFF = (b"x-content-type-options", b"nosniff")
NO_STORE = (b"cache-control", b"no-store")


class HttpProblem(Exception):
    """A request that HTTP itself refuses: status, code, a sentence, extra headers."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def headers_of(scope: Scope) -> Mapping[bytes, bytes]:
    """The request's headers by name; the first where one is sent several times."""
    given: dict[bytes, bytes] | None = scope.get(_HEADERS)
    if given is None:
        # Backwards, so that the first of several stays.
        given = scope[_HEADERS] = dict(reversed(scope["headers"]))
    return given


def header(scope: Scope, name: bytes) -> str | None:
    """The header's value, or None; the first where it is sent several times."""
    value = headers_of(scope).get(name)
    return None if value is None else value.decode("latin-1")


def peer_of(scope: Scope) -> str:
    """The network address a request comes from, of IPv6 the network of one subscriber; empty where it is not known."""
    address: str = (scope.get("client") or ("",))[0]
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return address if known.version == 4 else str(ip_network(f"{address}/64", strict=False))


async def body_of(scope: Scope, receive: Receive, message: Message | None = None) -> bytes:
    """The request's body; ``message`` is its first part, where that was received already.

    Raises: HttpProblem when it is larger than 1 MiB or the caller went away.
    """
    declared = headers_of(scope).get(b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > BODY_MOST:
        raise _too_large()
    chunks: list[bytes] = []
    size = 0
    if message is None:
        message = await receive()
    while True:
        if message["type"] == "http.disconnect":
            raise HttpProblem(400, "BAD_REQUEST", "连接已断开")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_MOST:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()


def _too_large() -> HttpProblem:
    return HttpProblem(413, "PAYLOAD_TOO_LARGE", f"请求正文不能超过 {BODY_MOST // 1024} KiB；文件请用上传地址")


async def respond(
    send: Send,
    status: int,
    body: bytes,
    content_type: bytes = b"application/json; charset=utf-8",
    headers: Mapping[str, str] = MappingProxyType({}),
    cookies: Sequence[str] = (),
) -> None:
    """Send a whole response; nobody keeps it unless a ``cache-control`` header says so."""
    sent = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), NOSNIFF]
    if "cache-control" not in headers:
        sent.append(NO_STORE)
    for name, value in headers.items():
        sent.append((name.encode(), value.encode()))
    for cookie in cookies:
        sent.append((b"set-cookie", cookie.encode()))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


def error_body(code: str, message: str, **extensions: str) -> bytes:
    """A body in the shape of a GraphQL error."""
    return orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, **extensions}}]})
