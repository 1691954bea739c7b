"""The working-day calendar: one row a year, one row for each day with a name or a kind of its own."""

from sqlalchemy import Column, Date, Integer, Text, UniqueConstraint

from server.db.metadata import Access, one_of, reference, tenant_table
from server.workdays.model import CalendarStatus, DayKind

_CALENDAR = Access(published=True, steward=True, municipal=True, deletable=True, district_writes=False)

work_year = tenant_table(
    "work_year",
    Column("year", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("notice", Text, nullable=False, comment="the notice or estimate the year rests on"),
    UniqueConstraint("tenant_id", "year"),
    one_of("status", CalendarStatus),
    access=_CALENDAR,
    comment="工作日历年度：正式（国务院办公厅通知）或暂定",
)

work_day = tenant_table(
    "work_day",
    *reference("work_year_id", "work_year"),
    Column("on_date", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    UniqueConstraint("tenant_id", "on_date"),
    one_of("kind", DayKind),
    access=_CALENDAR,
    comment="法定节假日、调休放假日与调休上班日",
)
