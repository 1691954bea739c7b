"""Examining and evaluating applications: mutations of officers and experts, up to the opening of the scores."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, referring, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems
from schema.proceeding import admission_of
from schema.scalars import UnifiedSocialCreditCode
from schema.selection.applications import OperatorApplication
from schema.selection.calls import SelectionCall
from schema.selection.committees import CommitteeMember, ScoreSheet
from schema.sites.identifying import nodes_in
from schema.tags import (
    CALL_TAG,
    COMMITTEE_MEMBER_TAG,
    CRITERION_TAG,
    DOCUMENT_TAG,
    OPERATOR_APPLICATION_TAG,
    SCORE_SHEET_TAG,
)
from server.kit.actor import Role
from server.kit.ids import NodeId
from server.record.acts import Act
from server.selection import steps
from server.selection.actions import committees, examining, scoring
from server.selection.model import AffiliationKind, RecusalKind, VerifiedFact


@strawberry.input(description="核实申报事项")
class VerifyApplicationInput(Versioned):
    """What verifying takes."""

    application: strawberry.ID = field("申报")
    fact: VerifiedFact = field("事项")
    value: str = field("核实结果 `true`, `false`, or a code of the fact's own")
    basis: str = field("核实依据")
    plan: str | None = field("所依据的已公布规划 for a finding against the plan", default=UNSET)
    plan_published_on: date | None = field("规划公布日期", default=UNSET)
    documents: list[strawberry.ID] = field("依据文件", default_factory=list)


@strawberry.input(description="作出资格审查决定")
class DecideEligibilityInput(Versioned):
    """What deciding takes."""

    application: strawberry.ID = field("申报")
    eligible: bool = field("是否符合条件")
    reason: str = field("理由")


@strawberry.input(description="专家")
class ExpertInput:
    """A member."""

    subject: str = field("身份标识 of a person who is an expert of the district")
    name: str = field("姓名")
    field_: str = strawberry.field(name="field", description="专业")
    affiliation: AffiliationKind = field("所属类别")
    employer_name: str = field("所在单位")
    employer_code: UnifiedSocialCreditCode | None = field("所在单位统一社会信用代码", default=UNSET)


@strawberry.input(description="组建专家委员会")
class FormCommitteeInput(Versioned):
    """What forming takes."""

    call: strawberry.ID = field("遴选")
    members: list[ExpertInput] = field("成员 3 to 30")
    quorum: int = field("法定人数 sheets that each application needs, at least 3")


@strawberry.input(description="专家回避")
class RecuseExpertInput(Keyed):
    """What recusing takes."""

    member: strawberry.ID = field("专家 an expert recuses themself; an officer, any")
    kind: RecusalKind = field("种类")
    reason: str = field("理由")
    application: strawberry.ID | None = field("申报 the whole call where none is given", default=UNSET)


@strawberry.input(description="开始综合评价")
class BeginEvaluationInput(Versioned):
    """What beginning takes."""

    call: strawberry.ID = field("遴选")


@strawberry.input(description="指标得分")
class CriterionScoreInput:
    """A score."""

    criterion: strawberry.ID = field("指标")
    score: Decimal = field("得分 0 to the criterion's most, two decimals")
    comment: str | None = field("评语", default=UNSET)


@strawberry.input(description="提交评分")
class SubmitScoresInput(Keyed):
    """What scoring takes."""

    application: strawberry.ID = field("申报")
    scores: list[CriterionScoreInput] = field("得分 one for each criterion")


@strawberry.input(description="开启评分")
class OpenScoresInput(Versioned):
    """What opening takes."""

    call: strawberry.ID = field("遴选")


@strawberry.type(description="已核实")
class ApplicationVerified:
    """A verification."""

    application: OperatorApplication = field("申报 with what the policy proposes now")


@strawberry.type(description="已作出资格审查决定")
class EligibilityDecided:
    """A decision."""

    application: OperatorApplication = field("申报 as it is now")


@strawberry.type(description="已组建专家委员会")
class CommitteeFormed:
    """A committee."""

    call: SelectionCall = field("遴选 as it is now")


@strawberry.type(description="已回避")
class ExpertRecused:
    """A recusal."""

    member: CommitteeMember = field("专家 as it is now")


@strawberry.type(description="已开始评价")
class EvaluationBegun:
    """A beginning."""

    call: SelectionCall = field("遴选 as it is now; FAILED where no application is eligible")


@strawberry.type(description="评分表已封存")
class ScoresSealed:
    """A sheet handed in."""

    sheet: ScoreSheet = field("评分表 without a score: it is sealed until all are in")


@strawberry.type(description="评分已开启")
class ScoresOpened:
    """An opening."""

    call: SelectionCall = field("遴选 as it is now")


VerifyApplicationResult = Annotated[ApplicationVerified | PolicyProblems, strawberry.union("VerifyApplicationResult")]
DecideEligibilityResult = Annotated[EligibilityDecided | PolicyProblems, strawberry.union("DecideEligibilityResult")]
FormCommitteeResult = Annotated[CommitteeFormed | PolicyProblems, strawberry.union("FormCommitteeResult")]
RecuseExpertResult = Annotated[ExpertRecused | PolicyProblems, strawberry.union("RecuseExpertResult")]
BeginEvaluationResult = Annotated[EvaluationBegun | PolicyProblems, strawberry.union("BeginEvaluationResult")]
SubmitScoresResult = Annotated[ScoresSealed | PolicyProblems, strawberry.union("SubmitScoresResult")]
OpenScoresResult = Annotated[ScoresOpened | PolicyProblems, strawberry.union("OpenScoresResult")]

_MAY_RECUSE = steps.OFFICERS | {Role.EXPERT}


@strawberry.type
class EvaluatingMutations:
    """Root fields of this area."""

    @mutation("核实申报事项 what the authority determined; the application is judged anew", by=steps.OFFICERS)
    async def verify_application(self, info: strawberry.Info, input: VerifyApplicationInput) -> VerifyApplicationResult:
        async def verb(act: Act, node: NodeId) -> None:
            documents = nodes_in(input.documents, DOCUMENT_TAG, node.tenant_id, "documents")
            found = examining.Verification(
                input.fact,
                input.value,
                input.basis,
                given(input.plan),
                given(input.plan_published_on),
                tuple(one.id for one in documents),
            )
            procedure = await admission_of(info, node.tenant_id)
            await examining.verify_application(
                act, procedure, node.id, expected_version=input.expected_version, found=found
            )

        node = node_of(input.application, OPERATOR_APPLICATION_TAG, "application")
        return await perform_on(info, node, input, verb, ApplicationVerified)

    @mutation("作出资格审查决定 on what the policy proposes; told to the applicant with its reasons", by=steps.OFFICERS)
    async def decide_eligibility(self, info: strawberry.Info, input: DecideEligibilityInput) -> DecideEligibilityResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await examining.decide_eligibility(
                act,
                procedure,
                node.id,
                expected_version=input.expected_version,
                eligible=input.eligible,
                reason=input.reason,
            )

        node = node_of(input.application, OPERATOR_APPLICATION_TAG, "application")
        return await perform_on(info, node, input, verb, EligibilityDecided)

    @mutation("组建专家委员会 with its quorum, before the evaluation begins", by=steps.OFFICERS)
    async def form_committee(self, info: strawberry.Info, input: FormCommitteeInput) -> FormCommitteeResult:
        async def verb(act: Act, node: NodeId) -> None:
            members = [
                committees.Expert(
                    one.subject,
                    one.name,
                    one.field_,
                    one.affiliation,
                    one.employer_name,
                    given(one.employer_code),
                )
                for one in input.members
            ]
            procedure = await admission_of(info, node.tenant_id)
            await committees.form_committee(
                act, procedure, node.id, expected_version=input.expected_version, members=members, quorum=input.quorum
            )

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, CommitteeFormed)

    @mutation("专家回避 from one application or the whole call", by=_MAY_RECUSE)
    async def recuse_expert(self, info: strawberry.Info, input: RecuseExpertInput) -> RecuseExpertResult:
        async def verb(act: Act, node: NodeId) -> None:
            named = given(input.application)
            application = node_of(named, OPERATOR_APPLICATION_TAG, "application").id if named else None
            procedure = await admission_of(info, node.tenant_id)
            await committees.recuse_expert(
                act, procedure, node.id, application_id=application, kind=input.kind, reason=input.reason
            )

        node = node_of(input.member, COMMITTEE_MEMBER_TAG, "member")
        return await perform_on(info, node, input, verb, ExpertRecused)

    @mutation("开始综合评价 experts owe their sheets from now on", by=steps.OFFICERS)
    async def begin_evaluation(self, info: strawberry.Info, input: BeginEvaluationInput) -> BeginEvaluationResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await committees.begin_evaluation(act, procedure, node.id, expected_version=input.expected_version)

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, EvaluationBegun)

    @mutation(
        "提交评分 one's own sheet for one application, sealed until all are in; it does not change any more",
        by=(Role.EXPERT,),
    )
    async def submit_scores(self, info: strawberry.Info, input: SubmitScoresInput) -> SubmitScoresResult:
        application = node_of(input.application, OPERATOR_APPLICATION_TAG, "application")
        tenant = request_of(info).tenant_of(application)

        async def verb(act: Act) -> Mapping[str, Any]:
            criteria = nodes_in([one.criterion for one in input.scores], CRITERION_TAG, tenant, "scores")
            scores = [
                scoring.Given(node.id, one.score, given(one.comment))
                for node, one in zip(criteria, input.scores, strict=True)
            ]
            procedure = await admission_of(info, tenant)
            sheet = await scoring.submit_scores(act, procedure, application.id, scores)
            return {"sheet": str(NodeId(SCORE_SHEET_TAG, tenant, sheet))}

        return await perform(info, tenant, input, verb, referring(ScoresSealed))

    @mutation("开启评分 all sheets together, once all are in; totals and ranks follow", by=steps.OFFICERS)
    async def open_scores(self, info: strawberry.Info, input: OpenScoresInput) -> OpenScoresResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await scoring.open_scores(act, procedure, node.id, expected_version=input.expected_version)

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, ScoresOpened)
