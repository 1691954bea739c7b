"""Operations as they are served: one statement each, kept by shape; what one statement cannot answer, root by root."""

from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from schema.access import Request
from schema.contract import bindings, graphql_schema
from schema.reading import NODE, NODES
from server.kit.actor import Actor, Grant, Role
from server.kit.ids import NodeId, stable_id
from tests.compiled.awkward import node_ids
from tests.compiled.conftest import PERSONAS, Register
from tests.compiled.generated import Generated, Pools, operations
from tests.compiled.oracle import same

CATALOGUE = bindings()
IDS = node_ids(CATALOGUE)
OPERATIONS = operations(graphql_schema(), [*CATALOGUE.roots, NODE, NODES], Pools(IDS))

PAGE = """
query Page($district: String, $filter: InstitutionFilter, $orderBy: [InstitutionOrder!], $first: Int, $names: Boolean!) {
  institutions(district: $district, filter: $filter, orderBy: $orderBy, first: $first) {
    totalCount
    nodes { id name @include(if: $names) sites { address } reviews(first: 2) { nodes { kind } } }
  }
}
"""


async def served(
    register: Register, persona: str | Request | None, text: str, **variables: Any
) -> tuple[Any, list[str]]:
    """The response body, and the statements that it took."""
    request = persona if isinstance(persona, Request) else register.request(persona)
    before = len(register.server.statements)
    answer = await register.server.app.operations.answer(request, text, variables)
    return orjson.loads(orjson.dumps(answer.body)), [sql for _, sql in register.server.statements[before:]]


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize(
    "text",
    [
        "{ districts { code name insuranceAgency { phones } authorities { kind } } }",
        '{ a: district(code: "fengtai") { name } b: districts { code } __typename }',
        "{ institutions(first: 3) { totalCount pageInfo { hasNextPage } edges { node { name district { code } } } } }",
        f"{{ nodes(ids: {orjson.dumps(IDS['Institution'][:3] + IDS['Site'][:2]).decode()}) {{ __typename id }} }}",
        f'{{ institution(id: "{IDS["Institution"][0]}") {{ name stations {{ totalCount }} }} }}',
        f'{{ node(id: "{IDS["Review"][0]}") {{ id ... on Review {{ kind }} }} districts {{ code }} }}',
    ],
)
async def test_a_planned_operation_is_one_statement(register: Register, persona: str | None, text: str) -> None:
    _, statements = await served(register, persona, text)
    assert len(statements) == 1


async def test_no_statement_where_nothing_is_read(register: Register) -> None:
    body, statements = await served(
        register, None, "query Q($no: Boolean!) { __typename districts @skip(if: $no) { code } }", no=True
    )
    assert body["data"] == {"__typename": "Query"}
    assert statements == []


async def test_other_values_are_the_same_statement(register: Register) -> None:
    def asks(**given: Any) -> dict[str, Any]:
        return {
            "district": "fengtai",
            "filter": {"name": {"contains": "a"}, "status": {"in": ["OPERATING"]}},
            "orderBy": [{"field": "NAME"}],
            "first": 2,
            "names": True,
        } | given

    _, (first,) = await served(register, "fengtai-officer", PAGE, **asks())
    for same_shape in (
        asks(first=100),
        asks(filter={"name": {"contains": "社区"}, "status": {"in": []}}),
        asks(orderBy=[{"field": "NAME", "direction": "ASC"}]),
    ):
        _, (sql,) = await served(register, "fengtai-officer", PAGE, **same_shape)
        assert sql == first
    for other_shape in (
        asks(first=None),
        asks(names=False),
        asks(district=None),
        asks(filter={"name": {"contains": "a"}}),
        asks(orderBy=[{"field": "NAME", "direction": "DESC"}]),
    ):
        body, (sql,) = await served(register, "fengtai-officer", PAGE, **other_shape)
        assert sql != first
        assert "errors" not in body


def officer(*tenants: int) -> Actor:
    return Actor("someone", "某人", tuple(Grant(one, Role.DISTRICT_OFFICER) for one in tenants))


async def test_one_text_for_all_districts_and_none_names_one(register: Register) -> None:
    texts = set()
    for tenant, code in ((5, "fengtai"), (7, "mentougou")):
        request = Request(register.server.app.engine, officer(tenant), "test")
        body, (sql,) = await served(register, request, PAGE, district=code, names=True)
        assert "errors" not in body
        assert code not in sql
        texts.add(sql)
    assert len(texts) == 1


async def test_narrower_rights_are_another_statement(register: Register) -> None:
    mine = register.request("fengtai-institution")
    body, (narrow,) = await served(register, mine, PAGE, names=True)
    _, (wide,) = await served(register, "fengtai-officer", PAGE, names=True)
    assert narrow != wide
    assert 0 < body["data"]["institutions"]["totalCount"] < 130


async def test_root_fields_of_two_districts_are_a_statement_each(register: Register) -> None:
    request = Request(register.server.app.engine, officer(5, 7), "test")
    text = (
        '{ a: institutions(district: "fengtai") { totalCount } b: institutions(district: "mentougou") { totalCount } }'
    )
    body, statements = await served(register, request, text)
    assert len(statements) == 2
    assert body["data"] == {"a": {"totalCount": 130}, "b": {"totalCount": 130}}
    ids = [IDS["Institution"][0], IDS["Institution"][130], IDS["Institution"][1], IDS["Institution"][300]]
    body, statements = await served(register, request, "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert len(statements) == 2
    assert body["data"]["nodes"] == [*({"id": one} for one in ids[:3]), None]


async def test_what_python_answers_stands_beside_what_is_planned(register: Register) -> None:
    grants = (
        *officer(5, 7).grants,
        Grant(5, Role.INSTITUTION_STAFF, institution_id=stable_id("sample", "fengtai", "centre", "0")),
    )
    request = Request(register.server.app.engine, Actor("someone", "某人", grants), "test")
    text = """{
      viewer { name memberships { role district { code } institution { id name } } }
      districts { code }
      vocabulary(name: "ReviewKind") { value }
    }"""
    body, statements = await served(register, request, text)
    # The districts; the memberships' districts, on two roles; their institutions.
    assert len(statements) == 4
    assert list(body["data"]) == ["viewer", "districts", "vocabulary"]
    memberships = body["data"]["viewer"]["memberships"]
    assert [one["district"]["code"] for one in memberships] == ["fengtai", "mentougou", "fengtai"]
    assert [one["institution"] and one["institution"]["id"] for one in memberships] == [
        None,
        None,
        IDS["Institution"][0],
    ]


BESIDE = 'vocabulary(name: "none") { value }'


@given(asked=OPERATIONS, persona=st.sampled_from(PERSONAS))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
async def test_a_field_of_python_beside_it_changes_no_answer(
    register: Register, asked: Generated, persona: str | None
) -> None:
    alone, _ = await served(register, persona, asked.text, **asked.variables)
    beside, _ = await served(register, persona, asked.text.replace("{", f"{{ z: {BESIDE}", 1), **asked.variables)
    assume(alone.get("data") is not None and "data" in beside)
    if beside["data"] is not None:
        assert beside["data"].pop("z") is None
    for body in (alone, beside):
        for error in body.get("errors", ()):
            del error["locations"]
    assert {str(error) for error in alone.get("errors", ())} == {str(error) for error in beside.get("errors", ())}
    assert same(alone["data"], beside["data"])


# Errors --------------------------------------------------------------------------------------------------------------


async def test_not_found_is_told_by_the_one_statement(register: Register) -> None:
    absent = str(NodeId(3, 5, stable_id("nobody")))
    text = f'{{ a: institution(id: "{absent}") {{ name }} b: districts {{ code }} c: node(id: "{absent}") {{ id }} }}'
    body, statements = await served(register, "fengtai-officer", text)
    assert len(statements) == 1
    assert body["data"]["a"] is body["data"]["c"] is None
    assert len(body["data"]["b"]) == 17
    assert body["errors"] == [
        {
            "message": "未找到该对象",
            "locations": [{"line": 1, "column": column}],
            "path": [key],
            "extensions": {"code": "NOT_FOUND", "argument": [key]},
        }
        for key, column in (("a", 3), ("c", text.index("c: node") + 1))
    ]


@pytest.mark.parametrize(
    ("field", "code", "argument"),
    [
        ("institutions(first: 101) { totalCount }", "BAD_USER_INPUT", ["x", "first"]),
        ("institutions(first: 1, last: 1) { totalCount }", "BAD_USER_INPUT", ["x", "last"]),
        ('institutions(after: "zzz") { totalCount }', "BAD_USER_INPUT", ["x", "after"]),
        ('institutions(district: "nowhere") { totalCount }', "BAD_USER_INPUT", ["x", "district"]),
        ('institutions(district: "mentougou") { totalCount }', "FORBIDDEN", None),
        ('institutions(filter: {id: {eq: "zzz"}}) { totalCount }', "BAD_USER_INPUT", ["x", "filter", "id", "eq"]),
        ("institutions(filter: {name: null}) { totalCount }", "BAD_USER_INPUT", ["x", "filter", "name"]),
        ("institutions { nodes { reviews(last: -1) { totalCount } } }", "BAD_USER_INPUT", ["reviews", "last"]),
        ('institution(id: "zzz") { name }', "BAD_USER_INPUT", ["x", "id"]),
        ('node(id: "zzz") { id }', "BAD_USER_INPUT", ["id"]),
        ('nodes(ids: ["zzz"]) { id }', "BAD_USER_INPUT", ["ids", "0"]),
    ],
)
async def test_refusals_are_the_same_alone_and_beside_python(
    register: Register, field: str, code: str, argument: Any
) -> None:
    await register.server.app.engine.directory.find("nowhere")  # an unknown code is looked up, once in a while
    alone, statements = await served(register, "fengtai-officer", f"{{ x: {field} }}")
    beside, _ = await served(register, "fengtai-officer", f"{{ x: {field} {BESIDE} }}")
    assert statements == []
    assert alone["errors"] == beside["errors"]
    (error,) = alone["errors"]
    assert error["path"] == ["x"]
    assert (error["extensions"]["code"], error["extensions"].get("argument")) == (code, argument)
    assert (alone["data"] is None) == (beside["data"] is None)


async def test_variables_that_do_not_fit_are_refused_in_graphql_cores_words(register: Register) -> None:
    body, statements = await served(register, None, PAGE, first="many")
    assert statements == []
    assert "data" not in body
    assert {error["message"].split(" has")[0].split(" of")[0] for error in body["errors"]} == {
        "Variable '$first'",
        "Variable '$names'",
    }


async def test_a_statement_that_takes_too_long_fails_its_root_fields(register: Register, superuser_dsn: str) -> None:
    pools = register.server.app.pools
    role = "district_mentougou"
    request = Request(register.server.app.engine, officer(7), "test")
    dsn = make_conninfo(superuser_dsn, dbname=psycopg.conninfo.conninfo_to_dict(pools.conninfo(role))["dbname"])
    text = '{ a: institution(id: "%s") { name } b: institution(id: "%s") { name } }' % ((IDS["Institution"][130],) * 2)
    async with await psycopg.AsyncConnection.connect(dsn) as blocking:
        await blocking.execute(f"ALTER ROLE {role} IN DATABASE {blocking.info.dbname} SET statement_timeout = '100ms'")
        # The setting is for connections that are still to come.
        standing = "FROM pg_stat_activity WHERE usename = %s AND datname = current_database()"
        await blocking.execute(f"SELECT pg_terminate_backend(pid, 5000) {standing}", [role])
        await blocking.commit()
        await blocking.execute("LOCK TABLE institution IN ACCESS EXCLUSIVE MODE")
        fresh = Request(register.server.app.engine, request.actor, "test")
        await pools.close()
        nullable, statements = await served(register, fresh, text)
        assert len(statements) == 1
        whole, _ = await served(register, fresh, "{ institutions { totalCount } districts { code } }")
        await blocking.rollback()
        await blocking.execute(f"ALTER ROLE {role} IN DATABASE {blocking.info.dbname} RESET statement_timeout")
        await blocking.commit()
    await pools.close()
    for late in (nullable, whole):
        assert [one["extensions"]["code"] for one in late["errors"]] == ["OPERATION_TIMEOUT"]
