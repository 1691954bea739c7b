"""Pages by key, never by offset: what to order by, where a page starts, and the cursor that says so.

A cursor holds the sort values of one row as text, signed, and bound to the type and order it was made for: a cursor from
another list, another order or another hand is refused.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from server.kit.errors import BadInput
from server.planner.binding import Key, Kind, Type
from server.planner.predicates import By

#: The argument of connections whose very value is part of a statement's text.
ORDER_ARGUMENT = "orderBy"
#: The argument of groups that names their keys: part of the statement's text likewise.
GROUP_ARGUMENT = "groupBy"
#: The arguments that are a connection's own, whichever rows it is over.
PAGE_ARGUMENTS = ("filter", ORDER_ARGUMENT, "first", "after", "last", "before")
#: The arguments that are the groups' own.
GROUPS_ARGUMENTS = (GROUP_ARGUMENT, "filter", "having", ORDER_ARGUMENT, "first")

PAGE_DEFAULT = 20
PAGE_MAXIMUM = 100
_MAC_BYTES = 12
_ID_BYTES = 16
_ID = Key("{t}.id", Kind.UUID)


@dataclass(frozen=True, slots=True)
class Step:
    """One sort key with its direction."""

    name: str
    key: Key
    descending: bool


@dataclass(frozen=True, slots=True)
class Order:
    """A total order over the rows of one type: the caller's keys, then tenant and row id."""

    type_name: str
    steps: tuple[Step, ...]

    @property
    def context(self) -> str:
        """What a cursor of this order is bound to."""
        return "|".join([self.type_name, *(f"{one.name}:{'DESC' if one.descending else 'ASC'}" for one in self.steps)])

    def expressions(self, alias: str) -> list[str]:
        """The sort keys' SQL, in order."""
        return [step.key.sql.replace("{t}", alias) for step in self.steps]

    def clause(self, alias: str, *, backward: bool) -> str:
        """The ORDER BY list; nulls come last in the forward direction whatever the direction of the key."""
        parts = []
        for step, expression in zip(self.steps, self.expressions(alias), strict=True):
            text = f"{expression} {'DESC' if step.descending != backward else 'ASC'}"
            if step.key.nullable:
                text += " NULLS FIRST" if backward else " NULLS LAST"
            parts.append(text)
        return ", ".join(parts)

    def beyond(self, alias: str, places: Sequence[str], *, backward: bool) -> str:
        """The condition for rows strictly after the row with these sort values (before it, when ``backward``).

        ``places`` are SQL expressions, one a key; those of nullable keys may be null.
        """
        expressions = self.expressions(alias)
        directions = {step.descending != backward for step in self.steps}
        if len(directions) == 1 and not any(step.key.nullable for step in self.steps):
            # A row comparison is one range of an index; the cases below are not.
            sign = "<" if directions.pop() else ">"
            return f"({', '.join(expressions)}) {sign} ({', '.join(places)})"
        cases: list[str] = []
        equal: list[str] = []
        for step, expression, place in zip(self.steps, expressions, places, strict=True):
            beyond = f"{expression} {'<' if step.descending != backward else '>'} {place}"
            if not step.key.nullable:
                same = f"{expression} = {place}"
            else:
                same = f"{expression} IS NOT DISTINCT FROM {place}"
                # Nulls come last in the forward direction.
                before, after = (expression, place) if backward else (place, expression)
                beyond = f"({beyond} OR ({before} IS NOT NULL AND {after} IS NULL))"
            cases.append(" AND ".join([*equal, beyond]))
            equal.append(same)
        return "(" + " OR ".join(f"({case})" for case in cases) + ")"


def order_of(type_: Type, wanted: Sequence[Mapping[str, Any]] | None, default: str) -> Order:
    """The total order for ``[{field, direction}]``, or for the connection's own default where none is wanted.

    Raises: BadInput when a field is named twice.
    """
    steps: list[Step] = []
    for one in wanted or ():
        name = one["field"]
        if any(step.name == name for step in steps):
            raise BadInput(f"排序字段 {name} 重复", path=("orderBy",))
        steps.append(Step(name, type_.orders[name], one.get("direction") == "DESC"))
    if not steps and default:
        name, _, direction = default.partition(" ")
        steps.append(Step(name, type_.orders[name], direction == "DESC"))
    # Row ids are UUIDs of our own making, so they are unique across tenants as well.
    steps.append(Step("ID", _ID, steps[-1].descending if steps else False))
    return Order(type_.name, tuple(steps))


def fixed_order(type_: Type, key: Key | None) -> Order:
    """The total order of a short list: by its key, then by row id."""
    steps = () if key is None else (Step("KEY", key, descending=False),)
    return Order(type_.name, (*steps, Step("ID", _ID, descending=False)))


class Cursors:
    """Signs and reads cursors with the installation's secret.

    A cursor is URL-safe base64 over 12 bytes of signature, the 16 bytes of the row id, and the other sort values as a JSON
    array of text; ``server/planner/pages.py`` makes the same bytes in SQL.
    """

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"shequ/cursor/" + secret.encode()).digest()

    def write(self, order: Order, values: Sequence[str | None]) -> str:
        """The cursor of a row with these sort values, the row id last."""
        payload = UUID(values[-1]).bytes + orjson.dumps(list(values[:-1]))
        return base64.urlsafe_b64encode(self._mac(order, payload) + payload).decode()

    def read(self, order: Order, path: tuple[str, ...], text: str) -> list[str | None]:
        """The sort values that a cursor of this order holds.

        Raises: BadInput when it was not made by us for this list and order.
        """
        try:
            raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
            mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            if not hmac.compare_digest(mac, self._mac(order, payload)):
                raise ValueError(text)
            values: list[str | None] = orjson.loads(payload[_ID_BYTES:])
        except (ValueError, binascii.Error, UnicodeEncodeError):
            raise BadInput("游标无效：游标只能用于返回它的同一列表和同一排序", path=path) from None
        return [*values, str(UUID(bytes=payload[:_ID_BYTES]))]

    def reading(self, order: Order, path: tuple[str, ...]) -> "Reading":
        """How cursors of this order are read, sort value by sort value."""
        return Reading(self, order, path)

    def seal(self, order: Order) -> bytes:
        """What is hashed before a payload to sign it for this order.

        Truncated to 96 of 256 bits, SHA-256 over key‖message is not open to length extension; PostgreSQL has sha256 but,
        without pgcrypto, no hmac.
        """
        return self._key + order.context.encode() + b"\0"

    def _mac(self, order: Order, payload: bytes) -> bytes:
        return hashlib.sha256(self.seal(order) + payload).digest()[:_MAC_BYTES]


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the cursors of one order, given under ``path``."""

    cursors: Cursors
    order: Order
    path: tuple[str, ...]

    def value(self, n: int) -> By:
        """What gives the n-th sort value of a cursor. Raises: BadInput, as ``Cursors.read``."""
        return lambda text: self.cursors.read(self.order, self.path, text)[n]


@dataclass(frozen=True, slots=True)
class Page:
    """How many rows, from which end, between which cursors; sizes and cursors may be slots.

    ``sized`` gives a size its limits: it refuses, with BadInput, what lies outside.
    """

    size: Any
    backward: bool
    after: Any
    before: Any
    sized: By


def page_of(arguments: Mapping[str, Any], path: tuple[str, ...]) -> Page:
    """The page that ``first/after/last/before`` ask for.

    Raises: BadInput for both ``first`` and ``last``.
    """
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadInput("first 与 last 不能同时使用", path=(*path, "last"))
    name, size = ("last", last) if last is not None else ("first", PAGE_DEFAULT if first is None else first)
    sized = partial(_sized, name, (*path, name))
    return Page(size, last is not None, arguments.get("after"), arguments.get("before"), sized)


def _sized(name: str, path: tuple[str, ...], size: int) -> int:
    if not 0 <= size <= PAGE_MAXIMUM:
        raise BadInput(f"{name} 应在 0 到 {PAGE_MAXIMUM} 之间，实际为 {size}", path=path)
    return size
