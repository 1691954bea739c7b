"""What the register offers to policy: what an institution is registered as, when it opened, and whose history it carries.

The register keeps what is so now, not how it came about: the event of registration says what is registered today, from the
day the institution opened or, where that is not known, came onto this register.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from server.institutions import store
from server.institutions.model import InstitutionStatus
from server.institutions.rules import ENDED
from server.kit.clock import BEIJING
from server.policy.events import Event, EventKind
from server.policy.store import Fetch

#: Institutions that no longer belong to the community health system are not judged as such.
OUTSIDE = (*ENDED, InstitutionStatus.EXITED_SYSTEM)


@dataclass(frozen=True)
class Registered:
    """What is known of one institution; ``covered``: the kinds of event of which all are known.

    ``line``: the institution itself and its predecessors, whose history it carries (A-FT-14).
    """

    events: tuple[Event, ...]
    covered: frozenset[EventKind]
    line: tuple[UUID, ...]


async def list_registered(fetch: Fetch, institutions: Sequence[tuple[int, UUID]]) -> dict[tuple[int, UUID], Registered]:
    """What the register says of each institution (tenant and id) that the fetching role sees, in two statements."""
    lines: dict[tuple[int, UUID], list[UUID]] = {}
    for tenant, root, one in await store.find_lineage(fetch, institutions):
        lines.setdefault((tenant, root), []).append(one)
    rows = await store.find_registered(fetch, institutions)
    return {
        (row["tenant_id"], row["id"]): registered(row, lines.get((row["tenant_id"], row["id"]), ())) for row in rows
    }


def registered(row: dict[str, Any], predecessors: Sequence[UUID] = ()) -> Registered:
    """The register's row as events."""
    opened: date | None = row["opened_on"]
    at = row["created_at"]
    since = opened or at.astimezone(BEIJING).date()
    names = {"institution_kind": "kind", "operator_kind": "operator_kind", "operating_nature": "operating_nature"}
    known = {name: row[column] for name, column in names.items() if row[column] is not None}
    events = [Event(f"institution:{row['id']}", EventKind.REGISTRATION, since, at, attributes=known)]
    covered = {EventKind.REGISTRATION}
    if opened is not None:
        events.append(Event(f"opening:{row['id']}", EventKind.OPENING, opened, at))
    # No opening day may mean that nobody entered it; only what is still being prepared has surely not opened.
    if opened is not None or row["status"] == InstitutionStatus.PREPARING:
        covered.add(EventKind.OPENING)
    return Registered(tuple(events), frozenset(covered), (row["id"], *predecessors))
