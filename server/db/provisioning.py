"""Applies roles, grants and row-level policies to a database, on the migrator's connection.

Roles belong to the whole PostgreSQL cluster, grants and policies to one database.  Everything here may run any number of
times and at the same time as another run (an advisory lock puts them in line).
"""

from collections.abc import Callable, Sequence

import psycopg
from sqlalchemy import Table

from server.db import roles
from server.db.migrating import SCHEMA_LOCK
from server.db.policies import Standing, Tenant, login_role, statements


def provision_roles(
    migrator: psycopg.Connection,
    tables: Sequence[Table],
    tenants: Sequence[Tenant],
    *,
    role_secret: str,
    progress: Callable[[str], None] = lambda _: None,
) -> int:
    """Make the login roles, grants and policies for these tenants as declared; the number of statements it took.

    Raises: psycopg.Error, with nothing of this database's grants and policies changed.
    """
    count = 0
    with migrator.transaction():
        migrator.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
        for role in [*roles.SHARED, *(tenant.role for tenant in tenants)]:
            for statement in login_role(role, role_secret):
                migrator.execute(statement)
                count += 1
        progress(f"{len(tenants) + len(roles.SHARED)} 个数据库登录角色")
        migrator.execute(f"SET LOCAL ROLE {roles.OWNER}")
        database = migrator.info.dbname
        for statement in statements(tables, tenants, database, _standing(migrator)):
            migrator.execute(statement)
            count += 1
        progress(f"{len(tables)} 张表的行级策略")
    return count


def _standing(connection: psycopg.Connection) -> Standing:
    policies = connection.execute(
        "SELECT tablename, policyname, array_to_string(roles, ','), cmd, qual, with_check "
        "FROM pg_policies WHERE schemaname = 'public'"
    ).fetchall()
    walled = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity AND relforcerowsecurity"
    ).fetchall()
    return Standing(frozenset(policies), frozenset(name for (name,) in walled))
