"""Connections come when needed, stay within their limits, survive what happens to them, and go."""

import asyncio
import socket
from pathlib import Path

import pytest

from server.db import embedded
from server.db.lean import Lanes, Limits
from server.db.roles import AUTHENTICATOR, PLATFORM, PUBLIC_READER
from server.kit.errors import Overloaded, TimedOut
from tests.db.lean.conftest import BLOCKED, Bench, Run, outcome


async def _asked(lanes: Lanes, *tags: str, role: str = PUBLIC_READER) -> list[asyncio.Task[object]]:
    tasks = [asyncio.create_task(outcome(lanes.fetch(role, BLOCKED, [tag]))) for tag in tags]
    await asyncio.sleep(0)
    return tasks


def test_a_second_connection_comes_only_when_the_first_is_full(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(depth=3, connections=2, options="-c statement_timeout=0") as lanes:
            await lanes.fetch(PUBLIC_READER, "SELECT 1")
            async with bench.locked():
                tasks = await _asked(lanes, "a", "b", "c")
                await bench.backends_until(lambda rows: [state for _, state, _ in rows] == ["active"])
                tasks += await _asked(lanes, "d", "e", "f")
                await bench.backends_until(lambda rows: [state for _, state, _ in rows] == ["active", "active"])
                assert not any(task.done() for task in tasks)
            assert await asyncio.gather(*tasks) == [(tag.encode(),) for tag in "abcdef"]

    run(test())


def test_beyond_depth_and_queue_a_request_is_refused_at_once(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(depth=2, connections=1, waiting=3, options="-c statement_timeout=0") as lanes:
            await lanes.fetch(PUBLIC_READER, "SELECT 1")
            async with bench.locked():
                tasks = await _asked(lanes, "a", "b", "c", "d", "e")
                with pytest.raises(Overloaded):
                    await lanes.fetch(PUBLIC_READER, "SELECT 1")
                # Who leaves the queue makes room in it.
                tasks[3].cancel()
                await asyncio.sleep(0)
                tasks += await _asked(lanes, "f")
                with pytest.raises(Overloaded):
                    await lanes.fetch(PUBLIC_READER, "SELECT 1")
            came = await asyncio.gather(*tasks, return_exceptions=True)
            assert isinstance(came.pop(3), asyncio.CancelledError)
            assert came == [(tag.encode(),) for tag in "abcef"]

    run(test())


def test_limits_that_let_nothing_through_are_refused() -> None:
    with pytest.raises(ValueError, match="depth=0"):
        Limits(depth=0)


def test_one_waits_to_be_sent_only_so_long(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(depth=1, connections=1, wait_s=0.2, options="-c statement_timeout=0") as lanes:
            while await outcome(lanes.fetch(PUBLIC_READER, "SELECT 1")) != (b"1",):
                pass  # this lane does not wait long for a connection either
            async with bench.locked():
                (running,) = await _asked(lanes, "a")
                await bench.backends_until(lambda rows: [state for _, state, _ in rows] == ["active"])
                (waiting,) = await _asked(lanes, "b")
                assert isinstance(await waiting, Overloaded)
                assert not running.done()
            assert await running == (b"a",)

    run(test())


def test_a_flood_of_one_role_leaves_the_others_alone(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(depth=2, connections=2, waiting=20, options="-c statement_timeout=0") as lanes:
            async with bench.locked():
                flood = await _asked(lanes, *"abcdefghijklm")
                for _ in range(3):
                    for role in (AUTHENTICATOR, PLATFORM):
                        assert await lanes.fetch(role, "SELECT current_user") == (role.encode(),)
                assert not any(task.done() for task in flood)
                assert len([role for role, _, _ in await bench.backends() if role == PUBLIC_READER]) == 2
            assert await asyncio.gather(*flood) == [(tag.encode(),) for tag in "abcdefghijklm"]

    run(test())


def test_new_requests_go_round_a_statement_that_runs_for_long(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(depth=16, connections=2, options="-c statement_timeout=0") as lanes:
            async with bench.locked():
                (running,) = await _asked(lanes, "a")
                await bench.backends_until(lambda rows: "active" in [state for _, state, _ in rows])
                # The first of these may be sent behind it, as long as it has not run for long.
                while await outcome(lanes.fetch(PUBLIC_READER, "SELECT 1", timeout_s=0.2)) != (b"1",):
                    pass
                assert not running.done()
            assert await running == (b"a",)

    run(test())


def test_an_unused_connection_is_closed_and_opened_again(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(idle_s=0.1) as lanes:
            for _ in range(2):
                assert await lanes.fetch(PUBLIC_READER, "SELECT 1") == (b"1",)
                await bench.backends_until(lambda rows: not rows)

    run(test())


def test_the_second_connection_is_closed_when_the_first_suffices(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(idle_s=0.4, depth=1, options="-c statement_timeout=0") as lanes:
            async with bench.locked():
                tasks = await _asked(lanes, "a", "b")
                await bench.backends_until(lambda rows: len(rows) == 2)
            await asyncio.gather(*tasks)
            rows = await bench.backends()
            while len(rows) == 2:
                assert await lanes.fetch(PUBLIC_READER, "SELECT 1") == (b"1",)
                rows = await bench.backends()
            assert len(rows) == 1

    run(test())


def test_the_callers_deadline_ends_what_the_server_would_let_run(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(options="-c statement_timeout=0") as lanes:
            await lanes.fetch(PUBLIC_READER, "SELECT 1")
            late = lanes.fetch(PUBLIC_READER, "SELECT pg_sleep(600)", timeout_s=0.1)
            behind = lanes.fetch(PUBLIC_READER, "SELECT $1::text", ["behind"])
            came = await asyncio.gather(outcome(late), outcome(behind))
            assert isinstance(came[0], TimedOut)
            assert came[1] == (b"behind",)
            await bench.backends_until(lambda rows: not any("pg_sleep" in sql for _, _, sql in rows))

    run(test())


def test_closing_waits_for_those_under_way_and_no_longer(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(depth=1, connections=1, options="-c statement_timeout=0") as lanes:
            tasks = [asyncio.create_task(outcome(lanes.fetch(PUBLIC_READER, "SELECT $1::text", [t]))) for t in "abc"]
            await asyncio.sleep(0)
        assert await asyncio.gather(*tasks) == [(b"a",), (b"b",), (b"c",)]
        async with bench.lanes(grace_s=0.2, options="-c statement_timeout=0") as lanes:
            sleeper = asyncio.create_task(outcome(lanes.fetch(PUBLIC_READER, "SELECT pg_sleep(600)")))
            await bench.backends_until(lambda rows: any("pg_sleep" in sql for _, _, sql in rows))
            closing = asyncio.create_task(lanes.close(grace_s=0.2))
            await asyncio.sleep(0)
            for role in (PUBLIC_READER, AUTHENTICATOR):
                with pytest.raises(Overloaded):
                    await lanes.fetch(role, "SELECT 1")
            await closing
            assert isinstance(await sleeper, Overloaded)

    run(test())


def test_closing_while_connecting_leaves_nothing_behind(run: Run) -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            lanes = Lanes(lambda _: f"host=127.0.0.1 port={port} sslmode=disable", Limits(wait_s=0.2))
            assert isinstance(await outcome(lanes.fetch(PUBLIC_READER, "SELECT 1")), Overloaded)
            await lanes.close()

    run(test())


def test_reads_go_on_after_the_server_was_restarted(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("restarted") / "data"

    async def test() -> None:
        cluster = await asyncio.to_thread(embedded.cluster, folder)
        port = cluster.port
        lanes = Lanes(lambda _: cluster.superuser_dsn(), Limits(wait_s=30))
        try:
            assert await lanes.fetch(PUBLIC_READER, "SELECT 1") == (b"1",)
            under_way = [asyncio.create_task(outcome(lanes.fetch(PUBLIC_READER, "SELECT pg_sleep(600)")))]
            under_way += [asyncio.create_task(outcome(lanes.fetch(PUBLIC_READER, "SELECT 2"))) for _ in range(5)]
            await asyncio.sleep(0)
            await asyncio.to_thread(cluster.stop)
            later = asyncio.create_task(outcome(lanes.fetch(PUBLIC_READER, "SELECT 3", timeout_s=30)))
            cluster = await asyncio.to_thread(embedded.cluster, folder, port=port)
            under_way[0].cancel()
            assert await later == (b"3",)
            assert await asyncio.gather(*under_way[1:]) == [(b"2",)] * 5
        finally:
            await lanes.close()
            await asyncio.to_thread(cluster.stop)

    run(test())


def test_without_a_server_reads_are_refused_in_time(run: Run) -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        lanes = Lanes(lambda _: f"host=127.0.0.1 port={port}", Limits(wait_s=0.2))
        came = await asyncio.gather(*(outcome(lanes.fetch(PUBLIC_READER, "SELECT 1")) for _ in range(5)))
        assert all(isinstance(one, Overloaded) for one in came)
        await lanes.close()

    run(test())
