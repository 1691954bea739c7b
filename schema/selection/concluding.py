"""Concluding selections: determination, publicity, objections, award."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import strawberry

from schema.acting import SIGNED_IN, given, mutation, node_of, perform, perform_on, referring
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems
from schema.proceeding import admission_of, is_applicant_now
from schema.selection.applications import OperatorApplication
from schema.selection.applying import local
from schema.selection.calls import SelectionCall
from schema.selection.objections import Objection
from schema.sites.identifying import nodes_in
from schema.tags import CALL_TAG, GAP_TAG, OPERATOR_APPLICATION_TAG, SELECTION_OBJECTION_TAG
from server.kit.actor import Role
from server.kit.errors import Invalid
from server.kit.ids import NodeId
from server.record.acts import Act
from server.selection import steps
from server.selection.actions import awarding, determining, objecting
from server.selection.model import ObjectionRemedy


@strawberry.input(description="确定举办主体")
class DetermineOperatorsInput(Versioned):
    """What determining takes."""

    call: strawberry.ID = field("遴选")
    choices: list[strawberry.ID] = field("并列时选定的申报 between equals for one gap alone", default_factory=list)
    reason: str | None = field("理由 of a choice", default=UNSET)


@strawberry.input(description="公示遴选结果")
class OpenPublicityInput(Versioned):
    """What opening the publicity takes."""

    call: strawberry.ID = field("遴选")


@strawberry.input(description="提出公示异议")
class RaiseObjectionInput(Keyed):
    """What objecting takes."""

    call: strawberry.ID = field("遴选")
    gap: strawberry.ID = field("空白点 whose result is objected to")
    objector: str = field("提出人 name of the person or organisation")
    grounds: str = field("理由 at most 4000 characters")


@strawberry.input(description="复核公示异议")
class DecideObjectionInput(Versioned):
    """What deciding takes."""

    objection: strawberry.ID = field("异议")
    upheld: bool = field("是否成立")
    reason: str = field("复核意见")
    remedy: ObjectionRemedy | None = field("处理 of one that is upheld", default=UNSET)


@strawberry.input(description="开放运行期限")
class OpeningInput:
    """By when a confirmed operator must open."""

    application: strawberry.ID = field("申报 that was selected")
    opening_by: date = field("开放运行期限 the last day to open")


@strawberry.input(description="公布遴选结果")
class AwardCallInput(Versioned):
    """What awarding takes."""

    call: strawberry.ID = field("遴选")
    openings: list[OpeningInput] = field("开放运行期限 one for every selected application")


@strawberry.input(description="开始组建")
class BeginPreparingInput(Versioned):
    """What beginning to prepare takes."""

    application: strawberry.ID = field("申报 that was confirmed")


@strawberry.type(description="已确定")
class OperatorsDetermined:
    """A determination."""

    call: SelectionCall = field("遴选 as it is now")


@strawberry.type(description="已公示")
class PublicityOpened:
    """A publicity."""

    call: SelectionCall = field("遴选 as it is now")


@strawberry.type(description="已提出异议")
class ObjectionRaised:
    """An objection."""

    objection: Objection = field("异议 as it is now")


@strawberry.type(description="异议已复核")
class ObjectionDecided:
    """A decision."""

    objection: Objection = field("异议 as it is now")


@strawberry.type(description="已公布结果")
class CallAwarded:
    """An award."""

    call: SelectionCall = field("遴选 as it is now")


@strawberry.type(description="已开始组建")
class PreparationBegun:
    """A beginning."""

    application: OperatorApplication = field("申报 as it is now")


DetermineOperatorsResult = Annotated[OperatorsDetermined | PolicyProblems, strawberry.union("DetermineOperatorsResult")]
OpenPublicityResult = Annotated[PublicityOpened | PolicyProblems, strawberry.union("OpenPublicityResult")]
RaiseObjectionResult = Annotated[ObjectionRaised | PolicyProblems, strawberry.union("RaiseObjectionResult")]
DecideObjectionResult = Annotated[ObjectionDecided | PolicyProblems, strawberry.union("DecideObjectionResult")]
AwardCallResult = Annotated[CallAwarded | PolicyProblems, strawberry.union("AwardCallResult")]
BeginPreparingResult = Annotated[PreparationBegun | PolicyProblems, strawberry.union("BeginPreparingResult")]


@strawberry.type
class ConcludingMutations:
    """Root fields of this area."""

    @mutation(
        "确定举办主体 by the ranking; the commission chooses, with a reason, between equals alone", by=steps.OFFICERS
    )
    async def determine_operators(
        self, info: strawberry.Info, input: DetermineOperatorsInput
    ) -> DetermineOperatorsResult:
        async def verb(act: Act, node: NodeId) -> None:
            chosen = nodes_in(input.choices, OPERATOR_APPLICATION_TAG, node.tenant_id, "choices")
            procedure = await admission_of(info, node.tenant_id)
            await determining.determine_operators(
                act,
                procedure,
                node.id,
                expected_version=input.expected_version,
                choices=[one.id for one in chosen],
                reason=given(input.reason),
            )

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, OperatorsDetermined)

    @mutation("公示遴选结果 for as many working days as the call said", by=steps.OFFICERS)
    async def open_publicity(self, info: strawberry.Info, input: OpenPublicityInput) -> OpenPublicityResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await determining.open_publicity(act, procedure, node.id, expected_version=input.expected_version)

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, PublicityOpened)

    @mutation("提出公示异议 while the result is public; by whoever is signed in", by=SIGNED_IN)
    async def raise_objection(self, info: strawberry.Info, input: RaiseObjectionInput) -> RaiseObjectionResult:
        call = node_of(input.call, CALL_TAG, "call")
        tenant = call.tenant_id

        async def verb(act: Act) -> Mapping[str, Any]:
            procedure = await admission_of(info, tenant)
            made = await objecting.raise_objection(
                act,
                procedure,
                call.id,
                local(input.gap, GAP_TAG, tenant, "gap"),
                objector=input.objector,
                grounds=input.grounds,
            )
            return {"objection": str(NodeId(SELECTION_OBJECTION_TAG, tenant, made))}

        answer = await perform(info, tenant, input, verb, referring(ObjectionRaised))
        if isinstance(answer, ObjectionRaised):
            is_applicant_now(info, tenant)
        return answer

    @mutation("复核公示异议 with an opinion to whoever objected", by=steps.OFFICERS)
    async def decide_objection(self, info: strawberry.Info, input: DecideObjectionInput) -> DecideObjectionResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await objecting.decide_objection(
                act,
                procedure,
                node.id,
                expected_version=input.expected_version,
                upheld=input.upheld,
                reason=input.reason,
                remedy=given(input.remedy),
            )

        node = node_of(input.objection, SELECTION_OBJECTION_TAG, "objection")
        return await perform_on(info, node, input, verb, ObjectionDecided)

    @mutation("公布遴选结果 once the publicity is over and every objection decided", by=steps.OFFICERS)
    async def award_call(self, info: strawberry.Info, input: AwardCallInput) -> AwardCallResult:
        async def verb(act: Act, node: NodeId) -> None:
            named = nodes_in(
                [one.application for one in input.openings], OPERATOR_APPLICATION_TAG, node.tenant_id, "openings"
            )
            opening_by = {one.id: opening.opening_by for one, opening in zip(named, input.openings, strict=True)}
            if len(opening_by) < len(named):
                raise Invalid("同一申报重复填写开放运行期限", path=("input", "openings"))
            procedure = await admission_of(info, node.tenant_id)
            await awarding.award_call(
                act, procedure, node.id, expected_version=input.expected_version, opening_by=opening_by
            )

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, CallAwarded)

    @mutation("开始组建 the confirmed operator prepares its institution", by=(*steps.OFFICERS, Role.APPLICANT))
    async def begin_preparing(self, info: strawberry.Info, input: BeginPreparingInput) -> BeginPreparingResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await awarding.begin_preparing(act, procedure, node.id, expected_version=input.expected_version)

        node = node_of(input.application, OPERATOR_APPLICATION_TAG, "application")
        return await perform_on(info, node, input, verb, PreparationBegun)
