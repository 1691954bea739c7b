"""A database with rows of every tenant in every table, to attack."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
import psycopg.errors
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import Table

from server.db import roles
from server.db.metadata import access_of
from server.db.policies import Tenant
from server.tables import metadata
from tests.db.rows import Rows, insert

TABLES = metadata.sorted_tables


def is_public(table: Table) -> bool:
    """Whether everybody reads every row: as declared, or since no row can fail the condition of its publication.

    A notice, say, is published when its day of publication is not null, and that column has no nulls.  What a condition
    can keep back is not public, and its planted rows are kept back.
    """
    access = access_of(table)
    always = {f"{column.name} IS NOT NULL" for column in table.columns if not column.nullable}
    return access.published or access.published_when in always


UNPUBLISHED = [table for table in TABLES if not is_public(table)]

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
every_hidden_table = pytest.mark.parametrize("table", UNPUBLISHED, ids=lambda table: table.name)

#: Refused for want of a privilege or by a policy: the two look alike to who asks (42501).
Refused = psycopg.errors.InsufficientPrivilege


@dataclass
class World:
    """A database with a row of every tenant in every table, and a session for each login role."""

    dsn: str
    secret: str
    tenants: list[Tenant]
    superuser: psycopg.Connection
    rows: Rows
    planted: dict[tuple[str, int], uuid.UUID] = field(default_factory=dict)
    sessions: dict[str, psycopg.Connection] = field(default_factory=dict)

    @property
    def everybody(self) -> set[int]:
        """All tenants, the municipality among them."""
        return {0, *(one.tenant_id for one in self.tenants)}

    @property
    def pairs(self) -> list[tuple[Tenant, Tenant]]:
        """Every fourth district with its neighbour, the last with the first.

        One generator makes all policies, and the catalogue compares every one of them with it: a few stand for all.
        """
        every = list(zip(self.tenants, [*self.tenants[1:], self.tenants[0]], strict=True))
        return every[::4]

    def on(self, role: str) -> psycopg.Connection:
        """The role's session."""
        if role not in self.sessions:
            login = make_conninfo(self.dsn, user=role, password=roles.password(self.secret, role))
            self.sessions[role] = psycopg.connect(login, autocommit=True)
        return self.sessions[role]

    def run(self, role: str, sql: str, *parameters: object) -> list[tuple]:
        """The statement's rows, if it returns any; whatever it did is undone."""
        session = self.on(role)
        with session.transaction(force_rollback=True):
            cursor = session.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def changes(self, role: str, sql: str, *parameters: object) -> int:
        """How many rows the statement changes; it is undone."""
        session = self.on(role)
        with session.transaction(force_rollback=True):
            return session.execute(sql, parameters or None).rowcount

    def adds(self, role: str, table: Table, row: dict, tail: str = "") -> int:
        """How many rows an insert adds; it is undone."""
        session = self.on(role)
        with session.transaction(force_rollback=True):
            return insert(session, table, row, tail).rowcount

    def tenants_seen(self, role: str, table: Table) -> set[int]:
        """Whose rows of the table the role reads."""
        return {tenant_id for (tenant_id,) in self.run(role, f"SELECT DISTINCT tenant_id FROM {table.name}")}

    @classmethod
    @contextmanager
    def opened(cls, dsn: str, role_secret: str, tenants: list[Tenant]) -> Iterator["World"]:
        """A world on this database, which is the caller's alone."""
        with psycopg.connect(dsn, autocommit=True) as superuser:
            made = cls(dsn, role_secret, tenants, superuser, Rows(superuser))
            with superuser.transaction():
                for table in TABLES:
                    for tenant_id in made.everybody:
                        made.planted[table.name, tenant_id] = made.rows.plant(table, tenant_id)
            superuser.execute("ANALYZE")
            yield made
            for session in made.sessions.values():
                session.close()
