"""``make bench``: what a request costs here, beside hand-written SQL and beside resolvers, in one run over the same rows.

The server has one core, PostgreSQL and the client another, where the machine has two.  Contenders take turns, so that a
noisy neighbour disturbs all alike; each figure is the median of the turns.  No test asserts any of them.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import psutil
import uvloop

from server import installation
from server.db import embedded
from server.db.pools import Pools
from server.development.personas import load_personas, seed_personas
from server.districts.files import load_districts
from tests.benchmarks import data, policy
from tests.benchmarks.asking import OFFICER, Asking, same_answers
from tests.benchmarks.load import Measured, Target, measure, request
from tests.benchmarks.operations import PAGE, POSTGRAPHILE
from tests.benchmarks.peering import PEERS, peer
from tests.benchmarks.scaling import beside_city
from tests.benchmarks.serving import CONTENDERS, ROLE_SECRET, Contender, started
from tests.benchmarks.showing import console, show, show_peers

_TURNS = 3
_WARM_SECONDS = 1.0


@contextmanager
def database(scale: str, kept: Path | None) -> Iterator[tuple[embedded.Cluster, str]]:
    """A running PostgreSQL with the rows of this scale, made anew unless ``kept`` holds them."""
    settings = {**embedded.THROWAWAY, "shared_buffers": "1GB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB"}
    opened = embedded.cluster(kept, settings=settings) if kept else embedded.throwaway(settings=settings)
    with opened as running:
        began = time.perf_counter()
        dsn = running.superuser_dsn(data.DATABASE)
        if not kept or not (kept / "loaded").exists():
            with console.status(f"{scale}: preparing") as status:

                def told(table: str, rows: int) -> None:
                    status.update(f"{scale}: {table} {rows:,}")

                dsn = data.load(running.superuser_dsn(), data.SCALES[scale], ROLE_SECRET, told)
            if kept:
                (kept / "loaded").write_text(scale)
        server = installation.server_dsn(dsn)
        asyncio.run(_seed_personas(server))
        console.print(f"{scale}: rows loaded in {time.perf_counter() - began:.0f} s", highlight=False)
        yield running, server


async def _seed_personas(dsn: str) -> None:
    pools = Pools(dsn, ROLE_SECRET, size=1)
    try:
        await seed_personas(pools, load_personas())
    finally:
        await pools.close()


async def compare(
    contenders: Sequence[Contender], asking: Asking, cluster: psutil.Process, seconds: float
) -> dict[str, dict[str, Measured]]:
    """Each operation from each contender in turns; medians by operation and contender."""
    cells: dict[tuple[str, str], list[Measured]] = {}
    for asked in asking.operations:
        targets = {
            one.name: Target("127.0.0.1", one.port, asking.requests(one.name, asked), one.process, cluster)
            for one in contenders
        }
        for target in targets.values():
            await measure(target, _WARM_SECONDS)  # compilers at run time have compiled by then, and so has PostgreSQL
        for _ in range(_TURNS):
            for name, target in targets.items():
                cells.setdefault((asked.name, name), []).append(await measure(target, seconds / _TURNS))
    found: dict[str, dict[str, Measured]] = {}
    for (operation, contender), turns in cells.items():
        found.setdefault(operation, {})[contender] = _median(turns)
    return found


def _median(turns: Sequence[Measured]) -> Measured:
    return Measured(*(median(getattr(one, field.name) for one in turns) for field in fields(Measured)))


async def first_sight(ours: Contender, asking: Asking, cluster: psutil.Process) -> float:
    """Milliseconds of server CPU for a document it never saw: read, validated and compiled, besides being answered."""
    asked = next(one for one in asking.operations if one.document == PAGE)
    path, _, headers = asking.bodies("ours", asked)
    fresh = iter(range(10**9))

    class Fresh(Sequence[bytes]):
        def __len__(self) -> int:
            return 0

        def __getitem__(self, _: Any) -> Any:
            raise IndexError

        def __iter__(self) -> Iterator[bytes]:
            for n in fresh:
                body = orjson.dumps({"query": f"# {n}\n{PAGE}", "variables": asked.variables[0]})
                yield request(path, body, headers)

    target = Target("127.0.0.1", ours.port, Fresh(), ours.process, cluster)
    return (await measure(target, 2.0, connections=1)).server_us / 1e3


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench ARGS=…")
    parser.add_argument("--scale", choices=data.SCALES, default="city")
    parser.add_argument("--seconds", type=float, default=3.0, help="measured per cell")
    parser.add_argument("--only", nargs="+", help="operations")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=CONTENDERS)
    parser.add_argument(
        "--peers", action="store_true", help="beside other GraphQL servers, from npm (make bench-peers)"
    )
    parser.add_argument("--keep", type=Path, help="a folder in which the loaded database is kept for further runs")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    given = parser.parse_args()
    if given.peers:
        given.contenders, given.only = ("raw", "ours"), tuple(POSTGRAPHILE)
    district = load_personas()[OFFICER].district
    tenant_id = next(one.tenant_id for one in load_districts() if one.code == district)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster, dsn = stack.enter_context(database(given.scale, given.keep))
        postgres = psutil.Process(cluster.pid)
        first, second = _cores(postgres)
        asking = Asking(folder, district, tenant_id)
        if given.only:
            asking.operations = tuple(one for one in asking.operations if one.name in given.only)
        arguments = ["--database", dsn, "--folder", str(folder), "--district", district, "--tenant", str(tenant_id)]
        contenders = [stack.enter_context(started(one, arguments, folder, first)) for one in given.contenders]
        if given.peers:
            contenders += [stack.enter_context(peer(one, dsn, district, tenant_id, folder, first)) for one in PEERS]
        sizes = same_answers(contenders, asking)
        found = uvloop.run(compare(contenders, asking, postgres, given.seconds))
        show(found, sizes)
        if "ours" in given.contenders:
            show_peers(found)
        ours = next((one for one in contenders if one.name == "ours"), None)
        sight = uvloop.run(first_sight(ours, asking, postgres)) if ours and not given.only else None
        if sight:
            console.print(f"first sight of the page's document: {sight:.1f} ms of server CPU", highlight=False)
        scaled = None
        if ours and given.scale == "national" and not given.only:
            local, its = stack.enter_context(database("city", None))
            city = psutil.Process(local.pid)
            _cores(city)
            there = ["--database", its, *arguments[2:]]
            scaled = beside_city((ours, postgres), city, there, folder, asking, first)
        if not given.only:
            policy.main()
        if given.json:
            told = {
                "scale": given.scale,
                "cores": [first, second],
                "cells": {name: {who: asdict(one) for who, one in row.items()} for name, row in found.items()},
                "first_sight_ms": sight,
                "national_to_city": scaled,
            }
            given.json.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _cores(postgres: psutil.Process) -> tuple[list[int] | None, list[int] | None]:
    """One core for the server, another for PostgreSQL and us; None where the machine cannot."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    free = sorted(os.sched_getaffinity(0))
    if len(free) < 2:
        return None, None
    server, others = free[:1], free[1:2]
    for one in (postgres, *postgres.children(recursive=True), psutil.Process()):
        with suppress(psutil.NoSuchProcess):  # PostgreSQL's helpers come and go
            one.cpu_affinity(others if one.pid != os.getpid() else free[1:])
    return server, others


if __name__ == "__main__":
    main()
