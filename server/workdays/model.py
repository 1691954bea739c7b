"""Days, years, the calendar, and what is computed from them.  No I/O."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from server.kit.clock import BEIJING
from server.kit.terms import Term
from server.workdays.errors import YearMissing

#: From this day of December on, a year is settled only by the next year's notice: 元旦 has moved 29–31 December before
#: (29 December 2018 was worked, 31 December free, by the notice for 2019), and a week before New Year is the furthest.
TURN_OF_YEAR: Final = (12, 24)

SATURDAY: Final = 5


class DayKind(Term):
    """What a day is; each day has exactly one kind.

    LEGAL_HOLIDAY is a statutory day of the regulation, whatever the weekday, not the whole stretch of free days.
    ADJUSTED_DAY_OFF is Monday to Friday, free because a weekend or a holiday was moved here; ADJUSTED_WORKDAY is Saturday or
    Sunday, worked to make up.
    """

    WORKDAY = "WORKDAY", "工作日"
    WEEKEND = "WEEKEND", "周末"
    LEGAL_HOLIDAY = "LEGAL_HOLIDAY", "法定节日"
    ADJUSTED_DAY_OFF = "ADJUSTED_DAY_OFF", "调休放假"
    ADJUSTED_WORKDAY = "ADJUSTED_WORKDAY", "调休上班"


class CalendarStatus(Term):
    """Whether the State Council has spoken."""

    OFFICIAL = "OFFICIAL", "正式"
    PROVISIONAL = "PROVISIONAL", "暂定"


class Rollover(StrEnum):
    """Which last days of a period move to the next working day."""

    LEGAL_HOLIDAY = "LEGAL_HOLIDAY"
    """Statutory holidays only, as in 遇法定节日顺延; weekends and moved days stay."""
    NON_WORKDAY = "NON_WORKDAY"
    """Every day that is not worked, 法定休假日 in the sense of 民法典 203."""


class DayUnit(Term):
    """What a period is counted in; the first day is never counted unless the rule says so (民法典 201)."""

    WORKING = "WORKING", "工作日"
    CALENDAR = "CALENDAR", "日（期末遇非工作日顺延）"
    MONTHS = "MONTHS", "个月（期末遇非工作日顺延）"
    FIXED = "FIXED", "指定日期"


WORKING: Final = frozenset({DayKind.WORKDAY, DayKind.ADJUSTED_WORKDAY})
_ON_WEEKENDS: Final = frozenset({DayKind.WEEKEND, DayKind.ADJUSTED_WORKDAY})
_ON_WEEKDAYS: Final = frozenset({DayKind.WORKDAY, DayKind.ADJUSTED_DAY_OFF})


@dataclass(frozen=True, slots=True)
class Day:
    """One day; its kind fits its weekday.  ``name`` is the festival it belongs to (春节), if any."""

    on: date
    kind: DayKind
    name: str | None = None

    def __post_init__(self) -> None:
        if self.kind in (_ON_WEEKDAYS if self.on.weekday() >= SATURDAY else _ON_WEEKENDS):
            raise ValueError(f"{self.on:%A %Y-%m-%d} cannot be {self.kind}")

    @property
    def is_workday(self) -> bool:
        return self.kind in WORKING


def ordinary(on: date) -> Day:
    """The day as its weekday makes it, before any holiday or notice."""
    return Day(on, DayKind.WEEKEND if on.weekday() >= SATURDAY else DayKind.WORKDAY)


def days_of(year: int) -> Iterator[date]:
    """Every date of the year, in order."""
    first = date(year, 1, 1)
    return (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))


@dataclass(frozen=True, slots=True)
class Year:
    """A whole year: every day once, in order.  ``source`` names the notice, or says what the guess rests on."""

    year: int
    status: CalendarStatus
    source: str
    days: tuple[Day, ...]

    def __post_init__(self) -> None:
        if [day.on for day in self.days] != list(days_of(self.year)):
            raise ValueError(f"the calendar of {self.year} does not hold every day once, in order")

    def with_days(self, changed: Iterable[Day]) -> "Year":
        """The year with some days replaced."""
        by_date = {day.on: day for day in changed}
        return replace(self, days=tuple(by_date.get(day.on, day) for day in self.days))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The years at hand.  Asking for a day of another year raises ``YearMissing``: no day is ever made up."""

    years: Mapping[int, Year]

    @classmethod
    def of(cls, years: Iterable[Year]) -> "Calendar":
        return cls(MappingProxyType({year.year: year for year in sorted(years, key=lambda one: one.year)}))

    def day(self, on: date) -> Day:
        year = self.years.get(on.year)
        if year is None:
            raise YearMissing(on.year)
        return year.days[on.timetuple().tm_yday - 1]

    def status_on(self, on: date) -> CalendarStatus:
        """OFFICIAL when no further notice can change the day.

        The last week of December is settled only once the next year is official, because its notice may move 元旦's
        weekend there.
        """
        year = self.years.get(on.year)
        if year is None:
            raise YearMissing(on.year)
        if year.status is CalendarStatus.OFFICIAL and (on.month, on.day) >= TURN_OF_YEAR:
            following = self.years.get(on.year + 1)
            return following.status if following else CalendarStatus.PROVISIONAL
        return year.status

    def with_years(self, *years: Year) -> "Calendar":
        """The calendar with these years added or replaced."""
        return Calendar.of({**self.years, **{year.year: year for year in years}}.values())


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day that is still in time.  PROVISIONAL when any day that mattered to it may yet change."""

    on: date
    status: CalendarStatus


@dataclass(frozen=True, slots=True)
class Window:
    """The first working days of a month, during which something may be handed in; ``days`` are those days, in order.

    The window runs through from the first to the last of them: free days in between do not close it, since the portal
    takes papers on every day.
    """

    year: int
    month: int
    days: tuple[date, ...]
    status: CalendarStatus

    @property
    def quarter(self) -> int:
        return (self.month - 1) // 3 + 1

    @property
    def opens_on(self) -> date:
        return self.days[0]

    @property
    def closes_on(self) -> date:
        """The last day that is still in time."""
        return self.days[-1]

    def is_open(self, on: date) -> bool:
        return self.opens_on <= on <= self.closes_on

    def closes_at(self, cutoff: time | None = None) -> datetime:
        """The first instant that is too late: the end of the last day in Beijing, or the agency's close of business.

        Implements: A-MIC-1 (24:00, or the hour that the agency publishes, 民法典 203).
        """
        if cutoff is None:
            return datetime.combine(self.closes_on + timedelta(days=1), time.min, tzinfo=BEIJING)
        return datetime.combine(self.closes_on, cutoff, tzinfo=BEIJING)

    def is_open_at(self, instant: datetime, cutoff: time | None = None) -> bool:
        """Like ``is_open`` for an aware instant, with the hour that closes the last day."""
        return datetime.combine(self.opens_on, time.min, tzinfo=BEIJING) <= instant < self.closes_at(cutoff)
