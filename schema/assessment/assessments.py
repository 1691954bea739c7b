"""Assessment: what one institution got in one cycle, with scores, effects and appeals."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.assessment.cycles import AssessmentCycle, AssessmentCycleFilter, AssessmentIndicator
from schema.assessment.ledger import RectificationItem
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, FloatFilter, IDFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import OF_OWN_INSTITUTION, register
from schema.tags import ASSESSMENT_TAG, EFFECT_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.assessment import tables
from server.assessment.model import AppealOutcome, AssessmentStatus, EffectKind, EffectStatus, ResultGrade
from server.kit.terms import Term
from server.planner.binding import Compare, Key, Kind, Link, Many, One, Related, Root, Shape

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution
    from schema.proposals import Proposal
    from schema.supervision.negative_list import Interview, NegativeFinding

term(AssessmentStatus, "机构考核状态")
term(ResultGrade, "考核等次")
term(EffectKind, "考核结果运用")
term(EffectStatus, "结果运用状态")
term(AppealOutcome, "申诉结果")

_OfInstitution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_InstitutionFilter = Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")]


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
    assessment: "Assessment" = field_of("机构考核")
    proposal: Annotated["Proposal", strawberry.lazy("schema.proposals")] | None = field_of(
        "处置建议 that it led to by itself; what is decided about it settles the effect"
    )
    finding: Annotated["NegativeFinding", strawberry.lazy("schema.supervision.negative_list")] | None = field_of(
        "负面清单认定 that settled it"
    )
    interview: Annotated["Interview", strawberry.lazy("schema.supervision.negative_list")] | None = field_of(
        "约谈 that settled it"
    )
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
    rectification_items: list[RectificationItem] = field_of("整改事项 that its confirmation entered in the ledger")


@strawberry.type
class AssessmentQueries:
    """Root fields of assessments."""

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


_CYCLE = Link("AssessmentCycle", (("cycle_id", "id"),))
_OF_ASSESSMENT = (("id", "assessment_id"),)

BINDS = (
    Binds(
        AssessmentScore,
        tables.assessment_score,
        register(OF_OWN_INSTITUTION),
        fields={"indicator": One(Link("AssessmentIndicator", (("indicator_id", "id"),)))},
    ),
    Binds(
        AssessmentEffect,
        tables.assessment_effect,
        register(OF_OWN_INSTITUTION),
        tag=EFFECT_TAG,
        fields={
            "assessment": One(Link("Assessment", (("assessment_id", "id"),))),
            "proposal": One(Link("Proposal", (("proposal_id", "id"),))),
            "finding": One(Link("NegativeFinding", (("finding_id", "id"),))),
            "interview": One(Link("Interview", (("interview_id", "id"),))),
        },
    ),
    Binds(AssessmentAppeal, tables.assessment_appeal, register(OF_OWN_INSTITUTION)),
    Binds(
        Assessment,
        tables.assessment,
        register(OF_OWN_INSTITUTION),
        tag=ASSESSMENT_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "cycle": One(_CYCLE),
            "institution": One(TO_INSTITUTION),
            "scores": Many(Link("AssessmentScore", _OF_ASSESSMENT), Key("{t}.position", Kind.INT)),
            "effects": Many(Link("AssessmentEffect", _OF_ASSESSMENT), Key("{t}.kind", Kind.TEXT)),
            "rectificationItems": Many(
                Link("RectificationItem", (("id", "subject_id"),)), Key("{t}.due_on", Kind.DATE)
            ),
            "appeals": Many(Link("AssessmentAppeal", _OF_ASSESSMENT), Key("{t}.appealed_on", Kind.DATE)),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Assessment"),
            "cycle": Related(_CYCLE),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {
    "assessments": Root("Assessment", Shape.PAGE, order="STATUS ASC", arguments=within_district),
}
