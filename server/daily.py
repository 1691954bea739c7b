"""What a day brings by itself, without anybody acting: run once a day, or as often as one likes.

Days pass, and with them the days by which something should have been done.  Everything here is found in the database anew
and may run any number of times; what one run could not do, the next does.  Each district is a transaction of its own, so
that what fails in one keeps no other from its day.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from server.db import roles
from server.db.pools import Pools
from server.exits.delivering import deliver_to
from server.insurance import keeping
from server.insurance.actions.stepping import Ground
from server.insurance.smtp import Smtp
from server.kit import clock
from server.kit.actor import Actor, Grant, Role
from server.kit.ids import new_request_id
from server.licensing.store import list_missed
from server.policy.shelf import Shelf
from server.proposals.store import list_institutions_with_open
from server.record.acts import acting
from server.standing.proposing import propose_for

_LOG = logging.getLogger(__name__)
_NAME = "shequ daily"


@dataclass(frozen=True, slots=True)
class Done:
    """What the day brought to one district; ``failed`` says why the rest is missing."""

    code: str
    #: Institutions that should have opened or been verified by now.
    missed: int = 0
    #: New proposals of the district's rules; a person decides about each.
    proposed: int = 0
    #: Tasks to answer other districts' requests to take residents over, opened or no longer needed.
    delivered: int = 0
    designation: keeping.Day | None = None
    sent: int = 0
    unsent: int = 0
    failed: str | None = None


async def run(pools: Pools, shelf: Shelf, ground: Ground, smtp: Smtp | None) -> AsyncIterator[Done]:
    """The day of each district, one after the other.

    Missed days of opening and verification, and open proposals, are judged by the rules in force (MTG-21-2, MTG-22-1,
    FT-2-4-1): a proposal is all that comes of it.  Then what other districts ask of this one, where it was not delivered at
    once, and the day of designation (``keeping``).  Mail goes out where there is somebody to hand it to.
    """
    for tenant_id, code in await keeping.districts_of(pools):
        try:
            missed, proposed = await _judge(pools, shelf, tenant_id, code)
            delivered = await deliver_to(pools, code, tenant_id, new_request_id())
            day = await keeping.day_in(pools, tenant_id, code, ground, lambda act, told: propose_for(act, shelf, told))
            sent = (0, 0) if smtp is None else await keeping.send_mail(pools, smtp, shelf.library.register, tenant_id)
            yield Done(code, missed, proposed, delivered, day, *sent)
        except Exception as error:
            # The other districts' day must not wait for what is wrong here; the next run tries again.
            _LOG.exception("the day failed", extra={"district": code})
            yield Done(code, failed=f"{type(error).__name__}: {error}")


async def _judge(pools: Pools, shelf: Shelf, tenant_id: int, code: str) -> tuple[int, int]:
    actor = Actor(_NAME, "平台", (Grant(tenant_id, Role.DISTRICT_OFFICER),))
    async with acting(pools, roles.district_role(code), tenant_id, actor, new_request_id()) as act:
        missed = {row["institution_id"] for row in await list_missed(act.connection, clock.today())}
        open_ = await list_institutions_with_open(act.connection, tenant_id)
        made = await propose_for(act, shelf, sorted(missed | set(open_)))
    return len(missed), len(made)
