"""Supporting premises 配套用房, entrustment agreements 委托协议, and breaches of them."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.institutions.register import Institution
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import ENTRUSTED, OF_AGREEMENT, PREMISES
from schema.selection.applications import OperatorApplication
from schema.sites.gaps import ServiceGap, ServiceGapFilter
from schema.tags import ENTRUSTMENT_AGREEMENT_TAG, PREMISES_TAG
from schema.terms import term
from schema.within import InDistrict, by_id, within_district
from server.kit.terms import Term
from server.planner.binding import Column, Compare, Kind, Link, Many, One, Related, Root, Shape
from server.sites import tables
from server.sites.model import AgreementStatus, OwnerKind, ProhibitedUse

if TYPE_CHECKING:
    from schema.exits.cases import ExitCase

term(OwnerKind, "权属类别", "PremisesOwnerKind")
term(AgreementStatus, "委托协议状态", "EntrustmentAgreementStatus")
term(ProhibitedUse, "禁止用途")


@strawberry.type(description="违约认定 entrusted premises were put to a forbidden use")
class AgreementBreach:
    """A breach."""

    use: ProhibitedUse = field_of("违约情形")
    occurred_on: date = field_of("发生日期")
    found_on: date = field_of("认定日期")
    facts: str = field_of("事实")
    remedied_on: date | None = field_of("改正日期 null while it is open")
    remedy: str | None = field_of("改正情况")


@strawberry.type(description="医疗卫生配套用房 in community service buildings")
class Premises(Node):
    """Premises."""

    name: str = field_of("名称")
    address: str = field_of("地址")
    area_m2: Decimal = field_of("面积（平方米）", name="areaM2")
    owner_kind: OwnerKind = field_of("权属类别 the operator's own are not entrusted")
    owner_name: str = field_of("权属单位")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    gap: ServiceGap | None = field_of("所配套的空白点")
    agreements: list["EntrustmentAgreement"] = field_of("委托协议 earliest first")


@strawberry.type(description="委托协议 the use of supporting premises, entrusted to a determined operator")
class EntrustmentAgreement(Node):
    """An agreement."""

    number: str | None = field_of("协议编号 null while it is a draft")
    status: AgreementStatus = field_of("状态")
    operator_name: str = field_of("受托方")
    term_from_on: date = field_of("合同期起始日期")
    term_until: date = field_of("合同期届满 the first day after the term")
    opening_by: date = field_of("开放运行期限 the last day to open")
    prohibited_uses: list[ProhibitedUse] = field_of("禁止用途")
    terms: str | None = field_of("其他约定")
    signed_on: date | None = field_of("签订日期")
    signed_for_authority: str | None = field_of("委托方签字人")
    signed_for_operator: str | None = field_of("受托方签字人")
    in_force_on: date | None = field_of("用房交付日期 the use right holds from then on, as long as the term")
    ended_on: date | None = field_of("终止日期")
    end_reason: str | None = field_of("终止原因")
    end_reference: str | None = field_of("终止依据文号 of the decision that ended it")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    premises: Premises | None = field_of("用房")
    gap: ServiceGap | None = field_of("空白点")
    application: OperatorApplication | None = field_of("申报 that was confirmed")
    institution: Institution | None = field_of("机构 once it is known")
    breaches: list[AgreementBreach] = field_of("违约认定")
    exit_case: Annotated["ExitCase", strawberry.lazy("schema.exits.cases")] | None = field_of(
        "退出案件 whose execution ended it"
    )


class PremisesOrderField(Term):
    """What premises can be ordered by."""

    NAME = "NAME", "名称"
    AREA_M2 = "AREA_M2", "面积"


class EntrustmentAgreementOrderField(Term):
    """What agreements can be ordered by."""

    TERM_FROM_ON = "TERM_FROM_ON", "合同期起始日期"
    TERM_UNTIL = "TERM_UNTIL", "合同期届满"
    OPENING_BY = "OPENING_BY", "开放运行期限"


term(PremisesOrderField, "用房排序字段")
term(EntrustmentAgreementOrderField, "委托协议排序字段")


@strawberry.input(description="用房排序")
class PremisesOrder:
    """One sort key."""

    field: PremisesOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="委托协议排序")
class EntrustmentAgreementOrder:
    """One sort key."""

    field: EntrustmentAgreementOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="用房筛选 all given conditions must hold")
class PremisesFilter:
    """A filter on premises."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    name: StringFilter | None = strawberry.field(default=UNSET, description="名称")
    address: StringFilter | None = strawberry.field(default=UNSET, description="地址")
    owner_kind: Filter[OwnerKind] | None = strawberry.field(default=UNSET, description="权属类别")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    gap: ServiceGapFilter | None = strawberry.field(default=UNSET, description="空白点")
    and_: list["PremisesFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["PremisesFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["PremisesFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.input(description="委托协议筛选 all given conditions must hold")
class EntrustmentAgreementFilter:
    """A filter on agreements."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    number: StringFilter | None = strawberry.field(default=UNSET, description="协议编号")
    status: Filter[AgreementStatus] | None = strawberry.field(default=UNSET, description="状态")
    operator_name: StringFilter | None = strawberry.field(default=UNSET, description="受托方")
    term_until: DateFilter | None = strawberry.field(default=UNSET, description="合同期届满")
    opening_by: DateFilter | None = strawberry.field(default=UNSET, description="开放运行期限")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    premises: PremisesFilter | None = strawberry.field(default=UNSET, description="用房")
    and_: list["EntrustmentAgreementFilter"] | None = strawberry.field(
        default=UNSET, name="and", description="同时满足"
    )
    or_: list["EntrustmentAgreementFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["EntrustmentAgreementFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class EntrustingQueries:
    """Root fields of this area."""

    @planned
    def premises(
        self,
        district: InDistrict = UNSET,
        filter: PremisesFilter | None = UNSET,
        order_by: list[PremisesOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Premises]:
        """医疗卫生配套用房 of one district, or of all that the caller may see"""
        not_resolved()

    @planned
    def entrustment_agreements(
        self,
        district: InDistrict = UNSET,
        filter: EntrustmentAgreementFilter | None = UNSET,
        order_by: list[EntrustmentAgreementOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[EntrustmentAgreement]:
        """委托协议 operators see their own"""
        not_resolved()

    @planned
    def entrustment_agreement(
        self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]
    ) -> EntrustmentAgreement | None:
        """一份委托协议 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()


_GAP = Link("ServiceGap", (("gap_id", "id"),))
_PREMISES = Link("Premises", (("premises_id", "id"),))

BINDS = (
    Binds(AgreementBreach, tables.agreement_breach, OF_AGREEMENT),
    Binds(
        Premises,
        tables.premises,
        PREMISES,
        tag=PREMISES_TAG,
        fields={
            "areaM2": Column("{t}.area_m2", Kind.DECIMAL),
            "district": One(TO_DISTRICT),
            "gap": One(_GAP),
            "agreements": Many(Link("EntrustmentAgreement", (("id", "premises_id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Premises"),
            "district": Related(TO_DISTRICT),
            "gap": Related(_GAP),
        },
    ),
    Binds(
        EntrustmentAgreement,
        tables.entrustment_agreement,
        ENTRUSTED,
        tag=ENTRUSTMENT_AGREEMENT_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "premises": One(_PREMISES),
            "gap": One(_GAP),
            "application": One(Link("OperatorApplication", (("application_id", "id"),))),
            "institution": One(TO_INSTITUTION),
            "breaches": Many(Link("AgreementBreach", (("id", "agreement_id"),))),
            "exitCase": One(Link("ExitCase", (("exit_case_id", "id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="EntrustmentAgreement"),
            "district": Related(TO_DISTRICT),
            "premises": Related(_PREMISES),
        },
    ),
)

ROOTS = {
    "premises": Root("Premises", Shape.PAGE, order="NAME ASC", arguments=within_district),
    "entrustmentAgreements": Root(
        "EntrustmentAgreement", Shape.PAGE, order="TERM_FROM_ON DESC", arguments=within_district
    ),
    "entrustmentAgreement": Root(
        "EntrustmentAgreement", Shape.ONE, arguments=by_id(ENTRUSTMENT_AGREEMENT_TAG), required=True
    ),
}
