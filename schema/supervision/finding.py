"""Finding, confirming and reversing: mutations on the negative list."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Annotated, Any

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_step, ref, referring, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems, Problems
from schema.proposals import Proposal
from schema.standing.standings import RuleHeading
from schema.supervision.negative_list import NegativeFinding, YellowCard
from schema.tags import CARD_TAG, FACT_TAG, FINDING_TAG, INSTITUTION_TAG, PROPOSAL_TAG, REVIEW_TAG
from server.db.pools import fetch_within
from server.kit.errors import BadInput, NotFound
from server.kit.ids import NodeId
from server.policy import terms
from server.record.acts import Act
from server.standing.confirming import Confirmation, Found, basis_of, confirm_findings
from server.standing.reversing import TakenBack, reverse_finding
from server.supervision.actions import findings
from server.supervision.facts import fact_id
from server.supervision.model import ReversalGround
from server.supervision.store import find_root


@strawberry.input(description="条目发生 one occurrence of an item of the negative list")
class OccurrenceInput:
    """An occurrence."""

    item: str = field("条目号")
    occurred_on: date = field("发生日期 of a record it rests on: that of the record")
    evidence: str = field("证据 1 to 4000 characters")
    basis: strawberry.ID | None = field(
        "所依据的记录 a `SupervisionFact` or `Review`; the record's elements then decide", default=UNSET
    )
    proposal: strawberry.ID | None = field(
        "所依据的处置建议 instead of `basis`: the record that it rests on; it is thereby accepted", default=UNSET
    )
    finding: strawberry.ID | None = field("线索 the allegation that is confirmed", default=UNSET)


@strawberry.input(description="认定负面清单条目 one decision on one institution")
class ConfirmNegativeFindingInput(Keyed):
    """What confirming takes."""

    institution: strawberry.ID = field("机构")
    discovered_on: date = field("发现日期")
    confirmed_on: date = field("认定日期 not before any of the occurrences")
    occurrences: list[OccurrenceInput] = field("条目发生 1 to 20")
    issued_on: date | None = field("黄牌发出日期 the day of confirmation where none is given", default=UNSET)
    rectify_by: date | None = field("整改期限 as the policy says where none is given", default=UNSET)


@strawberry.input(description="登记负面清单线索")
class AllegeNegativeFindingInput(Keyed):
    """What alleging takes."""

    institution: strawberry.ID = field("机构")
    item: str = field("条目号")
    occurred_on: date = field("发生日期")
    discovered_on: date = field("发现日期")
    evidence: str = field("证据 1 to 4000 characters")


@strawberry.input(description="开始调查")
class InvestigateNegativeFindingInput(Versioned):
    """What investigating takes."""

    finding: strawberry.ID = field("线索")


@strawberry.input(description="认定不成立")
class DismissNegativeFindingInput(Versioned):
    """What dismissing takes."""

    finding: strawberry.ID = field("线索")
    reason: str = field("理由 1 to 4000 characters")


@strawberry.input(description="撤销认定 on review, reconsideration or by a court")
class ReverseNegativeFindingInput(Versioned):
    """What reversing takes."""

    finding: strawberry.ID = field("认定")
    ground: ReversalGround = field("撤销依据")
    on: date = field("撤销日期")
    reason: str = field("理由 1 to 4000 characters")


@strawberry.type(description="已认定")
class NegativeFindingConfirmed:
    """Findings, their cards, and what they set off."""

    findings: list[NegativeFinding] = field("认定 in the order of the occurrences")
    yellow_cards: list[YellowCard] = field("黄牌")
    proposals: list[Proposal] = field("处置建议 those that are new; a person decides about them")


@strawberry.type(description="已登记线索")
class NegativeFindingAlleged:
    """An allegation."""

    finding: NegativeFinding = field("认定 as it is now")


@strawberry.type(description="已开始调查")
class NegativeFindingInvestigated:
    """An investigation."""

    finding: NegativeFinding = field("认定 as it is now")


@strawberry.type(description="已认定不成立")
class NegativeFindingDismissed:
    """A dismissal."""

    finding: NegativeFinding = field("认定 as it is now")


@strawberry.type(description="判定变化 a rule that says something else about the institution today")
class StandingChange:
    """A change."""

    rule: RuleHeading = field("规则")
    before: terms.Outcome = field("原结果")
    after: terms.Outcome = field("现结果")


@strawberry.type(description="已撤销认定 every standing from its confirmation on is as if it had never been known")
class NegativeFindingReversed:
    """A reversal, with all that it changed."""

    finding: NegativeFinding = field("认定 as it is now")
    yellow_card: YellowCard | None = field("被撤销的黄牌 null where another finding still carries it")
    changes: list[StandingChange] = field("判定变化")
    lapsed_proposals: list[Proposal] = field("失效的处置建议")
    proposals: list[Proposal] = field("新的处置建议")


ConfirmNegativeFindingResult = Annotated[
    NegativeFindingConfirmed | PolicyProblems, strawberry.union("ConfirmNegativeFindingResult")
]
AllegeNegativeFindingResult = Annotated[
    NegativeFindingAlleged | PolicyProblems, strawberry.union("AllegeNegativeFindingResult")
]
InvestigateNegativeFindingResult = Annotated[
    NegativeFindingInvestigated | Problems, strawberry.union("InvestigateNegativeFindingResult")
]
DismissNegativeFindingResult = Annotated[
    NegativeFindingDismissed | Problems, strawberry.union("DismissNegativeFindingResult")
]
ReverseNegativeFindingResult = Annotated[
    NegativeFindingReversed | Problems, strawberry.union("ReverseNegativeFindingResult")
]


def refs(tag: int, tenant: int, ids: Any) -> list[str]:
    """Row ids as node ids, for the answer that is kept."""
    return [str(NodeId(tag, tenant, one)) for one in ids]


def told_back(tenant: int, done: TakenBack) -> dict[str, Any]:
    """What taking something back changed, as plain values."""
    return {
        "changes": [[one.rule, one.title, one.before.value, one.after.value] for one in done.changes],
        "lapsed_proposals": refs(PROPOSAL_TAG, tenant, done.lapsed_proposal_ids),
        "proposals": refs(PROPOSAL_TAG, tenant, done.proposal_ids),
    }


def changes_of(rows: list[list[str]]) -> list[StandingChange]:
    """The changes again, from plain values."""
    return [
        StandingChange(
            rule=RuleHeading(code=code, title=title), before=terms.Outcome(before), after=terms.Outcome(after)
        )
        for code, title, before, after in rows
    ]


@strawberry.type
class FindingMutations:
    """Root fields of this area."""

    @mutation("登记负面清单线索 that an item may have occurred", by=findings.FINDERS)
    async def allege_negative_finding(
        self, info: strawberry.Info, input: AllegeNegativeFindingInput
    ) -> AllegeNegativeFindingResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant, shelf = request_of(info).tenant_of(node), request_of(info).engine.policies

        async def verb(act: Act) -> Mapping[str, str]:
            said = findings.Allegation(node.id, input.item, input.occurred_on, input.discovered_on, input.evidence)
            made = await findings.allege(act, await shelf.current(), said)
            return {"finding": str(NodeId(FINDING_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(NegativeFindingAlleged))

    @mutation("开始调查线索", by=findings.FINDERS)
    async def investigate_negative_finding(
        self, info: strawberry.Info, input: InvestigateNegativeFindingInput
    ) -> InvestigateNegativeFindingResult:
        return await perform_step(info, FINDING_TAG, input, findings.investigate, NegativeFindingInvestigated)

    @mutation("认定不成立", by=findings.FINDERS)
    async def dismiss_negative_finding(
        self, info: strawberry.Info, input: DismissNegativeFindingInput
    ) -> DismissNegativeFindingResult:
        return await perform_step(
            info, FINDING_TAG, input, findings.dismiss, NegativeFindingDismissed, reason=input.reason
        )

    @mutation("认定负面清单条目 with its cards and what they set off", by=findings.FINDERS)
    async def confirm_negative_finding(
        self, info: strawberry.Info, input: ConfirmNegativeFindingInput
    ) -> ConfirmNegativeFindingResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant, shelf = request_of(info).tenant_of(node), request_of(info).engine.policies

        async def verb(act: Act) -> Mapping[str, Any]:
            found = [await _found(act, one) for one in input.occurrences]
            wanted = Confirmation(
                node.id,
                input.discovered_on,
                input.confirmed_on,
                found,
                issued_on=given(input.issued_on),
                rectify_by=given(input.rectify_by),
            )
            done = await confirm_findings(act, shelf, wanted)
            return {
                "findings": refs(FINDING_TAG, tenant, done.finding_ids),
                "yellow_cards": refs(CARD_TAG, tenant, done.card_ids),
                "proposals": refs(PROPOSAL_TAG, tenant, done.proposal_ids),
            }

        def payload(**answer: list[str]) -> NegativeFindingConfirmed:
            return NegativeFindingConfirmed(**{name: [ref(one) for one in ids] for name, ids in answer.items()})

        return await perform(info, tenant, input, verb, payload)

    @mutation("撤销认定 its card is voided; says what changes by it", by=findings.FINDERS)
    async def reverse_negative_finding(
        self, info: strawberry.Info, input: ReverseNegativeFindingInput
    ) -> ReverseNegativeFindingResult:
        node = node_of(input.finding, FINDING_TAG, "finding")
        tenant, shelf = request_of(info).tenant_of(node), request_of(info).engine.policies

        async def verb(act: Act) -> Mapping[str, Any]:
            done = await reverse_finding(
                act,
                shelf,
                node.id,
                expected_version=input.expected_version,
                ground=input.ground,
                on=input.on,
                reason=input.reason,
            )
            card = done.voided_card_id
            return told_back(tenant, done) | {
                "finding": str(node),
                "yellow_card": None if card is None else str(NodeId(CARD_TAG, tenant, card)),
            }

        def payload(**answer: Any) -> NegativeFindingReversed:
            return NegativeFindingReversed(
                finding=ref(answer["finding"]),
                yellow_card=ref(answer["yellow_card"]) if answer["yellow_card"] else None,
                changes=changes_of(answer["changes"]),
                lapsed_proposals=[ref(one) for one in answer["lapsed_proposals"]],
                proposals=[ref(one) for one in answer["proposals"]],
            )

        return await perform(info, tenant, input, verb, payload)


async def _found(act: Act, one: OccurrenceInput) -> Found:
    """The occurrence as the domain knows it.  Raises: BadInput, NotFound."""
    basis, proposal, finding = given(one.basis), given(one.proposal), given(one.finding)
    if basis is not None and proposal is not None:
        raise BadInput("basis 与 proposal 只填一项", path=("input", "occurrences", "basis"))
    event = None if basis is None else await _event_of(act, basis)
    if proposal is not None:
        event = await basis_of(act, node_of(proposal, PROPOSAL_TAG, "occurrences").id)
    return Found(
        one.item,
        one.occurred_on,
        one.evidence,
        basis=event,
        finding_id=None if finding is None else node_of(finding, FINDING_TAG, "occurrences").id,
    )


async def _event_of(act: Act, text: str) -> str:
    """How policy names the event of a record."""
    path = ("input", "occurrences", "basis")
    node = NodeId.parse(text, path=path)
    if node.tenant_id != act.tenant_id:
        raise NotFound(path=path)
    if node.tag == REVIEW_TAG:
        return f"review:{node.id}"
    if node.tag != FACT_TAG:
        raise BadInput("basis 应为监管事实或评审记录的 ID", path=path)
    root = await find_root(partial(fetch_within, act.connection), act.tenant_id, node.id)
    if root is None:
        raise NotFound(path=path)
    return fact_id(root)
