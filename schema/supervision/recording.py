"""Recording, determining and annulling dated facts: mutations."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.acting import given, mutation, node_of, perform, ref, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import Problems
from schema.proposals import Proposal
from schema.rows import PROPOSALS
from schema.supervision.facts import SupervisionFact
from schema.supervision.finding import StandingChange, changes_of, refs, told_back
from schema.supervision.negative_list import NegativeFinding
from schema.tags import FACT_TAG, FINDING_TAG, INSTITUTION_TAG, PROPOSAL_TAG
from server.kit.ids import NodeId
from server.policy import terms
from server.record.acts import Act
from server.standing.proposing import propose_for
from server.standing.reversing import annul_fact
from server.supervision.actions import facts
from server.supervision.actions.facts import Said
from server.supervision.model import ComplaintChannel, FactKind, PenaltyKind


def _maybe(description: str) -> Any:
    return strawberry.field(description=description, default=UNSET)


@strawberry.input(
    description="登记监管事实 what a fact of its kind needs must be given, what is foreign to it must not"
)
class RecordSupervisionFactInput(Keyed):
    """What recording takes."""

    institution: strawberry.ID = field("机构")
    kind: FactKind = field("种类")
    occurred_on: date = field("发生日期")
    source_name: str = field("来源 the body or record it comes from, 1 to 200 characters")
    decided_on: date | None = _maybe("认定日期 with any determination; none while it is still to be determined")
    reference_number: str | None = _maybe("文号")
    summary: str | None = _maybe("摘要")
    matter: str | None = _maybe("投诉事项 the same for repeated calls on one matter; 1 to 200 characters")
    channel: ComplaintChannel | None = _maybe("投诉渠道")
    substantiated: bool | None = _maybe("是否经查属实")
    serious_adverse_effect: bool | None = _maybe("是否有严重不良影响")
    safety_grade: terms.SafetyGrade | None = _maybe("安全事故等级 as determined, not as guessed from the event")
    harm: bool | None = _maybe("是否造成人身伤害或财产损失")
    malpractice_grade: int | None = _maybe("医疗事故等级 1 to 4")
    penalty_kind: PenaltyKind | None = _maybe("处罚种类")
    points: int | None = _maybe("不良执业行为积分")
    insurance_action: terms.InsuranceAction | None = _maybe("医保处理")
    due_on: date | None = _maybe("完成期限")
    refused: bool | None = _maybe("是否拒不落实、拒不整改")
    established: bool | None = _maybe("是否认定成立")
    emergency: bool | None = _maybe("是否属急诊急救")
    treatment_delayed: bool | None = _maybe("是否造成延误诊治")
    mental_harm: bool | None = _maybe("是否给患者精神造成伤害")


@strawberry.input(description="认定监管事实 what the authority determined about a fact on record")
class DetermineSupervisionFactInput(Versioned):
    """What determining takes."""

    fact: strawberry.ID = field("监管事实")
    decided_on: date = field("认定日期")
    reference_number: str | None = _maybe("文号")
    summary: str | None = _maybe("摘要")
    substantiated: bool | None = _maybe("是否经查属实")
    serious_adverse_effect: bool | None = _maybe("是否有严重不良影响")
    safety_grade: terms.SafetyGrade | None = _maybe("安全事故等级")
    harm: bool | None = _maybe("是否造成人身伤害或财产损失")
    malpractice_grade: int | None = _maybe("医疗事故等级 1 to 4")
    refused: bool | None = _maybe("是否拒不落实、拒不整改")
    established: bool | None = _maybe("是否认定成立")
    emergency: bool | None = _maybe("是否属急诊急救")
    treatment_delayed: bool | None = _maybe("是否造成延误诊治")
    mental_harm: bool | None = _maybe("是否给患者精神造成伤害")


@strawberry.input(description="撤销监管事实")
class AnnulSupervisionFactInput(Versioned):
    """What annulling takes."""

    fact: strawberry.ID = field("监管事实")
    reason: str = field("理由 1 to 4000 characters")


@strawberry.type(description="已登记监管事实")
class SupervisionFactRecorded:
    """A fact on record."""

    fact: SupervisionFact = field("监管事实")
    proposals: list[Proposal] = field("处置建议 those that are new, for callers who read proposals; a person decides")


@strawberry.type(description="已认定监管事实")
class SupervisionFactDetermined:
    """A determination."""

    fact: SupervisionFact = field("监管事实 in the place of the earlier one, which stays readable")
    proposals: list[Proposal] = field("处置建议 those that are new")


@strawberry.type(description="已撤销监管事实")
class SupervisionFactAnnulled:
    """An annulment, with all that it changed."""

    fact: SupervisionFact = field("监管事实 as it is now")
    findings: list[NegativeFinding] = field("须复核的认定 confirmed ones that rest on it; a person reverses them")
    changes: list[StandingChange] = field("判定变化")
    lapsed_proposals: list[Proposal] = field("失效的处置建议")
    proposals: list[Proposal] = field("新的处置建议")


RecordSupervisionFactResult = Annotated[
    SupervisionFactRecorded | Problems, strawberry.union("RecordSupervisionFactResult")
]
DetermineSupervisionFactResult = Annotated[
    SupervisionFactDetermined | Problems, strawberry.union("DetermineSupervisionFactResult")
]
AnnulSupervisionFactResult = Annotated[
    SupervisionFactAnnulled | Problems, strawberry.union("AnnulSupervisionFactResult")
]

_TOLD = ("matter", "channel", "penalty_kind", "points", "insurance_action", "due_on")
_DETERMINED = (
    "substantiated",
    "serious_adverse_effect",
    "safety_grade",
    "harm",
    "malpractice_grade",
    "refused",
    "established",
    "emergency",
    "treatment_delayed",
    "mental_harm",
)


def _given(request_input: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := given(getattr(request_input, name))) is not None}


def _shown(act: Act, tenant: int, ids: list[UUID]) -> list[str]:
    """The proposals, as far as the caller's roles read proposals at all: an agency's officer sets them off unseen."""
    return refs(PROPOSAL_TAG, tenant, ids) if act.actor.roles_in(tenant) & PROPOSALS.keys() else []


def _with_proposals(payload: Any) -> Any:
    return lambda fact, proposals: payload(fact=ref(fact), proposals=[ref(one) for one in proposals])


@strawberry.type
class RecordingMutations:
    """Root fields of this area."""

    @mutation(
        "登记监管事实 by the health commission; by other departments what they themselves decide", by=facts.RECORDERS
    )
    async def record_supervision_fact(
        self, info: strawberry.Info, input: RecordSupervisionFactInput
    ) -> RecordSupervisionFactResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant, shelf = request_of(info).tenant_of(node), request_of(info).engine.policies
        said = Said(
            node.id,
            input.kind,
            input.occurred_on,
            input.source_name,
            decided_on=given(input.decided_on),
            reference_number=given(input.reference_number),
            summary=given(input.summary),
            attributes=_given(input, (*_TOLD, *_DETERMINED)),
        )

        async def verb(act: Act) -> Mapping[str, Any]:
            made = await facts.record_fact(act, await shelf.current(), said)
            new = await propose_for(act, shelf, [node.id])
            return {"fact": str(NodeId(FACT_TAG, tenant, made)), "proposals": _shown(act, tenant, new)}

        return await perform(info, tenant, input, verb, _with_proposals(SupervisionFactRecorded))

    @mutation("认定监管事实 by the health commission", by=facts.KEEPERS)
    async def determine_supervision_fact(
        self, info: strawberry.Info, input: DetermineSupervisionFactInput
    ) -> DetermineSupervisionFactResult:
        node = node_of(input.fact, FACT_TAG, "fact")
        tenant, shelf = request_of(info).tenant_of(node), request_of(info).engine.policies

        async def verb(act: Act) -> Mapping[str, Any]:
            done = await facts.determine_fact(
                act,
                await shelf.current(),
                node.id,
                expected_version=input.expected_version,
                decided_on=input.decided_on,
                changes=_given(input, ("reference_number", "summary", *_DETERMINED)),
            )
            new = await propose_for(act, shelf, [done.institution_id])
            return {"fact": str(NodeId(FACT_TAG, tenant, done.fact_id)), "proposals": _shown(act, tenant, new)}

        return await perform(info, tenant, input, verb, _with_proposals(SupervisionFactDetermined))

    @mutation("撤销监管事实 it no longer counts, and says what changes by it", by=facts.KEEPERS)
    async def annul_supervision_fact(
        self, info: strawberry.Info, input: AnnulSupervisionFactInput
    ) -> AnnulSupervisionFactResult:
        node = node_of(input.fact, FACT_TAG, "fact")
        tenant, shelf = request_of(info).tenant_of(node), request_of(info).engine.policies

        async def verb(act: Act) -> Mapping[str, Any]:
            done = await annul_fact(act, shelf, node.id, expected_version=input.expected_version, reason=input.reason)
            findings = refs(FINDING_TAG, tenant, done.finding_ids)
            return told_back(tenant, done) | {"fact": str(node), "findings": findings}

        def payload(**answer: Any) -> SupervisionFactAnnulled:
            lists = {name: [ref(one) for one in answer[name]] for name in ("findings", "lapsed_proposals", "proposals")}
            return SupervisionFactAnnulled(fact=ref(answer["fact"]), changes=changes_of(answer["changes"]), **lists)

        return await perform(info, tenant, input, verb, payload)
