"""``shequ export-schema``, ``shequ export-permissions`` and ``shequ schema-changes``."""

from pathlib import Path
from typing import Annotated

import typer

from schema.contract import sdl
from schema.evolution import changes
from schema.permissions import permission_table

Output = Annotated[Path | None, typer.Option("--output", "-o", help="写入文件；缺省打印到标准输出")]


def export_schema(output: Output = None) -> None:
    """导出 GraphQL 模式（SDL）。"""
    _write(sdl() + "\n", output)


def export_permissions(output: Output = None) -> None:
    """导出权限表（CSV）：每个角色对每个类型、字段的读权限和对每个变更的写权限。"""
    _write(permission_table(), output)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def schema_changes(
    before: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="客户端所依据的模式文件（SDL）")],
) -> None:
    """比较所给模式与当前模式，列出会影响客户端的变化；有不兼容的变化时退出码为 1。"""
    found = changes(before.read_text(encoding="utf-8"), sdl())
    for words, sentences in (("不兼容", found.breaking), ("须留意", found.dangerous)):
        for sentence in sentences:
            typer.echo(f"{words}：{sentence}")
    if found.breaking:
        raise typer.Exit(1)
