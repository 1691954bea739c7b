"""Service gaps 空白点: areas without community health services, from identification to coverage."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, IntFilter, StringFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import CONDUCTED, PUBLISHED
from schema.scalars import JSON
from schema.tags import GAP_TAG
from schema.terms import term
from schema.within import InDistrict, by_id, within_district
from server.kit.terms import Term
from server.planner.binding import Compare, Key, Kind, Link, Many, One, Related, Root, Shape
from server.sites import tables
from server.sites.model import GapStatus

if TYPE_CHECKING:
    from schema.institutions.register import Institution
    from schema.selection.calls import SelectionCall

term(GapStatus, "空白点状态", "ServiceGapStatus")

#: The number of this type in node ids.


@strawberry.type(description="空白点状态变化 one step in the life of a service gap")
class ServiceGapEvent:
    """A step."""

    from_status: GapStatus | None = field_of("原状态 null where it was identified")
    to_status: GapStatus = field_of("新状态")
    on: date = field_of("日期")
    reason: str = field_of("原因")


@strawberry.type(description="空白点 an area without community health services")
class ServiceGap(Node):
    """A gap."""

    name: str = field_of("名称")
    batch: str = field_of("批次")
    area: str = field_of("选址区域 in the call's own words; an area, not an address")
    boundary: JSON | None = field_of("边界 GeoJSON Polygon, CGCS2000 longitude and latitude; null where none was drawn")
    population: int = field_of("人口")
    source_plan: str | None = field_of("依据规划")
    status: GapStatus = field_of("状态")
    status_since_on: date = field_of("状态起始日期")
    published_on: date | None = field_of("首次发布日期")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of(
        "覆盖该区域的机构"
    )
    history: list[ServiceGapEvent] = field_of("沿革 earliest first; for the district and the city")
    calls: list[Annotated["SelectionCall", strawberry.lazy("schema.selection.calls")]] = field_of(
        "历次遴选 earliest first"
    )


class ServiceGapOrderField(Term):
    """What gaps can be ordered by."""

    NAME = "NAME", "名称"
    POPULATION = "POPULATION", "人口"
    PUBLISHED_ON = "PUBLISHED_ON", "首次发布日期"
    STATUS_SINCE_ON = "STATUS_SINCE_ON", "状态起始日期"


term(ServiceGapOrderField, "空白点排序字段")


@strawberry.input(description="空白点排序")
class ServiceGapOrder:
    """One sort key."""

    field: ServiceGapOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="空白点筛选 all given conditions must hold")
class ServiceGapFilter:
    """A filter on gaps."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    name: StringFilter | None = strawberry.field(default=UNSET, description="名称")
    batch: StringFilter | None = strawberry.field(default=UNSET, description="批次")
    status: Filter[GapStatus] | None = strawberry.field(default=UNSET, description="状态")
    population: IntFilter | None = strawberry.field(default=UNSET, description="人口")
    published_on: DateFilter | None = strawberry.field(default=UNSET, description="首次发布日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    and_: list["ServiceGapFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ServiceGapFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ServiceGapFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class GapQueries:
    """Root fields of this area."""

    @planned
    def service_gaps(
        self,
        district: InDistrict = UNSET,
        filter: ServiceGapFilter | None = UNSET,
        order_by: list[ServiceGapOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[ServiceGap]:
        """空白点 published ones for everybody; all of them for the district and the city"""
        not_resolved()

    @planned
    def service_gap(self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]) -> ServiceGap | None:
        """一个空白点 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()


BINDS = (
    Binds(ServiceGapEvent, tables.gap_event, CONDUCTED, columns={"on": "on_date"}),
    Binds(
        ServiceGap,
        tables.service_gap,
        PUBLISHED,
        tag=GAP_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "history": Many(Link("ServiceGapEvent", (("id", "gap_id"),))),
            "calls": Many(
                Link("SelectionCall", (("id", "id"),), through=("call_gap", "gap_id", "call_id")),
                Key("{t}.created_at", Kind.DATETIME),
            ),
        },
        columns={"NAME": "sort_key"},
        filters={"id": Compare("{t}.id", Kind.UUID, node="ServiceGap"), "district": Related(TO_DISTRICT)},
    ),
)


ROOTS = {
    "serviceGaps": Root("ServiceGap", Shape.PAGE, order="NAME ASC", arguments=within_district),
    "serviceGap": Root("ServiceGap", Shape.ONE, arguments=by_id(GAP_TAG), required=True),
}
