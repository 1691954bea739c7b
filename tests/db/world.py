"""A database with rows of every tenant in every table, to attack."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import psycopg.errors
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import Table

from server.db import roles
from server.db.metadata import access_of
from server.db.policies import Tenant
from server.tables import metadata
from tests.db.rows import Rows, insertion

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

Check = Callable[..., None]


def each(things: Mapping[str, Any]) -> Callable[[Check], Callable[["World"], None]]:
    """Makes one test of a check on a world and one thing; it tells all that fail, by name.

    A test for every thing would say no more, and take most of its time between one and the next.
    """

    def made(check: Check) -> Callable[["World"], None]:
        def test(world: "World") -> None:
            failed = []
            for name, thing in things.items():
                try:
                    check(world, thing)
                except (AssertionError, pytest.fail.Exception, psycopg.Error) as error:
                    failed.append(f"{name}: {type(error).__name__} {error}")
            assert not failed, f"{len(failed)} of {len(things)} fail:\n" + "\n".join(failed)

        test.__doc__ = check.__doc__
        return test

    return made


every_table = each({table.name: table for table in TABLES})
every_hidden_table = each({table.name: table for table in UNPUBLISHED})

#: Refused for want of a privilege or by a policy: the two look alike to who asks (42501).
Refused = psycopg.errors.InsufficientPrivilege

#: Behind a statement in one message, undoes it if it was done.
_UNDO = "; DO $$ BEGIN RAISE EXCEPTION 'done, and undone'; END $$"


@dataclass
class World:
    """A database with a row of every tenant in every table, and a session for each login role."""

    dsn: str
    secret: str
    tenants: list[Tenant]
    superuser: psycopg.Connection
    rows: Rows
    planted: dict[tuple[str, int], uuid.UUID] = field(default_factory=dict)
    drafts: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
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

    def draft(self, table: Table, tenant_id: int) -> dict[str, Any]:
        """A row that could be added, with a new id; what it refers to is there.  Nobody keeps what is added here."""
        if (table.name, tenant_id) not in self.drafts:
            self.drafts[table.name, tenant_id] = self.rows.draft(table, tenant_id)
        return self.drafts[table.name, tenant_id] | {"id": uuid.uuid4()}

    def run(self, role: str, sql: str, *parameters: object) -> list[tuple]:
        """The rows that a query returns."""
        return self.on(role).execute(sql, parameters or None).fetchall()

    def changes(self, role: str, sql: str, *parameters: object) -> int:
        """How many rows the statement changes; it is undone."""
        session = self.on(role)
        # One message, one answer: literals stand in the text, since parameters go with a single statement only.
        cursor = psycopg.ClientCursor(session)
        try:
            cursor.execute(f"BEGIN; {sql}; ROLLBACK", parameters or None)
        except psycopg.Error:
            session.rollback()
            raise
        cursor.nextset()
        return cursor.rowcount

    def adds(self, role: str, table: Table, row: dict, tail: str = "") -> int:
        """How many rows an insert adds; it is undone."""
        sql, values = insertion(table, row, tail)
        return self.changes(role, sql, *values)

    def refuses(self, role: str, sql: str, *parameters: object) -> str:
        """In which words the statement is refused; that it was done is an error, and undone."""
        cursor = psycopg.ClientCursor(self.on(role))
        with pytest.raises(Refused) as refused:
            cursor.execute(sql + _UNDO, parameters or None)
        return str(refused.value)

    def refuses_row(self, role: str, table: Table, row: dict, tail: str = "") -> str:
        """In which words the insert is refused."""
        sql, values = insertion(table, row, tail)
        return self.refuses(role, sql, *values)

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
