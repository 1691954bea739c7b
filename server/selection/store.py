"""Every SELECT, INSERT and UPDATE of public selection."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Table, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.kit.errors import NotFound
from server.selection import tables
from server.selection.model import CallStatus, GapOutcome, ObjectionStatus, SheetStatus


async def add(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows in one statement; none is fine."""
    if rows:
        await connection.execute(insert(table), rows)


async def load(
    connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID, path: tuple[str, ...] = ()
) -> RowMapping:
    """The row, locked for change. Raises: NotFound."""
    rows = await connection.execute(
        select(table).where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id).with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound(path=path)
    return row


async def change(
    connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values and count the version up."""
    await connection.execute(
        update(table)
        .where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id)
        .values(**values, version=table.c.version + 1, updated_at=func.now())
    )


async def _rows(
    connection: AsyncConnection, table: Table, tenant_id: int, *conditions: ColumnElement[bool], order: Any = None
) -> Sequence[RowMapping]:
    rows = await connection.execute(
        select(table)
        .where(table.c.tenant_id == literal(tenant_id), *conditions)
        .order_by(table.c.id if order is None else order)
    )
    return rows.mappings().all()


async def publish_parts(connection: AsyncConnection, tenant_id: int, call_id: UUID, on: Any) -> None:
    """Gaps, materials and criteria of the call are public from this day on."""
    for table in (tables.call_gap, tables.call_material, tables.call_criterion):
        await connection.execute(
            update(table)
            .where(table.c.tenant_id == literal(tenant_id), table.c.call_id == call_id)
            .values(published_on=on)
        )


async def list_call_gaps(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> Sequence[RowMapping]:
    """The gaps of a call with what became of each."""
    return await _rows(connection, tables.call_gap, tenant_id, tables.call_gap.c.call_id == call_id)


async def find_gaps_in_calls(connection: AsyncConnection, tenant_id: int, gap_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Which of these gaps stand in a call that has not ended for them."""
    columns = tables.call_gap.c
    found = await connection.scalars(
        select(columns.gap_id).where(
            columns.tenant_id == literal(tenant_id),
            columns.gap_id.in_(gap_ids),
            columns.outcome == GapOutcome.OPEN.value,
        )
    )
    return found.all()


async def update_outcome(
    connection: AsyncConnection, tenant_id: int, call_id: UUID, gap_ids: Sequence[UUID], outcome: GapOutcome
) -> None:
    """What became of these gaps in the call."""
    columns = tables.call_gap.c
    await connection.execute(
        update(tables.call_gap)
        .where(columns.tenant_id == literal(tenant_id), columns.call_id == call_id, columns.gap_id.in_(gap_ids))
        .values(outcome=outcome)
    )


async def list_materials(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> Sequence[RowMapping]:
    """What the call asks for, in its order."""
    columns = tables.call_material.c
    return await _rows(connection, tables.call_material, tenant_id, columns.call_id == call_id, order=columns.ordinal)


async def list_criteria(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> Sequence[RowMapping]:
    """The scoring scheme of the call, in its order."""
    columns = tables.call_criterion.c
    return await _rows(connection, tables.call_criterion, tenant_id, columns.call_id == call_id, order=columns.ordinal)


async def find_published_call(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> RowMapping | None:
    """The call, where it was ever published; locked, so that two applications of one operator come one after the other."""
    columns = tables.selection_call.c
    rows = await connection.execute(
        select(tables.selection_call)
        .where(columns.tenant_id == literal(tenant_id), columns.id == call_id, columns.published_on.is_not(None))
        .with_for_update()
    )
    return rows.mappings().one_or_none()


async def find_application_of(
    connection: AsyncConnection, tenant_id: int, call_id: UUID, gap_id: UUID, operator_key: str
) -> RowMapping | None:
    """The operator's application for the gap in this call that was not withdrawn."""
    columns = tables.operator_application.c
    found = await _rows(
        connection,
        tables.operator_application,
        tenant_id,
        columns.call_id == call_id,
        columns.gap_id == gap_id,
        columns.operator_key == operator_key,
        columns.status != "WITHDRAWN",
    )
    return found[0] if found else None


async def count_applications(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> int:
    """How many applications the call ever had, withdrawn ones included."""
    columns = tables.operator_application.c
    return (
        await connection.scalar(
            select(func.count())
            .select_from(tables.operator_application)
            .where(columns.tenant_id == literal(tenant_id), columns.call_id == call_id)
        )
        or 0
    )


async def list_applications(
    connection: AsyncConnection, tenant_id: int, call_id: UUID, statuses: Sequence[str] | None = None
) -> list[RowMapping]:
    """The call's applications by submission, locked for change; of these statuses where some are given."""
    columns = tables.operator_application.c
    conditions = [columns.tenant_id == literal(tenant_id), columns.call_id == call_id]
    if statuses is not None:
        conditions.append(columns.status.in_([str(one) for one in statuses]))
    rows = await connection.execute(
        select(tables.operator_application).where(*conditions).order_by(columns.id).with_for_update()
    )
    return sorted(rows.mappings().all(), key=lambda row: (row["submitted_at"], row["id"]))


async def list_claims(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> Sequence[RowMapping]:
    """All that was claimed and determined about the application, in order."""
    return await _rows(
        connection,
        tables.application_claim,
        tenant_id,
        tables.application_claim.c.application_id == application_id,
    )


async def replace_checks(
    connection: AsyncConnection, tenant_id: int, application_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> None:
    """These checks in the place of those before."""
    columns = tables.eligibility_check.c
    await connection.execute(
        delete(tables.eligibility_check).where(
            columns.tenant_id == literal(tenant_id), columns.application_id == application_id
        )
    )
    await add(connection, tables.eligibility_check, rows)


async def list_checks(connection: AsyncConnection, tenant_id: int, application_id: UUID) -> Sequence[RowMapping]:
    """What the policy says about the application now, rule by rule."""
    columns = tables.eligibility_check.c
    return await _rows(
        connection,
        tables.eligibility_check,
        tenant_id,
        columns.application_id == application_id,
        order=columns.ordinal,
    )


async def list_members(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> Sequence[RowMapping]:
    """The committee of the call."""
    columns = tables.committee_member.c
    return await _rows(connection, tables.committee_member, tenant_id, columns.call_id == call_id)


async def load_member(connection: AsyncConnection, tenant_id: int, member_id: UUID) -> RowMapping | None:
    """The member of a committee; None where the tenant has none of this id."""
    found = await _rows(connection, tables.committee_member, tenant_id, tables.committee_member.c.id == member_id)
    return found[0] if found else None


async def list_recusals(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> Sequence[RowMapping]:
    """Who does not score what in the call."""
    return await _rows(connection, tables.recusal, tenant_id, tables.recusal.c.call_id == call_id)


async def list_sheets(
    connection: AsyncConnection, tenant_id: int, call_id: UUID, statuses: Sequence[SheetStatus] | None = None
) -> Sequence[RowMapping]:
    """The sheets of the call, locked for change; of these statuses where some are given."""
    columns = tables.score_sheet.c
    conditions = [columns.tenant_id == literal(tenant_id), columns.call_id == call_id]
    if statuses is not None:
        conditions.append(columns.status.in_([str(one) for one in statuses]))
    rows = await connection.execute(
        select(tables.score_sheet).where(*conditions).order_by(columns.id).with_for_update()
    )
    return rows.mappings().all()


async def find_sheet(
    connection: AsyncConnection, tenant_id: int, application_id: UUID, subject: str
) -> RowMapping | None:
    """The person's latest sheet for the application, locked for change."""
    columns = tables.score_sheet.c
    rows = await connection.execute(
        select(tables.score_sheet)
        .where(
            columns.tenant_id == literal(tenant_id),
            columns.application_id == application_id,
            columns.subject == subject,
        )
        .order_by(columns.round.desc())
        .limit(1)
        .with_for_update()
    )
    return rows.mappings().one_or_none()


async def list_open_objections(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> Sequence[RowMapping]:
    """Objections of the call that nobody decided about."""
    columns = tables.objection.c
    return await _rows(
        connection,
        tables.objection,
        tenant_id,
        columns.call_id == call_id,
        columns.status == ObjectionStatus.OPEN.value,
    )


async def find_result_notice(connection: AsyncConnection, tenant_id: int, call_id: UUID) -> RowMapping | None:
    """The latest publicity of the call's result."""
    columns = tables.public_notice.c
    found = await _rows(
        connection, tables.public_notice, tenant_id, columns.call_id == call_id, columns.kind == "RESULT"
    )
    return found[-1] if found else None


async def has_open_call(connection: AsyncConnection, tenant_id: int) -> bool:
    """Whether some call of the tenant takes applications."""
    columns = tables.selection_call.c
    found = await connection.scalar(
        select(func.count())
        .select_from(tables.selection_call)
        .where(columns.tenant_id == literal(tenant_id), columns.status == CallStatus.PUBLISHED.value)
    )
    return bool(found)


async def list_awards_of(connection: AsyncConnection, tenant_id: int, institution_id: UUID) -> list[UUID]:
    """The applications that led to this institution, or by which it won an area besides."""
    columns = tables.operator_application.c
    rows = await connection.execute(
        select(columns.id).where(
            columns.tenant_id == literal(tenant_id),
            (columns.opened_institution_id == institution_id) | (columns.existing_institution_id == institution_id),
        )
    )
    return list(rows.scalars())
