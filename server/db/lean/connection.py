"""One connection with several requests in flight, on libpq's pipeline mode.

Why no request can touch another's answer:

* The server answers strictly in order, and libpq closes every request with its own PIPELINE_SYNC, so the oldest request
  in flight is always the one an answer belongs to.  A request is never taken out of that order: one whose caller has
  left keeps its place, and its answer is thrown away.
* Each request ends with its own Sync, so it is its own implicit transaction, and the server skips after an error to that
  request's Sync and no further.
* Where a request leans on a statement that an earlier one was to prepare, and that one failed (a lock, a timeout), or
  where the statement has been discarded or outdated since, it is sent once more with its own text.
* When the connection is lost, its requests, being reads, are handed back to be tried again.

Cancelling.  A cancel request names a backend, not a statement: it hits whatever runs when it arrives, which may by then
be the next request of the pipeline.  Waiting for the server to confirm it does not help while others are already queued
behind.  So nothing is ever cancelled on a connection that still carries a request that somebody waits for: the lane
first takes all of those back (``release``; they have not been answered, and are sent again elsewhere), and only then
does ``kill`` cancel and hang up.  From that moment everything that runs on that backend is ownerless, whichever it is.
"""

import asyncio
import os
import select
from collections import OrderedDict, deque
from typing import Any, Protocol, Self

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGresult

from server.db.lean import failures
from server.db.lean.request import Request

_ANSWERS = frozenset(
    int(status) for status in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK, pq.ExecStatus.EMPTY_QUERY)
)
_FATAL_ERROR = int(pq.ExecStatus.FATAL_ERROR)
_PIPELINE_SYNC = int(pq.ExecStatus.PIPELINE_SYNC)
_PIPELINE_ABORTED = int(pq.ExecStatus.PIPELINE_ABORTED)
_IDLE = int(pq.TransactionStatus.IDLE)

#: libpq takes at least 8 KB at a time; the event loop has other things to do, too.
_READS_AT_ONCE = 64


class Owner(Protocol):
    """Who deals out requests, and takes them back."""

    def deal(self) -> None:
        """There is room again."""

    def take_back(self, request: Request) -> None:
        """This request has to be sent once more, for no fault of the connection."""

    def lost(self, connection: "LeanConnection", unanswered: list[Request], why: str) -> None:
        """The connection is over, closed, and was never told the answers of these."""


class LeanConnection:
    """One backend of PostgreSQL.  Belongs to the event loop it was opened in.

    ``statements`` bounds how many statements are kept prepared; beyond it the least recently used is closed.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any], owner: Owner, *, statements: int) -> None:
        self._connection = connection
        self._pg = connection.pgconn
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._statements = statements
        #: Prepared, or about to be by a request in flight; least recently used first.
        self._names: OrderedDict[str, bytes] = OrderedDict()
        #: To be closed along with the next request.
        self._discarded: list[bytes] = []
        self._named = 0
        #: Oldest first: the head is the one that the server is at.
        self.in_flight: deque[Request] = deque()
        self._result: PGresult | None = None
        self._error: PGresult | None = None
        self._writing = False
        self._open = True
        #: The head has been running for long; requests that can go elsewhere should.  Set by the owner.
        self.stalled = False
        #: How many were ever sent.
        self.sent = 0
        self._pg.enter_pipeline_mode()
        # libpq closes its socket by itself when it finds it broken.  Our own descriptor of it stays valid until we are
        # done, so that the event loop never holds a number that meanwhile means another file.
        self._descriptor = os.dup(self._pg.socket)
        self._loop.add_reader(self._descriptor, self._readable)

    @classmethod
    async def open(cls, conninfo: str, owner: Owner, *, statements: int) -> Self:
        """A connection that is ready.  Resolving, TLS and signing in do not block the event loop.

        Raises: psycopg.OperationalError, also when the connection string's ``connect_timeout`` is over.
        """
        connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
        try:
            return cls(connection, owner, statements=statements)
        except BaseException:
            connection.pgconn.finish()
            raise

    def takes(self, request: Request, depth: int) -> bool:
        """Whether this request may be sent now.

        One that is retried goes ahead of everybody: then nothing but itself can break its second connection.
        """
        return self._open and len(self.in_flight) < (1 if request.retried else depth)

    def send(self, request: Request) -> None:
        """Send the request and its Sync; the answer goes to the request's future."""
        pg, sql, text = self._pg, request.sql, b""
        name = None if request.afresh else self._names.get(sql)
        request.prepares = False
        if name is not None:
            self._names.move_to_end(sql)
        else:
            try:
                text = _text(sql)
            except ValueError as error:
                request.fail(error)
                return
            if not request.afresh:
                name = self._new_name(sql)
                request.prepares = True
        request.named = name
        self.in_flight.append(request)
        self.sent += 1
        try:
            while self._discarded:
                pg.send_close_prepared(self._discarded.pop())
            if name is None:
                pg.send_query_params(text, request.parameters)
            else:
                if request.prepares:
                    pg.send_prepare(name, text)
                pg.send_query_prepared(name, request.parameters)
            pg.pipeline_sync()
            if not self._writing and pg.flush():
                self._writing = True
                self._loop.add_writer(self._descriptor, self._writable)
            if not pg.is_busy():
                # A full socket made libpq read while it wrote: those answers are no news to the event loop.
                self._loop.call_soon(self._drain)
        except psycopg.Error as error:
            # Not now: the owner is in the middle of dealing out requests.
            self._loop.call_soon(self._lose, str(error))

    def _new_name(self, sql: str) -> bytes:
        self._named += 1
        name = self._names[sql] = b"lean_%d" % self._named
        if len(self._names) > self._statements:
            # Requests in flight may use it still, but they stand before its end in the server's order.
            self._discarded.append(self._names.popitem(last=False)[1])
        return name

    def _readable(self) -> None:
        if not self._open:
            return
        try:
            self._pg.consume_input()
        except psycopg.Error as error:
            self._lose(str(error))
        else:
            self._drain()

    def look(self) -> None:
        """What the event loop did not tell us has been read, and it watches again.

        uvloop calls back once for a socket with an error, and then never more.  A backend that ends before it has read
        all that was sent leaves such an error, in front of it perhaps an answer that one read does not exhaust.
        """
        self._loop.remove_reader(self._descriptor)
        self._loop.add_reader(self._descriptor, self._readable)
        unread = select.poll()
        unread.register(self._descriptor, select.POLLIN)
        for _ in range(_READS_AT_ONCE):
            if not self._open or not unread.poll(0):
                return
            self._readable()

    def _writable(self) -> None:
        if not self._open:
            return
        try:
            unsent = self._pg.flush()
        except psycopg.Error as error:
            self._lose(str(error))
            return
        if not unsent:
            self._writing = False
            self._loop.remove_writer(self._descriptor)
        self._drain()

    def _drain(self) -> None:
        """Every answer that has arrived whole is with its caller."""
        pg, in_flight = self._pg, self.in_flight
        blanks = 0
        while in_flight and self._open and not pg.is_busy():
            result = pg.get_result()
            if result is None:
                # One follows each result.  Two together mean that libpq has nothing more to give.
                blanks += 1
                if blanks > 1:
                    self._lose(pg.get_error_message())
                    return
                continue
            blanks = 0
            status = result.status
            if status == _PIPELINE_SYNC:
                self._settle()
            elif status == _FATAL_ERROR:
                if failures.ends_connection(result):
                    if failures.ended_by_its_own_time(result):
                        in_flight[0].fail(failures.worded(result))
                    self._lose(result.get_error_message())
                    return
                self._error = result
            elif status in _ANSWERS:
                self._result = result
            elif status != _PIPELINE_ABORTED:
                # COPY: the pipeline is stuck in it, and it is this request's doing.
                in_flight[0].fail(psycopg.NotSupportedError("not a read of rows: COPY has no place on this connection"))
                self._lose("COPY in a pipeline")
                return
        if self._open and not in_flight and pg.transaction_status != _IDLE:
            self._lose("a statement left its transaction open")
        elif self._open:
            self._owner.deal()

    def _settle(self) -> None:
        result, self._result = self._result, None
        error, self._error = self._error, None
        if error is not None and failures.sqlstate(error) == failures.SPOILED_SESSION:
            self._lose(error.get_error_message())
            return
        request = self.in_flight.popleft()
        self.stalled = False
        if error is not None:
            self._refused(request, error)
        elif not request.answer.done():
            if result is None or not result.ntuples:
                request.answer.set_result(())
            elif result.nfields == 1:
                request.answer.set_result((result.get_value(0, 0),))
            else:
                request.answer.set_result(tuple([result.get_value(0, at) for at in range(result.nfields)]))

    def _refused(self, request: Request, error: PGresult) -> None:
        stale = request.named is not None and failures.sqlstate(error) in failures.STALE_STATEMENT
        if (stale or request.prepares) and self._names.get(request.sql) == request.named:
            # If it is not there, as when it could not even be parsed: to close what does not exist is no error.
            self._discarded.append(self._names.pop(request.sql))
        if stale and not request.prepares:
            request.afresh = True
            self._owner.take_back(request)
        else:
            request.fail(failures.worded(error))

    def _lose(self, why: str) -> None:
        if self._open:
            unanswered = self.release()
            self._pg.finish()
            self._owner.lost(self, unanswered, why.strip())

    def release(self) -> list[Request]:
        """The requests that were in flight, oldest first; none of them will be answered here.  ``kill`` must follow."""
        self._open = False
        self._loop.remove_reader(self._descriptor)
        if self._writing:
            self._loop.remove_writer(self._descriptor)
        os.close(self._descriptor)
        unanswered = list(self.in_flight)
        self.in_flight.clear()
        self._result = self._error = None
        return unanswered

    def close(self) -> None:
        """Hang up.  Only while nothing is in flight."""
        if self._open:
            self.release()
            self._pg.finish()

    async def kill(self, *, patience_s: float) -> None:
        """The backend has been told to stop what it runs, and the connection is closed.  Only after ``release``.

        Without the cancel request it would notice our absence only when it has something to send.
        """
        try:
            await self._connection.cancel_safe(timeout=patience_s)
        except (psycopg.Error, OSError):
            pass  # the statement's own timeout ends it then
        finally:
            self._pg.finish()


def _text(sql: str) -> bytes:
    if "\0" in sql:
        raise ValueError("SQL text holds a NUL, at which libpq would cut it off")
    return sql.encode()
