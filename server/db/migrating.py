"""Preparing a database and bringing its schema up to date."""

from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from server.db.roles import MIGRATOR, OWNER

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]

#: Advisory lock number for everything that changes the schema: migrations and provisioning.
SCHEMA_LOCK = 0x5368_6571

#: What every migration begins with, whether it is run or printed: one run at a time, never waiting long for a lock, as
#: the owner.  Forced row-level security hides all rows from the owner: an UPDATE would change none and a foreign key be
#: taken for valid unseen.  With row_security off both fail instead, until the revision takes FORCE away for their time.
PRELUDE = (
    f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})",
    "SET LOCAL lock_timeout = '5s'",
    "SET LOCAL statement_timeout = '10min'",
    "SET LOCAL row_security = off",
    f"SET LOCAL ROLE {OWNER}",
)


def sqlalchemy_url(dsn: str) -> str:
    """A SQLAlchemy URL for any libpq connection string or URL."""
    known = cast(dict[str, str], psycopg.conninfo.conninfo_to_dict(dsn))
    user, password = known.pop("user", ""), known.pop("password", "")
    login = f"{quote(user)}:{quote(password, safe='')}@" if user else ""
    database = quote(known.pop("dbname", ""))
    return f"postgresql+psycopg://{login}/{database}?{urlencode(known)}"


def configuration(dsn: str | None = None) -> "Config":
    """Alembic's configuration out of pyproject; ``dsn`` is the migrator's connection string."""
    from alembic.config import Config  # loaded by whoever migrates: a worker imports this module too

    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["url"] = dsn
    return config


def upgrade(dsn: str) -> None:
    """Bring the database to the newest revision. Raises: psycopg and alembic errors, with nothing changed."""
    from alembic import command

    command.upgrade(configuration(dsn), "head")


def print_sql() -> None:
    """Print the statements of all migrations instead of running them."""
    from alembic import command

    command.upgrade(configuration(), "head", sql=True)


def prepare_database(superuser_dsn: str, database: str, *, migrator_password: str) -> str:
    """An empty database that the owner owns and the migrator works in; the migrator's connection string.

    What an operator does once on a production server (docs/operations.md), done here for the embedded one.  May run again.
    """
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        for role, options in ((OWNER, "NOLOGIN"), (MIGRATOR, "LOGIN CREATEROLE")):
            connection.execute(
                f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
            connection.execute(f"ALTER ROLE {role} {options}")
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(MIGRATOR), sql.Literal(migrator_password))
        )
        connection.execute(f"GRANT {OWNER} TO {MIGRATOR}")
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
        if not known:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 LOCALE 'C.UTF-8' ENCODING 'UTF8'").format(
                    sql.Identifier(database), sql.Identifier(OWNER)
                )
            )
    with psycopg.connect(make_conninfo(superuser_dsn, dbname=database), autocommit=True) as connection:
        for extension in ("pg_trgm", "btree_gist"):
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}")
    return make_conninfo(superuser_dsn, dbname=database, user=MIGRATOR, password=migrator_password)
