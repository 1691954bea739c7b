"""An exit case from its opening to its decision: mutations."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_step, referring, request_of
from schema.exits.cases import ExitCase
from schema.exits.terms import ExitGround
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems, Problems
from schema.tags import EXIT_TAG, FINDING_TAG, INSTITUTION_TAG, PROPOSAL_TAG
from server.exits.actions import cases
from server.exits.actions.cases import Opening
from server.kit.errors import Invalid, NotFound
from server.kit.ids import NodeId
from server.policy.terms import Effect
from server.record.acts import Act


@strawberry.input(
    description="退出立案 on an accepted proposal, a confirmed finding, the institution's wish, or statute"
)
class OpenExitCaseInput(Keyed):
    """What opening takes."""

    district: str = field("辖区代码")
    ground: ExitGround = field("立案依据")
    because: str = field("理由 1 to 4000 characters")
    proposal: strawberry.ID | None = field("处置建议 of RULE: it is thereby accepted", default=UNSET)
    expected_version: int | None = field("所见版本 of the proposal", default=UNSET)
    finding: strawberry.ID | None = field("认定 of FINDING", default=UNSET)
    institution: strawberry.ID | None = field("机构 of VOLUNTARY and STATUTORY", default=UNSET)
    effects: list[Effect] = field("拟作出的效果 of a rule: those of its proposal", default_factory=list)


@strawberry.input(description="核实退出事实")
class ReviewExitFactsInput(Versioned):
    """What reviewing takes."""

    case: strawberry.ID = field("退出案件")
    facts: str = field("核实的事实 1 to 4000 characters")


@strawberry.input(description="退出事先告知")
class NotifyExitInput(Versioned):
    """What notifying takes."""

    case: strawberry.ID = field("退出案件")
    statement_by: date = field("陈述申辩期限 the last day; after today, of a revocation at least five working days")


@strawberry.input(description="陈述申辩 by the institution, or entered by an officer")
class StateOnExitInput(Versioned):
    """What a statement takes."""

    case: strawberry.ID = field("退出案件")
    statement: str = field("陈述申辩 1 to 4000 characters")


@strawberry.input(description="拟定退出决定 by the first of two persons")
class DraftExitDecisionInput(Versioned):
    """What drafting takes."""

    case: strawberry.ID = field("退出案件")
    effects: list[Effect] = field("效果 among those notified, or NO_ACTION alone")
    because: str = field("理由 1 to 4000 characters")
    service_stops: bool = field("是否停止服务 whether residents lose their service by it")


@strawberry.input(description="审批退出决定 by the second person")
class DecideExitInput(Versioned):
    """What deciding takes."""

    case: strawberry.ID = field("退出案件")


@strawberry.type(description="已立案")
class ExitCaseOpened:
    """A case."""

    case: ExitCase = field("退出案件")


@strawberry.type(description="已核实")
class ExitFactsReviewed:
    """A review of the facts."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="已告知")
class ExitNotified:
    """A notice."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="已陈述")
class ExitStated:
    """A statement."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="已拟定")
class ExitDecisionDrafted:
    """A draft."""

    case: ExitCase = field("退出案件 as it is now")


@strawberry.type(description="已决定")
class ExitDecided:
    """A decision."""

    case: ExitCase = field("退出案件 as it is now")


OpenExitCaseResult = Annotated[ExitCaseOpened | PolicyProblems, strawberry.union("OpenExitCaseResult")]
ReviewExitFactsResult = Annotated[ExitFactsReviewed | Problems, strawberry.union("ReviewExitFactsResult")]
NotifyExitResult = Annotated[ExitNotified | Problems, strawberry.union("NotifyExitResult")]
StateOnExitResult = Annotated[ExitStated | Problems, strawberry.union("StateOnExitResult")]
DraftExitDecisionResult = Annotated[ExitDecisionDrafted | Problems, strawberry.union("DraftExitDecisionResult")]
DecideExitResult = Annotated[ExitDecided | Problems, strawberry.union("DecideExitResult")]


@strawberry.type
class ExitMutations:
    """Root fields of this area."""

    @mutation("退出立案", by=cases.OFFICERS)
    async def open_exit_case(self, info: strawberry.Info, input: OpenExitCaseInput) -> OpenExitCaseResult:
        proposal, finding, institution = given(input.proposal), given(input.finding), given(input.institution)
        nodes = {
            "proposal": node_of(proposal, PROPOSAL_TAG, "proposal") if proposal else None,
            "finding": node_of(finding, FINDING_TAG, "finding") if finding else None,
            "institution": node_of(institution, INSTITUTION_TAG, "institution") if institution else None,
        }
        named = [one for one in nodes.values() if one is not None]
        tenant, shelf = await request_of(info).tenant_named(input.district), request_of(info).engine.policies
        wanted = Opening(
            input.ground,
            input.because,
            proposal_id=nodes["proposal"].id if nodes["proposal"] else None,
            proposal_version=given(input.expected_version),
            finding_id=nodes["finding"].id if nodes["finding"] else None,
            institution_id=nodes["institution"].id if nodes["institution"] else None,
            effects=input.effects,
        )

        async def verb(act: Act) -> Mapping[str, str]:
            if len(named) != 1:
                raise Invalid("proposal、finding、institution 须填且只填一项", path=("input", "proposal"))
            if named[0].tenant_id != tenant:
                raise NotFound()
            made = await cases.open_case(act, await shelf.current(), wanted)
            return {"case": str(NodeId(EXIT_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(ExitCaseOpened))

    @mutation("核实退出事实", by=cases.OFFICERS)
    async def review_exit_facts(self, info: strawberry.Info, input: ReviewExitFactsInput) -> ReviewExitFactsResult:
        return await perform_step(info, EXIT_TAG, input, cases.review_facts, ExitFactsReviewed, facts=input.facts)

    @mutation("退出事先告知 with its official document", by=cases.OFFICERS)
    async def notify_exit(self, info: strawberry.Info, input: NotifyExitInput) -> NotifyExitResult:
        return await perform_step(info, EXIT_TAG, input, cases.notify, ExitNotified, statement_by=input.statement_by)

    @mutation("陈述申辩", by=cases.STATING)
    async def state_on_exit(self, info: strawberry.Info, input: StateOnExitInput) -> StateOnExitResult:
        return await perform_step(info, EXIT_TAG, input, cases.state, ExitStated, statement=input.statement)

    @mutation("拟定退出决定", by=cases.OFFICERS)
    async def draft_exit_decision(
        self, info: strawberry.Info, input: DraftExitDecisionInput
    ) -> DraftExitDecisionResult:
        return await perform_step(
            info,
            EXIT_TAG,
            input,
            cases.draft,
            ExitDecisionDrafted,
            effects=input.effects,
            because=input.because,
            service_stops=input.service_stops,
        )

    @mutation("审批退出决定 by another person than the one who drafted it", by=cases.OFFICERS)
    async def decide_exit(self, info: strawberry.Info, input: DecideExitInput) -> DecideExitResult:
        return await perform_step(info, EXIT_TAG, input, cases.decide, ExitDecided)
