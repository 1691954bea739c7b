"""``shequ export-schema``."""

from pathlib import Path
from typing import Annotated

import typer

from schema.contract import sdl


def export_schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写入文件；缺省打印到标准输出")] = None,
) -> None:
    """导出 GraphQL 模式（SDL）。"""
    text = sdl() + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
