"""What follows a yellow card: interview, rectification, closure; mutations."""

from datetime import date
from typing import Annotated

import strawberry

from schema.acting import given, mutation, perform_step
from schema.filters import UNSET
from schema.inputs import Versioned, field
from schema.problems import Problems
from schema.supervision.negative_list import YellowCard
from schema.tags import CARD_TAG
from server.supervision.actions import cards


@strawberry.input(description="约谈主要负责人")
class HoldInterviewInput(Versioned):
    """What recording an interview takes."""

    card: strawberry.ID = field("黄牌")
    on: date = field("约谈日期")
    led_by: str = field("主持单位")
    attended_by: str = field("参加人 by office, not by name")
    minutes: str = field("约谈纪要 1 to 4000 characters")


@strawberry.input(description="责令限期整改")
class OrderRectificationInput(Versioned):
    """What ordering takes."""

    card: strawberry.ID = field("黄牌")
    rectify_by: date | None = field("整改期限 the card's own where none is given", default=UNSET)


@strawberry.input(description="提交整改情况 by the institution")
class SubmitCardRectificationInput(Versioned):
    """What submitting takes."""

    card: strawberry.ID = field("黄牌")
    done: str = field("整改情况 1 to 4000 characters")


@strawberry.input(description="退回整改")
class RejectCardRectificationInput(Versioned):
    """What rejecting takes."""

    card: strawberry.ID = field("黄牌")
    reason: str = field("理由 1 to 4000 characters")
    rectify_by: date = field("新的整改期限")


@strawberry.input(description="办结黄牌 it still counts in its window")
class CloseYellowCardInput(Versioned):
    """What closing takes."""

    card: strawberry.ID = field("黄牌")
    note: str = field("验收意见 1 to 4000 characters")


@strawberry.type(description="已约谈")
class InterviewHeld:
    """An interview."""

    card: YellowCard = field("黄牌 as it is now")


@strawberry.type(description="已责令限期整改")
class RectificationOrdered:
    """An order."""

    card: YellowCard = field("黄牌 as it is now")


@strawberry.type(description="已提交整改情况")
class CardRectificationSubmitted:
    """A submission."""

    card: YellowCard = field("黄牌 as it is now")


@strawberry.type(description="已退回整改")
class CardRectificationRejected:
    """A rejection."""

    card: YellowCard = field("黄牌 as it is now")


@strawberry.type(description="已办结")
class YellowCardClosed:
    """A closure."""

    card: YellowCard = field("黄牌 as it is now")


HoldInterviewResult = Annotated[InterviewHeld | Problems, strawberry.union("HoldInterviewResult")]
OrderRectificationResult = Annotated[RectificationOrdered | Problems, strawberry.union("OrderRectificationResult")]
SubmitCardRectificationResult = Annotated[
    CardRectificationSubmitted | Problems, strawberry.union("SubmitCardRectificationResult")
]
RejectCardRectificationResult = Annotated[
    CardRectificationRejected | Problems, strawberry.union("RejectCardRectificationResult")
]
CloseYellowCardResult = Annotated[YellowCardClosed | Problems, strawberry.union("CloseYellowCardResult")]


@strawberry.type
class CardMutations:
    """Root fields of this area."""

    @mutation("约谈主要负责人", by=cards.OFFICERS)
    async def hold_interview(self, info: strawberry.Info, input: HoldInterviewInput) -> HoldInterviewResult:
        return await perform_step(
            info,
            CARD_TAG,
            input,
            cards.hold_interview,
            InterviewHeld,
            on=input.on,
            led_by=input.led_by,
            attended_by=input.attended_by,
            minutes=input.minutes,
        )

    @mutation("责令限期整改", by=cards.OFFICERS)
    async def order_rectification(
        self, info: strawberry.Info, input: OrderRectificationInput
    ) -> OrderRectificationResult:
        return await perform_step(
            info, CARD_TAG, input, cards.order_rectification, RectificationOrdered, rectify_by=given(input.rectify_by)
        )

    @mutation("提交整改情况", by=cards.RECTIFIERS)
    async def submit_card_rectification(
        self, info: strawberry.Info, input: SubmitCardRectificationInput
    ) -> SubmitCardRectificationResult:
        return await perform_step(
            info, CARD_TAG, input, cards.submit_rectification, CardRectificationSubmitted, done=input.done
        )

    @mutation("退回整改 with another day", by=cards.OFFICERS)
    async def reject_card_rectification(
        self, info: strawberry.Info, input: RejectCardRectificationInput
    ) -> RejectCardRectificationResult:
        return await perform_step(
            info,
            CARD_TAG,
            input,
            cards.reject_rectification,
            CardRectificationRejected,
            reason=input.reason,
            rectify_by=input.rectify_by,
        )

    @mutation("办结黄牌", by=cards.OFFICERS)
    async def close_yellow_card(self, info: strawberry.Info, input: CloseYellowCardInput) -> CloseYellowCardResult:
        return await perform_step(info, CARD_TAG, input, cards.close_card, YellowCardClosed, note=input.note)
