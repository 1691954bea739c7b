"""Every SELECT, INSERT and UPDATE of licensing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Table, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.documents.model import DocumentStatus
from server.documents.tables import document, document_use
from server.kit.errors import NotFound
from server.licensing.model import LIVING, PENDING, EndingStatus, VerificationStatus
from server.licensing.tables import (
    licence,
    licence_application,
    licence_change,
    licence_ending,
    monitoring_enrolment,
    obligation,
    overdue_practice,
    verification,
)
from server.policy.store import Fetch


async def add(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows to one of the area's tables; none is fine."""
    if rows:
        await connection.execute(insert(table), rows)


async def change(
    connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values of one row and count its version up."""
    await connection.execute(
        update(table)
        .where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id)
        .values(**values, version=table.c.version + 1, updated_at=func.now())
    )


async def load(connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID) -> RowMapping:
    """The row, locked for change.  Raises: NotFound."""
    rows = await connection.execute(
        select(table).where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id).with_for_update()
    )
    found = rows.mappings().one_or_none()
    if found is None:
        raise NotFound()
    return found


async def find_pending_application(
    connection: AsyncConnection, kind: str, award_id: UUID | None, institution_id: UUID | None
) -> UUID | None:
    """An undecided application of the kind for the same award or the same institution."""
    about = licence_application.c
    same = [about.award_id == award_id] if award_id else []
    same += [about.institution_id == institution_id] if institution_id else []
    if not same:
        return None
    found: UUID | None = await connection.scalar(
        select(about.id)
        .where(about.kind == kind, about.status.in_([one.value for one in PENDING]), or_(*same))
        .limit(1)
    )
    return found


async def find_granted(connection: AsyncConnection, kind: str, award_id: UUID) -> UUID | None:
    """The granted application of the kind for this award."""
    about = licence_application.c
    found: UUID | None = await connection.scalar(
        select(about.id).where(about.kind == kind, about.status == "GRANTED", about.award_id == award_id).limit(1)
    )
    return found


async def find_current_licence(connection: AsyncConnection, institution_id: UUID) -> RowMapping | None:
    """The institution's latest licence, whatever became of it."""
    rows = await connection.execute(
        select(licence).where(licence.c.institution_id == institution_id, licence.c.current).with_for_update()
    )
    return rows.mappings().one_or_none()


async def find_number(connection: AsyncConnection, number: str) -> UUID | None:
    """The institution whose current licence bears the number."""
    found: UUID | None = await connection.scalar(
        select(licence.c.institution_id).where(licence.c.number == number, licence.c.current)
    )
    return found


async def supersede(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> None:
    """The institution's former licence is no longer its latest."""
    await connection.execute(
        update(licence)
        .where(licence.c.tenant_id == literal(tenant_id), licence.c.institution_id == institution_id, licence.c.current)
        .values(current=False, version=licence.c.version + 1, updated_at=func.now())
    )


async def find_pending_verification(connection: AsyncConnection, licence_id: UUID) -> RowMapping | None:
    """The licence's verification that waits for its result, locked."""
    about = verification.c
    rows = await connection.execute(
        select(verification)
        .where(about.licence_id == licence_id, about.status == VerificationStatus.APPLIED)
        .with_for_update()
    )
    return rows.mappings().one_or_none()


async def find_last_verification(connection: AsyncConnection, licence_id: UUID) -> RowMapping | None:
    """The licence's verification that was decided last."""
    about = verification.c
    rows = await connection.execute(
        select(verification)
        .where(about.licence_id == licence_id, about.status == VerificationStatus.DECIDED)
        .order_by(about.decided_on.desc(), about.id.desc())
        .limit(1)
    )
    return rows.mappings().one_or_none()


async def find_open_ending(connection: AsyncConnection, licence_id: UUID) -> UUID | None:
    """The procedure to end the licence that is not decided yet."""
    about = licence_ending.c
    open_ = (EndingStatus.NOTIFIED.value, EndingStatus.STATED.value)
    found: UUID | None = await connection.scalar(
        select(about.id).where(about.licence_id == licence_id, about.status.in_(open_))
    )
    return found


async def list_obligations(connection: AsyncConnection, institution_id: UUID) -> Sequence[RowMapping]:
    """The institution's obligations that have not ended."""
    rows = await connection.execute(
        select(obligation).where(obligation.c.institution_id == institution_id).order_by(obligation.c.code)
    )
    return rows.mappings().all()


async def find_enrolment(connection: AsyncConnection, institution_id: UUID) -> RowMapping | None:
    """The institution's running enrolment in monitoring, locked."""
    rows = await connection.execute(
        select(monitoring_enrolment)
        .where(monitoring_enrolment.c.institution_id == institution_id, monitoring_enrolment.c.ended_on.is_(None))
        .with_for_update()
    )
    return rows.mappings().one_or_none()


async def list_on_file(connection: AsyncConnection, subject_id: UUID) -> dict[str, list[UUID]]:
    """The documents used in the case, by purpose."""
    found: dict[str, list[UUID]] = {}
    rows = await connection.execute(
        select(document_use.c.purpose, document_use.c.document_id)
        .where(document_use.c.subject_id == subject_id)
        .order_by(document_use.c.id)
    )
    for purpose, document_id in rows:
        found.setdefault(purpose, []).append(document_id)
    return found


async def list_reusable(
    connection: AsyncConnection, cases: Sequence[UUID], uploaded_by: str, codes: Sequence[str], shared: Sequence[str]
) -> dict[str, UUID]:
    """The latest stored document by purpose among those used in these cases; of ``shared`` purposes also this person's own.

    Implements: BJ17-2-2d.
    """
    use = document_use.c
    rows = await connection.execute(
        select(use.purpose, use.document_id)
        .join(document, (document.c.tenant_id == use.tenant_id) & (document.c.id == use.document_id))
        .where(
            use.purpose.in_(codes),
            document.c.status == DocumentStatus.STORED,
            or_(use.subject_id.in_(cases), use.purpose.in_(shared) & (document.c.uploaded_by == uploaded_by)),
        )
        .order_by(use.id)
    )
    return {row[0]: row[1] for row in rows}


async def list_cases(connection: AsyncConnection, institution_id: UUID | None, award_id: UUID | None) -> list[UUID]:
    """The cases whose documents need not be handed in again: those of the award, and of the institution."""
    about = licence_application.c
    mine = [about.institution_id == institution_id] if institution_id else []
    mine += [about.award_id == award_id] if award_id else []
    if not mine:
        return []
    found = list((await connection.execute(select(about.id).where(or_(*mine)))).scalars())
    if institution_id:
        one = select(verification.c.id).where(verification.c.institution_id == institution_id)
        found += (await connection.execute(one)).scalars()
    return [*found, award_id] if award_id else found


async def list_missed(connection: AsyncConnection, on: date) -> Sequence[RowMapping]:
    """Licences of the tenant (``id``, ``institution_id``) whose institution should have opened, or been verified, before the
    day and was not.
    """
    pending = select(verification.c.licence_id).where(verification.c.status == VerificationStatus.APPLIED)
    unverified = (licence.c.verification_due_on < on) & licence.c.id.not_in(pending)
    unopened = (licence.c.opening_due_on < on) & licence.c.opened_on.is_(None)
    rows = await connection.execute(
        select(licence.c.id, licence.c.institution_id)
        .where(licence.c.current, licence.c.status.in_([one.value for one in LIVING]), or_(unverified, unopened))
        .order_by(licence.c.institution_id)
    )
    return rows.mappings().all()


_WANTED = " FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
_LICENCES = (
    "SELECT l.tenant_id, l.institution_id, l.id, l.current, l.status, l.cycle_from_on, l.cycle_until, l.verification_due_on,"
    " l.opening_due_on, l.opened_on, l.ended_on, l.created_at"
    f"{_WANTED} JOIN licence l ON l.tenant_id = wanted.tenant_id AND l.institution_id = wanted.id"
    " ORDER BY l.tenant_id, l.id"
)
_LICENCE_NAMES = (
    "tenant_id",
    "institution_id",
    "id",
    "current",
    "status",
    "cycle_from_on",
    "cycle_until",
    "verification_due_on",
    "opening_due_on",
    "opened_on",
    "ended_on",
    "created_at",
)
_CHANGES = (
    "SELECT c.tenant_id, c.institution_id, c.id, c.licence_id, c.kind, c.on_date, c.recorded_at, c.deadline_on,"
    " c.cycle_from_on, c.cycle_until, c.due_on"
    f"{_WANTED} JOIN licence_change c ON c.tenant_id = wanted.tenant_id AND c.institution_id = wanted.id"
    " ORDER BY c.tenant_id, c.id"
)
_CHANGE_NAMES = (
    "tenant_id",
    "institution_id",
    "id",
    "licence_id",
    "kind",
    "on_date",
    "recorded_at",
    "deadline_on",
    "cycle_from_on",
    "cycle_until",
    "due_on",
)
_VERIFICATIONS = (
    "SELECT v.tenant_id, v.institution_id, v.id, v.licence_id, v.kind, v.status, v.cycle_due_on, v.applied_on, v.result,"
    " v.decided_on, v.review_id, v.created_at, r.created_at, r.annulled_on, r.updated_at"
    f"{_WANTED} JOIN verification v ON v.tenant_id = wanted.tenant_id AND v.institution_id = wanted.id"
    " LEFT JOIN review r ON r.tenant_id = v.tenant_id AND r.id = v.review_id"
    " ORDER BY v.tenant_id, v.id"
)
_VERIFICATION_NAMES = (
    "tenant_id",
    "institution_id",
    "id",
    "licence_id",
    "kind",
    "status",
    "cycle_due_on",
    "applied_on",
    "result",
    "decided_on",
    "review_id",
    "created_at",
    "reviewed_at",
    "annulled_on",
    "review_updated_at",
)
_PRACTICE = (
    "SELECT p.tenant_id, p.institution_id, p.id, p.licence_id, p.cycle_due_on, p.practising, p.found_on, p.recorded_at"
    f"{_WANTED} JOIN overdue_practice p ON p.tenant_id = wanted.tenant_id AND p.institution_id = wanted.id"
    " ORDER BY p.tenant_id, p.id"
)
_PRACTICE_NAMES = (
    "tenant_id",
    "institution_id",
    "id",
    "licence_id",
    "cycle_due_on",
    "practising",
    "found_on",
    "recorded_at",
)
_FOR_POLICY = {
    licence.name: (_LICENCES, _LICENCE_NAMES),
    licence_change.name: (_CHANGES, _CHANGE_NAMES),
    verification.name: (_VERIFICATIONS, _VERIFICATION_NAMES),
    overdue_practice.name: (_PRACTICE, _PRACTICE_NAMES),
}


async def find_for_policy(fetch: Fetch, table: Table, institutions: Sequence[tuple[int, UUID]]) -> list[dict[str, Any]]:
    """The rows of one of the area's tables that tell these institutions' history (tenant and id), oldest first."""
    sql, names = _FOR_POLICY[table.name]
    rows = await fetch(sql, [[tenant for tenant, _ in institutions], [one for _, one in institutions]])
    return [dict(zip(names, row, strict=True)) for row in rows]
