"""``shequ keys``: the keys that seal personal values, told and rotated."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from server.cli.place import DATA, DataDir, pools_of
from server.db import roles
from server.db.pools import Pools
from server.kit.actor import Actor
from server.kit.ids import new_id
from server.kit.sealing import NotOpened
from server.record.acts import acting
from server.record.rotating import Rotated, Use, rotate, uses
from server.settings import SettingsError
from server.tables import metadata

app = typer.Typer(help="个人信息加密密钥：查看、轮换", no_args_is_help=True)

T = TypeVar("T")

_DISTRICTS = "SELECT tenant_id, name, id FROM district"
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


@app.callback()
def _group() -> None:
    """SHEQU_SEALING_SECRET 中第一个密钥用于加密，其余只用于解密；轮换完成后方可移除旧密钥。"""


@app.command("status")
def show_status(
    without: Annotated[
        str | None, typer.Option(help="检查能否移除该密钥（密钥编号）；仍有数据使用时退出码为 1")
    ] = None,
    data_dir: DataDir = DATA,
) -> None:
    """列出每个密钥加密了多少数据。有数据所用的密钥不在配置中时，退出码为 1。"""
    console = Console(stderr=True)

    async def run(pools: Pools) -> tuple[Sequence[str], list[Use]]:
        return pools.custody.sealer.kids, await uses(pools, metadata)

    kids, found = _with_pools(data_dir, run)
    if without is not None and without not in kids:
        raise typer.BadParameter(f"配置中没有编号为 {without} 的密钥；现有：{'、'.join(kids)}")
    table = Table(title="个人信息加密密钥", title_justify="left")
    for heading in ("密钥编号", "用途", "数据条数"):
        table.add_column(heading)
    for kid in kids:
        count = sum(one.count for one in found if one.kid == kid)
        use = "加密与解密" if kid == kids[0] else "只解密" if count else "已无数据使用，可以移除"
        table.add_row(kid, use, str(count))
    lost = [one for one in found if not one.known]
    for kid in sorted({one.kid for one in lost}):
        table.add_row(kid, "[bold red]不在配置中，无法解密[/]", str(sum(one.count for one in lost if one.kid == kid)))
    console.print(table)
    due = sum(one.count for one in found if one.known and not one.current)
    if due:
        console.print(f"{due} 条待轮换：请运行 shequ keys rotate", highlight=False)
    check_keys(found)
    if without is not None and (used := sum(one.count for one in found if one.kid == without)):
        raise SettingsError(f"密钥 {without} 仍加密着 {used} 条数据，不能移除：请先运行 shequ keys rotate")
    if without is not None and without == kids[0]:
        raise SettingsError(f"密钥 {without} 是当前加密所用，不能移除：请先把新密钥放在 SHEQU_SEALING_SECRET 的最前面")


@app.command("rotate")
def rotate_keys(data_dir: DataDir = DATA) -> None:
    """用当前密钥重新加密全部个人信息。可随时中断，再次运行即继续；可重复执行；不影响正在运行的服务。"""
    console = Console(stderr=True)

    async def run(pools: Pools) -> Rotated:
        found = await uses(pools, metadata)
        check_keys(found)
        districts = {row[0]: row[1:] for row in await pools.fetch(roles.PUBLIC_READER, _DISTRICTS, [])}
        due: dict[int, int] = {}
        for one in found:
            if not one.current:
                due[one.tenant_id] = due.get(one.tenant_id, 0) + one.count
        total = Rotated()
        with Progress(*_COLUMNS, console=console) as progress:
            for tenant_id, count in sorted(due.items()):
                name, district_id = districts.get(tenant_id, (f"租户 {tenant_id}", None))
                task = progress.add_task(name, total=count)
                done = await rotate(pools, metadata, tenant_id, progress=lambda n, t=task: progress.advance(t, n))  # type: ignore[misc]
                total.resealed += done.resealed
                total.passed_over += done.passed_over
                if done.resealed and district_id is not None:
                    await _note(pools, tenant_id, district_id, done)
        return total

    try:
        total = _with_pools(data_dir, run)
    except NotOpened as broken:
        raise SettingsError(f"有一条数据无法解密（{broken}），已停止；此前重新加密的数据有效。请核对数据来源") from None
    console.print(f"重新加密 {total.resealed} 条；其间被他人修改而跳过 {total.passed_over} 条", highlight=False)


def check_keys(found: Sequence[Use]) -> None:
    """Pass when every sealed value opens with the keys that are set. Raises: SettingsError."""
    lost: Mapping[str, int] = {
        one.kid: sum(each.count for each in found if each.kid == one.kid) for one in found if not one.known
    }
    if lost:
        told = "、".join(f"{kid}（{count} 条）" for kid, count in sorted(lost.items()))
        raise SettingsError(f"有数据用不在配置中的密钥加密：{told}。请把该密钥加回 SHEQU_SEALING_SECRET，轮换后再移除")


async def _note(pools: Pools, tenant_id: int, district_id: UUID, done: Rotated) -> None:
    actor = Actor("shequ keys rotate", "命令行", ())
    async with acting(pools, roles.PLATFORM, tenant_id, actor, str(new_id())) as act:
        after = {"kid": pools.custody.sealer.kids[0], "resealed": done.resealed}
        await act.note("keys_rotated", "district", district_id, after=after)


def _with_pools(data_dir: DataDir, run: Callable[[Pools], Awaitable[T]]) -> T:
    pools = pools_of(data_dir)

    async def whole() -> T:
        try:
            return await run(pools)
        finally:
            await pools.close()

    return asyncio.run(whole())
