"""What operations cost: by page sizes, lists, fragments, conditions; and the budget of each role."""

from typing import Any

import pytest
from graphql import get_operation_ast, parse, validate
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from schema.contract import graphql_schema
from schema.cost import BUDGETS, GROUPS_SIZE, LIST_SIZE, MUTATION, SIZES, Cost, budget_of, cost_of
from server.kit.actor import Actor, Grant, Role
from tests.test_contract import operation

SCHEMA = graphql_schema()


def compiled(text: str) -> tuple[Cost, Any]:
    """The cost of a valid document's only operation, and the operation."""
    tree = parse(text)
    assert validate(SCHEMA, tree) == []
    node = get_operation_ast(tree)
    assert node is not None
    return cost_of(SCHEMA, tree, node), node


def cost(text: str, **variables: Any) -> int:
    """What the operation costs with these variables."""
    reckon, node = compiled(text)
    values = get_variable_values(SCHEMA, node.variable_definitions or (), variables)
    assert not isinstance(values, list), values
    return reckon(values.coerced)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ viewer { subject name } }", 1),
        ('{ district(code: "x") { name } }', 1),
        ('{ district(code: "x") { insuranceAgency { name } } }', 2),
        ("{ districts { code } }", 17),
        ("{ districts { insuranceAgency { phones } } }", 34),
        ('{ vocabulary(name: "Role") { label } }', LIST_SIZE),
        # A connection: one for itself, then its page, 20 unless it says otherwise.
        ("{ institutions { pageInfo { hasNextPage } } }", 1),
        ("{ institutions { totalCount } }", 2),
        ("{ institutions { nodes { name } } }", 21),
        ("{ institutions { edges { cursor } } }", 21),
        ("{ institutions { edges { node { name } } } }", 21),
        ("{ institutions { edges { cursor node { name } } nodes { name } } }", 21),
        ("{ institutions(first: 3) { totalCount nodes { name } } }", 5),
        ("{ institutions(last: 3) { nodes { name } } }", 4),
        ("{ institutions(first: 0) { nodes { name } } }", 1),
        ("{ institutions(first: null) { nodes { name } } }", 21),
        # Groups: a list of unknown length unless ``first`` bounds it.
        ("{ reviewGroups(groupBy: [KIND]) { count } }", GROUPS_SIZE),
        ("{ reviewGroups(groupBy: [KIND], first: 10) { count key { kind district { code } } } }", 30),
        ("{ institutionGroups(groupBy: [], first: 100000) { count } }", 1000),
        ("{ institutions(first: 2) { nodes { district { name } } } }", 1 + 2 * 2),
        ("{ institutions(first: 2) { edges { node { district { name } } } } }", 1 + 2 * 2),
        ("{ institutions(first: 2) { nodes { sites { kind } } } }", 1 + 2 * (1 + LIST_SIZE)),
        ("{ institutions(first: 2) { nodes { reviews(first: 5) { nodes { score } } } } }", 1 + 2 * (1 + 1 + 5)),
        ("{ institutions(first: 2) { nodes { reviews { totalCount } } } }", 1 + 2 * (1 + 2)),
        # A size outside the limits is refused later; until then it counts as the limit.
        ("{ institutions(first: 1000) { nodes { name } } }", 101),
        ("{ institutions(first: -1) { nodes { name } } }", 1),
        # What merges counts once.
        ('{ a: district(code: "x") { name } b: district(code: "x") { name } }', 2),
        ('{ district(code: "x") { insuranceAgency { name } } ...A } fragment A on Query '
         '{ district(code: "x") { insuranceAgency { email } } }', 2),
        # Of several possible types the dearest counts.
        ('{ node(id: "x") { id } }', 1),
        ('{ node(id: "x") { ... on Institution { parent { name } } ... on Review { id } } }', 2),
        ('{ node(id: "x") { ... on Node { ... on Institution { parent { name } district { name } } } } }', 3),
        ('{ nodes(ids: ["x", "y", "z"]) { ... on Institution { parent { name } } } }', 6),
    ],
)  # fmt: skip
def test_costs(text: str, expected: int) -> None:
    assert cost(text) == expected


PAGE = """query($first: Int, $last: Int = 4, $with: Boolean!, $without: Boolean = true) {
  institutions(first: $first, last: $last) {
    totalCount @include(if: $with)
    nodes { district @skip(if: $without) { name } }
  }
}"""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"with": False}, 1 + 4),
        ({"with": True}, 1 + 4 + 1),
        ({"with": False, "without": False}, 1 + 4 * 2),
        ({"with": False, "last": None}, 1 + 20),
        ({"with": False, "last": None, "first": 7}, 1 + 7),
        ({"with": False, "last": 9, "first": 7}, 1 + 9),
        ({"with": True, "without": False, "last": None, "first": 100}, 1 + 1 + 100 * 2),
    ],
)
def test_costs_follow_coerced_variables(variables: dict[str, Any], expected: int) -> None:
    assert cost(PAGE, **variables) == expected


def test_ids_in_a_variable_are_counted() -> None:
    text = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost(text, ids=[]) == 0
    assert cost(text, ids=["x"] * 70) == 70


def test_a_field_left_out_by_a_literal_costs_nothing() -> None:
    assert cost("{ institutions @skip(if: true) { nodes { name } } viewer { name } }") == 1


def test_a_mutation_costs_more_than_what_it_reads() -> None:
    text = """mutation($input: UpdateAgencyContactsInput!, $again: Boolean!) {
      updateAgencyContacts(input: $input) { ... on AgencyContactsUpdated { agency { district { name } } } }
      b: updateAgencyContacts(input: $input) @include(if: $again) { __typename }
    }"""
    given_input = {"agency": "x", "expectedVersion": 1, "phones": [], "email": "", "idempotencyKey": "k"}
    assert cost(text, input=given_input, again=False) == MUTATION + 3
    assert cost(text, input=given_input, again=True) == 2 * MUTATION + 4


@given(first=st.integers(0, 100), inner=st.integers(0, 100))
def test_a_variable_costs_what_its_value_would_cost(first: int, inner: int) -> None:
    body = "institutions(first: {}) {{ nodes {{ sites {{ kind }} reviews(last: {}) {{ totalCount edges {{ cursor }} }} }} }}"
    literal = cost("{" + body.format(first, inner) + "}")
    assert cost("query($a: Int, $b: Int) {" + body.format("$a", "$b") + "}", a=first, b=inner) == literal
    assert literal == 1 + first * (1 + LIST_SIZE + 1 + 1 + inner)


def test_contract_operations_are_within_the_budget_of_their_callers() -> None:
    assert cost(operation("district_directory")) <= BUDGETS[Role.PUBLIC] / 10
    assert cost(operation("institution_page"), first=100) <= BUDGETS[Role.DISTRICT_OFFICER] / 2


def test_assumed_sizes_name_lists_of_the_schema() -> None:
    for name in SIZES:
        parent, field = name.split(".")
        assert field in SCHEMA.type_map[parent].fields  # type: ignore[union-attr]


def test_every_role_has_a_budget_and_none_is_without_limit() -> None:
    assert set(BUDGETS) == set(Role)
    assert all(BUDGETS[Role.PUBLIC] <= budget <= 20_000 for budget in BUDGETS.values())


def test_the_largest_budget_of_several_roles_holds() -> None:
    def actor(*roles: Role) -> Actor:
        return Actor("s", "n", tuple(Grant(7, role) for role in roles))

    assert budget_of(None) == budget_of(actor()) == BUDGETS[Role.PUBLIC]
    assert budget_of(actor(Role.EXPERT, Role.DISTRICT_OFFICER)) == BUDGETS[Role.DISTRICT_OFFICER]
