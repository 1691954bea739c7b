"""A list as a table: one query of one list, read page by page to its end, its fields as columns.

The query is the caller's own, and every page of it is answered as any other request of theirs: the same rights, masks,
limits and budget.  Nothing but ``first`` and ``after`` is changed in it.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_operation_ast,
    is_enum_type,
    parse,
    print_ast,
)

from schema.access import Request
from schema.planned import MASKED_TEXT
from schema.terms import VOCABULARIES
from server.kit.errors import Invalid, RateLimited
from server.planner.keyset import PAGE_MAXIMUM

_AFTER = "exportAfter"
_MASKED = "（脱敏）"
_PATH = ("input", "query")
#: Of several values in one cell.
_BETWEEN = "；"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where its values stand in a row of the answer, its heading, and the labels of an enum's values."""

    path: tuple[str, ...]
    heading: str
    labels: Mapping[str, str]

    def cell(self, row: Mapping[str, Any]) -> Any:
        """The row's value as an official reads it; several, of a list, with semicolons between."""
        found = [self._shown(one) for one in _at(row, self.path)]
        if len(found) == 1:
            return found[0]
        return _BETWEEN.join(str(one) for one in found if one is not None) or None

    def _shown(self, value: Any) -> Any:
        if isinstance(value, bool):
            return "是" if value else "否"
        return self.labels.get(value, value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Listing:
    """A query that lists, rewritten so that it can be paged."""

    text: str
    key: str
    name: str
    rows: tuple[str, ...]
    columns: Sequence[Column]


def listing_of(schema: GraphQLSchema, text: str, operation_name: str | None = None) -> Listing:
    """The listing that a document asks for.

    Raises: Invalid for anything but one query of one list with ``nodes`` or ``edges``.
    """
    try:
        tree = parse(text, no_location=True, max_lexical_tokens=5000)
    except GraphQLError as error:
        raise Invalid(f"查询无法解析：{error.message}", path=_PATH) from None
    operation = get_operation_ast(tree, operation_name)
    if operation is None or operation.operation is not OperationType.QUERY:
        raise Invalid("应恰有一个查询 query", path=_PATH)
    fields = operation.selection_set.selections
    root = fields[0]
    query = schema.query_type
    definition = query.fields.get(root.name.value) if query and isinstance(root, FieldNode) else None
    if len(fields) != 1 or not isinstance(root, FieldNode) or definition is None:
        raise Invalid("查询中应恰有一个列表字段，例如 institutions", path=_PATH)
    connection = get_named_type(definition.type)
    if "after" not in definition.args or root.selection_set is None or not connection.name.endswith("Connection"):
        raise Invalid(f"{root.name.value} 不是可以翻页的列表", path=_PATH)
    walk = _Columns(schema, tree)
    under, rows = walk.rows(connection, root.selection_set)
    columns = list(walk.below(*under, (), ""))
    if not columns:
        raise Invalid("查询的列表中没有任何字段", path=_PATH)
    return Listing(_paged(tree, operation, root), _key(root), root.name.value, rows, columns)


async def rows_of(
    request: Request, listing: Listing, variables: Mapping[str, Any], *, most: int
) -> AsyncIterator[Mapping[str, Any]]:
    """Every row of the list, as the answer has it.

    Raises: Invalid when the query is refused, or the list has more rows than ``most``; RateLimited.
    """
    assert request.operations is not None
    after, count = None, 0
    while True:
        answer = await request.operations.answer(request, listing.text, {**variables, _AFTER: after})
        _check(answer.body)
        page = _plain(answer.body["data"])[listing.key]
        for row in _at(page, listing.rows):
            count += 1
            if count > most:
                raise Invalid(f"结果超过 {most} 行，请缩小筛选条件后分次导出", path=_PATH, limit=most)
            yield row
        if not page[_AFTER]["hasNextPage"]:
            return
        after = page[_AFTER]["endCursor"]


def _check(body: Mapping[str, Any]) -> None:
    for error in body.get("errors", ()):
        extensions = error.get("extensions", {})
        if extensions.get("code") == RateLimited.code:
            raise RateLimited(extensions.get("retryAfter", 1))
        raise Invalid(f"查询未能执行：{error['message']}", path=_PATH)


def _plain(data: Any) -> Any:
    return orjson.loads(orjson.dumps(data))  # bytes of the planner are told in no other way


def _paged(tree: DocumentNode, operation: OperationDefinitionNode, root: FieldNode) -> str:
    """The document with the root field paged by a variable of our own."""
    if any(one.variable.name.value == _AFTER for one in operation.variable_definitions or ()):
        raise Invalid(f"变量名 {_AFTER} 由导出使用，请改用其他名称", path=_PATH)
    name = NameNode(value=_AFTER)
    kept = [one for one in root.arguments or () if one.name.value not in ("first", "after", "last", "before")]
    paging = (
        ArgumentNode(name=NameNode(value="first"), value=IntValueNode(value=str(PAGE_MAXIMUM))),
        ArgumentNode(name=NameNode(value="after"), value=VariableNode(name=name)),
    )
    page_info = parse(f"{{ {_AFTER}: pageInfo {{ hasNextPage endCursor }} }}", no_location=True).definitions[0]
    assert isinstance(page_info, OperationDefinitionNode)
    assert root.selection_set is not None
    selections = (*root.selection_set.selections, *page_info.selection_set.selections)
    field = FieldNode(
        name=root.name,
        alias=root.alias,
        arguments=(*kept, *paging),
        directives=root.directives,
        selection_set=SelectionSetNode(selections=selections),
    )
    variable = VariableDefinitionNode(
        variable=VariableNode(name=name), type=NamedTypeNode(name=NameNode(value="String")), directives=()
    )
    asked = OperationDefinitionNode(
        operation=OperationType.QUERY,
        name=operation.name,
        variable_definitions=(*(operation.variable_definitions or ()), variable),
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=(field,)),
    )
    fragments = [one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)]
    return print_ast(DocumentNode(definitions=(asked, *fragments)))


class _Columns:
    """The leaves of a selection, fragments spread."""

    def __init__(self, schema: GraphQLSchema, tree: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {one.name.value: one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)}

    def rows(
        self, connection: GraphQLNamedType, selections: SelectionSetNode
    ) -> tuple[tuple[GraphQLNamedType, SelectionSetNode], tuple[str, ...]]:
        """What is asked of each row, and where rows stand: under ``nodes``, else under ``edges { node }``."""
        for wanted in (("nodes",), ("edges", "node")):
            path: list[str] = []
            here: tuple[GraphQLNamedType, SelectionSetNode] = (connection, selections)
            for name in wanted:
                found = next((one for one in self._fields(*here) if one[1].name.value == name), None)
                if found is None or found[1].selection_set is None:
                    break
                type_, node = found
                here = (type_, found[1].selection_set)
                path.append(_key(node))
            else:
                return here, tuple(path)
        raise Invalid("查询的列表中应有 nodes { … } 或 edges { node { … } }", path=_PATH)

    def below(
        self, type_: GraphQLNamedType, selections: SelectionSetNode, path: tuple[str, ...], heading: str
    ) -> Iterator[Column]:
        seen: set[tuple[str, ...]] = set()
        for named, node in self._fields(type_, selections):
            here = (*path, _key(node))
            definition = getattr(type_, "fields", {}).get(node.name.value)
            told = f"{heading}{_heading(definition, node)}"
            if node.selection_set is not None:
                yield from self.below(named, node.selection_set, here, f"{told}·")
            elif here not in seen and node.name.value != "__typename":
                seen.add(here)
                masked = _MASKED if named.name == MASKED_TEXT else ""
                terms = VOCABULARIES.get(named.name, ()) if is_enum_type(named) else ()
                yield Column(here, told + masked, {one.value: one.label for one in terms})

    def _fields(
        self, type_: GraphQLNamedType, selections: SelectionSetNode
    ) -> Iterator[tuple[GraphQLNamedType, FieldNode]]:
        for one in selections.selections:
            if isinstance(one, FieldNode):
                definition = getattr(type_, "fields", {}).get(one.name.value)
                if definition is not None:
                    yield get_named_type(definition.type), one
            elif isinstance(one, InlineFragmentNode | FragmentSpreadNode):
                spread = one if isinstance(one, InlineFragmentNode) else self._fragments.get(one.name.value)
                if spread is not None:
                    on = spread.type_condition and self._schema.get_type(spread.type_condition.name.value)
                    yield from self._fields(on or type_, spread.selection_set)


def _heading(definition: Any, node: FieldNode) -> str:
    """The alias, else the Chinese term that the field's description begins with."""
    if node.alias:
        return str(node.alias.value)
    described = (definition.description or "").split() if definition else []
    return described[0] if described else str(node.name.value)


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value


def _at(value: Any, path: Sequence[str]) -> list[Any]:
    """All values at this path; lists on the way are gone through."""
    if isinstance(value, list):
        return [found for one in value for found in _at(one, path)]
    if not path:
        return [value]
    if not isinstance(value, Mapping) or path[0] not in value:
        return []
    return _at(value[path[0]], path[1:])
