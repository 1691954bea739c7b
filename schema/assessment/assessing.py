"""Assessing: the mutations of assessment."""

from collections.abc import Awaitable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, referring, request_of
from schema.assessment.assessments import Assessment, AssessmentEffect
from schema.assessment.cycles import AssessmentCycle, AssessmentScheme
from schema.documents import documents_in
from schema.filters import UNSET
from schema.inputs import KEY, VERSION, field
from schema.problems import Conflicting, InvalidInput, OutOfDate, PolicyNotEnabled
from schema.tags import ASSESSMENT_TAG, CYCLE_TAG, EFFECT_TAG, INDICATOR_TAG, SCHEME_TAG
from server.assessment.actions import ORGANISERS, appeals, assessing, planning, scoring
from server.assessment.model import (
    AssessmentLevel,
    Indicator,
    IndicatorDomain,
    Mark,
    Problem,
    Scheme,
)
from server.kit.actor import Role
from server.kit.ids import NodeId
from server.record.acts import Act
from server.standing.proposing import propose_for

_STAFF = (Role.INSTITUTION_STAFF,)


@strawberry.input(description="考核指标")
class AssessmentIndicatorInput:
    """One indicator."""

    code: str = field("编号 unique within the scheme")
    domain: IndicatorDomain = field("考核领域")
    title: str = field("指标")
    weight: Decimal = field("权重 all weights add up to 100")
    max_score: Decimal = field("满分")
    assessor: str = field("考核单位 a kind of authority, or COMMUNITY_HEALTH_CENTRE")
    data_source: str | None = field("数据来源", default=UNSET)


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


@strawberry.input(description="起草考核方案")
class DefineAssessmentSchemeInput:
    """What defining a scheme takes."""

    district: str = field("辖区代码")
    code: str = field("方案代码")
    title: str = field("名称")
    level: AssessmentLevel = field("考核层级")
    pass_line: Decimal = field("合格线")
    excellent_line: Decimal = field("优秀线")
    indicators: list[AssessmentIndicatorInput] = field("指标")
    idempotency_key: str = field(KEY)


@strawberry.input(description="采用考核方案")
class AdoptAssessmentSchemeInput:
    """What adopting a scheme takes."""

    scheme: strawberry.ID = field("方案")
    expected_version: int = field(VERSION)
    idempotency_key: str = field(KEY)


@strawberry.input(description="计划考核周期")
class PlanAssessmentCycleInput:
    """What planning a cycle takes."""

    scheme: strawberry.ID = field("方案")
    name: str = field("周期 2026, 2026Q4")
    self_report_by: date = field("自评截止日期")
    assess_by: date = field("考核截止日期")
    idempotency_key: str = field(KEY)


@strawberry.input(description="开启考核周期")
class OpenAssessmentCycleInput:
    """What opening a cycle takes."""

    cycle: strawberry.ID = field("周期")
    expected_version: int = field(VERSION)
    idempotency_key: str = field(KEY)


@strawberry.input(description="公布考核结果")
class PublishAssessmentCycleInput:
    """What publishing a cycle takes."""

    cycle: strawberry.ID = field("周期")
    expected_version: int = field(VERSION)
    idempotency_key: str = field(KEY)


@strawberry.input(description="提交自评")
class SubmitSelfAssessmentInput:
    """What reporting takes."""

    assessment: strawberry.ID = field("机构考核")
    expected_version: int = field(VERSION)
    scores: list[AssessmentMarkInput] = field("自评得分 of every indicator")
    idempotency_key: str = field(KEY)
    documents: list[strawberry.ID] | None = field("证明材料 stored files", default=UNSET)


@strawberry.input(description="考核评分")
class ScoreAssessmentInput:
    """What scoring takes."""

    assessment: strawberry.ID = field("机构考核")
    expected_version: int = field(VERSION)
    scores: list[AssessmentMarkInput] = field("得分 of the indicators that are the caller's to assess")
    idempotency_key: str = field(KEY)


@strawberry.input(description="退回重评")
class ReturnAssessmentInput:
    """What returning takes."""

    assessment: strawberry.ID = field("机构考核")
    expected_version: int = field(VERSION)
    reason: str = field("理由")
    idempotency_key: str = field(KEY)


@strawberry.input(description="复核")
class RecheckAssessmentInput:
    """What rechecking takes."""

    assessment: strawberry.ID = field("机构考核")
    expected_version: int = field(VERSION)
    idempotency_key: str = field(KEY)
    corrections: list[AssessmentMarkInput] | None = field("更正 each with its reason", default=UNSET)


@strawberry.input(description="确认考核结果")
class ConfirmAssessmentInput:
    """What confirming takes."""

    assessment: strawberry.ID = field("机构考核")
    expected_version: int = field(VERSION)
    idempotency_key: str = field(KEY)
    problems: list[AssessmentProblemInput] | None = field(
        "整改问题 entered into the institution's ledger", default=UNSET
    )


@strawberry.input(description="申诉")
class AppealAssessmentInput:
    """What appealing takes."""

    assessment: strawberry.ID = field("机构考核")
    expected_version: int = field(VERSION)
    statement: str = field("申诉内容")
    idempotency_key: str = field(KEY)
    documents: list[strawberry.ID] | None = field("证明材料 stored files", default=UNSET)


@strawberry.input(description="处理申诉")
class DecideAssessmentAppealInput:
    """What deciding an appeal takes."""

    assessment: strawberry.ID = field("机构考核")
    expected_version: int = field(VERSION)
    reason: str = field("理由")
    idempotency_key: str = field(KEY)
    corrections: list[AssessmentMarkInput] | None = field("更正 none: the result stands", default=UNSET)


@strawberry.input(description="登记结果运用落实")
class SettleAssessmentEffectInput:
    """What settling an effect takes."""

    effect: strawberry.ID = field("结果运用")
    expected_version: int = field(VERSION)
    note: str = field("落实情况")
    idempotency_key: str = field(KEY)


@strawberry.type(description="考核方案已保存")
class AssessmentSchemeSaved:
    """The object as it is now."""

    scheme: AssessmentScheme = field("方案 as it is now")


@strawberry.type(description="考核周期已更新")
class AssessmentCycleSaved:
    """The object as it is now."""

    cycle: AssessmentCycle = field("周期 as it is now")


@strawberry.type(description="机构考核已更新")
class AssessmentSaved:
    """The object as it is now."""

    assessment: Assessment = field("机构考核 as it is now")


@strawberry.type(description="已登记落实")
class AssessmentEffectSettled:
    """The object as it is now."""

    effect: AssessmentEffect = field("结果运用 as it is now")


Problems = InvalidInput | Conflicting | OutOfDate | PolicyNotEnabled
DefineAssessmentSchemeResult = Annotated[
    AssessmentSchemeSaved | Problems, strawberry.union("DefineAssessmentSchemeResult")
]
AdoptAssessmentSchemeResult = Annotated[
    AssessmentSchemeSaved | Problems, strawberry.union("AdoptAssessmentSchemeResult")
]
PlanAssessmentCycleResult = Annotated[AssessmentCycleSaved | Problems, strawberry.union("PlanAssessmentCycleResult")]
OpenAssessmentCycleResult = Annotated[AssessmentCycleSaved | Problems, strawberry.union("OpenAssessmentCycleResult")]
PublishAssessmentCycleResult = Annotated[
    AssessmentCycleSaved | Problems, strawberry.union("PublishAssessmentCycleResult")
]
SubmitSelfAssessmentResult = Annotated[AssessmentSaved | Problems, strawberry.union("SubmitSelfAssessmentResult")]
ScoreAssessmentResult = Annotated[AssessmentSaved | Problems, strawberry.union("ScoreAssessmentResult")]
ReturnAssessmentResult = Annotated[AssessmentSaved | Problems, strawberry.union("ReturnAssessmentResult")]
RecheckAssessmentResult = Annotated[AssessmentSaved | Problems, strawberry.union("RecheckAssessmentResult")]
ConfirmAssessmentResult = Annotated[AssessmentSaved | Problems, strawberry.union("ConfirmAssessmentResult")]
AppealAssessmentResult = Annotated[AssessmentSaved | Problems, strawberry.union("AppealAssessmentResult")]
DecideAssessmentAppealResult = Annotated[AssessmentSaved | Problems, strawberry.union("DecideAssessmentAppealResult")]
SettleAssessmentEffectResult = Annotated[
    AssessmentEffectSettled | Problems, strawberry.union("SettleAssessmentEffectResult")
]


def _marks(value: Any, field: str) -> list[Mark]:
    return [
        Mark(node_of(one.indicator, INDICATOR_TAG, field).id, one.score, given(one.comment))
        for one in given(value) or ()
    ]


@strawberry.type
class AssessmentMutations:
    """Root fields of this area."""

    @mutation("起草考核方案 the next number of its code", by=ORGANISERS)
    async def define_assessment_scheme(
        self, info: strawberry.Info, input: DefineAssessmentSchemeInput
    ) -> DefineAssessmentSchemeResult:
        tenant = await request_of(info).tenant_named(input.district)
        shelved = await request_of(info).engine.policies.current()
        indicators = tuple(
            Indicator(one.code, one.domain, one.title, one.weight, one.max_score, one.assessor, given(one.data_source))
            for one in input.indicators
        )
        wanted = Scheme(input.code, input.title, input.level, input.pass_line, input.excellent_line, indicators)

        async def verb(act: Act) -> Mapping[str, str]:
            return {"scheme": str(NodeId(SCHEME_TAG, tenant, await planning.define_scheme(act, shelved, wanted)))}

        return await perform(info, tenant, input, verb, referring(AssessmentSchemeSaved))

    @mutation("采用考核方案 by another than its author", by=ORGANISERS)
    async def adopt_assessment_scheme(
        self, info: strawberry.Info, input: AdoptAssessmentSchemeInput
    ) -> AdoptAssessmentSchemeResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return planning.adopt_scheme(act, node.id, expected_version=input.expected_version)

        node = node_of(input.scheme, SCHEME_TAG, "scheme")
        return await perform_on(info, node, input, verb, AssessmentSchemeSaved)

    @mutation("计划考核周期 of an adopted scheme", by=ORGANISERS)
    async def plan_assessment_cycle(
        self, info: strawberry.Info, input: PlanAssessmentCycleInput
    ) -> PlanAssessmentCycleResult:
        node = node_of(input.scheme, SCHEME_TAG, "scheme")
        tenant = request_of(info).tenant_of(node)
        shelved = await request_of(info).engine.policies.current()

        async def verb(act: Act) -> Mapping[str, str]:
            made = await planning.plan_cycle(
                act,
                shelved,
                node.id,
                name=input.name,
                self_report_by=input.self_report_by,
                assess_by=input.assess_by,
            )
            return {"cycle": str(NodeId(CYCLE_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(AssessmentCycleSaved))

    @mutation("开启考核周期 every institution of the level is asked for its self-report", by=ORGANISERS)
    async def open_assessment_cycle(
        self, info: strawberry.Info, input: OpenAssessmentCycleInput
    ) -> OpenAssessmentCycleResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return planning.open_cycle(act, node.id, expected_version=input.expected_version)

        node = node_of(input.cycle, CYCLE_TAG, "cycle")
        return await perform_on(info, node, input, verb, AssessmentCycleSaved)

    @mutation("公布考核结果 once all are confirmed", by=ORGANISERS)
    async def publish_assessment_cycle(
        self, info: strawberry.Info, input: PublishAssessmentCycleInput
    ) -> PublishAssessmentCycleResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return planning.publish_cycle(act, node.id, expected_version=input.expected_version)

        node = node_of(input.cycle, CYCLE_TAG, "cycle")
        return await perform_on(info, node, input, verb, AssessmentCycleSaved)

    @mutation("提交自评 by the institution's staff", by=_STAFF)
    async def submit_self_assessment(
        self, info: strawberry.Info, input: SubmitSelfAssessmentInput
    ) -> SubmitSelfAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return assessing.self_report(
                act,
                node.id,
                expected_version=input.expected_version,
                marks=_marks(input.scores, "scores"),
                documents=documents_in(input.documents),
            )

        node = node_of(input.assessment, ASSESSMENT_TAG, "assessment")
        return await perform_on(info, node, input, verb, AssessmentSaved)

    @mutation("考核评分 by the bodies that the scheme names; by the centre for its stations", by=scoring.ASSESSORS)
    async def score_assessment(self, info: strawberry.Info, input: ScoreAssessmentInput) -> ScoreAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return scoring.score(
                act, node.id, expected_version=input.expected_version, marks=_marks(input.scores, "scores")
            )

        node = node_of(input.assessment, ASSESSMENT_TAG, "assessment")
        return await perform_on(info, node, input, verb, AssessmentSaved)

    @mutation("退回重评", by=assessing.RECHECKERS)
    async def return_assessment(self, info: strawberry.Info, input: ReturnAssessmentInput) -> ReturnAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return assessing.return_assessment(
                act, node.id, expected_version=input.expected_version, reason=input.reason
            )

        node = node_of(input.assessment, ASSESSMENT_TAG, "assessment")
        return await perform_on(info, node, input, verb, AssessmentSaved)

    @mutation("复核考核结果 by another than those who scored", by=assessing.RECHECKERS)
    async def recheck_assessment(self, info: strawberry.Info, input: RecheckAssessmentInput) -> RecheckAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return assessing.recheck(
                act,
                node.id,
                expected_version=input.expected_version,
                corrections=_marks(input.corrections, "corrections"),
            )

        node = node_of(input.assessment, ASSESSMENT_TAG, "assessment")
        return await perform_on(info, node, input, verb, AssessmentSaved)

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

        node = node_of(input.assessment, ASSESSMENT_TAG, "assessment")
        return await perform_on(info, node, input, verb, AssessmentSaved)

    @mutation("申诉 by the institution's staff", by=_STAFF)
    async def appeal_assessment(self, info: strawberry.Info, input: AppealAssessmentInput) -> AppealAssessmentResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return appeals.appeal(
                act,
                node.id,
                expected_version=input.expected_version,
                statement=input.statement,
                documents=documents_in(input.documents),
            )

        node = node_of(input.assessment, ASSESSMENT_TAG, "assessment")
        return await perform_on(info, node, input, verb, AssessmentSaved)

    @mutation("处理申诉 by another than who confirmed the result", by=ORGANISERS)
    async def decide_assessment_appeal(
        self, info: strawberry.Info, input: DecideAssessmentAppealInput
    ) -> DecideAssessmentAppealResult:
        shelf = request_of(info).engine.policies

        async def verb(act: Act, node: NodeId) -> None:
            institution = await appeals.decide_appeal(
                act,
                await shelf.current(),
                node.id,
                expected_version=input.expected_version,
                reason=input.reason,
                corrections=_marks(input.corrections, "corrections"),
            )
            await propose_for(act, shelf, [institution])

        node = node_of(input.assessment, ASSESSMENT_TAG, "assessment")
        return await perform_on(info, node, input, verb, AssessmentSaved)

    @mutation("登记结果运用落实", by=ORGANISERS)
    async def settle_assessment_effect(
        self, info: strawberry.Info, input: SettleAssessmentEffectInput
    ) -> SettleAssessmentEffectResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return appeals.settle_effect(act, node.id, expected_version=input.expected_version, note=input.note)

        node = node_of(input.effect, EFFECT_TAG, "effect")
        return await perform_on(info, node, input, verb, AssessmentEffectSettled)
