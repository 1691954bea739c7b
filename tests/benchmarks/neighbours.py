"""``python -m tests.benchmarks.neighbours``: what one district's flood does to the latency of another.

One server process, rates as they come.  Eight people of a district ask for one institution each, ten times a second;
another district floods from many connections, each asking again at once whatever it was answered.  Shown: the former alone,
beside the flood without rates, and beside it with them.
"""

import argparse
import asyncio
import tempfile
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import psutil
import uvloop
from rich.console import Console
from rich.table import Table

from server.db import roles
from server.db.pools import Pools
from server.districts.files import load_districts
from server.http.issuer import DevelopmentIssuer
from server.identity.store import insert_memberships
from server.kit.ids import stable_id
from tests.benchmarks.load import Flood, Measured, Target, flooding, measure, request
from tests.benchmarks.operations import POINT
from tests.benchmarks.run import Asking, _cores, database
from tests.benchmarks.serving import AUDIENCE, ROLE_SECRET, Contender, started

NEIGHBOUR, FLOODING = "fengtai", "haidian"
PEOPLE = 40
PEOPLE_BESIDE = 8
_PAUSE_S = 0.1

console = Console(width=120)

_DEAR = """query Flood($district: String) { institutions(district: $district, first: 50) {
  nodes { id name sites { address } reviews(first: 3) { nodes { kind outcome } } } } }"""


async def _seed(dsn: str, tenant_id: int) -> None:
    """People enough to flood: one person alone is held to a rate of their own."""
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": tenant_id,
            "id": stable_id("flood", str(n)),
            "subject": f"flood:{n}",
            "name": "洪水",
            "role": "DISTRICT_OFFICER",
            "department": None,
            "institution_id": None,
            "from_on": date(2020, 1, 1),
            "created_by": "benchmark",
            "source": "SAMPLE",
        }
        for n in range(PEOPLE)
    ]
    pools = Pools(dsn, ROLE_SECRET, size=1)
    try:
        async with pools.transaction(roles.PLATFORM) as connection:
            await insert_memberships(connection, rows)
    finally:
        await pools.close()


async def _beside(
    ours: Contender, point: list[bytes], dear: list[bytes], cluster: psutil.Process, seconds: float, connections: int
) -> tuple[Measured, Flood]:
    target = Target("127.0.0.1", ours.port, point, ours.process, cluster)
    async with flooding("127.0.0.1", ours.port, dear, connections) as flood:
        await asyncio.sleep(2.0)
        measured = await measure(target, seconds, connections=PEOPLE_BESIDE, pause_s=_PAUSE_S)
    return measured, flood


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.neighbours")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=64, help="of the flood")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    tenants = {one.code: one.tenant_id for one in load_districts()}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster, dsn = stack.enter_context(database("city", None))
        postgres = psutil.Process(cluster.pid)
        first, _ = _cores(postgres)
        asyncio.run(_seed(dsn, tenants[FLOODING]))
        asking = Asking(folder, NEIGHBOUR, tenants[NEIGHBOUR])
        point = asking.requests("ours", next(one for one in asking.operations if one.document == POINT))
        issuer = DevelopmentIssuer(folder, development=True)
        body = orjson.dumps({"query": _DEAR, "variables": {"district": FLOODING}})
        tokens = [issuer.token(f"flood:{n}", AUDIENCE) for n in range(PEOPLE)]
        dear = [request("/graphql", body, [("authorization", f"Bearer {one}")]) for one in tokens]
        arguments = ["--database", dsn, "--folder", str(folder), "--district", NEIGHBOUR, "--tenant", "1"]
        found: dict[str, tuple[Measured, Flood]] = {}
        for name, more in (("without rates", []), ("with rates", ["--metered"])):
            with started("ours", [*arguments, *more], folder, first) as ours:
                if not found:
                    target = Target("127.0.0.1", ours.port, point, ours.process, postgres)
                    alone = uvloop.run(measure(target, given.seconds, connections=PEOPLE_BESIDE, pause_s=_PAUSE_S))
                    found["alone"] = (alone, Flood())
                run = _beside(ours, point, dear, postgres, given.seconds, given.connections)
                found[f"beside a flood, {name}"] = uvloop.run(run)
        _show(found)
        if given.json:
            told = {
                name: {"p50_ms": one.p50_ms, "p99_ms": one.p99_ms, "flood_per_second": flood.per_second}
                for name, (one, flood) in found.items()
            }
            given.json.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _show(found: dict[str, tuple[Measured, Flood]]) -> None:
    table = Table(title="a neighbour's point read", title_justify="left")
    for heading in ("", "p50 ms", "p99 ms", "req/s", "flood, answers/s", "of them refused"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, (one, flood) in found.items():
        table.add_row(
            name,
            f"{one.p50_ms:.2f}",
            f"{one.p99_ms:.2f}",
            f"{one.per_second:,.0f}",
            f"{flood.per_second:,.0f}",
            f"{flood.refused:.0%}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
