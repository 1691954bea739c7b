"""What the packs in force propose about an institution once its facts have changed, inside the act that changed them."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import partial
from uuid import UUID

from server.assessment.actions import effects
from server.db.pools import fetch_within
from server.institutions import store as institutions
from server.institutions.facts import OUTSIDE
from server.kit import clock
from server.policy.events import History
from server.policy.shelf import Shelf, Shelved
from server.policy.terms import Kind, Outcome
from server.proposals import store as proposals
from server.proposals.actions import propose
from server.record.acts import Act
from server.standing.gather import gather
from server.standing.judging import standing_on
from server.standing.occurrences import fired, found_already, occurrences


async def propose_for(act: Act, shelf: Shelf, institution_ids: Iterable[UUID], *, on: date | None = None) -> list[UUID]:
    """The proposals that are new; open ones whose ground is gone have lapsed.

    About each institution, and about those that carry its history on (A-FT-14).  An exit is proposed from all that counts
    on the day, a card for each record that by itself fulfils an item, unless the item was already confirmed on it.
    Implements: A-MTG-8, A-FT-2, FT-2-4-1, FT-2-4-5, MTG-20-0.
    """
    shelved, day, known_at = await shelf.current(), on or clock.today(), clock.now()
    wanted = await _bearers(act, institution_ids)
    histories = await gather(partial(fetch_within, act.connection), [(act.tenant_id, one) for one in wanted])
    found: list[UUID] = []
    for one in wanted:
        history = histories.get((act.tenant_id, one))
        if history is not None:
            found += await _propose(act, shelved, one, history, day, known_at)
    return found


async def open_proposals(act: Act, institution_id: UUID, kind: Kind) -> Sequence[UUID]:
    """The proposals about the institution that nobody has decided yet, oldest first."""
    rows = await proposals.list_open(act.connection, act.tenant_id, institution_id)
    return [row["id"] for row in rows if row["kind"] == kind]


async def _propose(
    act: Act, shelved: Shelved, institution_id: UUID, history: History, on: date, known_at: datetime
) -> list[UUID]:
    # Compiled expressions are evaluated outside the interpreter's lock, and other requests go on meanwhile.
    standing = await asyncio.to_thread(standing_on, shelved, act.tenant_id, history, on=on, known_at=known_at)
    exits = [one for one in standing.decisions if one.kind is not Kind.NEGATIVE_LIST]
    found = await propose(act, institution_id, exits)
    book = shelved.book(act.tenant_id, Kind.NEGATIVE_LIST)
    if book is None:
        return found
    unmet = [one for one in standing.decisions if one.kind is Kind.NEGATIVE_LIST and one.outcome is not Outcome.FIRED]
    records = await asyncio.to_thread(lambda: list(occurrences(book, history, as_of=on, known_at=known_at)))
    seen: set[UUID] = set()
    for record in records:
        decisions = [one for one in fired(record) if not found_already(history, one.item or "", record.event.id)]
        if decisions:
            subject_type, subject_id = record.subject
            seen.add(subject_id)
            new = await propose(act, institution_id, decisions, subject_type=subject_type, subject_id=subject_id)
            if new and subject_type == "review":
                await effects.await_proposal(act, subject_id, new[0])
            found += new
    for row in await proposals.list_open(act.connection, act.tenant_id, institution_id):
        if row["kind"] == Kind.NEGATIVE_LIST and row["subject_id"] not in seen:
            told = unmet or [one.set_aside_because("所依据的记录已不再有效") for one in standing.decisions]
            await propose(act, institution_id, told, subject_type=row["subject_type"], subject_id=row["subject_id"])
    return found


async def _bearers(act: Act, institution_ids: Iterable[UUID]) -> list[UUID]:
    """The institutions and those that follow them, as far as they are still within the system."""
    every: dict[UUID, None] = {}
    for one in institution_ids:
        every |= dict.fromkeys([one, *await institutions.list_successors(act.connection, one)])
    active = await institutions.find_active(
        partial(fetch_within, act.connection), act.tenant_id, [status.value for status in OUTSIDE]
    )
    return [one for one in every if one in set(active)]
