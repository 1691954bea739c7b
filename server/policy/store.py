"""Every statement on policy versions and decision records.

Content is written while a version is a draft and never again: each UPDATE that carries content names the statuses in
which it may, so that a published version cannot be changed even by a mistake of ours.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.kit.errors import NotFound
from server.policy.canonical import jsonable
from server.policy.decision import Decision
from server.policy.loading import version_from_plain
from server.policy.model import PolicyVersion
from server.policy.tables import decision_record, policy_version
from server.policy.terms import Kind, SourceStatus, Status

Fetch = Callable[[str, Sequence[object]], Awaitable[list[tuple[Any, ...]]]]

_OPEN = (Status.DRAFT, Status.IN_REVIEW)
_HOLD = text("SELECT pg_advisory_xact_lock(4, :pack)")
_FIND = (
    "SELECT tenant_id, id, status, number, content, digest, effective_until, base_digest, author, writers, published_by,"
    " published_at, reason, shared_with_city, version, created_at FROM policy_version"
    " WHERE ($1::int4 IS NULL OR tenant_id = $1) AND ($2::uuid IS NULL OR id = $2)"
    " AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR status = $4) ORDER BY tenant_id, kind, number"
)
_FOUND = (
    "tenant_id",
    "id",
    "status",
    "number",
    "content",
    "digest",
    "effective_until",
    "base_digest",
    "author",
    "writers",
    "published_by",
    "published_at",
    "reason",
    "shared_with_city",
    "version",
    "created_at",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A version as it is kept: its content, and what happened to it.  ``row_version`` counts changes of the row."""

    tenant_id: int
    id: UUID
    status: Status
    version: PolicyVersion
    base_digest: str | None
    author: str
    writers: tuple[str, ...]
    published_by: str | None
    published_at: datetime | None
    reason: str | None
    shared_with_city: bool
    row_version: int
    created_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether it is still a draft."""
        return self.status in _OPEN


def kept(row: Mapping[str, Any] | RowMapping, parsed: dict[str, PolicyVersion] | None = None) -> Kept:
    """The row as a version.  ``parsed``: contents read before, by digest and number; this one is put there.

    Raises: ValueError where its content is not what its digest names.
    """
    known = {} if parsed is None else parsed
    name = f"{row['digest']}/{row['number']}"
    version = known.get(name)
    if version is None:
        version = known[name] = version_from_plain(row["content"], row["number"])
    if version.digest != row["digest"]:
        raise ValueError(f"policy version {row['id']}: content and digest do not agree")
    until: date | None = row["effective_until"]
    if until is not None and until != version.effective_until:
        version = version.shortened(until)
    return Kept(
        row["tenant_id"],
        row["id"],
        Status(row["status"]),
        version,
        row["base_digest"],
        row["author"],
        tuple(row["writers"]),
        row["published_by"],
        row["published_at"],
        row["reason"],
        row["shared_with_city"],
        row["version"],
        row["created_at"],
    )


async def hold_pack(connection: AsyncConnection, tenant_id: int, kind: Kind) -> None:
    """Wait until nobody else drafts or publishes in this pack; held until the transaction ends."""
    await connection.execute(_HOLD, {"pack": tenant_id * 16 + list(Kind).index(kind)})


async def load_for_change(connection: AsyncConnection, tenant_id: int, version_id: UUID) -> Kept:
    """The version, its pack held for change.

    Raises: NotFound.
    """
    mine = (policy_version.c.tenant_id == literal(tenant_id), policy_version.c.id == version_id)
    kind = await connection.scalar(select(policy_version.c.kind).where(*mine))
    if kind is None:
        raise NotFound()
    await hold_pack(connection, tenant_id, Kind(kind))
    rows = await connection.execute(select(policy_version).where(*mine).with_for_update())
    return kept(rows.mappings().one())


async def list_versions(connection: AsyncConnection, tenant_id: int, kind: Kind) -> list[Kept]:
    """All versions of the pack, drafts and withdrawn ones included, by number."""
    rows = await connection.execute(
        select(policy_version)
        .where(policy_version.c.tenant_id == literal(tenant_id), policy_version.c.kind == kind)
        .order_by(policy_version.c.number)
    )
    return [kept(row) for row in rows.mappings()]


async def list_all(connection: AsyncConnection) -> list[Kept]:
    """Every version that the connection's role may read."""
    columns = policy_version.c
    rows = await connection.execute(select(policy_version).order_by(columns.tenant_id, columns.kind, columns.number))
    return [kept(row) for row in rows.mappings()]


async def find_versions(fetch: Fetch, tenant_id: int, kind: Kind | None) -> list[Kept]:
    """All versions of the tenant that the fetching role sees, by kind and number; of one kind where one is given."""
    rows = await fetch(_FIND, [tenant_id, None, kind, None])
    return [kept(dict(zip(_FOUND, row, strict=True))) for row in rows]


async def find_version(fetch: Fetch, tenant_id: int, version_id: UUID) -> Kept | None:
    """The version, or None where the fetching role sees none."""
    rows = await fetch(_FIND, [tenant_id, version_id, None, None])
    return kept(dict(zip(_FOUND, rows[0], strict=True))) if rows else None


async def find_published(fetch: Fetch, parsed: dict[str, PolicyVersion]) -> list[Kept]:
    """Every published version of every tenant, by tenant, kind and number; ``parsed`` as in ``kept``."""
    rows = await fetch(_FIND, [None, None, None, Status.PUBLISHED])
    return [kept(dict(zip(_FOUND, row, strict=True)), parsed) for row in rows]


async def find_parameters(
    connection: AsyncConnection, tenant_id: int, kind: Kind, on: date
) -> Mapping[str, tuple[Any, SourceStatus]]:
    """Value and source of each parameter of the pack as it holds on the day, as the act's own transaction sees it.

    Before the pack's first day, what holds from then on.  For acts that need a number and judge nothing.  Empty where no
    version holds, now or later.
    """
    columns = policy_version.c
    content = await connection.scalar(
        select(columns.content)
        .where(
            columns.tenant_id == literal(tenant_id),
            columns.kind == kind.value,
            columns.status == Status.PUBLISHED.value,
            columns.effective_until.is_(None) | (columns.effective_until > on),
        )
        .order_by(columns.effective_from)
        .limit(1)
    )
    found = (content or {}).get("parameters", [])
    return {one["key"]: (one["value"], SourceStatus(one["source_status"])) for one in found}


async def find_revision(fetch: Fetch) -> int:
    """A number that rises with every change of any version: rows are never deleted and count their changes."""
    rows = await fetch("SELECT coalesce(sum(version), 0)::int8 FROM policy_version", [])
    revision: int = rows[0][0]
    return revision


def _content(version: PolicyVersion) -> dict[str, Any]:
    return {
        "title": version.title,
        "pack": version.pack,
        "effective_from": version.effective_from,
        "effective_until": version.effective_until,
        "content": jsonable(version.content()),
        "digest": version.digest,
    }


async def insert_version(
    connection: AsyncConnection, tenant_id: int, version_id: UUID, version: PolicyVersion, values: Mapping[str, Any]
) -> None:
    """Add the version; ``values`` are what its content does not say."""
    row = {"tenant_id": tenant_id, "id": version_id, "kind": version.kind, "number": version.number}
    await connection.execute(insert(policy_version).values(row | _content(version) | dict(values)))


async def replace_content(
    connection: AsyncConnection, tenant_id: int, version_id: UUID, version: PolicyVersion, writers: Sequence[str]
) -> bool:
    """The draft with other content, to be reviewed anew; False where it is no draft any more, and nothing is changed."""
    values = _content(version) | {"status": Status.DRAFT, "writers": list(writers)}
    return await _update(connection, tenant_id, version_id, _OPEN, values)


async def update_review(
    connection: AsyncConnection, tenant_id: int, version_id: UUID, *, shared_with_city: bool
) -> bool:
    """The draft put up for review; False where it is no draft any more."""
    values = {"status": Status.IN_REVIEW, "shared_with_city": shared_with_city}
    return await _update(connection, tenant_id, version_id, _OPEN, values)


async def publish_version(
    connection: AsyncConnection, tenant_id: int, version_id: UUID, *, by: str, at: datetime, reason: str
) -> bool:
    """The draft in force from its own first day; False where it is no draft any more.

    Raises: IntegrityError where its period overlaps a published one.
    """
    values = {"status": Status.PUBLISHED, "published_by": by, "published_at": at, "reason": reason}
    return await _update(connection, tenant_id, version_id, _OPEN, values)


async def update_until(connection: AsyncConnection, tenant_id: int, version_id: UUID, until: date | None) -> None:
    """The published version's end moved, because a successor begins there or no longer does."""
    await _update(connection, tenant_id, version_id, (Status.PUBLISHED,), {"effective_until": until})


async def withdraw_version(connection: AsyncConnection, tenant_id: int, version_id: UUID) -> None:
    """The version is withdrawn."""
    await _update(connection, tenant_id, version_id, (*_OPEN, Status.PUBLISHED), {"status": Status.WITHDRAWN})


async def _update(
    connection: AsyncConnection,
    tenant_id: int,
    version_id: UUID,
    statuses: Sequence[Status],
    values: Mapping[str, Any],
) -> bool:
    columns = policy_version.c
    done = await connection.execute(
        update(policy_version)
        .where(
            columns.tenant_id == literal(tenant_id),
            columns.id == version_id,
            columns.status.in_([status.value for status in statuses]),
        )
        .values(**values, version=columns.version + 1, updated_at=func.now())
    )
    return done.rowcount == 1


async def insert_decisions(
    connection: AsyncConnection, tenant_id: int, rows: Sequence[tuple[UUID, UUID | None, Decision]], by: str
) -> None:
    """Keep decisions (row id, institution, decision) in one statement; none is fine."""
    if rows:
        await connection.execute(
            insert(decision_record),
            [
                {
                    "tenant_id": tenant_id,
                    "id": row_id,
                    "institution_id": institution_id,
                    "kind": decision.kind,
                    "rule": decision.rule,
                    "outcome": decision.outcome,
                    "effect": decision.effect,
                    "policy_digest": decision.policy_digest,
                    "decision_digest": decision.digest,
                    "record": decision.record(),
                    "as_of": decision.as_of,
                    "known_at": decision.known_at,
                    "recorded_by": by,
                }
                for row_id, institution_id, decision in rows
            ],
        )


async def load_decision(connection: AsyncConnection, tenant_id: int, decision_id: UUID) -> RowMapping:
    """The kept decision.  Raises: NotFound."""
    columns = decision_record.c
    rows = await connection.execute(
        select(decision_record).where(columns.tenant_id == literal(tenant_id), columns.id == decision_id)
    )
    found = rows.mappings().one_or_none()
    if found is None:
        raise NotFound()
    return found
