"""The law of groups: whatever is asked, the statement answers what reading every row and counting in Python gives."""

import json
from collections.abc import Sequence
from typing import Any

import orjson
from graphql import OperationDefinitionNode, get_operation_ast, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from schema.access import Request
from schema.coercion import Readers
from schema.contract import graphql_schema
from schema.lookahead import Operation, Outline
from server.kit.errors import BadInput
from server.planner.naive import Naive
from tests.reviews.conftest import PERSONAS, SCHEMES, Record

REVIEWS = """query($by: [ReviewGroupKey!]!, $filter: ReviewFilter, $having: ReviewGroupHaving, $order: [ReviewGroupOrder!],
  $first: Int) {
  reviewGroups(groupBy: $by, filter: $filter, having: $having, orderBy: $order, first: $first) {
    key { district { code } kind outcome scheme cycle decidedYear decidedQuarter decidedMonth decidedOn __typename }
    count averageScore minScore maxScore sumScore
  }
}"""
INSTITUTIONS = """query($by: [InstitutionGroupKey!]!, $filter: InstitutionFilter, $having: InstitutionGroupHaving,
  $order: [InstitutionGroupOrder!], $first: Int) {
  institutionGroups(groupBy: $by, filter: $filter, having: $having, orderBy: $order, first: $first) {
    key { district { code name } kind status operatingNature ownership operatorKind source openedYear }
    n: count
  }
}"""

DAYS = st.sampled_from(
    ["2022-12-31", "2023-01-01", "2023-01-02", "2023-02-01", "2023-12-15", "2024-01-01", "2024-02-29", "2024-03-01"]
) | st.sampled_from(["0001-01-01", "9999-12-31", "2024-12-01"])
PERIODS = st.dictionaries(st.sampled_from(["gte", "gt", "lt", "lte"]), DAYS, max_size=3)


def some(**operands: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An input object with some of these fields."""
    return st.fixed_dictionaries({}, optional=operands)


def combined(plain: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Such inputs, and others made of them with and, or, not."""
    return st.recursive(
        plain,
        lambda inner: (
            st.builds(lambda one, extra: one | extra, plain, st.fixed_dictionaries({"not": inner}))
            | st.fixed_dictionaries({"or": st.lists(inner, max_size=3)})
            | st.fixed_dictionaries({"and": st.lists(inner, max_size=2)})
        ),
        max_leaves=4,
    )


REVIEW_FILTERS = combined(
    some(
        kind=some(eq=st.sampled_from(["ASSESSMENT", "INSPECTION"])),
        outcome=st.fixed_dictionaries(
            {"in": st.lists(st.sampled_from(["PASSED", "FAILED", "CONDITIONAL"]), max_size=2)}
        ),
        scheme=some(eq=st.sampled_from(SCHEMES[1:]), isNull=st.booleans(), contains=st.just("方案")),
        cycle=some(isNull=st.booleans()),
        decidedOn=PERIODS | some(eq=DAYS, isNull=st.booleans()),
        district=st.fixed_dictionaries({"code": some(eq=st.sampled_from(["fengtai", "mentougou", "daxing"]))}),
        institution=some(kind=some(eq=st.just("COMMUNITY_HEALTH_CENTRE"))),
    )
)
NUMBERS = some(gte=st.sampled_from([0, 40.5, 60]), lt=st.sampled_from([50, 1e6]), isNull=st.booleans())
COUNTS = some(gte=st.integers(0, 30), lt=st.integers(0, 60), eq=st.integers(0, 5))
REVIEW_HAVING = combined(some(count=COUNTS, averageScore=NUMBERS, minScore=NUMBERS, maxScore=NUMBERS, sumScore=NUMBERS))


def keys_of(enum: str) -> list[str]:
    """The values of an enum of the schema."""
    type_: Any = graphql_schema().type_map[enum]
    return list(type_.values)


def asked(name: str, filters: st.SearchStrategy[Any], having: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Variables; now and then what is refused."""
    keys, orders = keys_of(f"{name}GroupKey"), keys_of(f"{name}GroupOrderField")
    order = st.fixed_dictionaries(
        {"field": st.sampled_from(orders)}, optional={"direction": st.sampled_from(["ASC", "DESC"])}
    )
    return st.fixed_dictionaries(
        {"by": st.lists(st.sampled_from(keys), max_size=4)},
        optional={
            "filter": filters,
            "having": having,
            "order": st.lists(order, max_size=2),
            "first": st.none() | st.sampled_from([0, 1, 5, 400, -1]),
        },
    )


async def naive(request: Request, text: str, variables: dict[str, Any]) -> Any:
    """The oracle's answer, or the code of its refusal."""
    engine, schema = request.engine, graphql_schema()
    tree = parse(text)
    node = get_operation_ast(tree)
    assert isinstance(node, OperationDefinitionNode)
    coerced = get_variable_values(schema, node.variable_definitions or (), variables)
    assert isinstance(coerced, VariableValues), coerced
    operation = Operation(schema, Readers(), tree, node, engine.catalogue.roots, (), hide_suggestions=True)
    selection = Outline(operation, coerced).roots[0]
    scope = await request.scope(None)

    async def fetch(sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        return await engine.pools.fetch(scope.db_role, sql, parameters)

    oracle = Naive(engine.catalogue, scope, fetch, engine.cursors)
    try:
        return await oracle.root(engine.catalogue.roots[selection.name], selection)
    except BadInput as error:
        return error.code


async def assert_alike(record: Record, persona: str | None, text: str, variables: dict[str, Any]) -> None:
    note(f"{persona}: {json.dumps(variables, ensure_ascii=False)}")
    record.server.statements.clear()
    reply = await record.server.client(persona)(text, **variables)
    sent = [sql for _, sql in record.server.statements if "string_agg" in sql]
    expected = await naive(await record.request(persona), text, variables)
    if reply.codes:
        assert reply.codes == [expected]
        return
    # None where the caller may see no such row at all.
    assert len(sent) <= 1
    ((_, found),) = reply.data.items()
    assert found == orjson.loads(orjson.dumps(expected))


MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@given(variables=asked("Review", REVIEW_FILTERS, REVIEW_HAVING), persona=st.sampled_from(PERSONAS))
@MANY
async def test_groups_of_reviews(record: Record, variables: dict[str, Any], persona: str | None) -> None:
    await assert_alike(record, persona, REVIEWS, variables)


INSTITUTION_FILTERS = combined(
    some(
        kind=some(eq=st.sampled_from(["COMMUNITY_HEALTH_CENTRE", "VILLAGE_CLINIC"])),
        openedOn=PERIODS | some(isNull=st.booleans()),
        reviews=some(outcome=some(eq=st.just("FAILED"))),
        parent=some(status=some(eq=st.just("OPERATING"))),
    )
)


@given(
    variables=asked("Institution", INSTITUTION_FILTERS, combined(some(count=COUNTS))),
    persona=st.sampled_from(PERSONAS),
)
@settings(MANY, max_examples=60)
async def test_groups_of_institutions(record: Record, variables: dict[str, Any], persona: str | None) -> None:
    await assert_alike(record, persona, INSTITUTIONS, variables)
