"""Proposals: made once on the same grounds, lapsing with them, and decided by a person."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.db import roles
from server.development.samples import first_centre
from server.districts.files import load_districts
from server.kit import clock
from server.kit.errors import Conflict, NotAllowed, OutOfDate
from server.kit.ids import NodeId, new_id
from server.policy.decision import Decision
from server.policy.facts import Fact, Source
from server.policy.terms import Effect, Kind, Outcome
from server.proposals import actions, rules
from server.proposals.model import NEXT, ProposalStatus
from server.standing import judging
from tests.driving import Server

TENANT = next(one.tenant_id for one in load_districts() if one.code == "fengtai")
ON = date(2026, 11, 1)


@pytest.fixture(scope="module")
async def decisions(server: Server, samples: None) -> tuple[Decision, ...]:
    """What the packs in force say of the first centre, none of it fired."""
    fetch = partial(server.app.pools.fetch, roles.district_role("fengtai"))
    subject = (TENANT, first_centre("fengtai"))
    (standing,) = await judging.standings(fetch, server.app.engine.policies, [subject], on=ON, known_at=clock.now())
    assert standing is not None
    return tuple(
        replace(one, outcome=Outcome.NOT_FIRED, effects=(Effect.NO_ACTION,), facts=()) for one in standing.decisions
    )


def fired(decision: Decision, *events: str, as_of: date = ON) -> Decision:
    sources = tuple(Source(event, date(2026, 5, 1), None, None) for event in events)
    fact = Fact("yellow_cards_in_window", len(events), sources)
    return replace(decision, outcome=Outcome.FIRED, effects=(Effect.ISSUE_CARD,), facts=(fact,), as_of=as_of)


async def propose(server: Server, subject: UUID, *found: Decision) -> list[UUID]:
    async with server.acting("fengtai-officer") as act:
        return await actions.propose(
            act, first_centre("fengtai"), found, subject_type="institution", subject_id=subject
        )


async def states(server: Server, subject: UUID) -> list[tuple[str, str | None]]:
    text = """query($id: ID!) { proposals(filter: { subject: { eq: $id } }, orderBy: [{ field: CREATED_AT }])
      { nodes { status reason } } }"""
    reply = await server.client("fengtai-officer")(text, id=str(NodeId(3, TENANT, subject)))
    return [(one["status"], one["reason"]) for one in reply.data["proposals"]["nodes"]]


async def test_the_same_is_proposed_once_and_lapses_with_its_grounds(
    server: Server, decisions: Sequence[Decision]
) -> None:
    rule, subject = decisions[0], new_id()
    (first,) = await propose(server, subject, fired(rule, "card:1", "card:2"))
    assert await propose(server, subject, fired(rule, "card:2", "card:1", as_of=date(2026, 11, 2))) == []
    assert await states(server, subject) == [("OPEN", None)]
    # A further card is another ground: the old proposal gives way to a new one.
    (second,) = await propose(server, subject, fired(rule, "card:1", "card:2", "card:3"))
    assert await states(server, subject) == [("LAPSED", "所依据的事实已变化，另有新的建议"), ("OPEN", None)]
    assert await propose(server, subject, rule) == []
    assert [status for status, _ in await states(server, subject)] == ["LAPSED", "LAPSED"]
    # What lapsed is proposed again once its grounds are back.
    (third,) = await propose(server, subject, fired(rule, "card:1", "card:2"))
    assert len({first, second, third}) == 3
    tasks = await open_tasks(server)
    assert tasks & {first, second, third} == {third}


async def open_tasks(server: Server) -> set[UUID]:
    text = """{ tasks(first: 100, filter: { kind: { eq: DECIDE_PROPOSAL }, status: { eq: OPEN } })
      { nodes { subject { id } } } }"""
    reply = await server.client("fengtai-officer")(text)
    return {NodeId.parse(one["subject"]["id"]).id for one in reply.data["tasks"]["nodes"] if one["subject"]}


async def test_packs_that_were_not_asked_leave_their_proposals_alone(
    server: Server, decisions: Sequence[Decision]
) -> None:
    rule, subject = decisions[0], new_id()
    other = next(one for one in decisions if one.kind is not rule.kind)
    await propose(server, subject, fired(rule, "card:1"))
    await propose(server, subject, other)
    assert await states(server, subject) == [("OPEN", None)]


DECLINE = """mutation($input: DeclineProposalInput!) { declineProposal(input: $input) { __typename
  ... on ProposalDeclined { proposal { status reason decidedBy version subject { id } institution { id }
    rule { code title } decision { outcome digest explanation { label clause { text } facts { name value } } } } }
  ... on Problem { code path } } }"""


async def test_what_a_person_declined_is_not_proposed_again_on_the_same_grounds(
    server: Server, decisions: Sequence[Decision]
) -> None:
    rule, subject = decisions[0], new_id()
    decision = fired(rule, "card:1", "card:2")
    (made,) = await propose(server, subject, decision)

    async def decline(persona: str, key: str, **more: Any) -> Any:
        wanted = {
            "proposal": str(NodeId(33, TENANT, made)),
            "expectedVersion": 1,
            "reason": "已整改",
            "idempotencyKey": key,
        }
        return await server.client(persona)(DECLINE, input=wanted | more)

    assert (await decline("fengtai-market-regulation", "a")).codes == ["FORBIDDEN"]
    assert (await decline("mentougou-officer", "a")).codes == ["NOT_FOUND"]
    assert (await decline("fengtai-officer", "b", reason=" ")).data["declineProposal"]["path"] == ["input", "reason"]
    assert (await decline("fengtai-officer", "c", expectedVersion=2)).data["declineProposal"]["code"] == "OUT_OF_DATE"
    answer = (await decline("fengtai-officer", "d")).data["declineProposal"]["proposal"]
    assert (answer["status"], answer["reason"], answer["version"]) == ("DECLINED", "已整改", 2)
    assert answer["rule"] == {"code": rule.rule, "title": rule.title}
    assert answer["decision"]["digest"] == decision.digest
    assert answer["decision"]["explanation"][0]["clause"]["text"]
    assert (await decline("fengtai-officer", "e", expectedVersion=2)).data["declineProposal"]["code"] == "CONFLICT"
    assert await propose(server, subject, decision) == []
    assert len(await propose(server, subject, fired(rule, "card:1", "card:3"))) == 1


async def test_a_proposal_is_taken_up_once_by_somebody_who_decides(
    server: Server, decisions: Sequence[Decision]
) -> None:
    subject = new_id()
    (made,) = await propose(server, subject, fired(decisions[0], "card:1"))
    with pytest.raises(NotAllowed):
        async with server.acting("fengtai-market-regulation") as act:
            await actions.take_up(act, made, expected_version=1)
    async with server.acting("fengtai-officer") as act:
        with pytest.raises(OutOfDate):
            await actions.take_up(act, made, expected_version=3)
        row = await actions.take_up(act, made, expected_version=1)
        assert (row["status"], row["version"], row["subject_id"]) == ("ACCEPTED", 2, subject)
        with pytest.raises(Conflict):
            await actions.take_up(act, made, expected_version=2)
    assert made not in await open_tasks(server)


#: The rules of one pack, each with what it found: nothing, something, or that something is to be found out.
FOUND = st.lists(st.sampled_from([None, "a", "b", "?"]), min_size=3, max_size=3)


@given(st.lists(FOUND, min_size=1, max_size=6), st.data())
def test_at_most_one_proposal_of_a_rule_is_open_and_only_while_it_fires(
    decisions: Sequence[Decision], history: list[list[str | None]], data: st.DataObject
) -> None:
    pack = [one for one in decisions if one.kind is Kind.EXIT][:3]
    known: list[dict[str, Any]] = []
    for found in history:
        now = [
            fired(rule, f"event:{one}") if one in ("a", "b") else replace(rule, outcome=OUTCOME[one])
            for rule, one in zip(pack, found, strict=False)
        ]
        changes = rules.changes(known, now)
        for row, _ in changes.lapsing:
            assert ProposalStatus.LAPSED in NEXT[ProposalStatus(row["status"])]
            row["status"] = "LAPSED"  # type: ignore[index]
        for one in changes.founded:
            known.append({"kind": one.kind, "rule": one.rule, "grounds": rules.grounds_of(one), "status": "OPEN"})
        opened = [row for row in known if row["status"] == "OPEN"]
        assert len({row["rule"] for row in opened}) == len(opened)
        declined = {(row["rule"], row["grounds"]) for row in known if row["status"] == "DECLINED"}
        standing = {(row["rule"], row["grounds"]) for row in opened}
        firing = {(one.rule, rules.grounds_of(one)) for one in now if one.outcome is Outcome.FIRED}
        assert standing == firing - declined
        for row in opened:
            if data.draw(st.booleans()):
                row["status"] = "DECLINED"


OUTCOME = {None: Outcome.NOT_FIRED, "?": Outcome.INDETERMINATE}
