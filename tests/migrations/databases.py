"""Empty databases for migrations, and everything of their schema that can be compared."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from server.db.roles import OWNER

_SCHEMA = """
WITH ours AS (
  SELECT oid, relname FROM pg_class
  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'alembic_version'
)
SELECT 'table', relname, obj_description(oid, 'pg_class') FROM ours
UNION ALL
SELECT 'column', relname, concat_ws(' ', attname, format_type(atttypid, atttypmod),
         CASE WHEN attnotnull THEN 'not null' END, 'default ' || pg_get_expr(adbin, adrelid),
         'is ' || col_description(ours.oid, attnum))
FROM ours JOIN pg_attribute ON attrelid = ours.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'constraint', relname, conname || ' ' || pg_get_constraintdef(pg_constraint.oid)
FROM ours JOIN pg_constraint ON conrelid = ours.oid WHERE contype <> 'n'
UNION ALL
SELECT 'index', relname, pg_get_indexdef(indexrelid) FROM ours JOIN pg_index ON indrelid = ours.oid
ORDER BY 1, 2, 3
"""


@contextmanager
def empty(superuser_dsn: str, name: str) -> Iterator[str]:
    """An empty database as ``prepare_database`` makes one, dropped afterwards; the superuser's connection string."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 LOCALE 'C.UTF-8' ENCODING 'UTF8'")
    address = make_conninfo(superuser_dsn, dbname=name)
    with psycopg.connect(address, autocommit=True) as connection:
        for extension in ("pg_trgm", "btree_gist"):
            connection.execute(f"CREATE EXTENSION {extension}")
    yield address
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def schema_of(address: str) -> list[tuple[str, str, str]]:
    """Tables, columns, constraints and indexes with their definitions; the order of columns is left out."""
    with psycopg.connect(address) as connection:
        return connection.execute(_SCHEMA).fetchall()
