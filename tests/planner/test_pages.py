"""Pages by key: every row once, in order, from either end; cursors that are the same in SQL and Python."""

from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.kit.errors import BadInput
from server.planner.keyset import order_of
from server.planner.plan import Asked
from tests.planner.toy import BOOKS, CATALOGUE, CURSORS, Toy, asks

KEYS = list(CATALOGUE.types["Book"].orders)
ORDERS = st.lists(
    st.fixed_dictionaries({"field": st.sampled_from(KEYS), "direction": st.sampled_from(["ASC", "DESC"])}),
    max_size=3,
    unique_by=lambda one: one["field"],
)


def page(**arguments: Any) -> Asked:
    info = asks("pageInfo", "hasNextPage", "hasPreviousPage", "startCursor", "endCursor")
    return Asked(asks("books", asks("edges", "cursor", asks("node", "row")), info, **arguments), BOOKS)


async def read(toy: Toy, asked: Asked) -> Any:
    """The page, the same both ways."""
    compiled = orjson.loads(await toy.compiled(asked))["books"]
    assert compiled == await toy.naive().root(asked)
    return compiled


@given(order=ORDERS, size=st.integers(1, 25))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_walking_either_way_meets_every_row_once_in_order(toy: Toy, order: Any, size: int) -> None:
    whole = [edge["node"]["row"] for edge in (await read(toy, page(first=100, orderBy=order)))["edges"]]
    assert len(set(whole)) == 60
    for step, bound, more, end in (
        ("first", "after", "hasNextPage", "endCursor"),
        ("last", "before", "hasPreviousPage", "startCursor"),
    ):
        seen: list[str] = []
        at: dict[str, str] = {}
        while True:
            one = await read(toy, page(orderBy=order, **{step: size}, **at))
            rows = [edge["node"]["row"] for edge in one["edges"]]
            seen = seen + rows if step == "first" else rows + seen
            info = one["pageInfo"]
            assert info["startCursor"] == one["edges"][0]["cursor"]
            assert info["endCursor"] == one["edges"][-1]["cursor"]
            if not info[more]:
                break
            at = {bound: info[end]}
        assert seen == whole


@given(order=ORDERS, at=st.tuples(st.integers(0, 59), st.integers(0, 59)), size=st.integers(0, 20), last=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_between_two_cursors(toy: Toy, order: Any, at: tuple[int, int], size: int, last: bool) -> None:
    edges = (await read(toy, page(first=100, orderBy=order)))["edges"]
    after, before = (edges[n]["cursor"] for n in at)
    one = await read(toy, page(orderBy=order, after=after, before=before, **{"last" if last else "first": size}))
    between = edges[at[0] + 1 : at[1]]
    wanted = (between[-size:] if size else []) if last else between[:size]
    assert one["edges"] == wanted
    assert one["pageInfo"]["hasPreviousPage" if last else "hasNextPage"] == (len(between) > size)


@given(order=ORDERS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_sql_makes_the_cursors_that_python_makes(toy: Toy, order: Any) -> None:
    total = order_of(CATALOGUE.types["Book"], order, "TITLE ASC")
    keys = ", ".join(f"({one})::text" for one in total.expressions("t"))
    rows = await toy.fetch(f"SELECT {keys} FROM toy_book t ORDER BY {total.clause('t', backward=False)}", [])
    compiled = orjson.loads(await toy.compiled(page(first=100, orderBy=order)))["books"]["edges"]
    assert [edge["cursor"] for edge in compiled] == [CURSORS.write(total, row) for row in rows]
    for edge, row in zip(compiled, rows, strict=True):
        assert CURSORS.read(total, ("after",), edge["cursor"]) == list(row)


async def test_a_cursor_holds_for_its_own_list_and_order_only(toy: Toy) -> None:
    (edge,) = (await read(toy, page(first=1)))["edges"]
    cursor = edge["cursor"]
    turned = cursor[:-4] + ("AAAA" if cursor[-4:] != "AAAA" else "BBBB")
    for wrong in (
        {"after": cursor, "orderBy": [{"field": "PAGES"}]},
        {"after": cursor, "orderBy": [{"field": "TITLE", "direction": "DESC"}]},
        {"after": turned},
        {"before": cursor[1:]},
        {"after": ""},
        {"after": "汉字"},
    ):
        with pytest.raises(BadInput, match="游标") as refused:
            toy.plan(page(**wrong))
        assert refused.value.path == ("books", "before" if "before" in wrong else "after")


async def test_sizes_and_orders_outside_their_limits(toy: Toy) -> None:
    for wrong, path in (
        ({"first": 101}, ("books", "first")),
        ({"last": -1}, ("books", "last")),
        ({"first": 1, "last": 1}, ("books", "last")),
        ({"orderBy": [{"field": "TITLE"}, {"field": "TITLE"}]}, ("orderBy",)),
    ):
        with pytest.raises(BadInput) as refused:
            toy.plan(page(**wrong))
        assert refused.value.path == path


async def test_the_row_beyond_the_page_is_read_only_where_that_is_asked(toy: Toy) -> None:
    plan = toy.plan(Asked(asks("books", asks("nodes", "row"), first=3), BOOKS))
    assert "LIMIT 3)" in plan.sql
    assert "_rank" not in plan.sql
