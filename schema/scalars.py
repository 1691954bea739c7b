"""Scalars of the API, beyond GraphQL's own."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

from server.kit import uscc
from server.kit.clock import BEIJING, shown
from server.kit.errors import Refusal

UnifiedSocialCreditCode = NewType("UnifiedSocialCreditCode", str)
JSON = NewType("JSON", object)
#: A personal value as everybody sees it (server/record/sealed.py); never an input.
MaskedText = NewType("MaskedText", str)
#: A personal value in the clear, on its way to being sealed; only ever an input, and only ever a variable.
PersonalText = NewType("PersonalText", str)


# The standard library also reads week dates, basic forms and times without seconds: RFC 3339 has none of them.
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,20}(\.\d{1,10})?", re.ASCII)


def _date(value: object) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise GraphQLError(f"日期应为 YYYY-MM-DD，实际为 {str(value)[:40]!r}")


def _datetime(value: object) -> datetime:
    try:
        if isinstance(value, str) and _DATETIME.fullmatch(value):
            # Within a day of either end of the calendar an instant cannot be shown in Beijing's time.
            return datetime.fromisoformat(value.upper()).astimezone(BEIJING)
    except (ValueError, OverflowError):
        pass
    raise GraphQLError(f"时间应为带时区的 RFC 3339 格式，例如 2026-11-22T09:00:00+08:00，实际为 {str(value)[:40]!r}")


def _decimal(value: object) -> Decimal:
    if isinstance(value, str | int) and not isinstance(value, bool) and _DECIMAL.fullmatch(str(value)[:40]):
        return Decimal(value)
    raise GraphQLError(f"数值应为十进制文本，例如 420.0，整数最多 20 位、小数最多 10 位，实际为 {str(value)[:40]!r}")


def _never_given(_: object) -> str:
    raise GraphQLError("脱敏值只能读取，不能作为输入")


def _personal(value: object) -> str:
    if isinstance(value, str):
        return value
    # Not repeated, as graphql-core would: it may be somebody's number all the same.
    raise GraphQLError("个人信息应为文本")


def _not_written_out(*_: object) -> str:
    raise GraphQLError("个人信息只能以变量传入，不能写在文档中：文档会被缓存和登记")


def _credit_code(value: object) -> str:
    try:
        return uscc.normalise(str(value), path=())
    except Refusal as refusal:
        raise GraphQLError(refusal.message) from None


SCALARS: dict[object, Any] = {
    date: strawberry.scalar(
        name="Date",
        description="日期 a civil date in Beijing, `YYYY-MM-DD`",
        serialize=date.isoformat,
        parse_value=_date,
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="时间 an instant with its offset (RFC 3339), shown in Beijing time",
        serialize=shown,
        parse_value=_datetime,
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="十进制数 an exact number, sent as text: `420.0`",
        serialize=str,
        parse_value=_decimal,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="JSON 值 objects, lists, text, numbers as they were recorded",
        serialize=lambda value: value,
        parse_value=lambda value: value,
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc8259",
    ),
    MaskedText: strawberry.scalar(
        name="MaskedText",
        description=(
            "脱敏文本 a personal value with most of it hidden, `110105********0021`; `extensions.masked` lists where such "
            "stand; neither filtered, ordered nor grouped by; in the clear by `unmask` alone"
        ),
        serialize=str,
        parse_value=_never_given,
    ),
    PersonalText: strawberry.scalar(
        name="PersonalText",
        description=(
            "个人信息 a personal value in the clear, such as an identity number; encrypted before it is stored, shown as "
            "`MaskedText`; given as a variable, never written into the document"
        ),
        serialize=str,
        parse_value=_personal,
        parse_literal=_not_written_out,
    ),
    UnifiedSocialCreditCode: strawberry.scalar(
        name="UnifiedSocialCreditCode",
        description="统一社会信用代码 18 characters by GB 32100-2015, check character verified",
        serialize=str,
        parse_value=_credit_code,
    ),
}
