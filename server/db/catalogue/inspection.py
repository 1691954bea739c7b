"""What a rule is, and what it looks at."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import psycopg
from sqlalchemy import Table

from server.db.policies import Policy, Privilege, ShownPolicy, Tenant, Walls, login_roles, walls_of
from server.db.standing import Standing, StandingRole, misplaced, read_roles, read_standing


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as a rule wants it: the rule's code, the object, and what is wrong and how to mend it."""

    rule: str
    object: str
    sentence: str


class Inspection:
    """One database under examination; each of its catalogues is read at most once."""

    def __init__(self, connection: psycopg.Connection, tables: Sequence[Table], tenants: Sequence[Tenant]) -> None:
        self.connection = connection
        self.tables = tables
        self.tenants = tenants
        self.login_roles = login_roles(tenants)

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The rows of one query."""
        return self.connection.execute(sql, parameters).fetchall()

    @cached_property
    def standing(self) -> Standing:
        """Policies and privileges as they stand."""
        return read_standing(self.connection, [table.name for table in self.tables])

    @property
    def declared(self) -> Walls:
        """Policies and privileges as they should stand."""
        return walls_of(self.tables, self.tenants)

    @cached_property
    def misplaced(self) -> tuple[frozenset[ShownPolicy], frozenset[Policy]]:
        """Policies that stand and should not, and that should and do not."""
        return misplaced(self.standing, self.declared.policies)

    @cached_property
    def extra_privileges(self) -> frozenset[Privilege]:
        """Privileges that stand and should not."""
        return self.standing.privileges - self.declared.privileges

    @cached_property
    def missing_privileges(self) -> frozenset[Privilege]:
        """Privileges that should stand and do not; one that may be granted on stands too."""
        held = {one._replace(grantable=False) for one in self.standing.privileges}
        return self.declared.privileges - held

    @cached_property
    def roles(self) -> Mapping[str, StandingRole]:
        """The cluster's roles."""
        return read_roles(self.connection)


#: Finds what breaks a rule: pairs of object and sentence.
Find = Callable[[Inspection], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its code, what is true of a database that keeps it, and how breaches are found."""

    code: str
    holds: str
    find: Find
    provisioned: bool


@dataclass(slots=True)
class Rules:
    """The rules of one module, in the order they are written.  ``provisioned``: provisioning answers for them."""

    provisioned: bool
    rules: list[Rule] = field(default_factory=list)

    def __call__(self, code: str, *, provisioned: bool | None = None) -> Callable[[Find], Find]:
        """Adds the decorated function as a rule; its docstring says what holds."""

        def add(find: Find) -> Find:
            answers = self.provisioned if provisioned is None else provisioned
            self.rules.append(Rule(code, (find.__doc__ or "").strip(), find, answers))
            return find

        return add
