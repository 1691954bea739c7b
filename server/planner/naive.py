"""Answers a selection with one SELECT per link, batched over all parents.

Plain by intention: this is the oracle that the compiled planner is held against.  Rows become Python values here, links
are followed level by level, and nothing is shared with the compiler but bindings, predicates and keys.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

from server.kit.clock import shown
from server.kit.errors import BadInput, NotFound
from server.kit.ids import NodeId
from server.planner.binding import (
    Catalogue,
    Column,
    Computed,
    Constant,
    Embedded,
    Grouping,
    Key,
    Link,
    Many,
    NodeKey,
    One,
    Paged,
    Shape,
    Type,
)
from server.planner.grouping import GROUPS_MOST, as_rows, wanted
from server.planner.keyset import ORDER_ARGUMENT, Cursors, Page, fixed_order, order_of, page_of
from server.planner.naive_groups import Group, expressions, grouped, passes
from server.planner.plan import Asked, AskedNodes
from server.planner.predicates import Filters, Parameters, joined, render, visible
from server.planner.scope import Scope
from server.planner.selection import Selection

#: Sends one statement with ``$n`` placeholders and returns its rows.
Fetch = Callable[[str, Sequence[object]], Awaitable[list[tuple[Any, ...]]]]

Row = Mapping[str, Any]


@dataclass(slots=True)
class _Reading:
    """The expressions that a SELECT must return, each once."""

    expressions: list[str] = field(default_factory=lambda: ["{t}.tenant_id", "{t}.id"])

    def need(self, expression: str) -> None:
        if expression not in self.expressions:
            self.expressions.append(expression)

    def sql(self, alias: str) -> str:
        return ", ".join(f"{one.replace('{t}', alias)} AS c{n}" for n, one in enumerate(self.expressions))

    def rows(self, rows: Sequence[tuple[Any, ...]], skip: int = 0) -> list[Row]:
        return [dict(zip(self.expressions, row[skip:], strict=True)) for row in rows]


class Naive:
    """One request's answers: the same scope and fetch for all its root fields."""

    def __init__(self, catalogue: Catalogue, scope: Scope, fetch: Fetch, cursors: Cursors) -> None:
        self._catalogue = catalogue
        self._scope = scope
        self._fetch = fetch
        self._cursors = cursors

    async def root(self, asked: Asked) -> Any:
        """The value of one root field, ready for JSON.

        Raises: BadInput for arguments outside their limits, NotFound for a required row that is not there.
        """
        root, selection = asked.root, asked.selection
        if root is None:
            return asked.constant
        type_, condition = self._catalogue.types[root.target], (asked.condition, asked.values)
        if root.grouping is not None:
            return await self._groups(root.grouping, type_, selection, condition)
        if root.shape is Shape.PAGE:
            pages = await self._pages(type_, selection, root.order, None, [()], condition)
            return pages[0]
        rows = await self._rows(type_, selection.children, None, [()], condition, root.key)
        if root.shape is Shape.LIST:
            return await self._objects(type_, rows[0], selection.children)
        # Arguments below are looked at whether or not there is a row.
        found = await self._objects(type_, rows[0][:1], selection.children)
        if not found and root.required:
            raise NotFound(path=(selection.key,))
        return found[0] if found else None

    async def nodes(self, asked: AskedNodes) -> list[Any]:
        """The objects with these node ids, in order; None for each that is not there for this caller."""
        values, cases = asked.values, asked.selection.cases
        ids = [NodeId(*one) for one in zip(values["tags"], values["tenants"], values["ids"], strict=True)]
        answers: dict[NodeId, Any] = {}
        for tag in asked.tags:
            type_ = self._catalogue.by_tag(tag)
            if type_ is None or type_.name not in cases:
                continue
            wanted = [one for one in ids if one.tag == tag]
            condition = (
                "({t}.tenant_id, {t}.id) IN (SELECT * FROM unnest(:tenants::int4[], :ids::uuid[]))",
                {"tenants": [one.tenant_id for one in wanted], "ids": [one.id for one in wanted]},
            )
            children = cases[type_.name]
            rows = (await self._rows(type_, children, None, [()], condition, None))[0]
            objects = await self._objects(type_, rows, children)
            for row, value in zip(rows, objects, strict=True):
                answers[NodeId(tag, row["{t}.tenant_id"], row["{t}.id"])] = value
        return [answers.get(one) for one in ids]

    # Groups ----------------------------------------------------------------------------------------------------------

    async def _groups(
        self, grouping: Grouping, type_: Type, selection: Selection, condition: tuple[str, Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """All rows read and grouped. Raises: BadInput for arguments outside their limits, and for too many groups."""
        asked, having, reading, parameters = (
            wanted(grouping, selection),
            selection.arguments.get("having"),
            _Reading(),
            Parameters(),
        )
        filters = Filters(self._catalogue, self._scope, Parameters())
        filters.condition(as_rows(grouping), having, "t", (selection.key, "having"))
        most = None if asked.first is None else asked.sized(asked.first)
        for expression in expressions(grouping, asked):
            reading.need(expression)
        where = f"{self._where(type_, None, condition, parameters)} AND {self._filter(type_, selection, parameters)}"
        sql = f"SELECT {reading.sql('t')} FROM {type_.table} t WHERE {where}"
        rows = reading.rows([] if self._scope.hides(type_) else await self._fetch(sql, parameters.values))
        groups = [one for one in grouped(grouping, asked, rows) if passes(having, one[1])]
        if most is None and len(groups) > GROUPS_MOST:
            raise BadInput(f"分组超过 {GROUPS_MOST} 个", path=(selection.key,))
        groups = groups[:most]
        keys = [await self._key(grouping, one.children, groups) for one in selection.asked("key")]
        answers = []
        for n, (_, measures, _) in enumerate(groups):
            shown = iter(keys)
            answers.append(
                {
                    one.key: next(shown)[n]
                    if one.name == "key"
                    else grouping.type
                    if one.name == "__typename"
                    else measures[one.name]
                    for one in selection.children
                }
            )
        return answers

    async def _key(
        self, grouping: Grouping, children: Sequence[Selection], groups: Sequence[Group]
    ) -> list[dict[str, Any]]:
        by_field = {key.field: (name, key) for name, key in grouping.keys.items()}
        shown: list[dict[str, Any]] = [{} for _ in groups]
        for child in children:
            name, key = by_field.get(child.name, ("", None))
            values: Sequence[Any]
            if child.name == "__typename":
                values = [grouping.key_type] * len(groups)
            elif key and key.target:
                target, link = self._catalogue.types[key.target], Link(key.target, ())
                parents = [(keys.get(name),) for keys, _, _ in groups]
                found = await self._rows(target, child.children, link, parents, ("true", {}), None)
                objects = iter(await self._objects(target, [row for one in found for row in one], child.children))
                values = [next(objects) if one else None for one in found]
            else:
                values = [_value(keys.get(name)) for keys, _, _ in groups]
            for one, value in zip(shown, values, strict=True):
                one[child.key] = value
        return shown

    # Rows ------------------------------------------------------------------------------------------------------------

    def _reading(self, type_: Type, children: Sequence[Selection]) -> _Reading:
        reading = _Reading()
        for child in children:
            binding = type_.fields.get(child.name)
            match binding:
                case Column():
                    reading.need(binding.sql)
                case Embedded():
                    reading.need(binding.present)
                    for part in child.children:
                        if part.name != "__typename":
                            reading.need(self._catalogue.embedded[binding.type][part.name].sql)
                case One(link) | Many(link) | Paged(link):
                    for ours, _ in link.on:
                        reading.need(f"{{t}}.{ours}")
        return reading

    async def _rows(
        self,
        type_: Type,
        children: Sequence[Selection],
        link: Link | None,
        parents: Sequence[tuple[Any, ...]],
        condition: tuple[str, Mapping[str, Any]],
        key: Key | None,
    ) -> list[list[Row]]:
        """For each parent (a tuple of tenant and link columns) the linked rows, in order."""
        if self._scope.hides(type_):
            return [[] for _ in parents]
        reading, parameters = self._reading(type_, children), Parameters()
        source = self._source(link, parents, parameters)
        where = self._where(type_, link, condition, parameters)
        ordering = fixed_order(type_, key).clause("t", backward=False)
        sql = f"SELECT p.n, {reading.sql('t')} FROM {source} JOIN {type_.table} t ON {where} ORDER BY p.n, {ordering}"
        groups: list[list[Row]] = [[] for _ in parents]
        fetched = await self._fetch(sql, parameters.values)
        for raw, row in zip(fetched, reading.rows(fetched, skip=1), strict=True):
            groups[raw[0] - 1].append(row)
        return groups

    def _source(self, link: Link | None, parents: Sequence[tuple[Any, ...]], parameters: Parameters) -> str:
        if link is None:
            return "(SELECT 1 AS n) p"
        columns = ["tenant_id", *(ours for ours, _ in link.on)]
        kinds = ["int4", *("uuid" for _ in link.on)]
        arrays = ", ".join(
            f"{parameters.put([parent[n] for parent in parents])}::{kind}[]" for n, kind in enumerate(kinds)
        )
        return f"unnest({arrays}) WITH ORDINALITY AS p({', '.join([*columns, 'n'])})"

    def _where(
        self, type_: Type, link: Link | None, condition: tuple[str, Mapping[str, Any]], parameters: Parameters
    ) -> str:
        parts = [render(condition[0], "t", condition[1], parameters), visible(type_, "t", self._scope, parameters)]
        if link is not None:
            parts.append(joined(link, "p", "t"))
        return " AND ".join(f"({part})" for part in parts)

    # Objects ---------------------------------------------------------------------------------------------------------

    async def _objects(self, type_: Type, rows: Sequence[Row], children: Sequence[Selection]) -> list[dict[str, Any]]:
        """The rows as objects with the children's response keys, links followed."""
        columns = [await self._field(type_, rows, child) for child in children]
        return [
            {child.key: values[n] for child, values in zip(children, columns, strict=True)} for n in range(len(rows))
        ]

    async def _field(self, type_: Type, rows: Sequence[Row], child: Selection) -> list[Any]:
        if child.name == "__typename":
            return [type_.name] * len(rows)
        binding = type_.fields[child.name]
        match binding:
            case Column(sql):
                return [_value(row[sql]) for row in rows]
            case NodeKey() | Computed():
                return [str(NodeId(type_.tag or 0, row["{t}.tenant_id"], row["{t}.id"])) for row in rows]
            case Constant(value):
                return [value] * len(rows)
            case Embedded():
                return [self._embedded(binding, row, child) for row in rows]
            case One(link) | Many(link) | Paged(link):
                parents = [(row["{t}.tenant_id"], *(row[f"{{t}}.{ours}"] for ours, _ in link.on)) for row in rows]
                target = self._catalogue.types[link.target]
                if isinstance(binding, Paged):
                    return await self._pages(target, child, binding.order, link, parents, ("true", {}))
                key = binding.order if isinstance(binding, Many) else None
                groups = await self._rows(target, child.children, link, parents, ("true", {}), key)
                objects = iter(await self._objects(target, [row for group in groups for row in group], child.children))
                lists = [[next(objects) for _ in group] for group in groups]
                return lists if isinstance(binding, Many) else [one[0] if one else None for one in lists]
        raise TypeError(f"{type_.name}.{child.name}: no binding")

    def _embedded(self, binding: Embedded, row: Row, child: Selection) -> dict[str, Any] | None:
        if not row[binding.present]:
            return None
        columns = self._catalogue.embedded[binding.type]
        return {
            part.key: binding.type if part.name == "__typename" else _value(row[columns[part.name].sql])
            for part in child.children
        }

    # Connections -----------------------------------------------------------------------------------------------------

    async def _pages(
        self,
        type_: Type,
        child: Selection,
        default_order: str,
        link: Link | None,
        parents: Sequence[tuple[Any, ...]],
        condition: tuple[str, Mapping[str, Any]],
    ) -> list[dict[str, Any]]:
        """For each parent its connection: edges, nodes, pageInfo, totalCount, as far as they are asked for."""
        path = (child.key,)
        page = page_of(child.arguments, path)
        size = page.sized(page.size)
        order = order_of(type_, child.arguments.get(ORDER_ARGUMENT), default_order)
        parts = [node for edge in child.asked("edges") for node in edge.asked("node")] + list(child.asked("nodes"))
        reading, parameters = self._reading(type_, [grand for part in parts for grand in part.children]), Parameters()
        for expression in (step.key.sql for step in order.steps):
            reading.need(f"({expression})::text")
        source = self._source(link, parents, parameters)
        where = [self._where(type_, link, condition, parameters), self._filter(type_, child, parameters)]
        for bound, text, backward in (("after", page.after, False), ("before", page.before, True)):
            if text is not None:
                values = self._cursors.read(order, (*path, bound), text)
                places = [parameters.put(one, step.key.kind) for one, step in zip(values, order.steps, strict=True)]
                where.append(order.beyond("t", places, backward=backward))
        inner = (
            f"SELECT {reading.sql('t')}, row_number() OVER (ORDER BY {order.clause('t', backward=page.backward)}) "
            f"AS rank FROM {type_.table} t WHERE {' AND '.join(where)} ORDER BY rank LIMIT {parameters.put(size + 1)}"
        )
        sql = f"SELECT p.n, s.* FROM {source} CROSS JOIN LATERAL ({inner}) s ORDER BY p.n, s.rank"
        groups: list[list[Row]] = [[] for _ in parents]
        hidden = self._scope.hides(type_)
        fetched = [] if hidden else await self._fetch(sql, parameters.values)
        for raw, row in zip(fetched, reading.rows([raw[1:-1] for raw in fetched]), strict=True):
            groups[raw[0] - 1].append(row)
        totals = await self._totals(type_, child, link, parents, condition) if child.asked("totalCount") else None
        cut = [(group[:size][:: -1 if page.backward else 1], len(group) > size) for group in groups]
        flat = [row for rows, _ in cut for row in rows]
        objects = [iter(await self._objects(type_, flat, part.children)) for part in parts]
        answers = []
        for n, (rows, more) in enumerate(cut):
            nodes = [[next(one) for _ in rows] for one in objects]
            cursors = [
                self._cursors.write(order, [row[f"({step.key.sql})::text"] for step in order.steps]) for row in rows
            ]
            total = totals[n] if totals else None
            answers.append(_connection(type_.name, child, page, nodes, cursors, more=more, total=total))
        return answers

    def _filter(self, type_: Type, child: Selection, parameters: Parameters) -> str:
        filters = Filters(self._catalogue, self._scope, parameters)
        condition = filters.condition(type_, child.arguments.get("filter"), "t", (child.key, "filter"))
        return f"({condition})"

    async def _totals(
        self,
        type_: Type,
        child: Selection,
        link: Link | None,
        parents: Sequence[tuple[Any, ...]],
        condition: tuple[str, Mapping[str, Any]],
    ) -> list[int]:
        if self._scope.hides(type_):
            return [0] * len(parents)
        parameters = Parameters()
        source = self._source(link, parents, parameters)
        where = f"{self._where(type_, link, condition, parameters)} AND {self._filter(type_, child, parameters)}"
        sql = f"SELECT p.n, (SELECT count(*) FROM {type_.table} t WHERE {where}) FROM {source} ORDER BY p.n"
        return [count for _, count in await self._fetch(sql, parameters.values)]


def _connection(
    name: str,
    child: Selection,
    page: Page,
    nodes: Sequence[list[dict[str, Any]]],
    cursors: Sequence[str],
    *,
    more: bool,
    total: int | None,
) -> dict[str, Any]:
    info = {
        "__typename": "PageInfo",
        "hasNextPage": page.before is not None if page.backward else more,
        "hasPreviousPage": more if page.backward else page.after is not None,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }

    shaped = iter(nodes)  # in the order in which ``edges.node`` and then ``nodes`` were asked
    answer: dict[str, Any] = {one.key: None for one in child.children}
    for part in child.asked("edges"):
        edges: list[dict[str, Any]] = [{} for _ in cursors]
        for one in part.children:
            values: Sequence[Any] = (
                next(shaped)
                if one.name == "node"
                else cursors
                if one.name == "cursor"
                else [f"{name}Edge"] * len(edges)
            )
            for edge, value in zip(edges, values, strict=True):
                edge[one.key] = value
        answer[part.key] = edges
    for part in child.asked("nodes"):
        answer[part.key] = next(shaped)
    for part in child.asked("pageInfo"):
        answer[part.key] = {one.key: info[one.name] for one in part.children}
    for part in child.asked("totalCount"):
        answer[part.key] = total
    for part in child.asked("__typename"):
        answer[part.key] = f"{name}Connection"
    return answer


def _value(value: Any) -> Any:
    """A database value as the API's scalars show it."""
    match value:
        case datetime():
            return shown(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Decimal():
            return format(value, "f")
        case float() if not isfinite(value):
            return None
        case _:
            return value
