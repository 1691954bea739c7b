"""Databases for tests: clones of one that is provisioned once."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from server.db.roles import OWNER

TEMPLATE = "shequ_template"


@contextmanager
def cloned(superuser_dsn: str, name: str) -> Iterator[str]:
    """A clone of the template under this name, dropped afterwards; the superuser's connection string to it."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER {OWNER}")
        # Grants on the database itself are not copied from a template.
        for (role,) in connection.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper").fetchall():
            connection.execute(f"GRANT CONNECT ON DATABASE {name} TO {role}")
        connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    yield make_conninfo(superuser_dsn, dbname=name)
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
