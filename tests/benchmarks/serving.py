"""The contenders, each one process on a loopback port: ``python -m tests.benchmarks.serving ours 8001 …``."""

import argparse
import gc
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import uvicorn

ROOT = Path(__file__).resolve().parents[2]
ROLE_SECRET = "role-secret-of-the-benchmark"
CURSOR_SECRET = "cursor-secret-of-the-benchmark"
AUDIENCE = "shequ"

CONTENDERS = ("raw", "ours", "resolvers")


@dataclass(frozen=True, slots=True)
class Contender:
    """A running contender."""

    name: str
    port: int
    process: psutil.Process


@contextmanager
def started(name: str, arguments: Sequence[str], folder: Path, cpus: Sequence[int] | None) -> Iterator[Contender]:
    """The contender, listening; ended at the end of the block."""

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "tests.benchmarks.serving", name, str(port), *arguments]

    with listening(name, command, ROOT, folder, cpus) as one:
        yield one


@contextmanager
def listening(
    name: str, command: Callable[[int], list[str]], place: Path, folder: Path, cpus: Sequence[int] | None
) -> Iterator[Contender]:
    """What this command, run in ``place``, serves on the port it is given; its log goes into ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        child = subprocess.Popen(command(port), cwd=place, stdout=output, stderr=output)
    try:
        process = psutil.Process(child.pid)
        if cpus:
            process.cpu_affinity(list(cpus))
        _wait_for(child, port, log)
        yield Contender(name, port, process)
    finally:
        child.terminate()
        child.wait()


def _wait_for(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and child.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"{child.args} does not listen:\n{log.read_text()[-2000:]}")


# Each contender imports what it needs and no more: its memory is measured.


def _ours(database: str, folder: Path, *, metered: bool) -> Any:
    from schema.cost import meter_of
    from server.app import App
    from server.http import logs
    from server.http.issuer import ISSUER, DevelopmentIssuer

    logs.configure("INFO", pretty=False)
    issuer = DevelopmentIssuer(folder, development=True)
    return App(
        database_url=database,
        role_secret=ROLE_SECRET,
        cursor_secret=CURSOR_SECRET,
        issuer=ISSUER,
        audience=AUDIENCE,
        keys=issuer.keys,
        meter=meter_of() if metered else None,
    )


def _raw(database: str, district: str, tenant_id: int) -> Any:
    from server.db.lean import Lanes
    from server.db.pools import Pools
    from tests.benchmarks.raw import Raw

    return Raw(Lanes(Pools(database, ROLE_SECRET).conninfo), district, tenant_id, CURSOR_SECRET)


def _resolvers(database: str, district: str) -> Any:
    from server.db import roles
    from server.db.pools import Pools
    from tests.benchmarks.resolving import Resolving

    pools = Pools(database, ROLE_SECRET)
    apps = {
        "/district": Resolving(pools.conninfo(roles.district_role(district)), CURSOR_SECRET),
        "/municipal": Resolving(pools.conninfo(roles.MUNICIPAL_READER), CURSOR_SECRET),
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await apps[scope["path"]](scope, receive, send)

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("port", type=int)
    parser.add_argument("--database", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--district", required=True)
    parser.add_argument("--tenant", type=int, required=True)
    parser.add_argument("--metered", action="store_true", help="ours alone: with the usual rates")
    given = parser.parse_args()
    if given.contender == "ours":
        app = _ours(given.database, given.folder, metered=given.metered)
    elif given.contender == "raw":
        app = _raw(given.database, given.district, given.tenant)
    else:
        app = _resolvers(given.database, given.district)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=given.port,
        loop="uvloop",
        http="server.http.whole:Protocol" if given.contender == "ours" else "httptools",
        access_log=False,
        log_level="warning",
        lifespan="off",
        server_header=False,
    )
    # As ``shequ serve`` does; for all contenders alike.
    gc.collect()
    gc.freeze()
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
