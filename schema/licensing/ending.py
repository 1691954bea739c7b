"""How a licence ends: notice, statement, decision; closing; and the look at what passed without anybody acting."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, perform_step, ref, request_of
from schema.filters import UNSET
from schema.inputs import REASON, Keyed, Versioned, field
from schema.licensing.endings import LicenceEnding
from schema.licensing.inputs import ProposalAtInput, limits_in, proposal_of
from schema.licensing.licences import Licence
from schema.problems import PolicyProblems
from schema.proposals import Proposal
from schema.tags import ENDING_TAG, LICENCE_TAG, PROPOSAL_TAG
from server.exits.actions.following import check_founded, follow
from server.kit import clock
from server.kit.ids import NodeId
from server.licensing import store
from server.licensing.actions import ending
from server.licensing.actions.grounds import Penalty
from server.licensing.actions.steps import INSTITUTION_FILERS, OFFICERS
from server.licensing.model import EndingGround
from server.record.acts import Act
from server.standing.proposing import propose_for


@strawberry.input(description="行政处罚决定 that revokes the licence")
class PenaltyInput:
    """A penalty."""

    number: str = field("文号")
    authority: str = field("作出机关")
    decided_on: date = field("决定日期")


@strawberry.input(description="告知拟终止许可")
class NotifyLicenceEndingInput(Versioned):
    """What the notice takes."""

    licence: strawberry.ID = field("执业许可证")
    ground: EndingGround = field("事由")
    reason: str = field(REASON)
    proposal: ProposalAtInput | None = field("所处理的建议 where a rule proposes it", default=UNSET)
    penalty: PenaltyInput | None = field("行政处罚决定 for PENALTY only", default=UNSET)


@strawberry.input(description="陈述申辩")
class StateLicenceCaseInput(Versioned):
    """What a statement takes."""

    ending: strawberry.ID = field("终止许可程序")
    statement: str = field("陈述申辩 2 to 2000 characters; 放弃陈述申辩 where there is none")


@strawberry.input(description="决定是否终止许可")
class DecideLicenceEndingInput(Versioned):
    """What the decision takes."""

    ending: strawberry.ID = field("终止许可程序")
    ended: bool = field("是否终止许可 false to let it stand")
    reason: str = field(REASON)
    continuity: str | None = field("居民承接安排 needed where the institution has been open", default=UNSET)


@strawberry.input(description="机构歇业")
class CloseInstitutionInput(Versioned):
    """What closing takes."""

    licence: strawberry.ID = field("执业许可证")
    on: date = field("歇业日期")
    reason: str = field(REASON)


@strawberry.input(description="核查到期事项 what passed without anybody acting")
class ReviewMissedDaysInput(Keyed):
    """What looking takes."""

    district: str = field("辖区代码")


@strawberry.type(description="已告知拟终止许可")
class LicenceEndingNotified:
    """A notice."""

    ending: LicenceEnding = field("终止许可程序 as it is now")


@strawberry.type(description="已陈述申辩")
class LicenceCaseStated:
    """A statement."""

    ending: LicenceEnding = field("终止许可程序 as it is now")


@strawberry.type(description="已决定")
class LicenceEndingDecided:
    """A decision."""

    ending: LicenceEnding = field("终止许可程序 as it is now")


@strawberry.type(description="已歇业")
class InstitutionClosed:
    """A closing."""

    licence: Licence = field("执业许可证 as it is now")


@strawberry.type(description="已核查到期事项")
class MissedDaysReviewed:
    """What was found."""

    licences: list[Licence] = field("逾期的许可证 not opened or not verified in time")
    proposals: list[Proposal] = field("处置建议 those that are new; a person decides about them")


NotifyLicenceEndingResult = Annotated[
    LicenceEndingNotified | PolicyProblems, strawberry.union("NotifyLicenceEndingResult")
]
StateLicenceCaseResult = Annotated[LicenceCaseStated | PolicyProblems, strawberry.union("StateLicenceCaseResult")]
DecideLicenceEndingResult = Annotated[
    LicenceEndingDecided | PolicyProblems, strawberry.union("DecideLicenceEndingResult")
]
CloseInstitutionResult = Annotated[InstitutionClosed | PolicyProblems, strawberry.union("CloseInstitutionResult")]
ReviewMissedDaysResult = Annotated[MissedDaysReviewed | PolicyProblems, strawberry.union("ReviewMissedDaysResult")]


@strawberry.type
class LicenceEndingMutations:
    """Root fields of this area."""

    @mutation("告知拟终止许可 the institution may state its case, and somebody else decides", by=OFFICERS)
    async def notify_licence_ending(
        self, info: strawberry.Info, input: NotifyLicenceEndingInput
    ) -> NotifyLicenceEndingResult:
        node, request = _licence(input.licence), request_of(info)
        tenant, proposal, said = request.tenant_of(node), proposal_of(given(input.proposal)), given(input.penalty)
        limits = await limits_in(request, tenant)
        penalty = said and Penalty(said.number, said.authority, said.decided_on)

        async def verb(act: Act) -> Mapping[str, str]:
            made = await ending.notify_ending(
                act,
                limits,
                node.id,
                expected_version=input.expected_version,
                ground=input.ground,
                reason=input.reason,
                proposal=proposal,
                penalty=penalty,
            )
            await follow(act, node.id, made)
            return {"ending": str(NodeId(ENDING_TAG, tenant, made))}

        def payload(ending: str) -> LicenceEndingNotified:
            return LicenceEndingNotified(ending=ref(ending))

        return await perform(info, tenant, input, verb, payload)

    @mutation("陈述申辩 by the institution, or taken down by an officer", by=INSTITUTION_FILERS)
    async def state_licence_case(self, info: strawberry.Info, input: StateLicenceCaseInput) -> StateLicenceCaseResult:
        return await perform_step(
            info, ENDING_TAG, input, ending.state_case, LicenceCaseStated, statement=input.statement
        )

    @mutation("决定是否终止许可 by somebody other than who gave notice", by=OFFICERS)
    async def decide_licence_ending(
        self, info: strawberry.Info, input: DecideLicenceEndingInput
    ) -> DecideLicenceEndingResult:
        async def verb(act: Act, node: NodeId) -> None:
            if input.ended:
                await check_founded(act, node.id)
            licence = await ending.decide_ending(
                act,
                node.id,
                expected_version=input.expected_version,
                ended=input.ended,
                reason=input.reason,
                continuity=given(input.continuity),
            )
            await follow(act, licence, node.id)

        return await perform_on(info, node_of(input.ending, ENDING_TAG, "ending"), input, verb, LicenceEndingDecided)

    @mutation("机构歇业 its licence is then cancelled by the authority", by=INSTITUTION_FILERS)
    async def close_institution(self, info: strawberry.Info, input: CloseInstitutionInput) -> CloseInstitutionResult:
        return await perform_step(
            info, LICENCE_TAG, input, ending.close_voluntarily, InstitutionClosed, on=input.on, reason=input.reason
        )

    @mutation("核查到期事项 institutions not opened or not verified in time, with what the rules propose", by=OFFICERS)
    async def review_missed_days(self, info: strawberry.Info, input: ReviewMissedDaysInput) -> ReviewMissedDaysResult:
        request = request_of(info)
        tenant = await request.tenant_named(input.district)

        async def verb(act: Act) -> Mapping[str, list[str]]:
            act.require(*OFFICERS)
            missed = await store.list_missed(act.connection, clock.today())
            made = await propose_for(act, request.engine.policies, [one["institution_id"] for one in missed])
            return {
                "licences": [str(NodeId(LICENCE_TAG, tenant, one["id"])) for one in missed],
                "proposals": [str(NodeId(PROPOSAL_TAG, tenant, one)) for one in made],
            }

        def payload(licences: list[str], proposals: list[str]) -> MissedDaysReviewed:
            return MissedDaysReviewed(
                licences=[ref(one) for one in licences], proposals=[ref(one) for one in proposals]
            )

        return await perform(info, tenant, input, verb, payload)


def _licence(text: str) -> NodeId:
    return node_of(text, LICENCE_TAG, "licence")
