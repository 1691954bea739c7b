"""Roles, grants and row-level policies, generated from the tables' ``Access`` and the list of districts.

One generator, idempotent: it drops and remakes every policy and grant inside one transaction, so what the database
holds is exactly what the declarations say, whatever stood there before.  It runs after every upgrade (``shequ provision``).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Table

from server.db import roles
from server.db.metadata import Access, access_of


def _shown(condition: str | None) -> str | None:
    return condition if condition in (None, "true") else f"({condition})"


@dataclass(frozen=True, slots=True)
class Tenant:
    """What the generator needs to know of a district."""

    tenant_id: int
    code: str

    @property
    def role(self) -> str:
        return roles.district_role(self.code)


@dataclass(frozen=True, slots=True)
class Policy:
    """One row-level policy. ``using`` filters what is seen, ``check`` what may be written (None for reads)."""

    table: str
    name: str
    role: str
    command: str
    using: str
    check: str | None

    @property
    def key(self) -> tuple[str, str, str, str, str | None, str | None]:
        """The policy as ``pg_policies`` would show it."""
        using = None if self.command == "INSERT" else _shown(self.using)
        return (self.table, self.name, self.role, self.command, using, _shown(self.check))

    def sql(self) -> str:
        text = f"CREATE POLICY {self.name} ON {self.table} FOR {self.command} TO {self.role}"
        if self.command != "INSERT":
            text += f" USING ({self.using})"
        if self.check is not None:
            text += f" WITH CHECK ({self.check})"
        return text


@dataclass(frozen=True, slots=True)
class TableGrant:
    """The privileges one role holds on one table."""

    table: str
    role: str
    privileges: tuple[str, ...]

    def sql(self) -> str:
        return f"GRANT {', '.join(self.privileges)} ON {self.table} TO {self.role}"


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything that stands between roles and one table."""

    policies: tuple[Policy, ...]
    grants: tuple[TableGrant, ...]


def _writing(access: Access) -> tuple[str, ...]:
    if access.append_only:
        return ("SELECT", "INSERT")
    return ("SELECT", "INSERT", "UPDATE", "DELETE") if access.deletable else ("SELECT", "INSERT", "UPDATE")


def wall_of(table: Table, tenants: Iterable[Tenant]) -> Wall:
    """The policies and grants of one table, for all roles."""
    access = access_of(table)
    policies: list[Policy] = []
    grants: list[TableGrant] = []

    def reads_all(role: str) -> None:
        policies.append(Policy(table.name, f"{role}_reads", role, "SELECT", "true", None))
        grants.append(TableGrant(table.name, role, ("SELECT",)))

    def owns(role: str, condition: str, privileges: tuple[str, ...]) -> None:
        if privileges == ("INSERT",):
            policies.append(Policy(table.name, f"{role}_adds", role, "INSERT", condition, condition))
        elif privileges == ("SELECT",):
            policies.append(Policy(table.name, f"{role}_owns", role, "SELECT", condition, None))
        else:
            policies.append(Policy(table.name, f"{role}_owns", role, "ALL", condition, condition))
        grants.append(TableGrant(table.name, role, privileges))

    for tenant in tenants:
        owns(
            tenant.role, f"tenant_id = {tenant.tenant_id}", _writing(access) if access.district_writes else ("SELECT",)
        )
        if access.published:
            policies.append(Policy(table.name, f"{tenant.role}_reads", tenant.role, "SELECT", "true", None))
    reads_all(roles.MUNICIPAL_READER)
    if access.published:
        reads_all(roles.PUBLIC_READER)
    if access.sign_in:
        reads_all(roles.AUTHENTICATOR)
    if access.steward:
        # What is only ever appended (audit, events) the platform adds to and does not read.
        owns(roles.PLATFORM, "true", ("INSERT",) if access.append_only else _writing(access))
    if access.municipal:
        owns(roles.MUNICIPAL_WRITER, "tenant_id = 0", _writing(access))
    return Wall(tuple(policies), tuple(grants))


def login_role(role: str, secret: str) -> Iterator[str]:
    """Statements that make a login role as it must be, whether or not it exists."""
    yield (
        f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    yield (f"ALTER ROLE {role} LOGIN NOINHERIT PASSWORD '{roles.password(secret, role)}' CONNECTION LIMIT 100")
    for setting, value in _SETTINGS:
        yield f"ALTER ROLE {role} SET {setting} = '{value}'"
    if role in (roles.MUNICIPAL_READER,):
        # Array parameters of municipal queries would otherwise be planned anew at every call.
        yield f"ALTER ROLE {role} SET plan_cache_mode = 'force_generic_plan'"


_SETTINGS = (
    ("statement_timeout", "14s"),
    ("lock_timeout", "5s"),
    ("transaction_timeout", "60s"),
    ("idle_in_transaction_session_timeout", "15s"),
    ("search_path", "public"),
    ("timezone", "Asia/Shanghai"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database holds now: policies by (table, name, role, command, using, check), and tables already walled."""

    policies: frozenset[tuple[str, str, str, str, str | None, str | None]] = frozenset()
    walled: frozenset[str] = frozenset()


def statements(tables: Iterable[Table], tenants: Iterable[Tenant], database: str, standing: Standing) -> Iterator[str]:
    """Statements that make every grant and policy in this database as declared; run them in one transaction.

    Only policies that differ are dropped and made, because making one locks its table against everybody; grants are
    catalogue rows and are written anew each time.
    """
    tables, tenants = list(tables), list(tenants)
    everyone = ", ".join([*(tenant.role for tenant in tenants), *roles.SHARED])
    yield f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC'
    yield f'GRANT CONNECT ON DATABASE "{database}" TO {everyone}'
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA public TO {everyone}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {everyone}"
    yield f"GRANT SELECT ON alembic_version TO {everyone}"
    wanted = {policy.key: policy for table in tables for policy in wall_of(table, tenants).policies}
    for stale in sorted(standing.policies - wanted.keys(), key=str):
        yield f"DROP POLICY {stale[1]} ON {stale[0]}"
    for table in tables:
        if table.name not in standing.walled:
            yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
            yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
        for grant in wall_of(table, tenants).grants:
            yield grant.sql()
    for key, policy in wanted.items():
        if key not in standing.policies:
            yield policy.sql()
