"""The only reader of GraphQL syntax trees: turns the fields of an operation into selections."""

from typing import Any, cast

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.executor import Executor
from graphql.execution.values import get_argument_values

from server.planner.selection import Selection

#: The nodes that ask for one field under one response key, as graphql-core collects them.
Details = Any


def select(executor: Executor[Any], parent: GraphQLObjectType, details: Details) -> Selection:
    """The selection of one field of ``parent``: arguments coerced, fragments spread, skipped fields left out.

    Raises: GraphQLError for arguments that cannot be coerced.
    """
    first = details[0]
    name = first.node.name.value
    definition = executor.schema.get_field(parent, name)
    assert definition is not None, name  # validated
    arguments = (
        get_argument_values(
            definition, first.node, executor.variable_values, first.fragment_variable_values, executor.hide_suggestions
        )
        if definition.args
        else {}
    )
    key = first.node.alias.value if first.node.alias else name
    children, cases = under(executor, definition.type, details)
    return Selection(key, name, arguments, children, cases)


def under(
    executor: Executor[Any], type_: GraphQLOutputType, details: Details
) -> tuple[tuple[Selection, ...], dict[str, tuple[Selection, ...]]]:
    """What is asked below a field of this type: children of an object type, cases of an abstract one."""
    named = get_named_type(type_)
    if is_object_type(named):
        return _children(executor, named, details), {}
    if is_abstract_type(named):
        possible = executor.schema.get_possible_types(named)
        return (), {one.name: _children(executor, one, details) for one in possible}
    return (), {}


def _children(executor: Executor[Any], type_: GraphQLObjectType, details: Details) -> tuple[Selection, ...]:
    collected = executor.collect_subfields(type_, details)
    groups = cast(dict[str, Details], collected.grouped_field_set)
    return tuple(select(executor, type_, group) for group in groups.values())
