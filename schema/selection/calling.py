"""Conducting calls: mutations that draft, publish, close and end them."""

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
from schema.selection.calls import SelectionCall
from schema.sites.identifying import nodes_in
from schema.tags import CALL_TAG, GAP_TAG
from server.kit.ids import NodeId
from server.record.acts import Act
from server.selection import rules, steps
from server.selection.actions import calls
from server.selection.model import EvaluationMethod, TieRule


@strawberry.input(description="申报材料要求")
class RequiredMaterialInput:
    """A material."""

    name: str = field("名称")
    mandatory: bool = field("是否必须", default=True)
    note: str | None = field("说明", default=UNSET)


@strawberry.input(description="评分指标")
class ScoringCriterionInput:
    """A criterion."""

    name: str = field("名称")
    max_score: Decimal = field("满分 above 0, at most 1000")
    weight: Decimal = field("权重 percent; all of a call make 100")
    note: str | None = field("说明", default=UNSET)


@strawberry.input(description="发布公开遴选")
class PublishCallInput(Keyed):
    """What publishing takes."""

    district: str = field("辖区代码")
    gaps: list[strawberry.ID] = field("空白点 chosen or re-opened, 1 to 50")
    title: str = field("标题")
    closes_on: date = field("申报截止日期 the last day for applications, after today")
    publicity_working_days: int | None = field(
        "结果公示期（工作日） 1 to 60; the district's policy has a length where none is given", default=UNSET
    )
    description: str | None = field("说明 at most 4000 characters", default=UNSET)
    url: str | None = field("官方网站地址", default=UNSET)
    materials: list[RequiredMaterialInput] = field("申报材料要求 at most 30", default_factory=list)
    criteria: list[ScoringCriterionInput] = field(
        "评分指标 at most 20; a scheme by the measures' own duties where none is given", default_factory=list
    )
    method: EvaluationMethod = field("评价方法", default=EvaluationMethod.AVERAGE)
    tie_rule: TieRule = field("同分处理", default=TieRule.COMMISSION_DECIDES)


@strawberry.input(description="草拟公开遴选")
class DraftCallInput(PublishCallInput):
    """What drafting takes: the same."""


@strawberry.input(description="发布已草拟的遴选")
class PublishDraftedCallInput(Versioned):
    """What publishing a draft takes."""

    call: strawberry.ID = field("遴选")


@strawberry.input(description="截止申报")
class CloseCallInput(Versioned):
    """What closing takes."""

    call: strawberry.ID = field("遴选")


@strawberry.input(description="取消遴选")
class CancelCallInput(Versioned):
    """What cancelling takes."""

    call: strawberry.ID = field("遴选")
    reason: str = field("原因 published with the notice")


@strawberry.type(description="已草拟")
class CallDrafted:
    """A draft."""

    call: SelectionCall = field("遴选 as it is now")


@strawberry.type(description="已发布")
class CallPublished:
    """A publication."""

    call: SelectionCall = field("遴选 as it is now")


@strawberry.type(description="已截止")
class CallClosed:
    """A closing."""

    call: SelectionCall = field("遴选 as it is now; FAILED where nobody had applied")


@strawberry.type(description="已取消")
class CallCancelled:
    """A cancellation."""

    call: SelectionCall = field("遴选 as it is now")


DraftCallResult = Annotated[CallDrafted | PolicyProblems, strawberry.union("DraftCallResult")]
PublishCallResult = Annotated[CallPublished | PolicyProblems, strawberry.union("PublishCallResult")]
PublishDraftedCallResult = Annotated[CallPublished | PolicyProblems, strawberry.union("PublishDraftedCallResult")]
CloseCallResult = Annotated[CallClosed | PolicyProblems, strawberry.union("CloseCallResult")]
CancelCallResult = Annotated[CallCancelled | PolicyProblems, strawberry.union("CancelCallResult")]


def _wanted(input: PublishCallInput, tenant: int) -> calls.Call:
    return calls.Call(
        title=input.title,
        gap_ids=[one.id for one in nodes_in(input.gaps, GAP_TAG, tenant, "gaps")],
        closes_on=input.closes_on,
        publicity_working_days=given(input.publicity_working_days),
        description=given(input.description),
        url=given(input.url),
        materials=[rules.Material(one.name, one.mandatory, given(one.note)) for one in input.materials],
        criteria=[rules.Weighing(one.name, one.max_score, one.weight, given(one.note)) for one in input.criteria],
        method=input.method,
        tie_rule=input.tie_rule,
    )


@strawberry.type
class CallMutations:
    """Root fields of this area."""

    @mutation("草拟公开遴选 seen by the district and the city alone until it is published", by=steps.OFFICERS)
    async def draft_call(self, info: strawberry.Info, input: DraftCallInput) -> DraftCallResult:
        tenant = await request_of(info).tenant_named(input.district)

        async def verb(act: Act) -> Mapping[str, Any]:
            procedure = await admission_of(info, tenant)
            made = await calls.draft_call(act, procedure, _wanted(input, tenant))
            return {"call": str(NodeId(CALL_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(CallDrafted))

    @mutation("发布公开遴选 with its gaps; applications are taken from now on", by=steps.OFFICERS)
    async def publish_call(self, info: strawberry.Info, input: PublishCallInput) -> PublishCallResult:
        tenant = await request_of(info).tenant_named(input.district)

        async def verb(act: Act) -> Mapping[str, Any]:
            procedure = await admission_of(info, tenant)
            made = await calls.draft_call(act, procedure, _wanted(input, tenant))
            await calls.publish_call(act, procedure, made)
            return {"call": str(NodeId(CALL_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(CallPublished))

    @mutation("发布已草拟的遴选", by=steps.OFFICERS)
    async def publish_drafted_call(
        self, info: strawberry.Info, input: PublishDraftedCallInput
    ) -> PublishDraftedCallResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await calls.publish_call(act, procedure, node.id, expected_version=input.expected_version)

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, CallPublished)

    @mutation("截止申报 once its last day is past; a call that nobody applied to has failed", by=steps.OFFICERS)
    async def close_call(self, info: strawberry.Info, input: CloseCallInput) -> CloseCallResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await calls.close_call(act, procedure, node.id, expected_version=input.expected_version)

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, CallClosed)

    @mutation("取消遴选 for a reason that is published; its gaps re-open", by=steps.OFFICERS)
    async def cancel_call(self, info: strawberry.Info, input: CancelCallInput) -> CancelCallResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await calls.cancel_call(
                act, procedure, node.id, expected_version=input.expected_version, reason=input.reason
            )

        return await perform_on(info, node_of(input.call, CALL_TAG, "call"), input, verb, CallCancelled)
