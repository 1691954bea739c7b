"""What a caller asked for, free of GraphQL syntax: fields, their response keys, arguments and sub-selections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Selection:
    """One field to answer.

    ``key`` is its name in the response, ``name`` the field's own, ``arguments`` coerced values by name (absent where not
    given, so ``{"first": None}`` differs from ``{}``).  ``children`` are merged by response key, in the order of first
    appearance.  Under an interface or union ``cases`` holds the children for each object type that may stand there, and
    ``children`` is empty.

    ``later`` is set for a field that is computed above the planner from its row's node id, and means nothing here.
    """

    key: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    children: tuple["Selection", ...] = ()
    cases: Mapping[str, tuple["Selection", ...]] = field(default_factory=dict)
    later: Any = None

    def asked(self, name: str) -> tuple["Selection", ...]:
        """All children that ask for the field ``name`` (aliases may ask several times)."""
        return tuple(one for one in self.children if one.name == name)
