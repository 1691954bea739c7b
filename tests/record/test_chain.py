"""The job that links entries: all of them, each once, none passed over, whoever else is writing."""

import asyncio
from datetime import date

import pytest

from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import NotAllowed
from server.kit.ids import new_id
from server.record import chain
from server.record.verifying import verify
from tests.record.conftest import NEIGHBOUR, NEIGHBOUR_TENANT, TENANT, Trail

_ID = new_id()
COUNTS = "SELECT count(*), count(DISTINCT entry_id), max(seq) FROM audit_link WHERE tenant_id = %s"


def counts(trail: Trail, tenant_id: int = TENANT) -> tuple[int, int, int]:
    return trail.superuser.execute(COUNTS, [tenant_id]).fetchone()  # type: ignore[return-value]


async def test_every_entry_is_linked_once_however_often_the_job_runs(trail: Trail) -> None:
    await trail.note(5)
    assert await trail.link() == 5
    assert await trail.link() == 0
    await trail.note(2)
    assert await trail.link() == 2
    assert counts(trail) == (7, 7, 7)
    assert (await verify(trail.pools, TENANT)).findings == []


async def test_runs_at_the_same_time_link_nothing_twice(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 3)
    await trail.note(20)
    added = await asyncio.gather(*(trail.link() for _ in range(3)))
    assert sum(added) == 20
    assert counts(trail) == (20, 20, 20)
    assert (await verify(trail.pools, TENANT)).findings == []


async def test_what_is_committed_late_is_not_passed_over(trail: Trail) -> None:
    async with trail.act() as late:
        await late.note("late", "institution", _ID)
        await trail.note(2)
        # Two are committed, but one of an earlier transaction may still come.
        assert await trail.link() == 0
    assert await trail.link() == 3
    assert counts(trail) == (3, 3, 3)


async def undone(trail: Trail) -> None:
    async with trail.act() as act:
        await act.note("undone", "institution", _ID)
        act.require(Role.EXPERT)


async def test_what_is_undone_leaves_no_gap(trail: Trail) -> None:
    await trail.note()
    with pytest.raises(NotAllowed):
        await undone(trail)
    await trail.note()
    assert await trail.link() == 2
    assert (await verify(trail.pools, TENANT)).findings == []


async def test_entries_stand_in_the_order_in_which_acts_followed_each_other(trail: Trail) -> None:
    days = [date(2026, 1, day) for day in (5, 3, 9, 1)]
    for day in days:
        with clock.frozen(day):
            await trail.note()
        await trail.link()
    sql = "SELECT e.at::date FROM audit_link l JOIN audit_entry e ON e.id = l.entry_id WHERE l.tenant_id = %s ORDER BY seq"
    # Whatever their instants say: what was linked before stays before.
    assert [day for (day,) in trail.superuser.execute(sql, [TENANT])] == days


async def test_each_tenant_has_a_chain_of_its_own(trail: Trail) -> None:
    await trail.note(2)
    await trail.note(3, NEIGHBOUR, NEIGHBOUR_TENANT)
    assert await chain.tenants(trail.pools) == [TENANT, NEIGHBOUR_TENANT]
    assert await trail.link() == 2
    assert await trail.link(NEIGHBOUR_TENANT) == 3
    heads = await chain.heads(trail.pools)
    assert [(one.tenant_id, one.seq) for one in heads] == [(TENANT, 2), (NEIGHBOUR_TENANT, 3)]
    assert heads[0].link_hash != heads[1].link_hash


async def test_after_a_dump_was_restored_old_and_new_entries_are_linked(trail: Trail) -> None:
    await trail.note(2)
    await trail.link()
    await trail.note(1)
    # What a restored database looks like: all transactions of before lie in this one's future.
    far = 2**40
    trail.run("UPDATE audit_entry SET xact = xact + %s WHERE id NOT IN (SELECT entry_id FROM audit_link)", far)
    trail.run("UPDATE audit_link SET horizon = horizon + %s", far)
    await trail.note(1)
    assert await trail.link() == 2
    assert await trail.link() == 0
    await trail.note(1)
    assert await trail.link() == 1
    assert counts(trail) == (5, 5, 5)
    assert (await verify(trail.pools, TENANT)).findings == []


async def test_a_rescan_finds_what_the_horizon_hides(trail: Trail) -> None:
    await trail.note(3)
    await trail.link()
    trail.run("DELETE FROM audit_link WHERE tenant_id = %s AND seq = 3", TENANT)
    trail.run("UPDATE audit_link SET horizon = (SELECT max(xact) + 1 FROM audit_entry)")
    assert await trail.link() == 0
    assert await chain.link(trail.pools, TENANT, rescan=True) == 1
    assert (await verify(trail.pools, TENANT)).findings == []
