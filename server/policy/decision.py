"""Decisions: what one rule says about one subject on one day, why, and enough to say it again.

A decision is a proposal to a person, or the note that nothing is to be proposed, or the task to find something out.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from server.kit.clause import Clause
from server.policy.canonical import digest, jsonable
from server.policy.facts import Fact, Missing
from server.policy.terms import Effect, Flag, Kind, Mode, Outcome, Truth
from server.policy.vocabulary import FACTS
from server.policy.windows import Period


@dataclass(frozen=True, slots=True)
class Shown:
    """A fact as an explanation shows it: its value as text and in Chinese; None where it is not known."""

    name: str
    label: str
    value: str | None
    display: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One node of the tree with what became of it.  ``path``: ``0``, ``0.1``, ``0.1.0``.

    ``clause`` is the node's own citation, else its rule's first.  ``parameters``: key and value as text.
    """

    path: str
    label: str
    outcome: Truth
    clause: Clause
    facts: tuple[Shown, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    reason: str | None = None

    def plain(self) -> list[Any]:
        shown = [[fact.name, fact.value] for fact in self.facts]
        return [self.path, self.label, self.outcome.value, str(self.clause), shown, self.parameters, self.reason]


@dataclass(frozen=True)
class Decision:
    """One rule's decision.

    ``effect``: the rule's first effect when it FIRED, what holds otherwise when it did NOT fire, NO_ACTION while it
    is INDETERMINATE.  ``effects``: all of them.  ``explanation``: the whole tree, depth first, every condition
    evaluated. ``facts`` and ``missing``: what the rule's conditions named.  ``clauses``: what the rule cites, with
    the SHA-256 of the words.  ``set_aside``: why the outcome is NOT_FIRED whatever the facts say (A-X-2).  ``engine``
    and ``vocabulary`` say what it was made with and are no part of the digest, so that a replay under a newer engine
    can be compared.
    """

    jurisdiction: str | None
    kind: Kind
    policy_version: int
    policy_digest: str
    rule: str
    title: str
    concept: str
    item: str | None
    outcome: Outcome
    effects: tuple[Effect, ...]
    mode: Mode
    flags: tuple[Flag, ...]
    explanation: tuple[Explanation, ...]
    facts: tuple[Fact, ...]
    missing: tuple[Missing, ...]
    undecided_by: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    clauses: tuple[tuple[Clause, str], ...]
    as_of: date
    known_at: datetime
    engine: str
    vocabulary: str
    set_aside: str | None = None

    @property
    def effect(self) -> Effect:
        return self.effects[0]

    def set_aside_because(self, reason: str) -> "Decision":
        """The decision without effect, its explanation closing with the reason."""
        branches = sum(1 for node in self.explanation if node.path.count(".") == 1)
        root, *below = self.explanation
        note = Explanation(f"0.{branches}", reason, Truth.NOT_MET, root.clause)
        return replace(
            self,
            outcome=Outcome.NOT_FIRED,
            effects=(Effect.NO_ACTION,),
            explanation=(replace(root, outcome=Truth.NOT_MET), *below, note),
            undecided_by=(),
            set_aside=reason,
        )

    @property
    def tasks(self) -> tuple[Missing, ...]:
        """What a person must find out before the rule can be decided; empty unless INDETERMINATE."""
        return tuple(gap for gap in self.missing if gap.name in self.undecided_by)

    @property
    def event_ids(self) -> tuple[str, ...]:
        """Every event behind the decision, each once."""
        return tuple(dict.fromkeys(source.event_id for fact in self.facts for source in fact.sources))

    @cached_property
    def digest(self) -> str:
        """Names what was decided on what grounds, 64 hexadecimal digits."""
        return digest(self._grounds())

    def _grounds(self) -> dict[str, Any]:
        return {
            "jurisdiction": self.jurisdiction,
            "kind": self.kind,
            "policy": [self.policy_version, self.policy_digest],
            "rule": [self.rule, self.title, self.concept, self.item],
            "outcome": self.outcome,
            "effects": self.effects,
            "mode": self.mode,
            "flags": self.flags,
            "explanation": [node.plain() for node in self.explanation],
            "facts": [plain_fact(fact) for fact in self.facts],
            "missing": [[gap.name, gap.reason] for gap in self.missing],
            "undecided_by": self.undecided_by,
            "parameters": self.parameters,
            "clauses": [[str(clause), sha256] for clause, sha256 in self.clauses],
            "set_aside": self.set_aside,
            "as_of": self.as_of,
            "known_at": self.known_at,
        }

    def record(self) -> dict[str, Any]:
        """Everything, from JSON's own types, for storing.  ``replay.replay`` reads it."""
        made_with = {"digest": self.digest, "engine": self.engine, "vocabulary": self.vocabulary}
        plain: dict[str, Any] = jsonable(self._grounds() | made_with)
        return plain


def plain_fact(fact: Fact) -> dict[str, Any]:
    """The fact from JSON's own types, its value as text."""
    return {
        "name": fact.name,
        "value": fact.text,
        "sources": [[s.event_id, s.occurred_on, s.decided_on, s.counts_until] for s in fact.sources],
        "flags": sorted(fact.flags),
        "window": [fact.window.from_on, fact.window.until] if isinstance(fact.window, Period) else None,
    }


def shown(name: str, fact: Fact | None) -> Shown:
    """The fact of that name, or that it is not known."""
    if fact is None:
        return Shown(name, FACTS[name].label, None, None)
    return Shown(name, FACTS[name].label, fact.text, fact.display)
