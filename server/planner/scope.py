"""On whose behalf rows are read: a database role, and what narrows it inside one district."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.planner.binding import Type


@dataclass(frozen=True, slots=True)
class Scope:
    """The database role, and the caller's roles inside the tenant it reads.

    The database role walls off other tenants; ``roles`` and ``values`` narrow rows further, through each type's row rules.
    The text of a statement depends on ``roles`` alone: one plan serves all districts.
    """

    db_role: str
    roles: frozenset[str]
    values: Mapping[str, Any] = field(default_factory=dict)

    def hides(self, type_: Type) -> bool:
        """Whether the caller may read no row of this type at all; nor might the database role touch its table."""
        return self.condition(type_) == "false"

    def condition(self, type_: Type) -> str:
        """The rows of this type that the caller may read, as an SQL condition with ``{t}`` and ``:name``.

        Several roles give the union of their rows; a role without a rule for the type reads none of it.
        """
        rules = {type_.rows[role] for role in self.roles if role in type_.rows}
        if "true" in rules:
            return "true"
        if not rules:
            return "false"
        return " OR ".join(f"({rule})" for rule in sorted(rules))
