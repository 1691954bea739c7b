"""All rules as one say what graphql-core's say one by one."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from graphql import (
    ASTValidationRule,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    parse,
    specified_rules,
    validate,
)

from schema.contract import graphql_schema
from schema.validating import together

RULES: Sequence[type[ASTValidationRule]] = [*specified_rules, NoSchemaIntrospectionCustomRule]
TOGETHER = together(RULES)
ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("tests/contract/*.graphql"), *ROOT.glob("tests/golden/*.graphql")])

BROKEN = [
    "{ nowhere }",
    "{ districts }",
    "{ districts { code { name } } }",
    "{ districts { ...Nothing } }",
    "{ districts { ...A } } fragment A on District { ...B } fragment B on District { ...A }",
    "{ districts { ...A } } fragment A on Institution { name }",
    "{ districts { code } } fragment A on District { code }",
    "fragment A on District { code } { districts { ...A } } fragment A on District { name }",
    "fragment A on Nobody { code } { districts { ...A } }",
    "fragment A on String { code } { districts { ...A } }",
    "query ($code: String!) { districts { code } }",
    "query ($code: String!, $code: Int) { district(code: $code) { code } }",
    "query { district(code: $code) { code } }",
    "query One { district(code: $code) { ...A } } query Two($id: ID!) { district(code: $id) { ...A } }"
    " fragment A on District { institutions(first: $first, filter: {name: {contains: $text}}) { totalCount } }",
    "query ($first: String) { institutions(first: $first) { totalCount } }",
    "query ($first: [Int!]) { institutions(first: $first) { totalCount } }",
    "query ($code: String) { district(code: $code) { code } }",
    "query ($code: District) { district(code: $code) { code } }",
    "query ($code: Nothing) { district(code: $code) { code } }",
    "query ($f: InstitutionFilter = {nmae: {eq: 1}}) { institutions(filter: $f) { totalCount } }",
    '{ district(code: 5) { code } a: district { code } b: district(code: "x", kode: "y", code: "z") { code } }',
    "{ institutions(filter: {name: {contains: $a, contains: $b}}) { totalCount } }",
    "{ a: districts { code } a: insuranceAgencies { name } }",
    '{ a: district(code: "x") { code } a: district(code: "y") { code } }',
    "{ districts { code @skip } districts { code @skip(if: 1) @skip(if: true) @nothing @include(if: $no) } }",
    "query @skip(if: true) { districts { code } }",
    "query A { districts { code } } query A { districts { name } } { districts { code } }",
    "subscription { a: institutionChanged { code } b: nothing }",
    "mutation { nothing(input: {}) { code } }",
    "{ __schema { types { name fields { type { fields { type { fields { name } } } } } } } }",
    "type Query { a: Int } { districts { code } }",
    "{ node(id: 1) { id ... on District { code } ... on String { code } ... on Site { code } } }",
    "{ institutions(orderBy: [{field: NOTHING}], first: 1.5, filter: null) { nodes { name } } }",
]


def told(errors: list[GraphQLError]) -> list[tuple[str, list[tuple[int, int]]]]:
    return sorted((one.message, [(at.line, at.column) for at in one.locations or ()]) for one in errors)


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_wrong_is_told_alike(text: str) -> None:
    schema, document = graphql_schema(), parse(text)
    for hide in (False, True):
        stock = validate(schema, document, RULES, hide_suggestions=hide)
        assert stock
        assert told(validate(schema, document, [TOGETHER], hide_suggestions=hide)) == told(stock)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda one: one.stem)
def test_what_is_right_is_right(path: Path) -> None:
    document = parse(path.read_text(encoding="utf-8"))
    stock = validate(graphql_schema(), document, RULES)
    assert told(validate(graphql_schema(), document, [TOGETHER])) == told(stock)


def test_no_more_errors_are_told_than_asked_for() -> None:
    document = parse("{" + " ".join(f"a{n}" for n in range(50)) + "}")
    errors = validate(graphql_schema(), document, [TOGETHER], max_errors=10)
    assert len(errors) == 11  # the last says that there are more
