"""The calendar that a new installation starts with: published years from chinesecalendar, later ones as a guess.

chinesecalendar is released after each autumn's notice and refuses years that it does not know.  Beyond it we build a
PROVISIONAL year from the regulation alone: weekends, statutory days, and a working day off for each statutory day that
falls on a weekend (补假).  Which weekends will be worked is the notice's to say and is not guessed.
The ``holidays`` library was weighed for this and left out: past the published years it guesses the same way but without
saying so, and a dependency is dear for four dates a year.
"""

from datetime import date, timedelta
from functools import cache
from importlib.metadata import version
from typing import Final

from chinese_calendar import constants

from server.workdays import festivals
from server.workdays.model import Calendar, CalendarStatus, Day, DayKind, Year, days_of, ordinary

FIRST_OFFICIAL_YEAR: Final[int] = min(constants.holidays).year
LAST_OFFICIAL_YEAR: Final[int] = max(constants.holidays).year

PROVISIONAL_SOURCE: Final = "按《全国年节及纪念日放假办法》推定（未含调休），以国务院办公厅放假通知为准"


@cache
def official_year(year: int) -> Year:
    """The year as published.  Raises ``ValueError`` when the library does not hold it."""
    if not FIRST_OFFICIAL_YEAR <= year <= LAST_OFFICIAL_YEAR:
        raise ValueError(f"published years are {FIRST_OFFICIAL_YEAR} to {LAST_OFFICIAL_YEAR}, not {year}")
    statutory = festivals.statutory_days(year)
    source = f"国务院办公厅关于{year}年部分节假日安排的通知（据 chinesecalendar {version('chinesecalendar')}）"
    return Year(year, CalendarStatus.OFFICIAL, source, tuple(_published(on, statutory.get(on)) for on in days_of(year)))


def _published(on: date, statutory: str | None) -> Day:
    if statutory is not None:
        return Day(on, DayKind.LEGAL_HOLIDAY, statutory)
    if on in constants.workdays:
        return Day(on, DayKind.ADJUSTED_WORKDAY, _chinese(constants.workdays[on]))
    if on in constants.holidays:
        day = ordinary(on)
        kind = DayKind.ADJUSTED_DAY_OFF if day.is_workday else day.kind
        return Day(on, kind, _chinese(constants.holidays[on]))
    return ordinary(on)


def _chinese(holiday: str) -> str:
    name: str = constants.Holiday(holiday).chinese
    # The library's short forms of two names; ours are those of the regulation.
    return f"{name}节" if f"{name}节" in festivals.NAMES else name


@cache
def provisional_year(year: int) -> Year:
    """A guess, marked as one.  Raises ``ValueError`` for a year whose lunar dates are not known."""
    days = {on: Day(on, DayKind.LEGAL_HOLIDAY, name) for on, name in festivals.statutory_days(year).items()}
    for holiday in list(days.values()):
        if not ordinary(holiday.on).is_workday:
            on = holiday.on + timedelta(days=1)
            while on in days or not ordinary(on).is_workday:
                on += timedelta(days=1)
            days[on] = Day(on, DayKind.ADJUSTED_DAY_OFF, holiday.name)
    whole = tuple(days.get(on) or ordinary(on) for on in days_of(year))
    return Year(year, CalendarStatus.PROVISIONAL, PROVISIONAL_SOURCE, whole)


def seeded(until_year: int) -> Calendar:
    """Every published year, and guesses for the years after them up to and with ``until_year``."""
    published = range(FIRST_OFFICIAL_YEAR, LAST_OFFICIAL_YEAR + 1)
    guessed = range(LAST_OFFICIAL_YEAR + 1, until_year + 1)
    return Calendar.of([*map(official_year, published), *map(provisional_year, guessed)])
