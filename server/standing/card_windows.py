"""Until when yellow cards count, by the exit policy in force."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from server.policy.counting import anchor_day, card_window
from server.policy.grounds import Enabled, find_enabled
from server.policy.shelf import Shelved
from server.policy.store import Fetch
from server.policy.terms import Kind, WindowKind
from server.policy.windows import Period, counts_until
from server.standing.gather import gather
from server.supervision import store
from server.supervision.facts import card_event

#: A card: its tenant's number and its row id.
Card = tuple[int, UUID]


async def cards_count_until(fetch: Fetch, shelved: Shelved, cards: Sequence[Card], *, on: date) -> list[date | None]:
    """For each card the first day on which it no longer counts, under the exit policy in force on the day, in order.

    None for a card that never counts (voided, or before the policy's first day), where no policy counts cards, and where
    the cycle it falls in is not known yet.
    Implements: A-FT-1.
    """
    rows = {
        (row["tenant_id"], row["id"]): row for row in await store.find_cards_by_id(fetch, list(dict.fromkeys(cards)))
    }
    packs = {tenant: _counting(shelved, tenant, on) for tenant, _ in rows}
    by_cycle = [
        (row["tenant_id"], row["institution_id"])
        for row in rows.values()
        if (pack := packs[row["tenant_id"]]) and card_window(pack.version).kind is WindowKind.ASSESSMENT_CYCLE
    ]
    histories = await gather(fetch, list(dict.fromkeys(by_cycle))) if by_cycle else {}
    cycles = {one: history.cycles.get(WindowKind.ASSESSMENT_CYCLE, ()) for one, history in histories.items()}
    return [_until(rows.get(one), packs.get(one[0]), cycles) for one in cards]


def _counting(shelved: Shelved, tenant_id: int, on: date) -> Enabled | None:
    """The exit policy in force, where it counts cards at all."""
    found = find_enabled(shelved, tenant_id, Kind.EXIT, on)
    return found if found is not None and found.version.value("card_window_kind") is not None else None


def _until(
    row: Mapping[str, Any] | None, pack: Enabled | None, cycles: Mapping[Card, tuple[Period, ...]]
) -> date | None:
    if row is None or pack is None or row["voided_at"] is not None:
        return None
    event = card_event(row)
    window = card_window(pack.version)
    anchor = anchor_day(event, window.anchor)
    if anchor is None or event.happened_on < pack.counts_from:
        return None
    return counts_until(anchor, window, cycles.get((row["tenant_id"], row["institution_id"]), ()))
