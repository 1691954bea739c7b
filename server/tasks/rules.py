"""Deadlines as tasks bear them: pure, over a calendar."""

from datetime import date

from server.policy.terms import SourceStatus
from server.tasks.model import DayUnit, Due
from server.workdays.model import Calendar, CalendarStatus
from server.workdays.rules import last_day


def due_on(
    calendar: Calendar,
    start: date,
    n: int,
    unit: DayUnit,
    *,
    rule: str,
    source: SourceStatus,
    counts_first_day: bool = False,
) -> Due:
    """The last day of ``n`` units after ``start``; ``start`` itself for a FIXED day.

    Implements: 行政许可法 82 (working days); 民法典 201–203 (calendar days and months, the end moved off free days).
    Raises: YearMissing.
    """
    if unit is DayUnit.FIXED:
        return Due(start, rule, None, unit, None, provisional=False, source=source)
    last = last_day(calendar, start, n, unit, counts_first_day=counts_first_day)
    return Due(last.on, rule, n, unit, start, last.status is CalendarStatus.PROVISIONAL, source, counts_first_day)
