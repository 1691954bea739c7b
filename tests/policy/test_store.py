"""Versions in the database: what neither a mistake of ours nor anybody's SQL can do to a published one."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import psycopg.errors
import pytest
import sqlalchemy.exc

from server.db import roles
from server.kit import clock
from server.kit.actor import Actor, Grant, Role
from server.kit.errors import NotAllowed
from server.policy import drafting, publishing, seeding, store
from server.policy.amend import NewValue
from server.policy.errors import BackDated, Immutable, PeriodRefused, PolicyFlawed
from server.policy.model import PolicyVersion
from server.policy.shelf import Library, Shelf
from server.policy.terms import Kind, Status
from server.record.acts import Act, acting
from tests.driving import Server

KIND = Kind.ASSESSMENT  # no other test publishes of this kind


@pytest.fixture
def library(server: Server) -> Library:
    return server.app.engine.policies.library


def as_person(server: Server, name: str) -> Any:
    """An act of this administrator in the district."""

    @asynccontextmanager
    async def act() -> AsyncIterator[Act]:
        actor = Actor(name, name, (Grant(5, Role.DISTRICT_ADMINISTRATOR),))
        async with acting(server.app.pools, roles.district_role("fengtai"), 5, actor, "test") as one:
            yield one

    return act


@pytest.fixture
async def published(server: Server, library: Library) -> AsyncIterator[tuple[uuid.UUID, PolicyVersion]]:
    """A version that was drafted by one person and published by another, withdrawn afterwards."""
    first, second = as_person(server, "first"), as_person(server, "second")
    async with first() as act:
        made = await drafting.draft_policy(act, library, KIND, effective_from=date(2040, 1, 1))
    async with second() as act:
        digest = made.version.digest
        done = await publishing.publish_policy(act, library, made.id, expected_digest=digest, reason="经研究")
    yield made.id, done.version
    async with second() as act:
        await publishing.withdraw_policy(act, made.id, expected_digest=digest, reason="试验结束")


async def test_the_store_does_not_touch_the_content_of_what_was_published(
    server: Server, published: tuple[uuid.UUID, PolicyVersion]
) -> None:
    version_id, version = published
    async with as_person(server, "first")() as act:
        other = replace(version, title="另一标题")
        assert not await store.replace_content(act.connection, 5, version_id, other, ["first"])
        assert not await store.update_review(act.connection, 5, version_id, shared_with_city=True)
        again = await store.publish_version(act.connection, 5, version_id, by="x", at=clock.now(), reason="x")
        assert not again
        kept = await store.load_for_change(act.connection, 5, version_id)
    assert (kept.version.content(), kept.status) == (version.content(), Status.PUBLISHED)


async def test_nothing_is_done_to_a_published_version(
    server: Server, library: Library, published: tuple[uuid.UUID, PolicyVersion]
) -> None:
    version_id, version = published
    digest = version.digest
    async with as_person(server, "third")() as act:
        with pytest.raises(Immutable):
            await drafting.edit_draft(act, library, version_id, expected_digest=digest, rewrite=lambda content: content)
        with pytest.raises(Immutable):
            await publishing.request_review(act, version_id, expected_digest=digest, shared_with_city=False)
        with pytest.raises(Immutable):
            await publishing.publish_policy(act, library, version_id, expected_digest=digest, reason="再次")


async def test_the_database_lets_no_two_published_periods_overlap(
    server: Server, published: tuple[uuid.UUID, PolicyVersion]
) -> None:
    _, version = published

    async def add(start: date, until: date | None, status: Status = Status.PUBLISHED) -> None:
        actor = Actor("fourth", "fourth", (Grant(5, Role.DISTRICT_ADMINISTRATOR),))
        async with acting(server.app.pools, roles.district_role("fengtai"), 5, actor, "test") as act:
            other = replace(version, number=900 + start.year % 100, effective_from=start, effective_until=until)
            values = {
                "status": status,
                "author": "a",
                "writers": ["a"],
                "published_by": "b",
                "published_at": clock.now(),
                "created_by": "a",
                "source": "PERSON",
            }
            await store.insert_version(act.connection, 5, uuid.uuid4(), other, values)
            raise _Undo

    for start, until in ((date(2041, 1, 1), None), (date(2039, 6, 1), None), (date(2040, 1, 1), date(2040, 1, 2))):
        with pytest.raises(sqlalchemy.exc.IntegrityError, match="ex_policy_version_period"):
            await add(start, until)
    for start, until, status in (
        (date(2042, 1, 1), date(2042, 1, 1), Status.PUBLISHED),  # empty: what an erratum leaves of its predecessor
        (date(2043, 1, 1), None, Status.DRAFT),
    ):
        with pytest.raises(_Undo):
            await add(start, until, status)


class _Undo(Exception):
    pass


async def test_the_database_lets_no_writer_publish(server: Server, superuser: str, library: Library) -> None:
    async with as_person(server, "first")() as act:
        made = await drafting.draft_policy(act, library, KIND, effective_from=date(2050, 1, 1))
    with (
        psycopg.connect(superuser) as connection,
        pytest.raises(psycopg.errors.CheckViolation, match="second_person"),
    ):
        connection.execute(
            "UPDATE policy_version SET status = 'PUBLISHED', published_by = 'first', published_at = now() WHERE id = %s",
            (made.id,),
        )


async def test_an_altered_content_is_noticed(server: Server, superuser: str, library: Library) -> None:
    async with as_person(server, "first")() as act:
        made = await drafting.draft_policy(act, library, KIND, effective_from=date(2051, 1, 1))
    with psycopg.connect(superuser) as connection:
        changed = "UPDATE policy_version SET content = replace(content::text, '\"value\":', '\"value\": ')::json"
        connection.execute(changed + " WHERE id = %s", (made.id,))  # other white space is the same content
    async with as_person(server, "first")() as act:
        assert (await store.load_for_change(act.connection, 5, made.id)).version == made.version
    with psycopg.connect(superuser) as connection:
        changed = 'UPDATE policy_version SET content = replace(content::text, \'"title": "\', \'"title": "X\')::json'
        connection.execute(changed + " WHERE id = %s", (made.id,))
    async with as_person(server, "first")() as act:
        with pytest.raises(ValueError, match="digest"):
            await store.load_for_change(act.connection, 5, made.id)
    with psycopg.connect(superuser) as connection:
        connection.execute("DELETE FROM policy_version WHERE id = %s", (made.id,))


async def test_an_erratum_takes_the_place_of_what_it_corrects(server: Server, library: Library) -> None:
    """In one transaction that is undone: an erratum from the pack's own first day."""
    start = date(2026, 1, 1)
    with contextlib.suppress(_Undo):
        async with as_person(server, "first")() as act:
            with pytest.raises(BackDated):
                await drafting.draft_policy(act, library, KIND, effective_from=start)
            made = await drafting.draft_policy(act, library, KIND, effective_from=start, erratum=True)
            second = Act(act.connection, 5, _admin("second"), "test", act.custody)
            digest = made.version.digest
            with pytest.raises(BackDated):
                await publishing.publish_policy(second, library, made.id, expected_digest=digest, reason="勘误")
            given: dict[str, Any] = {"expected_digest": digest, "reason": "勘误", "erratum": True}
            done = await publishing.publish_policy(second, library, made.id, **given)
            assert done.shortened is not None
            assert (done.shortened.period.from_on, done.shortened.period.until) == (start, start)
            raise _Undo


def _admin(name: str) -> Actor:
    return Actor(name, name, (Grant(5, Role.DISTRICT_ADMINISTRATOR),))


async def test_each_change_leaves_its_entry_with_the_digest(
    published: tuple[uuid.UUID, PolicyVersion], superuser: str
) -> None:
    version_id, version = published
    with psycopg.connect(superuser) as connection:
        rows = connection.execute(
            "SELECT action, actor, policy_digest FROM audit_entry WHERE subject_id = %s ORDER BY id", (version_id,)
        ).fetchall()
        shortened = connection.execute(
            "SELECT before->>'effective_until', after->>'effective_until' FROM audit_entry WHERE action = 'shortened'"
            " AND after->>'effective_until' = '2040-01-01' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert rows == [("drafted", "first", version.digest), ("published", "second", version.digest)]
    assert shortened == (None, "2040-01-01")


async def test_the_shelf_holds_what_is_published_and_nothing_else(server: Server, library: Library) -> None:
    shelf = server.app.engine.policies
    before = await shelf.current()
    async with as_person(server, "first")() as act:
        made = await drafting.draft_policy(
            act, library, KIND, effective_from=date(2060, 1, 1), parameters=[NewValue("assessment_cycle_months", "6")]
        )
    shelf.forget()
    now = await shelf.current()
    assert now.find(5, made.id) is None
    book = now.book(5, KIND)
    assert book is before.book(5, KIND), "what did not change is not compiled again"
    assert now.in_force(5, KIND, date(2026, 6, 1)) is not None
    assert now.in_force(5, KIND, date(2025, 6, 1)) is None
    assert {one.version.kind for one in now.enabled((5, 0), date(2026, 6, 1))} == {
        Kind.NEGATIVE_LIST,
        Kind.ASSESSMENT,
        Kind.EXIT,
        Kind.DESIGNATION,
        Kind.CAPABILITY,
        Kind.DEADLINES,
    }


async def test_the_shelf_asks_once_for_many_and_looks_again_only_after_a_change(
    library: Library, server: Server
) -> None:
    asked: list[str] = []

    async def fetch(sql: str, parameters: Any) -> Any:
        asked.append(sql)
        return await server.app.pools.fetch(roles.MUNICIPAL_READER, sql, parameters)

    shelf = Shelf(fetch, library)
    first = await shelf.current()
    assert len(asked) == 2
    assert await shelf.current() is first
    assert len(asked) == 2
    shelf.forget()
    assert await shelf.current() is first
    assert len(asked) == 3, "the revision alone"


async def test_a_district_role_reads_the_citys_packs_and_no_other_districts(server: Server) -> None:
    async with server.app.pools.transaction(roles.district_role("fengtai")) as connection:
        assert {one.tenant_id for one in await store.list_all(connection)} == {0, 5}


async def test_provisioning_publishes_once_and_says_who(server: Server, superuser: str, library: Library) -> None:
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        packs = seeding.packs_of(library, {"fengtai": 5, "beijing": 0})
        for tenant, shipped in packs.items():
            act = Act(connection, tenant, seeding.operator(tenant, "again"), "test", server.app.pools.custody)
            assert await seeding.seed_packs(act, library, shipped) == 0
    with psycopg.connect(superuser) as connection:
        rows = connection.execute(
            "SELECT DISTINCT author, writers, published_by, source FROM policy_version WHERE number = 1 AND source = 'FILE'"
        ).fetchall()
        kept = connection.execute(
            "SELECT content->'effective'->>'source_status' FROM policy_version WHERE tenant_id = 5 AND kind = 'EXIT'"
            " AND number = 1"
        ).fetchone()
    assert rows == [(seeding.PROVISION, [], seeding.PROVISION, "FILE")]
    assert kept == ("UNVERIFIED",)


async def test_files_are_put_in_force_by_the_same_rules(server: Server, library: Library) -> None:
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        act = Act(connection, 5, seeding.operator(5, "file"), "test", server.app.pools.custody)
        known = await store.list_versions(connection, 5, KIND)
        version = replace(known[0].version, number=700, shortened_until=None)
        with pytest.raises(BackDated):
            await seeding.put_in_force(act, library, version, reason="x")
        with pytest.raises(PeriodRefused):
            await seeding.put_in_force(
                act, library, replace(version, effective_from=date(2025, 1, 1)), reason="x", erratum=True
            )
        with pytest.raises(PolicyFlawed):
            await seeding.put_in_force(act, library, replace(version, documents=("nowhere",)), reason="x", erratum=True)


async def test_only_administrators_keep_packs(server: Server, library: Library) -> None:
    actor = Actor("officer", "officer", (Grant(5, Role.DISTRICT_OFFICER),))
    async with acting(server.app.pools, roles.district_role("fengtai"), 5, actor, "test") as act:
        with pytest.raises(NotAllowed):
            await drafting.draft_policy(act, library, KIND, effective_from=date(2060, 1, 1))
