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
from typing import Any

import orjson

from server.kit.errors import BadInput
from server.planner.binding import Key, Kind, Type
from server.planner.predicates import Parameters

PAGE_DEFAULT = 20
PAGE_MAXIMUM = 100
_MAC_BYTES = 12
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

    def beyond(self, alias: str, values: Sequence[str | None], parameters: Parameters, *, backward: bool) -> str:
        """The condition for rows strictly after the values (before them, when ``backward``) in this order."""
        cases: list[str] = []
        equal: list[str] = []
        for step, expression, value in zip(self.steps, self.expressions(alias), values, strict=True):
            place = parameters.put(value, step.key.kind) if value is not None else "NULL"
            less = step.descending != backward
            beyond = f"{expression} {'<' if less else '>'} {place}" if value is not None else "false"
            if step.key.nullable:
                if backward and value is None:
                    beyond = f"{expression} IS NOT NULL"
                elif not backward and value is not None:
                    beyond = f"({beyond} OR {expression} IS NULL)"
            cases.append(" AND ".join([*equal, beyond]))
            equal.append(f"{expression} IS NULL" if value is None else f"{expression} = {place}")
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
    """Signs and reads cursors with the installation's secret."""

    def __init__(self, secret: str) -> None:
        self.key = hashlib.sha256(b"shequ/cursor/" + secret.encode()).digest()

    def write(self, order: Order, values: Sequence[str | None]) -> str:
        """The cursor of a row with these sort values."""
        payload = orjson.dumps(list(values))
        return base64.urlsafe_b64encode(self._mac(order, payload) + payload).decode().rstrip("=")

    def read(self, order: Order, text: str, path: tuple[str, ...]) -> list[str | None]:
        """The sort values that a cursor of this order holds.

        Raises: BadInput when it was not made by us for this list and order.
        """
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
            if not hmac.compare_digest(mac, self._mac(order, payload)):
                raise ValueError(text)
            values: list[str | None] = orjson.loads(payload)
        except (ValueError, binascii.Error, UnicodeEncodeError):
            raise BadInput("游标无效：游标只能用于返回它的同一列表和同一排序", path=path) from None
        return values

    def _mac(self, order: Order, payload: bytes) -> bytes:
        # Truncated to 96 of 256 bits, SHA-256 over key‖message is not open to length extension, and PostgreSQL, which has
        # sha256 but no hmac without pgcrypto, can make the same cursors.
        return hashlib.sha256(self.key + order.context.encode() + b"\0" + payload).digest()[:_MAC_BYTES]


@dataclass(frozen=True, slots=True)
class Page:
    """How many rows, from which end, between which cursors."""

    limit: int
    backward: bool
    after: str | None
    before: str | None


def page_of(arguments: Mapping[str, Any], path: tuple[str, ...]) -> Page:
    """The page that ``first/after/last/before`` ask for.

    Raises: BadInput for a negative size, one above the maximum, or both ``first`` and ``last``.
    """
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise BadInput("first 与 last 不能同时使用", path=(*path, "last"))
    name, size = ("last", last) if last is not None else ("first", PAGE_DEFAULT if first is None else first)
    if not 0 <= size <= PAGE_MAXIMUM:
        raise BadInput(f"{name} 应在 0 到 {PAGE_MAXIMUM} 之间，实际为 {size}", path=(*path, name))
    return Page(size, last is not None, arguments.get("after"), arguments.get("before"))
