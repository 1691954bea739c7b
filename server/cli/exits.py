"""``shequ exits``: what each day brings to exits; run it once a day, or as often as one likes."""

import asyncio

import typer
from rich.console import Console

from server.cli.place import DATA, DataDir, pools_of
from server.db.pools import Pools
from server.exits.delivering import deliver_everywhere
from server.insurance.keeping import districts_of

app = typer.Typer(name="exits", help="退出与居民承接：每日事务", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """退出与居民承接：每日事务"""


@app.command()
def daily(data_dir: DataDir = DATA) -> None:
    """把他区的承接征询送达被征询的区，已撤回的取消待办。平时随办随送，此处补送遗漏。可重复执行。"""
    changed = asyncio.run(_run(pools_of(data_dir)))
    Console(stderr=True).print(f"承接征询：{changed} 项待办有变动", highlight=False)


async def _run(pools: Pools) -> int:
    try:
        districts = {code: tenant for tenant, code in await districts_of(pools)}
        return await deliver_everywhere(pools, districts, "exits-daily")
    finally:
        await pools.close()
