"""Bars: who may not apply for designation, in the whole city, and until when."""

from datetime import date
from typing import Annotated

import strawberry

from schema.acting import mutation, perform_step, request_of
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.filters import UNSET, DateFilter, Filter, IDFilter
from schema.inputs import KEY
from schema.insurance.cases import DesignationApplication
from schema.insurance.grounds import ground_of
from schema.planned import Binds, field_of, not_resolved, planned
from schema.problems import PolicyProblems
from schema.rows import CASES
from schema.scalars import MaskedText
from schema.tags import BAR_TAG, DESIGNATION_APPLICATION_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.insurance import model, tables
from server.insurance.actions import ending
from server.kit.actor import Role
from server.kit.terms import Term
from server.planner.binding import Compare, Kind, Root, Shape

#: The number of this type in node ids.
_CENTRE = frozenset({Role.MUNICIPAL_INSURANCE_OFFICER})


@strawberry.type(description="不得申请医保定点的限制 holds in the whole city (附件2-1第一项)")
class DesignationBar(Node):
    """A bar."""

    subject: model.BarSubject = field_of("对象")
    role: model.PersonRole | None = field_of("人员在申请表上的身份")
    identity_number: MaskedText | None = field_of("人员的身份证号")
    ground: model.BarGround = field_of("理由类别")
    reason: str = field_of("理由")
    from_on: date = field_of("起算日 the day of discovery")
    until: date = field_of("期满日 the first day it no longer holds")
    lifted_on: date | None = field_of("解除日期")
    lifted_reason: str | None = field_of("解除理由")
    version: int = field_of("版本 for `expectedVersion`")


class DesignationBarOrderField(Term):
    """What bars can be ordered by."""

    UNTIL = "UNTIL", "期满日"
    FROM_ON = "FROM_ON", "起算日"


term(DesignationBarOrderField, "限制排序字段")


@strawberry.input(description="限制排序")
class DesignationBarOrder:
    """One sort key."""

    field: DesignationBarOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="限制筛选 all given conditions must hold")
class DesignationBarFilter:
    """A filter on bars."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    subject: Filter[model.BarSubject] | None = strawberry.field(default=UNSET, description="对象")
    until: DateFilter | None = strawberry.field(default=UNSET, description="期满日；仍有效：晚于今天")
    lifted_on: DateFilter | None = strawberry.field(default=UNSET, description="解除日期；未解除用 isNull")


@strawberry.type
class BarQueries:
    """Root fields on bars."""

    @planned
    def designation_bars(
        self,
        district: InDistrict = UNSET,
        filter: DesignationBarFilter | None = UNSET,
        order_by: list[DesignationBarOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[DesignationBar]:
        """不得申请医保定点的限制 of the municipality (`district: "beijing"`); the one that ends last comes first"""
        not_resolved()


@strawberry.input(description="签约后认定材料不实")
class BarDesignationHolderInput:
    """What a bar after the signature takes."""

    application: strawberry.ID = strawberry.field(description="申请")
    expected_version: int = strawberry.field(description="所见版本")
    discovered_on: date = strawberry.field(description="发现日期 the bar runs from it")
    reason: str = strawberry.field(description="理由")
    idempotency_key: str = strawberry.field(description=KEY)
    persons: list[model.PersonRole] = strawberry.field(description="一并限制的人员 of the form", default_factory=list)


@strawberry.input(description="解除限制")
class LiftDesignationBarInput:
    """What lifting takes."""

    bar: strawberry.ID = strawberry.field(description="限制")
    expected_version: int = strawberry.field(description="所见版本")
    reason: str = strawberry.field(description="理由")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="已限制申请")
class DesignationHolderBarred:
    """A bar after the signature."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已解除限制")
class DesignationBarLifted:
    """A bar lifted."""

    bar: DesignationBar = field_of("限制 as it is now")


BarDesignationHolderResult = Annotated[
    DesignationHolderBarred | PolicyProblems, strawberry.union("BarDesignationHolderResult")
]
LiftDesignationBarResult = Annotated[
    DesignationBarLifted | PolicyProblems, strawberry.union("LiftDesignationBarResult")
]


@strawberry.type
class BarMutations:
    """Root fields on bars."""

    @mutation("签约后认定材料不实 bars from applying again; end the agreement besides", by=(), city_wide=_CENTRE)
    async def bar_designation_holder(
        self, info: strawberry.Info, input: BarDesignationHolderInput
    ) -> BarDesignationHolderResult:
        return await perform_step(
            info,
            DESIGNATION_APPLICATION_TAG,
            input,
            ending.bar_holder,
            DesignationHolderBarred,
            ground=await ground_of(request_of(info)),
            discovered_on=input.discovered_on,
            reason=input.reason,
            persons=input.persons,
        )

    @mutation("解除限制 set wrongly, or set aside on review; by the municipal centre", by=_CENTRE)
    async def lift_designation_bar(
        self, info: strawberry.Info, input: LiftDesignationBarInput
    ) -> LiftDesignationBarResult:
        return await perform_step(info, BAR_TAG, input, ending.lift_bar, DesignationBarLifted, reason=input.reason)


BINDS = (
    Binds(
        DesignationBar,
        tables.designation_bar,
        CASES,
        tag=BAR_TAG,
        filters={"id": Compare("{t}.id", Kind.UUID, node="DesignationBar")},
    ),
)

ROOTS = {"designationBars": Root("DesignationBar", Shape.PAGE, order="UNTIL DESC", arguments=within_district)}
