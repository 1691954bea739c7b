"""What an operation should answer, found the slow and plain way: graphql-core's own coercion, then ``Naive``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError, OperationDefinitionNode, get_operation_ast, parse
from graphql.execution.values import VariableValues, get_variable_values

from schema.access import Request
from schema.coercion import Readers
from schema.lookahead import TYPENAME, Operation, Outline
from schema.operations import Operations
from schema.reading import NODES, placed
from server.kit.errors import RequestFailed
from server.planner.naive import Naive
from server.planner.plan import AskedNodes
from server.planner.selection import Selection


@dataclass
class Answer:
    """Data as JSON holds it, and for each error its path and code."""

    data: Any
    errors: list[tuple[tuple[str, ...], str]]


async def naive_answer(operations: Operations, request: Request, text: str, variables: Mapping[str, Any]) -> Answer:
    """The oracle's answer to a valid query."""
    schema = operations.schema
    tree = parse(text)
    node = get_operation_ast(tree)
    assert isinstance(node, OperationDefinitionNode)
    coerced = get_variable_values(schema, node.variable_definitions or (), dict(variables))
    assert isinstance(coerced, VariableValues), coerced
    operation = Operation(schema, Readers(), tree, node, operations.documents.planned, hide_suggestions=True)
    # Nothing opened: every value stands in the selection itself.
    outline = Outline(operation, coerced)
    data: dict[str, Any] | None = {}
    errors: list[tuple[tuple[str, ...], str]] = []
    for key in outline.keys:
        try:
            value = await _root(request, outline, key)
        except (RequestFailed, GraphQLError) as error:
            errors.append(((key,), error.code if isinstance(error, RequestFailed) else "BAD_USER_INPUT"))
            if not outline.nullable(key):
                data = None
            value = None
        if data is not None:
            data[key] = value
    return Answer(orjson.loads(orjson.dumps(data)), errors)


async def _root(request: Request, outline: Outline, key: str) -> Any:
    selection = outline.root(key)
    if selection.name == TYPENAME:
        return outline.root_name
    parts = await placed(request, selection, {})
    if selection.name == NODES:
        return await _nodes(request, selection)
    ((scope, asked),) = parts
    assert not isinstance(asked, AskedNodes)
    return await _naive(request, scope).root(asked)


async def _nodes(request: Request, selection: Selection) -> list[Any]:
    """Each object for itself, on the scope of its own tenant."""
    answers = []
    for text in selection.arguments["ids"]:
        one = Selection(selection.key, NODES, {"ids": [text]}, cases=selection.cases)
        ((scope, asked),) = await placed(request, one, {})
        assert isinstance(asked, AskedNodes)
        answers += await _naive(request, scope).nodes(asked)
    return answers


def _naive(request: Request, scope: Any) -> Naive:
    engine = request.engine

    async def fetch(sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        return await engine.pools.fetch(scope.db_role, sql, parameters)

    return Naive(engine.catalogue, scope, fetch, engine.cursors)


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values are the same, the order of members included; 1 and 1.0 are one number."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (left, right))
    return bool(left == right) and (numbers or type(left) is type(right))
