"""Whether an audit chain still tells what happened: everything is computed anew, and what does not fit is named.

What the chain alone shows: an entry changed or removed after it was linked, a link changed, removed or put in, an entry that
was kept out of the chain.  What the signature shows besides: an entry that the application never wrote, linked or not, or
that was changed before it was linked.  What only a head kept elsewhere shows: that the end of the chain was cut off, or all
of it written anew.  What nothing shows: an entry removed before it was linked, so link often.
"""

import calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, literal, select

from server.db import roles
from server.db.pools import Pools
from server.kit.terms import Term
from server.record.chain import ENTRY_COLUMNS, LINKED, Head, Position, entry_of, position
from server.record.entries import first_hash, link_hash
from server.record.tables import audit_entry, audit_link

_BATCH = 2000

#: Below every place in a chain, those that nobody gives included.
_LOWEST = -(2**63)


class Flaw(Term):
    """What can be wrong with an audit trail."""

    CHANGED = "CHANGED", "审计记录被修改"
    REMOVED = "REMOVED", "审计记录被删除"
    FORGED = "FORGED", "审计记录不是由本系统写入（插入或入链前被修改）"
    UNLINKED = "UNLINKED", "审计记录早已提交却不在链中（插入，或其链环被删除）"
    LINK_CHANGED = "LINK_CHANGED", "链环被修改"
    LINKS_REMOVED = "LINKS_REMOVED", "链环被删除"
    BROKEN = "BROKEN", "链环与前一环不衔接"
    CUT_OFF = "CUT_OFF", "链尾被截断：存档链头之后的链环已不存在"
    REWRITTEN = "REWRITTEN", "链已被整体改写：与存档链头不一致"
    BEGINNING_LOST = "BEGINNING_LOST", "链首缺失，且没有与之衔接、已满保存期限的存档链头"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit. ``seq`` is its place in the chain, ``entry_id`` the entry; each where there is one."""

    flaw: Flaw
    tenant_id: int
    seq: int | None = None
    entry_id: UUID | None = None
    told: str = ""


@dataclass(slots=True)
class Verdict:
    """What verifying one tenant's trail came to. ``waiting`` entries were committed since the last run of the job."""

    tenant_id: int
    links: int = 0
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)


async def count_links(pools: Pools, tenant_id: int) -> int:
    """How many links there are to verify."""
    async with pools.transaction(roles.AUDITOR) as connection:
        counted = select(func.count()).select_from(audit_link).where(audit_link.c.tenant_id == literal(tenant_id))
        return await connection.scalar(counted) or 0


async def verify(
    pools: Pools,
    tenant_id: int,
    *,
    kept: Sequence[Head] = (),
    removable_before: datetime | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Verdict:
    """The tenant's trail, examined whole.

    ``kept`` are heads that were kept elsewhere; those of other tenants are passed over.  Of what a head made before
    ``removable_before`` covers, the entries may be gone together with their links.
    """
    verdict = Verdict(tenant_id)
    heads = {one.seq: one for one in kept if one.tenant_id == tenant_id}
    async with pools.transaction(roles.AUDITOR) as connection:
        last = await position(connection, tenant_id)
    walk = _Walk(pools, verdict, heads, removable_before)
    after = _LOWEST
    while True:
        rows = await _rows(pools, _links(tenant_id, after, last.seq))
        for row in rows:
            walk.step(row)
        progress(len(rows))
        if len(rows) < _BATCH:
            break
        after = rows[-1]["seq"]
    for head in heads.values():
        if head.seq > last.seq:
            verdict.findings.append(
                Finding(Flaw.CUT_OFF, tenant_id, head.seq, told=f"存档链头为第 {head.seq} 环，现只到第 {last.seq} 环")
            )
    await _loose(pools, verdict, last)
    return verdict


class _Walk:
    """From link to link."""

    def __init__(
        self, pools: Pools, verdict: Verdict, heads: Mapping[int, Head], removable_before: datetime | None
    ) -> None:
        self._signed = pools.custody.signer.signed
        self._verdict = verdict
        self._heads = heads
        self._removable_before = removable_before
        self._seq = 0
        self._hash = first_hash(verdict.tenant_id)

    def step(self, row: RowMapping) -> None:
        """Examine one link and its entry, and stand on it."""
        seq, previous = row["seq"], row["previous_hash"]
        if seq > self._seq + 1:
            self._jumped(seq, previous)
        elif seq <= self._seq or previous != self._hash:
            self._find(Flaw.BROKEN, row)
        if row["link_hash"] != link_hash(previous, seq, str(row["entry_id"]), row["entry_hash"]):
            self._find(Flaw.LINK_CHANGED, row)
        if row["id"] is None:
            self._find(Flaw.REMOVED, row)
        else:
            entry = entry_of(row)
            if entry.hash != row["entry_hash"]:
                self._find(Flaw.CHANGED, row)
            elif not self._signed(entry.content, entry.signature):
                self._find(Flaw.FORGED, row)
        head = self._heads.get(seq)
        if head is not None and head.link_hash != row["link_hash"]:
            self._find(Flaw.REWRITTEN, row)
        self._seq, self._hash = seq, row["link_hash"]
        self._verdict.links += 1

    def _jumped(self, seq: int, previous: str) -> None:
        first, last = self._seq + 1, seq - 1
        tenant_id, told = self._verdict.tenant_id, f"第 {first} 至 {last} 环"
        if self._seq:
            self._verdict.findings.append(Finding(Flaw.LINKS_REMOVED, tenant_id, first, told=told))
            return
        if not self._removable(self._heads.get(last), previous):
            self._verdict.findings.append(Finding(Flaw.BEGINNING_LOST, tenant_id, first, told=told))

    def _removable(self, head: Head | None, previous: str) -> bool:
        if head is None or head.link_hash != previous or self._removable_before is None:
            return False
        return datetime.fromisoformat(head.at) < self._removable_before

    def _find(self, flaw: Flaw, row: RowMapping) -> None:
        told = f"链入于 {row['linked_at']:%Y-%m-%d %H:%M:%S}"
        if row["id"] is not None:
            told = f"{row['action']}，{row['actor']}，{row['at']:%Y-%m-%d %H:%M:%S}"
        self._verdict.findings.append(Finding(flaw, self._verdict.tenant_id, row["seq"], row["entry_id"], told))


async def _loose(pools: Pools, verdict: Verdict, last: Position) -> None:
    """Examine the entries that no link holds."""
    signed, after = pools.custody.signer.signed, None
    while True:
        rows = await _rows(pools, _loose_entries(verdict.tenant_id, after))
        for row in rows:
            entry = entry_of(row)
            told = f"{row['action']}，{row['actor']}，{row['at']:%Y-%m-%d %H:%M:%S}"
            if not signed(entry.content, entry.signature):
                flaw = Flaw.FORGED
            elif entry.xact < last.linked_before:
                flaw = Flaw.UNLINKED
            else:
                verdict.waiting += 1
                continue
            verdict.findings.append(Finding(flaw, verdict.tenant_id, None, entry.id, told))
        if len(rows) < _BATCH:
            return
        after = rows[-1]["id"]


def removable_before(now: datetime, retention_months: int) -> datetime:
    """The instant before which what was recorded has been kept for these months."""
    year, month = divmod(now.year * 12 + now.month - 1 - retention_months, 12)
    day = min(now.day, calendar.monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day)


def _links(tenant_id: int, after: int, last: int) -> Select[Any]:
    link, entry = audit_link.c, audit_entry.c
    return (
        select(
            link.seq,
            link.at.label("linked_at"),
            link.entry_id,
            link.entry_hash,
            link.previous_hash,
            link.link_hash,
            *ENTRY_COLUMNS,
        )
        .outerjoin_from(audit_link, audit_entry, (entry.tenant_id == link.tenant_id) & (entry.id == link.entry_id))
        .where(link.tenant_id == literal(tenant_id), link.seq > after, link.seq <= last)
        .order_by(link.seq)
        .limit(_BATCH)
    )


def _loose_entries(tenant_id: int, after: UUID | None) -> Select[Any]:
    wanted = select(*ENTRY_COLUMNS).where(audit_entry.c.tenant_id == literal(tenant_id), ~LINKED)
    if after is not None:
        wanted = wanted.where(audit_entry.c.id > after)
    return wanted.order_by(audit_entry.c.id).limit(_BATCH)


async def _rows(pools: Pools, wanted: Select[Any]) -> Sequence[RowMapping]:
    async with pools.transaction(roles.AUDITOR) as connection:
        found: Sequence[RowMapping] = (await connection.execute(wanted)).mappings().all()
    return found
