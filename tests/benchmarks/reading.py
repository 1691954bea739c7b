"""What one read costs on each of the ways to PostgreSQL: CPU time of this process and of the server's, per request.

    python -m tests.benchmarks.reading

Starts a PostgreSQL of its own.  Figures compare ways within one run on one machine, and nothing else.
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import psutil
import psycopg
import uvloop
from psycopg.conninfo import make_conninfo

from server.db import embedded, roles
from server.db.lean import Lanes
from server.db.pools import Pools
from server.installation import server_dsn

_SECRET = "secret-of-the-benchmark"
_ROLE = roles.PUBLIC_READER
_STATEMENTS = {"tiny": "SELECT $1::text", "28 KB": "SELECT $1::text || repeat('社', 9333)"}

Ask = Callable[[str], Awaitable[object]]


async def _measure(
    ask: Ask, sql: str, callers: int, requests: int, server: psutil.Process
) -> tuple[float, float, float]:
    """Microseconds per request: our CPU, the server's CPU, and the clock."""
    left = iter(range(requests))

    async def caller() -> None:
        for _ in left:
            await ask(sql)

    await asyncio.gather(*(ask(sql) for _ in range(callers * 4)))
    ours, theirs, began = time.process_time(), _cpu_s(server), time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    spent = time.process_time() - ours, _cpu_s(server) - theirs, time.perf_counter() - began
    return tuple(seconds / requests * 1e6 for seconds in spent)  # type: ignore[return-value]


def _cpu_s(server: psutil.Process) -> float:
    # Backends only: they live as long as their way is measured.
    spent = [process.cpu_times() for process in server.children()]
    return sum(times.user + times.system for times in spent)


async def _compare(dsn: str, server: psutil.Process, callers: int, requests: int) -> None:
    pools = Pools(server_dsn(dsn), _SECRET)
    lanes = Lanes(pools.conninfo)
    conninfo = pools.conninfo(_ROLE)
    single = [await psycopg.AsyncConnection.connect(conninfo, autocommit=True) for _ in range(4)]
    turn = itertools.cycle(single)

    async def by_connection(sql: str) -> object:
        cursor = psycopg.AsyncRawCursor(next(turn))
        await cursor.execute(sql, ["x"], prepare=True)
        return await cursor.fetchone()

    ways: dict[str, Ask] = {
        "Lanes.fetch": lambda sql: lanes.fetch(_ROLE, sql, [b"x"]),
        "AsyncConnection × 4": by_connection,
        "Pools.fetch (4)": lambda sql: pools.fetch(_ROLE, sql, ["x"]),
    }
    print(f"{callers} callers, {requests} requests each way; µs per request: this process + PostgreSQL (clock)")
    for name, ask in ways.items():
        cells = []
        for title, sql in _STATEMENTS.items():
            # The best of three: the others were disturbed.
            best = min([await _measure(ask, sql, callers, requests, server) for _ in range(3)])
            cells.append(f"{title}: {best[0]:6.1f} + {best[1]:5.1f} ({best[2]:6.1f})")
        print(f"{name:28}" + "   ".join(cells), flush=True)
    for connection in single:
        await connection.close()
    await lanes.close()
    await pools.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--requests", type=int, default=5000)
    asked = parser.parse_args()
    with embedded.throwaway() as cluster:
        dsn = make_conninfo(cluster.superuser_dsn())
        with psycopg.connect(dsn, autocommit=True) as connection:
            password = roles.password(_SECRET, _ROLE)
            connection.execute(f"CREATE ROLE {_ROLE} LOGIN PASSWORD '{password}'")
        uvloop.run(_compare(dsn, psutil.Process(cluster.pid), asked.callers, asked.requests))


if __name__ == "__main__":
    main()
