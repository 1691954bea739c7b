"""Whoever tampers with the trail, a superuser of the database included, is found out, and what was touched is named."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest
from sqlalchemy import select

from server.db import roles
from server.kit import clock
from server.kit.clock import BEIJING
from server.kit.custody import Signer
from server.kit.ids import new_id
from server.record import chain
from server.record.chain import Head
from server.record.entries import link_hash
from server.record.tables import audit_entry
from server.record.verifying import Finding, Flaw, removable_before, verify
from tests.record.conftest import NEIGHBOUR, NEIGHBOUR_TENANT, TENANT, Trail

#: How many links a chain under attack has.
LENGTH = 6


@pytest.fixture
async def chained(trail: Trail) -> Trail:
    """A trail whose entries are all linked."""
    await trail.note(LENGTH)
    await trail.link()
    return trail


async def findings(trail: Trail, kept: Sequence[Head] = ()) -> list[Finding]:
    return (await verify(trail.pools, TENANT, kept=kept)).findings


def flaws(found: Sequence[Finding]) -> list[tuple[Flaw, int | None]]:
    return [(one.flaw, one.seq) for one in found]


async def test_a_trail_that_nobody_touched_is_whole(chained: Trail) -> None:
    await chained.note(2)
    verdict = await verify(chained.pools, TENANT, kept=await chain.heads(chained.pools))
    assert (verdict.findings, verdict.links, verdict.waiting) == ([], LENGTH, 2)


CHANGES = {
    "at": "at + interval '1 second'",
    "actor": "actor || 'x'",
    "request_id": "'another'",
    "action": "'renamed'",
    "subject_type": "'review'",
    "subject_id": "gen_random_uuid()",
    "before": "jsonb_set(before, '{n}', '77')",
    "after": "after - 'score'",
    "policy_digest": "'ff'",
    "signature": "repeat('0', 64)",
    "xact": "xact + 1",
}


@pytest.mark.parametrize("column", CHANGES)
async def test_a_changed_entry_is_named_whatever_was_changed(chained: Trail, column: str) -> None:
    entry = chained.entries()[2]
    assert chained.run(f"UPDATE audit_entry SET {column} = {CHANGES[column]} WHERE id = %s", entry) == 1
    (found,) = await findings(chained)
    assert (found.flaw, found.seq, found.entry_id) == (Flaw.CHANGED, 3, entry)


async def test_a_removed_entry_is_named(chained: Trail) -> None:
    entry = chained.entries()[0]
    chained.run("DELETE FROM audit_entry WHERE id = %s", entry)
    (found,) = await findings(chained)
    assert (found.flaw, found.seq, found.entry_id) == (Flaw.REMOVED, 1, entry)


INSERT = (
    "INSERT INTO audit_entry (tenant_id, id, at, actor, request_id, action, subject_type, subject_id, signature)"
    " SELECT tenant_id, %s, at, actor, request_id, action, subject_type, subject_id, {} FROM audit_entry WHERE id = %s"
)


@pytest.mark.parametrize("signature", ["signature", "repeat('0', 64)"])
@pytest.mark.parametrize("linked", [False, True])
async def test_an_inserted_entry_is_named_linked_or_not(chained: Trail, signature: str, *, linked: bool) -> None:
    entry = new_id()
    chained.run(INSERT.format(signature), entry, chained.entries()[1])
    if linked:
        await chained.link()
    (found,) = await findings(chained)
    assert (found.flaw, found.seq, found.entry_id) == (Flaw.FORGED, LENGTH + 1 if linked else None, entry)


async def test_an_entry_inserted_on_the_districts_own_role_is_named(chained: Trail) -> None:
    # Whoever gets hold of a district's login can add to its trail, but not sign.
    async with chained.pools.transaction(roles.district_role("fengtai")) as connection:
        entry = new_id()
        await connection.exec_driver_sql(INSERT.format("signature"), (entry, chained.entries()[1]))
    (found,) = await findings(chained)
    assert (found.flaw, found.entry_id) == (Flaw.FORGED, entry)


async def test_an_entry_changed_before_it_was_linked_is_named(chained: Trail) -> None:
    await chained.note()
    chained.run("UPDATE audit_entry SET actor = 'nobody' WHERE id NOT IN (SELECT entry_id FROM audit_link)")
    assert [one.flaw for one in await findings(chained)] == [Flaw.FORGED]
    await chained.link()
    assert flaws(await findings(chained)) == [(Flaw.FORGED, LENGTH + 1)]


async def test_an_entry_of_another_district_passes_for_none_of_ours(chained: Trail) -> None:
    await chained.note(1, NEIGHBOUR, NEIGHBOUR_TENANT)
    chained.run("UPDATE audit_entry SET tenant_id = %s WHERE tenant_id = %s", TENANT, NEIGHBOUR_TENANT)
    assert [one.flaw for one in await findings(chained)] == [Flaw.FORGED]


async def test_a_removed_link_is_named_and_so_is_its_entry(chained: Trail) -> None:
    entry = chained.entries()[3]
    chained.run("DELETE FROM audit_link WHERE tenant_id = %s AND seq = 4", TENANT)
    found = await findings(chained)
    assert flaws(found) == [(Flaw.LINKS_REMOVED, 4), (Flaw.UNLINKED, None)]
    assert found[1].entry_id == entry


@pytest.mark.parametrize("column", ["entry_hash", "link_hash", "previous_hash", "entry_id"])
async def test_a_changed_link_is_named(chained: Trail, column: str) -> None:
    value = "gen_random_uuid()" if column == "entry_id" else "repeat('0', 64)"
    chained.run(f"UPDATE audit_link SET {column} = {value} WHERE tenant_id = %s AND seq = 4", TENANT)
    assert (Flaw.LINK_CHANGED, 4) in flaws(await findings(chained))


async def test_a_link_put_in_is_named(chained: Trail) -> None:
    copied = "tenant_id, entry_hash, previous_hash, link_hash, horizon"
    chained.run("ALTER TABLE audit_link DROP CONSTRAINT ck_audit_link_seq")
    chained.run(
        f"INSERT INTO audit_link (id, seq, entry_id, {copied}) SELECT %s, 0, %s, {copied} FROM audit_link WHERE seq = 1",
        new_id(),
        new_id(),
    )
    found = await findings(chained)
    chained.run("DELETE FROM audit_link WHERE seq = 0")
    chained.run("ALTER TABLE audit_link ADD CONSTRAINT ck_audit_link_seq CHECK (seq > 0)")  # others use the table too
    assert (Flaw.BROKEN, 0) in flaws(found)


def rewrite(trail: Trail, since: int) -> None:
    """Compute the chain anew from this link on, as somebody would who knows how it is made."""
    rows = trail.superuser.execute(
        "SELECT seq, entry_id, entry_hash, previous_hash FROM audit_link WHERE seq >= %s ORDER BY seq", [since]
    ).fetchall()
    previous = rows[0][3]
    for seq, entry_id, entry, _ in rows:
        made = link_hash(previous, seq, str(entry_id), entry)
        trail.run("UPDATE audit_link SET previous_hash = %s, link_hash = %s WHERE seq = %s", previous, made, seq)
        previous = made


async def test_who_changes_an_entry_and_mends_the_chain_still_cannot_sign(chained: Trail) -> None:
    entry = chained.entries()[2]
    chained.run("UPDATE audit_entry SET actor = 'nobody' WHERE id = %s", entry)
    async with chained.pools.transaction(roles.AUDITOR) as connection:
        row = await connection.execute(select(*chain.ENTRY_COLUMNS).where(audit_entry.c.id == entry))
        forged = chain.entry_of(row.mappings().one()).hash
    chained.run("UPDATE audit_link SET entry_hash = %s WHERE entry_id = %s", forged, entry)
    rewrite(chained, 3)
    (found,) = await findings(chained)
    assert (found.flaw, found.seq, found.entry_id) == (Flaw.FORGED, 3, entry)


async def test_who_takes_an_entry_out_and_mends_the_chain_is_found_by_a_kept_head(chained: Trail) -> None:
    kept = await chain.heads(chained.pools)
    entry = chained.entries()[2]
    chained.run("DELETE FROM audit_link WHERE entry_id = %s", entry)
    chained.run("DELETE FROM audit_entry WHERE id = %s", entry)
    for seq in range(4, LENGTH + 1):
        chained.run("UPDATE audit_link SET seq = seq - 1 WHERE seq = %s", seq)
    chained.run("UPDATE audit_link l SET previous_hash = p.link_hash FROM audit_link p WHERE p.seq = 2 AND l.seq = 3")
    rewrite(chained, 3)
    assert await findings(chained) == []
    assert flaws(await findings(chained, kept)) == [(Flaw.CUT_OFF, LENGTH)]
    await chained.note()
    await chained.link()
    assert flaws(await findings(chained, kept)) == [(Flaw.REWRITTEN, LENGTH)]


async def test_a_tail_cut_off_is_found_by_a_kept_head(chained: Trail) -> None:
    kept = await chain.heads(chained.pools)
    chained.run("DELETE FROM audit_entry WHERE id = ANY(%s)", chained.entries()[4:])
    chained.run("DELETE FROM audit_link WHERE seq > 4")
    assert await findings(chained) == []
    assert flaws(await findings(chained, kept)) == [(Flaw.CUT_OFF, LENGTH)]


async def test_a_whole_trail_removed_is_found_by_a_kept_head(chained: Trail) -> None:
    kept = await chain.heads(chained.pools)
    chained.run("DELETE FROM audit_entry")
    chained.run("DELETE FROM audit_link")
    assert flaws(await findings(chained, kept)) == [(Flaw.CUT_OFF, LENGTH)]


async def test_the_beginning_may_go_when_a_kept_head_covers_it_and_its_time_is_over(trail: Trail) -> None:
    await trail.note(3)
    await trail.link()
    kept = await chain.heads(trail.pools)
    await trail.note(2)
    await trail.link()
    trail.run("DELETE FROM audit_entry WHERE id = ANY(%s)", trail.entries()[:3])
    trail.run("DELETE FROM audit_link WHERE seq <= 3")
    later, now = clock.now() + timedelta(days=400), clock.now()
    for heads, due, expected in (
        (kept, later, []),
        (kept, now - timedelta(days=1), [Flaw.BEGINNING_LOST]),
        (kept, None, [Flaw.BEGINNING_LOST]),
        ((), later, [Flaw.BEGINNING_LOST]),
    ):
        verdict = await verify(trail.pools, TENANT, kept=heads, removable_before=due)
        assert [one.flaw for one in verdict.findings] == expected


@pytest.mark.parametrize(
    ("now", "months", "before"),
    [((2026, 11, 22), 6, (2026, 5, 22)), ((2026, 8, 31), 6, (2026, 2, 28)), ((2027, 1, 1), 24, (2025, 1, 1))],
)
def test_months_of_retention(now: tuple[int, int, int], months: int, before: tuple[int, int, int]) -> None:
    assert removable_before(datetime(*now, tzinfo=BEIJING), months) == datetime(*before, tzinfo=BEIJING)


async def test_a_new_secret_recognises_what_the_old_one_signed(chained: Trail, role_secret: str) -> None:
    kept = chained.pools.custody
    chained.pools.custody = replace(kept, signer=Signer(["a-new-audit-secret", f"audit/{role_secret}"]))
    await chained.note()
    await chained.link()
    assert await findings(chained) == []
    chained.pools.custody = replace(kept, signer=Signer(["a-new-audit-secret"]))
    assert {one.flaw for one in await findings(chained)} == {Flaw.FORGED}


async def test_the_application_itself_can_neither_change_nor_remove_anything(chained: Trail) -> None:
    for role in (roles.district_role("fengtai"), roles.AUDITOR, roles.PLATFORM, roles.MUNICIPAL_WRITER):
        for table in ("audit_entry", "audit_link"):
            for sql in (f"UPDATE {table} SET at = now()", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(Exception) as refused:
                    async with chained.pools.transaction(role) as connection:
                        await connection.exec_driver_sql(sql)
                assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)  # type: ignore[attr-defined]
