"""What the calendar refuses, as facts."""

from typing import ClassVar

from server.kit.errors import Refusal


class YearMissing(Refusal):
    """The calendar does not hold the year, so nothing is computed over it.  ``facts["year"]`` is the year."""

    code: ClassVar[str] = "CALENDAR_YEAR_MISSING"

    def __init__(self, year: int) -> None:
        super().__init__(f"工作日历未收录 {year} 年，请管理员先录入该年放假安排", year=year)
        self.year = year
