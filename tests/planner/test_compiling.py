"""One statement answers what the oracle answers; who may read what; what its text depends on."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
import pytest

from server.kit.errors import BadInput, NotFound
from server.kit.ids import NodeId
from server.planner.binding import Catalogue, Root, Shape
from server.planner.compiling import compile_plan
from server.planner.plan import Asked, AskedNodes, missing
from server.planner.scope import Scope
from server.planner.selection import Selection
from server.planner.slots import Slot
from tests.planner.toy import BOOK, BOOKS, CATALOGUE, CURSORS, READER, SECRETS, SHELVES, Toy, asks

VALUES = (
    *("id", "title", "mood", "pages", "copies", "weight", "price", "lent", "boughtOn", "readAt", "tags", "extra"),
    *("row", "kind", "__typename"),
)
BY_ID = "{t}.id = :id"


def as_json(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value))


async def test_every_kind_of_value_is_shown_as_the_oracle_shows_it(toy: Toy) -> None:
    size = asks("size", "width", "height", "__typename")
    asked = Asked(asks("books", asks("nodes", *VALUES, size), first=100), BOOKS)
    compiled = orjson.loads(await toy.compiled(asked))["books"]
    assert len(compiled["nodes"]) == 60
    assert compiled == as_json(await toy.naive().root(asked))


async def test_links_of_every_shape(toy: Toy) -> None:
    books = asks("books", "totalCount", asks("edges", "cursor", asks("node", "title", asks("shelf", "label"))), first=2)
    asked = Asked(asks("shelves", "label", "place", books, asks("all", "title", "id"), asks("first", "row")), SHELVES)
    compiled = orjson.loads(await toy.compiled(asked))["shelves"]
    assert len(compiled) == 8
    assert compiled == as_json(await toy.naive().root(asked))


async def test_several_root_fields_keep_their_order_and_aliases(toy: Toy) -> None:
    asked = (
        Asked(asks("books", "totalCount", key="z"), BOOKS),
        Asked(asks("shelves", "__typename", key="a"), SHELVES),
        Asked(asks("__typename", key="t"), None, constant="Query"),
        Asked(asks("books", "totalCount", key="b", filter={"title": {"eq": "a"}}), BOOKS),
    )
    answer = orjson.loads(await toy.compiled(*asked))
    assert list(answer) == ["z", "a", "t", "b"]
    assert answer["t"] == "Query"
    assert 0 < answer["b"]["totalCount"] < answer["z"]["totalCount"] == 60


async def test_a_required_row_that_is_not_there_is_told_by_its_root_field(toy: Toy) -> None:
    there, absent = UUID(int=1000), UUID(int=1)
    asked = [
        Asked(asks("book", "row", key=f"b{n}"), BOOK, BY_ID, {"id": one})
        for n, one in enumerate([there, absent, there])
    ]
    answer, lacking = missing((await toy.compiled(*asked)).encode())
    assert lacking == [1]
    assert orjson.loads(answer) == {"b0": {"row": str(there)}, "b1": None, "b2": {"row": str(there)}}
    with pytest.raises(NotFound):
        await toy.naive().root(asked[1])


async def test_a_title_cannot_pass_for_a_missing_row(toy: Toy) -> None:
    # Some titles hold U+0001, which marks missing rows in the text; inside JSON it is escaped.
    asked = Asked(asks("books", asks("nodes", "title"), first=100), BOOKS)
    answer, lacking = missing((await toy.compiled(asked)).encode())
    assert lacking == []
    assert any("\x01" in one["title"] for one in orjson.loads(answer)["books"]["nodes"])


async def test_nodes_come_in_the_order_asked_and_null_where_there_is_none(toy: Toy) -> None:
    ids = [NodeId(2, tenant, UUID(int=1000)) for tenant in (1, 2)] + [
        NodeId(1, 1, UUID(int=100)),
        NodeId(9, 1, UUID(int=1)),
    ]
    cases = {"Book": (Selection("row", "row"),), "Shelf": (Selection("label", "label"), Selection("id", "id"))}
    values = {
        "tags": [one.tag for one in ids],
        "tenants": [one.tenant_id for one in ids],
        "ids": [one.id for one in ids],
    }
    asked = AskedNodes(Selection("nodes", "nodes", cases=cases), frozenset(values["tags"]), values)
    answer = orjson.loads(await toy.compiled(asked))["nodes"]
    assert answer == as_json(await toy.naive().nodes(asked))
    assert [one is None for one in answer] == [answer[0] is None, answer[0] is not None, False, True]
    assert answer[2]["id"] == str(ids[2])


# Who may read what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("roles", [{"OWNER"}, {"OWNER", "STRANGER"}, {"OWNER", "READER"}, {"STRANGER"}, set()])
async def test_row_rules_hold_wherever_a_type_is_read(toy: Toy, roles: set[str]) -> None:
    scope = Scope("", frozenset(roles), {"mine": [UUID(int=1000 + n) for n in range(10)]})
    inner = asks("books", "totalCount", asks("nodes", "row"), first=100)
    everywhere = (
        Asked(asks("books", "totalCount", asks("nodes", "row"), first=100), BOOKS),
        Asked(asks("shelves", inner, asks("all", "row"), asks("first", "row"), "label"), SHELVES),
        Asked(asks("book", "row"), BOOK, BY_ID, {"id": UUID(int=1030)}),
    )
    answer, lacking = missing((await toy.compiled(*everywhere, scope=scope)).encode())
    found = orjson.loads(answer)
    count = {"READER": 60, "OWNER": 10}[max(roles & {"READER", "OWNER"})] if roles & {"READER", "OWNER"} else 0
    assert found["books"]["totalCount"] == len(found["books"]["nodes"]) == count
    naive = toy.naive(scope)
    assert found["books"] == as_json(await naive.root(everywhere[0]))
    assert found["shelves"] == as_json(await naive.root(everywhere[1]))
    assert bool(lacking) == ("READER" not in roles)


async def test_a_type_that_is_hidden_is_not_so_much_as_named(toy: Toy) -> None:
    page = asks("secretPage", "totalCount", asks("edges", "cursor"), asks("pageInfo", "hasNextPage", "endCursor"))
    asked = (
        Asked(asks("shelves", asks("secrets", "word"), asks("secret", "word"), page), SHELVES),
        Asked(asks("secrets", asks("nodes", "word"), "totalCount", "__typename"), SECRETS),
        Asked(asks("shelfPage", "totalCount", filter={"secrets": {}}), Root("Shelf", Shape.PAGE)),
    )
    plan = toy.plan(*asked)
    assert "toy_secret" not in plan.sql
    answer = orjson.loads(await toy.run(plan, *asked))
    assert answer["secrets"] == {"nodes": [], "totalCount": 0, "__typename": "SecretConnection"}
    empty = {"totalCount": 0, "edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    assert answer["shelves"][0] == {"secrets": [], "secret": None, "secretPage": empty}
    assert answer["shelves"] == as_json(await toy.naive().root(asked[0]))
    assert answer["shelfPage"] == {"totalCount": 0}


async def test_a_hidden_page_refuses_arguments_as_a_visible_one_does(toy: Toy) -> None:
    for wrong in ({"first": 101}, {"first": 1, "last": 1}, {"after": "x"}):
        with pytest.raises(BadInput):
            toy.plan(Asked(asks("secrets", asks("nodes", "word"), **wrong), SECRETS))
    late = Asked(asks("secrets", asks("nodes", "word"), first=Slot(("variables", "n"))), SECRETS)
    plan = toy.plan(late)
    with pytest.raises(BadInput):
        await toy.run(plan, late, variables={"n": 101})
    assert orjson.loads(await toy.run(plan, late, variables={"n": 100})) == {"secrets": {"nodes": []}}


# What the text depends on --------------------------------------------------------------------------------------------


async def test_one_text_for_all_values(toy: Toy) -> None:
    selection = asks(
        "books",
        "totalCount",
        asks("nodes", "title"),
        first=Slot(("variables", "n")),
        filter={"title": {"contains": Slot(("variables", "part"))}, "pages": {"in": Slot(("variables", "pages"))}},
    )
    asked = Asked(selection, BOOKS)
    plan = toy.plan(asked)
    for n, part, pages in [(1, "a", [0]), (100, '"', [0, 100, 2147483647]), (0, "%", []), (5, "\\", [100])]:
        concrete = asks(
            "books",
            "totalCount",
            asks("nodes", "title"),
            first=n,
            filter={"title": {"contains": part}, "pages": {"in": pages}},
        )
        late = orjson.loads(await toy.run(plan, asked, variables={"n": n, "part": part, "pages": pages}))
        assert late["books"] == as_json(await toy.naive().root(Asked(concrete, BOOKS)))


def test_equal_values_share_a_parameter(toy: Toy) -> None:
    n = Slot(("variables", "n"))
    more = asks("pageInfo", "hasNextPage", "endCursor")
    plan = toy.plan(Asked(asks("books", more, asks("edges", "cursor"), first=n), BOOKS))
    assert len(plan.binders) == 2  # the size, and what signs cursors


def test_nothing_a_caller_sends_stands_in_the_text(toy: Toy) -> None:
    sent = "'; DROP TABLE toy_book; --"
    for test in ("eq", "contains", "startsWith"):
        plan = toy.plan(Asked(asks("books", "totalCount", filter={"title": {test: sent}}), BOOKS))
        assert "DROP" not in plan.sql


async def test_arguments_are_checked_whether_or_not_rows_are_asked_for(toy: Toy) -> None:
    for children in (
        ("totalCount",),
        ("__typename",),
        (asks("pageInfo", "hasPreviousPage"),),
        (asks("nodes", "title"),),
    ):
        for wrong in ({"first": -1}, {"after": "x"}, {"filter": {"id": {"eq": "x"}}}):
            with pytest.raises(BadInput):
                toy.plan(Asked(asks("books", *children, **wrong), BOOKS))
            (name,) = wrong
            late = Slot(("variables", "x"))
            opened = {"filter": {"id": {"eq": late}}} if name == "filter" else {name: late}
            plan = toy.plan(Asked(asks("books", *children, **opened), BOOKS))
            with pytest.raises(BadInput):
                await toy.run(plan, Asked(asks("books"), BOOKS), variables={"x": -1 if name == "first" else "x"})


async def test_a_filter_may_not_grow_without_end(toy: Toy) -> None:
    many = {"or": [{"title": {"eq": str(n)}} for n in range(150)]}
    with pytest.raises(BadInput, match="200"):
        toy.plan(Asked(asks("books", "totalCount", filter=many), BOOKS))


async def test_unique_links_need_no_order(toy: Toy) -> None:
    plan = toy.plan(Asked(asks("books", asks("nodes", asks("shelf", "label")), first=1), BOOKS))
    assert plan.sql.count("LIMIT") == 1


async def test_a_scope_without_roles_reads_nothing(toy: Toy) -> None:
    plan = toy.plan(Asked(asks("books", "totalCount"), BOOKS), scope=Scope("", frozenset()))
    assert "toy_book" not in plan.sql
    assert toy.plan(Asked(asks("books", "totalCount"), BOOKS), scope=READER).sql != plan.sql


@pytest.mark.parametrize(
    ("condition", "chosen"),
    [
        ("{t}.tenant_id = :tenant AND {t}.id = :id", False),
        ("{t}.id = :id AND {t}.tenant_id = :tenant AND {t}.title = :title", False),
        ("{t}.title = :title", True),
        ("{t}.tenant_id = :tenant AND {t}.id = :id OR {t}.lent", True),
        ("{t}.tenant_id = :tenant AND {t}.id <> :id", True),
        ("true", True),
    ],
)
def test_rows_are_chosen_among_unless_a_key_is_named(condition: str, chosen: bool) -> None:
    keyed = replace(CATALOGUE.types["Book"], keys=(frozenset({"tenant_id", "id"}),))
    catalogue = Catalogue({**CATALOGUE.types, "Book": keyed}, {}, CATALOGUE.embedded)
    plan = compile_plan(catalogue, READER.roles, CURSORS, [Asked(asks("book", "title"), BOOK, condition)])
    assert plan.sql.endswith(" ORDER BY t1.id ASC LIMIT 1") is chosen
    assert plan.absent == b'{"book":\x010\x01}'


async def test_one_object_is_a_row_of_its_own_and_its_absence_an_answer(toy: Toy) -> None:
    nobody = Asked(asks("book", "title"), BOOK, "{t}.title = :title", {"title": "nowhere"})
    assert missing((await toy.compiled(nobody)).encode()) == (b'{"book":null}', [0])
    optional = nobody._replace(root=replace(BOOK, required=False))
    assert await toy.compiled(optional) == '{"book":null}'
