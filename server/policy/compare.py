"""The same concept in every district: who has it, with what effect, from what number on, counted over what window."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from server.kit.clause import Clause
from server.policy import leaf as leaf_reader
from server.policy.model import Parameter, PolicyVersion, Rule
from server.policy.nodes import leaves_of
from server.policy.terms import Anchor, Effect, WindowKind
from server.policy.values import ValueType
from server.policy.vocabulary import FACTS
from server.policy.windows import WindowSpec


@dataclass(frozen=True, slots=True)
class Row:
    """One district's row.  Where it has no such rule, ``present`` is false and everything else None.

    ``threshold``: the whole number that the rule compares with, None where it has none or several rules share the
    concept. ``threshold_text``: the same as text, a grade by its code.  ``window``: in Chinese; ``window_kind`` to
    group by. ``months``: what an assessment streak covers, so that 年 and 周期 can be compared (A-X-1).  ``rules``: how
    many rules.
    """

    jurisdiction: str
    present: bool
    effect: Effect | None = None
    effects: tuple[Effect, ...] = ()
    threshold: int | None = None
    threshold_text: str | None = None
    unit: str | None = None
    window: str | None = None
    window_kind: WindowKind | None = None
    months: int | None = None
    clause: Clause | None = None
    rules: int = 0


def compare(
    concepts: Sequence[str], in_force: Mapping[str, Iterable[PolicyVersion]]
) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """For each concept one row per jurisdiction, both in the order given.

    ``in_force``: for every jurisdiction that shall have a row, the versions that hold there on the day, none included.
    """
    held = {jurisdiction: tuple(versions) for jurisdiction, versions in in_force.items()}
    return tuple(
        (concept, tuple(_row(concept, jurisdiction, versions) for jurisdiction, versions in held.items()))
        for concept in concepts
    )


def _row(concept: str, jurisdiction: str, versions: tuple[PolicyVersion, ...]) -> Row:
    found = [(version, rule) for version in versions for rule in version.rules if rule.concept == concept]
    if not found:
        return Row(jurisdiction, present=False)
    version, rule = found[0]
    threshold = _threshold(version, rule) if len(found) == 1 else None
    window = _window(version, rule) if len(found) == 1 else None
    return Row(
        jurisdiction,
        present=True,
        effect=rule.effect,
        effects=rule.effects,
        threshold=threshold.value if threshold is not None and threshold.type is ValueType.INT else None,
        threshold_text=threshold.text if threshold is not None else None,
        unit=threshold.unit if threshold is not None else None,
        window=window.describe() if window else None,
        window_kind=window.kind if window else None,
        months=_months(threshold, versions),
        clause=rule.cites[0],
        rules=len(found),
    )


def _named(rule: Rule) -> tuple[list[str], list[str]]:
    """Facts and parameters that the rule's condition names."""
    readings = [leaf_reader.read(leaf.expr) for leaf in leaves_of(rule.when)]
    facts = [name for reading in readings for name in reading.fact_names]
    return facts, [name for reading in readings for name in reading.parameter_names]


def _threshold(version: PolicyVersion, rule: Rule) -> Parameter | None:
    """The one number or grade that the rule compares with; None where there is none, or more than one."""
    _, keys = _named(rule)
    numbers = [version.parameter(key) for key in dict.fromkeys(keys)]
    numbers = [parameter for parameter in numbers if parameter.type in (ValueType.INT, ValueType.GRADE)]
    return numbers[0] if len(numbers) == 1 else None


def _window(version: PolicyVersion, rule: Rule) -> WindowSpec | None:
    facts, _ = _named(rule)
    for name in facts:
        spec = FACTS[name]
        if name == "consecutive_failed_cycles":
            return WindowSpec(WindowKind.ASSESSMENT_CYCLE, anchor=Anchor.OCCURRED)
        if name == "serious_complaints_in_cycle":
            return WindowSpec(WindowKind.VERIFICATION_CYCLE, anchor=Anchor.OCCURRED)
        if spec.window is not None:
            years = version.value(spec.window.years, 1) if spec.window.years else 1
            anchor = version.value(spec.window.anchor, Anchor.DECIDED) if spec.window.anchor else Anchor.DECIDED
            return WindowSpec(WindowKind(version.value(spec.window.kind)), years, Anchor(anchor))
    return None


def _months(threshold: Parameter | None, versions: tuple[PolicyVersion, ...]) -> int | None:
    if threshold is None or threshold.key != "failed_cycles_to_exit":
        return None
    cycle = next((months for version in versions if (months := version.value("assessment_cycle_months"))), None)
    return None if cycle is None else threshold.value * cycle
