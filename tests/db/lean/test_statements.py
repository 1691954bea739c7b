"""Statements are prepared behind the caller's back; nobody may ever notice."""

import asyncio

from server.db.roles import PUBLIC_READER
from server.kit.errors import TimedOut
from tests.db.lean.conftest import Bench, Run, outcome

_PREPARED = "SELECT count(*) FROM pg_prepared_statements"


def test_a_statement_is_prepared_once_and_the_least_used_are_closed(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(statements=4) as lanes:
            for _ in range(3):
                await lanes.fetch(PUBLIC_READER, "SELECT 1, $1::text", ["x"])
            used = "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement = $1"
            assert await lanes.fetch(PUBLIC_READER, used, ["SELECT 1, $1::text"]) == (b"3",)
            for text in ("SELECT 2", "SELECT 3", "SELECT 1, $1::text", "SELECT 4"):
                await lanes.fetch(PUBLIC_READER, text, ["x"] if "$1" in text else [])
            assert await lanes.fetch(PUBLIC_READER, used, ["SELECT 1, $1::text"]) == (b"4",)
            assert await lanes.fetch(PUBLIC_READER, used, ["SELECT 2"]) == ()
            for n in range(60):
                asked = [lanes.fetch(PUBLIC_READER, f"SELECT {(n + k) % 20}, $1::text", ["x"]) for k in range(3)]
                assert await asyncio.gather(*asked) == [(str((n + k) % 20).encode(), b"x") for k in range(3)]
                (held,) = await lanes.fetch(PUBLIC_READER, _PREPARED)
                # One more than the limit: what was pushed out is closed along with the next request.
                assert held is not None
                assert int(held) <= 4 + 3

    run(test())


def test_a_statement_discarded_under_our_feet_is_prepared_again(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(connections=1) as lanes:
            for _ in range(2):
                await lanes.fetch(PUBLIC_READER, "SELECT $1::text", ["x"])
            asked = [lanes.fetch(PUBLIC_READER, "DEALLOCATE ALL")]
            asked += [lanes.fetch(PUBLIC_READER, "SELECT $1::text", [str(n)]) for n in range(9)]
            assert (await asyncio.gather(*asked))[1:] == [(str(n).encode(),) for n in range(9)]
            for _ in range(2):
                assert await lanes.fetch(PUBLIC_READER, "SELECT $1::text", ["x"]) == (b"x",)
            used = "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE statement = $1"
            assert await lanes.fetch(PUBLIC_READER, used, ["SELECT $1::text"]) == (b"2",)

    run(test())


def test_a_result_whose_columns_change_under_our_feet_is_prepared_again(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes() as lanes, bench.superuser() as owner:
            await owner.execute("CREATE TABLE shape_shifter AS SELECT 1 AS a")
            try:
                await owner.execute(f"GRANT SELECT ON shape_shifter TO {PUBLIC_READER}")
                for _ in range(2):
                    assert await lanes.fetch(PUBLIC_READER, "SELECT * FROM shape_shifter") == (b"1",)
                await owner.execute("ALTER TABLE shape_shifter ALTER a TYPE text, ADD b text DEFAULT 'new'")
                asked = [lanes.fetch(PUBLIC_READER, "SELECT * FROM shape_shifter") for _ in range(5)]
                assert await asyncio.gather(*asked) == [(b"1", b"new")] * 5
                # Whoever uses what is not there any more learns that, and not of our statements.
                await owner.execute("ALTER TABLE shape_shifter DROP b")
                assert await lanes.fetch(PUBLIC_READER, "SELECT * FROM shape_shifter") == (b"1",)
            finally:
                await owner.execute("DROP TABLE shape_shifter")
            gone = await outcome(lanes.fetch(PUBLIC_READER, "SELECT * FROM shape_shifter"))
            assert gone.sqlstate == "42P01"

    run(test())


def test_others_with_the_same_text_do_not_depend_on_the_first(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes() as lanes:
            numbers = ["0", "1", "2", "0", "5"]
            asked = [lanes.fetch(PUBLIC_READER, "SELECT 10 / $1::int", [number]) for number in numbers]
            came = await asyncio.gather(*map(outcome, asked))
            assert [getattr(one, "sqlstate", one) for one in came] == ["22012", (b"10",), (b"5",), "22012", (b"2",)]

    run(test())


def test_a_preparation_that_runs_out_of_time_fails_alone(run: Run, bench: Bench) -> None:
    async def test() -> None:
        count = "SELECT count(*) > 0 FROM district"
        async with bench.lanes(options="-c statement_timeout=400", connections=1) as lanes, bench.superuser() as rival:
            async with rival.transaction():
                # Even to parse a statement the server wants a lock on the tables it names.
                await rival.execute("LOCK TABLE district IN ACCESS EXCLUSIVE MODE")
                first = asyncio.create_task(lanes.fetch(PUBLIC_READER, count))
                others = [asyncio.create_task(lanes.fetch(PUBLIC_READER, count)) for _ in range(4)]
                assert isinstance(await outcome(first), TimedOut)
            came = await asyncio.gather(*map(outcome, others))
            assert all(one == (b"t",) or isinstance(one, TimedOut) for one in came)
            assert came[-1] == (b"t",)
            assert await lanes.fetch(PUBLIC_READER, count) == (b"t",)

    run(test())
