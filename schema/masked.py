"""Where the answer to an operation holds masked personal values: told as ``extensions.masked``, response path by path.

Found once for a document, from its syntax alone; which of the paths hold for a request depends on ``@skip`` and
``@include``.  A list adds nothing to a path: ``institutions.nodes.people.phone``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_interface_type,
    is_object_type,
)

from schema.planned import MASKED_TEXT

#: Each named variable has one of these truth values. Empty: always.
_Guard = tuple[tuple[str, bool], ...]
_Mask = tuple[str, _Guard]
Masks = Sequence[_Mask]


def masks_of(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> Masks:
    """Every response path of a validated operation at which a masked value may stand, with what it depends on."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    root = schema.get_root_type(operation.operation)
    assert root is not None
    return _Walk(schema, fragments).below(root, operation.selection_set)


def masked(masks: Masks, variables: Mapping[str, Any]) -> list[str]:
    """The paths that hold for these coerced variables, in the order of the document."""
    return list(dict.fromkeys(path for path, guard in masks if all(variables.get(name) is one for name, one in guard)))


class _Walk:
    """Paths below a selection set, relative to it; each fragment is walked once, however often it is spread."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._walked: dict[str, list[_Mask]] = {}

    def below(self, type_: GraphQLNamedType | None, selections: SelectionSetNode) -> list[_Mask]:
        found: dict[_Mask, None] = {}
        for one in selections.selections:
            own = _conditions(one)
            if own is None:
                continue
            inner = self._field(type_, one) if isinstance(one, FieldNode) else self._spread(type_, one)
            found |= dict.fromkeys((path, (*own, *guard)) for path, guard in inner)
        return list(found)

    def _field(self, type_: GraphQLNamedType | None, node: FieldNode) -> list[_Mask]:
        if not (is_object_type(type_) or is_interface_type(type_)) or node.name.value not in type_.fields:
            return []  # __typename, introspection
        key = node.alias.value if node.alias else node.name.value
        named = get_named_type(type_.fields[node.name.value].type)
        if named.name == MASKED_TEXT:
            return [(key, ())]
        if node.selection_set is None:
            return []
        return [(f"{key}.{path}", guard) for path, guard in self.below(named, node.selection_set)]

    def _spread(self, type_: GraphQLNamedType | None, node: SelectionNode) -> list[_Mask]:
        if isinstance(node, InlineFragmentNode):
            named = node.type_condition and self._schema.get_type(node.type_condition.name.value)
            return self.below(named or type_, node.selection_set)
        assert isinstance(node, FragmentSpreadNode)
        name = node.name.value
        if name not in self._walked:
            fragment = self._fragments[name]
            on = self._schema.get_type(fragment.type_condition.name.value)
            self._walked[name] = self.below(on, fragment.selection_set)
        return self._walked[name]


def _conditions(node: SelectionNode) -> _Guard | None:
    """What a selection's own ``@skip`` and ``@include`` depend on; None where it is never included."""
    guard: _Guard = ()
    for directive in node.directives or ():
        name = directive.name.value
        if name not in ("skip", "include") or not directive.arguments:
            continue
        wanted, value = name == "include", directive.arguments[0].value
        if isinstance(value, BooleanValueNode) and value.value is not wanted:
            return None
        if isinstance(value, VariableNode):
            guard = (*guard, (value.name.value, wanted))
    return guard
