"""Every statement on assessment and on the rectification ledger."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Table, bindparam, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.assessment.model import EffectKind, EffectStatus, SchemeStatus
from server.assessment.tables import (
    assessment,
    assessment_appeal,
    assessment_cycle,
    assessment_effect,
    assessment_indicator,
    assessment_scheme,
    assessment_score,
    rectification_item,
)
from server.institutions.model import InstitutionStatus
from server.institutions.tables import institution
from server.kit.errors import NotFound


async def load_for_change(connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID) -> RowMapping:
    """The row, locked for change.  Raises: NotFound."""
    rows = await connection.execute(
        select(table).where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id).with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def load(connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID) -> RowMapping:
    """The row.  Raises: NotFound."""
    rows = await connection.execute(select(table).where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id))
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def insert_rows(connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the rows; none is fine."""
    if rows:
        await connection.execute(insert(table), rows)


async def update_row(
    connection: AsyncConnection, table: Table, tenant_id: int, row_id: UUID, values: Mapping[str, Any]
) -> None:
    """Change the values and count the version up."""
    await connection.execute(
        update(table)
        .where(table.c.tenant_id == literal(tenant_id), table.c.id == row_id)
        .values(**values, version=table.c.version + 1, updated_at=func.now())
    )


async def update_rows(
    connection: AsyncConnection, table: Table, tenant_id: int, row_ids: Sequence[UUID], values: Mapping[str, Any]
) -> None:
    """Change the values of all of these rows and count their versions up; none is fine."""
    if row_ids:
        await connection.execute(
            update(table)
            .where(table.c.tenant_id == literal(tenant_id), table.c.id.in_(row_ids))
            .values(**values, version=table.c.version + 1, updated_at=func.now())
        )


async def next_number(connection: AsyncConnection, tenant_id: int, code: str) -> int:
    """The number of the next scheme of the code."""
    newest = await connection.scalar(
        select(func.max(assessment_scheme.c.number)).where(
            assessment_scheme.c.tenant_id == literal(tenant_id), assessment_scheme.c.code == code
        )
    )
    return (newest or 0) + 1


async def retire_schemes(connection: AsyncConnection, tenant_id: int, code: str) -> None:
    """The adopted schemes of the code are used no more."""
    await connection.execute(
        update(assessment_scheme)
        .where(
            assessment_scheme.c.tenant_id == literal(tenant_id),
            assessment_scheme.c.code == code,
            assessment_scheme.c.status == SchemeStatus.ADOPTED,
        )
        .values(status=SchemeStatus.RETIRED, version=assessment_scheme.c.version + 1, updated_at=func.now())
    )


async def list_indicators(connection: AsyncConnection, tenant_id: int, scheme_id: UUID) -> Sequence[RowMapping]:
    """The scheme's indicators in order."""
    rows = await connection.execute(
        select(assessment_indicator)
        .where(assessment_indicator.c.tenant_id == literal(tenant_id), assessment_indicator.c.scheme_id == scheme_id)
        .order_by(assessment_indicator.c.position)
    )
    return rows.mappings().all()


async def find_cycle(connection: AsyncConnection, tenant_id: int, level: str, name: str) -> RowMapping | None:
    """The cycle of that level and name."""
    table = assessment_cycle
    rows = await connection.execute(
        select(table).where(table.c.tenant_id == literal(tenant_id), table.c.level == level, table.c.name == name)
    )
    return rows.mappings().one_or_none()


async def list_assessed(connection: AsyncConnection, tenant_id: int, kinds: Sequence[str]) -> Sequence[RowMapping]:
    """The institutions of these kinds that operate, with the centre each stands under."""
    rows = await connection.execute(
        select(institution.c.id, institution.c.name, institution.c.parent_id)
        .where(
            institution.c.tenant_id == literal(tenant_id),
            institution.c.kind.in_(kinds),
            institution.c.status.in_([InstitutionStatus.OPERATING, InstitutionStatus.SUSPENDED]),
        )
        .order_by(institution.c.sort_key, institution.c.id)
    )
    return rows.mappings().all()


async def list_scores(connection: AsyncConnection, tenant_id: int, assessment_id: UUID) -> Sequence[RowMapping]:
    """The scores of one assessment, each with what its indicator says, in order."""
    one, of = assessment_score, assessment_indicator
    rows = await connection.execute(
        select(one, of.c.code, of.c.weight, of.c.max_score, of.c.assessor)
        .join(of, (of.c.tenant_id == one.c.tenant_id) & (of.c.id == one.c.indicator_id))
        .where(one.c.tenant_id == literal(tenant_id), one.c.assessment_id == assessment_id)
        .order_by(one.c.position)
    )
    return rows.mappings().all()


async def list_scores_of_cycle(connection: AsyncConnection, tenant_id: int, cycle_id: UUID) -> Sequence[RowMapping]:
    """The scores of all assessments of the cycle, each with what its indicator says, in order within an assessment."""
    one, of = assessment_score, assessment_indicator
    rows = await connection.execute(
        select(one, of.c.code, of.c.weight, of.c.max_score, of.c.assessor)
        .join(of, (of.c.tenant_id == one.c.tenant_id) & (of.c.id == one.c.indicator_id))
        .join(assessment, (assessment.c.tenant_id == one.c.tenant_id) & (assessment.c.id == one.c.assessment_id))
        .where(one.c.tenant_id == literal(tenant_id), assessment.c.cycle_id == cycle_id)
        .order_by(one.c.assessment_id, one.c.position)
    )
    return rows.mappings().all()


async def update_scores(
    connection: AsyncConnection, tenant_id: int, changes: Sequence[tuple[UUID, Mapping[str, Any]]]
) -> None:
    """Change scores: each with its id and values, all with values of the same names; none is fine."""
    if not changes:
        return
    table = assessment_score
    names = tuple(changes[0][1])
    statement = (
        update(table)
        .where(table.c.tenant_id == literal(tenant_id), table.c.id == bindparam("of_score"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    rows = [{"of_score": one} | {f"new_{name}": values[name] for name in names} for one, values in changes]
    await connection.execute(statement, rows)


async def void_effects(connection: AsyncConnection, tenant_id: int, assessment_id: UUID, on: date) -> None:
    """What followed from an amended result and is not settled yet follows no more."""
    table = assessment_effect
    await connection.execute(
        update(table)
        .where(
            table.c.tenant_id == literal(tenant_id),
            table.c.assessment_id == assessment_id,
            table.c.status == EffectStatus.PENDING,
        )
        .values(status=EffectStatus.VOID, settled_on=on, version=table.c.version + 1, updated_at=func.now())
    )


async def list_pending_effects(
    connection: AsyncConnection, tenant_id: int, review_id: UUID, kind: EffectKind
) -> Sequence[RowMapping]:
    """The effects of the kind that are not settled yet, of the assessment whose result the review is; locked."""
    table = assessment_effect
    rows = await connection.execute(
        select(table)
        .join(assessment, (assessment.c.tenant_id == table.c.tenant_id) & (assessment.c.id == table.c.assessment_id))
        .where(
            table.c.tenant_id == literal(tenant_id),
            assessment.c.review_id == review_id,
            table.c.kind == kind,
            table.c.status == EffectStatus.PENDING,
        )
        .with_for_update(of=table)
    )
    return rows.mappings().all()


async def list_effects_of(
    connection: AsyncConnection, tenant_id: int, column: str, row_id: UUID
) -> Sequence[RowMapping]:
    """The effects whose ``column`` names the row, locked."""
    table = assessment_effect
    rows = await connection.execute(
        select(table).where(table.c.tenant_id == literal(tenant_id), table.c[column] == row_id).with_for_update()
    )
    return rows.mappings().all()


async def list_item_statuses(connection: AsyncConnection, tenant_id: int, subject_id: UUID) -> Sequence[str]:
    """The status of each item of the ledger that the case found."""
    table = rectification_item
    rows = await connection.execute(
        select(table.c.status).where(table.c.tenant_id == literal(tenant_id), table.c.subject_id == subject_id)
    )
    return [status for (status,) in rows]


async def load_open_appeal(connection: AsyncConnection, tenant_id: int, assessment_id: UUID) -> RowMapping:
    """The appeal that is not decided yet, locked.  Raises: NotFound."""
    table = assessment_appeal
    rows = await connection.execute(
        select(table)
        .where(
            table.c.tenant_id == literal(tenant_id),
            table.c.assessment_id == assessment_id,
            table.c.outcome.is_(None),
        )
        .with_for_update()
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def list_unsettled(connection: AsyncConnection, tenant_id: int, cycle_id: UUID) -> Sequence[str]:
    """The statuses of the cycle's assessments, each once."""
    rows = await connection.execute(
        select(assessment.c.status)
        .where(assessment.c.tenant_id == literal(tenant_id), assessment.c.cycle_id == cycle_id)
        .distinct()
    )
    return [status for (status,) in rows]


async def list_assessments(
    connection: AsyncConnection, tenant_id: int, cycle_id: UUID, *, for_change: bool = False
) -> Sequence[RowMapping]:
    """The cycle's assessments with the institution's name and registration number, in pinyin order."""
    wanted = (
        select(
            assessment,
            institution.c.name.label("institution_name"),
            institution.c.registration_number.label("institution_code"),
        )
        .join(
            institution,
            (institution.c.tenant_id == assessment.c.tenant_id) & (institution.c.id == assessment.c.institution_id),
        )
        .where(assessment.c.tenant_id == literal(tenant_id), assessment.c.cycle_id == cycle_id)
        .order_by(institution.c.sort_key, institution.c.id)
    )
    rows = await connection.execute(wanted.with_for_update(of=assessment) if for_change else wanted)
    return rows.mappings().all()
