"""One version over facts → one decision per rule, every condition evaluated and explained.

Three-valued throughout: a condition whose fact is missing is INDETERMINATE; ``all`` is unmet as soon as one part is,
``any`` met as soon as one part is, whatever else is unknown; only what stays open makes the rule INDETERMINATE.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.kit.clause import Clause
from server.policy import leaf as leaf_reader
from server.policy import values
from server.policy.check_rules import environment
from server.policy.decision import Decision, Explanation, Shown, shown
from server.policy.documents import Register
from server.policy.engine import ENGINE, CelEngine, NotEvaluated, Predicate, PredicateEngine
from server.policy.facts import Facts
from server.policy.model import PolicyVersion, Rule
from server.policy.nodes import AllOf, AnyOf, AtLeast, Leaf, Node, Not, parts_of
from server.policy.terms import SCOPE_OF, Effect, Outcome, Truth
from server.policy.vocabulary import FACTS, VOCABULARY_DIGEST

_MET, _NOT_MET, _OPEN = Truth.MET, Truth.NOT_MET, Truth.INDETERMINATE


@dataclass(frozen=True)
class CompiledNode:
    """A node ready to be evaluated; ``predicate`` on leaves only."""

    node: Node
    path: str
    label: str
    clause: Clause
    parts: tuple["CompiledNode", ...]
    predicate: Predicate | None
    facts: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class CompiledRule:
    """A rule with its tree: the root stands for the rule itself, below it the scopes and the condition.

    ``facts``: all that it names; ``conditions``: those that its condition names (its scope says who, not what
    happened).
    """

    rule: Rule
    root: CompiledNode
    facts: tuple[str, ...]
    conditions: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...]
    clauses: tuple[tuple[Clause, str], ...]


@dataclass(frozen=True)
class CompiledPolicy:
    """A version ready to be evaluated; make it once and keep it, it is safe to share between threads."""

    version: PolicyVersion
    rules: tuple[CompiledRule, ...]
    engine: PredicateEngine
    parameters: Mapping[str, Any]

    @property
    def fact_names(self) -> tuple[str, ...]:
        """Every fact its rules name, each once: what has to be derived."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.facts))

    def rule(self, code: str) -> CompiledRule:
        """Raises: KeyError."""
        for rule in self.rules:
            if rule.rule.code == code:
                return rule
        raise KeyError(code)

    def bind(self, facts: Facts) -> Any:
        """The facts and parameters as the engine sees them; made once per subject for all rules."""
        bound = dict(self.parameters)
        for name, fact in facts.known.items():
            spec = FACTS[name]
            bound[f"facts.{name}"] = values.bind(spec.type, fact.value, spec.choices)
        return self.engine.bind(bound)


def compile_policy(version: PolicyVersion, register: Register) -> CompiledPolicy:
    """The version, which ``check.check_version`` has found without errors, ready to be evaluated.

    Raises: engine.NotCompiled, KeyError where it has not been checked.
    """
    scope = SCOPE_OF.get(version.kind)
    if scope is None:
        return CompiledPolicy(version, (), CelEngine({}), {})
    engine = environment(version, scope)
    rules = tuple(_compile_rule(rule, version, register, engine) for rule in version.rules)
    bound = {
        f"params.{parameter.key}": values.bind(parameter.type, parameter.value, parameter.choices)
        for parameter in version.parameters
        if values.cel_type(parameter.type) is not None
    }
    return CompiledPolicy(version, rules, engine, bound)


def _compile_rule(rule: Rule, version: PolicyVersion, register: Register, engine: PredicateEngine) -> CompiledRule:
    trees = [tree for tree in (version.applies_to, rule.applies_to, rule.when) if tree is not None]
    parts = tuple(_compile_node(tree, f"0.{index}", rule.cites[0], version, engine) for index, tree in enumerate(trees))
    root = CompiledNode(AllOf(tuple(trees)), "0", rule.title, rule.cites[0], parts, None, (), ())
    nodes = list(_every(root))
    clauses = dict.fromkeys([*rule.cites, *(node.clause for node in nodes)])
    return CompiledRule(
        rule,
        root,
        tuple(dict.fromkeys(name for node in nodes for name in node.facts)),
        tuple(dict.fromkeys(name for node in _every(parts[-1]) for name in node.facts)),
        tuple(dict.fromkeys(pair for node in nodes for pair in node.parameters)),
        tuple((clause, found.sha256 if (found := register.find(clause)) else "") for clause in clauses),
    )


def _compile_node(
    node: Node, path: str, clause: Clause, version: PolicyVersion, engine: PredicateEngine
) -> CompiledNode:
    if isinstance(node, Leaf):
        reading = leaf_reader.read(node.expr)
        parameters = tuple((name, version.parameter(name).text) for name in reading.parameter_names)
        cited = node.cite or clause
        return CompiledNode(
            node, path, node.label, cited, (), engine.compile(node.expr), reading.fact_names, parameters
        )
    parts = tuple(
        _compile_node(part, f"{path}.{index}", clause, version, engine) for index, part in enumerate(parts_of(node))
    )
    return CompiledNode(node, path, node.label or _default_label(node), clause, parts, None, (), ())


def _default_label(node: Node) -> str:
    match node:
        case AllOf():
            return "同时满足"
        case AnyOf():
            return "满足之一"
        case AtLeast(count=count):
            return f"至少满足 {count} 项"
        case _:
            return "不满足"


def _every(node: CompiledNode) -> Sequence[CompiledNode]:
    return [node, *(below for part in node.parts for below in _every(part))]


def _combine(node: Node, parts: Sequence[Truth]) -> Truth:
    """Kleene's three-valued logic."""
    if isinstance(node, Not):
        return {_MET: _NOT_MET, _NOT_MET: _MET, _OPEN: _OPEN}[parts[0]]
    met = parts.count(_MET)
    possible = met + parts.count(_OPEN)
    needed = 1 if isinstance(node, AnyOf) else node.count if isinstance(node, AtLeast) else len(parts)
    return _MET if met >= needed else _NOT_MET if possible < needed else _OPEN


def _leaf_truth(node: CompiledNode, facts: Facts, bound: Any) -> tuple[Truth, str | None]:
    for name in node.facts:
        if name not in facts.known:
            return _OPEN, facts.why_missing(name).reason
    if node.predicate is None:
        raise ValueError(f"{node.path} is not a condition")
    try:
        return (_MET if node.predicate.holds(bound) else _NOT_MET), None
    except NotEvaluated as problem:
        return _OPEN, f"无法计算：{problem}"


def _truth(node: CompiledNode, facts: Facts, bound: Any) -> Truth:
    if not node.parts:
        return _leaf_truth(node, facts, bound)[0]
    return _combine(node.node, [_truth(part, facts, bound) for part in node.parts])


def outcome_of(rule: CompiledRule, facts: Facts, bound: Any) -> Outcome:
    """The outcome alone, without its explanation; ``bound`` is ``CompiledPolicy.bind(facts)``."""
    return _OUTCOMES[_truth(rule.root, facts, bound)]


_OUTCOMES = {_MET: Outcome.FIRED, _NOT_MET: Outcome.NOT_FIRED, _OPEN: Outcome.INDETERMINATE}


def _explain(node: CompiledNode, facts: Facts, bound: Any, into: list[Explanation]) -> tuple[Truth, list[str]]:
    """Appends the node and all below it, depth first; gives its truth and the missing facts that leave it open."""
    place = len(into)
    into.append(None)  # type: ignore[arg-type]  # the parent stands before its parts, and is known after them
    reason = None
    told: tuple[Shown, ...] = ()
    if node.parts:
        results = [_explain(part, facts, bound, into) for part in node.parts]
        truth = _combine(node.node, [result for result, _ in results])
        open_by = [name for result, names in results if result is _OPEN for name in names]
    else:
        truth, reason = _leaf_truth(node, facts, bound)
        known = facts.known
        told = tuple(shown(name, known.get(name)) for name in node.facts)
        open_by = [name for name in node.facts if name not in known] if truth is _OPEN else []
    into[place] = Explanation(node.path, node.label, truth, node.clause, told, node.parameters, reason)
    return truth, open_by if truth is _OPEN else []


def decide(compiled: CompiledPolicy, rule: CompiledRule, facts: Facts, bound: Any = None) -> Decision:
    """The rule's decision about the facts.  ``bound``: ``compiled.bind(facts)``, where the caller has it already."""
    explanation: list[Explanation] = []
    bound = compiled.bind(facts) if bound is None else bound
    truth, open_by = _explain(rule.root, facts, bound, explanation)
    outcome = _OUTCOMES[truth]
    effects = rule.rule.effects if outcome is Outcome.FIRED else (Effect.NO_ACTION,)
    if outcome is Outcome.NOT_FIRED:
        effects = (rule.rule.otherwise,)
    used = tuple(facts.known[name] for name in rule.facts if name in facts.known)
    return Decision(
        jurisdiction=compiled.version.jurisdiction,
        kind=compiled.version.kind,
        policy_version=compiled.version.number,
        policy_digest=compiled.version.digest,
        rule=rule.rule.code,
        title=rule.rule.title,
        concept=rule.rule.concept,
        item=rule.rule.item,
        outcome=outcome,
        effects=effects,
        mode=rule.rule.mode,
        flags=tuple(sorted({flag for fact in used for flag in fact.flags})),
        explanation=tuple(explanation),
        facts=used,
        missing=tuple(facts.why_missing(name) for name in rule.facts if name not in facts.known),
        undecided_by=tuple(dict.fromkeys(open_by)),
        parameters=rule.parameters,
        clauses=rule.clauses,
        as_of=facts.as_of,
        known_at=facts.known_at,
        engine=ENGINE,
        vocabulary=VOCABULARY_DIGEST,
    )


def evaluate(compiled: CompiledPolicy, facts: Facts) -> tuple[Decision, ...]:
    """One decision per rule, in the order of the version."""
    bound = compiled.bind(facts)
    return tuple(decide(compiled, rule, facts, bound) for rule in compiled.rules)


def eligibility(decisions: Sequence[Decision]) -> Outcome:
    """Of an admission pack's decisions taken together: FIRED (a ground for refusing holds), NOT_FIRED
    (eligible), or open.
    """
    outcomes = {decision.outcome for decision in decisions}
    for outcome in (Outcome.FIRED, Outcome.INDETERMINATE):
        if outcome in outcomes:
            return outcome
    return Outcome.NOT_FIRED
