"""``shequ export``: a list as a file, on behalf of one of its readers."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from schema.access import Request
from schema.exporting import Exported, exported
from schema.listing import listing_of
from schema.operations import Operations
from schema.tabular import ExportFormat
from server.cli.explaining import engine_of_command, variables_of
from server.cli.place import DATA, DataDir, database_of
from server.db import roles
from server.db.lean import Lanes
from server.db.pools import Pools
from server.development.personas import load_personas
from server.identity.store import find_actor
from server.kit import clock
from server.kit.actor import MUNICIPALITY, Actor
from server.kit.ids import new_id
from server.planner.keyset import Cursors
from server.record.acts import acting
from server.settings import Settings


def export(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GraphQL 查询：恰有一个列表")],
    output: Annotated[Path, typer.Option("--output", "-o", help="写入的文件：.xlsx、.csv 或 .ndjson")],
    caller: Annotated[str | None, typer.Option("--as", help="以谁的权限：身份标识或开发用角色名；缺省为公众")] = None,
    variables: Annotated[str, typer.Option(help="变量（JSON），或 @文件")] = "{}",
    operation: Annotated[str | None, typer.Option(help="文档含多个操作时，操作名")] = None,
    most: Annotated[int, typer.Option(min=1, help="最多行数")] = 1_000_000,
    data_dir: DataDir = DATA,
) -> None:
    """把一个列表的全部行导出为 Excel、CSV 或 NDJSON：与该用户在接口上看到的完全一样，个人信息脱敏。"""
    formats = {f".{one.value.lower()}": one for one in ExportFormat}
    if output.suffix.lower() not in formats:
        raise typer.BadParameter(f"{output} 的扩展名应为 {'、'.join(formats)} 之一")
    database, secret = database_of(data_dir)
    settings = Settings()
    cursors = Cursors(secret if settings.database_url is None else settings.require_cursor_secret())
    pools = Pools(database, secret, size=1, custody=settings.custody(secret))
    text, given = file.read_text(encoding="utf-8"), variables_of(variables)
    made = asyncio.run(_export(pools, cursors, text, operation, given, caller, formats[output.suffix.lower()], most))
    output.write_bytes(made.content)
    Console(stderr=True).print(f"{made.rows} 行，已写入 {output}", highlight=False)


async def _export(
    pools: Pools,
    cursors: Cursors,
    text: str,
    operation: str | None,
    variables: Mapping[str, Any],
    caller: str | None,
    format_: ExportFormat,
    most: int,
) -> Exported:
    lanes = Lanes(pools.conninfo)
    try:
        operations = Operations(hints=True)
        engine = engine_of_command(pools, lanes, cursors, operations)
        actor = None if caller is None else await _member(pools, caller)
        request = Request(engine, actor, "export", operations=operations)
        listing = listing_of(operations.schema, text, operation)
        made = await exported(request, listing, variables, format_, most=most)
        if actor is not None:
            await _note(pools, actor, {"list": listing.name, "rows": made.rows, "format": format_})
        return made
    finally:
        await lanes.close()
        await pools.close()


async def _member(pools: Pools, caller: str) -> Actor:
    personas = load_personas()
    subject = personas[caller].subject if caller in personas else caller
    actor = await find_actor(pools, subject, clock.today())
    if actor is None:
        raise typer.BadParameter(f"没有名为“{caller}”的成员")
    return actor


async def _note(pools: Pools, actor: Actor, after: Mapping[str, Any]) -> None:
    """The audit entry in the trail of the person's own jurisdiction, which also names the command."""
    tenant = MUNICIPALITY if actor.home is None else actor.home
    command = Actor(f"shequ export ({actor.subject})", actor.name, ())
    async with acting(pools, roles.PLATFORM, tenant, command, str(new_id())) as act:
        await act.note("exported", "list", new_id(), after=after)
