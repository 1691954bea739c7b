"""The rectification ledger: its mutations."""

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, perform_step, referring, request_of
from schema.assessment.ledger import RectificationItem
from schema.documents import documents_in
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import Problems
from schema.tags import INSTITUTION_TAG, ITEM_TAG
from server.assessment.actions import ORGANISERS, rectification
from server.assessment.model import RectificationSource
from server.kit.actor import Role
from server.kit.ids import NodeId
from server.record.acts import Act

_STAFF = (Role.INSTITUTION_STAFF,)


@strawberry.input(description="登记整改事项")
class RecordProblemInput(Keyed):
    """What recording a problem takes."""

    institution: strawberry.ID = field("机构")
    source: RectificationSource = field("来源")
    problem: str = field("问题")
    due_on: date = field("整改期限")


@strawberry.input
class _OfItem(Versioned):
    """What a step of an item takes."""

    item: strawberry.ID = field("整改事项")


@strawberry.input(description="填报整改措施")
class PlanRectificationInput(_OfItem):
    """What planning takes."""

    plan: str = field("整改措施")


@strawberry.input(description="提交整改")
class SubmitRectificationInput(_OfItem):
    """What submitting takes."""

    evidence: str = field("整改情况")
    documents: list[strawberry.ID] | None = field("证明材料 stored files", default=UNSET)


@strawberry.input(description="验收整改")
class DecideRectificationInput(_OfItem):
    """What deciding takes."""

    accepted: bool = field("是否通过")
    reason: str | None = field("理由 needed where it is not accepted", default=UNSET)
    due_on: date | None = field("新的整改期限 where it is not accepted", default=UNSET)


@strawberry.input(description="认定拒不整改")
class FindRectificationRefusedInput(_OfItem):
    """What finding a refusal takes."""

    reason: str = field("理由")


@strawberry.type(description="整改事项已更新")
class RectificationSaved:
    """The object as it is now."""

    item: RectificationItem = field("整改事项 as it is now")


RecordProblemResult = Annotated[RectificationSaved | Problems, strawberry.union("RecordProblemResult")]
PlanRectificationResult = Annotated[RectificationSaved | Problems, strawberry.union("PlanRectificationResult")]
SubmitRectificationResult = Annotated[RectificationSaved | Problems, strawberry.union("SubmitRectificationResult")]
DecideRectificationResult = Annotated[RectificationSaved | Problems, strawberry.union("DecideRectificationResult")]
FindRectificationRefusedResult = Annotated[
    RectificationSaved | Problems, strawberry.union("FindRectificationRefusedResult")
]


@strawberry.type
class RectificationMutations:
    """Root fields of the ledger."""

    @mutation("登记整改事项 in the institution's ledger", by=rectification.FINDERS)
    async def record_problem(self, info: strawberry.Info, input: RecordProblemInput) -> RecordProblemResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant = request_of(info).tenant_of(node)

        async def verb(act: Act) -> Mapping[str, str]:
            made = await rectification.record_problem(
                act, institution_id=node.id, source=input.source, problem=input.problem, due_on=input.due_on
            )
            return {"item": str(NodeId(ITEM_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(RectificationSaved))

    @mutation("填报整改措施", by=_STAFF)
    async def plan_rectification(self, info: strawberry.Info, input: PlanRectificationInput) -> PlanRectificationResult:
        return await perform_step(
            info, ITEM_TAG, input, rectification.plan_rectification, RectificationSaved, plan=input.plan
        )

    @mutation("提交整改", by=_STAFF)
    async def submit_rectification(
        self, info: strawberry.Info, input: SubmitRectificationInput
    ) -> SubmitRectificationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return rectification.submit_rectification(
                act,
                node.id,
                expected_version=input.expected_version,
                evidence=input.evidence,
                documents=documents_in(input.documents),
            )

        return await perform_on(info, node_of(input.item, ITEM_TAG, "item"), input, verb, RectificationSaved)

    @mutation("验收整改", by=ORGANISERS)
    async def decide_rectification(
        self, info: strawberry.Info, input: DecideRectificationInput
    ) -> DecideRectificationResult:
        return await perform_step(
            info,
            ITEM_TAG,
            input,
            rectification.decide_rectification,
            RectificationSaved,
            accepted=input.accepted,
            reason=given(input.reason),
            due_on=given(input.due_on),
        )

    @mutation("认定拒不整改", by=ORGANISERS)
    async def find_rectification_refused(
        self, info: strawberry.Info, input: FindRectificationRefusedInput
    ) -> FindRectificationRefusedResult:
        return await perform_step(
            info, ITEM_TAG, input, rectification.find_refused, RectificationSaved, reason=input.reason
        )
