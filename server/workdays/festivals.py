"""The statutory holidays (全体公民放假的节日) of each year, by the regulation then in force.

全国年节及纪念日放假办法 as revised in 1999 (10 days, until 2007), 2007 (11 days, from 2008, 除夕 in and 初三 out), 2013
(11 days, from 2014, 除夕 out again) and 2024 (13 days, from 2025, 除夕 and 2 May in).  Only these days are 法定节日;
the other free days around them are weekends or moved days.  Cited by content, not by number: the texts are not among
our sources, the lists of days are held against published years by the tests.

Lunar dates are data, not arithmetic: they are fixed by GB/T 33661-2017, and no library at hand computes them.  The
table was drawn from two independent libraries (lunardate 0.3.0 and holidays 0.109) that agree on every year, and the
tests hold it against chinesecalendar's published years.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

NEW_YEAR: Final = "元旦"
SPRING: Final = "春节"
TOMB_SWEEPING: Final = "清明节"
LABOUR: Final = "劳动节"
DRAGON_BOAT: Final = "端午节"
MID_AUTUMN: Final = "中秋节"
NATIONAL: Final = "国庆节"
NAMES: Final = frozenset({NEW_YEAR, SPRING, TOMB_SWEEPING, LABOUR, DRAGON_BOAT, MID_AUTUMN, NATIONAL})

_MonthDay = tuple[int, int]

#: Year → 春节 (first day of the first lunar month), 清明 (day of April), 端午, 中秋.
_DATES: Final[Mapping[int, tuple[_MonthDay, int, _MonthDay, _MonthDay]]] = {
    2004: ((1, 22), 4, (6, 22), (9, 28)),
    2005: ((2, 9), 5, (6, 11), (9, 18)),
    2006: ((1, 29), 5, (5, 31), (10, 6)),
    2007: ((2, 18), 5, (6, 19), (9, 25)),
    2008: ((2, 7), 4, (6, 8), (9, 14)),
    2009: ((1, 26), 4, (5, 28), (10, 3)),
    2010: ((2, 14), 5, (6, 16), (9, 22)),
    2011: ((2, 3), 5, (6, 6), (9, 12)),
    2012: ((1, 23), 4, (6, 23), (9, 30)),
    2013: ((2, 10), 4, (6, 12), (9, 19)),
    2014: ((1, 31), 5, (6, 2), (9, 8)),
    2015: ((2, 19), 5, (6, 20), (9, 27)),
    2016: ((2, 8), 4, (6, 9), (9, 15)),
    2017: ((1, 28), 4, (5, 30), (10, 4)),
    2018: ((2, 16), 5, (6, 18), (9, 24)),
    2019: ((2, 5), 5, (6, 7), (9, 13)),
    2020: ((1, 25), 4, (6, 25), (10, 1)),
    2021: ((2, 12), 4, (6, 14), (9, 21)),
    2022: ((2, 1), 5, (6, 3), (9, 10)),
    2023: ((1, 22), 5, (6, 22), (9, 29)),
    2024: ((2, 10), 4, (6, 10), (9, 17)),
    2025: ((1, 29), 4, (5, 31), (10, 6)),
    2026: ((2, 17), 5, (6, 19), (9, 25)),
    2027: ((2, 6), 5, (6, 9), (9, 15)),
    2028: ((1, 26), 4, (5, 28), (10, 3)),
    2029: ((2, 13), 4, (6, 16), (9, 22)),
    2030: ((2, 3), 5, (6, 5), (9, 12)),
    2031: ((1, 23), 5, (6, 24), (10, 1)),
    2032: ((2, 11), 4, (6, 12), (9, 19)),
    2033: ((1, 31), 4, (6, 1), (9, 8)),
    2034: ((2, 19), 5, (6, 20), (9, 27)),
    2035: ((2, 8), 5, (6, 10), (9, 16)),
    2036: ((1, 28), 4, (5, 30), (10, 4)),
    2037: ((2, 15), 4, (6, 18), (9, 24)),
    2038: ((2, 4), 5, (6, 7), (9, 13)),
    2039: ((1, 24), 5, (5, 27), (10, 2)),
    2040: ((2, 12), 4, (6, 14), (9, 20)),
    2041: ((2, 1), 4, (6, 3), (9, 10)),
    2042: ((1, 22), 4, (6, 22), (9, 28)),
    2043: ((2, 10), 5, (6, 11), (9, 17)),
    2044: ((1, 30), 4, (5, 31), (10, 5)),
    2045: ((2, 17), 4, (6, 19), (9, 25)),
    2046: ((2, 6), 4, (6, 8), (9, 15)),
    2047: ((1, 26), 5, (5, 29), (10, 4)),
    2048: ((2, 14), 4, (6, 15), (9, 22)),
    2049: ((2, 2), 4, (6, 4), (9, 11)),
    2050: ((1, 23), 4, (6, 23), (9, 30)),
}

FIRST_YEAR: Final = min(_DATES)
LAST_YEAR: Final = max(_DATES)

#: Days off for everybody by a decision of its own, outside the regulation (a day of the State Council's own in 2015).
_BY_SPECIAL_DECISION: Final[Mapping[date, str]] = {
    date(2015, 9, 3): "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日",
}


def statutory_days(year: int) -> Mapping[date, str]:
    """Date → name of the holiday, in the order of the year; 国庆节、中秋节 where two fall on one day.

    Raises: ``ValueError`` outside ``FIRST_YEAR`` … ``LAST_YEAR``.
    """
    if year not in _DATES:
        raise ValueError(f"festival dates are known from {FIRST_YEAR} to {LAST_YEAR}, not for {year}")
    names: defaultdict[date, list[str]] = defaultdict(list)
    for on, name in _festivals(year):
        names[on].append(name)
    for on, name in _BY_SPECIAL_DECISION.items():
        if on.year == year:
            names[on].append(name)
    return {on: "、".join(names[on]) for on in sorted(names)}


def _festivals(year: int) -> Iterator[tuple[date, str]]:
    spring, tomb_sweeping, dragon_boat, mid_autumn = _DATES[year]
    yield date(year, 1, 1), NEW_YEAR
    first = date(year, *spring)
    for offset in _spring_offsets(year):
        yield first + timedelta(days=offset), SPRING
    for day in range(1, _labour_days(year) + 1):
        yield date(year, 5, day), LABOUR
    for day in (1, 2, 3):
        yield date(year, 10, day), NATIONAL
    if year >= 2008:
        yield date(year, 4, tomb_sweeping), TOMB_SWEEPING
        yield date(year, *dragon_boat), DRAGON_BOAT
        yield date(year, *mid_autumn), MID_AUTUMN


def _spring_offsets(year: int) -> range:
    """Days off, counted from 初一: -1 is 除夕."""
    if year >= 2025:
        return range(-1, 3)
    return range(-1, 2) if 2008 <= year <= 2013 else range(3)


def _labour_days(year: int) -> int:
    if year >= 2025:
        return 2
    return 1 if year >= 2008 else 3
