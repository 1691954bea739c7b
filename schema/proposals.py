"""Proposals 处置建议: what a policy rule found, open until a person decides."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.acting import mutation, node_of, perform_on
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.fetching import fetched, subjects
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.institutions.filters import InstitutionFilter
from schema.institutions.register import Institution
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.policy.decisions import told_again
from schema.problems import Conflicting, InvalidInput, OutOfDate
from schema.rows import PROPOSALS
from schema.standing.standings import PolicyDecision
from schema.tags import PROPOSAL_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.assessment.actions import effects
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.planner.binding import ANY_NODE, Compare, Computed, Embedded, Kind, Link, One, Related, Root, Shape
from server.planner.binding import Column as Bound
from server.policy import terms
from server.proposals import actions, tables
from server.proposals.model import ProposalStatus
from server.record.acts import Act

if TYPE_CHECKING:
    from schema.assessment.assessments import AssessmentEffect

term(ProposalStatus, "处置建议状态")

#: The number of this type in node ids.

_RECORDS = (
    "SELECT tenant_id, id, record FROM (SELECT p.tenant_id, p.id, d.record FROM proposal p"
    " JOIN decision_record d ON d.tenant_id = p.tenant_id AND d.id = p.decision_id) kept"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)

_SUBJECTS = (
    "SELECT tenant_id, id, subject_type, subject_id FROM proposal"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)


@strawberry.type(description="规则 that made the proposal")
class ProposingRule:
    """A rule."""

    code: str = strawberry.field(description="编号")
    title: str = strawberry.field(description="名称")


@strawberry.type(description="处置建议 what a rule proposes and a person decides; the rule itself carries nothing out")
class Proposal(Node):
    """A proposal."""

    status: ProposalStatus = field_of("状态")
    kind: terms.Kind = field_of("政策类别")
    rule: ProposingRule = field_of("规则")
    item: str | None = field_of("负面清单条目号")
    effect: terms.Effect = field_of("首要效果")
    effects: list[terms.Effect] = field_of("全部效果")
    flags: list[terms.Flag] = field_of("提示 what the person who decides must weigh")
    policy_version: int = field_of("所依政策版本")
    policy_digest: str = field_of("版本摘要")
    as_of: date = field_of("判定日期")
    decided_by: str | None = field_of("决定人 by subject; for a lapsed one, whose act took its grounds away")
    decided_at: datetime | None = field_of("决定时间")
    reason: str | None = field_of("理由 why it was declined, or lapsed")
    version: int = field_of("版本 for `expectedVersion`")
    created_at: datetime = field_of("提出时间")
    subject_type: str = field_of("对象类别")
    district: District = field_of("辖区")
    institution: Institution | None = field_of("机构")
    assessment_effect: Annotated["AssessmentEffect", strawberry.lazy("schema.assessment.assessments")] | None = (
        field_of("考核结果运用 of the failed assessment that it is about")
    )

    @computed("判定 with its explanation, as it was recorded")
    async def decision(ids: Sequence[NodeId], request: Request) -> Sequence[PolicyDecision]:  # noqa: N805
        register = request.engine.policies.library.register
        found = await fetched(request, ids, _RECORDS)
        return [told_again(found[one.tenant_id, one.id][0][0], register) for one in ids]

    @computed("对象 what it is about; null where the caller may not see it")
    async def subject(ids: Sequence[NodeId], request: Request) -> Sequence[Node | None]:  # noqa: N805
        return await subjects(request, ids, _SUBJECTS)


class ProposalOrderField(Term):
    """What proposals can be ordered by."""

    CREATED_AT = "CREATED_AT", "提出时间"
    AS_OF = "AS_OF", "判定日期"
    EFFECT = "EFFECT", "效果"


term(ProposalOrderField, "处置建议排序字段")


@strawberry.input(description="处置建议排序")
class ProposalOrder:
    """One sort key."""

    field: ProposalOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="处置建议筛选 all given conditions must hold")
class ProposalFilter:
    """A filter on proposals."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    status: Filter[ProposalStatus] | None = strawberry.field(default=UNSET, description="状态")
    kind: Filter[terms.Kind] | None = strawberry.field(default=UNSET, description="政策类别")
    rule: StringFilter | None = strawberry.field(default=UNSET, description="规则编号")
    item: StringFilter | None = strawberry.field(default=UNSET, description="负面清单条目号")
    effect: Filter[terms.Effect] | None = strawberry.field(default=UNSET, description="首要效果")
    as_of: DateFilter | None = strawberry.field(default=UNSET, description="判定日期")
    subject: IDFilter | None = strawberry.field(default=UNSET, description="对象")
    subject_type: StringFilter | None = strawberry.field(default=UNSET, description="对象类别")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["ProposalFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ProposalFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ProposalFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.input(description="不予采纳建议")
class DeclineProposalInput:
    """What declining takes."""

    proposal: strawberry.ID = strawberry.field(description="建议")
    expected_version: int = strawberry.field(
        description="所见版本 the `version` the caller read; a newer one gives `OutOfDate`"
    )
    reason: str = strawberry.field(description="理由 1 to 1000 characters")
    idempotency_key: str = strawberry.field(
        description="幂等键 the same key returns the same answer, executed once; kept at least 24 hours"
    )


@strawberry.type(description="已不予采纳")
class ProposalDeclined:
    """A refusal by a person."""

    proposal: Proposal = strawberry.field(description="建议 as it is now")


DeclineProposalResult = Annotated[
    ProposalDeclined | InvalidInput | Conflicting | OutOfDate, strawberry.union("DeclineProposalResult")
]


@strawberry.type
class ProposalQueries:
    """Root fields of this area."""

    @planned
    def proposals(
        self,
        district: InDistrict = UNSET,
        filter: ProposalFilter | None = UNSET,
        order_by: list[ProposalOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Proposal]:
        """处置建议 that the caller may see, the latest first unless ordered otherwise"""
        not_resolved()


@strawberry.type
class ProposalMutations:
    """Mutations of this area."""

    @mutation("不予采纳建议 with the reason; on the same grounds it is not made again", by=actions.DECIDERS)
    async def decline_proposal(self, info: strawberry.Info, input: DeclineProposalInput) -> DeclineProposalResult:
        async def verb(act: Act, node: NodeId) -> None:
            await actions.decline(act, node.id, expected_version=input.expected_version, reason=input.reason)
            await effects.void_by_decline(act, node.id, input.reason)

        return await perform_on(info, node_of(input.proposal, PROPOSAL_TAG, "proposal"), input, verb, ProposalDeclined)


BINDS = (
    Binds(
        Proposal,
        tables.proposal,
        PROPOSALS,
        tag=PROPOSAL_TAG,
        fields={
            "rule": Embedded("ProposingRule"),
            "decision": Computed(),
            "subject": Computed(),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "assessmentEffect": One(Link("AssessmentEffect", (("id", "proposal_id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Proposal"),
            "subject": Compare("{t}.subject_id", Kind.UUID, node=ANY_NODE),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {"proposals": Root("Proposal", Shape.PAGE, order="CREATED_AT DESC", arguments=within_district)}

EMBEDDED = {"ProposingRule": {"code": Bound("{t}.rule", Kind.TEXT), "title": Bound("{t}.title", Kind.TEXT)}}
