"""Assessment: schemes with their indicators, and cycles."""

from datetime import date
from decimal import Decimal
from typing import Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.links import TO_DISTRICT
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import register
from schema.tags import CYCLE_TAG, INDICATOR_TAG, SCHEME_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.assessment import tables
from server.assessment.model import AssessmentLevel, CycleStatus, IndicatorDomain, SchemeStatus
from server.kit.terms import Term
from server.planner.binding import Compare, Key, Kind, Link, Many, One, Related, Root, Shape

term(IndicatorDomain, "考核领域")
term(AssessmentLevel, "考核层级")
term(SchemeStatus, "考核方案状态")
term(CycleStatus, "考核周期状态")


@strawberry.type(description="考核指标")
class AssessmentIndicator(Node):
    """One indicator of a scheme."""

    code: str = field_of("编号")
    domain: IndicatorDomain = field_of("考核领域")
    title: str = field_of("指标")
    weight: Decimal = field_of("权重 of the scheme's 100")
    max_score: Decimal = field_of("满分")
    assessor: str = field_of("考核单位 a kind of authority, or COMMUNITY_HEALTH_CENTRE")
    data_source: str | None = field_of("数据来源")


@strawberry.type(description="考核方案 never changed once adopted")
class AssessmentScheme(Node):
    """A scheme."""

    code: str = field_of("方案代码")
    number: int = field_of("版次 within the code")
    title: str = field_of("名称")
    level: AssessmentLevel = field_of("考核层级")
    status: SchemeStatus = field_of("状态")
    pass_line: Decimal = field_of("合格线 points of 100; who reaches it is qualified")
    excellent_line: Decimal = field_of("优秀线 points of 100")
    adopted_on: date | None = field_of("采用日期")
    version: int = field_of("版本")
    district: District = field_of("辖区")
    indicators: list[AssessmentIndicator] = field_of("指标 in order")


@strawberry.type(description="考核周期")
class AssessmentCycle(Node):
    """A cycle."""

    name: str = field_of("周期 2026, 2026Q4")
    level: AssessmentLevel = field_of("考核层级")
    from_on: date = field_of("起始日期")
    until: date = field_of("截止日期 the first day after it")
    self_report_by: date = field_of("自评截止日期")
    assess_by: date = field_of("考核截止日期")
    status: CycleStatus = field_of("状态")
    published_on: date | None = field_of("公布日期")
    policy_digest: str = field_of("所依据政策版本的摘要 SHA-256")
    version: int = field_of("版本")
    district: District = field_of("辖区")
    scheme: AssessmentScheme = field_of("考核方案")


class AssessmentSchemeOrderField(Term):
    """What schemes can be ordered by."""

    CODE = "CODE", "方案代码"
    NUMBER = "NUMBER", "版次"


term(AssessmentSchemeOrderField, "考核方案排序字段")


@strawberry.input(description="考核方案排序")
class AssessmentSchemeOrder:
    """One sort key."""

    field: AssessmentSchemeOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


class AssessmentCycleOrderField(Term):
    """What cycles can be ordered by."""

    FROM_ON = "FROM_ON", "起始日期"
    STATUS = "STATUS", "状态"


term(AssessmentCycleOrderField, "考核周期排序字段")


@strawberry.input(description="考核周期排序")
class AssessmentCycleOrder:
    """One sort key."""

    field: AssessmentCycleOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="考核方案筛选 all given conditions must hold")
class AssessmentSchemeFilter:
    """A filter on schemes."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    code: StringFilter | None = strawberry.field(default=UNSET, description="方案代码")
    level: Filter[AssessmentLevel] | None = strawberry.field(default=UNSET, description="考核层级")
    status: Filter[SchemeStatus] | None = strawberry.field(default=UNSET, description="状态")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    and_: list["AssessmentSchemeFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["AssessmentSchemeFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["AssessmentSchemeFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.input(description="考核周期筛选 all given conditions must hold")
class AssessmentCycleFilter:
    """A filter on cycles."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    name: StringFilter | None = strawberry.field(default=UNSET, description="周期")
    level: Filter[AssessmentLevel] | None = strawberry.field(default=UNSET, description="考核层级")
    status: Filter[CycleStatus] | None = strawberry.field(default=UNSET, description="状态")
    from_on: DateFilter | None = strawberry.field(default=UNSET, description="起始日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    and_: list["AssessmentCycleFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["AssessmentCycleFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["AssessmentCycleFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class AssessmentCycleQueries:
    """Root fields of schemes and cycles."""

    @planned
    def assessment_schemes(
        self,
        district: InDistrict = UNSET,
        filter: AssessmentSchemeFilter | None = UNSET,
        order_by: list[AssessmentSchemeOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[AssessmentScheme]:
        """考核方案 by code unless ordered otherwise"""
        not_resolved()

    @planned
    def assessment_cycles(
        self,
        district: InDistrict = UNSET,
        filter: AssessmentCycleFilter | None = UNSET,
        order_by: list[AssessmentCycleOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[AssessmentCycle]:
        """考核周期 latest first"""
        not_resolved()


_SCHEME = Link("AssessmentScheme", (("scheme_id", "id"),))

BINDS = (
    Binds(AssessmentIndicator, tables.assessment_indicator, register("true"), tag=INDICATOR_TAG),
    Binds(
        AssessmentScheme,
        tables.assessment_scheme,
        register("true"),
        tag=SCHEME_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "indicators": Many(Link("AssessmentIndicator", (("id", "scheme_id"),)), Key("{t}.position", Kind.INT)),
        },
        filters={"id": Compare("{t}.id", Kind.UUID, node="AssessmentScheme"), "district": Related(TO_DISTRICT)},
    ),
    Binds(
        AssessmentCycle,
        tables.assessment_cycle,
        register("true"),
        tag=CYCLE_TAG,
        fields={"district": One(TO_DISTRICT), "scheme": One(_SCHEME)},
        filters={"id": Compare("{t}.id", Kind.UUID, node="AssessmentCycle"), "district": Related(TO_DISTRICT)},
    ),
)

ROOTS = {
    "assessmentSchemes": Root("AssessmentScheme", Shape.PAGE, order="CODE ASC", arguments=within_district),
    "assessmentCycles": Root("AssessmentCycle", Shape.PAGE, order="FROM_ON DESC", arguments=within_district),
}
