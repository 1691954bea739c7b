"""``shequ designation``: what each day brings to designation cases; run it once a day, or as often as one likes."""

import asyncio
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from server.cli.place import DATA, DataDir, database_of
from server.db import roles
from server.db.pools import Pools
from server.districts.files import TENANTS
from server.insurance import keeping
from server.insurance.actions.stepping import Ground
from server.insurance.smtp import Smtp
from server.policy.shelf import Library, Shelf
from server.settings import Settings
from server.standing.proposing import propose_for
from server.workdays.store import Calendars

app = typer.Typer(name="designation", help="医保定点：每日事务", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """医保定点：每日事务"""


@app.command()
def daily(
    data_dir: DataDir = DATA,
    mail: Annotated[bool, typer.Option(help="同时重试待发邮件（须设置 SHEQU_SMTP_HOST）")] = True,
) -> None:
    """按正式日历重算暂定期限，提醒续签，协议到期，医保处理登记为监管事实，重试待发邮件。可重复执行。"""
    dsn, secret = database_of(data_dir)
    settings = Settings()
    asyncio.run(_run(dsn, secret, settings, settings.smtp() if mail else None))


async def _run(dsn: str, secret: str, settings: Settings, smtp: Smtp | None) -> None:
    pools = Pools(dsn, secret, size=2, custody=settings.custody(secret))
    try:
        library = Library(TENANTS)
        shelf = Shelf(partial(pools.fetch, roles.MUNICIPAL_READER), library)
        calendars = Calendars(partial(pools.fetch, roles.PUBLIC_READER))
        ground = Ground(await shelf.current(), await calendars.current())
        done = await keeping.daily(pools, ground, lambda act, told: propose_for(act, shelf, told))
        sent = {code: (0, 0) for _, code in await keeping.districts_of(pools)}
        if smtp is not None:
            for tenant, code in await keeping.districts_of(pools):
                sent[code] = await keeping.send_mail(pools, smtp, library.register, tenant)
    finally:
        await pools.close()
    table = Table(
        "辖区", "期限转为正式", "其中改期", "续签提醒", "协议到期", "医保处理入监管", "邮件发出", "邮件未发出"
    )
    for one in done:
        counts = (one.settled, one.moved, one.reminded, one.expired, one.told, *sent[one.code])
        table.add_row(one.code, *map(str, counts))
    Console().print(table)
