"""Every statement on memberships."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.db import roles
from server.db.pools import Pools
from server.identity.tables import membership
from server.kit.actor import Actor, Grant, Role

_IN_FORCE = (
    "SELECT tenant_id, role, department, institution_id, name FROM membership"
    " WHERE subject = $1 AND from_on <= $2::date AND (until IS NULL OR until > $2::date) ORDER BY created_at, id"
)


async def find_actor(pools: Pools, subject: str, on: date) -> Actor | None:
    """The person with the memberships in force on this day; None for somebody who has none anywhere."""
    rows = await pools.fetch(roles.AUTHENTICATOR, _IN_FORCE, [subject, on])
    if not rows:
        return None
    return Actor(subject, rows[0][4], tuple(Grant(row[0], Role(row[1]), row[2], row[3]) for row in rows))


async def insert_memberships(connection: AsyncConnection, rows: Sequence[dict[str, Any]]) -> int:
    """Add memberships; one that is in force already is left as it is. The number added."""
    added = 0
    for row in rows:
        statement = insert(membership).values(row).on_conflict_do_nothing().returning(membership.c.id)
        added += await connection.scalar(statement) is not None
    return added
