"""Applies roles, grants and row-level policies to a database, on the migrator's connection.

Roles belong to the whole PostgreSQL cluster, grants and policies to one database.  Everything here may run any number of
times and at the same time as another run: an advisory lock puts runs on one database in line, and runs on two databases
of one cluster wait for each other's roles.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

import psycopg
from psycopg.sql import Identifier, Literal
from sqlalchemy import Table

from server.db import catalogue, roles
from server.db.catalogue import Finding
from server.db.logins import mending
from server.db.migrating import SCHEMA_LOCK
from server.db.policies import PUBLIC, Privilege, Tenant, login_roles, walls_of
from server.db.standing import Standing, misplaced, read_roles, read_standing

#: How often a role is tried while runs on other databases of the cluster change it too.
_ATTEMPTS = 10

#: How many findings an error tells; a database where more is wrong is examined whole by ``catalogue``.
_TOLD = 5


class NotWalled(Exception):
    """What provisioning could not make so, as the catalogue sees it: mostly what only a superuser may mend."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        told = [f"{one.object}：{one.sentence}" for one in findings[:_TOLD]]
        super().__init__("；".join(told) + (f"……共 {len(findings)} 处" if len(findings) > _TOLD else ""))


def provision_roles(
    migrator: psycopg.Connection,
    tables: Sequence[Table],
    tenants: Sequence[Tenant],
    *,
    role_secret: str,
    progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Make the login roles, grants and policies for these tenants as declared; the number of statements it took.

    Whatever stood there before is mended: roles' attributes and settings, policies and privileges that nobody declared,
    those of a district that is one no longer too.  Where all stands already, only passwords are set.

    Raises: NotWalled, psycopg.Error; nothing of roles, grants and policies is changed then.
    """
    count = 0
    with migrator.transaction():
        migrator.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
        names, refused = login_roles(tenants), None
        for role in names:
            try:
                count += _make(migrator, role, role_secret)
            except psycopg.errors.InsufficientPrivilege as error:
                refused = error
        progress(f"{len(names)} 个数据库登录角色")
        if refused is None:
            with migrator.transaction():
                migrator.execute(f"SET LOCAL ROLE {roles.OWNER}")
                standing = read_standing(migrator, [table.name for table in tables])
                for statement in statements(tables, tenants, migrator.info.dbname, standing):
                    migrator.execute(statement)
                    count += 1
                migrator.execute("SET LOCAL ROLE NONE")
            progress(f"{len(tables)} 张表的行级策略")
        # After a refused role nothing else was tried, so of nothing else is told.
        answered = [rule for rule in catalogue.PROVISIONED if refused is None or rule.startswith("role-")]
        left = catalogue.examine(migrator, tables, tenants, only=answered)
        if left:
            raise NotWalled(left) from refused
        if refused is not None:
            raise refused
    return count


def _make(migrator: psycopg.Connection, role: str, secret: str) -> int:
    """Make one role as it must be; the number of statements it took."""
    attempts = 1
    while True:
        try:
            with migrator.transaction():
                changes = list(mending(role, read_roles(migrator).get(role), migrator.info.dbname))
                for statement in [*changes, _password(migrator, role, secret)]:
                    migrator.execute(statement)
                return len(changes) + 1
        except psycopg.errors.InternalError_ as error:
            # "tuple concurrently updated": raised once the other run has committed, so there is nothing to wait for.
            if "concurrently" not in str(error) or attempts == _ATTEMPTS:
                raise
            attempts += 1


def _password(migrator: psycopg.Connection, role: str, secret: str) -> str:
    # As a SCRAM verifier, made here: the password itself would stand in the server's log where that logs statements.
    verifier = migrator.pgconn.encrypt_password(roles.password(secret, role).encode(), role.encode(), b"scram-sha-256")
    return f"ALTER ROLE {role} PASSWORD {Literal(verifier.decode()).as_string()}"


def statements(tables: Iterable[Table], tenants: Iterable[Tenant], database: str, standing: Standing) -> Iterator[str]:
    """Statements that make every grant and policy in this database as declared; run them in one transaction.

    Only what differs is touched: making a policy locks its table against everybody.
    """
    tables, tenants = list(tables), list(tenants)
    wanted = walls_of(tables, tenants)
    for extra in sorted(standing.privileges - wanted.privileges):
        column = f" ({Identifier(extra.column).as_string()})" if extra.column else ""
        grantee = PUBLIC if extra.role == PUBLIC else Identifier(extra.role).as_string()
        yield f"REVOKE {extra.name}{column} ON {_object(extra, database)} FROM {grantee} CASCADE"
    stale, missing = misplaced(standing, wanted.policies)
    for policy in sorted(stale, key=str):
        yield f"DROP POLICY {Identifier(policy.name).as_string()} ON {policy.table}"
    for table in tables:
        if table.name not in standing.walled:
            yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
            yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
    for new in sorted(missing, key=lambda one: (one.table, one.name)):
        yield new.sql()
    yield from _grants(wanted.privileges - standing.privileges, database)


def _grants(missing: Iterable[Privilege], database: str) -> Iterator[str]:
    """One statement for all the privileges of one role on one object."""
    for _, group in groupby(sorted(missing), key=lambda one: (one.kind, one.object, one.role)):
        privileges = list(group)
        names = ", ".join(
            one.name + (f" ({Identifier(one.column).as_string()})" if one.column else "") for one in privileges
        )
        yield f"GRANT {names} ON {_object(privileges[0], database)} TO {privileges[0].role}"


def _object(privilege: Privilege, database: str) -> str:
    name = database if privilege.kind == "DATABASE" else privilege.object
    return f"{privilege.kind} {Identifier(name).as_string()}"
