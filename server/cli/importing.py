"""``shequ import institutions``."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from server.cli.place import DATA, DataDir, pools_of
from server.districts.files import load_districts
from server.importing import Read, load_file, read_file, write_rejects
from server.institutions.importing.loading import Loaded

app = typer.Typer(help="导入数据", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """导入数据。"""


@app.command()
def institutions(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV（UTF-8 或 GB18030）或 XLSX 文件")],
    district: Annotated[str | None, typer.Option(help="全部行所属辖区的代码；缺省按“区”一栏或地址判断")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")] = False,
    rejects: Annotated[Path | None, typer.Option(help="待改行的输出文件；缺省为 原文件名.rejects.csv")] = None,
    data_dir: DataDir = DATA,
) -> None:
    """导入机构名册。无法确定辖区的行不作猜测，写入待改文件，改好后可直接再次导入；重复导入不产生变化。"""
    console = Console(stderr=True)
    wanted = load_districts()
    pools = pools_of(data_dir)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        reading = progress.add_task("读取与校验", total=None)
        read = read_file(file, wanted, district, lambda n: progress.advance(reading, n))
        rows = read.count + len(read.rejected)
        progress.update(reading, total=rows, completed=rows)
        writing = progress.add_task("试写入（不保存）" if dry_run else "写入", total=read.count)

        async def write() -> dict[str, Loaded]:
            try:
                return await load_file(
                    pools, read, wanted, dry_run=dry_run, progress=lambda n: progress.advance(writing, n)
                )
            finally:
                await pools.close()

        done = asyncio.run(write())
    _report(console, done, dry_run=dry_run)
    if read.rejected:
        _mend(console, read, rejects or file.with_name(f"{file.stem}.rejects.csv"))


def _report(console: Console, done: dict[str, Loaded], *, dry_run: bool) -> None:
    table = Table(title="试运行，未写入" if dry_run else "导入结果", title_justify="left")
    for heading in ("辖区", "新增", "已存在", "上级未匹配"):
        table.add_column(heading)
    for code, one in done.items():
        table.add_row(code, str(one.added), str(one.known), str(len(one.orphans)))
    console.print(table)
    for one in done.values():
        for orphan in one.orphans[:10]:
            which = f"第 {orphan.line} 行 {orphan.name}：上级机构“{orphan.parent_name}”"
            console.print(f"  [yellow]![/] {which}不在名册中或不唯一，已导入但未挂靠", highlight=False)


def _mend(console: Console, read: Read, path: Path) -> None:
    write_rejects(path, read)
    for reject in read.rejected[:10]:
        console.print(f"  [yellow]![/] 第 {reject.line} 行：{reject.reason}", highlight=False)
    console.print(f"{len(read.rejected)} 行未导入，请修改 {path} 后再次导入", highlight=False)
