"""Connections as SQL: one subquery reads the page's rows in order, aggregates above it make edges, nodes and page info.

The row beyond the page, which tells whether there are more, is read only where that is asked, and its object is never
made: aggregates filter before they look at their arguments.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.planner.binding import Kind, Type
from server.planner.keyset import ORDER_ARGUMENT, Order, Page, order_of, page_of
from server.planner.rendering import Json, Sql, constant, members, or_null, sort_value, text_sql, url_safe
from server.planner.selection import Selection
from server.planner.slots import Slot

if TYPE_CHECKING:
    from server.planner.compiling import Compiler


def connection(
    compiler: "Compiler", type_: Type, selection: Selection, default_order: str, alias: str, where: str
) -> Json:
    """The connection over the rows of ``type_`` that pass ``where`` under ``alias``, and the selection's own filter.

    Raises: BadInput for arguments outside their limits, as far as they are known already.
    """
    return _Connection(compiler, type_, selection, default_order, alias, where).json()


def reads(selection: Selection) -> bool:
    """Whether anything is asked of the connection that depends on its rows.

    Raises: BadInput for both ``first`` and ``last``.
    """
    asked = _Wanted.of(selection, page_of(selection.arguments, (selection.key,)))
    return asked.rows or bool(selection.asked("totalCount"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a connection is asked for: any of its rows, whether there are more, the cursors of its ends."""

    rows: bool
    more: bool
    ends: bool

    @staticmethod
    def of(selection: Selection, page: Page) -> "_Wanted":
        infos = {one.name for part in selection.asked("pageInfo") for one in part.children}
        more = ("hasPreviousPage" if page.backward else "hasNextPage") in infos
        ends = bool(infos & {"startCursor", "endCursor"})
        return _Wanted(bool(selection.asked("edges") or selection.asked("nodes")) or more or ends, more, ends)


def empty(type_: Type, selection: Selection) -> Json:
    """The connection over no rows, which names no table; ``pageInfo`` alone tells of its arguments."""
    page = page_of(selection.arguments, (selection.key,))
    info: dict[str, object] = {
        "__typename": "PageInfo",
        "hasNextPage": page.backward and page.before is not None,
        "hasPreviousPage": not page.backward and page.after is not None,
        "startCursor": None,
        "endCursor": None,
    }
    parts: dict[str, object] = {"edges": [], "nodes": [], "totalCount": 0, "__typename": f"{type_.name}Connection"}
    return members(
        (
            child.key,
            members((one.key, constant(info[one.name])) for one in child.children)
            if child.name == "pageInfo"
            else constant(parts[child.name]),
        )
        for child in selection.children
    )


class _Connection:
    def __init__(
        self, compiler: "Compiler", type_: Type, selection: Selection, default_order: str, alias: str, where: str
    ) -> None:
        arguments, path = selection.arguments, (selection.key,)
        self._compiler, self._type, self._selection, self._alias = compiler, type_, selection, alias
        self._page: Page = page_of(arguments, path)
        self._order: Order = order_of(type_, arguments.get(ORDER_ARGUMENT), default_order)
        self._wanted = _Wanted.of(selection, self._page)
        self._size = self._put_size()
        filtered = compiler.filters.condition(type_, arguments.get("filter"), alias, (*path, "filter"))
        self._where = where if filtered == "true" else f"({where}) AND ({filtered})"
        self._between = self._put_bounds()

    def json(self) -> Json:
        answer = members((child.key, self._part(child)) for child in self._selection.children)
        return (Sql(f"(SELECT {text_sql(answer)} FROM {self._rows()} {self._alias})"),) if self._wanted.rows else answer

    def _part(self, child: Selection) -> Json:
        match child.name:
            case "edges":
                return self._listed(members((one.key, self._edge(one)) for one in child.children))
            case "nodes":
                return self._listed(self._compiler.object(self._type, child.children, self._alias))
            case "pageInfo":
                return members((one.key, self._info(one)) for one in child.children)
            case "totalCount":
                return (Sql(f"(SELECT count(*) FROM {self._type.table} {self._alias} WHERE {self._where})::text"),)
            case "__typename":
                return constant(f"{self._type.name}Connection")
        raise TypeError(f"{self._type.name}Connection.{child.name}: unknown")

    # Arguments -------------------------------------------------------------------------------------------------------

    def _put_size(self) -> str:
        page, places = self._page, self._compiler.places
        if not isinstance(page.size, Slot):
            return str(page.sized(page.size))
        if self._wanted.rows:
            return places.put(page.size, Kind.BIGINT, by=page.sized)
        places.check(page.size, page.sized)
        return ""

    def _put_bounds(self) -> list[str]:
        """The conditions that ``after`` and ``before`` set."""
        places, conditions = self._compiler.places, []
        for name, text, backward in (("after", self._page.after, False), ("before", self._page.before, True)):
            if text is None:
                continue
            reading = self._compiler.cursors.reading(self._order, (self._selection.key, name))
            if self._wanted.rows:
                values = [
                    places.put(text, step.key.kind, by=reading.value(n)) for n, step in enumerate(self._order.steps)
                ]
                conditions.append(self._order.beyond(self._alias, values, backward=backward))
            else:
                places.check(text, reading.value(0))
        return conditions

    # Rows ------------------------------------------------------------------------------------------------------------

    def _rows(self) -> str:
        """The page's rows under the type's own column names, with their rank where page info needs it."""
        alias, order = self._alias, self._order.clause(self._alias, backward=self._page.backward)
        where = " AND ".join([f"({self._where})", *self._between])
        limit = f"{self._size} + 1" if self._wanted.more else self._size
        rows = f"(SELECT {alias}.* FROM {self._type.table} {alias} WHERE {where} ORDER BY {order} LIMIT {limit})"
        if not (self._wanted.more or self._wanted.ends):
            return rows
        ranks = "row_number() OVER w AS _rank, lead(false, 1, true) OVER w AS _last"
        return f"(SELECT {alias}.*, {ranks} FROM {rows} {alias} WINDOW w AS (ORDER BY {order}))"

    def _listed(self, json: Json) -> Json:
        order = self._order.clause(self._alias, backward=False)
        listed = f"string_agg({text_sql(json)}, ',' ORDER BY {order}){self._only(self._within())}"
        return ("[", Sql(f"coalesce({listed}, '')"), "]")

    def _within(self) -> list[str]:
        """The condition that leaves out the row beyond the page, where it is read at all."""
        return [f"{self._alias}._rank <= {self._size}"] if self._wanted.more else []

    def _only(self, conditions: list[str]) -> str:
        return f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""

    def _edge(self, child: Selection) -> Json:
        match child.name:
            case "node":
                return self._compiler.object(self._type, child.children, self._alias)
            case "cursor":
                return ('"', Sql(self._cursor()), '"')
        return constant(f"{self._type.name}Edge")

    def _info(self, child: Selection) -> Json:
        backward = self._page.backward
        match child.name:
            case "hasNextPage" | "hasPreviousPage":
                if (child.name == "hasPreviousPage") == backward:
                    return (Sql(f"(count(*) > {self._size})::text"),)
                return constant((self._page.before if backward else self._page.after) is not None)
            case "startCursor" | "endCursor":
                nearest = (child.name == "startCursor") != backward
                return self._end_cursor(nearest=nearest)
        return constant("PageInfo")

    def _end_cursor(self, *, nearest: bool) -> Json:
        """The cursor of the page's first row in reading direction (``nearest``) or of its last; null on an empty page."""
        rank = f"{self._alias}._rank"
        if nearest:
            end = f"{rank} = 1"
        elif self._wanted.more:
            end = f"({rank} = {self._size} OR {self._alias}._last)"
        else:
            end = f"{self._alias}._last"
        only = self._only([*self._within(), end])
        return or_null(f"'\"' || max({self._cursor()}){only} || '\"'")

    def _cursor(self) -> str:
        """The row's cursor, byte for byte as ``Cursors.write`` makes it."""
        alias, compiler = self._alias, self._compiler
        *keys, _ = self._order.steps
        values: list[str | Sql] = []
        for step in keys:
            values += ["," if values else "[", *sort_value(step.key, alias)]
        array = f"convert_to({text_sql((*values, ']'))}, 'UTF8')" if keys else "'[]'::bytea"
        payload = f"uuid_send({alias}.id) || {array}"
        seal = compiler.places.put_secret(compiler.cursors.seal(self._order))
        signed = f"substr(sha256({seal} || {payload}), 1, 12) || {payload}"
        return url_safe(f"replace(encode({signed}, 'base64'), E'\\n', '')")
