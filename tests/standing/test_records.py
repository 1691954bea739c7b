"""Decisions kept in the database, said again and derived again."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from uuid import UUID

import pytest

from server.db import roles
from server.kit import clock
from server.kit.actor import Actor, Grant, Role
from server.kit.ids import NodeId
from server.policy import store
from server.policy.terms import Kind, Outcome
from server.record.acts import acting
from server.reviews import actions as reviews
from server.reviews.model import ReviewKind, ReviewOutcome
from server.standing import gather, judging, records
from tests.driving import Server

ON = date(2026, 11, 1)


@pytest.fixture
async def subject(server: Server, samples: None) -> tuple[int, UUID]:
    officer = server.client("fengtai-officer")
    text = '{ institutions(district: "fengtai", first: 1, filter: { source: { eq: SAMPLE } }) { nodes { id } } }'
    node = NodeId.parse((await officer(text)).data["institutions"]["nodes"][0]["id"])
    return node.tenant_id, node.id


async def test_a_kept_decision_is_said_again_and_derived_again(server: Server, subject: tuple[int, UUID]) -> None:
    fetch = partial(server.app.pools.fetch, roles.district_role("fengtai"))
    shelf = server.app.engine.policies
    known_at = clock.now()
    (standing,) = await judging.standings(fetch, shelf, [subject], on=ON, known_at=known_at)
    assert standing is not None
    actor = Actor("keeper", "keeper", (Grant(subject[0], Role.DISTRICT_OFFICER),))
    async with acting(server.app.pools, roles.district_role("fengtai"), subject[0], actor, "test") as act:
        kept = await records.record_decisions(act, subject[1], standing.decisions)
    assert len(kept) == len(standing.decisions) > 5

    # Afterwards the institution fails another assessment: what was known then is not what is known now.
    failed = reviews.Conclusion(
        ReviewKind.ASSESSMENT, subject[1], ReviewOutcome.FAILED, date(2026, 4, 10), "t", "2026Q1"
    )
    async with acting(server.app.pools, roles.district_role("fengtai"), subject[0], actor, "test") as act:
        await reviews.record_review(act, failed)
    shelved = await shelf.current()
    histories = await gather.gather(fetch, [subject])
    async with server.app.pools.transaction(roles.district_role("fengtai")) as connection:
        rows = [await store.load_decision(connection, subject[0], one) for one in kept]
    for row, decision in zip(rows, standing.decisions, strict=True):
        book = shelved.book(subject[0], Kind(row["kind"]))
        assert book is not None
        again = records.replay_record(row["record"], book)
        assert again.same
        assert not again.made_otherwise
        assert again.decision.digest == row["decision_digest"] == decision.digest
        derived = records.rederive(row["record"], book, histories[subject])
        assert derived.same, derived.differences
    (now,) = await judging.standings(fetch, shelf, [subject], on=ON, known_at=clock.now() + timedelta(minutes=1))
    assert now is not None
    assert [one.digest for one in now.decisions] != [one.digest for one in standing.decisions]


async def test_an_altered_record_or_event_is_noticed(server: Server, subject: tuple[int, UUID]) -> None:
    fetch = partial(server.app.pools.fetch, roles.district_role("fengtai"))
    shelf = server.app.engine.policies
    (standing,) = await judging.standings(fetch, shelf, [subject], on=ON, known_at=clock.now())
    assert standing is not None
    decided = next(one for one in standing.decisions if one.facts and one.outcome is not Outcome.INDETERMINATE)
    book = (await shelf.current()).book(subject[0], decided.kind)
    assert book is not None
    record = decided.record()
    altered = record | {"facts": [dict(fact, value="7") for fact in record["facts"] if fact["value"].isdigit()]}
    assert not records.replay_record(altered, book).same
    history = (await gather.gather(fetch, [subject]))[subject]
    later = replace(
        history, events=tuple(replace(e, recorded_at=e.recorded_at + timedelta(days=9)) for e in history.events)
    )
    assert records.rederive(record, book, history).same
    derived = records.rederive(record, book, replace(history, covered=frozenset()))
    assert [name for name, _, after in derived.differences if after is None] == [
        fact["name"] for fact in record["facts"]
    ]
    assert later.known(as_of=ON, known_at=decided.known_at).events == ()
    with pytest.raises(ValueError, match="no published version"):
        records.replay_record(record | {"policy": [1, "0" * 64]}, book)
    with pytest.raises(ValueError, match="no published version"):
        records.rederive(record | {"policy": [1, "0" * 64]}, book, history)


async def test_a_role_gathers_only_what_it_may_see(server: Server, subject: tuple[int, UUID]) -> None:
    fetch = partial(server.app.pools.fetch, roles.district_role("mentougou"))
    assert await gather.gather(fetch, [subject]) == {}
    found = await judging.standings(fetch, server.app.engine.policies, [subject], on=ON, known_at=clock.now())
    assert found == [None]
    assert await gather.gather(fetch, []) == {}
