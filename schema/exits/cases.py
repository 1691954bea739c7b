"""Exit cases, with what they handed over and the agreements that they ended."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, FirstGroups, Last, Node
from schema.districts import District
from schema.exits.continuity import ContinuityPlan
from schema.exits.conversions import ConversionCase
from schema.exits.filters import ExitCaseFilter, ExitCaseOrder
from schema.exits.groups import GROUPING, ExitCaseGroup, ExitCaseGroupHaving, ExitCaseGroupKey, ExitCaseGroupOrder
from schema.exits.terms import AppealKind, AppealOutcome, ExitGround, ExitStatus, ExitStrength, ReferralStatus
from schema.fetching import fetched
from schema.filters import UNSET
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Clause, cited
from schema.proposals import Proposal
from schema.rows import EXITS, OF_OWN_INSTITUTION, register
from schema.supervision.negative_list import NegativeFinding
from schema.tags import EXIT_TAG, REFERRAL_TAG
from schema.within import InDistrict, within_district
from server.districts.model import AuthorityKind
from server.exits import tables
from server.kit.clause import Clause as Citation
from server.kit.ids import NodeId
from server.planner.binding import Column, Compare, Computed, Key, Kind, Link, Many, One, Related, Root, Shape
from server.policy.terms import Effect

if TYPE_CHECKING:
    from schema.institutions.register import Institution
    from schema.licensing.endings import LicenceEnding
    from schema.licensing.licences import Licence
    from schema.papers import OfficialPaper
    from schema.sites.agreements import EntrustmentAgreement

_CLAUSES = (
    "SELECT tenant_id, id, clause_document, clause_anchor FROM exit_case"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)
_Institution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]


@strawberry.type(description="移送事项 one measure of statute that an exit case handed over, followed to its outcome")
class ExitReferral(Node):
    """A hand-over."""

    effect: Effect = field_of("移送处理 SUSPEND_VERIFICATION, CANCEL_LICENCE or REVOKE_LICENCE")
    status: ReferralStatus = field_of("状态 PENDING until licensing, or the penalty, has come to an end")
    to_name: str = field_of("移送机关")
    department: AuthorityKind | None = field_of(
        "承办部门 whose officers have the task; null: the health commission's own"
    )
    referred_on: date = field_of("移送日期")
    obstacle: str | None = field_of("未能即时启动的原因 in the words of licensing")
    concluded_on: date | None = field_of("办结日期")
    outcome: str | None = field_of("结果")
    reference: str | None = field_of("结果文号")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("机构")
    exit_case: Annotated["ExitCase", strawberry.lazy("schema.exits.cases")] | None = field_of("退出案件 with the facts")
    paper: Annotated["OfficialPaper", strawberry.lazy("schema.papers")] | None = field_of("案件移送函")
    licence: Annotated["Licence", strawberry.lazy("schema.licensing.licences")] | None = field_of("执业许可证")
    ending: Annotated["LicenceEnding", strawberry.lazy("schema.licensing.endings")] | None = field_of(
        "终止许可程序 that was opened by it, or for it"
    )


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
    referrals: list[ExitReferral] = field_of("移送事项 the case is executed once they are concluded")
    ended_agreements: list[Annotated["EntrustmentAgreement", strawberry.lazy("schema.sites.agreements")]] = field_of(
        "终止的委托协议 ended by the execution of this case"
    )
    agreements_left: list[str] = field_of(
        "未能终止的协议 by name: not the health commission's to end; their party has a task"
    )

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


_COMMON = {"district": One(TO_DISTRICT), "institution": One(TO_INSTITUTION)}
_ABOUT = {"district": Related(TO_DISTRICT), "institution": Related(TO_INSTITUTION)}
_OF_CASE = (("id", "exit_case_id"),)

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
            "continuityPlan": One(Link("ContinuityPlan", _OF_CASE)),
            "conversions": Many(Link("ConversionCase", _OF_CASE), Key("{t}.opened_on", Kind.DATE)),
            "referrals": Many(Link("ExitReferral", _OF_CASE), Key("{t}.effect", Kind.TEXT)),
            "endedAgreements": Many(Link("EntrustmentAgreement", _OF_CASE), Key("{t}.term_from_on", Kind.DATE)),
        },
        filters={
            **_ABOUT,
            "id": Compare("{t}.id", Kind.UUID, node="ExitCase"),
            "strength": Compare(tables.STRENGTH, Kind.TEXT),
        },
    ),
    Binds(
        ExitReferral,
        tables.exit_referral,
        register(OF_OWN_INSTITUTION),
        tag=REFERRAL_TAG,
        fields={
            **_COMMON,
            "exitCase": One(Link("ExitCase", (("exit_case_id", "id"),))),
            "paper": One(Link("OfficialPaper", (("paper_id", "id"),))),
            "licence": One(Link("Licence", (("licence_id", "id"),))),
            "ending": One(Link("LicenceEnding", (("ending_id", "id"),))),
        },
    ),
)

ROOTS = {
    "exitCases": Root("ExitCase", Shape.PAGE, order="OPENED_ON DESC", arguments=within_district),
    "exitCaseGroups": Root("ExitCase", Shape.GROUPS, arguments=within_district, grouping=GROUPING),
}
