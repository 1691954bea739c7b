"""Limits on what a request may hold, for every role: documents and variables, each in one walk.

A document is checked once and the verdict kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    is_wrapping_type,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS

TOKENS_MOST = 5000
COMMENTS_MOST = 500
#: Characters of a document: 5000 tokens of ordinary names need a third of it.
SOURCE_MOST = 100_000
DEPTH_MOST = 12
INTROSPECTION_DEPTH_MOST = 20
LIST_DEPTH_MOST = 3
ALIASES_MOST = 30
DIRECTIVES_MOST = 50
#: Fields after all fragments are spread: without it, a chain of small fragments doubles at every link.
FIELDS_MOST = 1000
#: Objects inside objects in arguments and variables.
INPUT_DEPTH_MOST = 20
#: Values in all variables together.
VALUES_MOST = 10_000
#: Problems of one document that are told.
PROBLEMS_MOST = 10

_NUL = "\0"


@dataclass(frozen=True, slots=True)
class _Size:
    """How large a selection is: levels of ordinary fields, of introspection, of lists of objects; fields in all."""

    depth: int = 0
    introspection: int = 0
    lists: int = 0
    fields: int = 0


def document_problems(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """What of a document is beyond the limits, ten at most: all that can be told without the rules of GraphQL."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    sizes = _Sizes(schema, fragments)
    found: list[GraphQLError] = []
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            try:
                size = sizes.of(one.selection_set, schema.get_root_type(one.operation))
            except RecursionError:
                size = _Size(depth=DEPTH_MOST + 1)
            found += [GraphQLError(problem, one) for problem in _problems(size)]
    found += islice(_in_nodes(document), PROBLEMS_MOST)
    return found[:PROBLEMS_MOST]


def _in_nodes(document: DocumentNode) -> Iterator[GraphQLError]:
    """A document holds at most so many aliases and directives; literals are not nested too deeply and hold no NUL."""
    aliases = directives = 0
    stack: list[tuple[Any, int]] = [(document, 0)]
    while stack:
        node, depth = stack.pop()
        kind = node.kind
        if kind == "field":
            if node.alias is not None:
                aliases += 1
                if aliases == ALIASES_MOST + 1:
                    yield GraphQLError(f"别名过多，上限为 {ALIASES_MOST} 个", node)
        elif kind == "directive":
            directives += 1
            if directives == DIRECTIVES_MOST + 1:
                yield GraphQLError(f"指令过多，上限为 {DIRECTIVES_MOST} 个", node)
        elif kind == "object_value":
            depth += 1
            if depth == INPUT_DEPTH_MOST + 1:
                yield GraphQLError(f"输入对象嵌套过深，上限为 {INPUT_DEPTH_MOST} 层", node)
        elif kind == "string_value" and _NUL in node.value:
            # PostgreSQL cannot store it.
            yield GraphQLError("文本不能含有空字符（U+0000）", node)
        below: list[tuple[Any, int]] = []
        for key in _BELOW.get(kind, ()):
            value = getattr(node, key)
            if isinstance(value, tuple | list):
                below += [(one, depth) for one in value]
            elif value is not None:
                below.append((value, depth))
        stack += reversed(below)


#: Under which names a kind of node has others below it; names of things have nothing to look at.
_BELOW: Mapping[str, Sequence[str]] = {
    kind: [key for key in keys if key not in ("name", "alias", "type", "type_condition")]
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}


def _problems(size: _Size) -> list[str]:
    limits = (
        (size.depth, DEPTH_MOST, "查询嵌套 {} 层，上限为 {} 层"),
        (size.introspection, INTROSPECTION_DEPTH_MOST, "内省查询嵌套 {} 层，上限为 {} 层"),
        (size.lists, LIST_DEPTH_MOST, "列表嵌套 {} 层，上限为 {} 层"),
        (size.fields, FIELDS_MOST, "查询展开后共 {} 个字段，上限为 {} 个"),
    )
    return [words.format(found, most) for found, most, words in limits if found > most]


class _Sizes:
    """Sizes of selection sets; each fragment is measured once."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[str, _Size] = {}

    def of(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> _Size:
        depth = introspection = lists = fields = 0
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                size = self._field(one, parent)
            elif isinstance(one, InlineFragmentNode):
                condition = one.type_condition
                type_ = self._schema.get_type(condition.name.value) if condition else parent
                size = self.of(one.selection_set, type_)
            else:
                size = self._spread(cast(FragmentSpreadNode, one))
            depth, introspection = max(depth, size.depth), max(introspection, size.introspection)
            lists, fields = max(lists, size.lists), fields + size.fields
        return _Size(depth, introspection, lists, fields)

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> _Size:
        name = node.name.value
        if node.selection_set is None:
            return _Size(introspection=1, fields=1) if name.startswith("__") else _Size(depth=1, fields=1)
        definition = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            definition = self._schema.get_field(parent, name)
        below = self.of(node.selection_set, get_named_type(definition.type) if definition else None)
        fields = 1 + below.fields
        if name.startswith("__"):
            # Introspection has lists in lists by nature; its own depth bounds it.
            return _Size(introspection=1 + max(below.depth, below.introspection), fields=fields)
        inner = 1 + below.introspection if below.introspection else 0
        lists = below.lists + (_lists(definition.type) if definition else 0)
        return _Size(1 + below.depth, inner, lists, fields)

    def _spread(self, node: FragmentSpreadNode) -> _Size:
        name = node.name.value
        if name not in self._known:
            self._known[name] = _Size()  # a cycle ends here; another rule reports it
            fragment = self._fragments.get(name)
            if fragment is not None:
                type_ = self._schema.get_type(fragment.type_condition.name.value)
                self._known[name] = self.of(fragment.selection_set, type_)
        return self._known[name]


def _lists(type_: GraphQLOutputType) -> int:
    """How many lists of objects this type is; lists of scalars count for nothing."""
    if not is_composite_type(get_named_type(type_)):
        return 0
    count, inner = 0, type_
    while is_wrapping_type(inner):
        count += isinstance(inner, GraphQLList)
        inner = cast(GraphQLOutputType, inner.of_type)
    return count


def variables_problem(variables: Mapping[str, Any]) -> str | None:
    """What is wrong with these raw variables, in a sentence that names the variable; None where they are within limits."""
    count = 0
    for name, given in variables.items():
        if isinstance(given, str) and _NUL not in given:
            count += 1  # as most are
            continue
        stack: list[tuple[Any, int]] = [(given, 0)]
        while stack:
            value, depth = stack.pop()
            count += 1
            if isinstance(value, str):
                if _NUL in value:
                    return f"变量 ${name[:60]} 不能含有空字符（U+0000）"
            elif isinstance(value, dict):
                if depth == INPUT_DEPTH_MOST:
                    return f"变量 ${name[:60]} 嵌套过深，上限为 {INPUT_DEPTH_MOST} 层"
                stack += [(one, depth + 1) for one in value.values()]
            elif isinstance(value, list):
                stack += [(one, depth) for one in value]
    if count > VALUES_MOST:
        return f"变量共含 {count} 个值，上限为 {VALUES_MOST} 个"
    return None
