"""Everything the areas know about institutions, as histories for policy: a fixed number of statements for any number."""

from collections.abc import Sequence
from uuid import UUID

from server.institutions.facts import OUTSIDE, list_registered
from server.institutions.store import find_active
from server.licensing.facts import list_licensed
from server.policy.events import Event, EventKind, History
from server.policy.store import Fetch
from server.policy.terms import WindowKind
from server.policy.windows import Period
from server.reviews.facts import list_reviewed
from server.supervision.facts import list_supervised

#: An institution: its tenant's number and its row id.
Subject = tuple[int, UUID]


async def gather(fetch: Fetch, subjects: Sequence[Subject]) -> dict[Subject, History]:
    """The history of each subject that the fetching role sees.

    What is known of its predecessors counts as its own (A-FT-14); what is known of the stations under it does not (A-FT-13).
    """
    if not subjects:
        return {}
    registered = await list_registered(fetch, subjects)
    line = {(tenant, one) for (tenant, _), known in registered.items() for one in known.line}
    whole_line = sorted(line)
    kept = (await list_reviewed(fetch, whole_line), await list_supervised(fetch, whole_line))
    licensed = await list_licensed(fetch, whole_line)
    histories = {}
    for (tenant, root), known in registered.items():
        events, covered = list(known.events), set(known.covered)
        for register in kept:
            parts = [register[tenant, one] for one in known.line]
            events += [event for part in parts for event in part.events]
            covered |= frozenset.intersection(*(part.covered for part in parts))
        # Licensing says more of the same verification or opening, under the same id; a licence's own days stay with it.
        own = licensed[tenant, root]
        better = [event for one in known.line[1:] for event in licensed[tenant, one].inherited] + list(own.events)
        told = {event.id for event in better}
        # Other events may share an id: a fact before and after it was determined (server/supervision/facts.py).
        events = [event for event in events if event.id not in told] + better
        cycles = _cycles(events) | ({WindowKind.VERIFICATION_CYCLE: own.cycles} if own.cycles else {})
        histories[tenant, root] = History(str(root), tuple(events), frozenset(covered | own.covered), cycles)
    return histories


async def population(fetch: Fetch, tenant_id: int) -> list[Subject]:
    """The tenant's institutions within the community health system, by name."""
    return [(tenant_id, one) for one in await find_active(fetch, tenant_id, OUTSIDE)]


def _cycles(events: Sequence[Event]) -> dict[WindowKind, tuple[Period, ...]]:
    """The assessment cycles that have a result."""
    found = {
        Period(event.get("cycle_from"), event.get("cycle_until"))
        for event in events
        if event.kind is EventKind.ASSESSMENT_RESULT
    }
    return {WindowKind.ASSESSMENT_CYCLE: tuple(sorted(found, key=lambda period: period.from_on))} if found else {}
