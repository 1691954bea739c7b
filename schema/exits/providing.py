"""Providing for residents: mutations."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_step, referring, request_of
from schema.exits.continuity import ContinuityPlan, SuccessionAnswer, SuccessionRequest
from schema.exits.delivering import delivered
from schema.exits.terms import ContinuityService
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import Problems
from schema.tags import ANSWER_TAG, EXIT_TAG, INSTITUTION_TAG, PLAN_TAG, REQUEST_TAG
from server.exits.actions import continuity, succession
from server.exits.actions.continuity import Planned
from server.exits.actions.succession import Asked
from server.kit.ids import NodeId
from server.record.acts import Act


@strawberry.input(description="制定居民承接方案")
class DraftContinuityPlanInput(Keyed):
    """What drafting takes."""

    case: strawberry.ID = field("退出案件")
    service_area: str = field("服务区域")
    population: int = field("服务人口")
    signed_families: int = field("签约家庭户数")
    high_need_residents: int = field("重点人群人数 a number, never a list of people")
    services: list[ContinuityService] = field("须承接的服务")
    from_on: date = field("起始日期")
    until: date | None = field("截止日期 the first day no longer part of the transfer", default=UNSET)


@strawberry.input(description="征询承接机构 of this district by its id, of another by district and name")
class AskSuccessorInput(Versioned):
    """What asking takes."""

    plan: strawberry.ID = field("承接方案")
    service_area: str = field("请其承接的区域")
    population: int = field("居民人数")
    services: list[ContinuityService] = field("请其承接的服务")
    successor: strawberry.ID | None = field("本区的承接机构", default=UNSET)
    successor_district: str | None = field("他区代码", default=UNSET)
    successor_name: str | None = field("他区承接机构名称", default=UNSET)


@strawberry.input(description="答复承接征询 over the successor's own district")
class AnswerSuccessionInput(Versioned):
    """What answering takes."""

    request: strawberry.ID = field("承接征询 `expectedVersion` is its version")
    institution: strawberry.ID = field("承接机构 of the caller's own district")
    accept: bool = field("是否同意")
    reason: str | None = field("理由 of a refusal", default=UNSET)


@strawberry.input(description="撤回承接征询")
class WithdrawSuccessionRequestInput(Versioned):
    """What withdrawing takes."""

    request: strawberry.ID = field("承接征询")


@strawberry.input(description="批准承接方案 once every successor has accepted")
class ApproveContinuityPlanInput(Versioned):
    """What approving takes."""

    plan: strawberry.ID = field("承接方案")


@strawberry.input(description="开始承接")
class StartContinuityTransferInput(Versioned):
    """What starting takes."""

    plan: strawberry.ID = field("承接方案")


@strawberry.input(description="完成承接")
class CompleteContinuityTransferInput(Versioned):
    """What completing takes."""

    plan: strawberry.ID = field("承接方案")
    outcome: str = field("承接结果 1 to 4000 characters")


@strawberry.type(description="已制定承接方案")
class ContinuityPlanDrafted:
    """A plan."""

    plan: ContinuityPlan = field("承接方案")


@strawberry.type(description="已征询")
class SuccessorAsked:
    """A request."""

    request: SuccessionRequest = field("承接征询")


@strawberry.type(description="已答复")
class SuccessionAnswered:
    """An answer."""

    answer: SuccessionAnswer = field("承接答复")


@strawberry.type(description="已撤回征询")
class SuccessionRequestWithdrawn:
    """A withdrawal."""

    request: SuccessionRequest = field("承接征询 as it is now")


@strawberry.type(description="已批准承接方案")
class ContinuityPlanApproved:
    """An approval."""

    plan: ContinuityPlan = field("承接方案 as it is now")


@strawberry.type(description="已开始承接")
class ContinuityTransferStarted:
    """A start."""

    plan: ContinuityPlan = field("承接方案 as it is now")


@strawberry.type(description="已完成承接")
class ContinuityTransferCompleted:
    """A completion."""

    plan: ContinuityPlan = field("承接方案 as it is now")


DraftContinuityPlanResult = Annotated[ContinuityPlanDrafted | Problems, strawberry.union("DraftContinuityPlanResult")]
AskSuccessorResult = Annotated[SuccessorAsked | Problems, strawberry.union("AskSuccessorResult")]
AnswerSuccessionResult = Annotated[SuccessionAnswered | Problems, strawberry.union("AnswerSuccessionResult")]
WithdrawSuccessionRequestResult = Annotated[
    SuccessionRequestWithdrawn | Problems, strawberry.union("WithdrawSuccessionRequestResult")
]
ApproveContinuityPlanResult = Annotated[
    ContinuityPlanApproved | Problems, strawberry.union("ApproveContinuityPlanResult")
]
StartContinuityTransferResult = Annotated[
    ContinuityTransferStarted | Problems, strawberry.union("StartContinuityTransferResult")
]
CompleteContinuityTransferResult = Annotated[
    ContinuityTransferCompleted | Problems, strawberry.union("CompleteContinuityTransferResult")
]


@strawberry.type
class ProvidingMutations:
    """Root fields of this area."""

    @mutation("制定居民承接方案", by=continuity.OFFICERS)
    async def draft_continuity_plan(
        self, info: strawberry.Info, input: DraftContinuityPlanInput
    ) -> DraftContinuityPlanResult:
        node = node_of(input.case, EXIT_TAG, "case")
        tenant = request_of(info).tenant_of(node)
        wanted = Planned(
            input.service_area,
            input.population,
            input.signed_families,
            input.high_need_residents,
            input.services,
            input.from_on,
            until=given(input.until),
        )

        async def verb(act: Act) -> Mapping[str, str]:
            return {"plan": str(NodeId(PLAN_TAG, tenant, await continuity.draft_plan(act, node.id, wanted)))}

        return await perform(info, tenant, input, verb, referring(ContinuityPlanDrafted))

    @mutation("征询承接机构 one of another district finds the task in its own", by=continuity.OFFICERS)
    async def ask_successor(self, info: strawberry.Info, input: AskSuccessorInput) -> AskSuccessorResult:
        node = node_of(input.plan, PLAN_TAG, "plan")
        request = request_of(info)
        tenant = request.tenant_of(node)
        successor, district = given(input.successor), given(input.successor_district)
        asked = Asked(
            node_of(successor, INSTITUTION_TAG, "successor").id if successor else None,
            await request.tenant_named(district) if district else None,
            given(input.successor_name),
            input.service_area,
            input.population,
            input.services,
        )

        async def verb(act: Act) -> Mapping[str, str]:
            made = await succession.ask_successor(act, node.id, expected_version=input.expected_version, asked=asked)
            return {"request": str(NodeId(REQUEST_TAG, tenant, made))}

        answer = await perform(info, tenant, input, verb, referring(SuccessorAsked))
        if isinstance(answer, SuccessorAsked):
            await delivered(request, [asked.counterpart_tenant_id])
        return answer

    @mutation("答复承接征询 in the successor's own district, whoever asked", by=succession.ANSWERING)
    async def answer_succession(self, info: strawberry.Info, input: AnswerSuccessionInput) -> AnswerSuccessionResult:
        asked = node_of(input.request, REQUEST_TAG, "request")
        own = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant = request_of(info).tenant_of(own)

        async def verb(act: Act) -> Mapping[str, str]:
            made = await succession.answer(
                act,
                asked.tenant_id,
                asked.id,
                expected_version=input.expected_version,
                institution_id=own.id,
                accepted=input.accept,
                reason=given(input.reason),
            )
            return {"answer": str(NodeId(ANSWER_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(SuccessionAnswered))

    @mutation("撤回承接征询", by=continuity.OFFICERS)
    async def withdraw_succession_request(
        self, info: strawberry.Info, input: WithdrawSuccessionRequestInput
    ) -> WithdrawSuccessionRequestResult:
        asked: list[int | None] = []

        async def verb(act: Act, request: UUID, *, expected_version: int) -> None:
            asked.append(await succession.withdraw_request(act, request, expected_version=expected_version))

        answer = await perform_step(info, REQUEST_TAG, input, verb, SuccessionRequestWithdrawn)
        await delivered(request_of(info), asked)
        return answer

    @mutation("批准承接方案", by=continuity.OFFICERS)
    async def approve_continuity_plan(
        self, info: strawberry.Info, input: ApproveContinuityPlanInput
    ) -> ApproveContinuityPlanResult:
        return await perform_step(info, PLAN_TAG, input, continuity.approve_plan, ContinuityPlanApproved)

    @mutation("开始承接", by=continuity.OFFICERS)
    async def start_continuity_transfer(
        self, info: strawberry.Info, input: StartContinuityTransferInput
    ) -> StartContinuityTransferResult:
        return await perform_step(info, PLAN_TAG, input, continuity.start_transfer, ContinuityTransferStarted)

    @mutation("完成承接", by=continuity.OFFICERS)
    async def complete_continuity_transfer(
        self, info: strawberry.Info, input: CompleteContinuityTransferInput
    ) -> CompleteContinuityTransferResult:
        return await perform_step(
            info, PLAN_TAG, input, continuity.complete_transfer, ContinuityTransferCompleted, outcome=input.outcome
        )
