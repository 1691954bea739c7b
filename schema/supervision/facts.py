"""Dated facts about institutions: complaints, accidents, penalties, points, insurance actions, tasks, hazards."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.fetching import fetched
from schema.filters import UNSET, BooleanFilter, DateFilter, DateTimeFilter, Filter, IDFilter, StringFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.rows import FACTS
from schema.tags import FACT_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.planner.binding import Compare, Computed, Kind, One, Related, Root, Shape
from server.policy import terms
from server.supervision import tables
from server.supervision.facts import fact_id
from server.supervision.model import ComplaintChannel, FactKind, PenaltyKind

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution

term(FactKind, "监管事实种类")
term(ComplaintChannel, "举报投诉渠道")
term(PenaltyKind, "行政处罚种类")
term(terms.SafetyGrade, "安全事故等级 mildest first", "SafetyGrade")
term(
    terms.InsuranceAction, "医保处理种类 not to be confused with a district's own yellow card (X-2)", "InsuranceAction"
)

#: The number of this type in node ids.

_ROOTS = (
    "SELECT tenant_id, id, root_id FROM supervision_fact"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)


@strawberry.type(description="监管事实 dated and sourced; annulled where it does not hold, never deleted")
class SupervisionFact(Node):
    """A fact."""

    kind: FactKind = field_of("种类")
    occurred_on: date = field_of("发生日期")
    decided_on: date | None = field_of("认定日期 null while the authority has not determined it")
    source_name: str = field_of("来源 the body or record it comes from")
    reference_number: str | None = field_of("文号")
    summary: str | None = field_of("摘要")
    matter: str | None = field_of("投诉事项 repeated calls on one matter bear the same")
    channel: ComplaintChannel | None = field_of("投诉渠道")
    substantiated: bool | None = field_of("是否经查属实 null while it is not known")
    serious_adverse_effect: bool | None = field_of("是否有严重不良影响 null while it is not known")
    safety_grade: terms.SafetyGrade | None = field_of("安全事故等级 as determined")
    harm: bool | None = field_of("是否造成人身伤害或财产损失")
    malpractice_grade: int | None = field_of("医疗事故等级 1 to 4, 1 the gravest")
    penalty_kind: PenaltyKind | None = field_of("处罚种类")
    points: int | None = field_of("不良执业行为积分")
    insurance_action: terms.InsuranceAction | None = field_of("医保处理")
    due_on: date | None = field_of("完成期限 of a mandatory task or an order to remove a hazard")
    refused: bool | None = field_of("是否拒不落实、拒不整改")
    established: bool | None = field_of("是否认定成立")
    emergency: bool | None = field_of("是否属急诊急救")
    treatment_delayed: bool | None = field_of("是否造成延误诊治")
    mental_harm: bool | None = field_of("是否给患者精神造成伤害")
    annulled_at: datetime | None = field_of("失效时间 since when it no longer holds; null while it does")
    annulled_because: str | None = field_of("失效原因 annulled, or replaced by what was determined later")
    version: int = field_of("版本 for `expectedVersion`")
    created_at: datetime = field_of("登记时间")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")

    @computed("事件编号 as decisions name it; the same before and after it was determined")
    async def event(ids: Sequence[NodeId], request: Request) -> Sequence[str]:  # noqa: N805
        found = await fetched(request, ids, _ROOTS)
        return [fact_id(found[one.tenant_id, one.id][0][0]) for one in ids]


class SupervisionFactOrderField(Term):
    """What facts can be ordered by."""

    OCCURRED_ON = "OCCURRED_ON", "发生日期"
    DECIDED_ON = "DECIDED_ON", "认定日期"
    KIND = "KIND", "种类"


term(SupervisionFactOrderField, "监管事实排序字段")


@strawberry.input(description="监管事实排序")
class SupervisionFactOrder:
    """One sort key."""

    field: SupervisionFactOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="监管事实筛选 all given conditions must hold")
class SupervisionFactFilter:
    """A filter on facts."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[FactKind] | None = strawberry.field(default=UNSET, description="种类")
    occurred_on: DateFilter | None = strawberry.field(default=UNSET, description="发生日期")
    decided_on: DateFilter | None = strawberry.field(default=UNSET, description="认定日期")
    matter: StringFilter | None = strawberry.field(default=UNSET, description="投诉事项")
    channel: Filter[ComplaintChannel] | None = strawberry.field(default=UNSET, description="投诉渠道")
    substantiated: BooleanFilter | None = strawberry.field(default=UNSET, description="是否经查属实")
    refused: BooleanFilter | None = strawberry.field(default=UNSET, description="是否拒不落实、拒不整改")
    due_on: DateFilter | None = strawberry.field(default=UNSET, description="完成期限")
    annulled_at: DateTimeFilter | None = strawberry.field(default=UNSET, description="失效时间；现行有效的用 isNull")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["SupervisionFactFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["SupervisionFactFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["SupervisionFactFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class SupervisionQueries:
    """Root fields of this area."""

    @planned
    def supervision_facts(
        self,
        district: InDistrict = UNSET,
        filter: SupervisionFactFilter | None = UNSET,
        order_by: list[SupervisionFactOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[SupervisionFact]:
        """监管事实 of one district, or of all that the caller may see; latest first unless ordered otherwise"""
        not_resolved()


BINDS = (
    Binds(
        SupervisionFact,
        tables.supervision_fact,
        FACTS,
        tag=FACT_TAG,
        fields={"event": Computed(), "district": One(TO_DISTRICT), "institution": One(TO_INSTITUTION)},
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="SupervisionFact"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {
    "supervisionFacts": Root("SupervisionFact", Shape.PAGE, order="OCCURRED_ON DESC", arguments=within_district),
}
