"""``shequ export-schema`` and ``shequ schema-changes``."""

from pathlib import Path
from typing import Annotated

import typer

from schema.contract import sdl
from schema.evolution import changes


def export_schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写入文件；缺省打印到标准输出")] = None,
) -> None:
    """导出 GraphQL 模式（SDL）。"""
    text = sdl() + "\n"
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
