"""No caller's cancelled or failed request affects another's answer."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg.errors

from server.db.lean import Lanes
from server.db.roles import AUTHENTICATOR, MUNICIPAL_READER, PUBLIC_READER, SHARED, district_role
from server.districts.files import load_districts
from server.kit.errors import Overloaded, TimedOut
from tests.db.lean.conftest import APPLICATION, Bench, Run, outcome

_ROLES = (PUBLIC_READER, AUTHENTICATOR, MUNICIPAL_READER)


async def _read(lanes: Lanes, role: str, tag: int, size: int) -> Any:
    """An answer that only this request can have: its role, its number, as long as it asked for."""
    sql = f"SELECT current_user || '/' || repeat($1, $2) /* {tag % 20} */"
    came = await outcome(lanes.fetch(role, sql, [f"{tag},", str(size)]))
    return "own" if came == (f"{role}/{f'{tag},' * size}".encode(),) else came


async def _echo(lanes: Lanes, role: str, text: str) -> Any:
    came = await outcome(lanes.fetch(role, "SELECT $1::text", [text]))
    return "own" if came == (text.encode(),) else came


async def _divide(lanes: Lanes, role: str, tag: int) -> Any:
    return await outcome(lanes.fetch(role, f"SELECT 1 / ($1::int - $1::int) /* {tag % 7} */", [str(tag)]))


async def _oversleep(lanes: Lanes, role: str) -> Any:
    return await outcome(lanes.fetch(role, "SELECT pg_sleep(60)"))


async def _leave(lanes: Lanes, role: str, tag: int, after_s: float) -> Any:
    """A caller that goes away, from something long or from something short."""
    asked = _oversleep(lanes, role) if tag % 2 else _read(lanes, role, tag, 100)
    task = asyncio.create_task(asked)
    await asyncio.sleep(after_s)
    task.cancel()
    return await outcome(task)


async def _kill_now_and_then(bench: Bench, killed: Counter[str]) -> None:
    async with bench.superuser() as connection:
        while True:
            await asyncio.sleep(0.1)
            cursor = await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s "
                "AND datname = current_database() ORDER BY random() LIMIT 1",
                [APPLICATION],
            )
            killed["times"] += len(await cursor.fetchall())


def test_under_load_with_errors_timeouts_leavers_and_killed_backends(run: Run, bench: Bench) -> None:
    dice = random.Random(20260914)
    own_or_broken = (Overloaded, TimedOut)
    allowed: dict[str, Callable[[Any], bool]] = {
        "read": lambda came: came == "own" or isinstance(came, own_or_broken),
        "divide": lambda came: isinstance(came, (psycopg.errors.DivisionByZero, *own_or_broken)),
        "oversleep": lambda came: isinstance(came, own_or_broken),
        "leave": lambda came: came == "own" or isinstance(came, (asyncio.CancelledError, *own_or_broken)),
    }
    kinds = ["divide"] * 10 + ["oversleep"] * 3 + ["leave"] * 3 + ["read"] * 14

    def asked(lanes: Lanes, kind: str, tag: int) -> Any:
        role = dice.choice(_ROLES)
        if kind == "divide":
            return _divide(lanes, role, tag)
        if kind == "oversleep":
            return _oversleep(lanes, role)
        if kind == "leave":
            return _leave(lanes, role, tag, dice.random() / 2)
        return _read(lanes, role, tag, dice.choice([0, 1, 100, 50_000]))

    async def test() -> None:
        killed: Counter[str] = Counter()
        limits = {"depth": 8, "connections": 2, "waiting": 1000, "statements": 5}
        async with bench.lanes(options="-c statement_timeout=200", **limits) as lanes:
            killer = asyncio.create_task(_kill_now_and_then(bench, killed))
            chosen = [dice.choice(kinds) for _ in range(400)]
            came = await asyncio.gather(*(asked(lanes, kind, tag) for tag, kind in enumerate(chosen)))
            killer.cancel()
            await outcome(killer)

            wrong = [(kind, one) for kind, one in zip(chosen, came, strict=True) if not allowed[kind](one)]
            assert wrong == []
            seen = Counter((kind, type(one)) for kind, one in zip(chosen, came, strict=True))
            assert killed["times"] >= 2
            assert seen["read", str] > chosen.count("read") / 2
            assert seen["divide", psycopg.errors.DivisionByZero] > 0
            assert seen["oversleep", TimedOut] > 0
            assert seen["leave", asyncio.CancelledError] > 0
            for role in _ROLES:
                assert await _read(lanes, role, 7, 7) == "own"

    run(test())


def test_errors_that_break_nothing_cost_nobody_an_answer(run: Run, bench: Bench) -> None:
    """As above without anybody killing: then every single read is answered."""

    async def test() -> None:
        async with bench.lanes(depth=8, waiting=1000) as lanes:
            asked = [
                _divide(lanes, PUBLIC_READER, tag) if tag % 3 == 0 else _read(lanes, PUBLIC_READER, tag, tag % 50)
                for tag in range(600)
            ]
            came = await asyncio.gather(*asked)
            assert {type(one) for one in came[::3]} == {psycopg.errors.DivisionByZero}
            assert [one for tag, one in enumerate(came) if tag % 3] == ["own"] * 400
            assert len(await bench.backends()) <= 2

    run(test())


def test_a_request_that_kills_its_backend_is_the_only_one_to_fail(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes() as lanes:
            poison = "SELECT pg_terminate_backend(pg_backend_pid())"
            asked = [
                outcome(lanes.fetch(PUBLIC_READER, poison)) if tag % 5 == 2 else _read(lanes, PUBLIC_READER, tag, 3)
                for tag in range(15)
            ]
            came = await asyncio.gather(*asked)
            assert [type(one) for one in came[2::5]] == [Overloaded] * 3
            assert [one for tag, one in enumerate(came) if tag % 5 != 2] == ["own"] * 12

    run(test())


def test_a_backend_that_dies_with_an_answer_half_sent_is_noticed_at_once(run: Run, bench: Bench) -> None:
    """What it had not read yet makes its end an error of the socket, for which uvloop calls once and watches no more."""

    async def test() -> None:
        async with bench.lanes(depth=8, connections=1) as lanes:
            assert await _read(lanes, PUBLIC_READER, 1, 1) == "own"
            asked = [asyncio.create_task(_read(lanes, PUBLIC_READER, 7, 10_000_000))]
            asked += [asyncio.create_task(_echo(lanes, PUBLIC_READER, f"{tag}" * 20_000)) for tag in range(2)]
            for _ in range(3):  # until they are sent
                await asyncio.sleep(0)
            bench.terminate_when_stuck()
            async with asyncio.timeout(10):
                assert await asyncio.gather(*asked) == ["own"] * 3

    run(test())


def test_one_that_was_lost_once_is_not_put_behind_another_that_kills(run: Run, bench: Bench) -> None:
    poison = "SELECT pg_sleep($1::float8), pg_terminate_backend(pg_backend_pid())"

    async def test() -> None:
        async with bench.lanes(depth=3, connections=2) as lanes:
            await lanes.fetch(PUBLIC_READER, "SELECT 1")
            first = asyncio.create_task(outcome(lanes.fetch(PUBLIC_READER, poison, ["0.1"])))
            await asyncio.sleep(0)
            lost = [asyncio.create_task(_read(lanes, PUBLIC_READER, tag, 3)) for tag in range(2)]
            await asyncio.sleep(0)
            # On the second connection, with room behind it, and running for as long as the lane looks for room.
            second = asyncio.create_task(outcome(lanes.fetch(PUBLIC_READER, poison, ["0.15"])))
            assert await asyncio.gather(*lost) == ["own"] * 2
            assert [type(one) for one in await asyncio.gather(first, second)] == [Overloaded] * 2

    run(test())


def test_a_cancel_that_comes_late_hits_nobody_else(run: Run, bench: Bench) -> None:
    """Statements whose callers have left, ending by themselves just as they would be cancelled."""
    everyone = [*SHARED, *(district_role(one.code) for one in load_districts() if one.tenant_id > 0)]

    async def leave_behind(lanes: Lanes, role: str, lasting_s: float) -> list[Any]:
        await lanes.fetch(role, "SELECT 1")
        leaver = asyncio.create_task(outcome(lanes.fetch(role, "SELECT pg_sleep($1::float8)", [str(lasting_s)])))
        await asyncio.sleep(0)
        behind = [
            asyncio.create_task(outcome(lanes.fetch(role, "SELECT $1::text, pg_sleep(0.05)", [tag]))) for tag in "abc"
        ]
        await asyncio.sleep(0.02)
        leaver.cancel()
        return await asyncio.gather(*behind)

    async def test() -> None:
        async with bench.lanes(connections=1) as lanes:
            asked = [leave_behind(lanes, role, 0.1 + 0.005 * number) for number, role in enumerate(everyone)]
            for came in await asyncio.gather(*asked):
                assert came == [(b"a", b""), (b"b", b""), (b"c", b"")]

    run(test())


def test_who_leaves_a_long_statement_takes_it_along_and_nobody_else(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(connections=1, options="-c statement_timeout=0") as lanes:
            for _ in range(3):
                # It would never end by itself, so that the others are answered at all says that it was cancelled.
                leaver = asyncio.create_task(outcome(lanes.fetch(PUBLIC_READER, "SELECT pg_sleep(600)")))
                await asyncio.sleep(0)
                behind = [asyncio.create_task(_read(lanes, PUBLIC_READER, tag, 3)) for tag in range(10)]
                await bench.backends_until(lambda rows: any("pg_sleep" in sql for _, _, sql in rows))
                leaver.cancel()
                assert await asyncio.gather(*behind) == ["own"] * 10
                await bench.backends_until(lambda rows: not any("pg_sleep" in sql for _, _, sql in rows))

    run(test())


def test_who_leaves_the_queue_or_a_short_statement_changes_nothing(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(depth=16, connections=1, waiting=1000) as lanes:
            await lanes.fetch(PUBLIC_READER, "SELECT 1")
            tasks = [asyncio.create_task(_read(lanes, PUBLIC_READER, tag, 1000)) for tag in range(300)]
            await asyncio.sleep(0)
            for tag in range(0, 300, 3):
                tasks[tag].cancel()
            came = await asyncio.gather(*tasks)
            assert [one for tag, one in enumerate(came) if tag % 3] == ["own"] * 200
            assert {type(one) for one in came[::3]} == {asyncio.CancelledError}

    run(test())


def test_a_transaction_left_open_by_mistake_swallows_nobody(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes() as lanes:
            left_open = outcome(lanes.fetch(PUBLIC_READER, "BEGIN"))
            failed = _divide(lanes, PUBLIC_READER, 1)
            others = [_read(lanes, PUBLIC_READER, tag, 3) for tag in range(5)]
            came = await asyncio.gather(left_open, failed, *others)
            assert isinstance(came[1], psycopg.errors.DivisionByZero)
            assert came[2:] == ["own"] * 5

    run(test())
