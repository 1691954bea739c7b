"""The rollup is at every moment what counting the reviews gives."""

import asyncio
import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.db import roles
from server.development.demo import demo_actor, fill_samples
from server.record.acts import acting
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.reviews.store import insert_reviews, rebuild_rollup
from tests.reviews.conftest import SCHEMES, TENANTS, Record, first_centre, random_reviews, review

_LIVE = """SELECT tenant_id, kind, outcome, scheme, date_trunc('month', decided_on::timestamp)::date, count(*),
 count(score), sum(score), min(score), max(score) FROM review GROUP BY 1, 2, 3, 4, 5"""
_KEPT = """SELECT tenant_id, kind, outcome, scheme, decided_month, row_count, score_count, score_sum, score_least,
 score_most FROM review_rollup"""


def assert_equal(record: Record) -> None:
    """The rollup holds what counting gives, row for row."""
    kept = sorted(record.fetch(_KEPT), key=repr)
    assert kept == sorted(record.fetch(_LIVE), key=repr)
    assert kept


REVIEWS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(ReviewKind),
        "outcome": st.sampled_from(ReviewOutcome),
        "scheme": st.sampled_from(SCHEMES),
        "score": st.none() | st.decimals(0, 100, places=2),
        "decided_on": st.dates(date(2019, 12, 30), date(2020, 2, 2)) | st.dates(date(1, 1, 1), date(9999, 12, 31)),
    }
)


@given(batches=st.lists(st.tuples(st.lists(REVIEWS, max_size=6), st.booleans()), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_rollup_is_what_counting_gives(record: Record, batches: list[tuple[list[Any], bool]]) -> None:
    tenant = TENANTS["daxing"]
    pools, role = record.server.app.pools, roles.district_role("daxing")
    for rows, undone in batches:
        try:
            async with acting(pools, role, tenant, demo_actor(tenant), "tests") as act:
                await insert_reviews(act.connection, [review("daxing", **one) for one in rows])
                if undone:
                    raise _Undone
        except _Undone:
            pass
    assert_equal(record)


class _Undone(Exception):
    pass


async def test_rows_that_stay_as_they_are_are_not_counted_again(record: Record) -> None:
    await fill_samples(record.server.app.pools)
    assert_equal(record)


async def test_a_concluded_review_is_counted_in_its_own_transaction(record: Record) -> None:
    tenant = TENANTS["fengtai"]
    conclusion = Conclusion(
        ReviewKind.ASSESSMENT,
        first_centre("fengtai"),
        ReviewOutcome.PASSED,
        date(2021, 5, 31),
        "测试",
        score=Decimal("61.50"),
        score_max=Decimal(100),
        scheme="丙方案",
    )
    role = roles.district_role("fengtai")
    async with acting(record.server.app.pools, role, tenant, demo_actor(tenant), "tests") as act:
        await record_review(act, conclusion)
    found = record.fetch("SELECT row_count, score_sum, decided_month FROM review_rollup WHERE scheme = '丙方案'")
    assert found == [(1, Decimal("61.50"), date(2021, 5, 1))]
    assert_equal(record)


@pytest.mark.parametrize("rebuilding", [False, True])
async def test_writers_at_the_same_time_lose_no_count(record: Record, rebuilding: bool) -> None:
    async def rebuild() -> None:
        tenant = TENANTS["fengtai"]
        async with record.server.app.pools.transaction(roles.district_role("fengtai")) as connection:
            await rebuild_rollup(connection, tenant)

    chance = random.Random(5)
    writers = [record.add("fengtai", random_reviews(chance, 15)) for _ in range(6)]
    await asyncio.gather(*writers, *([rebuild(), rebuild()] if rebuilding else []))
    assert_equal(record)


async def test_what_came_in_by_another_way_is_counted_by_a_rebuild(record: Record) -> None:
    import psycopg

    tenant = TENANTS["mentougou"]
    with psycopg.connect(record.dsn) as connection:
        connection.execute("UPDATE review SET score = 1, score_max = 1, kind = 'SELECTION' WHERE tenant_id = 7")
        connection.execute("UPDATE review_rollup SET row_count = row_count + 1 WHERE tenant_id = 7")
    async with record.server.app.pools.transaction(roles.district_role("mentougou")) as connection:
        await rebuild_rollup(connection, tenant)
    assert_equal(record)
