"""Assessing one institution: self-report, scores, recheck, confirmation; mutations."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from schema.acting import given, mutation, node_of, perform_on, perform_step, request_of
from schema.assessment.assessments import Assessment
from schema.documents import documents_in
from schema.filters import UNSET
from schema.inputs import Versioned, field
from schema.problems import PolicyProblems
from schema.tags import ASSESSMENT_TAG, INDICATOR_TAG
from server.assessment.actions import ORGANISERS, assessing, scoring
from server.assessment.model import Mark, Problem
from server.kit.actor import Role
from server.kit.ids import NodeId
from server.record.acts import Act
from server.standing.proposing import propose_for

STAFF = (Role.INSTITUTION_STAFF,)


@strawberry.input(description="指标得分")
class AssessmentMarkInput:
    """One score."""

    indicator: strawberry.ID = field("指标")
    score: Decimal = field("得分 from 0 to the indicator's most, two decimals")
    comment: str | None = field("说明 why, where it corrects another's score", default=UNSET)


@strawberry.input(description="整改问题")
class AssessmentProblemInput:
    """One problem."""

    text: str = field("问题")
    due_on: date = field("整改期限")


@strawberry.input
class OfAssessment(Versioned):
    """What a step of an assessment takes."""

    assessment: strawberry.ID = field("机构考核")


@strawberry.input(description="提交自评")
class SubmitSelfAssessmentInput(OfAssessment):
    """What reporting takes."""

    scores: list[AssessmentMarkInput] = field("自评得分 of every indicator")
    documents: list[strawberry.ID] | None = field("证明材料 stored files", default=UNSET)


@strawberry.input(description="考核评分")
class ScoreAssessmentInput(OfAssessment):
    """What scoring takes."""

    scores: list[AssessmentMarkInput] = field("得分 of the indicators that are the caller's to assess")


@strawberry.input(description="退回重评")
class ReturnAssessmentInput(OfAssessment):
    """What returning takes."""

    reason: str = field("理由")


@strawberry.input(description="复核")
class RecheckAssessmentInput(OfAssessment):
    """What rechecking takes."""

    corrections: list[AssessmentMarkInput] | None = field("更正 each with its reason", default=UNSET)


@strawberry.input(description="确认考核结果")
class ConfirmAssessmentInput(OfAssessment):
    """What confirming takes."""

    problems: list[AssessmentProblemInput] | None = field(
        "整改问题 entered into the institution's ledger", default=UNSET
    )


@strawberry.type(description="机构考核已更新")
class AssessmentSaved:
    """The object as it is now."""

    assessment: Assessment = field("机构考核 as it is now")


SubmitSelfAssessmentResult = Annotated[AssessmentSaved | PolicyProblems, strawberry.union("SubmitSelfAssessmentResult")]
ScoreAssessmentResult = Annotated[AssessmentSaved | PolicyProblems, strawberry.union("ScoreAssessmentResult")]
ReturnAssessmentResult = Annotated[AssessmentSaved | PolicyProblems, strawberry.union("ReturnAssessmentResult")]
RecheckAssessmentResult = Annotated[AssessmentSaved | PolicyProblems, strawberry.union("RecheckAssessmentResult")]
ConfirmAssessmentResult = Annotated[AssessmentSaved | PolicyProblems, strawberry.union("ConfirmAssessmentResult")]


def marks_of(value: Any, field: str) -> list[Mark]:
    """The scores that an input's field lists; none where it was not given.  Raises: BadInput."""
    return [
        Mark(node_of(one.indicator, INDICATOR_TAG, field).id, one.score, given(one.comment))
        for one in given(value) or ()
    ]


async def on_assessment(
    info: strawberry.Info, input: OfAssessment, verb: Callable[[Act, NodeId], Awaitable[object]]
) -> Any:
    """One step of the assessment that the input names, which is the answer."""
    node = node_of(input.assessment, ASSESSMENT_TAG, "assessment")
    return await perform_on(info, node, input, verb, AssessmentSaved)


@strawberry.type
class AssessmentMutations:
    """Root fields of assessing."""

    @mutation("提交自评 by the institution's staff", by=STAFF)
    async def submit_self_assessment(
        self, info: strawberry.Info, input: SubmitSelfAssessmentInput
    ) -> SubmitSelfAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return assessing.self_report(
                act,
                node.id,
                expected_version=input.expected_version,
                marks=marks_of(input.scores, "scores"),
                documents=documents_in(input.documents),
            )

        return await on_assessment(info, input, verb)

    @mutation("考核评分 by the bodies that the scheme names; by the centre for its stations", by=scoring.ASSESSORS)
    async def score_assessment(self, info: strawberry.Info, input: ScoreAssessmentInput) -> ScoreAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return scoring.score(
                act, node.id, expected_version=input.expected_version, marks=marks_of(input.scores, "scores")
            )

        return await on_assessment(info, input, verb)

    @mutation("退回重评", by=assessing.RECHECKERS)
    async def return_assessment(self, info: strawberry.Info, input: ReturnAssessmentInput) -> ReturnAssessmentResult:
        return await perform_step(
            info, ASSESSMENT_TAG, input, assessing.return_assessment, AssessmentSaved, reason=input.reason
        )

    @mutation("复核考核结果 by another than those who scored", by=assessing.RECHECKERS)
    async def recheck_assessment(self, info: strawberry.Info, input: RecheckAssessmentInput) -> RecheckAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return assessing.recheck(
                act,
                node.id,
                expected_version=input.expected_version,
                corrections=marks_of(input.corrections, "corrections"),
            )

        return await on_assessment(info, input, verb)

    @mutation("确认考核结果 with what follows from it", by=ORGANISERS)
    async def confirm_assessment(self, info: strawberry.Info, input: ConfirmAssessmentInput) -> ConfirmAssessmentResult:
        shelf = request_of(info).engine.policies

        async def verb(act: Act, node: NodeId) -> None:
            institution = await assessing.confirm(
                act,
                await shelf.current(),
                node.id,
                expected_version=input.expected_version,
                problems=[Problem(one.text, one.due_on) for one in given(input.problems) or ()],
            )
            await propose_for(act, shelf, [institution])

        return await on_assessment(info, input, verb)
