"""Days that cannot contradict their weekday, years that are whole, a status that knows about 元旦."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from server.kit.clock import BEIJING
from server.workdays import seed
from server.workdays.errors import YearMissing
from server.workdays.model import Calendar, CalendarStatus, Day, DayKind, Window, Year, days_of, ordinary


@pytest.mark.parametrize(
    ("on", "kind"),
    [
        (date(2026, 3, 7), DayKind.WORKDAY),
        (date(2026, 3, 7), DayKind.ADJUSTED_DAY_OFF),
        (date(2026, 3, 9), DayKind.WEEKEND),
        (date(2026, 3, 9), DayKind.ADJUSTED_WORKDAY),
    ],
)
def test_a_day_cannot_contradict_its_weekday(on: date, kind: DayKind) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Day(on, kind)


def test_a_year_holds_every_day_once_in_order() -> None:
    days = [ordinary(on) for on in days_of(2028)]
    assert len(Year(2028, CalendarStatus.PROVISIONAL, "test", tuple(days)).days) == 366
    for broken in (days[:-1], days[1:], days[::-1], [*days[:-1], days[0]]):
        with pytest.raises(ValueError, match="2028"):
            Year(2028, CalendarStatus.PROVISIONAL, "test", tuple(broken))


def test_a_day_outside_the_calendar_is_refused_with_its_year() -> None:
    with pytest.raises(YearMissing, match="2003 年") as refused:
        seed.seeded(2026).day(date(2003, 12, 31))
    assert refused.value.facts == {"year": 2003}


def test_last_week_of_december_is_settled_by_the_next_year() -> None:
    # The notice for 2019 had 29 December 2018 worked and 31 December free.
    official = Calendar.of([seed.official_year(2025), seed.official_year(2026)])
    assert official.status_on(date(2025, 12, 31)) is CalendarStatus.OFFICIAL
    assert official.status_on(date(2026, 12, 23)) is CalendarStatus.OFFICIAL
    assert official.status_on(date(2026, 12, 24)) is CalendarStatus.PROVISIONAL
    guessed = official.with_years(seed.provisional_year(2027))
    assert guessed.status_on(date(2026, 12, 31)) is CalendarStatus.PROVISIONAL


def test_every_new_year_on_record_moved_only_days_of_the_last_week() -> None:
    for year in range(seed.FIRST_OFFICIAL_YEAR, seed.LAST_OFFICIAL_YEAR + 1):
        december = [day for day in seed.official_year(year).days if day.on.month == 12]
        moved = [day.on.day for day in december if day != ordinary(day.on)]
        assert all(day >= 24 for day in moved)


def test_window_closes_at_midnight_in_beijing_or_at_the_agency_hour() -> None:
    window = Window(2026, 1, (date(2026, 1, 4), date(2026, 1, 8)), CalendarStatus.OFFICIAL)
    assert window.closes_at() == datetime(2026, 1, 9, tzinfo=BEIJING)
    assert window.closes_at(time(17, 30)) == datetime(2026, 1, 8, 17, 30, tzinfo=BEIJING)
    utc = ZoneInfo("UTC")
    assert window.is_open_at(datetime(2026, 1, 8, 15, 59, 59, tzinfo=utc))
    assert not window.is_open_at(datetime(2026, 1, 8, 16, tzinfo=utc))
    assert not window.is_open_at(datetime(2026, 1, 8, 17, 30, tzinfo=BEIJING), time(17, 30))
    assert not window.is_open_at(datetime(2026, 1, 3, 15, 59, tzinfo=utc))
    assert window.is_open_at(datetime(2026, 1, 3, 16, tzinfo=utc))
