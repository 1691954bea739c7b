"""Kept decisions as callers see them: made again from their records, not from what would be decided now."""

from collections.abc import Mapping
from typing import Any

from schema.problems import cited
from schema.standing.standings import (
    DecidedFact,
    DecidedParameter,
    DecisionExplanation,
    OpenQuestion,
    PolicyDecision,
    RuleHeading,
)
from server.kit.clause import Clause
from server.policy import terms
from server.policy.documents import Register
from server.policy.facts import Facts
from server.policy.replay import stored_facts
from server.policy.vocabulary import FACTS


def told_again(record: Mapping[str, Any], register: Register) -> PolicyDecision:
    """The decision that the record keeps."""
    number, digest = record["policy"]
    code, title, concept, item = record["rule"]
    effects = [terms.Effect(one) for one in record["effects"]]
    facts = stored_facts(record)
    asked = [(name, reason) for name, reason in record["missing"] if name in record["undecided_by"]]
    return PolicyDecision(
        rule=RuleHeading(code=code, title=title),
        kind=terms.Kind(record["kind"]),
        concept=concept,
        item=item,
        outcome=terms.Outcome(record["outcome"]),
        effect=effects[0],
        effects=effects,
        mode=terms.Mode(record["mode"]),
        flags=[terms.Flag(one) for one in record["flags"]],
        policy_version=number,
        policy_digest=digest,
        digest=record["digest"],
        explanation=[_node(one, facts, register) for one in record["explanation"]],
        open_questions=[
            OpenQuestion(fact=name, label=FACTS[name].label, ask=FACTS[name].ask, reason=reason)
            for name, reason in asked
        ],
    )


def _node(plain: list[Any], facts: Facts, register: Register) -> DecisionExplanation:
    path, label, outcome, clause, shown, parameters, reason = plain
    document, _, anchor = clause.partition(" ")
    return DecisionExplanation(
        path=path,
        label=label,
        outcome=terms.Truth(outcome),
        clause=cited(Clause(document, anchor), register),
        facts=[
            DecidedFact(
                name=name,
                label=FACTS[name].label,
                value=value,
                display=facts.known[name].display if name in facts.known else None,
            )
            for name, value in shown
        ],
        parameters=[DecidedParameter(key=key, value=value) for key, value in parameters],
        reason=reason,
    )
