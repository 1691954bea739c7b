"""Assessment: schemes, cycles, assessments with their scores and effects, and the rectification ledger."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, FloatFilter, IDFilter, StringFilter
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import OF_OWN_INSTITUTION, register
from schema.tags import ASSESSMENT_TAG, CYCLE_TAG, EFFECT_TAG, INDICATOR_TAG, ITEM_TAG, SCHEME_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.assessment import tables
from server.assessment.model import (
    AppealOutcome,
    AssessmentLevel,
    AssessmentStatus,
    CycleStatus,
    EffectKind,
    EffectStatus,
    IndicatorDomain,
    RectificationSource,
    RectificationStatus,
    ResultGrade,
    SchemeStatus,
)
from server.kit.terms import Term
from server.planner.binding import Compare, Key, Kind, Link, Many, One, Related, Root, Shape

if TYPE_CHECKING:
    from schema.institutions.register import Institution, InstitutionFilter

term(IndicatorDomain, "考核领域")
term(AssessmentLevel, "考核层级")
term(SchemeStatus, "考核方案状态")
term(CycleStatus, "考核周期状态")
term(AssessmentStatus, "机构考核状态")
term(ResultGrade, "考核等次")
term(EffectKind, "考核结果运用")
term(EffectStatus, "结果运用状态")
term(AppealOutcome, "申诉结果")
term(RectificationSource, "整改事项来源")
term(RectificationStatus, "整改状态")

#: The numbers of these types in node ids.

_OfInstitution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_InstitutionFilter = Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.register")]


@strawberry.type(description="考核指标")
class AssessmentIndicator(Node):
    """One indicator of a scheme."""

    code: str = field_of("编号")
    domain: IndicatorDomain = field_of("考核领域")
    title: str = field_of("指标")
    weight: Decimal = field_of("权重 of the scheme's 100")
    max_score: Decimal = field_of("满分")
    assessor: str = field_of("考核单位 a kind of authority, or COMMUNITY_HEALTH_CENTRE")
    data_source: str | None = field_of("数据来源")


@strawberry.type(description="考核方案 never changed once adopted")
class AssessmentScheme(Node):
    """A scheme."""

    code: str = field_of("方案代码")
    number: int = field_of("版次 within the code")
    title: str = field_of("名称")
    level: AssessmentLevel = field_of("考核层级")
    status: SchemeStatus = field_of("状态")
    pass_line: Decimal = field_of("合格线 points of 100; who reaches it is qualified")
    excellent_line: Decimal = field_of("优秀线 points of 100")
    adopted_on: date | None = field_of("采用日期")
    version: int = field_of("版本")
    district: District = field_of("辖区")
    indicators: list[AssessmentIndicator] = field_of("指标 in order")


@strawberry.type(description="考核周期")
class AssessmentCycle(Node):
    """A cycle."""

    name: str = field_of("周期 2026, 2026Q4")
    level: AssessmentLevel = field_of("考核层级")
    from_on: date = field_of("起始日期")
    until: date = field_of("截止日期 the first day after it")
    self_report_by: date = field_of("自评截止日期")
    assess_by: date = field_of("考核截止日期")
    status: CycleStatus = field_of("状态")
    published_on: date | None = field_of("公布日期")
    policy_digest: str = field_of("所依据政策版本的摘要 SHA-256")
    version: int = field_of("版本")
    district: District = field_of("辖区")
    scheme: AssessmentScheme = field_of("考核方案")


@strawberry.type(description="指标得分")
class AssessmentScore:
    """The scores in one indicator."""

    self_score: Decimal | None = field_of("自评得分")
    self_comment: str | None = field_of("自评说明")
    score: Decimal | None = field_of("考核得分 by the assessor")
    comment: str | None = field_of("考核说明")
    corrected_score: Decimal | None = field_of("更正后得分 by recheck or appeal")
    correction: str | None = field_of("更正理由")
    indicator: AssessmentIndicator = field_of("指标")


@strawberry.type(description="考核结果运用 what follows from a result")
class AssessmentEffect(Node):
    """One effect."""

    kind: EffectKind = field_of("事项")
    status: EffectStatus = field_of("状态")
    share: Decimal | None = field_of("补助比例（%） as the total says")
    clause_document: str | None = field_of("依据文件")
    clause_anchor: str | None = field_of("依据条款")
    note: str | None = field_of("落实情况")
    settled_on: date | None = field_of("落实日期")
    version: int = field_of("版本")


@strawberry.type(description="考核申诉")
class AssessmentAppeal:
    """An appeal."""

    statement: str = field_of("申诉内容")
    appealed_on: date = field_of("申诉日期")
    outcome: AppealOutcome | None = field_of("处理结果 null while it is open")
    reason: str | None = field_of("理由")
    decided_on: date | None = field_of("处理日期")


class AssessmentSchemeOrderField(Term):
    """What schemes can be ordered by."""

    CODE = "CODE", "方案代码"
    NUMBER = "NUMBER", "版次"


term(AssessmentSchemeOrderField, "考核方案排序字段")


@strawberry.input(description="考核方案排序")
class AssessmentSchemeOrder:
    """One sort key."""

    field: AssessmentSchemeOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


class AssessmentCycleOrderField(Term):
    """What cycles can be ordered by."""

    FROM_ON = "FROM_ON", "起始日期"
    STATUS = "STATUS", "状态"


term(AssessmentCycleOrderField, "考核周期排序字段")


@strawberry.input(description="考核周期排序")
class AssessmentCycleOrder:
    """One sort key."""

    field: AssessmentCycleOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


class AssessmentOrderField(Term):
    """What assessments can be ordered by."""

    TOTAL = "TOTAL", "总分"
    STATUS = "STATUS", "状态"
    CONFIRMED_ON = "CONFIRMED_ON", "确认日期"


term(AssessmentOrderField, "机构考核排序字段")


@strawberry.input(description="机构考核排序")
class AssessmentOrder:
    """One sort key."""

    field: AssessmentOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="考核方案筛选 all given conditions must hold")
class AssessmentSchemeFilter:
    """A filter on schemes."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    code: StringFilter | None = strawberry.field(default=UNSET, description="方案代码")
    level: Filter[AssessmentLevel] | None = strawberry.field(default=UNSET, description="考核层级")
    status: Filter[SchemeStatus] | None = strawberry.field(default=UNSET, description="状态")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    and_: list["AssessmentSchemeFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["AssessmentSchemeFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["AssessmentSchemeFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.input(description="考核周期筛选 all given conditions must hold")
class AssessmentCycleFilter:
    """A filter on cycles."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    name: StringFilter | None = strawberry.field(default=UNSET, description="周期")
    level: Filter[AssessmentLevel] | None = strawberry.field(default=UNSET, description="考核层级")
    status: Filter[CycleStatus] | None = strawberry.field(default=UNSET, description="状态")
    from_on: DateFilter | None = strawberry.field(default=UNSET, description="起始日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    and_: list["AssessmentCycleFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["AssessmentCycleFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["AssessmentCycleFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.input(description="机构考核筛选 all given conditions must hold")
class AssessmentFilter:
    """A filter on assessments."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    status: Filter[AssessmentStatus] | None = strawberry.field(default=UNSET, description="状态")
    grade: Filter[ResultGrade] | None = strawberry.field(default=UNSET, description="等次")
    total: FloatFilter | None = strawberry.field(default=UNSET, description="总分")
    confirmed_on: DateFilter | None = strawberry.field(default=UNSET, description="确认日期")
    cycle: AssessmentCycleFilter | None = strawberry.field(default=UNSET, description="考核周期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: _InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["AssessmentFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["AssessmentFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["AssessmentFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="机构考核 one institution in one cycle")
class Assessment(Node):
    """An assessment."""

    status: AssessmentStatus = field_of("状态")
    total: Decimal | None = field_of("总分 points of 100, once confirmed")
    grade: ResultGrade | None = field_of("等次")
    self_reported_on: date | None = field_of("自评日期")
    assessed_on: date | None = field_of("考核日期")
    reviewed_on: date | None = field_of("复核日期")
    returned_reason: str | None = field_of("退回理由")
    confirmed_on: date | None = field_of("确认日期")
    policy_digest: str | None = field_of("所依据政策版本的摘要 SHA-256")
    version: int = field_of("版本")
    district: District = field_of("辖区")
    cycle: AssessmentCycle = field_of("考核周期")
    institution: _OfInstitution | None = field_of("机构")
    scores: list[AssessmentScore] = field_of("指标得分 in the scheme's order")
    effects: list[AssessmentEffect] = field_of("结果运用")
    appeals: list[AssessmentAppeal] = field_of("申诉")


class RectificationItemOrderField(Term):
    """What the ledger can be ordered by."""

    DUE_ON = "DUE_ON", "整改期限"
    STATUS = "STATUS", "状态"


term(RectificationItemOrderField, "整改台账排序字段")


@strawberry.input(description="整改台账排序")
class RectificationItemOrder:
    """One sort key."""

    field: RectificationItemOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="整改台账筛选 all given conditions must hold")
class RectificationItemFilter:
    """A filter on the ledger."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    status: Filter[RectificationStatus] | None = strawberry.field(default=UNSET, description="状态")
    source: Filter[RectificationSource] | None = strawberry.field(default=UNSET, description="来源")
    due_on: DateFilter | None = strawberry.field(default=UNSET, description="整改期限；逾期事项：lt 今天且状态未完成")
    problem: StringFilter | None = strawberry.field(default=UNSET, description="问题")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: _InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["RectificationItemFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["RectificationItemFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["RectificationItemFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="整改事项 one problem in an institution's ledger")
class RectificationItem(Node):
    """An item of the ledger."""

    source: RectificationSource = field_of("来源")
    problem: str = field_of("问题")
    due_on: date = field_of("整改期限 the last day in time")
    plan: str | None = field_of("整改措施")
    evidence: str | None = field_of("整改情况")
    status: RectificationStatus = field_of("状态")
    submitted_on: date | None = field_of("提交日期")
    decided_on: date | None = field_of("处理日期")
    reason: str | None = field_of("理由")
    version: int = field_of("版本")
    district: District = field_of("辖区")
    institution: _OfInstitution | None = field_of("机构")


@strawberry.type
class AssessmentQueries:
    """Root fields of this area."""

    @planned
    def assessment_schemes(
        self,
        district: InDistrict = UNSET,
        filter: AssessmentSchemeFilter | None = UNSET,
        order_by: list[AssessmentSchemeOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[AssessmentScheme]:
        """考核方案 by code unless ordered otherwise"""
        not_resolved()

    @planned
    def assessment_cycles(
        self,
        district: InDistrict = UNSET,
        filter: AssessmentCycleFilter | None = UNSET,
        order_by: list[AssessmentCycleOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[AssessmentCycle]:
        """考核周期 latest first"""
        not_resolved()

    @planned
    def assessments(
        self,
        district: InDistrict = UNSET,
        filter: AssessmentFilter | None = UNSET,
        order_by: list[AssessmentOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Assessment]:
        """机构考核 of one district, or of all that the caller may see"""
        not_resolved()

    @planned
    def rectification_items(
        self,
        district: InDistrict = UNSET,
        filter: RectificationItemFilter | None = UNSET,
        order_by: list[RectificationItemOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[RectificationItem]:
        """整改台账 by the day they are due unless ordered otherwise"""
        not_resolved()


_DISTRICT = Link("District", ())
_INSTITUTION = Link("Institution", (("institution_id", "id"),))
_CYCLE = Link("AssessmentCycle", (("cycle_id", "id"),))
_SCHEME = Link("AssessmentScheme", (("scheme_id", "id"),))
_OF_ASSESSMENT = (("id", "assessment_id"),)

BINDS = (
    Binds(AssessmentIndicator, tables.assessment_indicator, register("true"), tag=INDICATOR_TAG),
    Binds(
        AssessmentScheme,
        tables.assessment_scheme,
        register("true"),
        tag=SCHEME_TAG,
        fields={
            "district": One(_DISTRICT),
            "indicators": Many(Link("AssessmentIndicator", (("id", "scheme_id"),)), Key("{t}.position", Kind.INT)),
        },
        filters={"id": Compare("{t}.id", Kind.UUID, node="AssessmentScheme"), "district": Related(_DISTRICT)},
    ),
    Binds(
        AssessmentCycle,
        tables.assessment_cycle,
        register("true"),
        tag=CYCLE_TAG,
        fields={"district": One(_DISTRICT), "scheme": One(_SCHEME)},
        filters={"id": Compare("{t}.id", Kind.UUID, node="AssessmentCycle"), "district": Related(_DISTRICT)},
    ),
    Binds(
        AssessmentScore,
        tables.assessment_score,
        register(OF_OWN_INSTITUTION),
        fields={"indicator": One(Link("AssessmentIndicator", (("indicator_id", "id"),)))},
    ),
    Binds(AssessmentEffect, tables.assessment_effect, register(OF_OWN_INSTITUTION), tag=EFFECT_TAG),
    Binds(AssessmentAppeal, tables.assessment_appeal, register(OF_OWN_INSTITUTION)),
    Binds(
        Assessment,
        tables.assessment,
        register(OF_OWN_INSTITUTION),
        tag=ASSESSMENT_TAG,
        fields={
            "district": One(_DISTRICT),
            "cycle": One(_CYCLE),
            "institution": One(_INSTITUTION),
            "scores": Many(Link("AssessmentScore", _OF_ASSESSMENT), Key("{t}.position", Kind.INT)),
            "effects": Many(Link("AssessmentEffect", _OF_ASSESSMENT), Key("{t}.kind", Kind.TEXT)),
            "appeals": Many(Link("AssessmentAppeal", _OF_ASSESSMENT), Key("{t}.appealed_on", Kind.DATE)),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Assessment"),
            "cycle": Related(_CYCLE),
            "district": Related(_DISTRICT),
            "institution": Related(_INSTITUTION),
        },
    ),
    Binds(
        RectificationItem,
        tables.rectification_item,
        register(OF_OWN_INSTITUTION),
        tag=ITEM_TAG,
        fields={"district": One(_DISTRICT), "institution": One(_INSTITUTION)},
        columns={"source": "source_kind"},
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="RectificationItem"),
            "district": Related(_DISTRICT),
            "institution": Related(_INSTITUTION),
        },
    ),
)

ROOTS = {
    "assessmentSchemes": Root("AssessmentScheme", Shape.PAGE, order="CODE ASC", arguments=within_district),
    "assessmentCycles": Root("AssessmentCycle", Shape.PAGE, order="FROM_ON DESC", arguments=within_district),
    "assessments": Root("Assessment", Shape.PAGE, order="STATUS ASC", arguments=within_district),
    "rectificationItems": Root("RectificationItem", Shape.PAGE, order="DUE_ON ASC", arguments=within_district),
}
