"""``/graphql``: GraphQL over HTTP as a raw ASGI handler.

POST takes ``application/json``; GET takes trusted documents alone, and queries alone.  The answer is
``application/graphql-response+json`` with proper status codes where the caller prefers it, else ``application/json``, where
a well-formed request is always answered with 200.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

import orjson
import structlog

from server.http import console
from server.http.asking import JSON, Asked, asked_by_get, asked_by_post
from server.http.auth import Callers
from server.http.logs import REQUEST_ID, answered
from server.http.messages import (
    NO_STORE,
    NOSNIFF,
    HttpProblem,
    Receive,
    Scope,
    Send,
    error_body,
    header,
    headers_of,
    peer_of,
    respond,
)
from server.http.sessions import Sessions
from server.http.trusted import DocumentRefused, Documents
from server.http.whole import lines, sent_whole
from server.kit.actor import Actor
from server.kit.errors import Overloaded, RequestFailed, Unauthenticated
from server.kit.ids import new_id, new_request_id

log = structlog.get_logger("shequ.http")

_RESPONSE = "application/graphql-response+json"
_TYPES = {one: f"{one}; charset=utf-8".encode() for one in (JSON, _RESPONSE)}
#: The header lines of a usual answer, but for its request id and length: what ``respond`` would send.
_USUAL = {
    media: lines([(b"content-type", type_), NOSNIFF, NO_STORE]) + b"x-request-id: %b\r\ncontent-length: %d\r\n"
    for media, type_ in _TYPES.items()
}

#: Statuses of requests that were not executed; 400 for every other code.
_STATUS = {
    "METHOD_NOT_ALLOWED": 405,
    "UNAUTHENTICATED": 401,
    "RATE_LIMITED": 429,
    "INTERNAL_SERVER_ERROR": 500,
    "UNAVAILABLE": 503,
    "OPERATION_TIMEOUT": 504,
}
#: Codes that HTTP itself must tell, whatever the media type: what stands between us and the caller acts on them.
_ALWAYS = frozenset({"METHOD_NOT_ALLOWED", "UNAUTHENTICATED", "RATE_LIMITED", "INTERNAL_SERVER_ERROR", "UNAVAILABLE"})

#: How long an answer of 429 is held back, and how many are at a time.
_HELD_SECONDS = 0.5
_HELD_MOST = 1000

#: How long anybody may keep an answer that anybody would get.
_PUBLIC_SECONDS = 30


class Answer(Protocol):
    """What executing a request gives: a body, and whether it got as far as being executed."""

    @property
    def body(self) -> Mapping[str, Any]: ...

    @property
    def executed(self) -> bool: ...


class Execute(Protocol):
    """Executes a document on behalf of a caller; ``reading`` refuses anything but a query."""

    def __call__(
        self, actor: Actor | None, request_id: str, text: str, asked: Asked, *, reading: bool, peer: str
    ) -> Awaitable[Answer]: ...


class GraphQLEndpoint:
    """The ASGI handler; ``execute`` is the schema's side, given by the composition root.

    ``query_page``: whether a browser that opens the address gets a page to ask from."""

    def __init__(
        self,
        execute: Execute,
        callers: Callers,
        documents: Documents,
        *,
        query_page: bool,
        sessions: Sessions | None = None,
    ) -> None:
        self._execute = execute
        self._callers = callers
        self._documents = documents
        self._query_page = query_page
        self._sessions = sessions
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 0
        request_id = new_request_id()
        REQUEST_ID.set(request_id)
        try:
            if self._query_page and console.is_asked(scope):
                status = 200
                await console.show(send)
                return
            headers = {"x-request-id": request_id}
            media, cached = JSON, False
            try:
                media = _wanted(scope)
                answer, cached = await self._answer(scope, receive, request_id)
                status = 200 if answer.executed else await self._not_executed(answer, media, headers)
                body = orjson.dumps(answer.body)
            except Exception as error:
                status, body = _refused(error, media, headers)
            if cached:
                status, body = _cacheable(scope, status, body, headers)
            usual = status == 200 and not cached and len(headers) == 1
            if not usual or not sent_whole(scope, _USUAL[media] % (request_id.encode(), len(body)), body):
                await respond(send, status, body, _TYPES[media], headers)
        finally:
            answered(scope, status, began)

    async def _not_executed(self, answer: Answer, media: str, headers: dict[str, str]) -> int:
        """The status of a request that did not get so far; ``headers`` are added to."""
        status = _status_of(answer, media)
        if status == 405:
            headers["allow"] = "POST"
        elif status == 429:
            headers["retry-after"] = str(answer.body["errors"][0]["extensions"]["retryAfter"])
            await self._hold(headers)
        return status

    async def _answer(self, scope: Scope, receive: Receive, request_id: str) -> tuple[Answer, bool]:
        """The answer, and whether it may be kept by caches: what a GET without a token got, without errors."""
        reading = scope["method"] == "GET"
        if reading:
            asked = asked_by_get(scope)
        elif scope["method"] == "POST":
            asked = await asked_by_post(scope, receive)
        else:
            raise HttpProblem(405, "METHOD_NOT_ALLOWED", "请使用 POST 方法", allow="GET, POST")
        text, chosen = asked.text, None
        if text is None or asked.digest is not None or not self._documents.takes_text:
            chosen = await self._documents.choose(asked)
            text = chosen.text
        authorization = headers_of(scope).get(b"authorization")
        changing = "mutation" in text
        actor = None if authorization is None or changing else self._callers.at_hand(authorization)
        if actor is None:
            actor = await self._caller(scope, header(scope, b"authorization"), fresh=changing)
        peer = peer_of(scope) if actor is None else ""
        answer = await self._execute(actor, request_id, text, asked, reading=reading, peer=peer)
        if changing and actor is not None:
            self._callers.forget(actor)
        if chosen is not None and answer.executed:
            self._documents.remember(chosen)
        return answer, reading and authorization is None and answer.executed and "errors" not in answer.body

    async def _hold(self, headers: dict[str, str]) -> None:
        """A refusal is answered after a moment, so that whoever asks again at once asks twice a second and not a thousand
        times; when too many are being held, their connections are closed instead.
        """
        if self._held >= _HELD_MOST:
            headers["connection"] = "close"
            return
        self._held += 1
        try:
            await asyncio.sleep(_HELD_SECONDS)
        finally:
            self._held -= 1

    async def _caller(self, scope: Scope, authorization: str | None, *, fresh: bool) -> Actor | None:
        """Who asks: by token, or by the session of a browser, which counts for POST alone.

        Raises: Unauthenticated, HttpProblem.
        """
        if authorization is None and self._sessions is not None and scope["method"] == "POST":
            secret = self._sessions.secret_of(scope)
            if secret is not None:
                self._sessions.require_own(scope)
                subject = await self._sessions.subject_of(secret, fresh=fresh)
                if subject is None:
                    raise Unauthenticated("登录已结束，请重新登录")
                return await self._callers.person(subject, fresh=fresh)
        return await self._callers.identify(authorization, fresh=fresh)


def _refused(error: Exception, media: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """Status and body that tell of an error, whatever it is; ``headers`` are added to.  Called while it is handled."""
    match error:
        case HttpProblem():
            headers |= error.headers
            return error.status, error_body(error.code, error.message)
        case DocumentRefused():
            return (200 if media == JSON else 400), error_body(error.code, error.message)
        case Unauthenticated():
            headers["www-authenticate"] = 'Bearer realm="shequ", error="invalid_token"'
            return 401, error_body(error.code, error.message)
        case RequestFailed():
            if error.code == Overloaded.code:
                headers["retry-after"] = "1"
            return _STATUS.get(error.code, 400), error_body(error.code, error.message)
    incident = str(new_id())
    log.exception("unexpected", incident=incident)
    message = "系统内部错误，请将事件编号告知管理员"
    return 500, error_body("INTERNAL_SERVER_ERROR", message, incident=incident)


def _status_of(answer: Answer, media: str) -> int:
    """The status of a request that was not executed."""
    code = answer.body["errors"][0]["extensions"]["code"]
    if media == JSON and code not in _ALWAYS:
        return 200
    return _STATUS.get(code, 400)


def _cacheable(scope: Scope, status: int, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers["cache-control"] = f"public, max-age={_PUBLIC_SECONDS}"
    headers["vary"] = "accept, authorization"
    headers["etag"] = tag
    known = header(scope, b"if-none-match") or ""
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return 304, b""
    return status, body


def _wanted(scope: Scope) -> str:
    """The media type of the answer: the best that the caller accepts, the earlier where two are equally good.

    Raises: HttpProblem when the caller accepts none of ours.
    """
    given = headers_of(scope).get(b"accept")
    if given is None or given in (b"*/*", b"application/json"):
        return JSON
    accept = given.decode("latin-1")
    if accept == _RESPONSE or not accept.strip():
        return _RESPONSE if accept == _RESPONSE else JSON
    best, chosen = 0.0, None
    for part in accept.lower().split(","):
        kind, *parameters = (one.strip() for one in part.split(";"))
        if any(one.startswith("charset=") and one.replace('"', "") != "charset=utf-8" for one in parameters):
            continue
        media = kind if kind in _TYPES else JSON if kind in ("*/*", "application/*") else None
        quality = _quality(parameters)
        if media is not None and quality > best:
            best, chosen = quality, media
    if chosen is None:
        raise HttpProblem(406, "NOT_ACCEPTABLE", f"可接受的响应类型为 {_RESPONSE} 或 {JSON}")
    return chosen


def _quality(parameters: list[str]) -> float:
    """The weight that a caller gives a media type; 1 where it gives none, 0 where it cannot be read."""
    for one in parameters:
        if one.startswith("q="):
            try:
                return max(0.0, min(float(one[2:]), 1.0))
            except ValueError:
                return 0.0
    return 1.0
