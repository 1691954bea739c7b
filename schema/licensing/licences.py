"""Licences: what they say, what happened to them, how they were verified and how they end."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.fetching import fetched
from schema.filters import UNSET, BooleanFilter, DateFilter, Filter, IDFilter, IntFilter, StringFilter
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Clause, cited
from schema.rows import LICENCES, OF_OWN_INSTITUTION, register
from schema.tags import CHANGE_TAG, ENDING_TAG, LICENCE_TAG, VERIFICATION_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.clause import Clause as Citation
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.licensing import tables
from server.licensing.model import (
    ChangeKind,
    EndingGround,
    EndingStatus,
    LicenceStatus,
    OpeningSource,
    VerificationKind,
    VerificationStatus,
)
from server.planner.binding import Column, Compare, Computed, Key, Kind, Link, Many, One, Paged, Related, Root, Shape
from server.policy.terms import SourceStatus, VerificationResult

if TYPE_CHECKING:
    from schema.exits.cases import ExitReferral
    from schema.institutions.register import Institution, InstitutionFilter
    from schema.licensing.applications import LicenceApplication
    from schema.proposals import Proposal

term(LicenceStatus, "执业许可证状态")
term(ChangeKind, "许可证变动种类", "LicenceChangeKind")
term(OpeningSource, "开放运行期限出处")
term(VerificationKind, "校验种类")
term(VerificationStatus, "校验办理状态")
term(VerificationResult, "校验结论", "VerificationResult")
term(EndingGround, "终止许可的事由", "LicenceEndingGround")
term(EndingStatus, "终止许可程序状态", "LicenceEndingStatus")


_Institution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_InstitutionFilter = Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.register")]


def clauses_of(table: str) -> str:
    """The statement that gives the clause of each row of the table."""
    return (
        f"SELECT tenant_id, id, clause_document, clause_anchor FROM {table}"  # noqa: S608 - a table's own name
        " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
    )


async def told_clauses(request: Request, ids: Sequence[NodeId], table: str) -> list[Clause | None]:
    """The clause of each row, in order; null where it names none."""
    library = request.engine.policies.library.register
    found = await fetched(request, ids, clauses_of(table))
    told = (found[one.tenant_id, one.id][0] for one in ids)
    return [cited(Citation(document, anchor), library) if document else None for document, anchor in told]


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
    licence: Optional["Licence"] = field_of("执业许可证")


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


@strawberry.type(description="终止许可程序 notice, statement, and the decision of a second person")
class LicenceEnding(Node):
    """A procedure."""

    ground: EndingGround = field_of("事由")
    status: EndingStatus = field_of("状态")
    reason: str = field_of("告知的理由")
    penalty_number: str | None = field_of("行政处罚决定书文号")
    penalty_authority: str | None = field_of("处罚机关")
    penalty_decided_on: date | None = field_of("处罚决定日期")
    notified_on: date = field_of("告知日期")
    statement: str | None = field_of("陈述申辩")
    stated_on: date | None = field_of("陈述申辩日期")
    due_on: date | None = field_of("陈述申辩期限 the last day; null once decided")
    due_rule: str | None = field_of("期限规则")
    due_provisional: bool | None = field_of("期限是否暂定 a calendar notice still to come may move it")
    due_source: SourceStatus | None = field_of("期限来源 of its length")
    due_consequence: str | None = field_of("逾期后果")
    decided_on: date | None = field_of("决定日期")
    decision_reason: str | None = field_of("决定的理由")
    continuity: str | None = field_of("居民承接安排 how the residents it served are looked after")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("机构")
    licence: Optional["Licence"] = field_of("执业许可证")
    proposal: Annotated["Proposal", strawberry.lazy("schema.proposals")] | None = field_of("所处理的建议")
    exit_referrals: list[Annotated["ExitReferral", strawberry.lazy("schema.exits.cases")]] = field_of(
        "移送事项 of exit cases that led to it or wait for it"
    )

    @computed("条款 on which it rests; null where none is named")
    async def clause(ids: Sequence[NodeId], request: Request) -> Sequence[Clause | None]:  # noqa: N805
        return await told_clauses(request, ids, tables.licence_ending.name)


class LicenceEndingOrderField(Term):
    """What these procedures can be ordered by."""

    NOTIFIED_ON = "NOTIFIED_ON", "告知日期"
    DUE_ON = "DUE_ON", "陈述申辩期限"


term(LicenceEndingOrderField, "终止许可程序排序字段")


@strawberry.input(description="终止许可程序排序")
class LicenceEndingOrder:
    """One sort key."""

    field: LicenceEndingOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="终止许可程序筛选 all given conditions must hold")
class LicenceEndingFilter:
    """A filter on these procedures."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    ground: Filter[EndingGround] | None = strawberry.field(default=UNSET, description="事由")
    status: Filter[EndingStatus] | None = strawberry.field(default=UNSET, description="状态")
    notified_on: DateFilter | None = strawberry.field(default=UNSET, description="告知日期")
    due_on: DateFilter | None = strawberry.field(default=UNSET, description="陈述申辩期限")
    decided_on: DateFilter | None = strawberry.field(default=UNSET, description="决定日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: _InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["LicenceEndingFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["LicenceEndingFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["LicenceEndingFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


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

    @planned
    def licence_endings(
        self,
        district: InDistrict = UNSET,
        filter: LicenceEndingFilter | None = UNSET,
        order_by: list[LicenceEndingOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[LicenceEnding]:
        """终止许可程序 that the caller may see; latest first unless ordered otherwise"""
        not_resolved()


_DISTRICT = Link("District", ())
_INSTITUTION = Link("Institution", (("institution_id", "id"),))
_LICENCE = Link("Licence", (("licence_id", "id"),))
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
        Verification,
        tables.verification,
        register(OF_OWN_INSTITUTION),
        tag=VERIFICATION_TAG,
        fields={"district": One(_DISTRICT), "institution": One(_INSTITUTION), "licence": One(_LICENCE)},
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Verification"),
            "district": Related(_DISTRICT),
            "institution": Related(_INSTITUTION),
        },
    ),
    Binds(
        LicenceEnding,
        tables.licence_ending,
        register(OF_OWN_INSTITUTION),
        tag=ENDING_TAG,
        fields={
            "clause": Computed(),
            "district": One(_DISTRICT),
            "institution": One(_INSTITUTION),
            "licence": One(_LICENCE),
            "proposal": One(Link("Proposal", (("proposal_id", "id"),))),
            "exitReferrals": Many(Link("ExitReferral", (("id", "ending_id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="LicenceEnding"),
            "district": Related(_DISTRICT),
            "institution": Related(_INSTITUTION),
        },
    ),
    Binds(
        Licence,
        tables.licence,
        LICENCES,
        tag=LICENCE_TAG,
        fields={
            "verificationOverdue": Column(_VERIFICATION_OVERDUE, Kind.BOOL),
            "openingOverdue": Column(_OPENING_OVERDUE, Kind.BOOL),
            "district": One(_DISTRICT),
            "institution": One(_INSTITUTION),
            "application": One(Link("LicenceApplication", (("application_id", "id"),))),
            "changes": Many(Link("LicenceChange", _OF_LICENCE), Key("{t}.on_date", Kind.DATE)),
            "endings": Many(Link("LicenceEnding", _OF_LICENCE), Key("{t}.notified_on", Kind.DATE)),
            "verifications": Paged(_VERIFICATIONS, "APPLIED_ON DESC"),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Licence"),
            "verificationOverdue": Compare(_VERIFICATION_OVERDUE, Kind.BOOL),
            "openingOverdue": Compare(_OPENING_OVERDUE, Kind.BOOL),
            "district": Related(_DISTRICT),
            "institution": Related(_INSTITUTION),
            "verifications": Related(_VERIFICATIONS),
        },
    ),
)

ROOTS = {
    "licences": Root("Licence", Shape.PAGE, order="VERIFICATION_DUE_ON ASC", arguments=within_district),
    "verifications": Root("Verification", Shape.PAGE, order="APPLIED_ON DESC", arguments=within_district),
    "licenceEndings": Root("LicenceEnding", Shape.PAGE, order="NOTIFIED_ON DESC", arguments=within_district),
}
