"""When two findings of a rule are the same, and what becomes of open proposals: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.policy.canonical import digest
from server.policy.decision import Decision
from server.policy.terms import Kind, Outcome

#: A rule within a jurisdiction: the kind of its pack, and its code.
Rule = tuple[Kind, str]


def grounds_of(decision: Decision) -> str:
    """Names what the rule counted: the events behind it, or, where it rests on none, the values it saw.

    The day of evaluation and the version of the policy are no grounds: another day, or an amendment that changes nothing
    for this case, founds nothing new.
    """
    counted: list[Any] = sorted(decision.event_ids)
    if not counted:
        counted = sorted([fact.name, fact.text] for fact in decision.facts)
    return digest([decision.kind, decision.rule, decision.item, decision.effects, counted])


@dataclass(frozen=True)
class Changes:
    """``lapsing``: open proposals that no longer stand, with the reason; ``founded``: decisions to be proposed."""

    lapsing: tuple[tuple[Mapping[str, Any], str], ...]
    founded: tuple[Decision, ...]


def changes(known: Iterable[Mapping[str, Any]], decisions: Iterable[Decision]) -> Changes:
    """What the decisions, all of one subject, change about the proposals known of it.

    Only kinds of pack that were evaluated are looked at.  What was decided on the same grounds is not proposed again.
    """
    decisions = list(decisions)
    fired = {(one.kind, one.rule): one for one in decisions if one.outcome is Outcome.FIRED}
    unclear = {(one.kind, one.rule) for one in decisions if one.outcome is Outcome.INDETERMINATE}
    judged = {one.kind for one in decisions}
    lapsing, standing = [], set()
    for row in known:
        key = (Kind(row["kind"]), row["rule"])
        same = key in fired and row["grounds"] == grounds_of(fired[key])
        if same and row["status"] != "LAPSED":
            standing.add(key)
        elif row["status"] == "OPEN" and key[0] in judged:
            lapsing.append((row, _why(key, fired, unclear)))
    founded = [one for key, one in fired.items() if key not in standing]
    return Changes(tuple(lapsing), tuple(founded))


def _why(key: Rule, fired: Mapping[Rule, Decision], unclear: set[Rule]) -> str:
    if key in fired:
        return "所依据的事实已变化，另有新的建议"
    if key in unclear:
        return "所依据的事实待查明，规则暂不能判定"
    return "所依据的事实已变化，规则不再触发"
