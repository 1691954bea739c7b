"""Practice sites."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import OF_OWN_INSTITUTION, register
from schema.tags import SITE_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.terms import Term
from server.planner.binding import Column, Compare, Embedded, Kind, One, Related, Root, Shape
from server.sites import tables
from server.sites.model import SiteKind, SiteRight

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution

term(SiteKind, "场所种类")
term(SiteRight, "使用权")


@strawberry.type(description="位置 CGCS2000, degrees")
class Location:
    """A point."""

    longitude: float = strawberry.field(description="经度 degrees east")
    latitude: float = strawberry.field(description="纬度 degrees north")


@strawberry.type(description="场所 where an institution works or what it uses")
class Site(Node):
    """A site."""

    kind: SiteKind = field_of("种类")
    address: str = field_of("地址")
    division_code: str | None = field_of("行政区划代码")
    location: Location | None = field_of("位置 null where it was not surveyed")
    area_m2: Decimal | None = field_of("面积（平方米）", name="areaM2")
    right_of_use: SiteRight | None = field_of("使用权")
    from_on: date | None = field_of("启用日期")
    until: date | None = field_of("停用日期 the first day it is no longer used; null while it is")
    version: int = field_of("版本")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")


class SiteOrderField(Term):
    """What sites can be ordered by."""

    ADDRESS = "ADDRESS", "地址"
    FROM_ON = "FROM_ON", "启用日期"


term(SiteOrderField, "场所排序字段")


@strawberry.input(description="场所排序")
class SiteOrder:
    """One sort key."""

    field: SiteOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="场所筛选 all given conditions must hold")
class SiteFilter:
    """A filter on sites."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[SiteKind] | None = strawberry.field(default=UNSET, description="种类")
    address: StringFilter | None = strawberry.field(default=UNSET, description="地址")
    right_of_use: Filter[SiteRight] | None = strawberry.field(default=UNSET, description="使用权")
    until: DateFilter | None = strawberry.field(default=UNSET, description="停用日期；在用场所用 isNull")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["SiteFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["SiteFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["SiteFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class SiteQueries:
    """Root fields of this area."""

    @planned
    def sites(
        self,
        district: InDistrict = UNSET,
        filter: SiteFilter | None = UNSET,
        order_by: list[SiteOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Site]:
        """场所 of one district, or of all that the caller may see"""
        not_resolved()


BINDS = (
    Binds(
        Site,
        tables.site,
        register(OF_OWN_INSTITUTION),
        tag=SITE_TAG,
        fields={
            "areaM2": Column("{t}.area_m2", Kind.DECIMAL, nullable=True),
            "location": Embedded("Location", "{t}.longitude IS NOT NULL"),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Site"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {"sites": Root("Site", Shape.PAGE, order="ADDRESS ASC", arguments=within_district)}

EMBEDDED = {
    "Location": {
        "longitude": Column("{t}.longitude", Kind.FLOAT),
        "latitude": Column("{t}.latitude", Kind.FLOAT),
    }
}
