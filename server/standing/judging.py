"""Where institutions stand: the decisions of every policy in force, for one institution or many at once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from server.kit.actor import MUNICIPALITY
from server.policy.decision import Decision
from server.policy.events import History
from server.policy.shelf import Shelf, Shelved
from server.policy.store import Fetch
from server.policy.terms import SCOPE_OF, FactScope, Kind
from server.standing.gather import Subject, gather

#: The packs that judge institutions; those that judge applications are asked when an application is.
KINDS = tuple(kind for kind in Kind if SCOPE_OF.get(kind) is FactScope.INSTITUTION)


@dataclass(frozen=True)
class Standing:
    """One institution on one day: a decision per rule of every pack in force, in the order of the packs."""

    evaluated_on: date
    known_at: datetime
    decisions: tuple[Decision, ...]


async def standings(
    fetch: Fetch, shelf: Shelf, subjects: Sequence[Subject], *, on: date, known_at: datetime
) -> list[Standing | None]:
    """Each subject's standing, in order; None for one that the fetching role does not see.

    A fixed number of statements, however many subjects there are.
    """
    shelved = await shelf.current()
    histories = await gather(fetch, list(dict.fromkeys(subjects)))
    # Compiled expressions are evaluated outside the interpreter's lock, and other requests go on meanwhile.
    return await asyncio.to_thread(_judge, shelved, subjects, histories, on, known_at)


def standing_on(shelved: Shelved, tenant_id: int, history: History, *, on: date, known_at: datetime) -> Standing:
    """What every pack in force on the day says about this history."""
    books = [shelved.book(tenant, kind) for kind in KINDS for tenant in dict.fromkeys((tenant_id, MUNICIPALITY))]
    decisions = [
        one for book in books if book is not None for one in book.standing(history, as_of=on, known_at=known_at)
    ]
    return Standing(on, known_at, tuple(decisions))


def _judge(
    shelved: Shelved, subjects: Sequence[Subject], histories: Mapping[Subject, History], on: date, known_at: datetime
) -> list[Standing | None]:
    return [
        standing_on(shelved, one[0], histories[one], on=on, known_at=known_at) if one in histories else None
        for one in subjects
    ]
