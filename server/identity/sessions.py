"""Every statement on the sessions of browsers, on the authenticator's role, which alone reaches them."""

import hashlib
import secrets
from datetime import timedelta

from server.db import roles
from server.db.pools import Pools
from server.kit import clock
from server.kit.ids import new_id

#: A session that is in use is written to no more often than this.
_TOUCHED_EVERY = timedelta(minutes=1)

_INSERT = (
    "INSERT INTO session (tenant_id, id, digest, subject, issued_at, seen_at, expires_at)"
    " VALUES (0, $1::uuid, $2, $3, $4::timestamptz, $4::timestamptz, $5::timestamptz) RETURNING 1"
)
_FIND = (
    "WITH found AS (SELECT id, subject, seen_at FROM session WHERE tenant_id = 0 AND digest = $1"
    " AND expires_at > $2::timestamptz AND seen_at > $3::timestamptz),"
    " touched AS (UPDATE session s SET seen_at = $2::timestamptz FROM found"
    " WHERE s.tenant_id = 0 AND s.id = found.id AND found.seen_at < $4::timestamptz)"
    " SELECT subject FROM found"
)
_DELETE = "DELETE FROM session WHERE tenant_id = 0 AND digest = $1 RETURNING 1"
_DELETE_OF = "DELETE FROM session WHERE tenant_id = 0 AND subject = $1 RETURNING 1"
_DELETE_PAST = (
    "DELETE FROM session WHERE tenant_id = 0"
    " AND (expires_at <= $1::timestamptz OR seen_at <= $2::timestamptz) RETURNING 1"
)


class SessionStore:
    """Sessions of at most ``longest`` that end after ``idle`` without use."""

    def __init__(self, pools: Pools, *, longest: timedelta, idle: timedelta) -> None:
        self._pools = pools
        self.longest = longest
        self._idle = idle

    async def begin(self, subject: str) -> str:
        """The secret of a new session, which nothing but the browser keeps; sessions that are past are gone."""
        secret, now = secrets.token_urlsafe(32), clock.now()
        await self._pools.fetch(roles.AUTHENTICATOR, _DELETE_PAST, [now, now - self._idle])
        row = [new_id(), digest_of(secret), subject, now, now + self.longest]
        await self._pools.fetch(roles.AUTHENTICATOR, _INSERT, row)
        return secret

    async def find_subject(self, secret: str) -> str | None:
        """Whose session this is, which counts as used; None where it has ended or never was."""
        now = clock.now()
        asked = [digest_of(secret), now, now - self._idle, now - _TOUCHED_EVERY]
        rows = await self._pools.fetch(roles.AUTHENTICATOR, _FIND, asked)
        return rows[0][0] if rows else None

    async def end(self, secret: str) -> None:
        """There is no such session any more."""
        await self._pools.fetch(roles.AUTHENTICATOR, _DELETE, [digest_of(secret)])

    async def end_all(self, subject: str) -> int:
        """The person is signed in nowhere; how many sessions ended."""
        return len(await self._pools.fetch(roles.AUTHENTICATOR, _DELETE_OF, [subject]))


def digest_of(secret: str) -> str:
    """What is kept of a session's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
