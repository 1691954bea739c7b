"""Converting institutions: mutations."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_step, referring, request_of
from schema.exits.conversions import ConversionCase
from schema.exits.terms import ConversionDirection
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import Problems
from schema.tags import CONVERSION_TAG, INSTITUTION_TAG
from server.exits.actions import conversions
from server.institutions.model import InstitutionKind
from server.kit.ids import NodeId
from server.record.acts import Act


@strawberry.input(description="启动转型 in either direction")
class OpenConversionInput(Keyed):
    """What opening takes."""

    institution: strawberry.ID = field("机构")
    direction: ConversionDirection = field("方向")
    target_kind: InstitutionKind = field("目标类别")
    because: str = field("理由 1 to 4000 characters")


@strawberry.input(description="商定转型")
class AgreeConversionInput(Versioned):
    """What agreeing takes."""

    conversion: strawberry.ID = field("转型")
    agreement: str = field("商定内容 1 to 4000 characters")


@strawberry.input(description="不转型 guidance is advice")
class DeclineConversionInput(Versioned):
    """What declining takes."""

    conversion: strawberry.ID = field("转型")
    because: str = field("理由 1 to 4000 characters")


@strawberry.input(description="完成转型")
class ExecuteConversionInput(Versioned):
    """What executing takes."""

    conversion: strawberry.ID = field("转型")
    special_reason: str | None = field(
        "特殊原因 within a year of signing an insurance agreement; the agency is told", default=UNSET
    )


@strawberry.type(description="已启动转型")
class ConversionOpened:
    """A conversion."""

    conversion: ConversionCase = field("转型")


@strawberry.type(description="已商定转型")
class ConversionAgreed:
    """An agreement."""

    conversion: ConversionCase = field("转型 as it is now")


@strawberry.type(description="不转型")
class ConversionDeclined:
    """A refusal."""

    conversion: ConversionCase = field("转型 as it is now")


@strawberry.type(description="已完成转型")
class ConversionExecuted:
    """An execution."""

    conversion: ConversionCase = field("转型 as it is now")


OpenConversionResult = Annotated[ConversionOpened | Problems, strawberry.union("OpenConversionResult")]
AgreeConversionResult = Annotated[ConversionAgreed | Problems, strawberry.union("AgreeConversionResult")]
DeclineConversionResult = Annotated[ConversionDeclined | Problems, strawberry.union("DeclineConversionResult")]
ExecuteConversionResult = Annotated[ConversionExecuted | Problems, strawberry.union("ExecuteConversionResult")]


@strawberry.type
class ConversionMutations:
    """Root fields of this area."""

    @mutation("启动转型", by=conversions.OFFICERS)
    async def open_conversion(self, info: strawberry.Info, input: OpenConversionInput) -> OpenConversionResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant = request_of(info).tenant_of(node)

        async def verb(act: Act) -> Mapping[str, str]:
            made = await conversions.open_conversion(
                act, node.id, direction=input.direction, target=input.target_kind, because=input.because
            )
            return {"conversion": str(NodeId(CONVERSION_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(ConversionOpened))

    @mutation("商定转型", by=conversions.OFFICERS)
    async def agree_conversion(self, info: strawberry.Info, input: AgreeConversionInput) -> AgreeConversionResult:
        return await perform_step(
            info, CONVERSION_TAG, input, conversions.agree, ConversionAgreed, agreement=input.agreement
        )

    @mutation("不转型", by=conversions.OFFICERS)
    async def decline_conversion(self, info: strawberry.Info, input: DeclineConversionInput) -> DeclineConversionResult:
        return await perform_step(
            info, CONVERSION_TAG, input, conversions.decline, ConversionDeclined, because=input.because
        )

    @mutation("完成转型", by=conversions.OFFICERS)
    async def execute_conversion(self, info: strawberry.Info, input: ExecuteConversionInput) -> ExecuteConversionResult:
        special = given(input.special_reason)
        return await perform_step(
            info, CONVERSION_TAG, input, conversions.execute_conversion, ConversionExecuted, special_reason=special
        )
