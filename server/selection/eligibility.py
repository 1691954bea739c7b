"""What the admission policy says about an application, from what was claimed and what was determined: pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.policy.decision import Decision
from server.policy.evaluate import eligibility
from server.policy.events import Event, EventKind, History
from server.policy.procedures import Procedure
from server.policy.terms import Effect, Outcome, Truth
from server.policy.vocabulary import FACTS

#: What all checks of an application together propose.
PROPOSED = {
    Outcome.FIRED: Effect.INELIGIBLE,
    Outcome.NOT_FIRED: Effect.ELIGIBLE,
    Outcome.INDETERMINATE: Effect.NO_ACTION,
}


def history_of(application_id: UUID, claims: Iterable[Mapping[str, Any] | RowMapping]) -> History:
    """The application's claims and determinations as events: everything that admission may rest on."""
    events = tuple(
        Event(
            f"application_claim:{one['id']}",
            EventKind.DETERMINATION if one["determined"] else EventKind.DECLARATION,
            one["on_date"],
            one["at"],
            decided_on=one["on_date"] if one["determined"] else None,
            attributes={"fact": one["fact"].lower(), "value": one["value"]},
        )
        for one in claims
    )
    return History(str(application_id), events, frozenset({EventKind.DECLARATION, EventKind.DETERMINATION}))


def judge(
    procedure: Procedure, history: History, *, submitted_on: date, as_of: date, known_at: datetime
) -> tuple[Decision, ...]:
    """One decision per admission rule of the version in force on the day of submission."""
    return procedure.book.application(history, submitted_on=submitted_on, as_of=as_of, known_at=known_at)


def proposed(decisions: Sequence[Decision]) -> Effect:
    """INELIGIBLE where a ground for refusing holds, ELIGIBLE where none does, NO_ACTION while one is open."""
    return PROPOSED[eligibility(decisions)]


def reason_of(decision: Decision) -> str:
    """The explanation in one sentence: what was met, what is to be found out, or that nothing stands against it."""
    match decision.outcome:
        case Outcome.FIRED:
            parts = {node.path for node in decision.explanation}
            met = [
                node.label
                for node in decision.explanation
                if node.outcome is Truth.MET and f"{node.path}.0" not in parts and node.path != "0"
            ]
            return f"不符合条件：{'；'.join(dict.fromkeys(met)) or decision.title}"
        case Outcome.INDETERMINATE:
            open_ = [f"{FACTS[gap.name].label}（{gap.reason}；{gap.ask}）" for gap in decision.tasks]
            return f"待查明：{'；'.join(open_)}"
        case _:
            return decision.set_aside or f"未发现“{decision.title}”的情形"
