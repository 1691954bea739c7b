"""Deadlines over a calendar.  Pure; every result says whether a notice still to come may change it.

Three ways of counting, not to be confused: working days (``add_working_days``: 行政许可法 82, 行政处罚法 85, S4),
calendar days that move only at their end (``add_calendar_days``: 民法典 203), and months or years
(``corresponding_day``, ``add_months``: 民法典 201, 202).
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from server.kit.errors import Invalid
from server.workdays.model import Calendar, CalendarStatus, Day, DayKind, DayUnit, Deadline, Rollover, Window

#: MIC-3-1a: first five working days of January, April, July and October.  Policy (DEADLINES) may set others.
WINDOW_MONTHS: Final = (1, 4, 7, 10)
WINDOW_WORKING_DAYS: Final = 5

ONE_DAY: Final = timedelta(days=1)


def is_workday(calendar: Calendar, on: date) -> bool:
    """True on ordinary workdays and on weekends that are worked to make up.  Raises ``YearMissing``."""
    return calendar.day(on).is_workday


def add_working_days(calendar: Calendar, start: date, n: int, *, counts_first_day: bool = False) -> Deadline:
    """The ``n``-th working day after ``start``; ``start`` itself is the first when it counts and is worked.

    ``n`` = 0 gives ``start`` as it is.  Free days are never counted and never the result of ``n`` >= 1.

    Implements: A-MIC-2 (day of receipt not counted), A-MIC-10 (``publicity_counts_first_day``).
    Raises: ``YearMissing``.
    """
    _require_count(n)
    first = start if counts_first_day or n == 0 else start + ONE_DAY
    return _count(calendar, first, n, ONE_DAY)


def subtract_working_days(calendar: Calendar, end: date, n: int, *, counts_last_day: bool = False) -> Deadline:
    """The ``n``-th working day before ``end``: the latest day to act when ``n`` working days must lie between."""
    _require_count(n)
    first = end if counts_last_day or n == 0 else end - ONE_DAY
    return _count(calendar, first, n, -ONE_DAY)


def count_working_days(calendar: Calendar, from_on: date, until: date) -> int:
    """Working days in ``[from_on, until)``; 0 when the period is empty."""
    return sum(is_workday(calendar, on) for on in _days(from_on, until))


def first_working_days(calendar: Calendar, year: int, month: int, n: int) -> Window:
    """The first ``n`` working days of the month.

    The status covers the month from its first day to the last of them.
    Raises: ``Invalid`` when the month has fewer working days or ``n`` is less than one; ``YearMissing``.
    """
    first = date(year, month, 1)
    worked = [on for on in _days(first, corresponding_day(first, months=1)) if is_workday(calendar, on)]
    if not 1 <= n <= len(worked):
        message = f"窗口天数应在 1 至 {len(worked)} 之间（{year} 年 {month} 月的工作日数），现为 {n}"
        raise Invalid(message, limit=len(worked))
    days = tuple(worked[:n])
    return Window(year, month, days, _status(calendar, _days(first, days[-1] + ONE_DAY)))


def window_on_or_after(
    calendar: Calendar,
    on: date,
    *,
    months: Iterable[int] = WINDOW_MONTHS,
    working_days: int = WINDOW_WORKING_DAYS,
) -> Window:
    """The window that holds ``on``, else the next one to open.

    Implements: MIC-3-1a with A-MIC-1.  Raises: ``YearMissing`` when the next window lies beyond the calendar.
    """
    ordered = _require_months(months)
    for year in (on.year, on.year + 1):
        for month in ordered:
            if (year, month) >= (on.year, on.month):
                window = first_working_days(calendar, year, month, working_days)
                if on <= window.closes_on:
                    return window
    # Unreachable: every month of the list opens a window next year, after ``on``.
    raise AssertionError(on)


def roll_over(calendar: Calendar, on: date, mode: Rollover) -> Deadline:
    """``on``, or the next working day when ``on`` is free in the sense of ``mode``.

    Implements: A-YZ-2 (遇法定节日顺延, both readings), 民法典 203.  Raises: ``YearMissing``.
    """
    day = calendar.day(on)
    moves = day.kind is DayKind.LEGAL_HOLIDAY if mode is Rollover.LEGAL_HOLIDAY else not day.is_workday
    return _count(calendar, on, 1 if moves else 0, ONE_DAY)


def monthly_due(calendar: Calendar, year: int, month: int, *, mode: Rollover, day: int = 1) -> Deadline:
    """The last day for a monthly report that is due by ``day`` of the month; that day itself is in time.

    A month without that day has its last one instead.  Implements: A-YZ-2 (``reporting_rollover``).
    """
    return roll_over(calendar, date(year, month, min(day, monthrange(year, month)[1])), mode)


def add_calendar_days(calendar: Calendar, start: date, n: int, *, mode: Rollover = Rollover.NON_WORKDAY) -> Deadline:
    """``n`` calendar days after ``start``, the first day not counted; only the last day moves off free days.

    Implements: 民法典 201 (first day), 203 (last day).
    """
    _require_count(n)
    return roll_over(calendar, start + timedelta(days=n), mode)


def add_months(calendar: Calendar, start: date, months: int, *, mode: Rollover = Rollover.NON_WORKDAY) -> Deadline:
    """The corresponding day ``months`` later, moved off free days at the end.

    For periods in which somebody must act.  A period that only says how long something counts (a yellow card, a bar)
    does not move: use ``corresponding_day``.  Implements: 民法典 201–203.
    """
    return roll_over(calendar, corresponding_day(start, months=months), mode)


def last_day(calendar: Calendar, start: date, n: int, unit: DayUnit, *, counts_first_day: bool = False) -> Deadline:
    """The last day of ``n`` units after ``start``, each unit counted in its own way; ``start`` itself for a FIXED day.

    ``counts_first_day`` matters for working days alone.  Raises: ``YearMissing``.
    """
    match unit:
        case DayUnit.WORKING:
            return add_working_days(calendar, start, n, counts_first_day=counts_first_day)
        case DayUnit.CALENDAR:
            return add_calendar_days(calendar, start, n)
        case DayUnit.MONTHS:
            return add_months(calendar, start, n)
        case DayUnit.FIXED:
            return Deadline(start, CalendarStatus.OFFICIAL)


def corresponding_day(start: date, *, years: int = 0, months: int = 0) -> date:
    """The same day of the month so many years and months later (or earlier), the month's last day where there is none.

    It is the last day of the period; the first day is not counted.  29 February plus a year is 28 February.

    Implements: 民法典 201, 202; A-FT-1.
    """
    month_index = start.year * 12 + start.month - 1 + years * 12 + months
    year, month = divmod(month_index, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def changed_days(before: Calendar, after: Calendar) -> tuple[date, ...]:
    """Days of the years in both calendars that are worked in one and free in the other, in order.

    Deadlines computed over any of them must be computed again.
    """
    both = sorted(before.years.keys() & after.years.keys())
    pairs: Iterator[tuple[Day, Day]] = (
        pair for year in both for pair in zip(before.years[year].days, after.years[year].days, strict=True)
    )
    return tuple(old.on for old, new in pairs if old.is_workday != new.is_workday)


def _count(calendar: Calendar, first: date, n: int, step: timedelta) -> Deadline:
    """The ``n``-th working day met when walking from ``first``; ``first`` itself when ``n`` is 0."""
    seen = [first]
    left = n - is_workday(calendar, first) if n else 0
    while left > 0:
        seen.append(seen[-1] + step)
        left -= is_workday(calendar, seen[-1])
    return Deadline(seen[-1], _status(calendar, seen))


def _status(calendar: Calendar, days: Iterable[date]) -> CalendarStatus:
    if any(calendar.status_on(on) is CalendarStatus.PROVISIONAL for on in days):
        return CalendarStatus.PROVISIONAL
    return CalendarStatus.OFFICIAL


def _days(from_on: date, until: date) -> Iterator[date]:
    return (from_on + timedelta(days=n) for n in range((until - from_on).days))


def _require_count(n: int) -> None:
    if n < 0:
        raise ValueError(f"a number of days cannot be negative: {n}")


def _require_months(months: Iterable[int]) -> list[int]:
    ordered = sorted(set(months))
    if not ordered or ordered[0] < 1 or ordered[-1] > 12:
        raise Invalid("窗口月份应为 1 至 12 中的一个或几个，请在政策参数中更正", months=ordered)
    return ordered
