"""Counting windows: the corresponding-day rule of 民法典 201 and 202, calendar years, cycles."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.policy.terms import Anchor, WindowKind
from server.policy.windows import Period, WindowSpec, corresponding_day, counts_until

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 12, 31))
ROLLING = WindowSpec(WindowKind.ROLLING, 1, Anchor.ISSUED)


@pytest.mark.parametrize(
    ("issued", "until"),
    [
        ("2027-03-10", "2028-03-11"),
        ("2028-02-29", "2029-03-01"),
        ("2027-02-28", "2028-02-29"),
        ("2024-02-29", "2025-03-01"),
        ("2026-12-31", "2028-01-01"),
        ("2027-03-01", "2028-03-02"),
    ],
)
def test_a_card_counts_through_the_corresponding_day(issued: str, until: str) -> None:
    assert counts_until(date.fromisoformat(issued), ROLLING) == date.fromisoformat(until)


def test_a_year_is_not_365_days() -> None:
    card = date(2027, 3, 10)
    assert card + timedelta(days=365) == date(2028, 3, 9)
    assert corresponding_day(card, years=1) == date(2028, 3, 10)


def test_four_years_from_a_leap_day_end_on_a_leap_day() -> None:
    assert corresponding_day(date(2028, 2, 29), years=4) == date(2032, 2, 29)
    assert corresponding_day(date(2028, 1, 31), months=1) == date(2028, 2, 29)
    assert corresponding_day(date(2027, 3, 31), months=-1) == date(2027, 2, 28)


@given(DAYS, st.integers(1, 10))
def test_the_corresponding_day_has_the_same_number_or_is_the_last_of_its_month(on: date, years: int) -> None:
    found = corresponding_day(on, years=years)
    assert found.year == on.year + years
    assert found.month == on.month
    assert found.day == on.day or (found.day < on.day and (found + timedelta(days=1)).day == 1)


@given(DAYS, DAYS)
def test_a_later_card_never_stops_counting_earlier(first: date, second: date) -> None:
    earlier, later = sorted((first, second))
    end_of_earlier, end_of_later = counts_until(earlier, ROLLING), counts_until(later, ROLLING)
    assert end_of_earlier is not None
    assert end_of_later is not None
    assert end_of_earlier <= end_of_later


@given(DAYS)
def test_a_calendar_year_ends_with_the_year(on: date) -> None:
    assert counts_until(on, WindowSpec(WindowKind.CALENDAR_YEAR, 1)) == date(on.year + 1, 1, 1)


def test_a_cycle_ends_with_the_cycle_and_an_unknown_cycle_is_unknown() -> None:
    spec = WindowSpec(WindowKind.ASSESSMENT_CYCLE)
    cycles = (Period(date(2026, 7, 1), date(2027, 7, 1)),)
    assert counts_until(date(2026, 7, 1), spec, cycles) == date(2027, 7, 1)
    assert counts_until(date(2027, 6, 30), spec, cycles) == date(2027, 7, 1)
    assert counts_until(date(2027, 7, 1), spec, cycles) is None


@given(DAYS, st.integers(1, 500), DAYS, st.integers(1, 500))
def test_periods_overlap_exactly_when_they_share_a_day(a: date, length_a: int, b: date, length_b: int) -> None:
    first, second = Period(a, a + timedelta(days=length_a)), Period(b, b + timedelta(days=length_b))
    shared = any(a + timedelta(days=n) in second for n in range(length_a))
    assert first.overlaps(second) == shared == second.overlaps(first)


def test_the_window_reads_as_an_official_would_say_it() -> None:
    assert ROLLING.describe() == "滚动计算，1年，自发出之日起"
    assert WindowSpec(WindowKind.VERIFICATION_CYCLE, anchor=Anchor.OCCURRED).describe() == "校验周期，自发生之日起"
