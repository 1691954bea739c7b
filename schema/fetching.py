"""What computed fields need of their rows beyond what the planner gives: one statement for all rows of one database role.

A computed field is only ever asked of rows that the planner has shown to the caller.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from schema.access import Request
from schema.acting import Ref
from server.kit.ids import NodeId

Key = tuple[int, UUID]


async def fetched(request: Request, ids: Sequence[NodeId], sql: str) -> dict[Key, list[tuple[Any, ...]]]:
    """For each row, what the statement says of it, after its tenant and id, which come first; keyed by these.

    ``sql`` takes the tenants as ``$1::int4[]`` and the ids as ``$2::uuid[]``.
    """
    by_role: dict[str, list[NodeId]] = {}
    for one in ids:
        scope = await request.scope(request.known_tenant(one))
        by_role.setdefault(scope.db_role, []).append(one)
    found: dict[Key, list[tuple[Any, ...]]] = {(one.tenant_id, one.id): [] for one in ids}
    for role, wanted in by_role.items():
        named = list(dict.fromkeys((one.tenant_id, one.id) for one in wanted))
        parameters = [[tenant for tenant, _ in named], [row_id for _, row_id in named]]
        for tenant, row_id, *told in await request.engine.pools.fetch(role, sql, parameters):
            found[tenant, row_id].append(tuple(told))
    return found


async def subjects(request: Request, ids: Sequence[NodeId], sql: str) -> list[Any]:
    """The object that each row's subject names; None where its type is no node.

    ``sql`` says its table and id, and may say its tenant where that is another than the row's.
    """
    tags = {type_.table: type_.tag for type_ in request.engine.catalogue.types.values() if type_.tag is not None}
    found = await fetched(request, ids, sql)
    named: list[Any] = []
    for one in ids:
        ((subject_type, subject_id, *elsewhere),) = found[one.tenant_id, one.id]
        tag, tenant = tags.get(subject_type), next(filter(None, elsewhere), one.tenant_id)
        named.append(None if tag is None else Ref(NodeId(tag, tenant, subject_id)))
    return named
