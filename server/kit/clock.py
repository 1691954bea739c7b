"""The one clock.  No other module asks what day it is.

Legal dates are Beijing dates: ``today()`` is the civil date in Asia/Shanghai, whatever the machine's zone.
Tests move the clock with ``frozen``; nothing else may.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")
_OFFSET = timezone(timedelta(hours=8))

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """The instant, aware, in Beijing time."""
    return _frozen.get() or datetime.now(UTC).astimezone(BEIJING)


def seconds() -> float:
    """The instant as seconds since 1970 (UTC); cheaper than ``now``, for what is looked at in every request."""
    frozen_at = _frozen.get()
    return time.time() if frozen_at is None else frozen_at.timestamp()


def today() -> date:
    """The civil date in Beijing."""
    return now().date()


def shown(instant: datetime) -> str:
    """The instant as the API writes it: RFC 3339 in Beijing time, to the millisecond.

    At the offset of today's Beijing always.  The zone's own history (summer time until 1991, a mean time with odd seconds
    before 1901) would give offsets that RFC 3339 cannot spell, for the same instant.
    """
    return instant.astimezone(_OFFSET).isoformat(timespec="milliseconds")


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
