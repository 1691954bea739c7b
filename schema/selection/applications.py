"""Applications of operators for gaps, with the claims, the material and the checks of each, and the lists of them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.documents import Document
from schema.fetching import fetched
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.institutions.register import Institution
from schema.links import TO_DISTRICT
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.policy.decisions import told_again
from schema.problems import Clause
from schema.rows import APPLICATIONS, OF_APPLICATION
from schema.scalars import MaskedText, UnifiedSocialCreditCode
from schema.selection.calls import RequiredMaterial, SelectionCall, SelectionCallFilter
from schema.selection.committees import ScoreSheet
from schema.sites.gaps import ServiceGap, ServiceGapFilter
from schema.standing.standings import PolicyDecision
from schema.tags import ELIGIBILITY_CHECK_TAG, OPERATOR_APPLICATION_TAG
from schema.terms import term
from schema.within import InDistrict, by_id, within_district
from server.institutions.model import OperatingNature, OperatorKind
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.planner.binding import Column, Compare, Computed, Embedded, Key, Kind, Link, Many, One, Related, Root, Shape
from server.policy.terms import ApplicationRoute, Effect, Mode, Outcome
from server.selection import tables
from server.selection.model import ApplicationStatus, DeclarationKind, VerifiedFact

term(ApplicationRoute, "申报方式")
term(ApplicationStatus, "申报状态", "OperatorApplicationStatus")
term(DeclarationKind, "声明种类 a claim; what the authority must determine stays open until it is verified")
term(VerifiedFact, "核实事项")

_RECORDS = (
    "SELECT c.tenant_id, c.id, d.record FROM eligibility_check c"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
    " JOIN decision_record d ON d.tenant_id = c.tenant_id AND d.id = c.decision_id"
)


@strawberry.type(description="准入规则")
class CheckedRule:
    """Which rule."""

    code: str = strawberry.field(description="编号")
    title: str = strawberry.field(description="名称")
    concept: str = strawberry.field(description="概念")


@strawberry.type(description="条件审查 what one admission rule says of an application; a proposal to the officer")
class EligibilityCheck(Node):
    """A check."""

    rule: CheckedRule = field_of("规则")
    outcome: Outcome = field_of("结果 FIRED where a ground for refusing holds, INDETERMINATE until it is verified")
    effect: Effect = field_of("建议 ELIGIBLE, INELIGIBLE, or NO_ACTION while it is open")
    mode: Mode = field_of("呈现方式")
    clause: Clause = field_of("依据条款")
    reason: str = field_of("说明 in one sentence")
    as_of: date = field_of("判定日期")

    @computed("判定 with its whole explanation, as it was made")
    async def decision(ids: Sequence[NodeId], request: Request) -> Sequence[PolicyDecision]:  # noqa: N805
        register = request.engine.policies.library.register
        found = await fetched(request, ids, _RECORDS)
        return [told_again(found[one.tenant_id, one.id][0][0], register) for one in ids]


@strawberry.type(description="声明与核实 what was claimed by the applicant or determined by the authority")
class ApplicationClaim:
    """A claim."""

    fact: VerifiedFact = field_of("事项")
    value: str = field_of("内容 `true`, `false` or a code")
    determined: bool = field_of("是否由主管部门核实 else the applicant's own claim")
    on: date = field_of("日期")
    basis: str | None = field_of("核实依据")
    plan: str | None = field_of("所引用的已公布规划")
    plan_published_on: date | None = field_of("规划公布日期")


@strawberry.type(description="已交材料")
class ApplicationMaterial:
    """A document handed in."""

    required: RequiredMaterial | None = field_of("对应的材料要求 null where it answers none")
    document: Document | None = field_of("文件")


@strawberry.type(description="举办主体申报 an operator's application for one gap of one call")
class OperatorApplication(Node):
    """An application."""

    number: str = field_of("受理号")
    operator_name: str = field_of("举办主体名称")
    unified_social_credit_code: UnifiedSocialCreditCode | None = field_of("统一社会信用代码 null for an individual")
    operator_kind: OperatorKind = field_of("举办主体类别 as it says itself")
    operating_nature: OperatingNature = field_of("经营性质 as it says itself")
    route: ApplicationRoute = field_of("申报方式")
    existing_institution: Institution | None = field_of("现有机构 that runs the new one or converts")
    statement: str | None = field_of("申报说明")
    contact_name: str | None = field_of("联系人")
    contact_phone: MaskedText | None = field_of("联系电话")
    status: ApplicationStatus = field_of("状态")
    proposed: Effect = field_of("政策建议 of all checks together; NO_ACTION while one is open")
    submitted_at: datetime = field_of("提交时间")
    decided_on: date | None = field_of("资格审查日期")
    decision_reason: str | None = field_of("资格审查理由")
    total_score: Decimal | None = field_of("综合得分")
    score_max: Decimal | None = field_of("满分")
    rank: int | None = field_of("名次 among the applications for the same gap")
    tied: bool = field_of("是否同分 another has the same rank after the tie rule")
    confirmed_on: date | None = field_of("确定日期")
    opening_by: date | None = field_of("开放运行期限 the last day to open")
    withdrawn_on: date | None = field_of("撤回日期")
    withdrawal_reason: str | None = field_of("撤回原因")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    call: SelectionCall | None = field_of("遴选")
    gap: ServiceGap | None = field_of("空白点")
    institution: Institution | None = field_of("据此开办的机构")
    eligibility: list[EligibilityCheck] = field_of("准入条件逐条审查 a proposal for each rule")
    claims: list[ApplicationClaim] = field_of("声明与核实 in order")
    materials: list[ApplicationMaterial] = field_of("已交材料")
    sheets: list[ScoreSheet] = field_of("评分表 for those who conduct the selection; experts see their own")


class OperatorApplicationOrderField(Term):
    """What applications can be ordered by."""

    SUBMITTED_AT = "SUBMITTED_AT", "提交时间"
    RANK = "RANK", "名次"
    TOTAL_SCORE = "TOTAL_SCORE", "综合得分"


term(OperatorApplicationOrderField, "申报排序字段")


@strawberry.input(description="申报排序")
class OperatorApplicationOrder:
    """One sort key."""

    field: OperatorApplicationOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="申报筛选 all given conditions must hold")
class OperatorApplicationFilter:
    """A filter on applications."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    number: StringFilter | None = strawberry.field(default=UNSET, description="受理号")
    operator_name: StringFilter | None = strawberry.field(default=UNSET, description="举办主体名称")
    unified_social_credit_code: StringFilter | None = strawberry.field(default=UNSET, description="统一社会信用代码")
    operator_kind: Filter[OperatorKind] | None = strawberry.field(default=UNSET, description="举办主体类别")
    operating_nature: Filter[OperatingNature] | None = strawberry.field(default=UNSET, description="经营性质")
    route: Filter[ApplicationRoute] | None = strawberry.field(default=UNSET, description="申报方式")
    status: Filter[ApplicationStatus] | None = strawberry.field(default=UNSET, description="状态")
    proposed: Filter[Effect] | None = strawberry.field(default=UNSET, description="政策建议")
    opening_by: DateFilter | None = strawberry.field(default=UNSET, description="开放运行期限")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    call: SelectionCallFilter | None = strawberry.field(default=UNSET, description="遴选")
    gap: ServiceGapFilter | None = strawberry.field(default=UNSET, description="空白点")
    and_: list["OperatorApplicationFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["OperatorApplicationFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["OperatorApplicationFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class ApplicationQueries:
    """Root fields of this area."""

    @planned
    def operator_applications(
        self,
        district: InDistrict = UNSET,
        filter: OperatorApplicationFilter | None = UNSET,
        order_by: list[OperatorApplicationOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[OperatorApplication]:
        """举办主体申报 applicants see their own, experts those they must score"""
        not_resolved()

    @planned
    def operator_application(
        self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]
    ) -> OperatorApplication | None:
        """一份申报 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()


_OF_APPLICATION = (("id", "application_id"),)
_CALL = Link("SelectionCall", (("call_id", "id"),))
_GAP = Link("ServiceGap", (("gap_id", "id"),))

BINDS = (
    Binds(
        EligibilityCheck,
        tables.eligibility_check,
        OF_APPLICATION,
        tag=ELIGIBILITY_CHECK_TAG,
        fields={"rule": Embedded("CheckedRule"), "clause": Embedded("Clause"), "decision": Computed()},
    ),
    Binds(ApplicationClaim, tables.application_claim, OF_APPLICATION, columns={"on": "on_date"}),
    Binds(
        ApplicationMaterial,
        tables.application_material,
        OF_APPLICATION,
        fields={
            "required": One(Link("RequiredMaterial", (("material_id", "id"),))),
            "document": One(Link("Document", (("document_id", "id"),))),
        },
    ),
    Binds(
        OperatorApplication,
        tables.operator_application,
        APPLICATIONS,
        tag=OPERATOR_APPLICATION_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "call": One(_CALL),
            "gap": One(_GAP),
            "existingInstitution": One(Link("Institution", (("existing_institution_id", "id"),))),
            "institution": One(Link("Institution", (("opened_institution_id", "id"),))),
            "eligibility": Many(Link("EligibilityCheck", _OF_APPLICATION), Key("{t}.ordinal", Kind.INT)),
            "claims": Many(Link("ApplicationClaim", _OF_APPLICATION)),
            "materials": Many(Link("ApplicationMaterial", _OF_APPLICATION)),
            "sheets": Many(Link("ScoreSheet", _OF_APPLICATION)),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="OperatorApplication"),
            "district": Related(TO_DISTRICT),
            "call": Related(_CALL),
            "gap": Related(_GAP),
        },
    ),
)

EMBEDDED = {
    "CheckedRule": {
        "code": Column("{t}.rule", Kind.TEXT),
        "title": Column("{t}.title", Kind.TEXT),
        "concept": Column("{t}.concept", Kind.TEXT),
    },
    "Clause": {
        "document": Column("{t}.clause_document", Kind.TEXT),
        "anchor": Column("{t}.clause_anchor", Kind.TEXT),
        "text": Column("{t}.clause_text", Kind.TEXT, nullable=True),
    },
}

ROOTS = {
    "operatorApplications": Root(
        "OperatorApplication", Shape.PAGE, order="SUBMITTED_AT DESC", arguments=within_district
    ),
    "operatorApplication": Root(
        "OperatorApplication", Shape.ONE, arguments=by_id(OPERATOR_APPLICATION_TAG), required=True
    ),
}
