"""Saying a stored decision again: stored facts and the same policy give the same digest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from server.policy import values
from server.policy.decision import Decision
from server.policy.evaluate import CompiledPolicy, decide
from server.policy.facts import Fact, Facts, Missing, Source
from server.policy.terms import Flag
from server.policy.vocabulary import FACTS
from server.policy.windows import Period


@dataclass(frozen=True)
class Replay:
    """``same``: the digest is the stored one.  ``made_otherwise``: engine or vocabulary have changed since."""

    decision: Decision
    stored_digest: str
    made_otherwise: bool

    @property
    def same(self) -> bool:
        return self.decision.digest == self.stored_digest


def replay(record: Mapping[str, Any], compiled: CompiledPolicy) -> Replay:
    """The stored decision, decided again from its own facts under the policy of its digest.

    ``compiled`` must be the policy that the record names; what the facts were derived from is not looked at again.
    Raises: ValueError where it is another policy.
    """
    _, policy_digest = record["policy"]
    if compiled.version.digest != policy_digest:
        raise ValueError(f"the record was decided under policy {policy_digest}")
    decision = decide(compiled, compiled.rule(record["rule"][0]), stored_facts(record))
    if record["set_aside"] is not None:
        decision = decision.set_aside_because(record["set_aside"])
    otherwise = (record["engine"], record["vocabulary"]) != (decision.engine, decision.vocabulary)
    return Replay(decision, record["digest"], otherwise)


def stored_facts(record: Mapping[str, Any]) -> Facts:
    """The facts of the record, known and missing."""
    return Facts(
        as_of=date.fromisoformat(record["as_of"]),
        known_at=datetime.fromisoformat(record["known_at"]),
        known={fact["name"]: _fact(fact) for fact in record["facts"]},
        missing={name: Missing(name, reason) for name, reason in record["missing"]},
    )


def _fact(plain: Mapping[str, Any]) -> Fact:
    def day(text: str | None) -> date | None:
        return None if text is None else date.fromisoformat(text)

    window = plain["window"]
    return Fact(
        name=plain["name"],
        value=values.parse(FACTS[plain["name"]].type, plain["value"]),
        sources=tuple(
            Source(event, date.fromisoformat(occurred), day(decided), day(until))
            for event, occurred, decided, until in plain["sources"]
        ),
        flags=frozenset(Flag(flag) for flag in plain["flags"]),
        window=None if window is None else Period(date.fromisoformat(window[0]), day(window[1])),
    )
