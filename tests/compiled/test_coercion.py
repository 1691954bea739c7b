"""Variables are coerced as graphql-core coerces them, and their shape says all that a statement's text depends on."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.coercion import Readers
from schema.contract import bindings, graphql_schema
from schema.lookahead import Operation

SCHEMA = graphql_schema()
CATALOGUE = bindings()

_HEADS = (
    "$f: InstitutionFilter",
    "$f: InstitutionFilter!",
    "$f: [ReviewOrder!]",
    "$f: [ID!]! = []",
    "$f: Int = 5",
    "$f: Boolean! = true",
    "$f: Date, $g: String!",
    "$f: InstitutionKind = VILLAGE_CLINIC, $g: String = null",
    "$f: RegisterInstitutionInput, $g: [[Int]]",
)


def operation(head: str, body: str = "__typename") -> tuple[Operation, OperationDefinitionNode]:
    tree = parse(f"query Q({head}) {{ {body} }}")
    (node,) = tree.definitions
    assert isinstance(node, OperationDefinitionNode)
    return Operation(SCHEMA, Readers(), tree, node, CATALOGUE.roots, hide_suggestions=True), node


def values(asked: Operation, given: dict[str, Any]) -> Any:
    read = asked.read(given)
    return read and read[0]


def shape(asked: Operation, **given: Any) -> Any:
    read = asked.read(given)
    assert read is not None
    return read[1]


_SCALARS = st.sampled_from(
    [None, True, 0, 1, -1, 2**31, 1.0, 1.5, "", "a", "2026-01-01", "2026-13-01", "VILLAGE_CLINIC"]
)
_NAMES = st.sampled_from(
    ["and", "or", "not", "name", "kind", "eq", "in", "isNull", "openedOn", "field", "direction", "nonsense", "district"]
)
_JSON = st.recursive(
    _SCALARS | st.just("DECIDED_ON"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(head=st.sampled_from(_HEADS), given=st.dictionaries(st.sampled_from(["f", "g", "other"]), _JSON, max_size=3))
@settings(max_examples=1000, deadline=None)
def test_as_graphql_core_does(head: str, given: dict[str, Any]) -> None:
    ours, node = operation(head)
    theirs = get_variable_values(SCHEMA, node.variable_definitions or (), given)
    if isinstance(theirs, VariableValues):
        assert values(ours, given) == theirs.coerced
    else:
        assert ours.read(given) is None


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ({"name": {"eq": "a"}}, {"name": {"eq": "b"}}, True),
        ({"kind": {"in": ["VILLAGE_CLINIC"]}}, {"kind": {"in": []}}, True),
        ({"name": {"eq": "a"}}, {"name": {"contains": "a"}}, False),
        ({"name": {"eq": "a"}}, {"name": {"eq": None}}, False),
        ({"name": {"isNull": True}}, {"name": {"isNull": False}}, False),
        ({"or": [{}, {}]}, {"or": [{}]}, False),
        ({"or": [{"name": {"eq": "a"}}]}, {"or": [{"name": {"eq": "b"}}]}, True),
        (None, {}, False),
    ],
)
def test_the_shape_of_filters(one: Any, other: Any, alike: bool) -> None:
    filtered, _ = operation("$f: InstitutionFilter", "institutions(filter: $f) { totalCount }")
    shapes = [shape(filtered, f=value) for value in (one, other)]
    assert (shapes[0] == shapes[1]) is alike


def test_an_order_is_all_shape_and_a_size_is_none() -> None:
    paged, _ = operation(
        "$o: [InstitutionOrder!], $n: Int, $d: OrderDirection! = ASC",
        "institutions(orderBy: $o, first: $n) { totalCount }"
        " reviews(orderBy: [{field: KIND, direction: $d}]) { totalCount }",
    )

    up = {"o": [{"field": "NAME"}]}
    assert shape(paged, **up, n=1) == shape(paged, **up, n=2) != shape(paged, **up, n=None) != shape(paged, **up)
    assert shape(paged, **up) != shape(paged, o=[{"field": "KIND"}])
    assert shape(paged, **up) == shape(paged, o=[{"field": "NAME", "direction": "ASC"}])
    assert shape(paged, **up) != shape(paged, **up, d="DESC")


def test_variables_nested_without_end_are_refused() -> None:
    filtered, node = operation("$f: InstitutionFilter")
    value: dict[str, Any] = {}
    for _ in range(5000):
        value = {"not": value}
    assert filtered.read({"f": value}) is None
    assert isinstance(get_variable_values(SCHEMA, node.variable_definitions or (), {"f": value}), list)
