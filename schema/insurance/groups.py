"""Applications counted: by quarter, stage, agency; how many passed, how long it took."""

from datetime import date

import strawberry

from schema.connections import OrderDirection
from schema.districts import District
from schema.filters import UNSET, FloatFilter, IntFilter
from schema.grouped import BY_DISTRICT
from schema.planned import field_of
from schema.terms import term
from server.institutions.model import InstitutionKind
from server.insurance.model import DesignationStatus, EvaluationResult
from server.kit.terms import Term
from server.planner.binding import Aggregate, Grouping, GroupKey, Kind, Measure


class DesignationApplicationGroupKey(Term):
    """What applications can be grouped by."""

    DISTRICT = "DISTRICT", "辖区"
    YEAR = "YEAR", "年份"
    QUARTER = "QUARTER", "季度"
    STATUS = "STATUS", "状态"
    CATEGORY = "CATEGORY", "类别"
    DISTRICT_RESULT = "DISTRICT_RESULT", "区级评估结果"
    MUNICIPAL_RESULT = "MUNICIPAL_RESULT", "市级评估结果"
    RECEIVED_MONTH = "RECEIVED_MONTH", "收到材料的月份"


term(DesignationApplicationGroupKey, "定点申请分组字段")


class DesignationApplicationGroupOrderField(Term):
    """What groups of applications can be ordered by."""

    COUNT = "COUNT", "件数"
    DISTRICT_PASS_RATE = "DISTRICT_PASS_RATE", "区级合格率"
    MUNICIPAL_PASS_RATE = "MUNICIPAL_PASS_RATE", "市级合格率"
    AVERAGE_DAYS = "AVERAGE_DAYS", "平均办理天数"
    DISTRICT = "DISTRICT", "辖区（须在 groupBy 中，下同）"
    YEAR = "YEAR", "年份"
    QUARTER = "QUARTER", "季度"
    STATUS = "STATUS", "状态"
    CATEGORY = "CATEGORY", "类别"
    DISTRICT_RESULT = "DISTRICT_RESULT", "区级评估结果"
    MUNICIPAL_RESULT = "MUNICIPAL_RESULT", "市级评估结果"
    RECEIVED_MONTH = "RECEIVED_MONTH", "收到材料的月份"


term(DesignationApplicationGroupOrderField, "定点申请分组排序字段")


@strawberry.input(description="定点申请分组排序")
class DesignationApplicationGroupOrder:
    """One sort key."""

    field: DesignationApplicationGroupOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="定点申请分组条件 all given conditions must hold")
class DesignationApplicationGroupHaving:
    """A filter on groups of applications."""

    count: IntFilter | None = strawberry.field(default=UNSET, description="件数")
    district_pass_rate: FloatFilter | None = strawberry.field(default=UNSET, description="区级合格率")
    municipal_pass_rate: FloatFilter | None = strawberry.field(default=UNSET, description="市级合格率")
    average_days: FloatFilter | None = strawberry.field(default=UNSET, description="平均办理天数")
    and_: list["DesignationApplicationGroupHaving"] | None = strawberry.field(
        default=UNSET, name="and", description="同时满足"
    )
    or_: list["DesignationApplicationGroupHaving"] | None = strawberry.field(
        default=UNSET, name="or", description="满足其一"
    )
    not_: "DesignationApplicationGroupHaving | None" = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="定点申请分组值 what the group's rows have in common; null what they are not grouped by")
class DesignationApplicationGroupValues:
    """The key of a group."""

    district: District | None = field_of("辖区")
    year: int | None = field_of("年份")
    quarter: int | None = field_of("季度")
    status: DesignationStatus | None = field_of("状态")
    category: InstitutionKind | None = field_of("类别")
    district_result: EvaluationResult | None = field_of("区级评估结果 null also where there is none yet")
    municipal_result: EvaluationResult | None = field_of("市级评估结果 null also where there is none yet")
    received_month: date | None = field_of("收到材料的月份 its first day")


@strawberry.type(description="定点申请分组 applications the caller may see, counted")
class DesignationApplicationGroup:
    """A group of applications."""

    key: DesignationApplicationGroupValues = field_of("分组值")
    count: int = field_of("件数")
    district_pass_rate: float | None = field_of("区级合格率 0 to 1, of those evaluated; null where none is")
    municipal_pass_rate: float | None = field_of("市级合格率 0 to 1, of those evaluated; null where none is")
    average_days: float | None = field_of("平均办理天数 from receipt to the end, of those that ended")


def _passed(column: str) -> str:
    return f"CASE {{t}}.{column} WHEN 'PASS' THEN 1::numeric WHEN 'FAIL' THEN 0::numeric END"


_DAY = "{t}.received_on"
GROUPING = Grouping(
    type="DesignationApplicationGroup",
    key_type="DesignationApplicationGroupValues",
    keys={
        **BY_DISTRICT,
        "YEAR": GroupKey("year", "{t}.year", Kind.INT),
        "QUARTER": GroupKey("quarter", "{t}.quarter", Kind.INT),
        "STATUS": GroupKey("status", "{t}.status", Kind.TEXT, plain=True),
        "CATEGORY": GroupKey("category", "{t}.category", Kind.TEXT, plain=True),
        "DISTRICT_RESULT": GroupKey("districtResult", "{t}.district_result", Kind.TEXT, plain=True),
        "MUNICIPAL_RESULT": GroupKey("municipalResult", "{t}.municipal_result", Kind.TEXT, plain=True),
        "RECEIVED_MONTH": GroupKey("receivedMonth", f"date_trunc('month', {_DAY}::timestamp)::date", Kind.DATE),
    },
    measures={
        "count": Measure(Aggregate.COUNT),
        "districtPassRate": Measure(Aggregate.AVERAGE, _passed("district_result")),
        "municipalPassRate": Measure(Aggregate.AVERAGE, _passed("municipal_result")),
        "averageDays": Measure(Aggregate.AVERAGE, "({t}.closed_on - {t}.received_on)::numeric"),
    },
)
