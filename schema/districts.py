"""Districts, their authorities and insurance agencies."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, Last, Node
from schema.filters import UNSET, Filter, StringFilter
from schema.links import TO_DISTRICT
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.policy.policies import On, enabled_policies, policies_in_force
from schema.policy.versions import PolicyVersion
from schema.rows import EVERYONE
from schema.tags import AGENCY_TAG, DISTRICT_TAG
from schema.terms import term
from server.districts import tables
from server.districts.model import AuthorityKind, DistrictKind
from server.kit.ids import NodeId
from server.planner import binding
from server.planner.binding import Computed, Key, Link, Many, One, Paged, Root, Shape
from server.policy.terms import Kind

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter, InstitutionOrder
    from schema.institutions.register import Institution
    from schema.reviews import Review, ReviewFilter, ReviewOrder

term(DistrictKind, "辖区类别 what a jurisdiction is in law")
term(AuthorityKind, "机关类别 which body an authority is")


#: The numbers of these types in node ids.


@strawberry.type(description="机关 a body of a district: commission, bureau, department or institution in its service")
class Authority:
    """An authority."""

    kind: AuthorityKind = field_of("类别")
    name: str = field_of("名称")


@strawberry.type(description="医保经办机构 the district's insurance agency (京医保中心发〔2025〕4号 附件3)")
class InsuranceAgency(Node):
    """An insurance agency."""

    name: str = field_of("单位名称")
    phones: list[str] = field_of("业务咨询电话")
    email: str = field_of("接收申请材料专用邮箱")
    version: int = field_of("版本 for `expectedVersion`")
    district: Annotated["District", strawberry.lazy("schema.districts")] = field_of("所在辖区")


@strawberry.type(description="辖区 a jurisdiction and tenant: one of the 16 districts, the 开发区, or the municipality")
class District(Node):
    """A district."""

    code: str = field_of("代码 as in URLs and arguments")
    name: str = field_of("名称")
    name_en: str = field_of("英文名称")
    kind: DistrictKind = field_of("类别")
    division_code: str | None = field_of("行政区划代码 GB/T 2260; null for the 开发区, which has none")
    statistics_code: str | None = field_of("统计用区划代码")
    authorities: list[Authority] = field_of("机关与部门")
    insurance_agency: InsuranceAgency | None = field_of("医保经办机构 null for the municipality")

    @computed("施行中的政策 on the day, municipal ones included")
    async def enabled_policies(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
        on: On = UNSET,
    ) -> Sequence[list[PolicyVersion]]:
        return await enabled_policies(request, [one.tenant_id for one in ids], on or None)

    @computed(
        "某类政策 the version in force on the day, the district's own or the municipality's; null where there is none"
    )
    async def policy(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
        kind: Annotated[Kind, strawberry.argument(description="类别")],
        on: On = UNSET,
    ) -> Sequence[PolicyVersion | None]:
        return await policies_in_force(request, [one.tenant_id for one in ids], kind, on or None)

    @planned
    def institutions(
        self,
        filter: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = UNSET,
        order_by: list[Annotated["InstitutionOrder", strawberry.lazy("schema.institutions.filters")]] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Annotated["Institution", strawberry.lazy("schema.institutions.register")]]:
        """机构 the district's institutions that the caller may see, by name in pinyin unless ordered otherwise"""
        not_resolved()

    @planned
    def reviews(
        self,
        filter: Annotated["ReviewFilter", strawberry.lazy("schema.reviews")] | None = UNSET,
        order_by: list[Annotated["ReviewOrder", strawberry.lazy("schema.reviews")]] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Annotated["Review", strawberry.lazy("schema.reviews")]]:
        """评审记录 the district's reviews that the caller may see, latest first unless ordered otherwise"""
        not_resolved()


@strawberry.input(description="辖区筛选")
class DistrictFilter:
    """A filter on districts."""

    code: StringFilter | None = strawberry.field(default=UNSET, description="代码")
    kind: Filter[DistrictKind] | None = strawberry.field(default=UNSET, description="类别")


@strawberry.type
class DistrictQueries:
    """Root fields of this area."""

    @planned
    def districts(self) -> list[District]:
        """全部辖区 the 16 districts and the 开发区 in their official order; the municipality is not among them"""
        not_resolved()

    @planned
    def district(
        self, code: Annotated[str, strawberry.argument(description="代码 `beijing` for the municipality")]
    ) -> District | None:
        """一个辖区 by its code; an error `NOT_FOUND` where there is none"""
        not_resolved()

    @planned
    def insurance_agencies(self) -> list[InsuranceAgency]:
        """医保经办机构 all agencies, in the order of 附件3"""
        not_resolved()


BINDS = (
    Binds(Authority, tables.authority, EVERYONE),
    Binds(
        InsuranceAgency,
        tables.insurance_agency,
        EVERYONE,
        tag=AGENCY_TAG,
        fields={"district": One(TO_DISTRICT)},
    ),
    Binds(
        District,
        tables.district,
        EVERYONE,
        tag=DISTRICT_TAG,
        fields={
            "enabledPolicies": Computed(),
            "policy": Computed(),
            "authorities": Many(Link("Authority", ()), Key("{t}.kind", binding.Kind.TEXT)),
            "insuranceAgency": One(Link("InsuranceAgency", ())),
            "institutions": Paged(Link("Institution", ()), "NAME ASC"),
            "reviews": Paged(Link("Review", ()), "DECIDED_ON DESC"),
        },
    ),
)

ROOTS = {
    "districts": Root(
        "District",
        Shape.LIST,
        key=Key("{t}.display_order", binding.Kind.INT),
        arguments=lambda _: ("{t}.kind <> 'MUNICIPALITY'", {}),
    ),
    "district": Root(
        "District",
        Shape.ONE,
        arguments=lambda arguments: ("{t}.code = :code", {"code": arguments["code"]}),
        required=True,
    ),
    "insuranceAgencies": Root("InsuranceAgency", Shape.LIST, key=Key("{t}.tenant_id", binding.Kind.INT)),
}
