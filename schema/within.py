"""Arguments that root fields share: the ``district`` of lists, the ``id`` of single objects."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from server.kit.ids import NodeId

InDistrict = Annotated[
    str | None, strawberry.argument(description="辖区代码 without it, all districts the caller may see")
]

#: The argument under which the tenant number of the named district travels to the planner (schema/access.py sets it).
TENANT = "tenant"


def within_district(arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Rows of the named district only, where one is named."""
    if TENANT not in arguments:
        return "true", {}
    return "{t}.tenant_id = :tenant", {"tenant": arguments[TENANT]}


def by_id(tag: int) -> Any:
    """The arguments of a root field that names one object of the type with this tag."""

    def arguments(given: dict[str, str]) -> tuple[str, dict[str, object]]:
        node = NodeId.parse(given["id"])
        if node.tag != tag:
            return "false", {}
        return "{t}.tenant_id = :tenant AND {t}.id = :id", {"tenant": node.tenant_id, "id": node.id}

    return arguments
