"""Typed filter operands. Several tests in one operand must all hold; null is tested with ``isNull`` only."""

from datetime import date, datetime
from typing import Generic, TypeVar

import strawberry

E = TypeVar("E")

UNSET = strawberry.UNSET


def _test(description: str, name: str | None = None) -> object:
    return strawberry.field(default=UNSET, description=description, name=name)


@strawberry.input(description="文本条件")
class StringFilter:
    """Tests on text."""

    eq: str | None = _test("等于")  # type: ignore[assignment]
    in_: list[str] | None = _test("属于其中之一", "in")  # type: ignore[assignment]
    contains: str | None = _test("包含（一个字起，区分大小写）")  # type: ignore[assignment]
    starts_with: str | None = _test("以此开头")  # type: ignore[assignment]
    is_null: bool | None = _test("是否为空")  # type: ignore[assignment]


@strawberry.input(description="标识条件")
class IDFilter:
    """Tests on ids."""

    eq: strawberry.ID | None = _test("等于")  # type: ignore[assignment]
    in_: list[strawberry.ID] | None = _test("属于其中之一", "in")  # type: ignore[assignment]
    is_null: bool | None = _test("是否为空")  # type: ignore[assignment]


@strawberry.input(description="整数条件")
class IntFilter:
    """Tests on integers."""

    eq: int | None = _test("等于")  # type: ignore[assignment]
    in_: list[int] | None = _test("属于其中之一", "in")  # type: ignore[assignment]
    gte: int | None = _test("大于或等于")  # type: ignore[assignment]
    gt: int | None = _test("大于")  # type: ignore[assignment]
    lte: int | None = _test("小于或等于")  # type: ignore[assignment]
    lt: int | None = _test("小于")  # type: ignore[assignment]
    is_null: bool | None = _test("是否为空")  # type: ignore[assignment]


@strawberry.input(description="小数条件")
class FloatFilter:
    """Tests on numbers."""

    gte: float | None = _test("大于或等于")  # type: ignore[assignment]
    gt: float | None = _test("大于")  # type: ignore[assignment]
    lte: float | None = _test("小于或等于")  # type: ignore[assignment]
    lt: float | None = _test("小于")  # type: ignore[assignment]
    is_null: bool | None = _test("是否为空")  # type: ignore[assignment]


@strawberry.input(description="日期条件")
class DateFilter:
    """Tests on dates."""

    eq: date | None = _test("等于")  # type: ignore[assignment]
    in_: list[date] | None = _test("属于其中之一", "in")  # type: ignore[assignment]
    gte: date | None = _test("不早于")  # type: ignore[assignment]
    gt: date | None = _test("晚于")  # type: ignore[assignment]
    lte: date | None = _test("不晚于")  # type: ignore[assignment]
    lt: date | None = _test("早于")  # type: ignore[assignment]
    is_null: bool | None = _test("是否为空")  # type: ignore[assignment]


@strawberry.input(description="时间条件")
class DateTimeFilter:
    """Tests on instants."""

    gte: datetime | None = _test("不早于")  # type: ignore[assignment]
    gt: datetime | None = _test("晚于")  # type: ignore[assignment]
    lte: datetime | None = _test("不晚于")  # type: ignore[assignment]
    lt: datetime | None = _test("早于")  # type: ignore[assignment]
    is_null: bool | None = _test("是否为空")  # type: ignore[assignment]


@strawberry.input(description="是否条件")
class BooleanFilter:
    """Tests on truth values."""

    eq: bool | None = _test("等于")  # type: ignore[assignment]


@strawberry.input(description="枚举条件")
class Filter(Generic[E]):
    """Tests on values of an enum."""

    eq: E | None = _test("等于")  # type: ignore[assignment]
    in_: list[E] | None = _test("属于其中之一", "in")  # type: ignore[assignment]
    is_null: bool | None = _test("是否为空")  # type: ignore[assignment]
