"""What one read answers, whatever it carries, and what its caller is told when it cannot."""

import asyncio

import psycopg
import psycopg.errors
import pytest

from server.db.roles import AUTHENTICATOR, PUBLIC_READER
from server.kit.errors import BadInput, TimedOut
from tests.db.lean.conftest import Bench, Run, outcome


def test_the_first_row_comes_back_as_the_server_wrote_it(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes() as lanes:
            row = await lanes.fetch(
                PUBLIC_READER, "SELECT $1::text, $2::int + 1, NULL, $3::text", ["社区", b"41", None]
            )
            assert row == ("社区".encode(), b"42", None, None)
            assert await lanes.fetch(PUBLIC_READER, "SELECT n FROM generate_series(1, 9) n") == (b"1",)
            assert await lanes.fetch(PUBLIC_READER, "SELECT 1 WHERE false") == ()
            assert await lanes.fetch(PUBLIC_READER, "SELECT") == ()
            assert await lanes.fetch(PUBLIC_READER, "") == ()
            assert await lanes.fetch_value(PUBLIC_READER, "SELECT 1 WHERE false") is None
            assert await lanes.fetch_value(PUBLIC_READER, "SELECT NULL") is None
            assert await lanes.fetch_value(PUBLIC_READER, "SELECT ''") == b""
            assert await lanes.fetch_value(AUTHENTICATOR, "SELECT current_user") == b"authenticator"
            assert await lanes.fetch_value(PUBLIC_READER, "SELECT current_user") == b"public_reader"

    run(test())


def test_every_statement_is_counted_once(run: Run, bench: Bench) -> None:
    async def test() -> None:
        seen: list[tuple[str, str]] = []
        async with bench.lanes() as lanes:
            lanes.listeners.append(lambda role, sql: seen.append((role, sql)))
            for _ in range(3):
                await lanes.fetch(PUBLIC_READER, "SELECT 1")
            await outcome(lanes.fetch(PUBLIC_READER, "SELECT pg_terminate_backend(pg_backend_pid())"))
        assert seen == [
            *[(PUBLIC_READER, "SELECT 1")] * 3,
            (PUBLIC_READER, "SELECT pg_terminate_backend(pg_backend_pid())"),
        ]

    run(test())


@pytest.mark.parametrize("text", ["a\0b", b"a\0b", "\0", "lone \ud800 surrogate", "\udfff"])
def test_text_that_postgresql_has_no_place_for_is_refused_and_never_cut_off(
    run: Run, bench: Bench, text: str | bytes
) -> None:
    async def test() -> None:
        async with bench.lanes() as lanes:
            asked = [lanes.fetch(PUBLIC_READER, "SELECT $1::text", [value]) for value in ("before", text, "after")]
            before, refused, after = await asyncio.gather(*map(outcome, asked))
            assert (before, after) == ((b"before",), (b"after",))
            assert isinstance(refused, BadInput)
            assert "U+0000" in refused.message

    run(test())


def test_mistakes_of_ours_fail_alone_with_their_sqlstate(run: Run, bench: Bench) -> None:
    mistakes: dict[str, list[bytes]] = {
        "SELECT 1 / 0": [],
        "SELECT * FROM nowhere": [],
        "SELEC": [],
        "SELECT rolpassword FROM pg_authid": [],
        "SELECT $1::int": [b"not a number"],
        "SELECT $1::bigint": [b"1", b"2"],
        "SELECT $1::text": [b"\xff"],
        "CREATE TABLE made_by_a_read (a int)": [],
    }
    expected = ["22012", "42P01", "42601", "42501", "22P02", "08P01", "22021", "25006"]

    async def test() -> None:
        async with bench.lanes() as lanes:
            for _ in range(2):
                asked = [lanes.fetch(PUBLIC_READER, sql, values) for sql, values in mistakes.items()]
                good = [lanes.fetch(PUBLIC_READER, "SELECT $1::text", [str(n)]) for n in range(len(asked))]
                mixed = [one for pair in zip(asked, good, strict=True) for one in pair]
                came = await asyncio.gather(*map(outcome, mixed))
                assert [error.sqlstate for error in came[::2]] == expected
                assert came[1::2] == [(str(n).encode(),) for n in range(len(asked))]
            assert len(await bench.backends()) == 1

    run(test())


def test_statements_libpq_would_garble_are_refused(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes() as lanes:
            for sql in ("SELECT 1 \0 + 1", "SELECT '\ud800'"):
                with pytest.raises(ValueError):
                    await lanes.fetch(PUBLIC_READER, sql)
            with pytest.raises(ValueError, match="65535"):
                await lanes.fetch(PUBLIC_READER, "SELECT 1", ["x"] * 65536)
            assert await lanes.fetch(PUBLIC_READER, "SELECT 1") == (b"1",)

    run(test())


def test_copy_which_a_pipeline_cannot_carry_harms_only_who_asked_for_it(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes() as lanes:
            asked = ["SELECT 'before'", "COPY (SELECT 1) TO STDOUT", "SELECT 'after'"]
            before, refused, after = await asyncio.gather(*(outcome(lanes.fetch(PUBLIC_READER, sql)) for sql in asked))
            assert (before, after) == ((b"before",), (b"after",))
            assert isinstance(refused, psycopg.NotSupportedError)

    run(test())


def test_twenty_megabytes_either_way_and_small_ones_between(run: Run, bench: Bench) -> None:
    big = "社" * 7_000_000

    async def test() -> None:
        async with bench.lanes(connections=1) as lanes:
            # Both directions are full at once: whoever only writes, or only reads, would stand still here.
            echoes = [lanes.fetch(PUBLIC_READER, "SELECT $1::text || $2::text", [big, str(n)]) for n in range(4)]
            tiny = [lanes.fetch(PUBLIC_READER, "SELECT $1::text", [str(n)]) for n in range(4)]
            came = await asyncio.gather(*(one for pair in zip(echoes, tiny, strict=True) for one in pair))
            assert came[1::2] == [(str(n).encode(),) for n in range(4)]
            for n, (echo,) in enumerate(came[::2]):
                assert echo == (big + str(n)).encode()

    run(test())


def test_a_statement_over_the_servers_limit_is_timed_out(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(options="-c statement_timeout=500") as lanes:
            asked = [lanes.fetch(PUBLIC_READER, sql) for sql in ("SELECT 1", "SELECT pg_sleep(60)", "SELECT 2")]
            first, late, second = await asyncio.gather(*map(outcome, asked))
            assert (first, second) == ((b"1",), (b"2",))
            assert isinstance(late, TimedOut)
            assert isinstance(late.__cause__, psycopg.errors.QueryCanceled)
        async with bench.lanes(options="-c transaction_timeout=500 -c statement_timeout=0") as lanes:
            asked = [lanes.fetch(PUBLIC_READER, sql) for sql in ("SELECT pg_sleep(60)", "SELECT 2")]
            late, second = await asyncio.gather(*map(outcome, asked))
            assert isinstance(late, TimedOut)
            assert second == (b"2",)

    run(test())


def test_a_lock_in_the_way_times_out(run: Run, bench: Bench) -> None:
    async def test() -> None:
        async with bench.lanes(options="-c lock_timeout=50") as lanes, bench.superuser() as rival:
            async with rival.transaction():
                await rival.execute("LOCK TABLE district")
                assert isinstance(await outcome(lanes.fetch(PUBLIC_READER, "SELECT count(*) FROM district")), TimedOut)
            assert await lanes.fetch(PUBLIC_READER, "SELECT count(*) > 0 FROM district") == (b"t",)

    run(test())
