"""Who reads which rows, worked out a second time: what every path through the planner is held against.

For the register, its directories, members and the audit trail it is written down by hand, and nothing here looks at the
bindings' ``rows``.  For any other type, declared later, it is what one plain statement with the role's rule gives on the
caller's own database role: people read that rule in the golden permission table, and here every path is held to it.
Rows come from the superuser, whom no policy binds.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from server.kit.actor import MUNICIPALITY, Role
from server.kit.ids import NodeId
from server.planner.binding import Catalogue, Link
from server.planner.scope import Scope
from tests.driving import Client
from tests.visiting.procedures import BEHIND, READERS, Reader

#: The two districts that everybody visits.
HOME, OTHER = "haidian", "xicheng"

Row = Mapping[str, Any]

_OFFICIALS = {Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR, Role.DEPARTMENT_OFFICER, Role.AGENCY_OFFICER}
_CITY = {Role.MUNICIPAL_ANALYST, Role.MUNICIPAL_HEALTH_OFFICER, Role.MUNICIPAL_INSURANCE_OFFICER}
_PUBLISHED = {"District", "Authority", "InsuranceAgency", "WorkYear", "WorkDay"}
_REGISTER = {"Institution", "Organisation", "Site", "Review", "FormerName", "Succession"}


_STATED = _PUBLISHED | _REGISTER | {"AuditEntry", "Member"} | READERS.keys()
#: A value that a rule names: ``:institutions``, but not the ``::uuid`` of a cast.
_NAMED = re.compile(r"(?<!:):([a-z_]+)")


@dataclass(frozen=True, slots=True)
class Held:
    """One role in one tenant."""

    role: Role
    tenant: int
    institution: UUID | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who looks around, and what they hold. ``home`` is the tenant of a request that names none."""

    name: str
    client: Client
    held: tuple[Held, ...] = ()
    #: On whose behalf rows of a tenant are read, or where none is named; none for a tenant that is out of reach.
    scopes: Mapping[int | None, Scope] = field(default_factory=dict)

    @property
    def home(self) -> int | None:
        """The first district, else the municipality, else nothing."""
        districts = [one.tenant for one in self.held if one.tenant != MUNICIPALITY]
        return districts[0] if districts else (MUNICIPALITY if self.held else None)

    @property
    def is_municipal(self) -> bool:
        """Whether the visitor reads all districts."""
        return any(one.role in _CITY for one in self.held)


@dataclass
class World:
    """Every row of every planned type, by type and then by (tenant, id)."""

    catalogue: Catalogue
    rows: dict[str, dict[tuple[int, UUID], Row]] = field(default_factory=dict)
    behind: dict[str, list[Row]] = field(default_factory=dict)
    passing: dict[tuple[str, str], set[tuple[int, UUID]]] = field(default_factory=dict)
    mark: str = ""
    #: The connection string of a login role of the application.
    login: Callable[[str], str] = str
    _shown: tuple[Any, dict[tuple[Any, ...], frozenset[tuple[int, UUID]]]] = (None, {})
    _own: tuple[Any, dict[Held, frozenset[UUID]]] = (None, {})
    _asked: dict[tuple[Any, ...], frozenset[tuple[int, UUID]]] = field(default_factory=dict)

    @cached_property
    def _marking(self) -> str:
        """Asks for another mark after every write to what is seen: rows came and went, or have a later writer's number.

        The database's own: other workers write to theirs all the time.
        """
        counted = " UNION ALL ".join(
            f"SELECT count(*) AS rows, max(xmin::text::bigint) AS latest FROM {table}"
            for table in sorted({*(one.table for one in self.catalogue.types.values()), *_behind(self.catalogue)})
        )
        return f"SELECT concat_ws('/', sum(rows), max(latest)) AS mark FROM ({counted}) t"

    @classmethod
    def seen(cls, superuser: str, catalogue: Catalogue, login: Callable[[str], str]) -> "World":
        """The world as the database has it."""
        world = cls(catalogue, login=login)
        with psycopg.connect(superuser, row_factory=dict_row) as connection:
            world.mark = _mark(connection, world._marking)
            for name, type_ in catalogue.types.items():
                found = connection.execute(f"SELECT * FROM {type_.table}").fetchall()  # type: ignore[arg-type]
                world.rows[name] = {(row["tenant_id"], row["id"]): row for row in found}
            world.behind = {
                name: connection.execute(f"SELECT * FROM {name}").fetchall()  # type: ignore[arg-type]
                for name in sorted(_behind(catalogue))
            }
            for link in _links(catalogue):
                condition, table = link.condition.replace("{t}", "t"), catalogue.types[link.target].table
                sql = f"SELECT tenant_id, id FROM {table} t WHERE {condition}"
                kept = connection.execute(sql).fetchall()  # type: ignore[arg-type]
                world.passing[link.target, link.condition] = {(row["tenant_id"], row["id"]) for row in kept}
        return world

    def is_past(self, connection: psycopg.Connection[Any]) -> bool:
        """Whether somebody wrote since the world was seen: other tests register and grant meanwhile."""
        return _mark(connection, self._marking) != self.mark

    def sees(self, visitor: Visitor, type_: str, row: Row) -> bool:
        """Whether the visitor reads this row where it is asked for in its own district, or by its id."""
        if type_ not in _STATED:
            tenant = row["tenant_id"] if any(one.tenant == row["tenant_id"] for one in visitor.held) else None
            return (row["tenant_id"], row["id"]) in self._declared(visitor, type_, tenant)
        return type_ in _PUBLISHED or any(self._gives(visitor, one, type_, row) for one in visitor.held)

    def visible(self, visitor: Visitor, type_: str, tenant: int | None = None) -> frozenset[tuple[int, UUID]]:
        """The rows of a list: of the named tenant, else of the visitor's home, for the municipality's people of all."""
        if type_ not in _STATED:
            return frozenset(key for key in self._declared(visitor, type_, tenant) if tenant in (None, key[0]))
        # The same lists are gone through by path after path; worked out once, as ``_staffed`` is.
        if self._shown[0] is not self.rows:
            self._shown = self.rows, {}
        asked = (visitor.name, visitor.held, type_, tenant)
        if asked not in self._shown[1]:
            self._shown[1][asked] = self._stated(visitor, type_, tenant)
        return self._shown[1][asked]

    def _stated(self, visitor: Visitor, type_: str, tenant: int | None) -> frozenset[tuple[int, UUID]]:
        everywhere = visitor.is_municipal and tenant is None
        return frozenset(
            key
            for key, row in self.rows[type_].items()
            if (tenant is None or row["tenant_id"] == tenant)
            and (
                type_ in _PUBLISHED
                or (
                    everywhere and any(self._gives(visitor, one, type_, row) for one in visitor.held if one.tenant == 0)
                )
                or (not everywhere and row["tenant_id"] in (tenant, visitor.home) and self.sees(visitor, type_, row))
            )
        )

    def beyond(self, visitor: Visitor, link: Link, row: Row) -> set[tuple[int, UUID]]:
        """The rows at the end of a link from this row that the visitor reads."""
        return {
            key
            for key in self.passing[link.target, link.condition]
            if key[0] == row["tenant_id"]
            and self._joined(link, row, self.rows[link.target][key])
            and self.sees(visitor, link.target, self.rows[link.target][key])
        }

    def _joined(self, link: Link, row: Row, other: Row) -> bool:
        """Whether the link's columns, or a pair between the two, tie the rows of one tenant together."""
        if link.through is None:
            return all(other[theirs] == row[ours] for ours, theirs in link.on)
        ((ours, theirs),), (table, near, far) = link.on, link.through
        return any(
            pair["tenant_id"] == row["tenant_id"] and pair[near] == row[ours] and pair[far] == other[theirs]
            for pair in self._table(table)
        )

    def _table(self, name: str) -> Iterable[Row]:
        for one, type_ in self.catalogue.types.items():
            if type_.table == name:
                return self.rows[one].values()
        return self.behind[name]

    def node(self, type_: str, key: tuple[int, UUID]) -> str:
        """The node id of a row."""
        tag = self.catalogue.types[type_].tag
        assert tag is not None
        return str(NodeId(tag, *key))

    def nodes(self, type_: str, keys: Iterable[tuple[int, UUID]]) -> set[str]:
        """The node ids of rows."""
        return {self.node(type_, key) for key in keys}

    def _declared(self, visitor: Visitor, type_: str, tenant: int | None) -> frozenset[tuple[int, UUID]]:
        """What the rules of the visitor's roles give on the database role that the tenant is read on."""
        scope = visitor.scopes.get(tenant)
        if scope is None:
            return frozenset()
        # The roles are part of the key: two scopes on one database role may read by different rules.
        key = (self.mark, type_, scope.db_role, tuple(sorted(scope.roles)), repr(scope.values))
        if key not in self._asked:
            # All types at once: a connection costs more than what is asked on it.
            with psycopg.connect(self.login(scope.db_role)) as connection:
                for name in self.catalogue.types.keys() - _STATED:
                    self._asked[key[0], name, *key[2:]] = self._ruled(connection, scope, name)
        return self._asked[key]

    def _ruled(self, connection: psycopg.Connection[Any], scope: Scope, type_: str) -> frozenset[tuple[int, UUID]]:
        bound = self.catalogue.types[type_]
        rules = sorted({bound.rows[role] for role in scope.roles if role in bound.rows})
        if not rules:
            return frozenset()
        condition = " OR ".join(f"({rule})" for rule in rules).replace("{t}", "t").replace("%", "%%")
        condition = _NAMED.sub(r"%(\1)s", condition)
        values = {name: value for name, value in scope.values.items() if f"%({name})s" in condition}
        found = connection.execute(f"SELECT tenant_id, id FROM {bound.table} t WHERE {condition}", values)  # type: ignore[arg-type]
        return frozenset(found.fetchall())

    def _gives(self, visitor: Visitor, held: Held, type_: str, row: Row) -> bool:
        if type_ in READERS:
            subject = visitor.name if ":" in visitor.name else f"visitor:{visitor.name}"
            reader = Reader(held.role, held.tenant, subject, held.institution, self._table)
            return reader.is_here(row) and READERS[type_](reader, row)
        if type_ == "AuditEntry":
            return held.role is Role.DISTRICT_ADMINISTRATOR and held.tenant == row["tenant_id"]
        if type_ == "Member":
            return held.tenant == row["tenant_id"] and (
                held.role in (Role.DISTRICT_ADMINISTRATOR, Role.MUNICIPAL_HEALTH_OFFICER)
                or held.role == row["role"] == Role.MUNICIPAL_INSURANCE_OFFICER
            )
        assert type_ in _REGISTER
        if held.role in _CITY:
            return True
        if held.tenant != row["tenant_id"]:
            return False
        return held.role in _OFFICIALS or (held.role is Role.INSTITUTION_STAFF and self._of_staff(held, type_, row))

    def _of_staff(self, held: Held, type_: str, row: Row) -> bool:
        """An institution's staff read it, the stations under it, and what belongs to these."""
        own = self._staffed(held)
        match type_:
            case "Institution":
                return row["id"] in own
            case "Organisation":
                assert held.institution is not None
                mine = self.rows["Institution"].get((held.tenant, held.institution))
                return mine is not None and row["id"] == mine["organisation_id"]
            case "Succession":
                return held.institution in (row["predecessor_id"], row["successor_id"])
            case _:
                return row["institution_id"] in own

    def _staffed(self, held: Held) -> frozenset[UUID]:
        """The institution and the stations under it; worked out once for as long as the world is seen the same way."""
        seen = self.rows["Institution"]
        if self._own[0] is not seen:
            self._own = seen, {}
        found = self._own[1].get(held)
        if found is None:
            found = self._own[1][held] = frozenset(
                one["id"]
                for one in seen.values()
                if one["tenant_id"] == held.tenant and held.institution in (one["id"], one["parent_id"])
            )
        return found


def _mark(connection: psycopg.Connection[Any], marking: str) -> str:
    # Asked before every test: what is prepared is planned once, on a connection that stays.
    row = connection.execute(marking, prepare=True).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return str(row["mark"])


def _behind(catalogue: Catalogue) -> set[str]:
    """Tables that stand behind links, of pairs, as those of readers do behind rules."""
    return {*BEHIND, *(link.through[0] for link in _links(catalogue) if link.through)}


def _links(catalogue: Catalogue) -> list[Link]:
    """The links of all fields and operands."""
    links = [link for one in catalogue.types.values() for link in linked(one.fields.values())]
    return links + [link for one in catalogue.types.values() for link in linked(one.filters.values())]


def linked(bindings: Iterable[Any]) -> list[Link]:
    """The links among fields or operands."""
    return [one.link for one in bindings if hasattr(one, "link")]
