"""Grants and row-level policies, generated from the tables' ``Access`` and the list of districts.

One generator says what must stand (``wall_of``, ``walls_of``).  ``provisioning`` makes the database so,
whatever stood there before, and ``catalogue`` reports where it is not; both compare with ``standing``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Table

from server.db import roles
from server.db.metadata import Access, access_of, sealed_columns


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
    def shown(self) -> "ShownPolicy":
        """The policy as ``pg_policies`` would show it."""
        using = None if self.command == "INSERT" else _shown(self.using)
        return ShownPolicy(self.table, self.name, "PERMISSIVE", self.role, self.command, using, _shown(self.check))

    def sql(self) -> str:
        text = f"CREATE POLICY {self.name} ON {self.table} FOR {self.command} TO {self.role}"
        if self.command != "INSERT":
            text += f" USING ({self.using})"
        if self.check is not None:
            text += f" WITH CHECK ({self.check})"
        return text


class ShownPolicy(NamedTuple):
    """A policy as ``pg_policies`` shows it; ``roles`` joined by commas."""

    table: str
    name: str
    kind: str
    roles: str
    command: str
    using: str | None
    check: str | None


class Privilege(NamedTuple):
    """One privilege of one role on a table, a table's column, the schema ``public`` or the database itself."""

    kind: str
    object: str
    column: str
    role: str
    name: str
    grantable: bool = False


#: What a privilege of everybody stands under.
PUBLIC = "PUBLIC"
#: The table that says which revision the schema has: every role reads it (``/readyz``), nobody writes it.
REVISION_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything that stands between roles and one table."""

    policies: tuple[Policy, ...]
    privileges: tuple[Privilege, ...]


def _writing(access: Access) -> tuple[str, ...]:
    if access.append_only:
        return ("SELECT", "INSERT")
    return ("SELECT", "INSERT", "UPDATE", "DELETE") if access.deletable else ("SELECT", "INSERT", "UPDATE")


def wall_of(table: Table, tenants: Iterable[Tenant]) -> Wall:
    """The policies and privileges of one table, for all roles."""
    access = access_of(table)
    policies: list[Policy] = []
    privileges: list[Privilege] = []

    def grant(role: str, *names: str) -> None:
        privileges.extend(Privilege("TABLE", table.name, "", role, name) for name in names)

    def reads_all(role: str) -> None:
        policies.append(Policy(table.name, f"{role}_reads", role, "SELECT", "true", None))
        grant(role, "SELECT")

    def owns(role: str, condition: str, names: tuple[str, ...]) -> None:
        if names == ("INSERT",):
            policies.append(Policy(table.name, f"{role}_adds", role, "INSERT", condition, condition))
        elif names == ("SELECT",):
            policies.append(Policy(table.name, f"{role}_owns", role, "SELECT", condition, None))
        else:
            policies.append(Policy(table.name, f"{role}_owns", role, "ALL", condition, condition))
        grant(role, *names)

    for tenant in tenants:
        owns(
            tenant.role, f"tenant_id = {tenant.tenant_id}", _writing(access) if access.district_writes else ("SELECT",)
        )
        if access.published:
            policies.append(Policy(table.name, f"{tenant.role}_reads", tenant.role, "SELECT", "true", None))
        if access.city_shared:
            city = f"(tenant_id = 0) AND ({access.city_shared})"
            policies.append(Policy(table.name, f"{tenant.role}_reads_city", tenant.role, "SELECT", city, None))
        if access.published_when:
            shown = access.published_when
            policies.append(Policy(table.name, f"{tenant.role}_reads_published", tenant.role, "SELECT", shown, None))
        if access.counterpart:
            party = f"counterpart_tenant_id = {tenant.tenant_id}"
            policies.append(Policy(table.name, f"{tenant.role}_is_party", tenant.role, "SELECT", party, None))
    if access.municipal_reads:
        reads_all(roles.MUNICIPAL_READER)
    if access.published:
        reads_all(roles.PUBLIC_READER)
    elif access.published_when:
        shown = access.published_when
        policies.append(Policy(table.name, f"{roles.PUBLIC_READER}_reads", roles.PUBLIC_READER, "SELECT", shown, None))
        grant(roles.PUBLIC_READER, "SELECT")
    if access.sign_in:
        reads_all(roles.AUTHENTICATOR)
    if access.sessions:
        owns(roles.AUTHENTICATOR, "tenant_id = 0", ("SELECT", "INSERT", "UPDATE", "DELETE"))
    if access.steward:
        # What is only ever appended (audit, events) the platform adds to and does not read.
        owns(roles.PLATFORM, "true", ("INSERT",) if access.append_only else _writing(access))
    if access.audited:
        reads_all(roles.AUDITOR)
    if access.chained:
        policies.append(Policy(table.name, f"{roles.AUDITOR}_adds", roles.AUDITOR, "INSERT", "true", "true"))
        grant(roles.AUDITOR, "INSERT")
    if access.municipal:
        owns(roles.MUNICIPAL_WRITER, "tenant_id = 0", _writing(access))
    if access.insurance_centre == "reads":
        reads_all(roles.INSURANCE_CENTRE)
    elif access.insurance_centre is not None:
        owns(roles.INSURANCE_CENTRE, "true", ("INSERT",) if access.insurance_centre == "adds" else _writing(access))
    if personal := sealed_columns(table).values():
        # By column: whoever seals anew sees neither whose values these are nor so much as their masks.
        for command, check in (("SELECT", None), ("UPDATE", "true")):
            name = f"{roles.CUSTODIAN}_{command.lower()}s"
            policies.append(Policy(table.name, name, roles.CUSTODIAN, command, "true", check))
        written = [name for one in personal for name in one.names if name != one.masked]
        for column in ("tenant_id", "id", *written):
            privileges.append(Privilege("TABLE", table.name, column, roles.CUSTODIAN, "SELECT"))
        privileges.extend(Privilege("TABLE", table.name, one, roles.CUSTODIAN, "UPDATE") for one in written)
    return Wall(tuple(policies), tuple(privileges))


@dataclass(frozen=True, slots=True)
class Walls:
    """Everything that stands between roles and a database.

    ``privileges`` are all that a role other than the owner holds, and that none besides holds.
    """

    policies: frozenset[Policy]
    privileges: frozenset[Privilege]


def walls_of(tables: Iterable[Table], tenants: Iterable[Tenant]) -> Walls:
    """The policies and privileges of all tables, of the schema and of the database."""
    return _walls(tuple(tables), tuple(tenants))


@lru_cache(maxsize=4)  # a table's Access never changes; provisioning and the catalogue's rules ask the same many times
def _walls(tables: tuple[Table, ...], tenants: tuple[Tenant, ...]) -> Walls:
    walls = [wall_of(table, tenants) for table in tables]
    privileges = [held for wall in walls for held in wall.privileges]
    for role in login_roles(tenants):
        privileges += (
            Privilege("DATABASE", "", "", role, "CONNECT"),
            Privilege("SCHEMA", "public", "", role, "USAGE"),
            Privilege("TABLE", REVISION_TABLE, "", role, "SELECT"),
        )
    return Walls(frozenset(policy for wall in walls for policy in wall.policies), frozenset(privileges))


def login_roles(tenants: Iterable[Tenant]) -> tuple[str, ...]:
    """The roles the application logs in as, in the one order in which provisioning touches them."""
    return (*roles.SHARED, *sorted(tenant.role for tenant in tenants))
