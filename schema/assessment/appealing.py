"""Appeals against results, and settling what follows from them: mutations."""

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from schema.acting import mutation, perform_step, request_of
from schema.assessment.assessing import (
    STAFF,
    AssessmentMarkInput,
    AssessmentSaved,
    OfAssessment,
    marks_of,
    on_assessment,
)
from schema.assessment.assessments import AssessmentEffect
from schema.documents import documents_in
from schema.filters import UNSET
from schema.inputs import Versioned, field
from schema.problems import PolicyProblems
from schema.tags import EFFECT_TAG
from server.assessment.actions import ORGANISERS, appeals, effects
from server.kit.ids import NodeId
from server.record.acts import Act
from server.standing.proposing import propose_for
from server.standing.reversing import review_findings_on


@strawberry.input(description="申诉")
class AppealAssessmentInput(OfAssessment):
    """What appealing takes."""

    statement: str = field("申诉内容")
    documents: list[strawberry.ID] | None = field("证明材料 stored files", default=UNSET)


@strawberry.input(description="处理申诉")
class DecideAssessmentAppealInput(OfAssessment):
    """What deciding an appeal takes."""

    reason: str = field("理由")
    corrections: list[AssessmentMarkInput] | None = field("更正 none: the result stands", default=UNSET)


@strawberry.input(description="登记结果运用落实")
class SettleAssessmentEffectInput(Versioned):
    """What settling an effect takes."""

    effect: strawberry.ID = field("结果运用")
    note: str = field("落实情况")


@strawberry.type(description="已登记落实")
class AssessmentEffectSettled:
    """The object as it is now."""

    effect: AssessmentEffect = field("结果运用 as it is now")


AppealAssessmentResult = Annotated[AssessmentSaved | PolicyProblems, strawberry.union("AppealAssessmentResult")]
DecideAssessmentAppealResult = Annotated[
    AssessmentSaved | PolicyProblems, strawberry.union("DecideAssessmentAppealResult")
]
SettleAssessmentEffectResult = Annotated[
    AssessmentEffectSettled | PolicyProblems, strawberry.union("SettleAssessmentEffectResult")
]


@strawberry.type
class AppealingMutations:
    """Root fields of what comes after a result."""

    @mutation("申诉 by the institution's staff", by=STAFF)
    async def appeal_assessment(self, info: strawberry.Info, input: AppealAssessmentInput) -> AppealAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return appeals.appeal(
                act,
                node.id,
                expected_version=input.expected_version,
                statement=input.statement,
                documents=documents_in(input.documents),
            )

        return await on_assessment(info, input, verb)

    @mutation("处理申诉 by another than who confirmed the result", by=ORGANISERS)
    async def decide_assessment_appeal(
        self, info: strawberry.Info, input: DecideAssessmentAppealInput
    ) -> DecideAssessmentAppealResult:
        shelf = request_of(info).engine.policies

        async def verb(act: Act, node: NodeId) -> None:
            decided = await appeals.decide_appeal(
                act,
                await shelf.current(),
                node.id,
                expected_version=input.expected_version,
                reason=input.reason,
                corrections=marks_of(input.corrections, "corrections"),
            )
            if decided.annulled_review_id is not None:
                await review_findings_on(act, decided.annulled_review_id, decided.institution_id)
            await propose_for(act, shelf, [decided.institution_id])

        return await on_assessment(info, input, verb)

    @mutation("登记结果运用落实", by=ORGANISERS)
    async def settle_assessment_effect(
        self, info: strawberry.Info, input: SettleAssessmentEffectInput
    ) -> SettleAssessmentEffectResult:
        return await perform_step(
            info, EFFECT_TAG, input, effects.settle_effect, AssessmentEffectSettled, note=input.note
        )
