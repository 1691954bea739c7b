"""Scalars of the API, beyond GraphQL's own."""

from datetime import date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError

from server.kit import uscc
from server.kit.clock import shown
from server.kit.errors import Refusal

UnifiedSocialCreditCode = NewType("UnifiedSocialCreditCode", str)


def _date(value: object) -> date:
    try:
        if isinstance(value, str) and len(value) == 10:
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise GraphQLError(f"日期应为 YYYY-MM-DD，实际为 {str(value)[:40]!r}")


def _datetime(value: object) -> datetime:
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value)
            if parsed.tzinfo is not None:
                return parsed
    except ValueError:
        pass
    raise GraphQLError(f"时间应为带时区的 RFC 3339 格式，例如 2026-11-22T09:00:00+08:00，实际为 {str(value)[:40]!r}")


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
    UnifiedSocialCreditCode: strawberry.scalar(
        name="UnifiedSocialCreditCode",
        description="统一社会信用代码 18 characters by GB 32100-2015, check character verified",
        serialize=str,
        parse_value=_credit_code,
    ),
}
