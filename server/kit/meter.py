"""How much one person, and one district, may ask for in a stretch of time: token buckets over what requests cost.

Each process counts for itself.  An installation of N processes lets through up to N times as much as one does; a caller who
keeps to the rates of one is never refused by any.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from server.kit.actor import Actor, Role

#: What every request costs besides what it reads: to be received, verified and answered.
REQUEST = 10

#: Buckets of people remembered; who is forgotten begins with a full one.
_PEOPLE_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How much flows back in a minute, and how much may be spent at once."""

    per_minute: int
    burst: int

    def __post_init__(self) -> None:
        if self.per_minute < 1 or self.burst < 1:
            raise ValueError(f"{self}: expected at least 1")


class Spent(NamedTuple):
    """What became of one request: ``wait_s`` is 0 where it was let through; ``remaining`` is the person's own."""

    wait_s: int
    remaining: int


class _Bucket:
    __slots__ = ("at", "left")

    def __init__(self, rate: Rate, now: float) -> None:
        self.left = float(rate.burst)
        self.at = now

    def wait_for(self, amount: float, rate: Rate, now: float) -> float:
        """Seconds until this much is there; an amount beyond the bucket waits for a full one."""
        per_second = rate.per_minute / 60
        self.left = min(float(rate.burst), self.left + (now - self.at) * per_second)
        self.at = now
        return max(0.0, (min(amount, rate.burst) - self.left) / per_second)


class Meter:
    """The buckets of one process.

    ``rates``: each person's, by role; of several roles the most generous counts.  ``together``: that of all people of one
    jurisdiction, and of all callers without a token.  Both must hold enough, or nothing is taken from either.
    """

    def __init__(
        self, rates: Mapping[Role, Rate], together: Rate, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._rates = rates
        self._together = together
        self._elapsed = elapsed
        self._people: OrderedDict[Hashable, _Bucket] = OrderedDict()
        self._jurisdictions: dict[int | None, _Bucket] = {}

    def spend(self, actor: Actor | None, peer: str, cost: int) -> Spent:
        """Take what a request costs from who asks: the person, or without a token the address it comes from."""
        now, amount = self._elapsed(), cost + REQUEST
        home = None if actor is None else actor.home
        key: Hashable = ("peer", peer) if actor is None else (actor.subject, home)
        rate = self._rate_of(actor)  # asked anew: rights may have changed since the last request
        person = self._people.get(key)
        if person is None:
            person = self._people[key] = _Bucket(rate, now)
            if len(self._people) > _PEOPLE_KEPT:
                self._people.popitem(last=False)
        else:
            self._people.move_to_end(key)
        all_ = self._jurisdictions.get(home)
        if all_ is None:
            all_ = self._jurisdictions[home] = _Bucket(self._together, now)
        wait = max(person.wait_for(amount, rate, now), all_.wait_for(amount, self._together, now))
        if wait > 0:
            return Spent(max(1, math.ceil(wait)), max(0, int(person.left)))
        # An amount beyond the bucket leaves a debt, which the time it takes to flow back pays.
        person.left -= amount
        all_.left -= amount
        return Spent(0, max(0, int(person.left)))

    def _rate_of(self, actor: Actor | None) -> Rate:
        if actor is None:
            return self._rates[Role.PUBLIC]
        rate: Rate | None = actor.kept.get(Meter)
        if rate is None:
            held = [self._rates[grant.role] for grant in actor.grants]
            rate = actor.kept[Meter] = max(held, key=lambda one: one.per_minute, default=self._rates[Role.PUBLIC])
        return rate
