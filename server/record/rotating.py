"""Sealing anew: every personal value under the key and algorithm that seal now, so that an old key can be dropped.

What is left to do is told by the values themselves (their first five bytes), so a run that was broken off is taken up
by the next, two runs at once do no harm, and a run that finds nothing changes nothing.  It reads and writes as the
``custodian``, who sees sealed columns alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    bindparam,
    cast,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from server.db import roles
from server.db.metadata import SealedColumn, sealed_columns
from server.db.pools import Pools
from server.kit.sealing import HEADER_BYTES, Place, Sealer

#: How many values are sealed anew in one transaction.
BATCH = 500

_BEFORE_ALL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Use:
    """How many values of one column of a tenant are sealed under one key. ``current``: under the one that seals now."""

    tenant_id: int
    table: str
    column: str
    kid: str
    algorithm: str
    count: int
    current: bool
    known: bool


def sealed_places(metadata: MetaData) -> Iterator[tuple[Table, SealedColumn]]:
    """Every sealed column of every table."""
    for table in metadata.sorted_tables:
        for column in sealed_columns(table).values():
            yield table, column


async def uses(pools: Pools, metadata: MetaData) -> list[Use]:
    """Which keys seal what, for all tenants."""
    sealer = pools.custody.sealer
    found = []
    async with pools.transaction(roles.CUSTODIAN) as connection:
        for table, column in sealed_places(metadata):
            header = _header(table, column)
            counted = (
                select(table.c.tenant_id, header, func.count())
                .where(table.c[column.sealed].is_not(None))
                .group_by(table.c.tenant_id, header)
                .order_by(table.c.tenant_id, header)
            )
            for tenant_id, begins, count in await connection.execute(counted):
                kid, algorithm, known = sealer.names(begins)
                current = begins == sealer.header
                found.append(Use(tenant_id, table.name, column.name, kid, algorithm, count, current, known))
    return found


@dataclass(slots=True)
class Rotated:
    """What came of one run: values sealed anew, and those that somebody else changed meanwhile."""

    resealed: int = 0
    passed_over: int = 0


async def rotate(
    pools: Pools, metadata: MetaData, tenant_id: int, *, progress: Callable[[int], None] = lambda _: None
) -> Rotated:
    """Every personal value of the tenant sealed under the current key, batch by batch.

    Raises: server.kit.sealing.NotOpened for a value that does not open; what was done before stays done.
    """
    done = Rotated()
    for table, column in sealed_places(metadata):
        after = _BEFORE_ALL
        while True:
            async with pools.transaction(roles.CUSTODIAN) as connection:
                rows = await _due(connection, pools.custody.sealer, table, column, tenant_id, after)
                if not rows:
                    break
                changed = await _reseal(connection, pools.custody.sealer, table, column, tenant_id, rows)
            done.resealed += changed
            done.passed_over += len(rows) - changed
            progress(len(rows))
            after = rows[-1]["id"]
    return done


async def _due(
    connection: AsyncConnection, sealer: Sealer, table: Table, column: SealedColumn, tenant_id: int, after: UUID
) -> Sequence[RowMapping]:
    sealed = table.c[column.sealed]
    rows = await connection.execute(
        select(table.c.id, sealed.label("sealed"))
        .where(
            table.c.tenant_id == literal(tenant_id),
            table.c.id > after,
            sealed.is_not(None),
            _header(table, column) != sealer.header,
        )
        .order_by(table.c.id)
        .limit(BATCH)
    )
    return rows.mappings().all()


async def _reseal(
    connection: AsyncConnection,
    sealer: Sealer,
    table: Table,
    column: SealedColumn,
    tenant_id: int,
    rows: Sequence[RowMapping],
) -> int:
    """How many of the rows still held the value that was read, and now hold it sealed anew."""
    sealed = table.c[column.sealed]
    values: dict[str, Any] = {column.sealed: bindparam("new_sealed")}
    if column.indexed:
        values[column.index] = bindparam("new_index")
    statement = (
        update(table)
        .where(table.c.tenant_id == literal(tenant_id), table.c.id == bindparam("row_id"))
        .where(sealed == bindparam("old_sealed"))
        .values(values)
    )
    changed = 0
    for row in rows:
        place = Place(tenant_id, table.name, column.name, row["id"])
        text = sealer.open(place, row["sealed"])
        parameters: dict[str, Any] = {
            "row_id": row["id"],
            "old_sealed": row["sealed"],
            "new_sealed": sealer.seal(place, text),
        }
        if column.indexed:
            parameters["new_index"] = sealer.index(column.index_tenant(tenant_id), column.name, text)
        changed += (await connection.execute(statement, parameters)).rowcount
    return changed


def _header(table: Table, column: SealedColumn) -> ColumnElement[bytes]:
    return cast(func.substring(table.c[column.sealed], 1, HEADER_BYTES), LargeBinary)
