"""Schemes and cycles: their mutations."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_step, referring, request_of
from schema.assessment.cycles import AssessmentCycle, AssessmentScheme
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems
from schema.tags import CYCLE_TAG, SCHEME_TAG
from server.assessment.actions import ORGANISERS, planning
from server.assessment.model import AssessmentLevel, Indicator, IndicatorDomain, Scheme
from server.kit.ids import NodeId
from server.record.acts import Act


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


@strawberry.input(description="起草考核方案")
class DefineAssessmentSchemeInput(Keyed):
    """What defining a scheme takes."""

    district: str = field("辖区代码")
    code: str = field("方案代码")
    title: str = field("名称")
    level: AssessmentLevel = field("考核层级")
    pass_line: Decimal = field("合格线")
    excellent_line: Decimal = field("优秀线")
    indicators: list[AssessmentIndicatorInput] = field("指标")


@strawberry.input(description="采用考核方案")
class AdoptAssessmentSchemeInput(Versioned):
    """What adopting a scheme takes."""

    scheme: strawberry.ID = field("方案")


@strawberry.input(description="计划考核周期")
class PlanAssessmentCycleInput(Keyed):
    """What planning a cycle takes."""

    scheme: strawberry.ID = field("方案")
    name: str = field("周期 2026, 2026Q4")
    self_report_by: date = field("自评截止日期")
    assess_by: date = field("考核截止日期")


@strawberry.input
class _OfCycle(Versioned):
    """What a step of a cycle takes."""

    cycle: strawberry.ID = field("周期")


@strawberry.input(description="开启考核周期")
class OpenAssessmentCycleInput(_OfCycle):
    """What opening a cycle takes."""


@strawberry.input(description="公布考核结果")
class PublishAssessmentCycleInput(_OfCycle):
    """What publishing a cycle takes."""


@strawberry.type(description="考核方案已保存")
class AssessmentSchemeSaved:
    """The object as it is now."""

    scheme: AssessmentScheme = field("方案 as it is now")


@strawberry.type(description="考核周期已更新")
class AssessmentCycleSaved:
    """The object as it is now."""

    cycle: AssessmentCycle = field("周期 as it is now")


DefineAssessmentSchemeResult = Annotated[
    AssessmentSchemeSaved | PolicyProblems, strawberry.union("DefineAssessmentSchemeResult")
]
AdoptAssessmentSchemeResult = Annotated[
    AssessmentSchemeSaved | PolicyProblems, strawberry.union("AdoptAssessmentSchemeResult")
]
PlanAssessmentCycleResult = Annotated[
    AssessmentCycleSaved | PolicyProblems, strawberry.union("PlanAssessmentCycleResult")
]
OpenAssessmentCycleResult = Annotated[
    AssessmentCycleSaved | PolicyProblems, strawberry.union("OpenAssessmentCycleResult")
]
PublishAssessmentCycleResult = Annotated[
    AssessmentCycleSaved | PolicyProblems, strawberry.union("PublishAssessmentCycleResult")
]


@strawberry.type
class PlanningMutations:
    """Root fields of schemes and cycles."""

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
        return await perform_step(info, SCHEME_TAG, input, planning.adopt_scheme, AssessmentSchemeSaved)

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
        return await perform_step(info, CYCLE_TAG, input, planning.open_cycle, AssessmentCycleSaved)

    @mutation("公布考核结果 once all are confirmed", by=ORGANISERS)
    async def publish_assessment_cycle(
        self, info: strawberry.Info, input: PublishAssessmentCycleInput
    ) -> PublishAssessmentCycleResult:
        return await perform_step(info, CYCLE_TAG, input, planning.publish_cycle, AssessmentCycleSaved)
