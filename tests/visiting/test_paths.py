"""Every planned type by every path of the schema, for every role and two districts: lists, ids, links, filters, orders.

The paths are made from the schema, so a new type or field is visited on the day it is declared.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType, is_required_argument

from schema.contract import bindings, graphql_schema
from server.kit.actor import MUNICIPALITY
from server.kit.ids import NodeId, new_id
from server.planner.binding import Many, One, Paged, Related, Shape, Type
from tests.driving import Reply
from tests.visiting.conftest import NAMES, TENANTS
from tests.visiting.world import HOME, OTHER, Visitor, World

CATALOGUE = bindings()
NODES = {name: one for name, one in CATALOGUE.types.items() if "id" in one.fields}
LISTS = {name: root for name, root in CATALOGUE.roots.items() if root.shape is Shape.PAGE}
GROUPS = {name: root for name, root in CATALOGUE.roots.items() if root.shape is Shape.GROUPS}
_QUERY = graphql_schema().query_type
ARGUMENTS = {name: field.args for name, field in _QUERY.fields.items()} if _QUERY else {}
#: How many objects of each kind are looked at.
FEW = 2
#: On the long ways every visitor goes to each so many-th type, the next visitor to the next: in the end every type is met by
#: visitors of every kind, and every role meets other types in either district.  1 sends everybody everywhere.
TURNS = int(os.environ.get("SHEQU_TURNS", "3"))

Key = tuple[int, UUID]


def in_turn(visitor: Visitor, names: Iterable[str]) -> list[str]:
    """The types, or root fields, whose turn it is for this visitor."""
    mine = NAMES.index(visitor.name)
    return [name for place, name in enumerate(names) if (place + mine) % TURNS == 0]


def leaves(type_: Type) -> str:
    """What tells one object of the type from another."""
    return "__typename id" if type_.name in NODES else "__typename"


def selected(binding: Any, inner: str) -> str:
    """What stands behind a field that leads to other rows."""
    return f"(first: 100) {{ totalCount nodes {{ {inner} }} }}" if isinstance(binding, Paged) else f"{{ {inner} }}"


def links(type_: Type) -> Iterator[tuple[str, One | Many | Paged, Type]]:
    """The fields of a type that lead to other rows, and where to."""
    for name, binding in type_.fields.items():
        if isinstance(binding, One | Many | Paged):
            yield name, binding, CATALOGUE.types[binding.link.target]


def found(reply: Reply, *path: str) -> Any:
    """The value at this path of a response without errors."""
    value = reply.data
    for name in path:
        value = value[name]
    return value


def told_of(value: Any) -> Iterator[tuple[str, str]]:
    """Every object of a response that has an id: its type and id."""
    if isinstance(value, dict):
        if "id" in value:
            yield value["__typename"], value["id"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from told_of(one)


def only_visible(world: World, visitor: Visitor, value: Any) -> None:
    """Every object of the response is one that the visitor may see."""
    for type_, text in told_of(value):
        node = NodeId.parse(text)
        row = world.rows[type_][node.tenant_id, node.id]
        assert world.sees(visitor, type_, row), f"{visitor.name} was shown {type_} {row}"


def picked(world: World, visitor: Visitor, type_: str) -> list[Key]:
    """A few objects that the visitor sees, a few of the own district that are hidden, and of either district's others."""
    keys = sorted(world.rows[type_])
    seen = [key for key in keys if world.sees(visitor, type_, world.rows[type_][key])]
    mine = set(seen)
    hidden = [key for key in keys if key not in mine]
    some = seen[:FEW] + hidden[:FEW]
    for tenant in (TENANTS[HOME], TENANTS[OTHER], MUNICIPALITY):
        for among in (seen, hidden):
            some += [key for key in among if key[0] == tenant][:FEW]
    return list(dict.fromkeys(some))


async def pages(visitor: Visitor, root: str, arguments: str, **variables: Any) -> tuple[set[str], int]:
    """The ids of all pages of a root list, each met once, and its total."""
    ids: list[str] = []
    after, total = None, 0
    while True:
        text = (
            f"query($after: String) {{ {root}(first: 100, after: $after{arguments}) {{ totalCount"
            " pageInfo { hasNextPage endCursor } nodes { __typename id } } }"
        )
        page = found(await visitor.client(text, after=after, **variables), root)
        ids += [one["id"] for one in page["nodes"]]
        total, after = page["totalCount"], page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(ids) == len(set(ids)) == total
            return set(ids), total


def names_district(root: str) -> bool:
    """Whether the list is always that of one district."""
    return "district" in ARGUMENTS[root] and is_required_argument(ARGUMENTS[root]["district"])


def may_name(visitor: Visitor, tenant: int) -> bool:
    """Whether the visitor may ask for a list of this tenant: everybody without a token, else who has rights there."""
    return visitor.name == "nobody" or visitor.is_municipal or tenant in {one.tenant for one in visitor.held}


def one_list(visitor: Visitor, root: str) -> tuple[str, int | None]:
    """How the visitor asks for a list of few rows: its argument, and the tenant it names."""
    if visitor.is_municipal or (names_district(root) and not visitor.held):
        return (f', district: "{HOME}"', TENANTS[HOME]) if "district" in ARGUMENTS[root] else ("", None)
    if names_district(root):
        code = next(code for code, tenant in TENANTS.items() if tenant == visitor.home)
        return f', district: "{code}"', visitor.home
    return "", None


def test_every_list_of_the_schema_is_visited() -> None:
    """Who adds a list that asks for more than a district says here how it is visited."""
    for name in (*LISTS, *GROUPS):
        needed = {one for one, argument in ARGUMENTS[name].items() if is_required_argument(argument)}
        assert needed <= {"district", "groupBy"}, name


def test_by_turns_every_type_is_met_from_every_side() -> None:
    """No type is spared because of who comes when: every place of the turn is taken by officials, city and public alike."""
    for kind in (f"@{HOME}", f"@{OTHER}", "MUNICIPAL_"):
        assert {NAMES.index(name) % TURNS for name in NAMES if kind in name} == set(range(TURNS))


async def test_a_root_list_shows_the_visitors_rows_and_counts_no_others(visitor: Visitor, world: World) -> None:
    for name, root in LISTS.items():
        if not names_district(name):
            ids, _ = await pages(visitor, name, "")
            assert ids == world.nodes(root.target, world.visible(visitor, root.target))
        for district in (HOME, OTHER, "beijing") if "district" in ARGUMENTS[name] else ():
            tenant = TENANTS[district]
            if may_name(visitor, tenant):
                ids, _ = await pages(visitor, name, f', district: "{district}"')
                assert ids == world.nodes(root.target, world.visible(visitor, root.target, tenant))
            else:
                reply = await visitor.client(f'{{ {name}(district: "{district}") {{ totalCount }} }}')
                assert reply.codes == ["FORBIDDEN"]


async def test_groups_count_the_visitors_rows_and_no_others(visitor: Visitor, world: World) -> None:
    for name, root in GROUPS.items():
        for district in ("", HOME, OTHER):
            tenant = TENANTS[district] if district else None
            named = f', district: "{district}"' if district else ""
            assert root.grouping is not None
            for by in ("", *root.grouping.keys):
                reply = await visitor.client(f"{{ {name}(groupBy: [{by}]{named}) {{ count }} }}")
                if tenant is None or may_name(visitor, tenant):
                    wanted = len(world.visible(visitor, root.target, tenant))
                    assert sum(one["count"] for one in found(reply, name)) == wanted
                else:
                    assert reply.codes == ["FORBIDDEN"]


async def test_a_short_root_list_is_published_to_everybody(visitor: Visitor, world: World) -> None:
    for name, root in CATALOGUE.roots.items():
        if root.shape is Shape.LIST:
            shown = found(await visitor.client(f"{{ {name} {{ {leaves(CATALOGUE.types[root.target])} }} }}"), name)
            wanted = world.visible(visitor, root.target)
            if name == "districts":
                wanted = {key for key in wanted if key[0] != MUNICIPALITY}
            assert len(shown) == len(wanted)
            if root.target in NODES:
                assert {one["id"] for one in shown} == world.nodes(root.target, wanted)


async def test_an_object_is_read_by_its_id_by_those_who_see_it_alone(visitor: Visitor, world: World) -> None:
    for name, type_ in NODES.items():
        keys = picked(world, visitor, name)
        wanted = [(world.node(name, key), world.sees(visitor, name, world.rows[name][key])) for key in keys]
        wanted += [(str(NodeId(type_.tag or 0, TENANTS[district], new_id())), False) for district in (HOME, OTHER)]
        for batch in (wanted[start : start + 100] for start in range(0, len(wanted), 100)):
            text = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
            shown = found(await visitor.client(text, ids=[node for node, _ in batch]), "nodes")
            assert [one and one["id"] for one in shown] == [node if seen else None for node, seen in batch]
        for node, seen in wanted[:FEW]:
            by_id = [one for one, root in CATALOGUE.roots.items() if root.target == name and "id" in ARGUMENTS[one]]
            for root in ("node", *by_id):
                reply = await visitor.client(f"query($id: ID!) {{ {root}(id: $id) {{ id }} }}", id=node)
                assert (reply.body["data"] or {}).get(root) == ({"id": node} if seen else None)
                assert reply.codes == ([] if seen else ["NOT_FOUND"])


async def test_a_link_leads_to_rows_that_the_visitor_sees_and_counts_no_others(visitor: Visitor, world: World) -> None:
    for name in in_turn(visitor, NODES):
        type_ = NODES[name]
        for key in picked(world, visitor, name):
            row = world.rows[name][key]
            asked = " ".join(f"{field} {selected(one, leaves(end))}" for field, one, end in links(type_))
            if not asked or not world.sees(visitor, name, row):
                continue
            text = f"query($id: ID!) {{ node(id: $id) {{ __typename ... on {name} {{ id {asked} }} }} }}"
            node = found(await visitor.client(text, id=world.node(name, key)), "node")
            only_visible(world, visitor, node)
            for field, binding, end in links(type_):
                wanted = world.beyond(visitor, binding.link, row)
                shown = node[field]
                if isinstance(binding, Paged):
                    assert shown["totalCount"] == len(wanted), (visitor.name, name, field)
                    shown = shown["nodes"]
                elif isinstance(binding, One):
                    shown = [shown] if shown else []
                    wanted = set(sorted(wanted)[:1])
                assert len(shown) == min(100, len(wanted)), (visitor.name, name, field)
                if end.name in NODES:
                    assert {one["id"] for one in shown} <= world.nodes(end.name, wanted)


async def test_two_links_lead_no_further_than_one(visitor: Visitor, world: World) -> None:
    for name in in_turn(visitor, NODES):
        type_ = NODES[name]
        for key in picked(world, visitor, name)[: 2 * FEW]:
            if not world.sees(visitor, name, world.rows[name][key]):
                continue
            for field, binding, end in links(type_):
                further = " ".join(f"{one} {selected(b, leaves(e))}" for one, b, e in links(end))
                inner = f"{leaves(end)} {further}"
                text = (
                    f"query($id: ID!) {{ node(id: $id) {{ __typename ... on {name} {{ {field}"
                    f" {selected(binding, inner).replace('100', '5')} }} }} }}"
                )
                reply = await visitor.client(text, id=world.node(name, key))
                only_visible(world, visitor, reply.data)


async def test_a_filter_tells_nothing_of_hidden_rows(visitor: Visitor, world: World) -> None:
    for name in in_turn(visitor, LISTS):
        root = LISTS[name]
        type_ = CATALOGUE.types[root.target]
        if visitor.name == "nobody known" and names_district(name):
            continue
        named, tenant = one_list(visitor, name)
        text = f"query($f: {type_.name}Filter) {{ {name}(first: 100, filter: $f{named}) {{ totalCount }} }}"
        filter_type = graphql_schema().type_map.get(f"{type_.name}Filter")
        if not isinstance(filter_type, GraphQLInputObjectType):
            continue
        negated = "not" in filter_type.fields
        mine = world.visible(visitor, root.target, tenant)
        rows = world.rows[root.target]
        hidden = sorted(world.nodes(root.target, list(rows.keys() - mine)[:40]))
        if "id" in type_.filters:
            assert found(await visitor.client(text, f={"id": {"in": hidden}}), name, "totalCount") == 0
            if negated:
                by_id = {"not": {"id": {"in": hidden}}}
                assert found(await visitor.client(text, f=by_id), name, "totalCount") == len(mine)
        for operand, binding in type_.filters.items():
            if isinstance(binding, Related):
                some = {key for key in mine if world.beyond(visitor, binding.link, rows[key])}
                with_any = found(await visitor.client(text, f={operand: {}}), name, "totalCount")
                assert with_any == len(some), (visitor.name, name, operand)
                if negated:
                    without = found(await visitor.client(text, f={"not": {operand: {}}}), name, "totalCount")
                    assert without == len(mine - some), (visitor.name, name, operand)
                end = CATALOGUE.types[binding.link.target]
                if "id" in end.filters:
                    foreign = world.rows[end.name].keys() - world.visible(visitor, end.name, tenant)
                    by_id = {operand: {"id": {"in": sorted(world.nodes(end.name, list(foreign)[:40]))}}}
                    assert found(await visitor.client(text, f=by_id), name, "totalCount") == 0


async def test_an_order_changes_the_order_and_nothing_else(visitor: Visitor, world: World) -> None:
    if not visitor.held:
        return
    for name in in_turn(visitor, LISTS):
        root = LISTS[name]
        named, tenant = one_list(visitor, name)
        mine = world.nodes(root.target, world.visible(visitor, root.target, tenant))
        for field in CATALOGUE.types[root.target].orders:
            for direction in ("ASC", "DESC"):
                order = f", orderBy: [{{field: {field}, direction: {direction}}}]"
                ids, _ = await pages(visitor, name, named + order)
                assert ids == mine


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_of_somebody_elses_list_opens_nothing(
    name: str, visitors: dict[str, Visitor], world: World
) -> None:
    theirs = visitors[f"DISTRICT_ADMINISTRATOR@{OTHER}"]
    reply = await theirs.client(f'{{ {name}(first: 1, district: "{OTHER}") {{ pageInfo {{ endCursor }} }} }}')
    cursor = found(reply, name, "pageInfo", "endCursor")
    if cursor is None:
        assert not world.visible(theirs, CATALOGUE.roots[name].target, TENANTS[OTHER])
        return
    for visitor in visitors.values():
        if visitor.held:
            named, _ = one_list(visitor, name)
            text = f"query($c: String) {{ {name}(first: 100, after: $c{named}) {{ nodes {{ __typename id }} }} }}"
            only_visible(world, visitor, (await visitor.client(text, c=cursor)).data)
