"""Keeping service gaps: identify in batches, choose, amend, withdraw."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, perform_step, ref, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems
from schema.proceeding import admission_of
from schema.scalars import JSON
from schema.sites.gaps import ServiceGap
from schema.tags import GAP_TAG
from server.kit.errors import BadInput
from server.kit.ids import NodeId
from server.record.acts import Act
from server.sites.actions import gaps


@strawberry.input(description="空白点内容")
class ServiceGapInput:
    """One area."""

    name: str = field("名称 at most 100 characters")
    area: str = field("选址区域 in words, at most 1000 characters")
    population: int = field("人口")
    boundary: JSON | None = field("边界 GeoJSON Polygon in CGCS2000, at most 500 positions", default=UNSET)
    source_plan: str | None = field("依据规划 the published plan that names the area", default=UNSET)


@strawberry.input(description="识别空白点")
class IdentifyGapsInput(Keyed):
    """What identifying takes."""

    district: str = field("辖区代码")
    batch: str = field("批次 at most 50 characters")
    gaps: list[ServiceGapInput] = field("空白点 1 to 50")


@strawberry.input(description="选取空白点")
class SelectGapsInput(Keyed):
    """What choosing takes."""

    district: str = field("辖区代码")
    gaps: list[strawberry.ID] = field("空白点 1 to 50")
    reason: str = field("理由")


@strawberry.input(description="修改空白点")
class AmendGapInput(Versioned):
    """What amending takes."""

    gap: strawberry.ID = field("空白点")
    content: ServiceGapInput = field("内容 as it is to be; what is left out becomes null")


@strawberry.input(description="撤回空白点")
class WithdrawGapInput(Versioned):
    """What withdrawing takes."""

    gap: strawberry.ID = field("空白点")
    reason: str = field("理由")


@strawberry.input(description="确认已覆盖")
class ConfirmGapCoveredInput(Versioned):
    """What confirming takes."""

    gap: strawberry.ID = field("空白点 where an institution is open")
    reason: str = field("核实情况")


@strawberry.type(description="已识别")
class GapsIdentified:
    """A batch."""

    gaps: list[ServiceGap] = field("空白点 as they are now, in the order given")


@strawberry.type(description="已选取")
class GapsSelected:
    """A choice."""

    gaps: list[ServiceGap] = field("空白点 as they are now, in the order given")


@strawberry.type(description="已修改")
class GapAmended:
    """A change."""

    gap: ServiceGap = field("空白点 as it is now")


@strawberry.type(description="已撤回")
class GapWithdrawn:
    """A withdrawal."""

    gap: ServiceGap = field("空白点 as it is now")


@strawberry.type(description="已确认覆盖")
class GapCovered:
    """A confirmation."""

    gap: ServiceGap = field("空白点 as it is now")


IdentifyGapsResult = Annotated[GapsIdentified | PolicyProblems, strawberry.union("IdentifyGapsResult")]
SelectGapsResult = Annotated[GapsSelected | PolicyProblems, strawberry.union("SelectGapsResult")]
AmendGapResult = Annotated[GapAmended | PolicyProblems, strawberry.union("AmendGapResult")]
ConfirmGapCoveredResult = Annotated[GapCovered | PolicyProblems, strawberry.union("ConfirmGapCoveredResult")]
WithdrawGapResult = Annotated[GapWithdrawn | PolicyProblems, strawberry.union("WithdrawGapResult")]


def content_of(one: ServiceGapInput) -> gaps.Gap:
    """The input as the action takes it."""
    return gaps.Gap(one.name, one.area, one.population, given(one.boundary), given(one.source_plan))


def nodes_in(texts: list[strawberry.ID], tag: int, tenant: int, name: str) -> list[NodeId]:
    """The nodes that an input lists, all of one tenant. Raises: BadInput."""
    found = [node_of(text, tag, name) for text in texts]
    if any(one.tenant_id != tenant for one in found):
        raise BadInput(f"input.{name} 含有其他辖区的对象", path=("input", name))
    return found


@strawberry.type
class GapMutations:
    """Root fields of this area."""

    @mutation("识别空白点 a batch of uncovered areas; by officers of the district", by=gaps.KEEPERS)
    async def identify_gaps(self, info: strawberry.Info, input: IdentifyGapsInput) -> IdentifyGapsResult:
        tenant = await request_of(info).tenant_named(input.district)

        async def verb(act: Act) -> Mapping[str, Any]:
            await admission_of(info, tenant)
            made = await gaps.identify_gaps(act, input.batch, [content_of(one) for one in input.gaps])
            return {"gaps": [str(NodeId(GAP_TAG, tenant, one)) for one in made]}

        return await perform(info, tenant, input, verb, _listing(GapsIdentified))

    @mutation("选取空白点 to be covered by public selection", by=gaps.KEEPERS)
    async def select_gaps(self, info: strawberry.Info, input: SelectGapsInput) -> SelectGapsResult:
        tenant = await request_of(info).tenant_named(input.district)

        async def verb(act: Act) -> Mapping[str, Any]:
            wanted = nodes_in(input.gaps, GAP_TAG, tenant, "gaps")
            procedure = await admission_of(info, tenant)
            await gaps.select_gaps(act, procedure, [one.id for one in wanted], input.reason)
            return {"gaps": [str(one) for one in wanted]}

        return await perform(info, tenant, input, verb, _listing(GapsSelected))

    @mutation("修改空白点 while it stands in no published call", by=gaps.KEEPERS)
    async def amend_gap(self, info: strawberry.Info, input: AmendGapInput) -> AmendGapResult:
        return await perform_step(info, GAP_TAG, input, gaps.amend_gap, GapAmended, wanted=content_of(input.content))

    @mutation("撤回空白点 no longer to be covered this way", by=gaps.KEEPERS)
    async def withdraw_gap(self, info: strawberry.Info, input: WithdrawGapInput) -> WithdrawGapResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await gaps.withdraw_gap(
                act, procedure, node.id, expected_version=input.expected_version, reason=input.reason
            )

        return await perform_on(info, node_of(input.gap, GAP_TAG, "gap"), input, verb, GapWithdrawn)

    @mutation("确认空白点已覆盖 the open institution serves the area", by=gaps.KEEPERS)
    async def confirm_gap_covered(
        self, info: strawberry.Info, input: ConfirmGapCoveredInput
    ) -> ConfirmGapCoveredResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await gaps.confirm_covered(
                act, procedure, node.id, expected_version=input.expected_version, reason=input.reason
            )

        return await perform_on(info, node_of(input.gap, GAP_TAG, "gap"), input, verb, GapCovered)


def _listing(payload: Any) -> Any:
    return lambda gaps: payload(gaps=[ref(one) for one in gaps])
