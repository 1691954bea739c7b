"""Raising, triaging, sharing and closing risk signals; planning and concluding visits: mutations."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_step, ref, referring, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems, Problems
from schema.supervision.negative_list import NegativeFinding
from schema.supervision.risks import JointVisit, RiskSignal
from schema.tags import CARD_TAG, FINDING_TAG, INSTITUTION_TAG, SIGNAL_TAG, VISIT_TAG
from server.districts.model import AuthorityKind
from server.kit.ids import NodeId
from server.record.acts import Act
from server.supervision.actions import signals, visits
from server.supervision.actions.signals import Raised
from server.supervision.actions.visits import Planned
from server.supervision.model import RiskKind, RiskLevel, VisitKind


@strawberry.input(description="提出风险信号 each kind by its own department")
class RaiseRiskSignalInput(Keyed):
    """What raising takes."""

    institution: strawberry.ID = field("机构")
    kind: RiskKind = field("种类")
    level: RiskLevel = field("等级")
    observed_on: date = field("发现日期")
    facts: str = field("情况 1 to 4000 characters")


@strawberry.input(description="研判风险信号")
class TriageRiskSignalInput(Versioned):
    """What triage takes."""

    signal: strawberry.ID = field("风险信号")
    level: RiskLevel = field("研判等级")
    note: str = field("研判意见 1 to 4000 characters")


@strawberry.input(description="通报风险信号 inside the district")
class ShareRiskSignalInput(Versioned):
    """What sharing takes."""

    signal: strawberry.ID = field("风险信号")
    departments: list[AuthorityKind] = field("通报部门")


@strawberry.input(description="办结风险信号")
class CloseRiskSignalInput(Versioned):
    """What closing takes."""

    signal: strawberry.ID = field("风险信号")
    outcome: str = field("办理结果 1 to 4000 characters")


@strawberry.input(description="风险信号转负面清单线索")
class EscalateRiskSignalInput(Versioned):
    """What escalating takes."""

    signal: strawberry.ID = field("风险信号")
    item: str = field("条目号")
    occurred_on: date = field("发生日期")
    evidence: str = field("证据 1 to 4000 characters")


@strawberry.input(description="安排联合检查或专项指导 the health commission always takes part")
class PlanJointVisitInput(Keyed):
    """What planning takes."""

    institution: strawberry.ID = field("机构")
    kind: VisitKind = field("种类")
    planned_on: date = field("安排日期")
    departments: list[AuthorityKind] = field("参加部门")
    purpose: str = field("目的 1 to 4000 characters")
    signal: strawberry.ID | None = field("所依据的风险信号", default=UNSET)
    card: strawberry.ID | None = field("所依据的黄牌", default=UNSET)


@strawberry.input(description="记录联合检查或专项指导的情况")
class ConcludeJointVisitInput(Versioned):
    """What concluding takes."""

    visit: strawberry.ID = field("联合检查或专项指导")
    held_on: date = field("开展日期")
    findings: str = field("情况 1 to 4000 characters")
    problems_found: bool = field("是否发现问题")


@strawberry.input(description="取消联合检查或专项指导")
class CancelJointVisitInput(Versioned):
    """What cancelling takes."""

    visit: strawberry.ID = field("联合检查或专项指导")
    reason: str = field("理由 1 to 4000 characters")


@strawberry.type(description="已提出风险信号")
class RiskSignalRaised:
    """A signal."""

    signal: RiskSignal = field("风险信号")


@strawberry.type(description="已研判")
class RiskSignalTriaged:
    """A triage."""

    signal: RiskSignal = field("风险信号 as it is now")


@strawberry.type(description="已通报")
class RiskSignalShared:
    """A circulation."""

    signal: RiskSignal = field("风险信号 as it is now")


@strawberry.type(description="已办结风险信号")
class RiskSignalClosed:
    """A closure."""

    signal: RiskSignal = field("风险信号 as it is now")


@strawberry.type(description="已转负面清单线索")
class RiskSignalEscalated:
    """An escalation."""

    signal: RiskSignal = field("风险信号 as it is now")
    finding: NegativeFinding = field("线索")


@strawberry.type(description="已安排")
class JointVisitPlanned:
    """A visit to come."""

    visit: JointVisit = field("联合检查或专项指导")


@strawberry.type(description="已开展")
class JointVisitConcluded:
    """A visit that was held."""

    visit: JointVisit = field("联合检查或专项指导 as it is now")


@strawberry.type(description="已取消")
class JointVisitCancelled:
    """A visit that was not."""

    visit: JointVisit = field("联合检查或专项指导 as it is now")


RaiseRiskSignalResult = Annotated[RiskSignalRaised | PolicyProblems, strawberry.union("RaiseRiskSignalResult")]
TriageRiskSignalResult = Annotated[RiskSignalTriaged | Problems, strawberry.union("TriageRiskSignalResult")]
ShareRiskSignalResult = Annotated[RiskSignalShared | Problems, strawberry.union("ShareRiskSignalResult")]
CloseRiskSignalResult = Annotated[RiskSignalClosed | Problems, strawberry.union("CloseRiskSignalResult")]
EscalateRiskSignalResult = Annotated[RiskSignalEscalated | PolicyProblems, strawberry.union("EscalateRiskSignalResult")]
PlanJointVisitResult = Annotated[JointVisitPlanned | Problems, strawberry.union("PlanJointVisitResult")]
ConcludeJointVisitResult = Annotated[JointVisitConcluded | Problems, strawberry.union("ConcludeJointVisitResult")]
CancelJointVisitResult = Annotated[JointVisitCancelled | Problems, strawberry.union("CancelJointVisitResult")]


@strawberry.type
class RiskMutations:
    """Root fields of this area."""

    @mutation("提出风险信号 by a department that watches for this kind", by=signals.RAISERS)
    async def raise_risk_signal(self, info: strawberry.Info, input: RaiseRiskSignalInput) -> RaiseRiskSignalResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant, shelf = request_of(info).tenant_of(node), request_of(info).engine.policies

        async def verb(act: Act) -> Mapping[str, str]:
            said = Raised(node.id, input.kind, input.level, input.observed_on, input.facts)
            made = await signals.raise_signal(act, await shelf.current(), said)
            return {"signal": str(NodeId(SIGNAL_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(RiskSignalRaised))

    @mutation("研判风险信号 by the health commission", by=signals.COMMISSIONERS)
    async def triage_risk_signal(self, info: strawberry.Info, input: TriageRiskSignalInput) -> TriageRiskSignalResult:
        return await perform_step(
            info, SIGNAL_TAG, input, signals.triage, RiskSignalTriaged, level=input.level, note=input.note
        )

    @mutation("通报风险信号 to departments of the district", by=signals.RAISERS)
    async def share_risk_signal(self, info: strawberry.Info, input: ShareRiskSignalInput) -> ShareRiskSignalResult:
        return await perform_step(
            info, SIGNAL_TAG, input, signals.share, RiskSignalShared, departments=input.departments
        )

    @mutation("办结风险信号", by=signals.COMMISSIONERS)
    async def close_risk_signal(self, info: strawberry.Info, input: CloseRiskSignalInput) -> CloseRiskSignalResult:
        return await perform_step(info, SIGNAL_TAG, input, signals.close, RiskSignalClosed, outcome=input.outcome)

    @mutation("风险信号转负面清单线索", by=signals.COMMISSIONERS)
    async def escalate_risk_signal(
        self, info: strawberry.Info, input: EscalateRiskSignalInput
    ) -> EscalateRiskSignalResult:
        node = node_of(input.signal, SIGNAL_TAG, "signal")
        tenant, shelf = request_of(info).tenant_of(node), request_of(info).engine.policies

        async def verb(act: Act) -> Mapping[str, str]:
            made = await signals.escalate(
                act,
                await shelf.current(),
                node.id,
                expected_version=input.expected_version,
                item=input.item,
                occurred_on=input.occurred_on,
                evidence=input.evidence,
            )
            return {"signal": str(node), "finding": str(NodeId(FINDING_TAG, tenant, made))}

        def payload(signal: str, finding: str) -> RiskSignalEscalated:
            return RiskSignalEscalated(signal=ref(signal), finding=ref(finding))

        return await perform(info, tenant, input, verb, payload)

    @mutation("安排联合检查或专项指导", by=visits.PLANNERS)
    async def plan_joint_visit(self, info: strawberry.Info, input: PlanJointVisitInput) -> PlanJointVisitResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant = request_of(info).tenant_of(node)
        signal, card = given(input.signal), given(input.card)
        wanted = Planned(
            node.id,
            input.kind,
            input.planned_on,
            input.departments,
            input.purpose,
            signal_id=node_of(signal, SIGNAL_TAG, "signal").id if signal else None,
            card_id=node_of(card, CARD_TAG, "card").id if card else None,
        )

        async def verb(act: Act) -> Mapping[str, str]:
            return {"visit": str(NodeId(VISIT_TAG, tenant, await visits.plan_visit(act, wanted)))}

        return await perform(info, tenant, input, verb, referring(JointVisitPlanned))

    @mutation("记录联合检查或专项指导的情况 an inspection becomes a review", by=visits.PLANNERS)
    async def conclude_joint_visit(
        self, info: strawberry.Info, input: ConcludeJointVisitInput
    ) -> ConcludeJointVisitResult:
        return await perform_step(
            info,
            VISIT_TAG,
            input,
            visits.conclude_visit,
            JointVisitConcluded,
            held_on=input.held_on,
            findings=input.findings,
            problems_found=input.problems_found,
        )

    @mutation("取消联合检查或专项指导", by=visits.PLANNERS)
    async def cancel_joint_visit(self, info: strawberry.Info, input: CancelJointVisitInput) -> CancelJointVisitResult:
        return await perform_step(info, VISIT_TAG, input, visits.cancel_visit, JointVisitCancelled, reason=input.reason)
