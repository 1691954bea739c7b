"""The publicity of those that passed, published to everybody."""

from datetime import date
from typing import Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, IntFilter, StringFilter
from schema.links import TO_DISTRICT
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import EVERYONE
from schema.tags import PUBLICITY_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.institutions.model import InstitutionKind
from server.insurance import tables
from server.kit.terms import Term
from server.planner.binding import Compare, Kind, One, Related, Root, Shape
from server.workdays.model import CalendarStatus

#: The number of this type in node ids.


@strawberry.type(description="公示 an institution that passed, on the public list for the days of publicity (三(三))")
class DesignationPublicity(Node):
    """A publicity."""

    institution_name: str = field_of("医疗机构名称")
    address: str | None = field_of("地址")
    category: InstitutionKind = field_of("类别")
    year: int = field_of("年份")
    quarter: int = field_of("季度")
    published_on: date = field_of("公示日期")
    closes_on: date = field_of("公示期末日 the last day that counts")
    closes_status: CalendarStatus = field_of("所依日历的状态")
    url: str | None = field_of("公示网址")
    withdrawn_on: date | None = field_of("撤下日期 null where it runs or ran to its end")
    district: District = field_of("辖区")


class DesignationPublicityOrderField(Term):
    """What publicities can be ordered by."""

    PUBLISHED_ON = "PUBLISHED_ON", "公示日期"
    CLOSES_ON = "CLOSES_ON", "公示期末日"


term(DesignationPublicityOrderField, "公示排序字段")


@strawberry.input(description="公示排序")
class DesignationPublicityOrder:
    """One sort key."""

    field: DesignationPublicityOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="公示筛选 all given conditions must hold")
class DesignationPublicityFilter:
    """A filter on publicities."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    institution_name: StringFilter | None = strawberry.field(default=UNSET, description="医疗机构名称")
    category: Filter[InstitutionKind] | None = strawberry.field(default=UNSET, description="类别")
    year: IntFilter | None = strawberry.field(default=UNSET, description="年份")
    quarter: IntFilter | None = strawberry.field(default=UNSET, description="季度")
    published_on: DateFilter | None = strawberry.field(default=UNSET, description="公示日期")
    closes_on: DateFilter | None = strawberry.field(default=UNSET, description="公示期末日；当前公示：不早于今天")
    withdrawn_on: DateFilter | None = strawberry.field(default=UNSET, description="撤下日期；未撤下用 isNull")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    and_: list["DesignationPublicityFilter"] | None = strawberry.field(
        default=UNSET, name="and", description="同时满足"
    )
    or_: list["DesignationPublicityFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["DesignationPublicityFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class PublicityQueries:
    """Root fields on publicities."""

    @planned
    def designation_publicities(
        self,
        district: InDistrict = UNSET,
        filter: DesignationPublicityFilter | None = UNSET,
        order_by: list[DesignationPublicityOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[DesignationPublicity]:
        """医保定点公示 published to everybody; latest first"""
        not_resolved()


BINDS = (
    Binds(
        DesignationPublicity,
        tables.designation_publicity,
        EVERYONE,
        tag=PUBLICITY_TAG,
        fields={"district": One(TO_DISTRICT)},
        filters={"id": Compare("{t}.id", Kind.UUID, node="DesignationPublicity"), "district": Related(TO_DISTRICT)},
    ),
)

ROOTS = {
    "designationPublicities": Root(
        "DesignationPublicity", Shape.PAGE, order="PUBLISHED_ON DESC", arguments=within_district
    ),
}
