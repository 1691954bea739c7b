"""The toy's tables in a database of their own."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from tests.planner.toy import TABLES, Toy

_TEXTS = ['say "hi"', "back\\slash", "tab\tnew\nline\x01", "😀", "中文", "", "{}", "'", "\u2028", "a", "a", "b"]
_WHEN = [
    datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
    datetime(1988, 7, 1, tzinfo=UTC),
    datetime(1899, 12, 31, 23, 59, 59, 999999, UTC),
]


@pytest.fixture(scope="session")
async def toy(superuser_dsn: str, worker_id: str) -> AsyncIterator[Toy]:
    name = f"toy_{worker_id}"
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    dsn = make_conninfo(superuser_dsn, dbname=name)
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(TABLES)
        await _fill(connection)
        yield Toy(connection)
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def _fill(connection: psycopg.AsyncConnection[object]) -> None:
    chance = random.Random("toy")

    def some(*values: object) -> object:
        return chance.choice([None, *values])

    shelves = [(tenant, UUID(int=tenant * 100 + n)) for tenant in (1, 2) for n in range(4)]
    for n, (tenant, shelf) in enumerate(shelves):
        await connection.execute(
            "INSERT INTO toy_shelf VALUES (%s, %s, %s, %s)", (tenant, shelf, _TEXTS[n], some("x", "y"))
        )
        await connection.execute("INSERT INTO toy_secret VALUES (%s, %s, 'hush', %s)", (tenant, shelf, shelf))
    for n in range(60):
        tenant, shelf = chance.choice(shelves)
        width = some(1.5, 1e-7, 1e300)
        await connection.execute(
            "INSERT INTO toy_book (tenant_id, id, shelf_id, title, pages, weight, price, lent, bought_on, read_at, tags,"
            " extra, width, height, copies) VALUES (" + ", ".join(["%s"] * 15) + ")",
            (
                tenant,
                UUID(int=1000 + n),
                some(shelf),
                chance.choice(_TEXTS),
                some(0, 100, 2147483647),
                some(0.0, -0.0, 0.1, 1e21, float("nan"), float("inf"), float("-inf")),
                some(Decimal("1.50"), Decimal("0.0000001"), Decimal(10) ** 30),
                some(True, False),
                some(date(1, 1, 1), date(9999, 12, 31), date(2026, 2, 28)),
                some(*_WHEN),
                some([], ["a", 'q"', "{,}", "NULL", ""]),
                some(Jsonb({"k": [1, None, 'x"']}), Jsonb(None)),
                width,
                width and 2.0,
                some(2**53, -1),
            ),
        )
