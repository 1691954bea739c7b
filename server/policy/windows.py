"""Counting windows: pure date arithmetic, half-open periods.

Windows belong to the derivation of facts and never to the text of a rule, so that two districts differ by parameters
that can be compared, and a rule cannot get its arithmetic wrong.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from server.policy.terms import Anchor, WindowKind


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The days ``[from_on, until)``; ``until`` is the first day that no longer counts, None where no end is set."""

    from_on: date
    until: date | None = None

    def __contains__(self, on: date) -> bool:
        return self.from_on <= on and (self.until is None or on < self.until)

    def overlaps(self, other: "Period") -> bool:
        return (other.until is None or self.from_on < other.until) and (
            self.until is None or other.from_on < self.until
        )


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """How events of one kind are counted: ``years`` matters for ROLLING and CALENDAR_YEAR only."""

    kind: WindowKind
    years: int = 1
    anchor: Anchor = Anchor.ISSUED

    def describe(self) -> str:
        """In an official's words: ``滚动计算，1年，自发出之日起``."""
        length = f"，{self.years}年" if self.kind in (WindowKind.ROLLING, WindowKind.CALENDAR_YEAR) else ""
        return f"{self.kind.label}{length}，自{self.anchor.label}起"


def corresponding_day(on: date, *, years: int = 0, months: int = 0) -> date:
    """The corresponding day so many years and months later; the month's last day where it has no such day.

    It is the **last** day of a period that began the day after ``on`` (民法典 201, 202): a year from 2027-03-10 ends
    with 2028-03-10, a year from 2028-02-29 with 2029-02-28.  Negative lengths look back in the same way.
    """
    index = on.year * 12 + (on.month - 1) + years * 12 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(on.day, calendar.monthrange(year, month + 1)[1]))


def counts_until(anchor_on: date, window: WindowSpec, cycles: Iterable[Period] = ()) -> date | None:
    """The first day on which an event of ``anchor_on`` no longer counts; None where the cycle it falls in is not known.

    ROLLING: the day after the corresponding day (a card of 2027-03-10 counts until 2028-03-11, a card of 29 February
    until 1 March).  CALENDAR_YEAR: 1 January after the last of ``years`` calendar years, the event's own being the
    first. Cycles: the end of the cycle that holds the day.  The event's own day always counts.
    Implements: A-FT-1, A-FT-5, A-MTG-1.
    """
    if window.kind is WindowKind.ROLLING:
        return corresponding_day(anchor_on, years=window.years) + timedelta(days=1)
    if window.kind is WindowKind.CALENDAR_YEAR:
        return date(anchor_on.year + window.years, 1, 1)
    cycle = cycle_holding(anchor_on, cycles)
    return None if cycle is None else cycle.until


def cycle_holding(on: date, cycles: Iterable[Period]) -> Period | None:
    """The cycle that holds the day, if it is known."""
    return next((cycle for cycle in cycles if on in cycle), None)
