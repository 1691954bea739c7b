"""``shequ import``."""

import typer

app = typer.Typer(help="导入数据", no_args_is_help=True)
