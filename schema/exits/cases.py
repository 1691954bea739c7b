"""Exit cases, conversions, and continuity for residents."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, FirstGroups, Last, Node
from schema.districts import District
from schema.exits.filters import (
    ContinuityPlanFilter,
    ContinuityPlanOrder,
    ConversionCaseFilter,
    ConversionCaseOrder,
    ExitCaseFilter,
    ExitCaseOrder,
    SuccessionRequestFilter,
    SuccessionRequestOrder,
)
from schema.exits.groups import GROUPING, ExitCaseGroup, ExitCaseGroupHaving, ExitCaseGroupKey, ExitCaseGroupOrder
from schema.exits.terms import (
    AppealKind,
    AppealOutcome,
    ContinuityService,
    ConversionDirection,
    ConversionStatus,
    ExitGround,
    ExitStatus,
    ExitStrength,
    PlanStatus,
)
from schema.fetching import fetched
from schema.filters import UNSET
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Clause, cited
from schema.proposals import Proposal
from schema.rows import EXITS, OF_OWN_INSTITUTION, SUCCESSIONS, register
from schema.supervision.negative_list import NegativeFinding
from schema.tags import ANSWER_TAG, CONVERSION_TAG, EXIT_TAG, PLAN_TAG, REQUEST_TAG
from schema.within import InDistrict, within_district
from server.exits import tables
from server.institutions.model import InstitutionKind
from server.kit.clause import Clause as Citation
from server.kit.ids import NodeId
from server.planner.binding import Column, Compare, Computed, Key, Kind, Link, Many, One, Related, Root, Shape
from server.policy.terms import Effect

if TYPE_CHECKING:
    from schema.institutions.register import Institution

#: The numbers of these types in node ids.

_CLAUSES = (
    "SELECT tenant_id, id, clause_document, clause_anchor FROM exit_case"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)
_Institution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]


@strawberry.type(description="承接答复 of the successor's own district; from another one, seen by its officers alone")
class SuccessionAnswer(Node):
    """An answer."""

    accepted: bool = field_of("是否同意承接")
    reason: str | None = field_of("理由")
    answered_on: date = field_of("答复日期")
    district: District = field_of("答复辖区")
    institution: _Institution | None = field_of("承接机构 null where it is another district's")


@strawberry.type(description="承接征询 to an institution of this district, or to another district, which reads it too")
class SuccessionRequest(Node):
    """A request."""

    successor_name: str = field_of("承接机构名称")
    leaving_name: str = field_of("退出机构名称")
    service_area: str = field_of("服务区域")
    population: int = field_of("居民人数")
    services: list[ContinuityService] = field_of("请其承接的服务")
    asked_on: date = field_of("征询日期")
    withdrawn_on: date | None = field_of("撤回日期")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("征询辖区")
    institution: _Institution | None = field_of("承接机构 null where it is another district's")
    plan: Optional["ContinuityPlan"] = field_of("承接方案 null for the district that is asked")

    @computed("答复 null while there is none")
    async def accepted(ids: Sequence[NodeId], request: Request) -> Sequence[bool | None]:  # noqa: N805
        found = await fetched(request, ids, _ANSWERS)
        return [found[one.tenant_id, one.id][0][0] if found[one.tenant_id, one.id] else None for one in ids]


_ANSWERS = (
    "SELECT request_tenant_id, request_id, accepted FROM succession_answer a"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " ON a.request_tenant_id = wanted.tenant_id AND a.request_id = wanted.id"
)


@strawberry.type(description="居民承接方案 who provides for residents when an institution leaves; numbers, no names")
class ContinuityPlan(Node):
    """A plan."""

    status: PlanStatus = field_of("状态")
    service_area: str = field_of("服务区域")
    population: int = field_of("服务人口")
    signed_families: int = field_of("签约家庭户数")
    high_need_residents: int = field_of("重点人群人数")
    services: list[ContinuityService] = field_of("须承接的服务")
    from_on: date = field_of("起始日期")
    until: date | None = field_of("截止日期 the first day no longer part of the transfer")
    approved_on: date | None = field_of("批准日期")
    started_on: date | None = field_of("开始承接日期")
    completed_on: date | None = field_of("完成日期")
    outcome: str | None = field_of("承接结果")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("退出机构")
    exit_case: Optional["ExitCase"] = field_of("退出案件")
    requests: list[SuccessionRequest] = field_of("承接征询")


@strawberry.type(description="转型 in either direction; guided transformation is advice and changes no licence")
class ConversionCase(Node):
    """A conversion."""

    direction: ConversionDirection = field_of("方向")
    target_kind: InstitutionKind = field_of("目标类别")
    status: ConversionStatus = field_of("状态")
    opened_on: date = field_of("启动日期")
    because: str = field_of("理由")
    agreed_on: date | None = field_of("商定日期")
    agreement: str | None = field_of("商定内容")
    executed_on: date | None = field_of("完成日期")
    declined_because: str | None = field_of("未转型的理由")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("机构")
    exit_case: Optional["ExitCase"] = field_of("退出案件 that guided to it")


@strawberry.type(description="退出案件 from a proposal to the decision of two persons and its execution")
class ExitCase(Node):
    """An exit case."""

    ground: ExitGround = field_of("立案依据")
    status: ExitStatus = field_of("状态")
    effect: Effect = field_of("首要效果 decided, before that proposed")
    strength: ExitStrength = field_of("强度 hard and soft exits are never added up")
    proposed_effects: list[Effect] = field_of("建议的效果")
    opened_on: date = field_of("立案日期")
    opened_because: str = field_of("立案理由")
    facts: str | None = field_of("核实的事实")
    facts_reviewed_on: date | None = field_of("核实日期")
    notified_on: date | None = field_of("告知日期")
    statement_by: date | None = field_of("陈述申辩期限 the last day")
    statement_on: date | None = field_of("陈述日期")
    statement: str | None = field_of("陈述申辩")
    drafted_by: str | None = field_of("拟定人 by subject")
    drafted_effects: list[Effect] | None = field_of("拟定的效果")
    drafted_because: str | None = field_of("拟定理由")
    service_stops: bool | None = field_of("是否停止服务")
    decided_by: str | None = field_of("审批人 by subject; never the one who drafted")
    decided_on: date | None = field_of("决定日期")
    decided_effects: list[Effect] | None = field_of("决定的效果")
    executed_on: date | None = field_of("执行日期")
    without_plan_because: str | None = field_of("未待方案先行执行的理由")
    plan_due_on: date | None = field_of("补齐方案期限")
    handed_over_on: date | None = field_of("移送日期")
    handed_over_to: str | None = field_of("移送机关")
    closed_on: date | None = field_of("结案日期")
    withdrawn_because: str | None = field_of("撤销理由")
    appeal: AppealKind | None = field_of("救济途径")
    appealed_on: date | None = field_of("提出日期")
    appeal_because: str | None = field_of("复议或起诉理由")
    appeal_outcome: AppealOutcome | None = field_of("救济结果")
    appeal_decided_on: date | None = field_of("救济结果日期")
    appeal_reason: str | None = field_of("救济结果理由")
    policy_digest: str = field_of("立案时退出政策的摘要 SHA-256")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("机构")
    proposal: Proposal | None = field_of("所采纳的处置建议")
    finding: NegativeFinding | None = field_of("所依据的认定")
    continuity_plan: ContinuityPlan | None = field_of("居民承接方案")
    conversions: list[ConversionCase] = field_of("转型")

    @computed("条款 on which the case rests")
    async def clause(ids: Sequence[NodeId], request: Request) -> Sequence[Clause]:  # noqa: N805
        library = request.engine.policies.library
        found = await fetched(request, ids, _CLAUSES)
        return [cited(Citation(*found[one.tenant_id, one.id][0]), library.register) for one in ids]


@strawberry.type
class ExitQueries:
    """Root fields of this area."""

    @planned
    def exit_cases(
        self,
        district: InDistrict = UNSET,
        filter: ExitCaseFilter | None = UNSET,
        order_by: list[ExitCaseOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[ExitCase]:
        """退出案件 that the caller may see; latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def exit_case_groups(
        self,
        group_by: list[ExitCaseGroupKey],
        district: InDistrict = UNSET,
        filter: ExitCaseFilter | None = UNSET,
        having: ExitCaseGroupHaving | None = UNSET,
        order_by: list[ExitCaseGroupOrder] | None = UNSET,
        first: FirstGroups = UNSET,
    ) -> list[ExitCaseGroup]:
        """退出案件分组统计 of the very rows `exitCases` lists; group by STRENGTH or EFFECT where hard and soft ones meet"""
        not_resolved()

    @planned
    def conversion_cases(
        self,
        district: InDistrict = UNSET,
        filter: ConversionCaseFilter | None = UNSET,
        order_by: list[ConversionCaseOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[ConversionCase]:
        """转型 that the caller may see; latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def continuity_plans(
        self,
        district: InDistrict = UNSET,
        filter: ContinuityPlanFilter | None = UNSET,
        order_by: list[ContinuityPlanOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[ContinuityPlan]:
        """居民承接方案 that the caller may see; by first day, latest first, unless ordered otherwise"""
        not_resolved()

    @planned
    def succession_requests(
        self,
        district: InDistrict = UNSET,
        filter: SuccessionRequestFilter | None = UNSET,
        order_by: list[SuccessionRequestOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[SuccessionRequest]:
        """承接征询 sent by the caller's district or to it; latest first unless ordered otherwise"""
        not_resolved()


_INSTITUTION = Link("Institution", (("institution_id", "id"),))
_DISTRICT = Link("District", ())
_CASE = Link("ExitCase", (("exit_case_id", "id"),))
_COMMON = {"district": One(_DISTRICT), "institution": One(_INSTITUTION)}
_ABOUT = {"district": Related(_DISTRICT), "institution": Related(_INSTITUTION)}
_PLAN = Link("ContinuityPlan", (("plan_id", "id"),))

BINDS = (
    Binds(
        ExitCase,
        tables.exit_case,
        EXITS,
        tag=EXIT_TAG,
        fields={
            **_COMMON,
            "strength": Column(tables.STRENGTH, Kind.TEXT, plain=True),
            "clause": Computed(),
            "proposal": One(Link("Proposal", (("proposal_id", "id"),))),
            "finding": One(Link("NegativeFinding", (("finding_id", "id"),))),
            "continuityPlan": One(Link("ContinuityPlan", (("id", "exit_case_id"),))),
            "conversions": Many(Link("ConversionCase", (("id", "exit_case_id"),)), Key("{t}.opened_on", Kind.DATE)),
        },
        filters={
            **_ABOUT,
            "id": Compare("{t}.id", Kind.UUID, node="ExitCase"),
            "strength": Compare(tables.STRENGTH, Kind.TEXT),
        },
    ),
    Binds(
        ConversionCase,
        tables.conversion_case,
        register(OF_OWN_INSTITUTION),
        tag=CONVERSION_TAG,
        fields={**_COMMON, "exitCase": One(_CASE)},
        filters={**_ABOUT, "id": Compare("{t}.id", Kind.UUID, node="ConversionCase")},
    ),
    Binds(
        ContinuityPlan,
        tables.continuity_plan,
        register(OF_OWN_INSTITUTION),
        tag=PLAN_TAG,
        fields={
            **_COMMON,
            "exitCase": One(_CASE),
            "requests": Many(Link("SuccessionRequest", (("id", "plan_id"),)), Key("{t}.asked_on", Kind.DATE)),
        },
        filters={**_ABOUT, "id": Compare("{t}.id", Kind.UUID, node="ContinuityPlan")},
    ),
    Binds(
        SuccessionRequest,
        tables.succession_request,
        SUCCESSIONS,
        tag=REQUEST_TAG,
        fields={**_COMMON, "accepted": Computed(), "plan": One(_PLAN)},
        filters={"id": Compare("{t}.id", Kind.UUID, node="SuccessionRequest")},
    ),
    Binds(SuccessionAnswer, tables.succession_answer, SUCCESSIONS, tag=ANSWER_TAG, fields=_COMMON),
)

ROOTS = {
    "exitCases": Root("ExitCase", Shape.PAGE, order="OPENED_ON DESC", arguments=within_district),
    "exitCaseGroups": Root("ExitCase", Shape.GROUPS, arguments=within_district, grouping=GROUPING),
    "conversionCases": Root("ConversionCase", Shape.PAGE, order="OPENED_ON DESC", arguments=within_district),
    "continuityPlans": Root("ContinuityPlan", Shape.PAGE, order="FROM_ON DESC", arguments=within_district),
    "successionRequests": Root("SuccessionRequest", Shape.PAGE, order="ASKED_ON DESC", arguments=within_district),
}
