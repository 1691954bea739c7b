"""Licences: what they say, and what happened to them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, BooleanFilter, DateFilter, Filter, IDFilter, IntFilter, StringFilter
from schema.licensing.clauses import told_clauses
from schema.licensing.endings import LicenceEnding
from schema.licensing.verifications import Verification, VerificationFilter, VerificationOrder
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Clause
from schema.rows import LICENCES, OF_OWN_INSTITUTION, register
from schema.tags import CHANGE_TAG, LICENCE_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.licensing import tables
from server.licensing.model import ChangeKind, LicenceStatus, OpeningSource
from server.planner.binding import Column, Compare, Computed, Key, Kind, Link, Many, One, Paged, Related, Root, Shape

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution
    from schema.licensing.applications import LicenceApplication

term(LicenceStatus, "执业许可证状态")
term(ChangeKind, "许可证变动种类", "LicenceChangeKind")
term(OpeningSource, "开放运行期限出处")


_Institution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_InstitutionFilter = Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")]


@strawberry.type(description="许可证变动 one step of a licence's life, with its day")
class LicenceChange(Node):
    """A change."""

    kind: ChangeKind = field_of("种类")
    on_date: date = field_of("日期 when it took effect")
    recorded_at: datetime = field_of("登记时间 when the platform knew")
    deadline_on: date | None = field_of("所定期限 for opening, or the last day of a suspension")
    due_on: date | None = field_of("下次校验期限 the last day of the verification cycle that it began")
    reason: str | None = field_of("理由")
    reference: str | None = field_of("依据文号")

    @computed("条款 on which it rests; null where none is named")
    async def clause(ids: Sequence[NodeId], request: Request) -> Sequence[Clause | None]:  # noqa: N805
        return await told_clauses(request, ids, tables.licence_change.name)


@strawberry.type(description="医疗机构执业许可证")
class Licence(Node):
    """A licence."""

    number: str = field_of("许可证号 the registration number that it prints")
    status: LicenceStatus = field_of("状态")
    current: bool = field_of("是否最近一本 the institution's latest licence")
    issued_on: date = field_of("颁发日期")
    valid_from_on: date = field_of("有效期起")
    valid_through_on: date = field_of("有效期至 the last day")
    subjects: list[str] = field_of("诊疗科目")
    beds: int = field_of("床位")
    verification_months: int = field_of("校验周期（月）")
    verification_due_on: date = field_of("校验期限 the last day of verification that is in time")
    verification_provisional: bool = field_of("校验期限是否暂定 a calendar notice still to come may move it")
    verification_overdue: bool = field_of("是否逾期未校验 its day has passed in Beijing, and nothing was applied for")
    last_verified_on: date | None = field_of("最近校验日期")
    suspended_through_on: date | None = field_of("暂缓校验至 the last day; null unless suspended")
    opening_due_on: date | None = field_of("开放运行期限 the last day; null where no decision or agreement sets one")
    opening_source: OpeningSource | None = field_of("开放运行期限出处")
    opening_reference: str | None = field_of("开放运行期限依据文号")
    opening_overdue: bool = field_of("是否逾期未开放运行 its day has passed in Beijing")
    opened_on: date | None = field_of("开放运行日期")
    ended_on: date | None = field_of("许可终止日期")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("机构")
    application: Annotated["LicenceApplication", strawberry.lazy("schema.licensing.applications")] | None = field_of(
        "执业登记申请 null where the licence is older than the platform"
    )
    changes: list[LicenceChange] = field_of("变动 earliest first")
    endings: list[LicenceEnding] = field_of("终止许可程序 earliest first")

    @planned
    def verifications(
        self,
        filter: VerificationFilter | None = UNSET,
        order_by: list[VerificationOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Verification]:
        """校验 latest first unless ordered otherwise"""
        not_resolved()


class LicenceOrderField(Term):
    """What licences can be ordered by."""

    VERIFICATION_DUE_ON = "VERIFICATION_DUE_ON", "校验期限"
    OPENING_DUE_ON = "OPENING_DUE_ON", "开放运行期限"
    VALID_THROUGH_ON = "VALID_THROUGH_ON", "有效期至"
    ISSUED_ON = "ISSUED_ON", "颁发日期"


term(LicenceOrderField, "执业许可证排序字段")


@strawberry.input(description="执业许可证排序")
class LicenceOrder:
    """One sort key."""

    field: LicenceOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="执业许可证筛选 all given conditions must hold")
class LicenceFilter:
    """A filter on licences."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    number: StringFilter | None = strawberry.field(default=UNSET, description="许可证号")
    status: Filter[LicenceStatus] | None = strawberry.field(default=UNSET, description="状态")
    current: BooleanFilter | None = strawberry.field(default=UNSET, description="是否最近一本")
    issued_on: DateFilter | None = strawberry.field(default=UNSET, description="颁发日期")
    valid_through_on: DateFilter | None = strawberry.field(default=UNSET, description="有效期至")
    verification_due_on: DateFilter | None = strawberry.field(default=UNSET, description="校验期限")
    verification_overdue: BooleanFilter | None = strawberry.field(default=UNSET, description="是否逾期未校验")
    opening_due_on: DateFilter | None = strawberry.field(default=UNSET, description="开放运行期限")
    opening_overdue: BooleanFilter | None = strawberry.field(default=UNSET, description="是否逾期未开放运行")
    beds: IntFilter | None = strawberry.field(default=UNSET, description="床位")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: _InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    verifications: VerificationFilter | None = strawberry.field(default=UNSET, description="有一次校验满足")
    and_: list["LicenceFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["LicenceFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["LicenceFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class LicenceQueries:
    """Root fields of this area."""

    @planned
    def licences(
        self,
        district: InDistrict = UNSET,
        filter: LicenceFilter | None = UNSET,
        order_by: list[LicenceOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Licence]:
        """执业许可证 that the caller may see; the earliest verification due first unless ordered otherwise"""
        not_resolved()


_OF_LICENCE = (("id", "licence_id"),)
_VERIFICATIONS = Link("Verification", _OF_LICENCE)
_OPENING_OVERDUE = (
    "({t}.ended_on IS NULL AND {t}.opened_on IS NULL"
    " AND coalesce({t}.opening_due_on < (now() AT TIME ZONE 'Asia/Shanghai')::date, false))"
)
_VERIFICATION_OVERDUE = (
    "({t}.current AND {t}.verification_due_on < (now() AT TIME ZONE 'Asia/Shanghai')::date"
    " AND {t}.status IN ('ACTIVE', 'VERIFICATION_DUE')"
    " AND NOT EXISTS (SELECT 1 FROM verification pending WHERE pending.tenant_id = {t}.tenant_id"
    " AND pending.licence_id = {t}.id AND pending.status = 'APPLIED'))"
)

BINDS = (
    Binds(
        LicenceChange,
        tables.licence_change,
        register(OF_OWN_INSTITUTION),
        tag=CHANGE_TAG,
        fields={"clause": Computed()},
    ),
    Binds(
        Licence,
        tables.licence,
        LICENCES,
        tag=LICENCE_TAG,
        fields={
            "verificationOverdue": Column(_VERIFICATION_OVERDUE, Kind.BOOL),
            "openingOverdue": Column(_OPENING_OVERDUE, Kind.BOOL),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "application": One(Link("LicenceApplication", (("application_id", "id"),))),
            "changes": Many(Link("LicenceChange", _OF_LICENCE), Key("{t}.on_date", Kind.DATE)),
            "endings": Many(Link("LicenceEnding", _OF_LICENCE), Key("{t}.notified_on", Kind.DATE)),
            "verifications": Paged(_VERIFICATIONS, "APPLIED_ON DESC"),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Licence"),
            "verificationOverdue": Compare(_VERIFICATION_OVERDUE, Kind.BOOL),
            "openingOverdue": Compare(_OPENING_OVERDUE, Kind.BOOL),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
            "verifications": Related(_VERIFICATIONS),
        },
    ),
)

ROOTS = {
    "licences": Root("Licence", Shape.PAGE, order="VERIFICATION_DUE_ON ASC", arguments=within_district),
}
