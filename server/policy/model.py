"""What a policy version is made of: frozen values, nothing computed but their written form and its digest.

A version is immutable once published.  What happens to it afterwards (its status, a successor that shortens its period)
stands outside its content and outside its digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from server.kit.clause import Clause
from server.policy import nodes, values
from server.policy.canonical import digest
from server.policy.nodes import Node
from server.policy.terms import Effect, Kind, Mode, SourceStatus
from server.policy.values import ValueType
from server.policy.windows import Period


def _written(**parts: Any) -> dict[str, Any]:
    """The parts that say something, in the order given; a ``value`` always does, even an empty list."""
    return {key: part for key, part in parts.items() if key == "value" or (part is not None and part not in ([], {}))}


@dataclass(frozen=True)
class Parameter:
    """One adjustable value of a version, with where it comes from.

    ``key`` is the name that rules and callers use.  Type and limits of the declared keys stand in
    ``server.policy.parameters``; a district's ``own`` key brings them along.
    """

    key: str
    type: ValueType
    value: Any
    label: str
    source_status: SourceStatus
    clause: Clause | None = None
    unit: str | None = None
    ambiguity: str | None = None
    note: str | None = None
    own: bool = False
    minimum: int | None = None
    maximum: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The value as text, the same text that a caller sends to change it."""
        return values.render(self.type, self.value)

    def plain(self) -> dict[str, Any]:
        limits = {"minimum": self.minimum, "maximum": self.maximum, "choices": dict(self.choices)} if self.own else {}
        return _written(
            key=self.key,
            label=self.label,
            type=self.type if self.own else None,
            **limits,
            value=self.value,
            unit=self.unit,
            source_status=self.source_status,
            clause=None if self.clause is None else str(self.clause),
            ambiguity=self.ambiguity,
            note=self.note,
        )


@dataclass(frozen=True)
class Rule:
    """One rule: when its tree is met it proposes its effects.

    ``effects``: the first is the one that statistics and comparison speak of.  ``otherwise``: what holds when the
    rule did not fire; for admission, where ``when`` states the ground for refusing, it is ELIGIBLE. ``concept``
    aligns rules of different districts.  ``item`` is the number on a negative list.  ``applies_to`` narrows the
    version's own scope.  ``ambiguities`` names the readings of the text that the rule rests on.
    """

    code: str
    title: str
    concept: str
    effects: tuple[Effect, ...]
    when: Node
    cites: tuple[Clause, ...]
    otherwise: Effect = Effect.NO_ACTION
    mode: Mode = Mode.PROPOSE
    item: str | None = None
    applies_to: Node | None = None
    evidence: tuple[str, ...] = ()
    ambiguities: tuple[str, ...] = ()
    note: str | None = None

    @property
    def effect(self) -> Effect:
        return self.effects[0]

    def plain(self) -> dict[str, Any]:
        return _written(
            code=self.code,
            title=self.title,
            item=self.item,
            concept=self.concept,
            cites=[str(clause) for clause in self.cites],
            applies_to=None if self.applies_to is None else nodes.plain(self.applies_to),
            when=nodes.plain(self.when),
            effects=list(self.effects),
            otherwise=None if self.otherwise is Effect.NO_ACTION else self.otherwise,
            mode=self.mode,
            evidence=list(self.evidence),
            ambiguities=list(self.ambiguities),
            note=self.note,
        )


@dataclass(frozen=True)
class PolicyVersion:
    """What one jurisdiction has decided about one kind of thing, from a day on.

    ``jurisdiction`` is the district's code, or the municipality's; None in a template.  ``effective_from`` is None in a
    template and in a draft whose date is still to be entered: such a version cannot be published.
    ``effective_until``: the end that the version itself states (half-open); ``shortened_until``: the day from which a
    successor holds.  ``number`` and ``shortened_until`` are no part of the content.
    """

    pack: str
    kind: Kind
    jurisdiction: str | None
    title: str
    number: int
    effective_from: date | None
    effective_until: date | None = None
    effective_status: SourceStatus = SourceStatus.FROM_CLAUSE
    effective_clause: Clause | None = None
    effective_note: str | None = None
    documents: tuple[str, ...] = ()
    applies_to: Node | None = None
    parameters: tuple[Parameter, ...] = ()
    rules: tuple[Rule, ...] = ()
    note: str | None = None
    shortened_until: date | None = None

    @property
    def period(self) -> Period:
        """The days on which it is in force, once published.  Raises: ValueError where no first day is set."""
        if self.effective_from is None:
            raise ValueError(f"{self.pack} version {self.number} states no effective date")
        ends = [end for end in (self.effective_until, self.shortened_until) if end is not None]
        return Period(self.effective_from, min(ends) if ends else None)

    @cached_property
    def digest(self) -> str:
        """Names the content, 64 hexadecimal digits."""
        return digest(self.content())

    def content(self) -> dict[str, Any]:
        """The written form of everything but ``number`` and ``shortened_until``; what the digest is taken over."""
        heading = {"pack": self.pack, "kind": self.kind, "jurisdiction": self.jurisdiction, "title": self.title}
        return heading | self.plain()

    def plain(self) -> dict[str, Any]:
        """The written form of one version inside its pack, without its number."""
        return _written(
            effective=_written(
                **{"from": self.effective_from},
                until=self.effective_until,
                source_status=self.effective_status if self.effective_from else None,
                clause=None if self.effective_clause is None else str(self.effective_clause),
                note=self.effective_note,
            ),
            documents=list(self.documents),
            note=self.note,
            applies_to=None if self.applies_to is None else nodes.plain(self.applies_to),
            parameters=[parameter.plain() for parameter in self.parameters],
            rules=[rule.plain() for rule in self.rules],
        )

    @cached_property
    def _by_key(self) -> dict[str, Parameter]:
        return {parameter.key: parameter for parameter in self.parameters}

    def parameter(self, key: str) -> Parameter:
        """The parameter of that key.  Raises: KeyError."""
        return self._by_key[key]

    def value(self, key: str, default: Any = None) -> Any:
        """The value of that key, or ``default`` where the version has no such parameter."""
        found = self._by_key.get(key)
        return default if found is None else found.value

    def rule(self, code: str) -> Rule:
        """The rule of that code.  Raises: KeyError."""
        for rule in self.rules:
            if rule.code == code:
                return rule
        raise KeyError(code)

    def find_item(self, item: str) -> Rule | None:
        """The rule of that number on the negative list, or None."""
        return next((rule for rule in self.rules if rule.item == item), None)

    def shortened(self, until: date) -> "PolicyVersion":
        """The same version, in force until ``until`` at the latest; its digest is unchanged."""
        return replace(self, shortened_until=until)


@dataclass(frozen=True)
class PolicyPack:
    """One jurisdiction's versions of one kind, in the order of their numbers."""

    code: str
    kind: Kind
    jurisdiction: str | None
    title: str
    versions: tuple[PolicyVersion, ...]
