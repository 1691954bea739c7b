"""The command ``shequ``.  A root: it puts rooms together and is imported by nobody.

Imports next to nothing: each command brings its own (``commands``).
"""

import sys

import typer

from server.cli.commands import Commands

app = typer.Typer(
    name="shequ",
    cls=Commands,
    help="社区：北京市各区社区卫生服务机构监管的 GraphQL 后端",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def shequ() -> None:
    """Does nothing itself."""


def main() -> None:
    """Run the command; what a person can mend is said in one sentence, with exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from server.cli.failing import sentence_of

        sentence = sentence_of(error)
        if sentence is None:
            raise
        _fail(sentence)


def _fail(sentence: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(f"[bold red]错误[/] {sentence}", highlight=False, soft_wrap=True)
    sys.exit(1)
