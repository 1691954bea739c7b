"""``shequ explain``."""

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from schema.access import Directory, Engine, Request
from schema.explaining import Part, parts_of, plan_of
from schema.operations import Operations
from server.cli.place import DATA, DataDir, database_of
from server.db import roles
from server.db.lean import Lanes
from server.db.pools import Pools
from server.development.personas import load_personas
from server.districts.files import TENANTS
from server.documents.keeping import Files
from server.documents.tickets import Tickets
from server.documents.vault import Vault
from server.identity.store import find_actor
from server.kit import clock
from server.planner.keyset import Cursors
from server.policy.shelf import Library, Shelf
from server.record.events import Listening, Sequences
from server.settings import Settings
from server.workdays.store import Calendars


def explain(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GraphQL 文档")],
    caller: Annotated[str | None, typer.Option("--as", help="调用者：开发用角色名或身份标识；缺省为未登录")] = None,
    variables: Annotated[str, typer.Option(help="变量（JSON），或 @文件")] = "{}",
    operation: Annotated[str | None, typer.Option(help="文档含多个操作时，要解释的操作名")] = None,
    analyze: Annotated[bool, typer.Option("--analyze", help="实际执行，显示实测的计划")] = False,
    data_dir: DataDir = DATA,
) -> None:
    """显示一个查询如何被回答：所选字段、编译出的 SQL 与参数、PostgreSQL 的执行计划。"""
    database, secret = database_of(data_dir)
    settings = Settings()
    cursors = Cursors(secret if settings.database_url is None else settings.require_cursor_secret())
    text, given = file.read_text(encoding="utf-8"), variables_of(variables)
    asyncio.run(_explain(Pools(database, secret, size=1), cursors, text, caller, given, operation, analyze=analyze))


def variables_of(given: str) -> Mapping[str, Any]:
    """The variables that an option gives. Raises: typer.BadParameter."""
    try:
        text = Path(given[1:]).read_text(encoding="utf-8") if given.startswith("@") else given
        values = orjson.loads(text)
    except (OSError, orjson.JSONDecodeError) as error:
        raise typer.BadParameter(f"--variables 应为 JSON 对象，或 @ 加文件名：{error}") from error
    if not isinstance(values, dict):
        raise typer.BadParameter("--variables 应为 JSON 对象")
    return values


def engine_of_command(pools: Pools, lanes: Lanes, cursors: Cursors, operations: Operations) -> Engine:
    """What a command needs in order to ask as a caller would: no file comes in, and nobody listens."""
    return Engine(
        pools,
        lanes,
        Directory(pools),
        cursors,
        operations.catalogue,
        Calendars(partial(pools.fetch, roles.PUBLIC_READER)),
        Shelf(partial(pools.fetch, roles.MUNICIPAL_READER), Library(TENANTS)),
        Files(Vault.in_memory(), Tickets("command")),
        Listening(pools),
        Sequences("command"),
    )


async def _explain(
    pools: Pools,
    cursors: Cursors,
    text: str,
    caller: str | None,
    variables: Mapping[str, Any],
    operation: str | None,
    *,
    analyze: bool,
) -> None:
    lanes = Lanes(pools.conninfo)
    try:
        operations = Operations(hints=True)
        engine = engine_of_command(pools, lanes, cursors, operations)
        actor = None
        if caller is not None:
            personas = load_personas()
            subject = personas[caller].subject if caller in personas else caller
            actor = await find_actor(pools, subject, clock.today())
            if actor is None:
                raise typer.BadParameter(f"没有名为“{caller}”的成员；开发用角色：{'、'.join(personas)}")
        request = Request(engine, actor, "explain")
        console = Console(soft_wrap=True, highlight=False, markup=False)
        for part in await parts_of(operations, request, text, variables, operation):
            await _show(console, request, part, analyze=analyze)
    finally:
        await lanes.close()
        await pools.close()


async def _show(console: Console, request: Request, part: Part, *, analyze: bool) -> None:
    console.print(f"# 字段 {'、'.join(part.fields)}", style="bold")
    for line in part.selection:
        console.print(line)
    statement = part.statement
    if statement is None:
        console.print("不由单条语句回答：由 Python 计算，或分属几个数据库角色\n")
        return
    console.print(f"\n# SQL（数据库角色 {statement.db_role}）", style="bold")
    console.print(part.sql)
    if statement.parameters:
        console.print("\n# 参数", style="bold")
    for n, parameter in enumerate(statement.parameters, start=1):
        shown = "NULL" if parameter is None else parameter.decode()
        if n in statement.plan.secrets:
            shown = "（游标签名密钥，不显示）"
        console.print(f"${n} = {shown}")
    console.print("\n# PostgreSQL 执行计划", style="bold")
    for line in await plan_of(request, statement, analyze=analyze):
        console.print(line)
    console.print()
