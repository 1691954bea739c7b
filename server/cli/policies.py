"""``shequ policy``: policies as files: checked, planned, applied, exported, compared."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from server.cli.place import DATA, DataDir, pools_of
from server.configuring import Configuration, Touched
from server.db.pools import Pools
from server.districts.files import TENANTS
from server.kit import clock
from server.policy.cases import Verdict, run_case
from server.policy.diff import diff, label_of
from server.policy.loading import load_pack
from server.policy.model import PolicyVersion
from server.policy.planning import Plan, Step, plain_plan, read_plan
from server.policy.problems import PolicyRejected, Problem
from server.policy.shelf import Library

app = typer.Typer(help="政策文件：检查、计划、执行、导出、比较", no_args_is_help=True)

T = TypeVar("T")

#: What a command leaves behind for the shell.
PROBLEMS, PENDING = 1, 2

Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="政策目录，布局同 tenants/")]
Erratum = Annotated[bool, typer.Option("--erratum", help="勘误：允许施行日期早于今天")]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="有差异时退出码为 2")]


@app.callback()
def _group() -> None:
    """政策文件：检查、计划、执行、导出、比较。已发布的版本内容不变，修改即新增版本。"""


@app.command()
def check(folder: Folder = TENANTS) -> None:
    """检查政策文件与算例，不连接数据库。问题注明文件、行、列。"""
    console = Console(stderr=True)
    library = _read(console, folder)
    failed, cases = 0, _said(console, lambda: library.cases)
    for case in cases:
        pack = library.catalogue.find(case.jurisdiction, case.kind)
        result = run_case(case, pack.versions if pack is not None else (), library.register)
        if result.verdict is not Verdict.PASSED:
            failed += 1
            _bad(console, f"算例 {case.jurisdiction} {case.rule}“{case.name}”：{'；'.join(result.differences)}")
    for warning in library.catalogue.warnings:
        console.print(f"  [yellow]![/] {escape(str(warning))}", highlight=False, soft_wrap=True)
    counts = f"{len(library.catalogue.packs)} 份政策、{len(cases)} 个算例"
    if failed:
        _bad(console, f"{counts}，{failed} 个算例不符")
        raise typer.Exit(PROBLEMS)
    console.print(f"  [green]✓[/] {counts}，均符合", highlight=False)


@app.command("plan")
def make_plan(
    folder: Folder = TENANTS,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写出计划文件，供 apply 执行")] = None,
    erratum: Erratum = False,
    exit_code: ExitCode = False,
    data_dir: DataDir = DATA,
) -> None:
    """比较文件与数据库，列出将发布的版本、改了哪些参数和规则、触及哪些机构。不作任何改动。"""
    console = Console(stderr=True)
    library = _read(console, folder)

    async def run(pools: Pools) -> tuple[Plan, dict[str, Touched]]:
        configuration = Configuration(pools, library)
        made = await configuration.plan(erratum=erratum)
        return made, await configuration.touched(made)

    made, touched = _said(console, lambda: _with(data_dir, run))
    _show(console, made, touched)
    if made.problems:
        raise typer.Exit(PROBLEMS)
    if output is not None:
        plain = {name: one.plain() for name, one in touched.items()}
        output.write_bytes(orjson.dumps(plain_plan(made, plain), option=orjson.OPT_INDENT_2) + b"\n")
        console.print(f"计划已写入 {output}", highlight=False)
    if made.steps and exit_code:
        raise typer.Exit(PENDING)


@app.command()
def apply(
    source: Annotated[Path, typer.Argument(exists=True, help="plan 写出的计划文件，或政策目录")],
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接执行")] = False,
    reason: Annotated[str, typer.Option(help="发布理由，写入审计")] = "按政策文件发布",
    erratum: Erratum = False,
    folder: Annotated[Path, typer.Option("--documents", help="文件登记与算例所在的目录")] = TENANTS,
    data_dir: DataDir = DATA,
) -> None:
    """执行计划：一次全部发布，或全部不发布。计划之后数据库已有变动的，拒绝执行。"""
    console = Console(stderr=True)
    made = None if source.is_dir() else _said(console, lambda: read_plan(_json(source), source.name))
    library = _read(console, source if source.is_dir() else folder)

    async def run(pools: Pools) -> int:
        configuration = Configuration(pools, library)
        wanted = made
        if wanted is None:
            wanted = await configuration.plan(erratum=erratum)
            _show(console, wanted, await configuration.touched(wanted))
            if wanted.problems:
                raise typer.Exit(PROBLEMS)
        if not wanted.steps:
            console.print("没有需要发布的版本", highlight=False)
            return 0
        if not yes:
            typer.confirm(f"发布 {len(wanted.steps)} 个版本？", abort=True, err=True)
        by = f"shequ policy apply/{getpass.getuser()}"
        return await configuration.apply(wanted, by=by, reason=reason, erratum=erratum)

    done = _said(console, lambda: _with(data_dir, run))
    if done:
        console.print(f"  [green]✓[/] 已发布 {done} 个版本", highlight=False)


@app.command()
def rollback(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="已执行的计划文件")],
    output: Annotated[Path, typer.Option("--output", "-o", help="写出恢复计划，供 apply 执行")],
    on: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="施行日期；缺省为今天")] = None,
    data_dir: DataDir = DATA,
) -> None:
    """为已执行的计划生成恢复计划：以新版本重新发布此前的内容。已发生的判定不受影响。"""
    console = Console(stderr=True)
    made = _said(console, lambda: read_plan(_json(source), source.name))
    start: date = on.date() if on is not None else clock.today()

    async def run(pools: Pools) -> tuple[Plan, dict[str, Touched]]:
        configuration = Configuration(pools, Library(TENANTS))
        back = await configuration.reversed(made, effective_from=start)
        return back, await configuration.touched(back)

    back, touched = _said(console, lambda: _with(data_dir, run))
    _show(console, back, touched)
    plain = {name: one.plain() for name, one in touched.items()}
    output.write_bytes(orjson.dumps(plain_plan(back, plain), option=orjson.OPT_INDENT_2) + b"\n")
    console.print(f"恢复计划已写入 {output}", highlight=False)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="写入的目录，每区一个子目录")] = TENANTS,
    data_dir: DataDir = DATA,
) -> None:
    """把已发布的版本写成政策文件。与导入的文件一致；内容未变的文件不改写。"""
    console = Console(stderr=True)

    async def run(pools: Pools) -> dict[str, str]:
        return await Configuration(pools, Library(folder)).exported()

    files = _with(data_dir, run)
    written = 0
    for name, text in files.items():
        path = folder / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written += 1
        console.print(f"  [green]✓[/] {name}", highlight=False)
    console.print(f"{len(files)} 份政策，写出 {written} 份", highlight=False)


@app.command("diff")
def compare(
    a: Annotated[Path, typer.Argument(exists=True, help="政策目录或政策文件")],
    b: Annotated[Path, typer.Argument(exists=True, help="政策目录或政策文件")],
    documents: Annotated[Path, typer.Option(help="比较单个文件时，文件登记所在的目录")] = TENANTS,
    exit_code: ExitCode = False,
) -> None:
    """比较两处政策的最新版本：参数由几改为几，规则、条款有何不同；不比较文字排列。"""
    console = Console(stderr=True)
    before, after = (_latest(console, path, documents) for path in (a, b))
    if a.is_file() and b.is_file():
        before, after = {"": next(iter(before.values()))}, {"": next(iter(after.values()))}
    different = 0
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            typer.echo(f"{name}：后者没有")
            different += 1
            continue
        changes = diff(before.get(name), after[name])
        if changes and name:
            typer.echo(name)
        for change in changes:
            different += 1
            typer.echo(f"  {label_of(after[name], change)}：{change.sentence}")
    if not different:
        typer.echo("没有差异")
    elif exit_code:
        raise typer.Exit(PENDING)


def _latest(console: Console, path: Path, documents: Path) -> dict[str, PolicyVersion]:
    """The latest version of every pack at the path, by the name of its file."""
    if path.is_dir():
        packs = _read(console, path).catalogue.packs
        return {f"{pack.jurisdiction}/{pack.kind}": pack.versions[-1] for pack in packs}
    register = _read(console, documents).register
    template = "templates" in path.absolute().parts
    pack, _ = _said(console, lambda: load_pack(path.read_bytes(), path.name, register, template=template))
    return {path.name: pack.versions[-1]}


def _read(console: Console, folder: Path) -> Library:
    library = Library(folder)
    _said(console, lambda: library.catalogue)
    return library


def _said(console: Console, attempt: Callable[[], T]) -> T:
    """What the attempt gives; every problem of a policy in a line of its own, and exit code 1."""
    try:
        return attempt()
    except PolicyRejected as rejected:
        for problem in rejected.problems:
            _bad(console, str(problem))
        raise typer.Exit(PROBLEMS) from None


def _bad(console: Console, text: str) -> None:
    console.print(f"  [red]✗[/] {escape(text)}", highlight=False, soft_wrap=True)


def _json(path: Path) -> object:
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        return None


def _with(data_dir: Path, run: Callable[[Pools], Awaitable[T]]) -> T:
    pools = pools_of(data_dir)

    async def within() -> T:
        try:
            return await run(pools)
        finally:
            await pools.close()

    return asyncio.run(within())


def _show(console: Console, made: Plan, touched: dict[str, Touched]) -> None:
    """The plan as a person reads it."""
    for step in made.steps:
        _show_step(console, step, touched)
    for note in made.notes:
        console.print(f"  [yellow]![/] {escape(note)}", highlight=False, soft_wrap=True)
    for problem in made.problems:
        _bad(console, _worded(problem))
    if not made.steps and not made.problems:
        console.print("文件与数据库一致，没有需要发布的版本", highlight=False)


def _show_step(console: Console, step: Step, touched: dict[str, Touched]) -> None:
    jurisdiction, kind = step.key
    version = step.version
    title = f"[bold]{jurisdiction} {kind.label}[/] 版本 {version.number}，自 {version.effective_from} 施行"
    console.print(title, highlight=False)
    if step.base is not None:
        console.print(f"  依据版本 {step.base.number}", highlight=False)
    for change in step.changes:
        text = f"  {label_of(version, change)}：{change.sentence}"
        console.print(escape(text), highlight=False, soft_wrap=True)
    for case in step.affected:
        console.print(escape(f"  算例改变：{case.case.rule}“{case.case.name}”"), highlight=False, soft_wrap=True)
    found = touched.get(f"{jurisdiction}/{kind.value}/{version.number}")
    if found is not None:
        console.print(f"  触及：{found.sentence}", highlight=False, soft_wrap=True)


def _worded(problem: Problem) -> str:
    return problem.message
