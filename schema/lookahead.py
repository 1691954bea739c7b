"""The only reader of GraphQL syntax trees: turns the fields of an operation into selections.

An operation's variables are *opened* first: whatever the text of a statement does not depend on is replaced by a slot.
Literals, defaults, ``@skip`` and ``@include`` are then coerced by graphql-core itself, so a selection is read once for all
requests whose variables have the same shape.
"""

from collections.abc import Collection, Container, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_non_null_type,
    is_object_type,
)
from graphql.error import located_error
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, get_argument_values

from schema.coercion import NotCoercible, Readers, Variables
from server.planner.keyset import GROUP_ARGUMENT, ORDER_ARGUMENT
from server.planner.selection import Selection

#: The nodes that ask for one field under one response key, as graphql-core collects them.
Details = FieldDetailsList

#: The field that every type has: its name.
TYPENAME = "__typename"

#: Where slots find coerced variables when a statement is bound.
VARIABLES = "variables"


@dataclass(frozen=True, slots=True)
class Later:
    """A field that is computed above the planner: of which type, and the nodes that ask for it."""

    parent: GraphQLObjectType
    details: Details


class Operation:
    """One operation of a validated document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        readers: Readers,
        tree: DocumentNode,
        node: OperationDefinitionNode,
        planned: Collection[str],
        *,
        computed: Container[tuple[str, str]] = frozenset(),
        hide_suggestions: bool,
    ) -> None:
        self.schema = schema
        self.node = node
        self.fields = planned
        self.computed = computed
        self.hide_suggestions = hide_suggestions
        self.is_query = node.operation is OperationType.QUERY
        #: The outline of the latest shape of variables: that of nearly every request, since programs repeat themselves.
        self.latest: tuple[Hashable, Outline] | None = None
        self.fragments = {
            one.name.value: FragmentDetails(one) for one in tree.definitions if isinstance(one, FragmentDefinitionNode)
        }
        sets = [node.selection_set, *(one.definition.selection_set for one in self.fragments.values())]
        signatures = [get_variable_signature(schema, one) for one in node.variable_definitions or ()]
        self._variables = Variables(
            readers,
            [one for one in signatures if not isinstance(one, GraphQLError)],  # validated: there is no error among them
            frozenset(name for one in sets for name in _ordering(one)),
        )

    def read(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], Hashable] | None:
        """The coerced variables and their shape; None where they do not fit, as graphql-core will say."""
        try:
            return self._variables.read(given)
        except NotCoercible:
            return None

    def outline(self, values: Mapping[str, Any]) -> "Outline":
        """What the operation asks for with coerced variables of the same shape as these."""
        return Outline(self, VariableValues({}, self._variables.opened(values, VARIABLES)))


class Outline:
    """What an operation asks for, for all variables of one shape."""

    def __init__(self, operation: Operation, opened: VariableValues) -> None:
        self.operation = operation
        self._opened = opened
        self._root = cast(GraphQLObjectType, operation.schema.get_root_type(operation.node.operation))
        collected = collect_fields(
            operation.schema, operation.fragments, opened, self._root, operation.node, operation.hide_suggestions
        )
        self._details = collected.grouped_field_set
        #: The response keys of the root fields, in order.
        self.keys = tuple(self._details)
        self._selections: dict[str, Selection] = {}
        #: What ``schema.reading`` works out of the root fields, once for all requests.
        self.places: Any = None
        #: The latest statement of all root fields, after what it was made for besides this outline.
        self.latest: tuple[Any, Any, Any, Any] = (None, None, None, None)
        #: Whether some field that was selected is computed above the planner.
        self.computes = False
        #: Whether every root field is planned.
        self.whole = operation.is_query and all(self.is_planned(key) for key in self.keys)

    @property
    def root_name(self) -> str:
        """The name of the root type."""
        return self._root.name

    @cached_property
    def roots(self) -> tuple[Selection, ...]:
        """All root fields, in order. Raises: GraphQLError for arguments that cannot be coerced."""
        return tuple(self.root(key) for key in self._details)

    @cached_property
    def names_alone(self) -> bool:
        """Whether nothing is asked but the root type's name."""
        return all(one.name == TYPENAME for one in self.roots)

    def root(self, key: str) -> Selection:
        """The planned root field under this response key. Raises: as ``roots``."""
        known = self._selections.get(key)
        if known is None:
            known = self._selections[key] = self.select(self._root, self._details[key])
        return known

    def is_planned(self, key: str) -> bool:
        """Whether the planner answers the root field under this response key."""
        return self._details[key][0].node.name.value in self.operation.fields

    def nullable(self, key: str) -> bool:
        """Whether the root field under this response key may be null."""
        definition = self.operation.schema.get_field(self._root, self._details[key][0].node.name.value)
        return definition is not None and not is_non_null_type(definition.type)

    def located(self, error: Exception, key: str) -> GraphQLError:
        """The error as graphql-core would report it for the root field under this response key."""
        return located_error(error, [one.node for one in self._details[key]], [key])

    def under(
        self, type_: GraphQLOutputType, details: Details
    ) -> tuple[tuple[Selection, ...], dict[str, tuple[Selection, ...]]]:
        """What is asked below a field of this type: children of an object type, cases of an abstract one."""
        named = get_named_type(type_)
        if is_object_type(named):
            return self._children(named, details), {}
        if is_abstract_type(named):
            possible = self.operation.schema.get_possible_types(named)
            return (), {one.name: self._children(one, details) for one in possible}
        return (), {}

    def select(self, parent: GraphQLObjectType, details: Details) -> Selection:
        """The selection of one field of ``parent``: fragments spread, skipped fields left out, slots for variables.

        Raises: GraphQLError for arguments that cannot be coerced.
        """
        node = details[0].node
        name = node.name.value
        definition = self.operation.schema.get_field(parent, name)
        assert definition is not None, name  # validated
        if (parent.name, name) in self.operation.computed:
            self.computes = True
            return Selection(node.alias.value if node.alias else name, name, later=Later(parent, details))
        arguments: dict[str, Any] = {}
        if definition.args:
            arguments = get_argument_values(
                definition,
                node,
                self._opened,
                details[0].fragment_variable_values,
                self.operation.hide_suggestions,
            )
        children, cases = self.under(definition.type, details)
        return Selection(node.alias.value if node.alias else name, name, arguments, children, cases)

    def _children(self, type_: GraphQLObjectType, details: Details) -> tuple[Selection, ...]:
        operation = self.operation
        collected = collect_subfields(
            operation.schema,
            operation.fragments,
            self._opened,
            operation.node,
            type_,
            details,
            operation.hide_suggestions,
        )
        return tuple(self.select(type_, group) for group in collected.grouped_field_set.values())


def identity(details: Details) -> Hashable:
    """The same for the same nodes of one document."""
    return tuple(id(one.node) for one in details)


def _ordering(selections: SelectionSetNode | None) -> Iterator[str]:
    """The variables that stand in the order of some list, or in what rows are grouped by."""
    for one in selections.selections if selections else ():
        if isinstance(one, FieldNode):
            for argument in one.arguments or ():
                if argument.name.value in (ORDER_ARGUMENT, GROUP_ARGUMENT):
                    yield from _named(argument.value)
        yield from _ordering(getattr(one, "selection_set", None))


def _named(value: ValueNode) -> Iterator[str]:
    match value:
        case VariableNode():
            yield value.name.value
        case ListValueNode():
            for one in value.values:
                yield from _named(one)
        case ObjectValueNode():
            for part in value.fields:
                yield from _named(part.value)
