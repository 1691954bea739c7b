"""A database that would silently not find Chinese text by its parts is noticed."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from server.db.embedded import ChineseSearchUnavailable, assert_chinese_search

Database = Callable[[str], psycopg.Connection]


@pytest.fixture
def database(superuser_dsn: str, worker_id: str) -> Iterator[Database]:
    """Makes the database with these options and connects to it."""
    name = f"search_{worker_id}"  # two workers may share this module
    with psycopg.connect(superuser_dsn, autocommit=True) as administrator:
        opened: list[psycopg.Connection] = []

        def make(options: str) -> psycopg.Connection:
            administrator.execute(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
            opened.append(psycopg.connect(make_conninfo(superuser_dsn, dbname=name)))
            return opened[-1]

        yield make
        for connection in opened:
            connection.close()
        administrator.execute(f"DROP DATABASE {name}")


def test_it_finds_chinese_text_wherever_the_extension_is(database: Database) -> None:
    connection = database("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'")
    connection.execute("CREATE SCHEMA 扩展")
    connection.execute("CREATE EXTENSION pg_trgm SCHEMA 扩展")
    assert_chinese_search(connection)
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


@pytest.mark.parametrize(
    ("options", "extension", "reason"),
    [
        ("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'", True, "LC_CTYPE 为 C，"),
        ("LOCALE_PROVIDER libc LOCALE 'C'", True, "LC_CTYPE 为 C，"),
        ("LOCALE_PROVIDER libc LOCALE 'C' ENCODING 'SQL_ASCII'", True, "编码为 SQL_ASCII"),
        ("LOCALE 'C.UTF-8'", False, "CREATE EXTENSION pg_trgm"),
    ],
)
def test_what_is_to_blame_is_named(database: Database, options: str, extension: bool, reason: str) -> None:
    connection = database(options)
    if extension:
        connection.execute("CREATE EXTENSION pg_trgm")
    with pytest.raises(ChineseSearchUnavailable, match=reason):
        assert_chinese_search(connection)
