"""Worked cases: what a policy says about a story, written so that an official can read and check it.

A case tells dated events in Chinese, the day, and what one rule must say.  The cases of a pack are its conformance
suite: they run in the tests, and before a draft is published.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from server.kit.clause import Clause
from server.policy import leaf as leaf_reader
from server.policy.amend import NewValue, amend
from server.policy.decision import Decision
from server.policy.documents import Register
from server.policy.events import History
from server.policy.judge import Book
from server.policy.model import PolicyVersion, Rule
from server.policy.nodes import leaves_of
from server.policy.terms import SCOPE_OF, Effect, FactScope, Flag, Kind, Outcome, Term
from server.policy.vocabulary import FACTS


class Verdict(Term):
    """What became of a case."""

    PASSED = "PASSED", "相符"
    FAILED = "FAILED", "不符"
    AFFECTED = "AFFECTED", "草案改变了结果，须确认"


@dataclass(frozen=True)
class Expected:
    """What the rule must say.

    None: the case does not say.  ``counts_until`` by event id; ``facts`` by name, as text.
    """

    outcome: Outcome
    effects: tuple[Effect, ...] | None = None
    flags: tuple[Flag, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    counts_until: tuple[tuple[str, date], ...] = ()
    ask: tuple[str, ...] | None = None
    version: int | None = None


@dataclass(frozen=True)
class Case:
    """One story about one rule.  ``occurrence``: ids of the finding under judgement; ``submitted_on``: of an
    application.

    ``parameters``: values that differ from the version's, to show what a reading would change.
    """

    name: str
    jurisdiction: str
    kind: Kind
    rule: str
    clause: Clause
    as_of: date
    known_at: datetime
    history: History
    expected: Expected
    occurrence: tuple[str, ...] = ()
    submitted_on: date | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CaseResult:
    """``differences``: in Chinese, what the case expects and what was said instead.

    ``decision`` None: none was made.
    """

    case: Case
    verdict: Verdict
    differences: tuple[str, ...]
    decision: Decision | None


def run_case(case: Case, versions: Iterable[PolicyVersion], register: Register) -> CaseResult:
    """The case under the published versions of its pack."""
    judged = tuple(_with(version, case.parameters) for version in versions)
    decision = _decide(case, Book(judged, register))
    differences = _differences(case.expected, decision)
    return CaseResult(case, Verdict.FAILED if differences else Verdict.PASSED, differences, decision)


def check_conformance(
    cases: Iterable[Case], current: PolicyVersion, draft: PolicyVersion, register: Register
) -> tuple[CaseResult, ...]:
    """The cases of the version in force under the draft, as if the draft held on the same days.

    A case whose rule, and every parameter of the version, are as they were must come out as it says: else FAILED.
    Where the draft changed what the case is about, another result is AFFECTED: for the second person to confirm, case
    by case.
    """
    on_the_same_days = replace(
        draft,
        effective_from=current.effective_from,
        effective_until=current.effective_until,
        shortened_until=current.shortened_until,
    )
    results = []
    for case in cases:
        result = run_case(case, [on_the_same_days], register)
        if result.verdict is Verdict.FAILED and _touches(case, current, draft):
            result = replace(result, verdict=Verdict.AFFECTED)
        results.append(result)
    return tuple(results)


def _with(version: PolicyVersion, parameters: Sequence[tuple[str, str]]) -> PolicyVersion:
    if not parameters:
        return version
    changed = amend(
        version,
        number=version.number,
        effective_from=version.effective_from,
        effective_until=version.effective_until,
        parameters=[NewValue(key, value) for key, value in parameters],
    )
    return replace(changed, shortened_until=version.shortened_until)


def _decide(case: Case, book: Book) -> Decision | None:
    scope = SCOPE_OF.get(case.kind)
    as_of, known_at = case.as_of, case.known_at
    if scope is FactScope.APPLICATION:
        submitted = case.submitted_on or as_of
        decisions = book.application(case.history, submitted_on=submitted, as_of=as_of, known_at=known_at)
    elif case.occurrence:
        decisions = book.finding(case.history, occurrence=case.occurrence, as_of=as_of, known_at=known_at)
    else:
        decisions = book.standing(case.history, as_of=as_of, known_at=known_at)
    return next((decision for decision in decisions if decision.rule == case.rule), None)


def _differences(expected: Expected, decision: Decision | None) -> tuple[str, ...]:
    if decision is None:
        return ("当日没有施行中的本规则，不能判定",)
    found = []

    def compare(what: str, wanted: object, got: object) -> None:
        if wanted != got:
            found.append(f"{what}：预期 {wanted}，实为 {got}")

    compare("结果", expected.outcome.label, decision.outcome.label)
    if expected.effects is not None:
        compare("效果", [e.label for e in expected.effects], [e.label for e in decision.effects])
    compare("提示", sorted(expected.flags), sorted(decision.flags))
    known = {fact.name: fact for fact in decision.facts}
    for name, text in expected.facts:
        compare(f"事实 {name}", text, known[name].text if name in known else "待查明")
    until = {source.event_id: source.counts_until for fact in decision.facts for source in fact.sources}
    for event_id, day in expected.counts_until:
        compare(f"{event_id} 计至", day, until.get(event_id, "未计入"))
    if expected.ask is not None:
        compare("待查明", sorted(expected.ask), sorted(task.name for task in decision.tasks))
    if expected.version is not None:
        compare("版本", expected.version, decision.policy_version)
    return tuple(found)


def _touches(case: Case, current: PolicyVersion, draft: PolicyVersion) -> bool:
    old = next((rule for rule in current.rules if rule.code == case.rule), None)
    new = next((rule for rule in draft.rules if rule.code == case.rule), None)
    if old is None or new is None or current.applies_to != draft.applies_to:
        return True
    changed = {p.key for p in current.parameters if draft.value(p.key) != p.value}
    return old.plain() != new.plain() or bool(changed & _used(old, current)) or _counting(changed)


def _used(rule: Rule, version: PolicyVersion) -> set[str]:
    trees = [tree for tree in (version.applies_to, rule.applies_to, rule.when) if tree is not None]
    return {name for tree in trees for leaf in leaves_of(tree) for name in leaf_reader.read(leaf.expr).parameter_names}


def _counting(changed: set[str]) -> bool:
    """Whether a parameter was changed that facts are counted by."""
    return any(changed & {*spec.needs, "count_from"} for spec in FACTS.values())
