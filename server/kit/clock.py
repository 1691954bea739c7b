"""The one clock.  No other module asks what day it is.

Legal dates are Beijing dates: ``today()`` is the civil date in Asia/Shanghai, whatever the machine's zone.
Tests move the clock with ``frozen``; nothing else may.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """The instant, aware, in Beijing time."""
    return _frozen.get() or datetime.now(UTC).astimezone(BEIJING)


def today() -> date:
    """The civil date in Beijing."""
    return now().date()


@contextmanager
def frozen(at: datetime | date) -> Iterator[None]:
    """Hold the clock still inside the block: at an aware instant, or at noon in Beijing of a date."""
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError("frozen clock needs an aware datetime")
        instant = at.astimezone(BEIJING)
    else:
        instant = datetime(at.year, at.month, at.day, 12, tzinfo=BEIJING)
    token = _frozen.set(instant)
    try:
        yield
    finally:
        _frozen.reset(token)
