"""Filters and orders over exit cases, conversions, continuity plans and succession requests."""

from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import OrderDirection
from schema.districts import DistrictFilter
from schema.exits.terms import (
    AppealOutcome,
    ConversionDirection,
    ConversionStatus,
    ExitGround,
    ExitStatus,
    ExitStrength,
    PlanStatus,
)
from schema.filters import UNSET, DateFilter, Filter, IDFilter, IntFilter, StringFilter
from schema.terms import term
from server.kit.terms import Term
from server.policy.terms import Effect

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter


class ExitCaseOrderField(Term):
    """What they can be ordered by."""

    OPENED_ON = "OPENED_ON", "立案日期"
    DECIDED_ON = "DECIDED_ON", "决定日期"
    STATUS = "STATUS", "状态"


term(ExitCaseOrderField, "退出案件排序字段")


@strawberry.input(description="退出案件排序")
class ExitCaseOrder:
    """One sort key."""

    field: ExitCaseOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="退出案件筛选 all given conditions must hold")
class ExitCaseFilter:
    """A filter."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    ground: Filter[ExitGround] | None = strawberry.field(default=UNSET, description="立案依据")
    status: Filter[ExitStatus] | None = strawberry.field(default=UNSET, description="状态")
    effect: Filter[Effect] | None = strawberry.field(default=UNSET, description="首要效果")
    strength: Filter[ExitStrength] | None = strawberry.field(default=UNSET, description="强度")
    opened_on: DateFilter | None = strawberry.field(default=UNSET, description="立案日期")
    decided_on: DateFilter | None = strawberry.field(default=UNSET, description="决定日期")
    executed_on: DateFilter | None = strawberry.field(default=UNSET, description="执行日期")
    handed_over_on: DateFilter | None = strawberry.field(
        default=UNSET, description="移送日期；已移送未办结的，另加 executedOn 为 isNull"
    )
    statement_by: DateFilter | None = strawberry.field(default=UNSET, description="陈述申辩期限")
    plan_due_on: DateFilter | None = strawberry.field(default=UNSET, description="补齐方案期限")
    appeal_outcome: Filter[AppealOutcome] | None = strawberry.field(default=UNSET, description="救济结果")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["ExitCaseFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ExitCaseFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ExitCaseFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


class ConversionCaseOrderField(Term):
    """What they can be ordered by."""

    OPENED_ON = "OPENED_ON", "启动日期"
    STATUS = "STATUS", "状态"


term(ConversionCaseOrderField, "转型排序字段")


@strawberry.input(description="转型排序")
class ConversionCaseOrder:
    """One sort key."""

    field: ConversionCaseOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="转型筛选 all given conditions must hold")
class ConversionCaseFilter:
    """A filter."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    direction: Filter[ConversionDirection] | None = strawberry.field(default=UNSET, description="方向")
    status: Filter[ConversionStatus] | None = strawberry.field(default=UNSET, description="状态")
    opened_on: DateFilter | None = strawberry.field(default=UNSET, description="启动日期")
    executed_on: DateFilter | None = strawberry.field(default=UNSET, description="完成日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["ConversionCaseFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ConversionCaseFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ConversionCaseFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


class ContinuityPlanOrderField(Term):
    """What they can be ordered by."""

    FROM_ON = "FROM_ON", "起始日期"
    POPULATION = "POPULATION", "服务人口"
    STATUS = "STATUS", "状态"


term(ContinuityPlanOrderField, "承接方案排序字段")


@strawberry.input(description="承接方案排序")
class ContinuityPlanOrder:
    """One sort key."""

    field: ContinuityPlanOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="承接方案筛选 all given conditions must hold")
class ContinuityPlanFilter:
    """A filter."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    status: Filter[PlanStatus] | None = strawberry.field(default=UNSET, description="状态")
    from_on: DateFilter | None = strawberry.field(default=UNSET, description="起始日期")
    population: IntFilter | None = strawberry.field(default=UNSET, description="服务人口")
    completed_on: DateFilter | None = strawberry.field(default=UNSET, description="完成日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["ContinuityPlanFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ContinuityPlanFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ContinuityPlanFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


class SuccessionRequestOrderField(Term):
    """What they can be ordered by."""

    ASKED_ON = "ASKED_ON", "征询日期"
    POPULATION = "POPULATION", "居民人数"


term(SuccessionRequestOrderField, "承接征询排序字段")


@strawberry.input(description="承接征询排序")
class SuccessionRequestOrder:
    """One sort key."""

    field: SuccessionRequestOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="承接征询筛选 all given conditions must hold")
class SuccessionRequestFilter:
    """A filter."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    successor_name: StringFilter | None = strawberry.field(default=UNSET, description="承接机构名称")
    asked_on: DateFilter | None = strawberry.field(default=UNSET, description="征询日期")
    withdrawn_on: DateFilter | None = strawberry.field(default=UNSET, description="撤回日期；未撤回的用 isNull")
    and_: list["SuccessionRequestFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["SuccessionRequestFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["SuccessionRequestFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")
