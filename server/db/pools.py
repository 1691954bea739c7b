"""Connections: one small pool per login role, opened at first use, and the unit of work.

A flooded district exhausts its own pool, not its neighbours'.  Reads of the planner take a raw connection in autocommit
(one statement, one round trip); writes take a SQLAlchemy connection in one transaction over the same pool.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import psycopg.errors
import psycopg_pool
from psycopg.conninfo import make_conninfo
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from server.db import roles
from server.kit.custody import Custody
from server.kit.errors import Overloaded, TimedOut

#: Called with every SQL text that is sent; tests count statements with it.
Listener = Callable[[str, str], None]


class Pools:
    """The pools of one process.  Use inside one event loop; ``close`` ends them.

    ``dsn`` names host and database; the user and password of each role are put in here.  ``size`` is the most connections
    one role may hold; a request waits at most ``wait`` seconds for one, and at most ``waiting`` requests may wait.
    ``custody`` is what the process signs its records with; derived from the role secret where not given.
    """

    def __init__(
        self,
        dsn: str,
        role_secret: str,
        *,
        size: int = 4,
        wait: float = 1.0,
        waiting: int = 64,
        custody: Custody | None = None,
    ) -> None:
        self._dsn = dsn
        self._secret = role_secret
        self.custody = custody or Custody.derived(role_secret)
        self._size = size
        self._wait = wait
        self._waiting = waiting
        self._pools: dict[str, psycopg_pool.AsyncConnectionPool[psycopg.AsyncConnection[Any]]] = {}
        self._engines: dict[str, AsyncEngine] = {}
        self.listeners: list[Listener] = []

    async def close(self) -> None:
        """End every connection."""
        for engine in self._engines.values():
            await engine.dispose()
        for pool in self._pools.values():
            await pool.close()
        self._engines.clear()
        self._pools.clear()

    def conninfo(self, role: str) -> str:
        """The libpq connection string of this role."""
        return make_conninfo(
            self._dsn, user=role, password=roles.password(self._secret, role), application_name=f"shequ/{role}"
        )

    async def _pool(self, role: str) -> psycopg_pool.AsyncConnectionPool[psycopg.AsyncConnection[Any]]:
        pool = self._pools.get(role)
        if pool is None:
            pool = self._pools[role] = psycopg_pool.AsyncConnectionPool(
                self.conninfo(role),
                kwargs={"autocommit": True},
                min_size=0,
                max_size=self._size,
                timeout=self._wait,
                max_waiting=self._waiting,
                num_workers=1,
                check=psycopg_pool.AsyncConnectionPool.check_connection,
                reset=_autocommit,
                close_returns=True,
                open=False,
                name=role,
            )
            await pool.open()
        return pool

    async def fetch(self, role: str, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """Rows of one read-only statement with ``$1`` placeholders, on its own implicit transaction.

        Raises: Overloaded when no connection comes free in time, TimedOut when the statement ran too long.
        """
        for listener in self.listeners:
            listener(role, sql)
        try:
            async with (await self._pool(role)).connection() as connection:
                cursor = psycopg.AsyncRawCursor(connection)
                await cursor.execute(sql, parameters)
                return await cursor.fetchall()
        except (psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests, psycopg.OperationalError) as error:
            raise _worded(error) from error

    def _engine(self, role: str) -> AsyncEngine:
        engine = self._engines.get(role)
        if engine is None:

            async def borrow() -> Any:
                connection = await (await self._pool(role)).getconn()
                await connection.set_autocommit(False)
                return connection

            engine = self._engines[role] = create_async_engine(
                "postgresql+psycopg://",
                async_creator=borrow,
                poolclass=NullPool,
                use_native_hstore=False,
                hide_parameters=True,  # an error's text goes to the log
            )

            def report(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
                for listener in self.listeners:
                    listener(role, sql)

            event.listen(engine.sync_engine, "before_cursor_execute", report)
        return engine

    @asynccontextmanager
    async def transaction(self, role: str) -> AsyncIterator[AsyncConnection]:
        """One transaction on this role: committed when the block ends, rolled back when it raises.

        Raises: Overloaded, TimedOut, and whatever the block raises.
        """
        try:
            async with self._engine(role).connect() as connection, connection.begin():
                yield connection
        except (psycopg_pool.PoolTimeout, psycopg_pool.TooManyRequests) as error:
            raise _worded(error) from error
        except DBAPIError as error:
            if isinstance(error.orig, psycopg.OperationalError):
                raise _worded(error.orig) from error
            raise


async def fetch_within(connection: AsyncConnection, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
    """What ``Pools.fetch`` gives, inside the connection's own transaction: with all that it has written so far."""
    raw = (await connection.get_raw_connection()).driver_connection
    if not isinstance(raw, psycopg.AsyncConnection):
        raise TypeError(f"a psycopg connection is needed, not {raw!r}")
    cursor = psycopg.AsyncRawCursor(raw)
    await cursor.execute(sql, parameters)
    return await cursor.fetchall()


async def _autocommit(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)


def _worded(error: Exception) -> Exception:
    if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable):
        return TimedOut()
    if isinstance(error, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected):
        return Overloaded("与他人同时修改同一数据，请重试")
    return Overloaded()
