"""Whom a draft touches: the draft and the version in force over the same subjects, with the reasons for each
difference.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from server.policy.decision import Decision
from server.policy.derive import derive_facts
from server.policy.evaluate import CompiledPolicy, CompiledRule, decide, outcome_of
from server.policy.events import History
from server.policy.facts import Facts
from server.policy.model import PolicyVersion
from server.policy.terms import Effect, Outcome, Truth
from server.policy.timeline import count_from

FactSource = Facts | Callable[[PolicyVersion], Facts]
"""A subject's facts, or how to derive them under a version (windows may differ between the two)."""


def facts_from(
    history: History,
    published: Sequence[PolicyVersion],
    names: Iterable[str],
    *,
    as_of: date,
    known_at: datetime,
) -> Callable[[PolicyVersion], Facts]:
    """A fact source: the named facts derived from the history under whichever version asks, counted from the
    same day.
    """

    def derive(version: PolicyVersion) -> Facts:
        first = count_from(published, version)
        return derive_facts(history, version, as_of=as_of, known_at=known_at, count_from=first, names=wanted)

    wanted = tuple(names)
    return derive


@dataclass(frozen=True, slots=True)
class Changed:
    """One rule that comes out differently for one subject.  None: the version has no such rule."""

    subject: str
    rule: str
    title: str
    before: Outcome | None
    after: Outcome | None
    before_effect: Effect | None
    after_effect: Effect | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Simulation:
    """``evaluated``, ``changed``, ``indeterminate`` count subjects; the last those with an open rule under the draft.

    ``entering`` and ``leaving``: by effect, how many subjects the draft newly proposes it for, or no longer does.
    """

    evaluated: int
    changed: int
    indeterminate: int
    changes: tuple[Changed, ...]
    entering: Mapping[Effect, int] = field(default_factory=dict)
    leaving: Mapping[Effect, int] = field(default_factory=dict)


def simulate(
    current: CompiledPolicy | None, draft: CompiledPolicy, population: Iterable[tuple[str, FactSource]]
) -> Simulation:
    """Both versions over the population.  ``current`` None: nothing is in force, the draft is compared with nothing.

    Nothing is stored and nobody is told; the draft need not be publishable, only free of errors.
    """
    evaluated = changed = indeterminate = 0
    changes: list[Changed] = []
    entering: Counter[Effect] = Counter()
    leaving: Counter[Effect] = Counter()
    pairs = _pairs(current, draft)
    for subject, source in population:
        evaluated += 1
        facts_after = source if isinstance(source, Facts) else source(draft.version)
        facts_before = facts_after
        if current is not None and not isinstance(source, Facts):
            facts_before = source(current.version)
        bound_before = current.bind(facts_before) if current is not None else None
        bound_after = draft.bind(facts_after)
        found: list[Changed] = []
        open_ = False
        proposed_before: set[Effect] = set()
        proposed_after: set[Effect] = set()
        for old, new in pairs:
            before = outcome_of(old, facts_before, bound_before) if old else None
            after = outcome_of(new, facts_after, bound_after) if new else None
            open_ = open_ or after is Outcome.INDETERMINATE
            if old is not None and before is Outcome.FIRED:
                proposed_before.update(old.rule.effects)
            if new is not None and after is Outcome.FIRED:
                proposed_after.update(new.rule.effects)
            if (before or Outcome.NOT_FIRED) is (after or Outcome.NOT_FIRED) and not _other_effect(old, new, after):
                continue
            was = decide(current, old, facts_before, bound_before) if current is not None and old else None
            now = decide(draft, new, facts_after, bound_after) if new else None
            found.append(_changed(subject, was, now))
        changes += found
        changed += bool(found)
        indeterminate += open_
        entering.update(proposed_after - proposed_before)
        leaving.update(proposed_before - proposed_after)
    return Simulation(evaluated, changed, indeterminate, tuple(changes), entering, leaving)


def _pairs(
    current: CompiledPolicy | None, draft: CompiledPolicy
) -> list[tuple[CompiledRule | None, CompiledRule | None]]:
    """The rules of both versions side by side, by code."""
    old = {rule.rule.code: rule for rule in current.rules} if current is not None else {}
    new = {rule.rule.code: rule for rule in draft.rules}
    return [(old.get(code), new.get(code)) for code in dict.fromkeys([*old, *new])]


def _other_effect(old: CompiledRule | None, new: CompiledRule | None, outcome: Outcome | None) -> bool:
    if old is None or new is None or outcome is not Outcome.FIRED:
        return False
    return old.rule.effects != new.rule.effects


def _changed(subject: str, was: Decision | None, now: Decision | None) -> Changed:
    shown = now or was
    if shown is None:
        raise ValueError("a change needs a rule")
    return Changed(
        subject,
        shown.rule,
        shown.title,
        was.outcome if was else None,
        now.outcome if now else None,
        was.effect if was else None,
        now.effect if now else None,
        _reasons(was, now),
    )


def _reasons(was: Decision | None, now: Decision | None) -> tuple[str, ...]:
    """What differs, in an official's words: parameters, facts, and the conditions that came out otherwise."""
    if was is None or now is None:
        return ("草案新增本规则",) if was is None else ("草案删除本规则",)
    reasons = []
    old_parameters = dict(was.parameters)
    for key, value in now.parameters:
        if key in old_parameters and old_parameters[key] != value:
            reasons.append(f"参数 {key} 由 {old_parameters[key]} 改为 {value}")
    old_facts = {fact.name: fact.text for fact in was.facts}
    for fact in now.facts:
        if fact.name in old_facts and old_facts[fact.name] != fact.text:
            reasons.append(f"事实 {fact.name} 由 {old_facts[fact.name]} 变为 {fact.text}")
    old_nodes = {node.label: node.outcome for node in was.explanation if node.facts}
    for node in now.explanation:
        before = old_nodes.get(node.label)
        if node.facts and before is not None and before is not node.outcome:
            reasons.append(f"“{node.label}”由{before.label}变为{node.outcome.label}")
        elif node.facts and before is None and node.outcome is not Truth.NOT_MET:
            reasons.append(f"“{node.label}”{node.outcome.label}")
    if was.effects != now.effects and was.outcome is now.outcome:
        reasons.append(f"效果由{was.effect.label}改为{now.effect.label}")
    return tuple(reasons)
