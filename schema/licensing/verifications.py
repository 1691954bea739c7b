"""Verifications: of each cycle and after a suspension, their results, and the lists of them."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, BooleanFilter, DateFilter, Filter, IDFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import OF_OWN_INSTITUTION, register
from schema.tags import VERIFICATION_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.terms import Term
from server.licensing import tables
from server.licensing.model import VerificationKind, VerificationStatus
from server.planner.binding import Compare, Kind, Link, One, Related, Root, Shape
from server.policy.terms import SourceStatus, VerificationResult

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution
    from schema.licensing.licences import Licence

term(VerificationKind, "校验种类")
term(VerificationStatus, "校验办理状态")
term(VerificationResult, "校验结论", "VerificationResult")
_Institution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_InstitutionFilter = Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")]


@strawberry.type(description="校验 of one verification cycle, or once more after a suspension")
class Verification(Node):
    """A verification."""

    kind: VerificationKind = field_of("种类")
    status: VerificationStatus = field_of("办理状态")
    cycle: str = field_of("校验周期 its first and last day")
    cycle_due_on: date = field_of("校验期限 the last day on which applying was in time")
    applied_on: date = field_of("申请日期")
    late: bool = field_of("是否逾期申请")
    due_on: date | None = field_of("结论期限 the last day for the result; null once there is one")
    due_rule: str | None = field_of("期限规则")
    due_provisional: bool | None = field_of("期限是否暂定 a calendar notice still to come may move it")
    due_source: SourceStatus | None = field_of("期限来源 of its length")
    due_consequence: str | None = field_of("逾期后果")
    result: VerificationResult | None = field_of("结论")
    decided_on: date | None = field_of("作出日期")
    reason: str | None = field_of("理由")
    suspension_months: int | None = field_of("暂缓校验期（月）")
    suspended_through_on: date | None = field_of("暂缓校验至 its last day")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("机构")
    licence: Annotated["Licence", strawberry.lazy("schema.licensing.licences")] | None = field_of("执业许可证")


class VerificationOrderField(Term):
    """What verifications can be ordered by."""

    APPLIED_ON = "APPLIED_ON", "申请日期"
    DUE_ON = "DUE_ON", "结论期限"
    DECIDED_ON = "DECIDED_ON", "作出日期"


term(VerificationOrderField, "校验排序字段")


@strawberry.input(description="校验排序")
class VerificationOrder:
    """One sort key."""

    field: VerificationOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="校验筛选 all given conditions must hold")
class VerificationFilter:
    """A filter on verifications."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[VerificationKind] | None = strawberry.field(default=UNSET, description="种类")
    status: Filter[VerificationStatus] | None = strawberry.field(default=UNSET, description="办理状态")
    result: Filter[VerificationResult] | None = strawberry.field(default=UNSET, description="结论")
    late: BooleanFilter | None = strawberry.field(default=UNSET, description="是否逾期申请")
    applied_on: DateFilter | None = strawberry.field(default=UNSET, description="申请日期")
    due_on: DateFilter | None = strawberry.field(default=UNSET, description="结论期限")
    decided_on: DateFilter | None = strawberry.field(default=UNSET, description="作出日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: _InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["VerificationFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["VerificationFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["VerificationFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class VerificationQueries:
    """Root fields on verifications."""

    @planned
    def verifications(
        self,
        district: InDistrict = UNSET,
        filter: VerificationFilter | None = UNSET,
        order_by: list[VerificationOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Verification]:
        """校验 that the caller may see; latest first unless ordered otherwise"""
        not_resolved()


_LICENCE = Link("Licence", (("licence_id", "id"),))

BINDS = (
    Binds(
        Verification,
        tables.verification,
        register(OF_OWN_INSTITUTION),
        tag=VERIFICATION_TAG,
        fields={"district": One(TO_DISTRICT), "institution": One(TO_INSTITUTION), "licence": One(_LICENCE)},
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Verification"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {
    "verifications": Root("Verification", Shape.PAGE, order="APPLIED_ON DESC", arguments=within_district),
}
