"""Who reads which versions of policies, and the version or the district that a caller names.

Published policies are public.  Drafts are read by the officials of their own jurisdiction, and by municipal users where
they are shared.
"""

from functools import partial

from schema.access import Request
from schema.tags import POLICY_TAG
from server.db import roles
from server.kit.actor import MUNICIPALITY, Role
from server.kit.errors import BadInput, NotFound
from server.kit.ids import NodeId
from server.policy import store, terms
from server.policy.store import Kept

#: Who reads drafts and registers for policy, each in their own jurisdiction.
OFFICIALS = frozenset(
    {
        Role.DISTRICT_OFFICER,
        Role.DISTRICT_ADMINISTRATOR,
        Role.MUNICIPAL_ANALYST,
        Role.MUNICIPAL_HEALTH_OFFICER,
        Role.MUNICIPAL_INSURANCE_OFFICER,
    }
)


def may_read(request: Request, one: Kept) -> bool:
    """Whether the caller may read the version."""
    actor = request.actor
    if one.status is terms.Status.PUBLISHED:
        return True
    if actor is None:
        return False
    return bool(actor.roles_in(one.tenant_id) & OFFICIALS) or (actor.is_municipal and one.shared_with_city)


async def reading_role(request: Request, tenant_id: int) -> str | None:
    """The database role on which the caller reads this tenant's drafts and registers; None where the caller has none."""
    actor = request.actor
    if actor is None:
        return None
    if actor.is_municipal:
        return roles.MUNICIPAL_READER
    if tenant_id == MUNICIPALITY or not actor.roles_in(tenant_id) & OFFICIALS:
        return None
    code = await request.engine.directory.code_of(tenant_id)
    return None if code is None else roles.district_role(code)


async def policy_of(request: Request, text: str, path: tuple[str, ...]) -> Kept:
    """The version that the caller names, as far as the caller may read it.

    Raises: BadInput for an id of something else, NotFound.
    """
    node = NodeId.parse(text, path=path)
    if node.tag != POLICY_TAG:
        raise BadInput(f"{'.'.join(path)} 不是政策版本的 ID", path=path)
    found = (await request.engine.policies.current()).find(node.tenant_id, node.id)
    if found is None and (role := await reading_role(request, node.tenant_id)) is not None:
        found = await store.find_version(partial(request.engine.pools.fetch, role), node.tenant_id, node.id)
    if found is None or not may_read(request, found):
        raise NotFound(path=path)
    return found


async def district_named(request: Request, code: str) -> int:
    """The tenant of the district that an argument names.  Raises: BadInput."""
    tenant = await request.engine.directory.find(code)
    if tenant is None:
        raise BadInput(f"没有代码为“{code[:40]}”的辖区", path=("district",))
    return tenant
