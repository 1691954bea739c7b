"""What every verb of designation rests on: the published packs, and the calendar of this moment."""

from schema.access import Request
from server.insurance.actions.stepping import Ground


async def ground_of(request: Request) -> Ground:
    """The packs and the calendar as this process knows them."""
    engine = request.engine
    return Ground(await engine.policies.current(), await engine.calendars.current())
