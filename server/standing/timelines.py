"""Timelines: everything that is known of an institution in the order of its days, and what of it counted on a given one."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from server.exits.model import ExitStatus
from server.exits.store import find_cases
from server.kit.clause import Clause
from server.policy import values
from server.policy.decision import Decision
from server.policy.events import ATTRIBUTES, Event, EventKind, History
from server.policy.shelf import Shelf, Shelved
from server.policy.store import Fetch
from server.policy.terms import Effect, Outcome
from server.policy.values import ValueType
from server.standing.gather import Subject, gather
from server.standing.judging import standing_on


@dataclass(frozen=True, slots=True)
class Counted:
    """One rule for which the event counted on the day: what became of the rule, and until when it counts.

    ``until``: the first day on which it no longer does; None where it is not counted over a window.
    """

    rule: str
    title: str
    outcome: Outcome
    until: date | None
    clause: Clause


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: an event that policy may ask about, or a step of an exit case."""

    on: date
    title: str
    detail: str
    event: EventKind | None = None
    event_id: str | None = None
    step: ExitStatus | None = None
    decided_on: date | None = None
    annulled_at: datetime | None = None
    counted: tuple[Counted, ...] = ()

    @property
    def undetermined(self) -> bool:
        """Whether it is an event about which the authority has still to say something."""
        return self.event is not None and self.decided_on is None and self.event not in _STATES


_STATES = frozenset({EventKind.REGISTRATION, EventKind.OPENING})

#: The steps of an exit case that bear a day, with what they are called.
_STEPS = (
    (ExitStatus.OPENED, "opened_on", "退出立案"),
    (ExitStatus.NOTIFIED, "notified_on", "退出事先告知"),
    (ExitStatus.DECIDED, "decided_on", "退出决定"),
    (ExitStatus.EXECUTED, "executed_on", "退出执行"),
    (ExitStatus.CLOSED, "closed_on", "退出结案"),
    (ExitStatus.WITHDRAWN, "appeal_decided_on", "复议或诉讼终结"),
)


async def timelines(
    fetch: Fetch, shelf: Shelf, subjects: Sequence[Subject], *, on: date, known_at: datetime
) -> list[tuple[Entry, ...] | None]:
    """Each subject's timeline up to the day, latest first; None for one that the fetching role does not see.

    A fixed number of statements, however many subjects there are.
    """
    shelved = await shelf.current()
    wanted = list(dict.fromkeys(subjects))
    histories = await gather(fetch, wanted)
    cases: dict[Subject, list[dict[str, Any]]] = {}
    for row in await find_cases(fetch, wanted):
        cases.setdefault((row["tenant_id"], row["institution_id"]), []).append(row)
    told = await asyncio.to_thread(
        lambda: {one: _timeline(shelved, one, histories[one], cases.get(one, ()), on, known_at) for one in histories}
    )
    return [told.get(one) for one in subjects]


def _timeline(
    shelved: Shelved,
    subject: Subject,
    history: History,
    cases: Iterable[Mapping[str, Any]],
    on: date,
    known_at: datetime,
) -> tuple[Entry, ...]:
    standing = standing_on(shelved, subject[0], history, on=on, known_at=known_at)
    entries = [
        _entry(event, _counted(event, standing.decisions))
        for event in history.events
        if event.occurred_on <= on and event.recorded_at <= known_at
    ]
    for case in cases:
        label = Effect(case["effect"]).label
        for step, column, title in _STEPS:
            if case[column] is not None and case[column] <= on:
                entries.append(Entry(case[column], title, label, step=step))
    return tuple(sorted(entries, key=lambda one: (one.on, one.title), reverse=True))


def _entry(event: Event, counted: tuple[Counted, ...]) -> Entry:
    return Entry(
        event.happened_on,
        event.kind.label,
        _detail(event),
        event=event.kind,
        event_id=event.id,
        decided_on=event.decided_on,
        annulled_at=event.annulled_at,
        counted=counted,
    )


def _detail(event: Event) -> str:
    """What is known of the event, in an official's words."""
    said = []
    for spec in ATTRIBUTES[event.kind]:
        value = event.get(spec.name)
        if value is None or spec.name in _UNSPOKEN:
            continue
        said.append(f"{spec.label}：{spec.choices.get(value) or _shown(spec.type, value)}")
    return "；".join(said)


def _shown(type_: ValueType, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value) if type_ is ValueType.SCORE else values.render(type_, value)


#: Names of rows, which say nothing to a reader.
_UNSPOKEN = frozenset({"decision", "basis"})


def _counted(event: Event, decisions: Iterable[Decision]) -> tuple[Counted, ...]:
    """The rules that counted the event, each with the clause it cites first."""
    found = []
    for decision in decisions:
        for fact in decision.facts:
            for source in fact.sources:
                if source.event_id == event.id and event.kind not in _STATES:
                    clause = decision.clauses[0][0]
                    found.append(Counted(decision.rule, decision.title, decision.outcome, source.counts_until, clause))
    return tuple(dict.fromkeys(found))
