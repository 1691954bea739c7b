"""A toy schema that knows no area of ours: shelves, books on them, and a value of every kind."""

from collections.abc import Sequence
from typing import Any

import psycopg

from server.planner.binding import (
    Catalogue,
    Column,
    Compare,
    Constant,
    Embedded,
    Key,
    Kind,
    Link,
    Many,
    NodeKey,
    One,
    Paged,
    Related,
    Root,
    Shape,
    Type,
)
from server.planner.compiling import compile_plan
from server.planner.keyset import Cursors
from server.planner.naive import Naive
from server.planner.plan import Asked, AskedNodes, Plan, values_of
from server.planner.scope import Scope
from server.planner.selection import Selection

TABLES = """
CREATE TABLE toy_shelf (
    tenant_id int NOT NULL, id uuid NOT NULL, label text NOT NULL, place text, PRIMARY KEY (tenant_id, id)
);
CREATE TABLE toy_book (
    tenant_id int NOT NULL, id uuid NOT NULL, shelf_id uuid, title text NOT NULL,
    pages int, weight float8, price numeric, lent boolean, bought_on date, read_at timestamptz,
    tags text[], extra jsonb, width float8, height float8, copies bigint, mood text NOT NULL DEFAULT 'GOOD',
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON toy_book (tenant_id, shelf_id);
CREATE TABLE toy_secret (tenant_id int NOT NULL, id uuid NOT NULL, word text NOT NULL, shelf_id uuid);
"""

_ON_SHELF = Link("Book", (("id", "shelf_id"),))
_SHELF = Link("Shelf", (("shelf_id", "id"),), unique=True)
_ROWS = {"READER": "true", "OWNER": "{t}.id = ANY(:mine::uuid[])"}


def _plain(name: str, kind: Kind) -> Column:
    return Column(f"{{t}}.{name}", kind, nullable=True)


CATALOGUE = Catalogue(
    types={
        "Shelf": Type(
            "Shelf",
            "toy_shelf",
            {
                "id": NodeKey(),
                "label": Column("{t}.label", Kind.TEXT),
                "place": _plain("place", Kind.TEXT),
                "books": Paged(_ON_SHELF, "PAGES DESC"),
                "all": Many(_ON_SHELF, Key("{t}.title", Kind.TEXT)),
                "first": One(_ON_SHELF),
                "secrets": Many(Link("Secret", (("id", "shelf_id"),))),
                "secret": One(Link("Secret", (("id", "shelf_id"),))),
                "secretPage": Paged(Link("Secret", (("id", "shelf_id"),)), ""),
            },
            {"READER": "true", "OWNER": "true"},
            tag=1,
            orders={"LABEL": Key("{t}.label", Kind.TEXT), "PLACE": Key("{t}.place", Kind.TEXT, nullable=True)},
            filters={
                "label": Compare("{t}.label", Kind.TEXT),
                "books": Related(_ON_SHELF),
                "secrets": Related(Link("Secret", (("id", "shelf_id"),))),
            },
        ),
        "Book": Type(
            "Book",
            "toy_book",
            {
                "id": NodeKey(),
                "title": Column("{t}.title", Kind.TEXT),
                "mood": Column("{t}.mood", Kind.TEXT, plain=True),
                "pages": _plain("pages", Kind.INT),
                "copies": _plain("copies", Kind.BIGINT),
                "weight": _plain("weight", Kind.FLOAT),
                "price": _plain("price", Kind.DECIMAL),
                "lent": _plain("lent", Kind.BOOL),
                "boughtOn": _plain("bought_on", Kind.DATE),
                "readAt": _plain("read_at", Kind.DATETIME),
                "tags": _plain("tags", Kind.TEXTS),
                "extra": _plain("extra", Kind.JSON),
                "row": Column("{t}.id", Kind.UUID),
                "kind": Constant('a "book"'),
                "size": Embedded("Size", "{t}.width IS NOT NULL"),
                "shelf": One(_SHELF),
            },
            _ROWS,
            tag=2,
            orders={
                "TITLE": Key("{t}.title", Kind.TEXT),
                "PAGES": Key("{t}.pages", Kind.INT, nullable=True),
                "WEIGHT": Key("{t}.weight", Kind.FLOAT, nullable=True),
                "PRICE": Key("{t}.price", Kind.DECIMAL, nullable=True),
                "LENT": Key("{t}.lent", Kind.BOOL, nullable=True),
                "BOUGHT_ON": Key("{t}.bought_on", Kind.DATE, nullable=True),
                "READ_AT": Key("{t}.read_at", Kind.DATETIME, nullable=True),
            },
            filters={
                "id": Compare("{t}.id", Kind.UUID, node="Book"),
                "title": Compare("{t}.title", Kind.TEXT),
                "pages": Compare("{t}.pages", Kind.INT),
                "shelf": Related(_SHELF),
            },
        ),
        "Secret": Type("Secret", "toy_secret", {"word": Column("{t}.word", Kind.TEXT)}, {"KEEPER": "true"}, tag=3),
    },
    roots={},
    embedded={"Size": {"width": _plain("width", Kind.FLOAT), "height": _plain("height", Kind.FLOAT)}},
)

SHELVES = Root("Shelf", Shape.LIST, key=Key("{t}.label", Kind.TEXT))
BOOKS = Root("Book", Shape.PAGE, order="TITLE ASC")
BOOK = Root("Book", Shape.ONE, required=True)
SECRETS = Root("Secret", Shape.PAGE)

CURSORS = Cursors("a secret of the toy's own")
READER = Scope("", frozenset({"READER"}))


def asks(name: str, *children: "Selection | str", key: str | None = None, **arguments: Any) -> Selection:
    """A selection; a word stands for a plain field."""
    below = tuple(one if isinstance(one, Selection) else Selection(one, one) for one in children)
    return Selection(key or name, name, arguments, below)


class Toy:
    """The toy's tables in one database, and both ways of reading them."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.connection = connection

    async def fetch(self, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """Rows of a statement with ``$n`` placeholders."""
        cursor = psycopg.AsyncRawCursor(self.connection)
        await cursor.execute(sql, parameters)
        return await cursor.fetchall()

    def plan(self, *asked: Asked | AskedNodes, scope: Scope = READER) -> Plan:
        """The statement for these root fields."""
        return compile_plan(CATALOGUE, scope.roles, CURSORS, asked)

    async def run(self, plan: Plan, *asked: Asked | AskedNodes, scope: Scope = READER, **sources: Any) -> str:
        """What the statement answers, bound to these values."""
        plan, parameters = plan.bound(values_of(asked, scope.values, sources))
        rows = await self.fetch(plan.sql, [one if one is None else one.decode() for one in parameters])
        return plan.answer([text.encode() for (text,) in rows]).decode()

    async def compiled(self, *asked: Asked | AskedNodes, scope: Scope = READER, **sources: Any) -> str:
        """What the compiled statement for these root fields answers."""
        return await self.run(self.plan(*asked, scope=scope), *asked, scope=scope, **sources)

    def naive(self, scope: Scope = READER) -> Naive:
        """The oracle."""
        return Naive(CATALOGUE, scope, self.fetch, CURSORS)
