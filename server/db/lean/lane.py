"""The reads of one login role: its connections, its queue, and its clock."""

import asyncio
from collections import deque
from typing import NamedTuple

import psycopg
import structlog

from server.db.lean.connection import LeanConnection
from server.db.lean.limits import Limits, reading
from server.db.lean.request import Request, Row
from server.kit.errors import Overloaded, TimedOut

log = structlog.get_logger("shequ.db")

#: How often a lane that is in use looks at its clock: deadlines hold to this many seconds.
_TICK_S = 0.1

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0

#: How long a second connection that was refused is not asked for again.
_REFUSED_S = 1.0

#: How long the server may take to accept that a statement is cancelled.
_CANCEL_S = 3.0


class _Seen(NamedTuple):
    """What the last tick saw of a connection, and for how many ticks it had been so."""

    head: Request | None
    sent: int
    ticks: int


class Lane:
    """One role's requests, each in exactly one place: waiting here, or in flight on one connection.

    They are sent in the order they came.  A connection whose head has run for a while gets nothing new as long as there
    is, or can be, another.  When that head's caller has left, the others are moved to another connection and the head
    is cancelled (why so: ``connection``).  A lost connection's requests are tried once more, each alone on a fresh one.
    """

    def __init__(self, role: str, conninfo: str, limits: Limits) -> None:
        self._role = role
        self._conninfo = reading(conninfo, connect_s=limits.connect_s)
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._connections: list[LeanConnection] = []
        self._waiting: deque[Request] = deque()
        self._connecting: asyncio.Task[None] | None = None
        self._refused_until = 0.0
        self._ending: set[asyncio.Task[None]] = set()
        self._clock: asyncio.TimerHandle | None = None
        self._in_use = False
        self._dealing = False
        self._seen: dict[LeanConnection, _Seen] = {}
        self._closed = False

    def ask(self, sql: str, parameters: list[bytes | None], timeout_s: float | None) -> "asyncio.Future[Row]":
        """The answer to come.  Cancel it to say that nobody waits any more.

        Raises: Overloaded, when as many wait as may, or the lane is closed.
        """
        if self._closed:
            raise Overloaded("服务正在停止，请稍后重试")
        limits = self._limits
        now = self._loop.time()
        deadline = now + (limits.timeout_s if timeout_s is None else timeout_s)
        request = Request(sql, parameters, self._loop.create_future(), min(now + limits.wait_s, deadline), deadline)
        if not self._in_use:
            self._wake()
        if len(self._waiting) >= limits.waiting:
            self.deal()
            self._forget_the_gone()
            if len(self._waiting) >= limits.waiting:
                raise Overloaded()
        if not self._dealing:
            # Not at once: what one pass of the event loop asks for is sent in one go.  Each request sent to a backend
            # that has fallen asleep meanwhile costs both sides more than the request itself.
            self._dealing = True
            self._loop.call_soon(self._deal_soon)
        self._waiting.append(request)
        return request.answer

    def _deal_soon(self) -> None:
        self._dealing = False
        self.deal()

    def deal(self) -> None:
        """Every waiting request that can be sent has been; for the others a connection is on its way, or all are full."""
        waiting = self._waiting
        while waiting:
            request = waiting[0]
            if request.answer.done():
                waiting.popleft()
            elif (connection := self._free_for(request)) is not None:
                waiting.popleft()
                connection.send(request)
            else:
                self._connect_another()
                return

    def take_back(self, request: Request) -> None:
        """The request is the first to be sent again; ``deal`` follows."""
        self._put_first([request])

    def lost(self, connection: LeanConnection, unanswered: list[Request], why: str) -> None:
        """Its requests are tried once more, each alone."""
        self._drop(connection)
        log.warning("connection lost", role=self._role, why=why, in_flight=len(unanswered))
        again = []
        for request in unanswered:
            if request.retried:
                request.fail(Overloaded())
            else:
                request.retried = True
                again.append(request)
        self._put_first(again)
        self.deal()

    async def close(self, grace_s: float) -> None:
        """No connection and no task is left.  Requests have ``grace_s`` to be answered; the rest get Overloaded."""
        self._closed = True
        try:
            answers = [request.answer for request in self._unanswered() if not request.answer.done()]
            if answers:
                await asyncio.wait(answers, timeout=grace_s)
        finally:
            if self._connecting is not None:
                self._connecting.cancel()
            for request in self._unanswered():
                request.fail(Overloaded("服务正在停止，请稍后重试"))
            self._waiting.clear()
            for connection in list(self._connections):
                self._end(connection)
            if self._clock is not None:
                self._clock.cancel()
            tasks = [*self._ending, *([self._connecting] if self._connecting is not None else [])]
            await asyncio.gather(*tasks, return_exceptions=True)

    def _unanswered(self) -> list[Request]:
        return [*(request for connection in self._connections for request in connection.in_flight), *self._waiting]

    def _put_first(self, requests: list[Request]) -> None:
        now = self._loop.time()
        for request in reversed(requests):
            if not request.answer.done():
                # It has not been idle in the queue since it came, so it may wait anew; but not beyond its deadline.
                request.waits_until = min(now + self._limits.wait_s, request.deadline)
                self._waiting.appendleft(request)

    def _forget_the_gone(self) -> None:
        self._waiting = deque(request for request in self._waiting if not request.answer.done())

    # Connections

    def _free_for(self, request: Request) -> LeanConnection | None:
        # The first, not the least busy: requests that share a backend cost PostgreSQL half.
        depth = self._limits.depth
        stalled = None
        for connection in self._connections:
            if connection.takes(request, depth):
                if not connection.stalled:
                    return connection
                stalled = stalled or connection
        return None if self._may_connect() else stalled

    def _may_connect(self) -> bool:
        return len(self._connections) < self._limits.connections and (
            not self._connections or self._loop.time() >= self._refused_until
        )

    def _connect_another(self) -> None:
        if self._connecting is None and self._may_connect():
            self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        pause_s = _FIRST_PAUSE_S
        try:
            while not all(request.answer.done() for request in self._waiting):
                try:
                    opened = await LeanConnection.open(self._conninfo, self, statements=self._limits.statements)
                except (psycopg.Error, OSError) as error:
                    log.warning("cannot connect", role=self._role, why=str(error))
                    if self._connections:
                        self._refused_until = self._loop.time() + _REFUSED_S
                        break
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                else:
                    self._connections.append(opened)
                    break
        finally:
            self._connecting = None
        self.deal()

    def _end(self, connection: LeanConnection) -> list[Request]:
        """The connection is on its way out, and what it runs is cancelled; the requests that it will not answer."""
        self._drop(connection)
        if not connection.in_flight:
            connection.close()
            return []
        unanswered = connection.release()
        task = self._loop.create_task(connection.kill(patience_s=_CANCEL_S))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return unanswered

    def _drop(self, connection: LeanConnection) -> None:
        self._connections.remove(connection)
        self._seen.pop(connection, None)

    # The clock

    def _wake(self) -> None:
        self._in_use = True
        if self._clock is not None:
            self._clock.cancel()
        self._clock = self._loop.call_later(_TICK_S, self._tick)

    def _tick(self) -> None:
        now = self._loop.time()
        for request in self._waiting:
            if now >= request.waits_until:
                request.fail(Overloaded())
        self._forget_the_gone()
        for connection in list(self._connections):
            for request in connection.in_flight:
                if now >= request.deadline:
                    request.fail(TimedOut())
            self._look_at(connection)
        self.deal()
        if self._waiting or any(connection.in_flight for connection in self._connections):
            self._clock = self._loop.call_later(_TICK_S, self._tick)
        else:
            self._in_use = False
            self._clock = self._loop.call_later(self._limits.idle_s, self._rest)

    def _look_at(self, connection: LeanConnection) -> None:
        head = connection.in_flight[0] if connection.in_flight else None
        seen = self._seen.get(connection)
        same = seen is not None and seen.head is head and (head is not None or seen.sent == connection.sent)
        ticks = seen.ticks + 1 if same and seen is not None else 0
        self._seen[connection] = _Seen(head, connection.sent, ticks)
        if head is None:
            if ticks * _TICK_S >= self._limits.idle_s:
                self._end(connection)
        elif ticks and head.answer.done():
            self._put_first(self._end(connection))
        elif ticks:
            connection.stalled = True
            connection.look()

    def _rest(self) -> None:
        self._clock = None
        for connection in list(self._connections):
            self._end(connection)
