"""Checks of a version's rules: their heading, their trees, and what every condition names."""

from collections.abc import Iterator

from server.policy import leaf as leaf_reader
from server.policy.cursor import did_you_mean
from server.policy.engine import CelEngine, NotCompiled
from server.policy.leaf import Reading
from server.policy.model import PolicyVersion, Rule
from server.policy.nodes import AtLeast, Leaf, Node, leaves_of, parts_of, walk
from server.policy.problems import Path, Problem
from server.policy.terms import EFFECTS_OF, SCOPE_OF, FactScope
from server.policy.values import ValueType, cel_type
from server.policy.vocabulary import CONCEPTS, FACTS, LOCAL_CONCEPT, in_scope

MAX_RULES = 200
MAX_TREE_DEPTH = 8
MAX_TREE_NODES = 100


def check_rules(version: PolicyVersion) -> Iterator[Problem]:
    """Every problem of the rules, each with its path inside the version."""
    scope = SCOPE_OF.get(version.kind)
    if scope is None:
        if version.rules or version.applies_to is not None:
            yield Problem("RULES_NOT_ALLOWED", f"{version.kind.label}政策只含参数，不含规则", ("rules",))
        return
    if len(version.rules) > MAX_RULES:
        yield Problem("TOO_LARGE", f"规则 {len(version.rules)} 条，超过上限 {MAX_RULES}", ("rules",))
    codes: set[str] = set()
    items: set[str] = set()
    for index, rule in enumerate(version.rules):
        path: Path = ("rules", index)
        if rule.code in codes:
            yield Problem("DUPLICATE_RULE", f"规则编号 {rule.code} 重复", (*path, "code"))
        if rule.item is not None and rule.item in items:
            yield Problem("DUPLICATE_ITEM", f"条目 {rule.item} 重复", (*path, "item"))
        codes.add(rule.code)
        items.add(rule.item or "")
        yield from _check_heading(version, rule, path)
    checker = _Conditions(version, scope)
    for path, tree in trees_of(version):
        yield from _check_tree(tree, path)
        yield from checker.check(tree, path)


def trees_of(version: PolicyVersion) -> Iterator[tuple[Path, Node]]:
    """Every tree of the version with its path: its own scope, and each rule's scope and condition."""
    if version.applies_to is not None:
        yield ("applies_to",), version.applies_to
    for index, rule in enumerate(version.rules):
        if rule.applies_to is not None:
            yield ("rules", index, "applies_to"), rule.applies_to
        yield ("rules", index, "when"), rule.when


def environment(version: PolicyVersion, scope: FactScope) -> CelEngine:
    """The engine that knows the facts of the scope and the version's parameters, and nothing else."""
    variables = {f"facts.{name}": kind for name, spec in in_scope(scope).items() if (kind := cel_type(spec.type))}
    for parameter in version.parameters:
        kind = cel_type(parameter.type)
        if kind is not None:
            variables[f"params.{parameter.key}"] = kind
    return CelEngine(variables)


def _check_heading(version: PolicyVersion, rule: Rule, path: Path) -> Iterator[Problem]:
    if not rule.cites:
        message = f"规则 {rule.code} 没有引用任何条款；每条规则至少引用一条（非禁即入，不得无据增设条件）"
        yield Problem("CITATION_REQUIRED", message, (*path, "cites"))
    concept = CONCEPTS.get(rule.concept)
    if concept is None and not rule.concept.startswith(LOCAL_CONCEPT):
        hint = did_you_mean(rule.concept, CONCEPTS) or f"；本区特有的概念以 {LOCAL_CONCEPT} 开头"
        yield Problem("UNKNOWN_CONCEPT", f"未知的概念 {rule.concept}{hint}", (*path, "concept"))
    elif concept is not None and concept.kind is not version.kind:
        message = f"概念 {rule.concept} 属于{concept.kind.label}政策，不属于{version.kind.label}政策"
        yield Problem("CONCEPT_OUT_OF_PLACE", message, (*path, "concept"))
    allowed = EFFECTS_OF[version.kind]
    if not rule.effects:
        yield Problem("EFFECT_REQUIRED", f"规则 {rule.code} 没有写明效果", (*path, "effects"))
    for index, effect in enumerate(rule.effects):
        if effect not in allowed:
            message = f"{version.kind.label}政策的规则不能有效果 {effect}；可用：{'、'.join(sorted(allowed))}"
            yield Problem("EFFECT_OUT_OF_PLACE", message, (*path, "effects", index))
    needs_item = version.kind.value == "NEGATIVE_LIST"
    if needs_item != (rule.item is not None):
        message = "负面清单的每条规则须有条目号 item" if needs_item else "只有负面清单的规则有条目号 item"
        yield Problem("ITEM_REQUIRED" if needs_item else "ITEM_NOT_ALLOWED", message, (*path, "item"))
    if not any(leaf_reader.read(leaf.expr).facts for leaf in leaves_of(rule.when)):
        yield Problem("NO_FACT", f"规则 {rule.code} 不涉及任何事实", (*path, "when"))


def _check_tree(tree: Node, path: Path) -> Iterator[Problem]:
    count, deepest = 0, 0
    for below, depth, node in walk(tree):
        count, deepest = count + 1, max(deepest, depth)
        if not isinstance(node, Leaf) and not parts_of(node):
            yield Problem("EMPTY_NODE", "all、any、atLeast 之下至少要有一个条件", (*path, *below))
        if isinstance(node, AtLeast) and not 1 <= node.count <= len(node.parts):
            message = f"atLeast 为 {node.count}，应在 1 至 {len(node.parts)} 之间"
            yield Problem("OUT_OF_RANGE", message, (*path, *below, "atLeast"))
    if deepest > MAX_TREE_DEPTH:
        yield Problem("TREE_TOO_DEEP", f"规则嵌套 {deepest} 层，超过上限 {MAX_TREE_DEPTH}", path)
    if count > MAX_TREE_NODES:
        yield Problem("TREE_TOO_LARGE", f"规则含 {count} 个节点，超过上限 {MAX_TREE_NODES}", path)


class _Conditions:
    """Checks conditions against one version's facts and parameters; compiles each with the real engine."""

    def __init__(self, version: PolicyVersion, scope: FactScope) -> None:
        self.version, self.scope = version, scope
        self.parameters = {parameter.key: parameter for parameter in version.parameters}
        self.engine = environment(version, scope)
        self.items = {rule.item for rule in version.rules if rule.item is not None}

    def check(self, tree: Node, path: Path) -> Iterator[Problem]:
        for below, _, node in walk(tree):
            if isinstance(node, Leaf):
                yield from self._check_leaf(node, (*path, *below, "expr"))

    def _check_leaf(self, leaf: Leaf, path: Path) -> Iterator[Problem]:
        reading = leaf_reader.read(leaf.expr)
        found = [Problem(remark.code, remark.message, path, remark.place) for remark in reading.remarks]
        found += self._check_names(reading, path)
        if not found:
            found += self._check_codes(reading, path)
            try:
                self.engine.compile(leaf.expr)
            except NotCompiled as problem:
                found += [Problem("TYPE_ERROR", c.message, path, (c.line, c.column)) for c in problem.complaints]
        yield from found

    def _check_names(self, reading: Reading, path: Path) -> Iterator[Problem]:
        visible = in_scope(self.scope)
        for name, place in reading.facts:
            if name in visible:
                for needed in visible[name].needs:
                    if needed not in self.parameters:
                        message = f"事实 {name} 的计算需要参数 {needed}，本政策没有写明"
                        yield Problem("PARAMETER_REQUIRED", message, path, place)
            elif name in FACTS:
                other = "、".join(scope.label for scope in sorted(FACTS[name].scopes))
                kind = self.version.kind.label
                message = f"事实 {name} 属于{other}范围，{kind}规则只能使用{self.scope.label}范围的事实"
                yield Problem("FACT_OUT_OF_SCOPE", message, path, place)
            else:
                yield Problem("UNKNOWN_FACT", f"未知的事实 {name}{did_you_mean(name, visible)}", path, place)
        for name, place in reading.parameters:
            parameter = self.parameters.get(name)
            if parameter is None:
                hint = did_you_mean(name, self.parameters) or "；请先在 parameters 中写明"
                yield Problem("UNKNOWN_PARAMETER", f"本政策没有参数 {name}{hint}", path, place)
            elif cel_type(parameter.type) is None:
                yield Problem("TYPE_ERROR", f"参数 {name} 的类型不能用于条件", path, place)

    def _check_codes(self, reading: Reading, path: Path) -> Iterator[Problem]:
        """Quoted codes and grades must be ones that can occur: to CEL a misspelt code is merely never equal."""
        codes: dict[str, str] = {}
        scales = set()
        for name in reading.fact_names:
            spec = FACTS[name]
            codes.update(spec.choices if name != "confirmed_items" else dict.fromkeys(self.items, ""))
            if spec.type is ValueType.GRADE:
                scales.add(tuple(spec.choices))
        for name in reading.parameter_names:
            codes.update(self.parameters[name].choices)
            if self.parameters[name].type is ValueType.GRADE:
                scales.add(tuple(self.parameters[name].choices))
        if len(scales) > 1:
            yield Problem("TYPE_ERROR", "不同种类的等级不能相互比较", path)
        for text, place in reading.texts:
            if text not in codes:
                hint = did_you_mean(text, codes) or (f"；可用：{'、'.join(codes)}" if codes else "")
                yield Problem("UNKNOWN_CODE", f"“{text}”不是可能出现的代码{hint}", path, place)
