"""``shequ audit``: the audit chain, made, verified and exported."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from server.cli.place import DATA, DataDir, pools_of
from server.db import roles
from server.db.pools import Pools
from server.kit import clock
from server.record import chain
from server.record.chain import Head
from server.record.verifying import Flaw, Verdict, count_links, removable_before, verify
from server.settings import Settings, SettingsError

app = typer.Typer(help="审计链：生成、核验、存档", no_args_is_help=True)

T = TypeVar("T")

_NAMES = "SELECT tenant_id, name FROM district"
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
#: So many forged entries, and nothing else wrong, rather means that the secret is another one.
_SUSPICIOUS = 10


@app.callback()
def _group() -> None:
    """审计链：每辖区一条，任何一条审计记录被修改、删除或插入都能被发现。"""


@app.command("link")
def link_entries(
    every: Annotated[float | None, typer.Option(min=0.5, help="每隔若干秒重复一次，按 Ctrl-C 结束")] = None,
    rescan: Annotated[
        bool, typer.Option("--rescan", help="检查全部记录，不只上次以来的；从转储文件恢复数据库后使用")
    ] = False,
    data_dir: DataDir = DATA,
) -> None:
    """把已提交的审计记录接入审计链。可重复执行，也可多处同时执行。"""
    console = Console(stderr=True)

    async def run(pools: Pools) -> None:
        names = await _names(pools)
        while True:
            total = 0
            for tenant_id in await chain.tenants(pools):
                added = await chain.link(pools, tenant_id, rescan=rescan)
                total += added
                if added:
                    console.print(f"  [green]✓[/] {_name(names, tenant_id)}：接入 {added} 条", highlight=False)
            if every is None:
                console.print(f"共接入 {total} 条", highlight=False)
                return
            await asyncio.sleep(every)

    _with_pools(data_dir, run)


@app.command("verify")
def verify_chains(
    head: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="此前用 shequ audit head 存档的文件；可多次给出"),
    ] = None,
    data_dir: DataDir = DATA,
) -> None:
    """重新计算每条审计链，逐条指出被修改、删除或插入的记录。发现问题时以退出码 1 结束。"""
    console = Console(stderr=True)
    kept = [one for path in head or () for one in _read(path)]
    due = removable_before(clock.now(), Settings().require_audit_retention())

    async def run(pools: Pools) -> tuple[Mapping[int, str], list[Verdict]]:
        known = sorted({*await chain.tenants(pools), *(one.tenant_id for one in kept)})
        names = await _names(pools)
        verdicts = []
        with Progress(*_COLUMNS, console=console) as progress:
            for tenant_id in known:
                task = progress.add_task(_name(names, tenant_id), total=await count_links(pools, tenant_id))
                verdicts.append(
                    await verify(
                        pools,
                        tenant_id,
                        kept=kept,
                        removable_before=due,
                        progress=lambda n, task=task: progress.advance(task, n),  # type: ignore[misc]
                    )
                )
        return names, verdicts

    names, verdicts = _with_pools(data_dir, run)
    found = [one for verdict in verdicts for one in verdict.findings]
    for one in found:
        place = "" if one.seq is None else f" 第 {one.seq} 环"
        entry = "" if one.entry_id is None else f" 记录 {one.entry_id}"
        typer.echo(f"{_name(names, one.tenant_id)}{place}{entry} {one.flaw}：{one.flaw.label}（{one.told}）")
    forged = sum(one.flaw is Flaw.FORGED for one in found)
    if forged == len(found) >= _SUSPICIOUS:
        console.print("[yellow]![/] 全部问题均为签名不符：请先确认 SHEQU_AUDIT_SECRET 与写入时相同", highlight=False)
    linked, waiting = sum(one.links for one in verdicts), sum(one.waiting for one in verdicts)
    console.print(
        f"{len(verdicts)} 条链，共 {linked} 环；{waiting} 条记录待接入；"
        + (f"[bold red]发现 {len(found)} 处问题[/]" if found else "[green]未发现问题[/]"),
        highlight=False,
    )
    if found:
        raise typer.Exit(1)


@app.command("head")
def print_heads(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写入文件；缺省打印到标准输出")] = None,
    data_dir: DataDir = DATA,
) -> None:
    """导出各链链头。请保存到本系统之外；日后用 verify --head 可发现链尾截断和整体改写。"""

    async def run(pools: Pools) -> list[Head]:
        return await chain.heads(pools)

    kept = Archive(clock.now().isoformat(), _with_pools(data_dir, run))
    text = orjson.dumps(asdict(kept), option=orjson.OPT_INDENT_2) + b"\n"
    if output is None:
        typer.echo(text.decode(), nl=False)
    else:
        output.write_bytes(text)


@dataclass(frozen=True, slots=True)
class Archive:
    """What ``head`` writes and ``verify --head`` reads."""

    taken_at: str
    heads: list[Head]


def _read(path: Path) -> list[Head]:
    try:
        heads = [Head(**one) for one in orjson.loads(path.read_bytes())["heads"]]
        for one in heads:
            if not isinstance(one.seq, int) or datetime.fromisoformat(one.at).tzinfo is None:
                raise ValueError(one)
    except (ValueError, TypeError, KeyError):
        raise SettingsError(f"{path} 不是 shequ audit head 导出的文件") from None
    return heads


async def _names(pools: Pools) -> Mapping[int, str]:
    return dict(await pools.fetch(roles.PUBLIC_READER, _NAMES, []))


def _name(names: Mapping[int, str], tenant_id: int) -> str:
    return names.get(tenant_id, f"租户 {tenant_id}")


def _with_pools(data_dir: Path, run: Callable[[Pools], Awaitable[T]]) -> T:
    pools = pools_of(data_dir)

    async def whole() -> T:
        try:
            return await run(pools)
        finally:
            await pools.close()

    return asyncio.run(whole())
