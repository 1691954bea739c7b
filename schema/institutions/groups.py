"""Institutions counted by what they have in common."""

from typing import Optional

import strawberry

from schema.connections import OrderDirection
from schema.districts import District
from schema.filters import UNSET, IntFilter
from schema.grouped import BY_DISTRICT, by_year
from schema.institutions.terms import (
    InstitutionKind,
    InstitutionStatus,
    OperatingNature,
    OperatorKind,
    Ownership,
    RecordSource,
)
from schema.planned import field_of
from schema.terms import term
from server.kit.terms import Term
from server.planner.binding import Aggregate, Grouping, GroupKey, Kind, Measure


class InstitutionGroupKey(Term):
    """What institutions can be grouped by."""

    DISTRICT = "DISTRICT", "辖区"
    KIND = "KIND", "类别"
    STATUS = "STATUS", "状态"
    OPERATING_NATURE = "OPERATING_NATURE", "经营性质"
    OWNERSHIP = "OWNERSHIP", "所有制形式"
    OPERATOR_KIND = "OPERATOR_KIND", "举办主体类别"
    SOURCE = "SOURCE", "数据来源"
    OPENED_YEAR = "OPENED_YEAR", "正式运营年份"


term(InstitutionGroupKey, "机构分组字段")


class InstitutionGroupOrderField(Term):
    """What groups of institutions can be ordered by."""

    COUNT = "COUNT", "家数"
    DISTRICT = "DISTRICT", "辖区（须在 groupBy 中，下同）"
    KIND = "KIND", "类别"
    STATUS = "STATUS", "状态"
    OPERATING_NATURE = "OPERATING_NATURE", "经营性质"
    OWNERSHIP = "OWNERSHIP", "所有制形式"
    OPERATOR_KIND = "OPERATOR_KIND", "举办主体类别"
    SOURCE = "SOURCE", "数据来源"
    OPENED_YEAR = "OPENED_YEAR", "正式运营年份"


term(InstitutionGroupOrderField, "机构分组排序字段")


@strawberry.input(description="机构分组排序")
class InstitutionGroupOrder:
    """One sort key."""

    field: InstitutionGroupOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="机构分组条件 all given conditions must hold")
class InstitutionGroupHaving:
    """A filter on groups of institutions."""

    count: IntFilter | None = strawberry.field(default=UNSET, description="家数")
    and_: list["InstitutionGroupHaving"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["InstitutionGroupHaving"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["InstitutionGroupHaving"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="机构分组值 what the group has in common; null what it is not grouped by, or not known")
class InstitutionGroupValues:
    """The key of a group."""

    district: District | None = field_of("辖区")
    kind: InstitutionKind | None = field_of("类别")
    status: InstitutionStatus | None = field_of("状态")
    operating_nature: OperatingNature | None = field_of("经营性质")
    ownership: Ownership | None = field_of("所有制形式")
    operator_kind: OperatorKind | None = field_of("举办主体类别")
    source: RecordSource | None = field_of("数据来源")
    opened_year: int | None = field_of("正式运营年份")


@strawberry.type(description="机构分组 institutions the caller may see, counted")
class InstitutionGroup:
    """A group of institutions."""

    key: InstitutionGroupValues = field_of("分组值")
    count: int = field_of("家数")


GROUPING = Grouping(
    type="InstitutionGroup",
    key_type="InstitutionGroupValues",
    keys={
        **BY_DISTRICT,
        "KIND": GroupKey("kind", "{t}.kind", Kind.TEXT, plain=True),
        "STATUS": GroupKey("status", "{t}.status", Kind.TEXT, plain=True),
        "OPERATING_NATURE": GroupKey("operatingNature", "{t}.operating_nature", Kind.TEXT, plain=True),
        "OWNERSHIP": GroupKey("ownership", "{t}.ownership", Kind.TEXT, plain=True),
        "OPERATOR_KIND": GroupKey("operatorKind", "{t}.operator_kind", Kind.TEXT, plain=True),
        "SOURCE": GroupKey("source", "{t}.source", Kind.TEXT, plain=True),
        **by_year("opened", "{t}.opened_on"),
    },
    measures={"count": Measure(Aggregate.COUNT)},
)
