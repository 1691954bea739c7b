"""``shequ daily``: what each day brings to every district by itself."""

import asyncio
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from server.cli.place import DATA, DataDir, pools_of
from server.daily import Done, run
from server.db import roles
from server.db.pools import Pools
from server.districts.files import TENANTS
from server.insurance.actions.stepping import Ground
from server.insurance.keeping import districts_of
from server.insurance.smtp import Smtp
from server.policy.shelf import Library, Shelf
from server.settings import Settings
from server.workdays.store import Calendars

_COLUMNS = (
    "辖区",
    "逾期未开业或未校验",
    "新建议",
    "他区承接征询",
    "期限转为正式",
    "其中改期",
    "续签提醒",
    "协议到期",
    "医保处理入监管",
)
_MAIL = ("邮件发出", "邮件未发出")


def daily(
    data_dir: DataDir = DATA,
    mail: Annotated[bool, typer.Option(help="同时重试待发邮件（须设置 SHEQU_SMTP_HOST）")] = True,
) -> None:
    """每日事务：核查逾期开业与校验并提出建议，送达他区承接征询，按正式日历重算暂定期限，提醒续签，协议到期，重试待发邮件。可重复执行。

    任一辖区未完成时以退出码 1 结束，其他辖区不受影响。
    """
    done = asyncio.run(_run(pools_of(data_dir), Settings().smtp() if mail else None))
    console, table = Console(), Table(*_COLUMNS, *_MAIL)
    for one in done:
        if (day := one.designation) is not None:
            counts = (
                one.missed,
                one.proposed,
                one.delivered,
                day.settled,
                day.moved,
                day.reminded,
                day.expired,
                day.told,
            )
            table.add_row(one.code, *map(str, (*counts, one.sent, one.unsent)))
    console.print(table)
    failed = [one for one in done if one.failed is not None]
    for one in failed:
        Console(stderr=True).print(f"[red]✗[/] {one.code}：未完成（{one.failed}）；下次执行时重试", highlight=False)
    if failed:
        raise typer.Exit(1)


async def _run(pools: Pools, smtp: Smtp | None) -> list[Done]:
    try:
        shelf = Shelf(partial(pools.fetch, roles.MUNICIPAL_READER), Library(TENANTS))
        calendars = Calendars(partial(pools.fetch, roles.PUBLIC_READER))
        ground = Ground(await shelf.current(), await calendars.current())
        total, days = len(await districts_of(pools)), run(pools, shelf, ground, smtp)
        found = []
        for _ in track(range(total), "各区每日事务", console=Console(stderr=True)):
            found.append(await anext(days))
        return found
    finally:
        await pools.close()
