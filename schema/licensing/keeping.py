"""A licence's life: opening and verification."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, perform_step, ref, request_of
from schema.filters import UNSET
from schema.inputs import REASON, Versioned, field
from schema.licensing.inputs import (
    MaterialDocumentInput,
    OpeningDeadlineInput,
    ProposalAtInput,
    documents_of,
    limits_in,
    lists_in,
    opening_of,
    proposal_of,
)
from schema.licensing.licences import Licence
from schema.licensing.verifications import Verification
from schema.problems import PolicyProblems
from schema.proposals import Proposal
from schema.tags import LICENCE_TAG, PROPOSAL_TAG, VERIFICATION_TAG
from server.exits.actions.following import follow
from server.kit.ids import NodeId
from server.licensing import store
from server.licensing.actions import opening, overdue, suspending, verifying
from server.licensing.actions.steps import INSTITUTION_FILERS, OFFICERS
from server.licensing.tables import licence, verification
from server.policy.terms import VerificationResult
from server.record.acts import Act
from server.standing.proposing import propose_for


@strawberry.input(description="登记开放运行")
class RecordOpeningInput(Versioned):
    """What opening takes."""

    licence: strawberry.ID = field("执业许可证")
    on: date = field("开放运行日期")


@strawberry.input(description="延长开放运行期限")
class ExtendOpeningInput(Versioned):
    """What giving longer takes."""

    licence: strawberry.ID = field("执业许可证")
    opening: OpeningDeadlineInput = field("新的期限")
    reason: str = field(REASON)


@strawberry.input(description="申请校验")
class ApplyForVerificationInput(Versioned):
    """What applying for verification takes."""

    licence: strawberry.ID = field("执业许可证")
    documents: list[MaterialDocumentInput] = field(
        "材料 what was handed in before is used again by itself", default_factory=list
    )


@strawberry.input(description="作出校验结论")
class DecideVerificationInput(Versioned):
    """What the result takes."""

    verification: strawberry.ID = field("校验")
    result: VerificationResult = field("结论")
    reason: str = field(REASON)
    suspension_months: int | None = field("暂缓校验期（月）needed for SUSPENDED", default=UNSET)


@strawberry.input(description="暂缓校验 after a first verification that failed")
class SuspendVerificationInput(Versioned):
    """What suspending takes."""

    licence: strawberry.ID = field("执业许可证")
    suspension_months: int = field("暂缓校验期（月）")
    reason: str = field(REASON)
    proposal: ProposalAtInput | None = field("所处理的建议", default=UNSET)


@strawberry.input(description="责令限期补办校验")
class OrderVerificationInput(Versioned):
    """What the order takes."""

    licence: strawberry.ID = field("执业许可证")


@strawberry.input(description="认定逾期未校验期间是否继续执业")
class DetermineOverduePracticeInput(Versioned):
    """What the determination takes."""

    licence: strawberry.ID = field("执业许可证")
    practising: bool = field("是否继续执业")
    on: date = field("查实日期")
    reason: str = field("证据与理由 2 to 2000 characters")


@strawberry.type(description="已登记开放运行")
class OpeningRecorded:
    """An opening, and what it sets off."""

    licence: Licence = field("执业许可证 as it is now")
    proposals: list[Proposal] = field("处置建议 those that are new: opened late, say")


@strawberry.type(description="已延长开放运行期限")
class OpeningExtended:
    """More time."""

    licence: Licence = field("执业许可证 as it is now")


@strawberry.type(description="已申请校验")
class VerificationApplied:
    """An application."""

    verification: Verification = field("校验 as it is now")


@strawberry.type(description="已作出校验结论")
class VerificationDecided:
    """A result, and what it sets off."""

    verification: Verification = field("校验 as it is now")
    proposals: list[Proposal] = field("处置建议 those that are new; a person decides about them")


@strawberry.type(description="已暂缓校验")
class VerificationSuspended:
    """A suspension."""

    licence: Licence = field("执业许可证 as it is now")


@strawberry.type(description="已责令限期补办校验")
class VerificationOrdered:
    """An order."""

    licence: Licence = field("执业许可证 as it is now")


@strawberry.type(description="已认定")
class OverduePracticeDetermined:
    """A determination, and what it sets off."""

    licence: Licence = field("执业许可证 as it is now")
    proposals: list[Proposal] = field("处置建议 those that are new")


RecordOpeningResult = Annotated[OpeningRecorded | PolicyProblems, strawberry.union("RecordOpeningResult")]
ExtendOpeningResult = Annotated[OpeningExtended | PolicyProblems, strawberry.union("ExtendOpeningResult")]
ApplyForVerificationResult = Annotated[
    VerificationApplied | PolicyProblems, strawberry.union("ApplyForVerificationResult")
]
DecideVerificationResult = Annotated[VerificationDecided | PolicyProblems, strawberry.union("DecideVerificationResult")]
SuspendVerificationResult = Annotated[
    VerificationSuspended | PolicyProblems, strawberry.union("SuspendVerificationResult")
]
OrderVerificationResult = Annotated[VerificationOrdered | PolicyProblems, strawberry.union("OrderVerificationResult")]
DetermineOverduePracticeResult = Annotated[
    OverduePracticeDetermined | PolicyProblems, strawberry.union("DetermineOverduePracticeResult")
]


@strawberry.type
class LicenceKeepingMutations:
    """Root fields of this area."""

    @mutation("登记开放运行 whether in time is for the rule to say", by=INSTITUTION_FILERS)
    async def record_opening(self, info: strawberry.Info, input: RecordOpeningInput) -> RecordOpeningResult:
        async def verb(act: Act, node: NodeId) -> UUID:
            await opening.record_opening(act, node.id, expected_version=input.expected_version, on=input.on)
            return (await store.load(act.connection, licence, act.tenant_id, node.id))["institution_id"]

        return await _proposing(info, input.licence, LICENCE_TAG, "licence", input, verb, OpeningRecorded)

    @mutation("延长开放运行期限 before it has passed", by=OFFICERS)
    async def extend_opening(self, info: strawberry.Info, input: ExtendOpeningInput) -> ExtendOpeningResult:
        return await perform_step(
            info,
            LICENCE_TAG,
            input,
            opening.extend_opening,
            OpeningExtended,
            opening=opening_of(input.opening),
            reason=input.reason,
        )

    @mutation("申请校验 or, after a suspension, to be verified again", by=INSTITUTION_FILERS)
    async def apply_for_verification(
        self, info: strawberry.Info, input: ApplyForVerificationInput
    ) -> ApplyForVerificationResult:
        node, request = _licence(input.licence), request_of(info)
        tenant, documents = request.tenant_of(node), documents_of(input.documents)
        limits, lists = await limits_in(request, tenant), await lists_in(request, tenant)

        async def verb(act: Act) -> Mapping[str, str]:
            made = await verifying.apply_for_verification(
                act, limits, lists, node.id, expected_version=input.expected_version, documents=documents
            )
            return {"verification": str(NodeId(VERIFICATION_TAG, tenant, made))}

        def payload(verification: str) -> VerificationApplied:
            return VerificationApplied(verification=ref(verification))

        return await perform(info, tenant, input, verb, payload)

    @mutation("作出校验结论 what follows from a failure is proposed, and decided by a person", by=OFFICERS)
    async def decide_verification(
        self, info: strawberry.Info, input: DecideVerificationInput
    ) -> DecideVerificationResult:
        request = request_of(info)
        limits = await limits_in(request, node_of(input.verification, VERIFICATION_TAG, "verification").tenant_id)

        async def verb(act: Act, node: NodeId) -> UUID:
            await verifying.decide_verification(
                act,
                limits,
                node.id,
                expected_version=input.expected_version,
                result=input.result,
                reason=input.reason,
                suspension_months=given(input.suspension_months),
            )
            row = await store.load(act.connection, verification, act.tenant_id, node.id)
            await follow(act, row["licence_id"])
            return row["institution_id"]

        return await _proposing(
            info, input.verification, VERIFICATION_TAG, "verification", input, verb, VerificationDecided
        )

    @mutation("暂缓校验 taking up what the rule proposed", by=OFFICERS)
    async def suspend_verification(
        self, info: strawberry.Info, input: SuspendVerificationInput
    ) -> SuspendVerificationResult:
        node = _licence(input.licence)
        limits, proposal = await limits_in(request_of(info), node.tenant_id), proposal_of(given(input.proposal))

        async def verb(act: Act, node: NodeId) -> None:
            await suspending.suspend_verification(
                act,
                limits,
                node.id,
                expected_version=input.expected_version,
                months=input.suspension_months,
                reason=input.reason,
                proposal=proposal,
            )
            await follow(act, node.id)

        return await perform_on(info, node, input, verb, VerificationSuspended)

    @mutation("责令限期补办校验 once its day has passed", by=OFFICERS)
    async def order_verification(self, info: strawberry.Info, input: OrderVerificationInput) -> OrderVerificationResult:
        node = _licence(input.licence)
        limits = await limits_in(request_of(info), node.tenant_id)

        async def verb(act: Act, node: NodeId) -> None:
            await overdue.order_make_up(act, limits, node.id, expected_version=input.expected_version)

        return await perform_on(info, node, input, verb, VerificationOrdered)

    @mutation("认定逾期未校验期间是否继续执业", by=OFFICERS)
    async def determine_overdue_practice(
        self, info: strawberry.Info, input: DetermineOverduePracticeInput
    ) -> DetermineOverduePracticeResult:
        async def verb(act: Act, node: NodeId) -> UUID:
            await overdue.determine_overdue_practice(
                act,
                node.id,
                expected_version=input.expected_version,
                practising=input.practising,
                on=input.on,
                reason=input.reason,
            )
            return (await store.load(act.connection, licence, act.tenant_id, node.id))["institution_id"]

        return await _proposing(info, input.licence, LICENCE_TAG, "licence", input, verb, OverduePracticeDetermined)


def _licence(text: str) -> NodeId:
    return node_of(text, LICENCE_TAG, "licence")


async def _proposing(
    info: strawberry.Info,
    text: str,
    tag: int,
    name: str,
    request_input: Any,
    verb: Callable[[Act, NodeId], Awaitable[UUID]],
    payload: Callable[..., Any],
) -> Any:
    """``perform_on`` for a verb that changes an institution's facts: what the rules now propose comes with the answer.

    ``verb`` returns the institution.
    """
    request, node = request_of(info), node_of(text, tag, name)
    tenant = request.tenant_of(node)

    async def changed(act: Act) -> Mapping[str, Any]:
        made = await propose_for(act, request.engine.policies, [await verb(act, node)])
        return {name: text, "proposals": [str(NodeId(PROPOSAL_TAG, tenant, one)) for one in made]}

    def told(proposals: list[str], **answer: str) -> Any:
        return payload(**{name: ref(answer[name])}, proposals=[ref(one) for one in proposals])

    return await perform(info, tenant, request_input, changed, told)
