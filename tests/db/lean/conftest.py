"""Lanes on the application's roles, run on both event loops, with everything that may leak counted."""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uvloop
from psycopg.conninfo import make_conninfo

from server import installation
from server.db.lean import Lanes, Limits
from server.db.pools import Pools
from server.kit.errors import RequestFailed

Run = Callable[[Coroutine[Any, Any, None]], None]

#: No test takes a tenth of it; one that hangs ends with it instead of with the whole run.
_AT_MOST_S = 60.0

#: Roles of other tests may be at work in the same cluster, so ours are known by their connections' name.
APPLICATION = "lean-test"


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a test's coroutine on a loop of its own: afterwards no task, no descriptor and no unseen exception is left."""

    async def watched(test: Coroutine[Any, Any, None]) -> None:
        unseen: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
        before = _descriptors()
        async with asyncio.timeout(_AT_MOST_S):
            await test
        await asyncio.sleep(0)
        gc.collect()
        assert _descriptors() <= before
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert unseen == []

    def on_this_loop(test: Coroutine[Any, Any, None]) -> None:
        loop = request.param()
        gc.freeze()  # what was there before is of no interest, and takes a while to look through
        try:
            loop.run_until_complete(watched(test))
        finally:
            gc.unfreeze()
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    return on_this_loop


class Bench:
    """Makes lanes, and looks at the server from behind."""

    def __init__(self, dsn: str, secret: str, superuser: str) -> None:
        self._known = Pools(dsn, secret)
        self._superuser = superuser

    @contextlib.asynccontextmanager
    async def lanes(self, *, options: str = "", grace_s: float = 5.0, **limits: Any) -> AsyncIterator[Lanes]:
        """Lanes with these limits, closed at the end; ``options`` are settings of their sessions.

        Patient where a test does not say otherwise: a busy machine is not what is tested.
        """

        def conninfo(role: str) -> str:
            return make_conninfo(self._known.conninfo(role), application_name=APPLICATION, options=options)

        made = Lanes(conninfo, Limits(**{"wait_s": 30.0, "timeout_s": 60.0, **limits}))
        try:
            yield made
        finally:
            await made.close(grace_s=grace_s)
            assert await self.backends_until(lambda rows: not rows) == []

    @contextlib.asynccontextmanager
    async def superuser(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with await psycopg.AsyncConnection.connect(self._superuser, autocommit=True) as connection:
            yield connection

    @contextlib.asynccontextmanager
    async def locked(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """While this holds, ``BLOCKED`` does not come back."""
        async with self.superuser() as connection:
            await connection.execute("SELECT pg_advisory_lock(20262026)")
            yield connection

    async def backends(self) -> list[tuple[str, str, str]]:
        """Role, state and statement of every connection of the lanes."""
        async with self.superuser() as connection:
            cursor = await connection.execute(
                "SELECT usename, coalesce(state, ''), query FROM pg_stat_activity "
                "WHERE application_name = %s AND datname = current_database() ORDER BY 1, 2, 3",
                [APPLICATION],
            )
            return await cursor.fetchall()

    async def backends_until(self, holds: Callable[[list[tuple[str, str, str]]], bool]) -> list[tuple[str, str, str]]:
        """The backends once it holds of them; the run's own limit applies where it never does."""
        while not holds(rows := await self.backends()):  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.02)
        return rows

    def terminate_when_stuck(self) -> None:
        """The one backend is gone, ended while it waits for us to read.  The event loop stands still meanwhile."""
        ours = "pg_stat_activity WHERE application_name = %s AND datname = current_database()"
        with psycopg.connect(self._superuser, autocommit=True) as connection:
            while not connection.execute(
                f"SELECT pg_terminate_backend(pid, 10000) FROM {ours} AND wait_event = 'ClientWrite'", [APPLICATION]
            ).fetchall():
                time.sleep(0.01)


#: Its answer is its parameter, but not before ``locked`` is over.
BLOCKED = "SELECT $1::text FROM (SELECT pg_advisory_lock_shared(20262026), pg_advisory_unlock_shared(20262026)) AS once"


@pytest.fixture
def bench(superuser: str, role_secret: str) -> Bench:
    return Bench(installation.server_dsn(superuser), role_secret, superuser)


async def outcome(answer: Awaitable[Any]) -> Any:
    """What came of it: the answer itself, or the error."""
    try:
        return await answer
    except (RequestFailed, psycopg.Error, asyncio.CancelledError) as error:
        return error
