"""Every statement on the review record, and on the rollup that is kept equal to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, delete, func, literal, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.kit.errors import NotFound
from server.kit.ids import new_id
from server.policy.store import Fetch
from server.reviews.tables import review, review_rollup

_FOR_POLICY = (
    "SELECT r.tenant_id, r.institution_id, r.id, r.kind, r.cycle, r.outcome, r.score, r.decided_on, r.annulled_on,"
    " r.created_at, r.updated_at FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN review r ON r.tenant_id = wanted.tenant_id AND r.institution_id = wanted.id"
    " WHERE r.kind = ANY($3::text[]) ORDER BY r.tenant_id, r.id"
)
_NAMES = ("tenant_id", "institution_id", "id", "kind", "cycle", "outcome", "score", "decided_on", "annulled_on")


async def insert_reviews(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], *, keep: bool = False) -> None:
    """Add the rows and count them in the rollup; none is fine. With ``keep``, rows that are there already stay as they are.

    Every way a review comes in leads here: ``reviewGroups`` may answer from the rollup alone.
    """
    if not rows:
        return
    statement = insert(review).on_conflict_do_nothing() if keep else insert(review)
    added = (await connection.execute(statement.returning(*_COUNTED), rows)).all()
    for tenant_id in sorted({row.tenant_id for row in added}):
        # Only now: a rebuild that went before did not see these rows, one that comes after waits for them.
        await connection.execute(text("SELECT pg_advisory_xact_lock_shared(3, :tenant)"), {"tenant": tenant_id})
    await _count(connection, _by_month(added))


async def load_for_change(connection: AsyncConnection, tenant_id: int, review_id: UUID) -> RowMapping:
    """The review, locked for change.  Raises: NotFound."""
    rows = await connection.execute(
        select(review).where(review.c.tenant_id == literal(tenant_id), review.c.id == review_id).with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def update_annulled(connection: AsyncConnection, tenant_id: int, review_id: UUID, on: date, at: datetime) -> None:
    """The review stands no more.  It stays a row, so the rollup stays as it is."""
    await connection.execute(
        update(review)
        .where(review.c.tenant_id == literal(tenant_id), review.c.id == review_id)
        .values(annulled_on=on, version=review.c.version + 1, updated_at=at)
    )


async def rebuild_rollup(connection: AsyncConnection, tenant_id: int) -> None:
    """The tenant's rollup counted anew, after reviews came in, changed or went by another way than ``insert_reviews``.

    Who writes reviews of the tenant meanwhile waits until the transaction ends.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(3, :tenant)"), {"tenant": tenant_id})
    await connection.execute(delete(review_rollup).where(review_rollup.c.tenant_id == tenant_id))
    month: ColumnElement[date] = literal_column("date_trunc('month', decided_on::timestamp)::date")
    score = review.c.score
    keys = (review.c.tenant_id, review.c.kind, review.c.outcome, review.c.scheme, month)
    sums = (func.count(), func.count(score), func.sum(score), func.min(score), func.max(score))
    found = await connection.execute(select(*keys, *sums).where(review.c.tenant_id == tenant_id).group_by(*keys))
    await _count(connection, {tuple(row[:5]): _Sums(*row[5:]) for row in found})


_COUNTED = (review.c.tenant_id, review.c.kind, review.c.outcome, review.c.scheme, review.c.decided_on, review.c.score)
_KEYS = ("tenant_id", "kind", "outcome", "scheme", "decided_month")


@dataclass(slots=True)
class _Sums:
    """A row of the rollup, besides its key."""

    row_count: int = 0
    score_count: int = 0
    score_sum: Decimal | None = None
    score_least: Decimal | None = None
    score_most: Decimal | None = None

    def add(self, score: Decimal | None) -> None:
        self.row_count += 1
        if score is not None:
            self.score_count += 1
            self.score_sum = score + (self.score_sum or 0)
            self.score_least = score if self.score_least is None else min(score, self.score_least)
            self.score_most = score if self.score_most is None else max(score, self.score_most)


_Key = tuple[Any, ...]


def _by_month(rows: Iterable[Any]) -> dict[_Key, _Sums]:
    sums: dict[_Key, _Sums] = {}
    for tenant_id, kind, outcome, scheme, decided_on, score in rows:
        month: date = decided_on.replace(day=1)
        sums.setdefault((tenant_id, kind, outcome, scheme, month), _Sums()).add(score)
    return sums


async def _count(connection: AsyncConnection, sums: Mapping[_Key, _Sums]) -> None:
    """Add the sums to the rollup. In the order of their keys: two writers then wait for each other, but never both."""
    if not sums:
        return
    statement = insert(review_rollup)
    new, old = statement.excluded, review_rollup.c
    statement = statement.on_conflict_do_update(
        index_elements=_KEYS,
        set_={
            "row_count": old.row_count + new.row_count,
            "score_count": old.score_count + new.score_count,
            "score_sum": func.coalesce(old.score_sum + new.score_sum, old.score_sum, new.score_sum),
            # LEAST and GREATEST of PostgreSQL leave nulls out.
            "score_least": func.least(old.score_least, new.score_least),
            "score_most": func.greatest(old.score_most, new.score_most),
        },
    )
    rows = []
    for key in sorted(sums, key=repr):
        one = sums[key]
        rows.append(
            dict(zip(_KEYS, key, strict=True))
            | {
                "id": new_id(),
                "row_count": one.row_count,
                "score_count": one.score_count,
                "score_sum": one.score_sum,
                "score_least": one.score_least,
                "score_most": one.score_most,
            }
        )
    await connection.execute(statement, rows)


async def find_for_policy(
    fetch: Fetch, institutions: Sequence[tuple[int, UUID]], kinds: Sequence[str]
) -> list[dict[str, Any]]:
    """The reviews of these kinds of all these institutions (tenant and id), annulled ones included."""
    tenants, ids = [tenant for tenant, _ in institutions], [one for _, one in institutions]
    rows = await fetch(_FOR_POLICY, [tenants, ids, list(kinds)])
    return [dict(zip((*_NAMES, "created_at", "updated_at"), row, strict=True)) for row in rows]
