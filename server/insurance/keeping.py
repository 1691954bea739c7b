"""What follows a committed act on the districts' own roles, and what each day brings.

Everything here is made of what is in the database and may run any number of times: a stop in between is mended by the next
run.  The municipal centre's own role reaches no register, so its acts are followed up here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from server.db import roles
from server.db.pools import Pools
from server.insurance import store
from server.insurance.actions.agreements import mind_agreements
from server.insurance.actions.measures import tell_measures
from server.insurance.actions.recalculating import recalculate
from server.insurance.actions.stepping import Ground
from server.insurance.annexes import Printing
from server.insurance.mailing import send_pending
from server.insurance.smtp import Smtp
from server.kit.actor import Actor, Grant, Role
from server.kit.ids import new_request_id
from server.policy.documents import Register
from server.record.acts import Act, acting

_DISTRICTS = "SELECT tenant_id, code FROM district WHERE tenant_id > 0 ORDER BY tenant_id"
_NAME = "shequ designation"


@dataclass(frozen=True, slots=True)
class Day:
    """What one run did in one district."""

    code: str
    settled: int
    moved: int
    reminded: int
    expired: int
    told: int


#: What follows once facts of these institutions have changed, inside the same act: proposals of the district's own rules.
Follow = Callable[[Act, Sequence[UUID]], Awaitable[object]]


@asynccontextmanager
async def acting_in(pools: Pools, tenant_id: int, code: str) -> AsyncIterator[Act]:
    """An act of the platform itself in a district, as its agency would."""
    actor = Actor(_NAME, "平台", (Grant(tenant_id, Role.AGENCY_OFFICER),))
    async with acting(pools, roles.district_role(code), tenant_id, actor, new_request_id()) as act:
        yield act


async def districts_of(pools: Pools) -> list[tuple[int, str]]:
    """Every district's tenant number and code."""
    return [(row[0], row[1]) for row in await pools.fetch(roles.PUBLIC_READER, _DISTRICTS, [])]


async def keep_latest_review(pools: Pools, tenant_id: int, institution_id: UUID) -> None:
    """The institution's day of the latest review, as the common record has it."""
    codes = dict(await districts_of(pools))
    async with pools.transaction(roles.district_role(codes[tenant_id])) as connection:
        await store.refresh_latest_review(connection, tenant_id, institution_id)


async def tell_supervision(pools: Pools, tenant_id: int, follow: Follow) -> None:
    """The centre's measures become facts of the district's supervision, with what follows from them."""
    codes = dict(await districts_of(pools))
    async with acting_in(pools, tenant_id, codes[tenant_id]) as act:
        told = await tell_measures(act)
        if told:
            await follow(act, told)


async def recalculate_everywhere(pools: Pools, ground: Ground) -> dict[str, tuple[int, int]]:
    """Days that rested on an estimate, in every district: how many were settled and how many moved, by code."""
    found = {}
    for tenant_id, code in await districts_of(pools):
        async with acting_in(pools, tenant_id, code) as act:
            found[code] = await recalculate(act, ground)
    return found


async def send_mail(pools: Pools, smtp: Smtp, register: Register, tenant_id: int) -> tuple[int, int]:
    """The tenant's waiting messages handed over; how many were sent, and how many not."""
    codes = dict(await districts_of(pools))
    async with acting_in(pools, tenant_id, codes[tenant_id]) as act:
        return await send_pending(act, smtp, Printing(register))


async def day_in(pools: Pools, tenant_id: int, code: str, ground: Ground, follow: Follow) -> Day:
    """What the day brings in one district: days settled, renewals asked for, agreements at their end, measures told."""
    async with acting_in(pools, tenant_id, code) as act:
        settled, moved = await recalculate(act, ground)
        reminded, expired = await mind_agreements(act, ground)
        told = await tell_measures(act)
        if told:
            await follow(act, told)
    return Day(code, settled, moved, reminded, expired, len(told))


async def daily(pools: Pools, ground: Ground, follow: Follow) -> list[Day]:
    """The day in every district."""
    return [await day_in(pools, tenant_id, code, ground, follow) for tenant_id, code in await districts_of(pools)]
