"""The table that ``make bench`` prints."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from tests.benchmarks.load import Measured

console = Console(width=140)

_SHOWN = {
    "raw": "hand-written SQL",
    "ours": "Shequ",
    "resolvers": "Strawberry + ORM + DataLoader",
    "mercurius": "Mercurius + graphql-jit",
    "postgraphile": "PostGraphile 5",
}


def show(found: Mapping[str, Mapping[str, Measured]], sizes: Mapping[str, int]) -> None:
    """The table; ratios are CPU of server and PostgreSQL together against hand-written SQL."""
    table = Table(title="CPU µs per request (server + PostgreSQL), 16 connections", title_justify="left")
    for heading in (
        "operation",
        "contender",
        "server µs",
        "PostgreSQL µs",
        "CPU ratio",
        "req/s",
        "p50 ms",
        "p99 ms",
        "RSS MiB",
    ):
        table.add_column(heading, justify="left" if heading in ("operation", "contender") else "right")
    for operation, row in found.items():
        for name, one in row.items():
            table.add_row(
                f"{operation} ({sizes[operation]:,} B)" if name == "raw" else "",
                _SHOWN[name],
                f"{one.server_us:,.0f}",
                f"{one.database_us:,.0f}",
                f"{one.cpu_us / row['raw'].cpu_us:.2f}×",
                f"{one.per_second:,.0f}",
                f"{one.p50_ms:.1f}",
                f"{one.p99_ms:.1f}",
                f"{one.rss_mib:.0f}",
            )
        table.add_section()
    console.print(table)


def show_peers(found: Mapping[str, Mapping[str, Measured]]) -> None:
    """How many times our CPU each other server takes."""
    for name in next(iter(found.values())):
        if name not in ("raw", "ours"):
            times = [f"{operation} {row[name].cpu_us / row['ours'].cpu_us:.1f}×" for operation, row in found.items()]
            console.print(f"{_SHOWN[name]} takes, of Shequ's CPU: {', '.join(times)}", highlight=False)
