"""``/graphql`` as a WebSocket: ``graphql-transport-ws``, for queries, mutations and subscriptions.

Who is asking is verified when the connection is begun, and again for every operation and every event; where that no longer
holds the connection is closed: 4401 when nobody is signed in any more, 4403 when the rights are gone.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Protocol

import orjson
import structlog

from server.http.asking import Asked, asked_of
from server.http.auth import Callers
from server.http.graphql import Answer
from server.http.messages import BODY_MOST, HttpProblem, Receive, Scope, Send, header, peer_of
from server.http.sessions import Sessions
from server.http.trusted import DocumentRefused, Documents
from server.kit.actor import Actor
from server.kit.errors import NotAllowed, RequestFailed, Unauthenticated
from server.kit.ids import new_id, new_request_id

log = structlog.get_logger("shequ.socket")

PROTOCOL = "graphql-transport-ws"
#: PLATFORM_DEFAULT. Operations that may run at a time on one connection, and how long it may take to begin.
OPERATIONS_MOST = 32
_BEGIN_SECONDS = 10.0
#: A refusal for too many requests is answered after a moment, as over HTTP.
_HELD_SECONDS = 0.5
_ID_LONGEST = 200

#: Asks anew who the caller is.
Renew = Callable[[], Awaitable[Actor | None]]


class Perform(Protocol):
    """Runs an operation on behalf of a caller: one answer, or of a subscription each as it comes."""

    def __call__(
        self, actor: Actor | None, request_id: str, text: str, asked: Asked, *, peer: str, renew: Renew
    ) -> Awaitable[Answer | AsyncGenerator[Answer, None]]: ...


class _Closed(Exception):
    """The connection is to be closed: code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphQLSocket:
    """The ASGI handler."""

    def __init__(
        self, perform: Perform, callers: Callers, documents: Documents, sessions: Sessions | None = None
    ) -> None:
        self.perform = perform
        self.callers = callers
        self.documents = documents
        self.sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if PROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        await _Connection(self, scope, receive, send).serve()


class _Connection:
    """One connection: what it may do, and the operations that run on it."""

    def __init__(self, socket: GraphQLSocket, scope: Scope, receive: Receive, send: Send) -> None:
        self._socket = socket
        self._scope = scope
        self._receive = receive
        self._send = send
        self._authorization = header(scope, b"authorization")
        self._begun = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._ending: asyncio.Future[_Closed] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Until either side closes it; nothing of it runs afterwards."""
        closed: _Closed | None = None
        try:
            closed = await self._exchange()
        except _Closed as reason:
            closed = reason
        except Exception:
            incident = str(new_id())
            log.exception("unexpected", incident=incident)
            closed = _Closed(4500, f"Internal server error {incident}")
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
        if closed is not None:
            await self._send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})

    async def _exchange(self) -> _Closed | None:
        """Message after message. None when the caller went away. Raises: _Closed."""
        begin_until = asyncio.get_running_loop().time() + _BEGIN_SECONDS
        receiving: asyncio.Future[Any] | None = None
        try:
            while True:
                receiving = asyncio.ensure_future(self._receive())
                left = None if self._begun else max(0.0, begin_until - asyncio.get_running_loop().time())
                await asyncio.wait({receiving, self._ending}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if self._ending.done():
                    return self._ending.result()
                if not receiving.done():
                    raise _Closed(4408, "Connection initialisation timeout")
                message = receiving.result()
                if message["type"] == "websocket.disconnect":
                    return None
                await self._take(_read(message))
        finally:
            if receiving is not None:
                receiving.cancel()

    async def _take(self, message: Mapping[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._begin(message.get("payload"))
            case "ping":
                await self._tell({"type": "pong"})
            case "pong":
                pass
            case "subscribe":
                self._subscribe(message.get("id"), message.get("payload"))
            case "complete":
                task = self._running.pop(str(message.get("id")), None)
                if task is not None:
                    task.cancel()
            case _:
                raise _Closed(4400, "Invalid message type")

    async def _begin(self, payload: Any) -> None:
        if self._begun:
            raise _Closed(4429, "Too many initialisation requests")
        if isinstance(payload, dict):
            # Browsers can set no header on a WebSocket, so the token may come in the first message.
            told = payload.get("authorization") or payload.get("Authorization")
            if told is not None and not isinstance(told, str):
                raise _Closed(4400, "authorization must be a string")
            self._authorization = told or self._authorization
        try:
            await self._who(fresh=True)
        except RequestFailed:
            raise _Closed(4403, "Forbidden") from None
        self._begun = True
        await self._tell({"type": "connection_ack"})

    def _subscribe(self, id_: Any, payload: Any) -> None:
        if not self._begun:
            raise _Closed(4401, "Unauthorized")
        if not isinstance(id_, str) or not 1 <= len(id_) <= _ID_LONGEST or not isinstance(payload, dict):
            raise _Closed(4400, "subscribe needs an id and a payload")
        if id_ in self._running:
            raise _Closed(4409, f"Subscriber for {id_} already exists")
        if len(self._running) >= OPERATIONS_MOST:
            raise _Closed(4429, f"At most {OPERATIONS_MOST} operations at a time")
        task = self._running[id_] = asyncio.create_task(self._run(id_, payload))
        task.add_done_callback(lambda done: self._ended(id_, done))

    def _ended(self, id_: str, task: "asyncio.Task[None]") -> None:
        if self._running.get(id_) is task:
            del self._running[id_]
        if task.cancelled() or self._ending.done():
            return
        match task.exception():
            case None:
                pass
            case _Closed() as reason:
                self._ending.set_result(reason)
            case error:
                incident = str(new_id())
                log.error("unexpected", incident=incident, exc_info=error)
                self._ending.set_result(_Closed(4500, f"Internal server error {incident}"))

    async def _run(self, id_: str, payload: Mapping[str, Any]) -> None:
        """One operation, from its request to its last answer. Raises: _Closed where the caller's rights are gone."""
        try:
            asked = asked_of(payload)
            chosen = await self._socket.documents.choose(asked)
        except (HttpProblem, DocumentRefused) as problem:
            await self._refuse(id_, [{"message": problem.message, "extensions": {"code": problem.code}}])
            return
        try:
            actor = await self._who(fresh="mutation" in chosen.text)
            peer = peer_of(self._scope) if actor is None else ""
            answers = await self._socket.perform(
                actor, new_request_id(), chosen.text, asked, peer=peer, renew=self._renewed
            )
            if isinstance(answers, AsyncGenerator):
                await self._tell_all(id_, answers)
            elif answers.executed:
                self._socket.documents.remember(chosen)
                await self._tell({"type": "next", "id": id_, "payload": answers.body})
            else:
                errors = answers.body["errors"]
                if errors[0]["extensions"]["code"] == "RATE_LIMITED":
                    await asyncio.sleep(_HELD_SECONDS)
                await self._refuse(id_, errors)
                return
        except Unauthenticated:
            raise _Closed(4401, "Unauthorized") from None
        except RequestFailed as error:
            await self._refuse(id_, [{"message": error.message, "extensions": {"code": error.code}}])
            return
        await self._tell({"type": "complete", "id": id_})

    async def _tell_all(self, id_: str, answers: AsyncGenerator[Answer, None]) -> None:
        try:
            async with aclosing(answers) as each:
                async for answer in each:
                    await self._tell({"type": "next", "id": id_, "payload": answer.body})
        except NotAllowed:
            raise _Closed(4403, "Forbidden") from None

    async def _who(self, *, fresh: bool) -> Actor | None:
        """The caller: by the token of the first message or the handshake, else by a browser's session.

        Raises: Unauthenticated.
        """
        sessions = self._socket.sessions
        if self._authorization is None and sessions is not None:
            secret = sessions.secret_of(self._scope)
            # A browser lets any page open a WebSocket with our cookie, and says which page it was.
            if secret is not None and header(self._scope, b"origin") is not None and sessions.is_own(self._scope):
                subject = await sessions.subject_of(secret, fresh=fresh)
                if subject is None:
                    raise Unauthenticated("登录已结束，请重新登录")
                return await self._socket.callers.person(subject, fresh=fresh)
        return await self._socket.callers.identify(self._authorization, fresh=fresh)

    async def _renewed(self) -> Actor | None:
        return await self._who(fresh=True)

    async def _refuse(self, id_: str, errors: Any) -> None:
        await self._tell({"type": "error", "id": id_, "payload": errors})

    async def _tell(self, message: Mapping[str, Any]) -> None:
        await self._send({"type": "websocket.send", "text": orjson.dumps(message).decode()})


def _read(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The message's JSON object. Raises: _Closed."""
    text = message.get("text")
    if text is None or len(text) > BODY_MOST:
        raise _Closed(4400, f"Messages are JSON text of at most {BODY_MOST} characters")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise _Closed(4400, "Messages are JSON objects")
    return data
