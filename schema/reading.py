"""Reading through the planner: on whose behalf each root field is read, and with which compiled statement.

A statement is kept by what its text depends on: the operation and the shape of its variables (an ``Outline``), the caller's
roles, and the conditions that the root fields' arguments make.  District and values are no part of it.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from schema.lookahead import TYPENAME, VARIABLES, Operation, Outline
from schema.within import TENANT
from server.kit.errors import BadInput, NotFound, RequestFailed
from server.kit.ids import NodeId
from server.kit.kept import Kept
from server.planner.binding import Catalogue, Root, Shape
from server.planner.compiling import compile_plan
from server.planner.grouping import GROUPS_MOST
from server.planner.keyset import GROUPS_ARGUMENTS, PAGE_ARGUMENTS, Cursors
from server.planner.plan import Asked, AskedNodes, Plan, missing, values_of
from server.planner.predicates import text_of
from server.planner.scope import Scope
from server.planner.selection import Selection
from server.planner.slots import Wire, fill, filler

if TYPE_CHECKING:
    from schema.access import Request

#: The root fields that read any object by its id.
NODE, NODES = "node", "nodes"
NODES_MOST = 100

_PLANS_KEPT = 4000

#: The arguments that the planner itself gives a meaning to, by shape.
_OWN_ARGUMENTS = {Shape.PAGE: PAGE_ARGUMENTS, Shape.GROUPS: GROUPS_ARGUMENTS}

Variables = Mapping[str, Any]


class Statement(NamedTuple):
    """A statement ready to be sent: on which database role, with which parameters."""

    db_role: str
    plan: Plan
    parameters: Sequence[Wire]


class Plans:
    """The compiled statements of one process, and the outlines they were compiled from."""

    def __init__(self, catalogue: Catalogue, cursors: Cursors) -> None:
        self._catalogue = catalogue
        self._cursors = cursors
        self._outlines: Kept[Hashable, Outline] = Kept(_PLANS_KEPT)
        self._plans: Kept[Hashable, Plan] = Kept(_PLANS_KEPT)

    def outline(self, operation: Operation, variables: Variables, shape: Hashable) -> Outline:
        """What the operation asks for with variables of this shape. Raises: GraphQLError."""
        latest = operation.latest
        if latest is not None and latest[0] == shape:
            return latest[1]
        outline = self._outlines.get((operation, shape), lambda: operation.outline(variables))
        operation.latest = (shape, outline)
        return outline

    def plan(
        self, outline: Hashable, part: Hashable, roles: frozenset[str], asked: Sequence[Asked | AskedNodes]
    ) -> Plan:
        """The statement for these root fields; ``part`` says which part of the outline they are.

        Raises: BadInput.
        """
        key = (outline, part, roles, tuple([one.signature for one in asked]))
        return self._plans.get(key, lambda: compile_plan(self._catalogue, roles, self._cursors, asked))

    def whole(self, outline: Outline, roles: frozenset[str], conditions: Sequence[str]) -> Plan:
        """The statement for all root fields of an outline, with the conditions of their arguments. Raises: BadInput."""
        plans, latest_roles, latest_conditions, plan = outline.latest
        if plans is self and latest_roles == roles and latest_conditions == conditions:
            known: Plan = plan
            return known
        asked = [
            Asked(one.selection, one.root, condition) for one, condition in zip(outline.places, conditions, strict=True)
        ]
        made = self.plan(outline, outline.keys, roles, asked)
        outline.latest = (self, roles, conditions, made)
        return made


class _Place(NamedTuple):
    """A root field as far as it is known before a request comes: how to fill its arguments, and what they may name."""

    selection: Selection
    root: Root
    arguments: Sequence[tuple[str, Callable[[Variables], Any]]]
    in_district: bool
    by_id: bool


def at_hand(request: "Request", outline: Outline, variables: Variables) -> tuple[str, Plan, Sequence[Wire]] | None:
    """The statement of all root fields, as ``statement_of`` gives it, where nothing need be read first.

    None where something must: then, as where the fields are read on different scopes, ``statement_of`` says.
    Raises: RequestFailed, GraphQLError.
    """
    places = outline.places
    if places is None:
        places = outline.places = _places(request.engine.catalogue, outline)
    scope: Scope | None = None
    conditions: list[str] = []
    roots: list[Mapping[str, Any]] = []
    values = {VARIABLES: variables, "roots": roots}
    for selection, root, fillers, in_district, by_id in places:
        arguments = {name: filled(values) for name, filled in fillers}
        tenant: int | None = None
        if in_district and arguments["district"] is not None:
            tenant = request.engine.directory.known(arguments["district"])
            if tenant is None:
                return None
            arguments[TENANT] = tenant
        elif by_id:
            tenant = request.known_tenant(NodeId.parse(arguments["id"], path=(selection.key, "id")))
        here = request.known_scope(tenant)
        if here is None or (scope is not None and scope != here):
            return None
        scope = here
        condition, own = _condition(selection, root, arguments)
        conditions.append(condition)
        roots.append(own)
    if scope is None:
        return None
    plan = request.engine.plans.whole(outline, scope.roles, conditions)
    values["scope"] = scope.values
    return scope.db_role, *plan.bound(values)


def _places(catalogue: Catalogue, outline: Outline) -> Sequence[_Place]:
    """Of each root field; of none where one of them names no rows of one type by itself."""
    places = []
    for selection in outline.roots:
        root = catalogue.roots.get(selection.name)
        if root is None:
            return ()
        own = _OWN_ARGUMENTS.get(root.shape, ())
        given = {name: filler(one) for name, one in selection.arguments.items() if name not in own}
        in_district = root.shape in _OWN_ARGUMENTS and "district" in given
        places.append(_Place(selection, root, tuple(given.items()), in_district, "id" in given))
    return places


def _condition(selection: Selection, root: Root, arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The condition of a root field's arguments, and the values it names. Raises: RequestFailed."""
    condition, values = root.arguments(arguments)
    for name, value in values.items():
        if isinstance(value, str) and not (value.isascii() and "\0" not in value):
            text_of((selection.key, name), value)
    return condition, values


async def statement_of(
    request: "Request", outline: Outline, selections: Sequence[Selection], variables: Variables
) -> Statement | None:
    """One statement for these root fields; None where they are read on different scopes, or on none.

    Raises: RequestFailed for arguments outside their limits and for rights that the caller does not have.
    """
    scope: Scope | None = None
    asked: list[Asked | AskedNodes] = []
    for selection in selections:
        if selection.name == TYPENAME:
            asked.append(Asked(selection, None, constant=outline.root_name))
            continue
        parts = await placed(request, selection, variables)
        if len(parts) != 1 or scope not in (None, parts[0][0]):
            return None
        scope, one = parts[0]
        asked.append(one)
    if scope is None:
        return None
    keys = outline.keys if selections is outline.roots else tuple([one.key for one in selections])
    return _bound(request, outline, keys, scope, asked, variables)


async def send(request: "Request", statement: Statement) -> tuple[bytes, list[int]]:
    """The answer to a statement, and the numbers of the root fields whose required row was not found."""
    db_role, plan, parameters = statement
    return missing(plan.answer(await request.engine.lanes.ask(db_role, plan.sql, parameters)))


async def read_root(request: "Request", outline: Outline, key: str, variables: Variables) -> Any:
    """The value of one planned root field, ready for JSON. Raises: GraphQLError, RequestFailed."""
    selection = outline.root(key)
    if selection.name == NODES:
        ids = _ids(selection, variables)
        return await read_nodes(request, outline, (key,), selection, ids, variables)
    statement = await statement_of(request, outline, [selection], variables)
    assert statement is not None  # one root field is read on one scope
    answer, lacking = await send(request, statement)
    if lacking:
        raise unanswered(request, selection)
    return orjson.Fragment(answer[len(key) + len('{"":') : -len("}")])


def unanswered(request: "Request", selection: Selection) -> RequestFailed:
    """Why this root field has no answer, where the statement marks it so."""
    root = request.engine.catalogue.roots.get(selection.name)
    if root is None or root.shape is not Shape.GROUPS:
        return NotFound(path=(selection.key,))
    return BadInput(
        f"分组超过 {GROUPS_MOST} 个：请减少 groupBy 的字段、收窄 filter 或 having，或用 first 只取前若干组",
        path=(selection.key,),
    )


async def read_nodes(
    request: "Request",
    outline: Hashable,
    part: Hashable,
    selection: Selection,
    ids: Sequence[NodeId],
    variables: Variables,
) -> list[Any]:
    """The objects with these ids, each read on the scope that its tenant calls for; None for each that is not there.

    ``selection`` holds a case for each type that may be among them.
    """
    objects: list[Any] = [None] * len(ids)
    for scope, places in await _by_scope(request, ids):
        asked = _asked_nodes(selection, [ids[n] for n in places])
        statement = _bound(request, outline, part, scope, [asked], variables)
        answer, _ = await send(request, statement)
        (found,) = orjson.loads(answer).values()
        for n, one in zip(places, found, strict=True):
            objects[n] = one
    return objects


async def sees(request: "Request", node: NodeId) -> bool:
    """Whether the caller reads the object with this id, by the row rules of its type."""
    type_ = request.engine.catalogue.by_tag(node.tag)
    if type_ is None:
        return False
    scope = await request.scope(request.known_tenant(node))
    there = Selection(NODES, NODES, cases={type_.name: (Selection(TYPENAME, TYPENAME),)})
    asked = [_asked_nodes(there, [node])]
    plan = compile_plan(request.engine.catalogue, scope.roles, request.engine.cursors, asked)
    answer, _ = await send(request, Statement(scope.db_role, *plan.bound(values_of(asked, scope.values, {}))))
    return orjson.loads(answer) != {NODES: [None]}


def _bound(
    request: "Request",
    outline: Hashable,
    part: Hashable,
    scope: Scope,
    asked: Sequence[Asked | AskedNodes],
    variables: Variables,
) -> Statement:
    plan = request.engine.plans.plan(outline, part, scope.roles, asked)
    return Statement(scope.db_role, *plan.bound(values_of(asked, scope.values, {VARIABLES: variables})))


# On whose behalf -----------------------------------------------------------------------------------------------------


async def placed(
    request: "Request", selection: Selection, variables: Variables
) -> Sequence[tuple[Scope, Asked | AskedNodes]]:
    """The root field with its conditions, and the scope it is read on; several, where it reads objects of several."""
    if selection.name == NODES:
        ids = _ids(selection, variables)
        parts = await _by_scope(request, ids)
        return [(scope, _asked_nodes(selection, [ids[n] for n in places])) for scope, places in parts]
    if selection.name == NODE:
        return [await _node(request, selection, variables)]
    root = request.engine.catalogue.roots[selection.name]
    arguments = _filled(selection, variables, _OWN_ARGUMENTS.get(root.shape, ()))
    tenant: int | None = None
    if root.shape in _OWN_ARGUMENTS and arguments.get("district") is not None:
        tenant = await request.engine.directory.find(arguments["district"])
        if tenant is None:
            raise BadInput(f"没有代码为“{arguments['district'][:40]}”的辖区", path=(selection.key, "district"))
        arguments[TENANT] = tenant
    elif "id" in arguments:
        tenant = request.known_tenant(NodeId.parse(arguments["id"], path=(selection.key, "id")))
    condition, values = _condition(selection, root, arguments)
    scope = request.known_scope(tenant) or await request.scope(tenant)
    return [(scope, Asked(selection, root, condition, values))]


async def _node(request: "Request", selection: Selection, variables: Variables) -> tuple[Scope, Asked]:
    node = NodeId.parse(_filled(selection, variables)["id"])
    scope = await request.scope(request.known_tenant(node))
    type_ = request.engine.catalogue.by_tag(node.tag)
    if type_ is None or type_.name not in selection.cases:
        raise NotFound(path=(selection.key,))
    root = Root(type_.name, Shape.ONE, required=True, unique=True)
    as_type = Selection(selection.key, selection.name, {}, selection.cases[type_.name])
    return scope, Asked(as_type, root, _BY_ID, {"tenant": node.tenant_id, "id": node.id})


_BY_ID = "{t}.tenant_id = :tenant AND {t}.id = :id"


def _ids(selection: Selection, variables: Variables) -> list[NodeId]:
    texts = _filled(selection, variables)["ids"]
    if len(texts) > NODES_MOST:
        raise BadInput(f"ids 最多 {NODES_MOST} 个，实际为 {len(texts)} 个", path=("ids",))
    return [NodeId.parse(text, path=("ids", n)) for n, text in enumerate(texts)]


async def _by_scope(request: "Request", ids: Sequence[NodeId]) -> list[tuple[Scope, list[int]]]:
    """The places of the ids in their list, by the scope each is read on."""
    parts: list[tuple[Scope, list[int]]] = []
    for n, node in enumerate(ids):
        scope = await request.scope(request.known_tenant(node))
        for known, places in parts:
            if known is scope or known == scope:
                places.append(n)
                break
        else:
            parts.append((scope, [n]))
    return parts


def _asked_nodes(selection: Selection, ids: Sequence[NodeId]) -> AskedNodes:
    return AskedNodes(
        selection,
        frozenset([one.tag for one in ids]),
        {"tags": [one.tag for one in ids], "tenants": [one.tenant_id for one in ids], "ids": [one.id for one in ids]},
    )


def _filled(selection: Selection, variables: Variables, without: Sequence[str] = ()) -> dict[str, Any]:
    if not selection.arguments:
        return {}
    values = {VARIABLES: variables}
    return {name: fill(one, values) for name, one in selection.arguments.items() if name not in without}
