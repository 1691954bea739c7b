"""What follows a committed act of the municipal centre on the district's own role, since the centre's reaches no register.

Each is made of what is in the database and may run again: a stop in between is mended by the next.
"""

from uuid import UUID

from server.db import roles
from server.db.pools import Pools
from server.insurance import store


async def district_role_of(pools: Pools, tenant_id: int) -> str:
    """The login role of the district with this tenant number."""
    rows = await pools.fetch(roles.PUBLIC_READER, "SELECT code FROM district WHERE tenant_id = $1", [tenant_id])
    return roles.district_role(rows[0][0])


async def keep_latest_review(pools: Pools, tenant_id: int, institution_id: UUID) -> None:
    """The institution's day of the latest review, as the common record has it."""
    async with pools.transaction(await district_role_of(pools, tenant_id)) as connection:
        await store.refresh_latest_review(connection, tenant_id, institution_id)
