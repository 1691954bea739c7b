"""All lanes of one process."""

import asyncio
from collections.abc import Callable, Sequence

from server.db.lean.lane import Lane
from server.db.lean.limits import Limits
from server.db.lean.request import Parameter, Row, encoded
from server.db.pools import Listener
from server.kit.errors import Overloaded


class Lanes:
    """Reads on every login role, each role on connections of its own, so that one role's flood delays no other.

    ``conninfo`` gives the libpq connection string of a role.  Use inside one event loop; ``close`` ends everything.

    A statement is sent with ``$1`` placeholders, whose types the server infers, and must only read: it is sent twice
    where a connection breaks under it, and the connection is read-only.  It must not change the session either.
    """

    def __init__(self, conninfo: Callable[[str], str], limits: Limits | None = None) -> None:
        self._conninfo = conninfo
        self._limits = limits or Limits()
        self._lanes: dict[str, Lane] = {}
        self._closed = False
        self.listeners: list[Listener] = []

    async def fetch(
        self, role: str, sql: str, parameters: Sequence[Parameter] = (), *, timeout_s: float | None = None
    ) -> Row:
        """The columns of the first row, in text format as the server sent them; empty when there is no row.

        A caller that is cancelled is gone at once; what it asked for is cancelled on the server if it runs for long.

        Raises: TimedOut by the server's statement_timeout or after ``timeout_s``; Overloaded when too many wait, none
        could be sent in time, or the connection broke twice; BadInput for text PostgreSQL has no place for; psycopg.Error,
        of the class of its SQLSTATE, for everything else the server says.
        """
        return await self.ask(role, sql, parameters, timeout_s)

    def ask(
        self, role: str, sql: str, parameters: Sequence[Parameter], timeout_s: float | None = None
    ) -> "asyncio.Future[Row]":
        """The same as a future; cancel it to say that nobody waits any more.  Raises, at once or from it: as ``fetch``."""
        for listener in self.listeners:
            listener(role, sql)
        lane = self._lanes.get(role) or self._open(role)
        return lane.ask(sql, encoded(parameters), timeout_s)

    async def fetch_value(
        self, role: str, sql: str, parameters: Sequence[Parameter] = (), *, timeout_s: float | None = None
    ) -> bytes | None:
        """The first column of the first row; None when it is NULL or there is no row.  Otherwise as ``fetch``."""
        row = await self.fetch(role, sql, parameters, timeout_s=timeout_s)
        return row[0] if row else None

    def _open(self, role: str) -> Lane:
        if self._closed:
            raise Overloaded("服务正在停止，请稍后重试")
        lane = self._lanes[role] = Lane(role, self._conninfo(role), self._limits)
        return lane

    async def close(self, *, grace_s: float = 5.0) -> None:
        """No connection and no task is left.  Requests under way have ``grace_s`` to be answered; new ones are refused."""
        self._closed = True
        await asyncio.gather(*(lane.close(grace_s) for lane in self._lanes.values()))
