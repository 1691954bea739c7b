"""Findings and cards counted by what they have in common: by district, item and period."""

from datetime import date
from typing import Optional

import strawberry

from schema.connections import OrderDirection
from schema.districts import District
from schema.filters import UNSET, IntFilter
from schema.grouped import BY_DISTRICT, by_period
from schema.planned import field_of
from schema.terms import term
from server.kit.terms import Term
from server.planner.binding import Aggregate, Grouping, GroupKey, Kind, Measure
from server.supervision.model import CardStatus, FindingStatus

term(FindingStatus, "认定状态", "NegativeFindingStatus")
term(CardStatus, "黄牌状态 a closed card still counts in its window, a voided one never does")


class NegativeFindingGroupKey(Term):
    """What findings can be grouped by."""

    DISTRICT = "DISTRICT", "辖区"
    ITEM = "ITEM", "条目号"
    STATUS = "STATUS", "状态"
    OCCURRED_YEAR = "OCCURRED_YEAR", "发生年份"
    OCCURRED_QUARTER = "OCCURRED_QUARTER", "发生季度"
    OCCURRED_MONTH = "OCCURRED_MONTH", "发生月份"


term(NegativeFindingGroupKey, "认定分组字段")


class NegativeFindingGroupOrderField(Term):
    """What groups of findings can be ordered by."""

    COUNT = "COUNT", "条数"
    DISTRICT = "DISTRICT", "辖区（须在 groupBy 中，下同）"
    ITEM = "ITEM", "条目号"
    STATUS = "STATUS", "状态"
    OCCURRED_YEAR = "OCCURRED_YEAR", "发生年份"
    OCCURRED_QUARTER = "OCCURRED_QUARTER", "发生季度"
    OCCURRED_MONTH = "OCCURRED_MONTH", "发生月份"


term(NegativeFindingGroupOrderField, "认定分组排序字段")


@strawberry.input(description="认定分组排序")
class NegativeFindingGroupOrder:
    """One sort key."""

    field: NegativeFindingGroupOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="认定分组条件 all given conditions must hold")
class NegativeFindingGroupHaving:
    """A filter on groups of findings."""

    count: IntFilter | None = strawberry.field(default=UNSET, description="条数")
    and_: list["NegativeFindingGroupHaving"] | None = strawberry.field(
        default=UNSET, name="and", description="同时满足"
    )
    or_: list["NegativeFindingGroupHaving"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["NegativeFindingGroupHaving"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="认定分组值 what the group has in common; null what it is not grouped by")
class NegativeFindingGroupValues:
    """The key of a group."""

    district: District | None = field_of("辖区 whose `policy` says how findings count there")
    item: str | None = field_of("条目号 of the district's own list")
    status: FindingStatus | None = field_of("状态")
    occurred_year: int | None = field_of("发生年份")
    occurred_quarter: date | None = field_of("发生季度 its first day")
    occurred_month: date | None = field_of("发生月份 its first day")


@strawberry.type(description="认定分组 findings the caller may see, counted")
class NegativeFindingGroup:
    """A group of findings."""

    key: NegativeFindingGroupValues = field_of("分组值")
    count: int = field_of("条数")


class YellowCardGroupKey(Term):
    """What cards can be grouped by."""

    DISTRICT = "DISTRICT", "辖区"
    ITEM = "ITEM", "条目号"
    STATUS = "STATUS", "状态"
    ISSUED_YEAR = "ISSUED_YEAR", "发出年份"
    ISSUED_QUARTER = "ISSUED_QUARTER", "发出季度"
    ISSUED_MONTH = "ISSUED_MONTH", "发出月份"


term(YellowCardGroupKey, "黄牌分组字段")


class YellowCardGroupOrderField(Term):
    """What groups of cards can be ordered by."""

    COUNT = "COUNT", "张数"
    DISTRICT = "DISTRICT", "辖区（须在 groupBy 中，下同）"
    ITEM = "ITEM", "条目号"
    STATUS = "STATUS", "状态"
    ISSUED_YEAR = "ISSUED_YEAR", "发出年份"
    ISSUED_QUARTER = "ISSUED_QUARTER", "发出季度"
    ISSUED_MONTH = "ISSUED_MONTH", "发出月份"


term(YellowCardGroupOrderField, "黄牌分组排序字段")


@strawberry.input(description="黄牌分组排序")
class YellowCardGroupOrder:
    """One sort key."""

    field: YellowCardGroupOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="黄牌分组条件 all given conditions must hold")
class YellowCardGroupHaving:
    """A filter on groups of cards."""

    count: IntFilter | None = strawberry.field(default=UNSET, description="张数")
    and_: list["YellowCardGroupHaving"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["YellowCardGroupHaving"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["YellowCardGroupHaving"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="黄牌分组值 what the group has in common; null what it is not grouped by")
class YellowCardGroupValues:
    """The key of a group."""

    district: District | None = field_of("辖区 whose `policy` says what cards count for there")
    item: str | None = field_of("条目号 null also where one decision on several items gave one card")
    status: CardStatus | None = field_of("状态")
    issued_year: int | None = field_of("发出年份")
    issued_quarter: date | None = field_of("发出季度 its first day")
    issued_month: date | None = field_of("发出月份 its first day")


@strawberry.type(description="黄牌分组 cards the caller may see, counted")
class YellowCardGroup:
    """A group of cards."""

    key: YellowCardGroupValues = field_of("分组值")
    count: int = field_of("张数")


def _grouping(name: str, day: str, period: str) -> Grouping:
    return Grouping(
        type=f"{name}Group",
        key_type=f"{name}GroupValues",
        keys={
            **BY_DISTRICT,
            "ITEM": GroupKey("item", "{t}.item", Kind.TEXT),
            "STATUS": GroupKey("status", "{t}.status", Kind.TEXT, plain=True),
            **by_period(period, f"{{t}}.{day}"),
        },
        measures={"count": Measure(Aggregate.COUNT)},
    )


FINDING_GROUPING = _grouping("NegativeFinding", "occurred_on", "occurred")
CARD_GROUPING = _grouping("YellowCard", "issued_on", "issued")
