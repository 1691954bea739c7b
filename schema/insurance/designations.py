"""Designated institutions and their agreements: the public list, and what the insurance side does afterwards."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import CASES, EVERYONE, OF_OWN_INSTITUTION, register
from schema.tags import DESIGNATION_TAG, INSURANCE_AGREEMENT_TAG, INSURANCE_MEASURE_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.institutions.model import InstitutionKind
from server.insurance import model, tables
from server.kit.actor import Role
from server.kit.terms import Term
from server.planner.binding import Compare, Key, Kind, Link, Many, One, Related, Root, Shape
from server.policy.terms import InsuranceAction
from server.workdays.model import CalendarStatus

if TYPE_CHECKING:
    from schema.institutions.register import Institution


#: The numbers of these types in node ids.


@strawberry.type(description="医保定点 an institution's designation; on the public list once it is announced")
class Designation(Node):
    """A designation."""

    code: str | None = field_of("定点编码 null until the agreement is signed")
    status: model.HolderStatus = field_of("状态")
    institution_name: str = field_of("医疗机构名称")
    address: str | None = field_of("地址")
    category: InstitutionKind = field_of("类别")
    included_on: date = field_of("纳入定点范围日期")
    signed_on: date | None = field_of("签订协议日期")
    locked_until: date | None = field_of("承诺第九项约束至 the first day on which it no longer binds")
    announced_on: date | None = field_of("公布日期")
    announcement: str | None = field_of("公布文件")
    plaque_issued_on: date | None = field_of("标牌发放日期")
    ended_on: date | None = field_of("终止日期")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    agreements: list["InsuranceAgreement"] = field_of("服务协议 earliest first; not public")
    measures: list["InsuranceMeasure"] = field_of("医保处理 not public")


@strawberry.type(description="医疗保障服务协议")
class InsuranceAgreement(Node):
    """An agreement."""

    number: str = field_of("协议编号")
    status: model.AgreementStatus = field_of("状态")
    signed_on: date = field_of("签订日期")
    from_on: date = field_of("生效日期")
    until: date = field_of("期满日期 the first day it no longer runs")
    remind_on: date = field_of("续签提醒日期")
    suspended_from: date | None = field_of("中止日期")
    suspended_until: date | None = field_of("中止期满日期 the first day it runs again")
    ended_on: date | None = field_of("终止日期")
    reason: str | None = field_of("理由")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")


@strawberry.type(description="医保处理 what the insurance side did; becomes a fact of the district's supervision (X-2)")
class InsuranceMeasure(Node):
    """A measure."""

    action: InsuranceAction = field_of("种类")
    decided_on: date = field_of("决定日期")
    decided_by: str = field_of("决定单位")
    reason: str = field_of("理由")


@strawberry.type(description="申请窗口变更通知 the holiday notice was loaded, and the window computed again")
class DesignationWindowNotice:
    """A change of a window."""

    year: int = field_of("年份")
    quarter: int = field_of("季度")
    opened_on_before: date = field_of("原首日")
    closed_on_before: date = field_of("原末日")
    opens_on: date = field_of("首日")
    closes_on: date = field_of("末日")
    status: CalendarStatus = field_of("日历状态")
    notice: str = field_of("依据的放假通知")
    told_at: datetime = field_of("通知时间")


class DesignationOrderField(Term):
    """What designations can be ordered by."""

    ANNOUNCED_ON = "ANNOUNCED_ON", "公布日期"
    CODE = "CODE", "定点编码"


term(DesignationOrderField, "医保定点排序字段")


@strawberry.input(description="医保定点排序")
class DesignationOrder:
    """One sort key."""

    field: DesignationOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="医保定点筛选 all given conditions must hold")
class DesignationFilter:
    """A filter on designations."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    code: StringFilter | None = strawberry.field(default=UNSET, description="定点编码")
    status: Filter[model.HolderStatus] | None = strawberry.field(default=UNSET, description="状态")
    institution_name: StringFilter | None = strawberry.field(default=UNSET, description="医疗机构名称")
    category: Filter[InstitutionKind] | None = strawberry.field(default=UNSET, description="类别")
    announced_on: DateFilter | None = strawberry.field(default=UNSET, description="公布日期；已公布用 isNull: false")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    and_: list["DesignationFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["DesignationFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["DesignationFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


class InsuranceAgreementOrderField(Term):
    """What agreements can be ordered by."""

    UNTIL = "UNTIL", "期满日期"
    SIGNED_ON = "SIGNED_ON", "签订日期"


term(InsuranceAgreementOrderField, "服务协议排序字段")


@strawberry.input(description="服务协议排序")
class InsuranceAgreementOrder:
    """One sort key."""

    field: InsuranceAgreementOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="服务协议筛选 all given conditions must hold")
class InsuranceAgreementFilter:
    """A filter on agreements."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    number: StringFilter | None = strawberry.field(default=UNSET, description="协议编号")
    status: Filter[model.AgreementStatus] | None = strawberry.field(default=UNSET, description="状态")
    until: DateFilter | None = strawberry.field(default=UNSET, description="期满日期")
    remind_on: DateFilter | None = strawberry.field(default=UNSET, description="续签提醒日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    and_: list["InsuranceAgreementFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["InsuranceAgreementFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["InsuranceAgreementFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class DesignationQueries:
    """Root fields on designations."""

    @planned
    def designations(
        self,
        district: InDistrict = UNSET,
        filter: DesignationFilter | None = UNSET,
        order_by: list[DesignationOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Designation]:
        """医保定点医疗机构 announced ones for everybody, the agency's and the city's people see the others besides"""
        not_resolved()

    @planned
    def insurance_agreements(
        self,
        district: InDistrict = UNSET,
        filter: InsuranceAgreementFilter | None = UNSET,
        order_by: list[InsuranceAgreementOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[InsuranceAgreement]:
        """医疗保障服务协议 of one agency, or of all that the caller may see; the one that ends first comes first"""
        not_resolved()

    @planned
    def designation_window_notices(self) -> list[DesignationWindowNotice]:
        """申请窗口变更通知 published to everybody"""
        not_resolved()


#: Everybody reads the announced ones; officials all, an institution's staff their own besides.
_ANNOUNCED = "{t}.announced_on IS NOT NULL"
_HOLDERS = {
    **dict.fromkeys((role.value for role in Role), _ANNOUNCED),
    **register(f"{_ANNOUNCED} OR {OF_OWN_INSTITUTION}"),
}
_BY_INSTITUTION = (("institution_id", "institution_id"),)
_ROWS = {**CASES, Role.INSTITUTION_STAFF.value: OF_OWN_INSTITUTION}

BINDS = (
    Binds(
        Designation,
        tables.designation,
        _HOLDERS,
        tag=DESIGNATION_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "agreements": Many(Link("InsuranceAgreement", (("id", "designation_id"),)), Key("{t}.from_on", Kind.DATE)),
            "measures": Many(Link("InsuranceMeasure", _BY_INSTITUTION), Key("{t}.decided_on", Kind.DATE)),
        },
        filters={"id": Compare("{t}.id", Kind.UUID, node="Designation"), "district": Related(TO_DISTRICT)},
    ),
    Binds(
        InsuranceAgreement,
        tables.designation_agreement,
        _ROWS,
        tag=INSURANCE_AGREEMENT_TAG,
        fields={"district": One(TO_DISTRICT), "institution": One(TO_INSTITUTION)},
        filters={"id": Compare("{t}.id", Kind.UUID, node="InsuranceAgreement"), "district": Related(TO_DISTRICT)},
    ),
    Binds(InsuranceMeasure, tables.designation_measure, _ROWS, tag=INSURANCE_MEASURE_TAG),
    Binds(DesignationWindowNotice, tables.designation_window_notice, EVERYONE),
)

ROOTS = {
    "designations": Root("Designation", Shape.PAGE, order="ANNOUNCED_ON DESC", arguments=within_district),
    "insuranceAgreements": Root("InsuranceAgreement", Shape.PAGE, order="UNTIL ASC", arguments=within_district),
    "designationWindowNotices": Root("DesignationWindowNotice", Shape.LIST, key=Key("{t}.told_at", Kind.DATETIME)),
}
