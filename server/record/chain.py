"""The audit chain: one for each tenant, in which every entry is tied by hashes to all that came before it.

A job links entries after they were committed, never the act itself: an act that took a place in the chain would make every
other act of its district wait.  An entry is linked once no transaction before its own is still running, so none that is
committed late is passed over; within one run entries go by their instant.  Running it twice, or in two places at once,
links nothing twice.

A database restored from a dump counts transactions anew: entries of transactions that have not happened yet here come
from before, and are done with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, RowMapping, Text, exists, insert, literal, literal_column, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from server.db import roles
from server.db.pools import Pools
from server.kit.ids import new_id
from server.record.entries import CONTENT, content_of, entry_hash, first_hash, from_jsonb, link_hash
from server.record.tables import audit_entry, audit_link

#: How many entries one transaction links.
BATCH = 2000

#: An entry's columns as ``entry_of`` reads them; JSONB as text, so that no digit is lost.
ENTRY_COLUMNS = [
    audit_entry.c[name].cast(Text).label(name) if name in ("before", "after") else audit_entry.c[name]
    for name in (*CONTENT, "signature", "xact")
]
#: That some link holds the entry.
LINKED = exists().where(audit_link.c.tenant_id == audit_entry.c.tenant_id, audit_link.c.entry_id == audit_entry.c.id)

_OLDEST = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger)
_NEXT = literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint", BigInteger)
_LOCK = "SELECT pg_advisory_xact_lock(2, :tenant)"
# From one tenant number to the next along an index, however many rows each has.
_TENANTS = (
    "WITH RECURSIVE tenant(n) AS (SELECT min(tenant_id) FROM {table} UNION ALL"
    " SELECT (SELECT min(tenant_id) FROM {table} WHERE tenant_id > tenant.n) FROM tenant WHERE tenant.n IS NOT NULL)"
    " SELECT n FROM tenant WHERE n IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain as it stands at one moment: what an installation keeps elsewhere, to compare with later."""

    tenant_id: int
    seq: int
    link_hash: str
    #: When the link was made, RFC 3339.
    at: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a chain ends (seq 0 where it has no link), and the transactions around this moment."""

    seq: int
    link_hash: str
    horizon: int
    at: str
    #: No transaction before this one is still running.
    oldest: int
    #: No transaction from this one on has happened here.
    next: int

    @property
    def linked_before(self) -> int:
        """Entries of transactions before this one are in the chain; 0 where the horizon is another cluster's."""
        return self.horizon if self.horizon <= self.next else 0


async def tenants(pools: Pools) -> list[int]:
    """The tenants that have entries or links."""
    found: set[int] = set()
    for table in ("audit_entry", "audit_link"):
        rows = await pools.fetch(roles.AUDITOR, _TENANTS.format(table=table), [])
        found.update(number for (number,) in rows)
    return sorted(found)


async def link(
    pools: Pools, tenant_id: int, *, rescan: bool = False, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Every entry of the tenant that is ready is in its chain; the number that was added now.

    ``rescan`` looks at all entries, not only at those since the last run: after a dump was restored.
    """
    done, horizon = 0, None
    while True:
        async with pools.transaction(roles.AUDITOR) as connection:
            await connection.execute(text(_LOCK), {"tenant": tenant_id})
            last = await position(connection, tenant_id)
            # One horizon for the whole run: what becomes ready meanwhile is the next run's.
            horizon = last.oldest if horizon is None else horizon
            linked_before = 0 if rescan else last.linked_before
            entries = await _ready(connection, tenant_id, linked_before, horizon)
            whole = len(entries) < BATCH
            if entries:
                await _append(connection, tenant_id, last, entries, horizon if whole else linked_before)
        done += len(entries)
        progress(len(entries))
        if whole:
            return done


async def _ready(connection: AsyncConnection, tenant_id: int, linked_before: int, horizon: int) -> Sequence[RowMapping]:
    found = await connection.execute(
        select(*ENTRY_COLUMNS)
        .where(
            audit_entry.c.tenant_id == literal(tenant_id),
            audit_entry.c.xact >= linked_before,
            or_(audit_entry.c.xact < horizon, audit_entry.c.xact >= _NEXT),
            ~LINKED,
        )
        .order_by(audit_entry.c.at, audit_entry.c.id)
        .limit(BATCH)
    )
    return found.mappings().all()


async def _append(
    connection: AsyncConnection, tenant_id: int, last: Position, entries: Sequence[RowMapping], horizon: int
) -> None:
    seq, previous, rows = last.seq, last.link_hash, []
    for row in entries:
        entry = entry_of(row)
        seq += 1
        made = link_hash(previous, seq, str(entry.id), entry.hash)
        rows.append(
            {
                "tenant_id": tenant_id,
                "id": new_id(),
                "seq": seq,
                "entry_id": entry.id,
                "entry_hash": entry.hash,
                "previous_hash": previous,
                "link_hash": made,
                "horizon": horizon,
            }
        )
        previous = made
    await connection.execute(insert(audit_link), rows)


async def position(connection: AsyncConnection, tenant_id: int) -> Position:
    """Where the tenant's chain ends now."""
    last = (
        select(audit_link)
        .where(audit_link.c.tenant_id == literal(tenant_id))
        .order_by(audit_link.c.seq.desc())
        .limit(1)
        .lateral("last")
    )
    now = select(_OLDEST.label("oldest"), _NEXT.label("next")).subquery("now")
    row = (await connection.execute(select(now, last).select_from(now.join(last, true(), isouter=True)))).one()
    if row.seq is None:
        return Position(0, first_hash(tenant_id), 0, "", row.oldest, row.next)
    return Position(row.seq, row.link_hash, row.horizon, row.at.isoformat(), row.oldest, row.next)


async def heads(pools: Pools) -> list[Head]:
    """The end of every chain that has one."""
    found, known = [], await tenants(pools)
    async with pools.transaction(roles.AUDITOR) as connection:
        for tenant_id in known:
            last = await position(connection, tenant_id)
            if last.seq:
                found.append(Head(tenant_id, last.seq, last.link_hash, last.at))
    return found


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it stands in the database now."""

    id: UUID
    content: bytes
    signature: str
    xact: int

    @property
    def hash(self) -> str:
        """What its link holds, if nothing has changed since."""
        return entry_hash(self.content, self.signature, self.xact)


def entry_of(row: RowMapping) -> Entry:
    """The entry in a row of ``ENTRY_COLUMNS``."""
    told: dict[str, Any] = {name: row[name] for name in CONTENT}
    told |= {name: from_jsonb(row[name]) for name in ("before", "after")}
    return Entry(row["id"], content_of(told), row["signature"], row["xact"])
