"""Published years as they are, later years as a guess that says it is one."""

from datetime import date

import chinese_calendar
import pytest

from server.workdays import festivals, seed
from server.workdays.model import CalendarStatus, DayKind, days_of

PUBLISHED = range(seed.FIRST_OFFICIAL_YEAR, seed.LAST_OFFICIAL_YEAR + 1)


def test_published_years_cover_what_the_library_holds() -> None:
    assert seed.FIRST_OFFICIAL_YEAR == 2004
    assert seed.LAST_OFFICIAL_YEAR >= 2026


@pytest.mark.parametrize("year", PUBLISHED)
def test_published_year_agrees_with_the_library_on_every_day(year: int) -> None:
    days = seed.official_year(year).days
    assert [day.is_workday for day in days] == [chinese_calendar.is_workday(on) for on in days_of(year)]


@pytest.mark.parametrize("year", PUBLISHED)
def test_every_statutory_day_is_a_holiday_of_that_name_in_the_library(year: int) -> None:
    for on, name in festivals.statutory_days(year).items():
        is_holiday, holiday = chinese_calendar.get_holiday_detail(on)
        assert is_holiday, on
        if on != date(2012, 6, 23):  # 端午 on a Saturday, which the library leaves unnamed.
            assert holiday is not None
            assert chinese_calendar.Holiday(holiday).chinese in name


@pytest.mark.parametrize("year", range(2008, festivals.LAST_YEAR + 1))
def test_tomb_sweeping_day_agrees_with_the_solar_term(year: int) -> None:
    terms = chinese_calendar.get_solar_terms(date(year, 4, 1), date(year, 4, 30))
    (tomb_sweeping,) = (on for on, name in terms if name == "清明")
    assert festivals.statutory_days(year)[tomb_sweeping] == "清明节"


@pytest.mark.parametrize(
    ("years", "days_off"),
    [(range(2004, 2008), 10), (range(2008, 2025), 11), (range(2025, festivals.LAST_YEAR + 1), 13)],
)
def test_number_of_statutory_days_is_that_of_the_regulation(years: range, days_off: int) -> None:
    for year in years:
        names = [name for joined in festivals.statutory_days(year).values() for name in joined.split("、")]
        assert len([name for name in names if name in festivals.NAMES]) == days_off


def test_festivals_that_fall_together_keep_both_names() -> None:
    assert festivals.statutory_days(2020)[date(2020, 10, 1)] == "国庆节、中秋节"


@pytest.mark.parametrize(
    ("on", "kind", "name"),
    [
        (date(2026, 1, 1), DayKind.LEGAL_HOLIDAY, "元旦"),
        (date(2026, 1, 2), DayKind.ADJUSTED_DAY_OFF, "元旦"),
        (date(2026, 1, 3), DayKind.WEEKEND, "元旦"),
        (date(2026, 1, 4), DayKind.ADJUSTED_WORKDAY, "元旦"),
        (date(2026, 1, 5), DayKind.WORKDAY, None),
        (date(2026, 1, 10), DayKind.WEEKEND, None),
        (date(2026, 2, 14), DayKind.ADJUSTED_WORKDAY, "春节"),
        (date(2026, 2, 16), DayKind.LEGAL_HOLIDAY, "春节"),
        (date(2026, 2, 20), DayKind.ADJUSTED_DAY_OFF, "春节"),
        (date(2026, 4, 5), DayKind.LEGAL_HOLIDAY, "清明节"),
        (date(2026, 4, 6), DayKind.ADJUSTED_DAY_OFF, "清明节"),
        (date(2026, 5, 2), DayKind.LEGAL_HOLIDAY, "劳动节"),
        (date(2024, 5, 2), DayKind.ADJUSTED_DAY_OFF, "劳动节"),
        (date(2024, 2, 9), DayKind.WORKDAY, None),
        (date(2026, 10, 10), DayKind.ADJUSTED_WORKDAY, "国庆节"),
        (date(2015, 9, 3), DayKind.LEGAL_HOLIDAY, "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日"),
        (date(2015, 9, 4), DayKind.ADJUSTED_DAY_OFF, "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日"),
    ],
)
def test_kinds_of_known_days(on: date, kind: DayKind, name: str | None) -> None:
    day = seed.seeded(2026).day(on)
    assert (day.kind, day.name) == (kind, name)


def test_guessed_year_is_provisional_and_says_what_it_rests_on() -> None:
    year = seed.provisional_year(2027)
    assert year.status is CalendarStatus.PROVISIONAL
    assert "推定" in year.source
    assert "以国务院办公厅放假通知为准" in year.source


def test_guessed_year_compensates_statutory_days_on_weekends_and_works_no_weekend() -> None:
    days = {day.on: day.kind for day in seed.provisional_year(2027).days}
    # 除夕 is Friday 5 February; 6 and 7 February fall on the weekend and are made good after the holiday.
    assert [days[date(2027, 2, day)] for day in range(5, 12)] == [
        *[DayKind.LEGAL_HOLIDAY] * 4,
        *[DayKind.ADJUSTED_DAY_OFF] * 2,
        DayKind.WORKDAY,
    ]
    assert DayKind.ADJUSTED_WORKDAY not in days.values()


@pytest.mark.parametrize("year", range(2027, festivals.LAST_YEAR + 1))
def test_guessed_year_gives_every_statutory_day_its_day_off(year: int) -> None:
    free_weekdays = sum(day.on.weekday() < 5 and not day.is_workday for day in seed.provisional_year(year).days)
    assert free_weekdays == len(festivals.statutory_days(year))


def test_seeded_calendar_joins_published_and_guessed_years() -> None:
    calendar = seed.seeded(2028)
    assert sorted(calendar.years) == list(range(2004, 2029))
    statuses = {year.year: year.status for year in calendar.years.values()}
    assert statuses[seed.LAST_OFFICIAL_YEAR] is CalendarStatus.OFFICIAL
    assert statuses[seed.LAST_OFFICIAL_YEAR + 1] is CalendarStatus.PROVISIONAL


@pytest.mark.parametrize("year", [2003, 2051])
def test_years_without_data_are_not_made_up(year: int) -> None:
    with pytest.raises(ValueError, match=str(year)):
        seed.official_year(year)
    with pytest.raises(ValueError, match=str(year)):
        seed.provisional_year(year)
