"""``shequ export-schema`` and ``shequ export-permissions``."""

from pathlib import Path
from typing import Annotated

import typer

from schema.contract import sdl
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
