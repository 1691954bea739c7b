"""``shequ tenant``: a district exported whole, imported into an empty installation, erased when it leaves."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from server.cli.place import DATA, DataDir, pools_of, vault_of
from server.configuring import Configuration
from server.db import roles
from server.db.pools import Pools
from server.districts.files import TENANTS, load_districts
from server.districts.model import District
from server.kit import clock
from server.kit.actor import MUNICIPALITY, Actor
from server.kit.ids import new_id, stable_id
from server.kit.sealing import NotOpened
from server.moving.archive import Archive
from server.moving.arriving import import_tenant
from server.moving.erasing import KEPT, check_archived, erase_tenant
from server.moving.leaving import export_tenant
from server.moving.rows import ArchiveError
from server.policy.shelf import Library
from server.record.acts import acting
from server.record.verifying import removable_before
from server.settings import Settings

app = typer.Typer(help="辖区数据：整体导出、导入、清除", no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="辖区代码")]
#: A passphrase on the command line would be seen by everybody on the machine.
_PASSPHRASE = "SHEQU_ARCHIVE_PASSPHRASE"
_PASSPHRASE_SHORTEST = 12


@app.callback()
def _group() -> None:
    """归档的口令用于加密其中的个人信息：设在 SHEQU_ARCHIVE_PASSPHRASE 中，或在运行时输入；遗失即无法恢复。"""


@app.command("export")
def export(
    code: Code,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="归档文件；缺省为 代码-日期.shequ.zip")] = None,
    data_dir: DataDir = DATA,
) -> None:
    """导出一个辖区的全部数据、上传的文件和政策，可导入另一套系统。导出时系统可照常使用。"""
    console = Console(stderr=True)
    district = _district(code)
    path = output or Path(f"{code}-{clock.today():%Y%m%d}.shequ.zip")
    if path.exists():
        raise typer.BadParameter(f"{path} 已存在，请换一个文件名")
    passphrase = _passphrase(new=True)
    pools = pools_of(data_dir)
    policies = asyncio.run(_policies(pools, code))
    with _told(console, f"导出{district.name}") as progress:
        manifest = export_tenant(
            pools_of(data_dir),
            district,
            path,
            passphrase,
            files=vault_of(data_dir),
            policies=policies,
            progress=progress,
        )
    table = Table(title=f"{district.name}归档", title_justify="left")
    for heading in ("表", "行数", "SHA-256"):
        table.add_column(heading)
    for name, held in sorted(manifest.tables.items()):
        if held.rows:
            table.add_row(name, str(held.rows), held.sha256[:16])
    console.print(table)
    console.print(f"{manifest.rows} 行，{len(manifest.files)} 个文件，已写入 {path}", highlight=False)


@app.command("import")
def import_(
    archive: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="归档文件")],
    data_dir: DataDir = DATA,
) -> None:
    """导入归档到尚无该辖区数据的系统（SHEQU_MIGRATOR_URL），行数与校验值全部一致才生效。"""
    console = Console(stderr=True)
    migrator = Settings().require_migrator_url()
    with Archive(archive, _passphrase()) as opened:
        district = _district(opened.manifest.district)
        with _told(console, f"导入{district.name}") as progress:
            try:
                done = import_tenant(
                    migrator, pools_of(data_dir), district, opened, files=vault_of(data_dir), progress=progress
                )
            except NotOpened:
                raise ArchiveError("归档中有个人信息无法解密，已全部撤销：归档可能已被改动") from None
        made_at = opened.manifest.made_at
    _note(pools_of(data_dir), district, "imported", {"rows": done.rows, "files": done.files, "archive_of": made_at})
    for remark in done.remarks:
        console.print(f"  [yellow]![/] {remark}", highlight=False)
    console.print(f"已导入 {done.rows} 行、{done.files} 个文件，各表行数与校验值与归档一致", highlight=False)
    console.print(
        "接下来：SHEQU_AUDIT_SECRET 末尾加上原系统的审计密钥，再运行一次 shequ audit link --rescan", highlight=False
    )


@app.command("erase")
def erase(
    code: Code,
    archive: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="清除前的归档；与现有数据逐表核对，一致才清除")
    ] = None,
    without_archive: Annotated[bool, typer.Option("--without-archive", help="不核对归档，数据无法恢复")] = False,
    confirm: Annotated[str | None, typer.Option(help="辖区代码，代替交互确认")] = None,
    data_dir: DataDir = DATA,
) -> None:
    """辖区退出平台时清除其全部数据（SHEQU_MIGRATOR_URL）。审计记录留存满期限后，再次运行本命令即一并清除。"""
    console = Console(stderr=True)
    district, settings = _district(code), Settings()
    migrator = settings.require_migrator_url()
    due = removable_before(clock.now(), settings.require_audit_retention())
    if (archive is None) is not without_archive:
        raise typer.BadParameter("请用 --archive 给出归档，或用 --without-archive 表明不需要归档（两者择一）")
    if archive is not None:
        with Archive(archive, _passphrase()) as opened, _told(console, "核对归档") as progress:
            check_archived(pools_of(data_dir), district, opened, progress)
    console.print(f"将清除{district.name}（{code}）的全部数据和上传的文件，无法撤销。", highlight=False)
    if (confirm or typer.prompt("请输入辖区代码确认")) != code:
        raise typer.BadParameter("辖区代码不符，没有清除任何数据")
    with _told(console, f"清除{district.name}") as progress:
        done = erase_tenant(migrator, district, audit_due=due, files=vault_of(data_dir), progress=progress)
    if done.kept:
        _note(pools_of(data_dir), district, "erased", {"rows": sum(done.rows.values()), "files": done.files})
    console.print(f"已清除 {sum(done.rows.values())} 行、{done.files} 个文件", highlight=False)
    for name, count in done.kept.items():
        console.print(f"  留存 {name} {count} 行：{KEPT[name]}", highlight=False)
    console.print(f"如不再接入，请移除 tenants/{code} 并运行 shequ provision", highlight=False)


def _district(code: str) -> District:
    districts = {one.code: one for one in load_districts() if one.tenant_id != MUNICIPALITY}
    if code not in districts:
        raise typer.BadParameter(f"没有代码为 {code} 的辖区；可用：{'、'.join(districts)}")
    return districts[code]


def _passphrase(*, new: bool = False) -> str:
    given = os.environ.get(_PASSPHRASE) or typer.prompt("归档口令", hide_input=True, confirmation_prompt=new)
    if new and len(given) < _PASSPHRASE_SHORTEST:
        raise typer.BadParameter(f"归档口令不得少于 {_PASSPHRASE_SHORTEST} 个字符")
    return str(given)


async def _policies(pools: Pools, code: str) -> Mapping[str, str]:
    """The district's policies as files, by name."""
    try:
        files = await Configuration(pools, Library(TENANTS)).exported()
    finally:
        await pools.close()
    return {name: text for name, text in files.items() if name.split("/")[0] == code}


def _note(pools: Pools, district: District, action: str, after: Mapping[str, Any]) -> None:
    """The audit entry of a move, in the district's own trail."""

    async def note() -> None:
        try:
            actor = Actor(f"shequ tenant {action}", "命令行", ())
            async with acting(pools, roles.PLATFORM, district.tenant_id, actor, str(new_id())) as act:
                await act.note(action, "district", stable_id("district", district.code), after=after)
        finally:
            await pools.close()

    asyncio.run(note())


@contextmanager
def _told(console: Console, what: str) -> Iterator[Callable[[str, int], None]]:
    """Which table is at work, and how many rows are done."""
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        task, done = progress.add_task(what, total=None), 0

        def tell(table: str, count: int) -> None:
            nonlocal done
            done += count
            progress.update(task, description=f"{what}：{table}（共 {done} 行）")

        yield tell
        progress.update(task, description=what, total=1, completed=1)
