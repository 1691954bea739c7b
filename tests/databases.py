"""Databases for tests: clones of one that is provisioned once."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from server.db.roles import OWNER

#: The migrator's in every database of the run.
MIGRATOR_PASSWORD = "migrator-password-of-the-test-run"


@contextmanager
def cloned(superuser_dsn: str, template: str, name: str) -> Iterator[str]:
    """A database of this name, as the template is, dropped afterwards; the superuser's connection string to it."""
    own = sql.Identifier(name)
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        connection.execute(made.format(own, sql.Identifier(template), sql.Identifier(OWNER)))
        # Grants on the database itself are not copied from a template.
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(own))
        roles = connection.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin AND NOT rolsuper").fetchall()
        for (role,) in roles:
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(own, sql.Identifier(role)))
    try:
        yield make_conninfo(superuser_dsn, dbname=name)
    finally:
        with psycopg.connect(superuser_dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(own))
