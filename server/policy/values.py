"""Typed values of parameters and facts: what conforms, how it is written, and what CEL sees of it.

CEL sees five types only: int, bool, string and lists of int and string.  A date becomes its ordinal (CEL knows no date
and takes a naive datetime for UTC), a grade its rank, a score its hundredths (a literal and a double do not compare).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from server.policy.terms import Term

Choices = Mapping[str, str]
"""Code → Chinese label.  For a GRADE the order is the rank, from 0."""

INT64 = 2**63
_MONTH_DAY = re.compile(r"(\d{2})-(\d{2})")
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class ValueType(StrEnum):
    INT = "INT"
    BOOL = "BOOL"
    TEXT = "TEXT"
    CHOICE = "CHOICE"
    GRADE = "GRADE"
    DATE = "DATE"
    MONTH_DAY = "MONTH_DAY"
    SCORE = "SCORE"
    INT_LIST = "INT_LIST"
    TEXT_LIST = "TEXT_LIST"
    INT_RANGE = "INT_RANGE"


@dataclass(frozen=True, slots=True)
class TypeRule:
    """``conforms``: is this Python value one of the type.  ``cel``: CEL's type, None where a rule cannot use it."""

    name: str
    cel: str | None
    conforms: Callable[[Any, Choices], bool]
    bind: Callable[[Any, Choices], Any]
    render: Callable[[Any], str]
    parse: Callable[[str], Any]


def _whole(value: Any, _: Choices = {}) -> bool:  # noqa: B006 - never written to
    # bool is an int to Python and to CEL's binding; here it is not.
    return type(value) is int and -INT64 <= value < INT64


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _score(value: Any) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and value * 100 == int(value * 100)


def _month_day(value: Any) -> bool:
    match = _MONTH_DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return False
    month, day = int(match[1]), int(match[2])
    return 1 <= month <= 12 and 1 <= day <= _DAYS_IN_MONTH[month - 1]


def _range(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_whole, value)) and value[0] <= value[1]


def _tuple_of(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(map(test, value)) and len(set(value)) == len(value)


def _parse_bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _parse_int(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", text, re.ASCII):
        raise ValueError(text)
    return int(text)


def _parse_score(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as problem:
        raise ValueError(text) from problem


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text.strip() else []


def _parse_range(text: str) -> tuple[int, int]:
    first, dash, second = text.partition("-")
    if not dash:
        raise ValueError(text)
    return _parse_int(first.strip()), _parse_int(second.strip())


def _same(value: Any, _: Choices) -> Any:
    return value


def _plain_text(value: Any, _: Choices) -> str:
    return value.value if isinstance(value, Term) else str(value)


def _in(value: Any, choices: Choices) -> bool:
    return _text(value) and value in choices


_RULES: dict[ValueType, TypeRule] = {
    ValueType.INT: TypeRule("整数", "int", _whole, _same, str, _parse_int),
    ValueType.BOOL: TypeRule(
        "是否", "bool", lambda v, _: isinstance(v, bool), _same, lambda v: "true" if v else "false", _parse_bool
    ),
    ValueType.TEXT: TypeRule("文本", "string", lambda v, _: _text(v), _plain_text, str, str),
    ValueType.CHOICE: TypeRule("选项", "string", _in, _plain_text, str, str),
    ValueType.GRADE: TypeRule("等级", "int", _in, lambda v, choices: list(choices).index(v), str, str),
    ValueType.DATE: TypeRule(
        "日期", "int", lambda v, _: type(v) is date, lambda v, _: v.toordinal(), date.isoformat, date.fromisoformat
    ),
    ValueType.MONTH_DAY: TypeRule("月日", None, lambda v, _: _month_day(v), _same, str, str),
    ValueType.SCORE: TypeRule(
        "分数", "int", lambda v, _: _score(v), lambda v, _: int(v * 100), lambda v: f"{v:f}", _parse_score
    ),
    ValueType.INT_LIST: TypeRule(
        "整数列表",
        "list<int>",
        lambda v, _: _tuple_of(_whole)(v),
        lambda v, _: list(v),
        lambda v: ",".join(map(str, v)),
        lambda text: tuple(map(_parse_int, _split(text))),
    ),
    ValueType.TEXT_LIST: TypeRule(
        "文本列表",
        "list<string>",
        lambda v, choices: _tuple_of(lambda item: _text(item) and (not choices or item in choices))(v),
        lambda v, choices: [_plain_text(item, choices) for item in v],
        ",".join,
        lambda text: tuple(_split(text)),
    ),
    ValueType.INT_RANGE: TypeRule(
        "整数区间", None, lambda v, _: _range(v), _same, lambda v: f"{v[0]}-{v[1]}", _parse_range
    ),
}


def label(type_: ValueType) -> str:
    """The type in Chinese, for messages."""
    return _RULES[type_].name


def cel_type(type_: ValueType) -> str | None:
    """CEL's name of the type, or None where no condition can use such a value."""
    return _RULES[type_].cel


def conforms(type_: ValueType, value: Any, choices: Choices) -> bool:
    """Whether the value is one of the type, exactly: no truthiness, no coercion."""
    return _RULES[type_].conforms(value, choices)


def bind(type_: ValueType, value: Any, choices: Choices) -> Any:
    """What CEL sees; only for values that conform."""
    return _RULES[type_].bind(value, choices)


def render(type_: ValueType, value: Any) -> str:
    """The value as text, the same text that ``parse`` reads: ``3``, ``true``, ``2026-04-02``, ``1,4,7,10``, ``1-6``."""
    return _RULES[type_].render(value)


def parse(type_: ValueType, text: str) -> Any:
    """The value that the text writes.  Says nothing about choices and limits.

    Raises: ValueError where the text does not write a value of the type.
    """
    return _RULES[type_].parse(text)
