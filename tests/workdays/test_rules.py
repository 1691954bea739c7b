"""Deadlines: the vectors of the requirements, and the laws that every deadline keeps."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.errors import Invalid
from server.workdays import rules, seed
from server.workdays.errors import YearMissing
from server.workdays.model import Calendar, CalendarStatus, Deadline, Rollover

CALENDAR = seed.seeded(2032)
OFFICIAL = CalendarStatus.OFFICIAL
PROVISIONAL = CalendarStatus.PROVISIONAL

dates = st.dates(date(2005, 1, 1), date(2030, 12, 31))
counts = st.integers(1, 60)


@pytest.mark.parametrize(
    ("on", "worked"),
    [
        (date(2026, 2, 14), True),
        (date(2026, 10, 10), True),
        (date(2026, 1, 4), True),
        (date(2026, 1, 2), False),
        (date(2026, 4, 6), False),
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
    ],
)
def test_workdays(on: date, worked: bool) -> None:
    assert rules.is_workday(CALENDAR, on) is worked


@pytest.mark.parametrize(
    ("month", "quarter", "days"),
    [(1, 1, [4, 5, 6, 7, 8]), (4, 2, [1, 2, 3, 7, 8]), (7, 3, [1, 2, 3, 6, 7]), (10, 4, [8, 9, 10, 12, 13])],
)
def test_designation_windows_of_2026(month: int, quarter: int, days: list[int]) -> None:
    """A-MIC-1."""
    window = rules.window_on_or_after(CALENDAR, date(2026, month, 1))
    assert (window.year, window.month, window.quarter) == (2026, month, quarter)
    assert window.days == tuple(date(2026, month, day) for day in days)
    assert window.status is OFFICIAL


def test_first_window_of_2027_is_provisional() -> None:
    window = rules.window_on_or_after(CALENDAR, date(2026, 11, 22))
    assert (window.opens_on, window.closes_on) == (date(2027, 1, 4), date(2027, 1, 8))
    assert (window.year, window.quarter, window.status) == (2027, 1, PROVISIONAL)


@pytest.mark.parametrize(
    ("on", "opens_on", "is_open"),
    [
        (date(2026, 3, 31), date(2026, 4, 1), False),
        (date(2026, 4, 1), date(2026, 4, 1), True),
        (date(2026, 4, 5), date(2026, 4, 1), True),
        (date(2026, 4, 8), date(2026, 4, 1), True),
        (date(2026, 4, 9), date(2026, 7, 1), False),
        (date(2026, 10, 11), date(2026, 10, 8), True),
        (date(2026, 10, 14), date(2027, 1, 4), False),
    ],
)
def test_window_on_or_after(on: date, opens_on: date, is_open: bool) -> None:
    window = rules.window_on_or_after(CALENDAR, on)
    assert window.opens_on == opens_on
    assert window.is_open(on) is is_open


def test_window_months_and_days_are_parameters() -> None:
    window = rules.window_on_or_after(CALENDAR, date(2026, 4, 9), months=[11, 5], working_days=2)
    assert window.days == (date(2026, 5, 6), date(2026, 5, 7))


@pytest.mark.parametrize("n", [-1, 0, 24])
def test_window_longer_than_its_month_is_refused_with_the_limit(n: int) -> None:
    with pytest.raises(Invalid, match=r"1 至 16 之间（2026 年 2 月") as refused:
        rules.first_working_days(CALENDAR, 2026, 2, n)
    assert refused.value.facts == {"limit": 16}


@pytest.mark.parametrize("months", [[], [0], [13], [1, 13]])
def test_window_months_outside_the_year_are_refused(months: list[int]) -> None:
    with pytest.raises(Invalid, match="窗口月份"):
        rules.window_on_or_after(CALENDAR, date(2026, 1, 1), months=months)


def test_window_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(YearMissing, match="2027 年"):
        rules.window_on_or_after(seed.seeded(2026), date(2026, 10, 14))


@pytest.mark.parametrize(
    ("start", "ends_on"),
    [
        (date(2026, 9, 28), date(2026, 10, 10)),
        (date(2026, 2, 11), date(2026, 2, 25)),
        (date(2026, 4, 30), date(2026, 5, 11)),
    ],
)
def test_publicity_of_five_working_days(start: date, ends_on: date) -> None:
    """A-MIC-10: the day of publication is not counted."""
    assert rules.add_working_days(CALENDAR, start, 5) == Deadline(ends_on, OFFICIAL)


@pytest.mark.parametrize(
    ("start", "n", "counts", "on"),
    [
        (date(2026, 9, 28), 5, True, date(2026, 10, 9)),
        (date(2026, 9, 28), 1, True, date(2026, 9, 28)),
        (date(2026, 9, 28), 0, False, date(2026, 9, 28)),
        (date(2026, 10, 1), 0, True, date(2026, 10, 1)),
        (date(2026, 10, 1), 1, False, date(2026, 10, 8)),
        (date(2026, 10, 1), 1, True, date(2026, 10, 8)),
    ],
)
def test_first_day_counts_only_when_told_and_worked(start: date, n: int, counts: bool, on: date) -> None:
    assert rules.add_working_days(CALENDAR, start, n, counts_first_day=counts).on == on


@pytest.mark.parametrize(
    ("start", "n", "status"),
    [
        (date(2026, 12, 16), 5, OFFICIAL),
        (date(2026, 12, 17), 5, PROVISIONAL),
        (date(2026, 12, 30), 5, PROVISIONAL),
        (date(2025, 12, 30), 5, OFFICIAL),
        (date(2027, 3, 1), 1, PROVISIONAL),
    ],
)
def test_deadline_over_unsettled_days_says_so(start: date, n: int, status: CalendarStatus) -> None:
    assert rules.add_working_days(CALENDAR, start, n).status is status


def test_deadline_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(YearMissing, match="2027 年"):
        rules.add_working_days(seed.seeded(2026), date(2026, 12, 30), 5)


@pytest.mark.parametrize(
    ("year", "month", "mode", "due"),
    [
        (2022, 9, Rollover.LEGAL_HOLIDAY, date(2022, 9, 1)),
        (2022, 10, Rollover.LEGAL_HOLIDAY, date(2022, 10, 8)),
        (2022, 11, Rollover.LEGAL_HOLIDAY, date(2022, 11, 1)),
        (2022, 12, Rollover.LEGAL_HOLIDAY, date(2022, 12, 1)),
        (2026, 11, Rollover.LEGAL_HOLIDAY, date(2026, 11, 1)),
        (2026, 11, Rollover.NON_WORKDAY, date(2026, 11, 2)),
        (2022, 10, Rollover.NON_WORKDAY, date(2022, 10, 8)),
    ],
)
def test_monthly_reports_are_due(year: int, month: int, mode: Rollover, due: date) -> None:
    """A-YZ-2, both readings."""
    assert rules.monthly_due(CALENDAR, year, month, mode=mode) == Deadline(due, OFFICIAL)


def test_monthly_due_day_past_the_end_of_the_month_is_its_last_day() -> None:
    assert rules.monthly_due(CALENDAR, 2026, 9, mode=Rollover.LEGAL_HOLIDAY, day=31).on == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("on", "legal", "non_workday"),
    [
        # A moved day off and a weekend inside the holiday are not 法定节日.
        (date(2026, 10, 5), date(2026, 10, 5), date(2026, 10, 8)),
        (date(2026, 1, 3), date(2026, 1, 3), date(2026, 1, 4)),
        # A weekend that is worked does not move.
        (date(2026, 10, 10), date(2026, 10, 10), date(2026, 10, 10)),
    ],
)
def test_rollover_modes_differ(on: date, legal: date, non_workday: date) -> None:
    assert rules.roll_over(CALENDAR, on, Rollover.LEGAL_HOLIDAY).on == legal
    assert rules.roll_over(CALENDAR, on, Rollover.NON_WORKDAY).on == non_workday


@pytest.mark.parametrize(
    ("start", "n", "on"),
    [
        (date(2026, 9, 1), 30, date(2026, 10, 8)),
        (date(2026, 9, 10), 30, date(2026, 10, 10)),
        (date(2026, 9, 11), 30, date(2026, 10, 12)),
        (date(2026, 3, 2), 60, date(2026, 5, 6)),
        (date(2026, 3, 2), 30, date(2026, 4, 1)),
    ],
)
def test_calendar_days_move_only_at_the_end(start: date, n: int, on: date) -> None:
    """民法典 203: 1 October is a holiday; a worked Saturday is no day of rest."""
    assert rules.add_calendar_days(CALENDAR, start, n) == Deadline(on, OFFICIAL)


@pytest.mark.parametrize(
    ("start", "years", "months", "on"),
    [
        (date(2027, 3, 10), 1, 0, date(2028, 3, 10)),
        (date(2024, 2, 29), 1, 0, date(2025, 2, 28)),
        (date(2024, 2, 29), 4, 0, date(2028, 2, 29)),
        (date(2026, 1, 31), 0, 1, date(2026, 2, 28)),
        (date(2026, 10, 31), 0, 4, date(2027, 2, 28)),
        (date(2026, 2, 28), 0, 1, date(2026, 3, 28)),
        (date(2026, 3, 31), -3, 0, date(2023, 3, 31)),
        (date(2026, 3, 31), 0, -1, date(2026, 2, 28)),
        (date(2026, 12, 1), 0, 0, date(2026, 12, 1)),
    ],
)
def test_corresponding_day(start: date, years: int, months: int, on: date) -> None:
    """民法典 201, 202; A-FT-1: one year is not 365 days."""
    assert rules.corresponding_day(start, years=years, months=months) == on


def test_months_move_off_free_days_at_the_end() -> None:
    assert rules.add_months(CALENDAR, date(2026, 7, 1), 3) == Deadline(date(2026, 10, 8), OFFICIAL)
    assert rules.add_months(CALENDAR, date(2026, 7, 8), 3) == Deadline(date(2026, 10, 8), OFFICIAL)


def test_days_between_do_not_make_a_calendar_deadline_provisional() -> None:
    assert rules.add_calendar_days(seed.seeded(2028), date(2025, 1, 2), 30).status is OFFICIAL
    calendar = Calendar.of([seed.official_year(2025), seed.provisional_year(2026)])
    assert rules.add_calendar_days(calendar, date(2025, 12, 1), 31).status is PROVISIONAL


@given(dates, counts, st.booleans())
def test_exactly_n_working_days_are_counted(start: date, n: int, counts: bool) -> None:
    end = rules.add_working_days(CALENDAR, start, n, counts_first_day=counts).on
    first = start if counts else start + timedelta(days=1)
    assert rules.is_workday(CALENDAR, end)
    assert rules.count_working_days(CALENDAR, first, end + timedelta(days=1)) == n


@given(dates, counts)
def test_counting_back_leads_to_the_start(start: date, n: int) -> None:
    end = rules.add_working_days(CALENDAR, start, n).on
    back = rules.subtract_working_days(CALENDAR, end, n).on
    if rules.is_workday(CALENDAR, start):
        assert back == start
    else:
        assert back < start
        assert rules.count_working_days(CALENDAR, back + timedelta(days=1), start) == 0


@given(dates, st.integers(0, 30), st.integers(0, 30))
def test_adding_in_two_steps_is_adding_once(start: date, one: int, other: int) -> None:
    first = rules.add_working_days(CALENDAR, start, one).on
    assert rules.add_working_days(CALENDAR, first, other).on == rules.add_working_days(CALENDAR, start, one + other).on


@given(dates, dates, counts)
def test_a_later_start_never_ends_earlier(one: date, other: date, n: int) -> None:
    early, late = sorted((one, other))
    assert rules.add_working_days(CALENDAR, early, n).on <= rules.add_working_days(CALENDAR, late, n).on


@given(dates, st.sampled_from(Rollover))
def test_rollover_moves_forward_to_a_day_that_stays(on: date, mode: Rollover) -> None:
    rolled = rules.roll_over(CALENDAR, on, mode).on
    assert rolled >= on
    assert rules.roll_over(CALENDAR, rolled, mode).on == rolled
    assert rolled == on or rules.is_workday(CALENDAR, rolled)


@given(dates, st.sets(st.integers(1, 12), min_size=1), st.integers(1, 15))
def test_window_holds_the_date_or_is_the_next_to_open(on: date, months: set[int], working_days: int) -> None:
    window = rules.window_on_or_after(CALENDAR, on, months=months, working_days=working_days)
    assert on <= window.closes_on
    assert window.month in months
    assert len(window.days) == working_days
    assert all(rules.is_workday(CALENDAR, day) for day in window.days)
    assert rules.count_working_days(CALENDAR, window.opens_on.replace(day=1), window.opens_on) == 0
    earlier = rules.window_on_or_after(CALENDAR, on - timedelta(days=1), months=months, working_days=working_days)
    assert earlier == window or earlier.closes_on < on


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-1200, 1200))
def test_corresponding_day_keeps_the_day_or_takes_the_last(start: date, months: int) -> None:
    on = rules.corresponding_day(start, months=months)
    assert (on.year * 12 + on.month) - (start.year * 12 + start.month) == months
    assert on.day == start.day or (on.day < start.day and (on + timedelta(days=1)).day == 1)
