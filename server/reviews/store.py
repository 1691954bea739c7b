"""Every statement on the review record."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.policy.store import Fetch
from server.reviews.tables import review

_FOR_POLICY = (
    "SELECT r.tenant_id, r.institution_id, r.id, r.kind, r.cycle, r.outcome, r.score, r.decided_on, r.annulled_on,"
    " r.created_at, r.updated_at FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN review r ON r.tenant_id = wanted.tenant_id AND r.institution_id = wanted.id"
    " WHERE r.kind = ANY($3::text[]) ORDER BY r.tenant_id, r.id"
)
_NAMES = ("tenant_id", "institution_id", "id", "kind", "cycle", "outcome", "score", "decided_on", "annulled_on")


async def insert_reviews(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows in one statement; none is fine."""
    if rows:
        await connection.execute(insert(review), rows)


async def find_for_policy(
    fetch: Fetch, institutions: Sequence[tuple[int, UUID]], kinds: Sequence[str]
) -> list[dict[str, Any]]:
    """The reviews of these kinds of all these institutions (tenant and id), annulled ones included."""
    tenants, ids = [tenant for tenant, _ in institutions], [one for _, one in institutions]
    rows = await fetch(_FOR_POLICY, [tenants, ids, list(kinds)])
    return [dict(zip((*_NAMES, "created_at", "updated_at"), row, strict=True)) for row in rows]
