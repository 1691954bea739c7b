"""What a request of one district costs where there are 3,000 tenants, beside what it costs where there are 17."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psutil
import uvloop

from tests.benchmarks.asking import Asking
from tests.benchmarks.load import Measured, Target, measure
from tests.benchmarks.serving import Contender, started
from tests.benchmarks.showing import console

_TURNS = 5
_SECONDS = 1.0

#: A running server and the PostgreSQL behind it.
Side = tuple[Contender, psutil.Process]


def beside_city(
    national: Side, city: psutil.Process, arguments: Sequence[str], folder: Path, asking: Asking, cpus: list[int] | None
) -> dict[str, float]:
    """How many times the city's CPU the nation's takes, by operation; printed too.

    The two take turns, as contenders do: what else the machine does disturbs both alike.
    """
    with ExitStack() as stack:
        place = folder / "city"
        place.mkdir()
        local = stack.enter_context(started("ours", arguments, place, cpus))
        found = uvloop.run(_compare({"national": national, "city": (local, city)}, asking))
    told = ", ".join(f"{name} {times:.2f}×" for name, times in found.items())
    console.print(f"3,000 tenants take, of the CPU that 17 take: {told}", highlight=False)
    return found


async def _compare(sides: dict[str, Side], asking: Asking) -> dict[str, float]:
    found = {}
    for asked in asking.operations:
        if asked.municipal:
            continue
        turns: dict[str, list[Measured]] = {name: [] for name in sides}
        for turn in range(_TURNS + 1):
            for name, (one, cluster) in sides.items():
                target = Target("127.0.0.1", one.port, asking.requests("ours", asked), one.process, cluster)
                measured = await measure(target, _SECONDS)
                if turn:  # the first is for warming up
                    turns[name].append(measured)
        cpu = {name: median(one.cpu_us for one in several) for name, several in turns.items()}
        found[asked.name] = cpu["national"] / cpu["city"]
    return found
