"""Public selection as everybody sees it: calls, what they ask for, notices and results."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.links import TO_DISTRICT
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import PUBLISHED
from schema.sites.gaps import ServiceGap, ServiceGapFilter
from schema.tags import CALL_TAG, CRITERION_TAG, MATERIAL_TAG, NOTICE_TAG
from schema.terms import term
from schema.within import InDistrict, by_id, within_district
from server.kit.terms import Term
from server.planner.binding import Compare, Key, Kind, Link, Many, One, Paged, Related, Root, Shape
from server.policy.terms import SourceStatus
from server.selection import tables
from server.selection.model import CallStatus, EvaluationMethod, GapOutcome, NoticeKind, TieRule

if TYPE_CHECKING:
    from schema.papers import OfficialPaper
    from schema.selection.applications import OperatorApplication, OperatorApplicationFilter, OperatorApplicationOrder
    from schema.selection.committees import CommitteeMember
    from schema.selection.objections import Objection

term(CallStatus, "遴选状态", "SelectionCallStatus")
term(EvaluationMethod, "评价方法")
term(TieRule, "同分处理")
term(GapOutcome, "空白点遴选结果")
term(NoticeKind, "公告种类", "PublicNoticeKind")

#: The numbers of these types in node ids.


@strawberry.type(description="申报材料要求 what applicants hand in")
class RequiredMaterial(Node):
    """A material."""

    name: str = field_of("名称")
    mandatory: bool = field_of("是否必须")
    note: str | None = field_of("说明")


@strawberry.type(description="评分指标 one criterion of the scoring scheme")
class ScoringCriterion(Node):
    """A criterion."""

    name: str = field_of("名称")
    max_score: Decimal = field_of("满分")
    weight: Decimal = field_of("权重 percent; all of a call make 100")
    note: str | None = field_of("说明")


@strawberry.type(description="遴选空白点 what became of one gap in one call")
class CalledGap:
    """A gap in a call."""

    gap: ServiceGap | None = field_of("空白点")
    outcome: GapOutcome = field_of("结果")


@strawberry.type(description="公布的结果 of one gap, as it stood on the day of the notice")
class NoticeResult:
    """A result."""

    gap: ServiceGap | None = field_of("空白点")
    outcome: GapOutcome = field_of("结果")
    operator_name: str | None = field_of("举办主体 null where there is none")
    total_score: Decimal | None = field_of("综合得分")
    score_max: Decimal | None = field_of("满分")
    application: Annotated["OperatorApplication", strawberry.lazy("schema.selection.applications")] | None = field_of(
        "申报 for those who may read it"
    )


@strawberry.type(description="公告 announcements of calls, publicity of results; public, and never changed")
class PublicNotice(Node):
    """A notice."""

    kind: NoticeKind = field_of("种类")
    number: str = field_of("文号")
    title: str = field_of("标题")
    body: str = field_of("正文")
    url: str | None = field_of("官方网站地址")
    from_on: date = field_of("起始日期 the first day it is public")
    ends_on: date | None = field_of("公示截止日期 the last day for objections; null where it is no publicity")
    working_days: int | None = field_of("公示期（工作日） its first day not counted")
    source: SourceStatus | None = field_of("公示期来源")
    provisional: bool = field_of("是否暂定 a calendar notice still to come may move the last day")
    published_on: date = field_of("发布日期")
    district: District = field_of("辖区")
    call: Annotated["SelectionCall", strawberry.lazy("schema.selection.calls")] | None = field_of("遴选")
    results: list[NoticeResult] = field_of("结果 one for each gap")
    paper: Annotated["OfficialPaper", strawberry.lazy("schema.papers")] | None = field_of("文书")


@strawberry.type(description="公开遴选 a call for operators of community health institutions")
class SelectionCall(Node):
    """A call."""

    number: str | None = field_of("公告文号 null while it is a draft")
    title: str = field_of("标题")
    description: str | None = field_of("说明")
    status: CallStatus = field_of("状态")
    published_on: date | None = field_of("发布日期")
    closes_on: date = field_of("申报截止日期 the last day for applications")
    url: str | None = field_of("官方网站地址")
    publicity_working_days: int = field_of("结果公示期（工作日）")
    publicity_source: SourceStatus | None = field_of(
        "公示期来源 of the policy's length; null where the call set its own"
    )
    method: EvaluationMethod = field_of("评价方法")
    tie_rule: TieRule = field_of("同分处理")
    quorum: int | None = field_of("法定人数 sheets that each application needs; null until the committee is formed")
    round: int = field_of("评价轮次 counts evaluations held anew")
    evaluated_on: date | None = field_of("评价完成日期")
    publicity_ends_on: date | None = field_of("公示截止日期 of the publicity that runs or ran last")
    ended_on: date | None = field_of("终止日期 of a call that failed or was cancelled")
    end_reason: str | None = field_of("终止原因")
    policy_digest: str = field_of("所依据政策版本的摘要 SHA-256")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    gaps: list[ServiceGap] = field_of("空白点")
    outcomes: list[CalledGap] = field_of("各空白点结果")
    materials: list[RequiredMaterial] = field_of("申报材料要求")
    criteria: list[ScoringCriterion] = field_of("评分指标")
    notices: list[PublicNotice] = field_of("公告 earliest first")
    committee: list[Annotated["CommitteeMember", strawberry.lazy("schema.selection.committees")]] = field_of(
        "专家委员会 for those who conduct the selection; experts see themselves"
    )
    objections: list[Annotated["Objection", strawberry.lazy("schema.selection.objections")]] = field_of(
        "异议 for those who conduct the selection; objectors see their own"
    )

    @planned
    def applications(
        self,
        filter: Annotated["OperatorApplicationFilter", strawberry.lazy("schema.selection.applications")] | None = UNSET,
        order_by: list[Annotated["OperatorApplicationOrder", strawberry.lazy("schema.selection.applications")]]
        | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Annotated["OperatorApplication", strawberry.lazy("schema.selection.applications")]]:
        """申报 applicants see their own, experts those they must score, the public none"""
        not_resolved()


class SelectionCallOrderField(Term):
    """What calls can be ordered by."""

    PUBLISHED_ON = "PUBLISHED_ON", "发布日期"
    CLOSES_ON = "CLOSES_ON", "申报截止日期"


term(SelectionCallOrderField, "遴选排序字段")


@strawberry.input(description="遴选排序")
class SelectionCallOrder:
    """One sort key."""

    field: SelectionCallOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="遴选筛选 all given conditions must hold")
class SelectionCallFilter:
    """A filter on calls."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    number: StringFilter | None = strawberry.field(default=UNSET, description="公告文号")
    title: StringFilter | None = strawberry.field(default=UNSET, description="标题")
    status: Filter[CallStatus] | None = strawberry.field(default=UNSET, description="状态")
    published_on: DateFilter | None = strawberry.field(default=UNSET, description="发布日期")
    closes_on: DateFilter | None = strawberry.field(default=UNSET, description="申报截止日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    gaps: ServiceGapFilter | None = strawberry.field(default=UNSET, description="有一个空白点满足")
    and_: list["SelectionCallFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["SelectionCallFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["SelectionCallFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


class PublicNoticeOrderField(Term):
    """What notices can be ordered by."""

    PUBLISHED_ON = "PUBLISHED_ON", "发布日期"
    ENDS_ON = "ENDS_ON", "公示截止日期"


term(PublicNoticeOrderField, "公告排序字段")


@strawberry.input(description="公告排序")
class PublicNoticeOrder:
    """One sort key."""

    field: PublicNoticeOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="公告筛选 all given conditions must hold")
class PublicNoticeFilter:
    """A filter on notices."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[NoticeKind] | None = strawberry.field(default=UNSET, description="种类")
    title: StringFilter | None = strawberry.field(default=UNSET, description="标题")
    published_on: DateFilter | None = strawberry.field(default=UNSET, description="发布日期")
    ends_on: DateFilter | None = strawberry.field(default=UNSET, description="公示截止日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    call: SelectionCallFilter | None = strawberry.field(default=UNSET, description="遴选")
    and_: list["PublicNoticeFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["PublicNoticeFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["PublicNoticeFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class SelectionQueries:
    """Root fields of this area."""

    @planned
    def selection_calls(
        self,
        district: InDistrict = UNSET,
        filter: SelectionCallFilter | None = UNSET,
        order_by: list[SelectionCallOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[SelectionCall]:
        """公开遴选 published ones for everybody, the latest first; drafts for the district"""
        not_resolved()

    @planned
    def selection_call(
        self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]
    ) -> SelectionCall | None:
        """一次公开遴选 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()

    @planned
    def public_notices(
        self,
        district: InDistrict = UNSET,
        filter: PublicNoticeFilter | None = UNSET,
        order_by: list[PublicNoticeOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[PublicNotice]:
        """公告与公示 for everybody, the latest first"""
        not_resolved()


_GAP = Link("ServiceGap", (("gap_id", "id"),))
_CALL = Link("SelectionCall", (("call_id", "id"),))
_OF_CALL = (("id", "call_id"),)
_GAPS = Link("ServiceGap", (("id", "id"),), through=("call_gap", "call_id", "gap_id"))
_BY_ORDINAL = Key("{t}.ordinal", Kind.INT)

BINDS = (
    Binds(RequiredMaterial, tables.call_material, PUBLISHED, tag=MATERIAL_TAG),
    Binds(ScoringCriterion, tables.call_criterion, PUBLISHED, tag=CRITERION_TAG),
    Binds(CalledGap, tables.call_gap, PUBLISHED, fields={"gap": One(_GAP)}),
    Binds(
        NoticeResult,
        tables.notice_result,
        PUBLISHED,
        fields={"gap": One(_GAP), "application": One(Link("OperatorApplication", (("application_id", "id"),)))},
    ),
    Binds(
        PublicNotice,
        tables.public_notice,
        PUBLISHED,
        tag=NOTICE_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "call": One(_CALL),
            "results": Many(Link("NoticeResult", (("id", "notice_id"),))),
            "paper": One(Link("OfficialPaper", (("paper_id", "id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="PublicNotice"),
            "district": Related(TO_DISTRICT),
            "call": Related(_CALL),
        },
    ),
    Binds(
        SelectionCall,
        tables.selection_call,
        PUBLISHED,
        tag=CALL_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "gaps": Many(_GAPS, Key("{t}.sort_key", Kind.TEXT)),
            "outcomes": Many(Link("CalledGap", _OF_CALL)),
            "materials": Many(Link("RequiredMaterial", _OF_CALL), _BY_ORDINAL),
            "criteria": Many(Link("ScoringCriterion", _OF_CALL), _BY_ORDINAL),
            "notices": Many(Link("PublicNotice", _OF_CALL)),
            "committee": Many(Link("CommitteeMember", _OF_CALL)),
            "objections": Many(Link("Objection", _OF_CALL)),
            "applications": Paged(Link("OperatorApplication", _OF_CALL), "SUBMITTED_AT ASC"),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="SelectionCall"),
            "district": Related(TO_DISTRICT),
            "gaps": Related(_GAPS),
        },
    ),
)

ROOTS = {
    "selectionCalls": Root("SelectionCall", Shape.PAGE, order="PUBLISHED_ON DESC", arguments=within_district),
    "selectionCall": Root("SelectionCall", Shape.ONE, arguments=by_id(CALL_TAG), required=True),
    "publicNotices": Root("PublicNotice", Shape.PAGE, order="PUBLISHED_ON DESC", arguments=within_district),
}
