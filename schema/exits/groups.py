"""Exit cases counted by what they have in common."""

from datetime import date
from typing import Optional

import strawberry

from schema.connections import OrderDirection
from schema.districts import District
from schema.exits.terms import ExitGround, ExitStatus, ExitStrength
from schema.filters import UNSET, IntFilter
from schema.grouped import BY_DISTRICT, by_period
from schema.planned import field_of
from schema.terms import term
from server.exits.tables import STRENGTH
from server.kit.terms import Term
from server.planner.binding import Aggregate, Grouping, GroupKey, Kind, Measure
from server.policy.terms import Effect


class ExitCaseGroupKey(Term):
    """What exit cases can be grouped by."""

    DISTRICT = "DISTRICT", "辖区"
    STRENGTH = "STRENGTH", "强度"
    EFFECT = "EFFECT", "首要效果"
    GROUND = "GROUND", "立案依据"
    STATUS = "STATUS", "状态"
    OPENED_YEAR = "OPENED_YEAR", "立案年份"
    OPENED_QUARTER = "OPENED_QUARTER", "立案季度"
    OPENED_MONTH = "OPENED_MONTH", "立案月份"


term(ExitCaseGroupKey, "退出案件分组字段")


class ExitCaseGroupOrderField(Term):
    """What groups of exit cases can be ordered by."""

    COUNT = "COUNT", "件数"
    DISTRICT = "DISTRICT", "辖区（须在 groupBy 中，下同）"
    STRENGTH = "STRENGTH", "强度"
    EFFECT = "EFFECT", "首要效果"
    GROUND = "GROUND", "立案依据"
    STATUS = "STATUS", "状态"
    OPENED_YEAR = "OPENED_YEAR", "立案年份"
    OPENED_QUARTER = "OPENED_QUARTER", "立案季度"
    OPENED_MONTH = "OPENED_MONTH", "立案月份"


term(ExitCaseGroupOrderField, "退出案件分组排序字段")


@strawberry.input(description="退出案件分组排序")
class ExitCaseGroupOrder:
    """One sort key."""

    field: ExitCaseGroupOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="退出案件分组条件 all given conditions must hold")
class ExitCaseGroupHaving:
    """A filter on groups of exit cases."""

    count: IntFilter | None = strawberry.field(default=UNSET, description="件数")
    and_: list["ExitCaseGroupHaving"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ExitCaseGroupHaving"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ExitCaseGroupHaving"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="退出案件分组值 what the group has in common; null what it is not grouped by")
class ExitCaseGroupValues:
    """The key of a group."""

    district: District | None = field_of("辖区 whose `policy` says what leads to an exit there")
    strength: ExitStrength | None = field_of("强度")
    effect: Effect | None = field_of("首要效果")
    ground: ExitGround | None = field_of("立案依据")
    status: ExitStatus | None = field_of("状态")
    opened_year: int | None = field_of("立案年份")
    opened_quarter: date | None = field_of("立案季度 its first day")
    opened_month: date | None = field_of("立案月份 its first day")


@strawberry.type(description="退出案件分组 cases the caller may see, counted")
class ExitCaseGroup:
    """A group of exit cases."""

    key: ExitCaseGroupValues = field_of("分组值")
    count: int = field_of("件数")


_DAY = "{t}.opened_on"
GROUPING = Grouping(
    type="ExitCaseGroup",
    key_type="ExitCaseGroupValues",
    keys={
        **BY_DISTRICT,
        "STRENGTH": GroupKey("strength", STRENGTH, Kind.TEXT, plain=True),
        "EFFECT": GroupKey("effect", "{t}.effect", Kind.TEXT, plain=True),
        "GROUND": GroupKey("ground", "{t}.ground", Kind.TEXT, plain=True),
        "STATUS": GroupKey("status", "{t}.status", Kind.TEXT, plain=True),
        **by_period("opened", _DAY),
    },
    measures={"count": Measure(Aggregate.COUNT)},
)
