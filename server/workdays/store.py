"""Every statement on the working-day calendar; ordinary weekdays and weekends are not stored."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, delete, extract, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.kit.actor import MUNICIPALITY
from server.kit.ids import stable_id
from server.workdays.model import Calendar, CalendarStatus, Day, DayKind, Year, days_of, ordinary
from server.workdays.tables import work_day, work_year

_KEPT_SECONDS = 60.0

Fetch = Callable[[str, Sequence[object]], Awaitable[list[tuple[Any, ...]]]]


async def list_years(connection: AsyncConnection) -> Sequence[RowMapping]:
    """Which years are kept, with their status and source."""
    rows = await connection.execute(select(work_year.c.year, work_year.c.status, work_year.c.notice))
    return rows.mappings().all()


async def replace_year(connection: AsyncConnection, year: Year) -> None:
    """Put this year in the place of what was kept of it."""
    row = {
        "tenant_id": MUNICIPALITY,
        "id": stable_id("work-year", str(year.year)),
        "year": year.year,
        "status": year.status,
        "notice": year.source,
    }
    await connection.execute(
        upsert(work_year).values(row).on_conflict_do_update(index_elements=["tenant_id", "year"], set_=row)
    )
    await connection.execute(delete(work_day).where(extract("year", work_day.c.on_date) == year.year))
    special = [
        {
            "tenant_id": MUNICIPALITY,
            "id": stable_id("work-day", day.on.isoformat()),
            "work_year_id": row["id"],
            "on_date": day.on,
            "kind": day.kind,
            "name": day.name,
        }
        for day in year.days
        if day != ordinary(day.on)
    ]
    if special:
        await connection.execute(insert(work_day), special)


async def hold_calendar(connection: AsyncConnection) -> Calendar:
    """The calendar as kept, nobody else changing it until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(2, 0)"))
    return await calendar_within(connection)


async def calendar_within(connection: AsyncConnection) -> Calendar:
    """The calendar as the connection's own transaction sees it."""

    async def fetch(sql: str, _: Sequence[object]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await connection.execute(text(sql))]

    return await load_calendar(fetch)


class Calendars:
    """The calendar of one process, read again after a minute: a newly loaded year needs no restart."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: tuple[float, Calendar] | None = None

    async def current(self) -> Calendar:
        """The calendar as it was kept within the last minute."""
        if self._kept is None or self._kept[0] < time.monotonic():
            self._kept = (time.monotonic() + _KEPT_SECONDS, await load_calendar(self._fetch))
        return self._kept[1]

    def forget(self) -> None:
        """Look again before the next answer."""
        self._kept = None


async def load_calendar(fetch: Fetch) -> Calendar:
    """The whole calendar as kept."""
    special: dict[date, Day] = {
        on: Day(on, DayKind(kind), name)
        for on, kind, name in await fetch("SELECT on_date, kind, name FROM work_day", [])
    }
    years = await fetch("SELECT year, status, notice FROM work_year", [])
    return Calendar.of(
        Year(year, CalendarStatus(status), notice, tuple(special.get(on) or ordinary(on) for on in days_of(year)))
        for year, status, notice in years
    )
