"""The ``district`` argument of root lists."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

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
