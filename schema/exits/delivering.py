"""What a mutation has just asked of other districts, or no longer asks, delivered to them."""

from collections.abc import Iterable

import structlog

from schema.access import Request
from server.exits.delivering import deliver_to
from server.kit.errors import RequestFailed

log = structlog.get_logger("shequ.exits")


async def delivered(request: Request, counterparts: Iterable[int | None]) -> None:
    """These districts' tasks as the requests to them now are.  What fails here, the daily run makes good."""
    for tenant in sorted({one for one in counterparts if one is not None}):
        code = await request.engine.directory.code_of(tenant)
        if code is None:
            continue
        try:
            await deliver_to(request.engine.pools, code, tenant, request.request_id)
        except RequestFailed as error:
            log.warning("succession_not_delivered", district=code, reason=error.code)
