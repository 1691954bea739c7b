"""What compiling gives: one statement, and how its parameters are made of a request's values."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from server.planner.binding import Root
from server.planner.selection import Selection
from server.planner.slots import Binder, Values, Wire

#: Stands for an answer that cannot be given (a required row that was not found, too many groups), with the number of its
#: root field between two of them.  JSON text never holds it: a control character inside a string is escaped.
MISSING = "\x01"
MARK = MISSING.encode()

_NONE: Mapping[str, Any] = MappingProxyType({})


class Asked(NamedTuple):
    """One root field of a statement.

    ``condition`` is the SQL condition of its arguments (``{t}``, ``:name``); what it names stands in ``values`` when the
    statement is bound, not before.  Without a ``root`` the field is ``constant``: the same for everybody.
    """

    selection: Selection
    root: Root | None
    condition: str = "true"
    values: Mapping[str, Any] = _NONE
    constant: Any = None

    @property
    def signature(self) -> Hashable:
        """What the statement's text depends on, besides the selection."""
        return self.condition, self.root and self.root.target


class AskedNodes(NamedTuple):
    """A root field that reads any objects by node id; ``tags`` are the types that may be among them.

    ``values`` holds ``tags``, ``tenants`` and ``ids``, one entry for each object asked for.
    """

    selection: Selection
    tags: frozenset[int]
    values: Mapping[str, Any] = _NONE

    @property
    def signature(self) -> Hashable:
        """What the statement's text depends on, besides the selection."""
        return self.tags


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement that answers all root fields it was compiled for, in one value of JSON text.

    The text depends neither on district nor on values, so that every connection keeps it prepared.
    """

    sql: str
    binders: tuple[Binder, ...]
    checks: tuple[Callable[[Values], object], ...]
    #: Numbers of the placeholders ($1 is 1) whose values nobody may be shown.
    secrets: frozenset[int]
    #: The answer where the statement gives no row at all, as one for a single object does where there is none.
    absent: bytes = b""
    #: A shorter statement with the same answer, for values of which all of these hold.
    shorter: "tuple[tuple[Callable[[Values], bool], ...], Plan] | None" = None
    #: The parameters as far as they are known already, and what makes each of the others in its place.
    known: tuple[Wire, ...] = field(init=False, repr=False, compare=False)
    late: tuple[tuple[int, Callable[[Values], Wire]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", tuple([None if callable(one) else one for one in self.binders]))
        object.__setattr__(self, "late", tuple([(n, one) for n, one in enumerate(self.binders) if callable(one)]))

    def bound(self, values: Values) -> "tuple[Plan, list[Wire]]":
        """What to send for these values: this statement or the shorter one, and its parameters. Raises: as ``bind``."""
        if self.shorter is not None and all(holds(values) for holds in self.shorter[0]):
            return self.shorter[1].bound(values)
        return self, self.bind(values)

    def bind(self, values: Values) -> list[Wire]:
        """The statement's parameters.

        Raises: BadInput for values outside their limits.
        """
        for check in self.checks:
            check(values)
        wires = list(self.known)
        for n, binder in self.late:
            wires[n] = binder(values)
        return wires

    def answer(self, row: Sequence[bytes | None]) -> bytes:
        """The JSON text that the statement answers with, by its first row."""
        text = row[0] if row else self.absent
        assert text, "a compiled statement answers with one JSON text"
        return text


def values_of(asked: Sequence[Asked | AskedNodes], scope: Mapping[str, Any], sources: Values) -> Values:
    """What a plan is bound to: the scope's values, the root fields' own, and the sources that their slots name."""
    return {**sources, "scope": scope, "roots": [one.values for one in asked]}


def missing(answer: bytes) -> tuple[bytes, list[int]]:
    """The answer with null for each root field that has none, and the numbers of these."""
    if MARK not in answer:
        return answer, []
    parts = answer.split(MARK)
    return b"null".join(parts[::2]), [int(number) for number in parts[1::2]]
