"""Events as they are told to those who listen: in one order, each once, resumable, a moment after they were committed.

An event's place is its transaction and its id.  What is told is only what no transaction still running could come before,
so whoever resumes after a place misses nothing that is committed later.  To callers a place is sealed: the number of a
transaction would tell one district how busy the others are.
"""

import asyncio
import base64
import binascii
import contextlib
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from server.db import roles
from server.db.pools import Pools
from server.kit.errors import BadInput, RequestFailed

log = structlog.get_logger("shequ.events")

#: How many events are read at once.
BATCH = 100
_EVERY_SECONDS = 0.5
_FIRST = UUID(int=0)

# Transactions before the snapshot's first have ended; those of other databases of the cluster hold it back too.
_NOW = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_NEWS = """
WITH seen AS (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon)
SELECT horizon, ARRAY(
  SELECT DISTINCT tenant_id FROM outbox_event
  WHERE tenant_id = ANY($1::int[]) AND xact >= $2::bigint AND xact < horizon
) FROM seen
"""
_AFTER = """
SELECT xact, id, at, topic, payload FROM outbox_event
WHERE tenant_id = $1::int AND (xact, id) > ($2::bigint, $3::uuid)
  AND xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
  AND (cardinality($4::text[]) = 0 OR split_part(topic, '.', 1) = ANY($4::text[]))
ORDER BY xact, id LIMIT $5::int
"""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a tenant's events somebody is: all up to here, this one included, were told."""

    xact: int
    id: UUID = _FIRST


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what was done to which kind of subject."""

    place: Place
    at: datetime
    subject_type: str
    action: str
    subject_id: UUID


class Sequences:
    """Seals places, the same place always to the same text, and opens them for the tenant they were sealed for."""

    def __init__(self, secret: str) -> None:
        self._siv = AESSIV(hashlib.sha512(b"shequ/events/" + secret.encode()).digest())

    def seal(self, tenant_id: int, place: Place) -> str:
        """The text that callers resume by."""
        plain = place.xact.to_bytes(8, "big") + place.id.bytes
        return base64.urlsafe_b64encode(self._siv.encrypt(plain, [b"%d" % tenant_id])).decode()

    def open(self, tenant_id: int, text: str) -> Place:
        """The place. Raises: BadInput where it was not sealed by us for this tenant."""
        try:
            raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
            plain = self._siv.decrypt(raw, [b"%d" % tenant_id])
        except (InvalidTag, ValueError, UnicodeEncodeError, binascii.Error):
            raise BadInput("after 应为同一辖区事件的 sequence", path=("after",)) from None
        return Place(int.from_bytes(plain[:8], "big"), UUID(bytes=plain[8:]))


async def find_now(pools: Pools, db_role: str) -> Place:
    """The place before everything that is committed from now on."""
    rows = await pools.fetch(db_role, _NOW, [])
    return Place(rows[0][0])


async def list_after(
    pools: Pools, db_role: str, tenant_id: int, place: Place, subject_types: Sequence[str] = ()
) -> list[Event]:
    """The next events of the tenant after this place, oldest first, at most ``BATCH``."""
    given: list[Any] = [tenant_id, place.xact, place.id, list(subject_types), BATCH]
    rows = await pools.fetch(db_role, _AFTER, given)
    events = []
    for xact, id_, at, topic, payload in rows:
        subject_type, _, action = topic.partition(".")
        events.append(Event(Place(xact, id_), at, subject_type, action, UUID(payload["id"])))
    return events


class Listening:
    """The one reader of a process: knows in which tenants there is news, and wakes those who listen there.

    It polls while anybody listens, and not else.  What the news is, each listener reads on a role of their own.
    """

    def __init__(self, pools: Pools, *, every_seconds: float = _EVERY_SECONDS) -> None:
        self._pools = pools
        self._every = every_seconds
        self._waiting: dict[int, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def to(self, tenant_id: int) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
        """A function that waits until there is news in the tenant, or so many seconds have passed."""
        news = asyncio.Event()
        self._waiting[tenant_id].add(news)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

        async def wait(seconds: float) -> None:
            # A pool that had a connection ready just then hands it out and forgets that its caller was cancelled.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await news.wait()
            news.clear()

        try:
            yield wait
        finally:
            self._waiting[tenant_id].discard(news)
            if not self._waiting[tenant_id]:
                del self._waiting[tenant_id]

    async def close(self) -> None:
        """Nobody is woken any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        horizon = 0
        while self._waiting:
            try:
                tenants = list(self._waiting)
                rows = await self._pools.fetch(roles.MUNICIPAL_READER, _NEWS, [tenants, horizon])
                woken = rows[0][1] if horizon else tenants  # whoever came before the first look looks once
                horizon = rows[0][0]
                for tenant in woken:
                    for news in self._waiting.get(tenant, ()):
                        news.set()
            except RequestFailed as error:
                log.warning("events_not_read", reason=error.code)
            await asyncio.sleep(self._every)
