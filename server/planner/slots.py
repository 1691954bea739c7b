"""Values not yet known while a statement is compiled: where they will be found, and how they become parameters.

A compiled statement is bound to a mapping of values, one name a source (``variables``, ``scope``, ``roots``); the planner
gives meaning to none of them but ``scope`` and ``roots``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import getitem
from typing import Any
from uuid import UUID

from server.planner.binding import Kind
from server.planner.predicates import By, Parameters, itself

#: What a statement is bound to.
Values = Mapping[str, Any]

#: A parameter as PostgreSQL reads it in text format; None for NULL.
Wire = bytes | None


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value: ``("variables", "filter", "name", "eq")`` is ``values["variables"]["filter"]["name"]["eq"]``."""

    path: tuple[str | int, ...]

    def find(self, values: Values) -> Any:
        """The value in this place."""
        found: Any = values
        for one in self.path:
            found = found[one]
        return found

    def finder(self) -> Callable[[Values], Any]:
        """What finds the value in this place."""
        match self.path:
            case (a, b):
                return lambda values: values[a][b]  # type: ignore[index]
            case (a, b, c):
                return lambda values: values[a][b][c]  # type: ignore[index]
            case (a, b, c, d):
                return lambda values: values[a][b][c][d]  # type: ignore[index]
        return lambda values: reduce(getitem, self.path, values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Slots(Mapping[str, Any]):
    """A mapping that holds a slot under every name, below ``path``."""

    path: tuple[str | int, ...]

    def __getitem__(self, name: str) -> Slot:
        return Slot((*self.path, name))

    def __iter__(self) -> Iterator[str]:
        raise TypeError("holds every name")

    def __len__(self) -> int:
        raise TypeError("holds every name")


def fill(value: Any, values: Values) -> Any:
    """The value with every slot in it replaced by what is found in its place."""
    if isinstance(value, Slot):
        return value.find(values)
    if isinstance(value, list):
        return [fill(one, values) for one in value]
    if isinstance(value, dict):
        return {name: fill(one, values) for name, one in value.items()}
    return value


def filler(value: Any) -> Callable[[Values], Any]:
    """What fills this value again and again: as ``fill``, with all that can be known of the value known."""
    if isinstance(value, Slot):
        return value.finder()
    if is_open(value):
        return lambda values: fill(value, values)
    return lambda _: value


def is_open(value: Any) -> bool:
    """Whether some slot is in the value."""
    if isinstance(value, Slot):
        return True
    if isinstance(value, list):
        return any(is_open(one) for one in value)
    return isinstance(value, dict) and any(is_open(one) for one in value.values())


#: A parameter of a compiled statement: known already, or how to make it of the values.
Binder = Wire | Callable[[Values], Wire]


class Places(Parameters):
    """The parameters of a statement being compiled. The same slot or constant in the same role takes one placeholder."""

    def __init__(self) -> None:
        super().__init__()
        self.binders: list[Binder] = []
        self.checks: list[Callable[[Values], object]] = []
        #: Numbers of the placeholders whose values nobody may be shown.
        self.secrets: set[int] = set()
        self._known: dict[tuple[object, ...], str] = {}

    def put(self, value: Any, kind: Kind | None = None, *, many: bool = False, by: By = itself) -> str:
        """The placeholder of this value, which may be or hold slots."""
        if isinstance(value, Slot):
            return self._place((value, kind, many, by), lambda: _late(value, by), kind, many=many)
        if is_open(value):
            # Never shared: lists of slots are rare and do not hash.
            return self._place((object(),), lambda: _late(value, by), kind, many=many)
        wire = to_wire(by(value))
        return self._place((wire, kind, many), lambda: wire, kind, many=many)

    def put_secret(self, value: bytes) -> str:
        """The placeholder of a value that nobody may be shown."""
        place = self.put(value)
        self.secrets.add(int(place[1:]))
        return f"{place}::bytea"

    def check(self, value: Any, by: By) -> None:
        """See to it that ``by`` accepts the value, which the statement itself does not need."""
        if is_open(value):
            self.checks.append(lambda values: by(fill(value, values)))
        else:
            by(value)

    def adopt_checks(self, others: "Places") -> None:
        """See to all that ``others`` would have sent or checked, without sending it."""
        self.checks += [one for one in others.binders if callable(one)]
        self.checks += others.checks

    def _place(self, key: tuple[object, ...], binder: Callable[[], Binder], kind: Kind | None, *, many: bool) -> str:
        place = self._known.get(key)
        if place is None:
            self.binders.append(binder())
            place = self._known[key] = self.placed(len(self.binders), kind, many=many)
        return place


def _late(value: Any, by: By) -> Binder:
    if not isinstance(value, Slot):
        return lambda values: to_wire(by(fill(value, values)))
    find = value.finder()
    if by is itself:
        return lambda values: to_wire(find(values))
    return lambda values: to_wire(by(find(values)))


def to_wire(value: Any) -> Wire:
    """The value in PostgreSQL's text format.

    Raises: UnicodeEncodeError for text that is no Unicode (checked where callers' text enters, predicates.text_of).
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, UUID):
        return (
            b"%032x" % value.int
        )  # PostgreSQL reads it without hyphens too, and to put them in takes longer than all else
    if isinstance(value, list):
        return b"{" + b",".join([_element(one) for one in value]) + b"}"
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    return _text(value).encode()


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | UUID():
            return str(value)
        case float():
            return repr(value)
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return value.isoformat()
    raise TypeError(f"no parameter can be made of {type(value).__name__}")


def _element(value: Any) -> bytes:
    if value is None:
        return b"NULL"
    return b'"' + _text(value).replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
