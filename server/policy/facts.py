"""Facts with their sources: what rules see, and what they do not know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from server.policy import values
from server.policy.terms import Flag
from server.policy.vocabulary import FACTS
from server.policy.windows import Period


@dataclass(frozen=True, slots=True)
class Source:
    """One event a fact comes from.

    ``occurred_on``: the day it is judged by (``Event.happened_on``). ``counts_until``: the first day on which it no
    longer counts, where it is counted.
    """

    event_id: str
    occurred_on: date
    decided_on: date | None = None
    counts_until: date | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One known fact.  ``window``: the days it was counted over; ``flags``: what a person must weigh."""

    name: str
    value: Any
    sources: tuple[Source, ...] = ()
    flags: frozenset[Flag] = frozenset()
    window: Period | None = None

    @property
    def text(self) -> str:
        """The value as text, the way explanations show it."""
        return values.render(FACTS[self.name].type, self.value)

    @property
    def display(self) -> str:
        """The value in Chinese, with its unit: ``一般事故``, ``6分``, ``是``."""
        spec = FACTS[self.name]
        if isinstance(self.value, bool):
            return "是" if self.value else "否"
        if isinstance(self.value, tuple):
            return "、".join(spec.choices.get(item, str(item)) for item in self.value) or "无"
        return spec.choices.get(self.value, self.text) + (spec.unit or "")


@dataclass(frozen=True, slots=True)
class Missing:
    """One fact that is not known, and why.  Somebody has to find out: ``ask`` says what, in Chinese."""

    name: str
    reason: str

    @property
    def ask(self) -> str:
        return FACTS[self.name].ask


@dataclass(frozen=True)
class Facts:
    """The facts of one subject as of a day, as known at an instant.  A fact is either known or missing, never both."""

    as_of: date
    known_at: datetime
    known: Mapping[str, Fact] = field(default_factory=dict)
    missing: Mapping[str, Missing] = field(default_factory=dict)

    def why_missing(self, name: str) -> Missing:
        """The reason, also for a fact that nobody spoke of."""
        return self.missing.get(name) or Missing(name, "没有提供该事实")


def facts_of(as_of: date, known_at: datetime, **known: Any) -> Facts:
    """Facts given by value, without sources; None is missing.

    A value of the wrong type is missing too, with the reason.
    """
    found: dict[str, Fact] = {}
    missing: dict[str, Missing] = {}
    for name, value in known.items():
        if value is None:
            missing[name] = Missing(name, "尚未查明")
        else:
            keep(Fact(name, value), found, missing)
    return Facts(as_of, known_at, found, missing)


def keep(fact: Fact, known: dict[str, Fact], missing: dict[str, Missing]) -> None:
    """Puts the fact among the known ones if its value is of the declared type, else among the missing ones."""
    spec = FACTS[fact.name]
    if values.conforms(spec.type, fact.value, spec.choices):
        known[fact.name] = fact
    else:
        missing[fact.name] = Missing(fact.name, f"记录的内容不是{values.label(spec.type)}：{fact.value!s:.40}")
