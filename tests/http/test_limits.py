"""Cost, time and masking, as callers meet them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from schema.cost import BUDGETS
from server.kit.actor import Role
from tests.driving import Client, Server

DEAR = "query($n: Int!) { institutions(first: $n) { nodes { reviews(first: 100) { nodes { id } } } } }"


async def test_every_answer_says_what_it_cost(server: Server, anonymous: Client) -> None:
    reply = await anonymous("{ districts { code } }")
    assert reply.body["extensions"]["cost"] == {"requested": 17, "limit": BUDGETS[Role.PUBLIC]}
    reply = await server.client("fengtai-officer")('{ district(code: "atlantis") { name } }')
    assert reply.body["extensions"]["cost"] == {"requested": 1, "limit": BUDGETS[Role.DISTRICT_OFFICER]}


@pytest.mark.parametrize(
    ("caller", "role"),
    [
        ("mentougou-applicant", Role.APPLICANT),
        ("fengtai-officer", Role.DISTRICT_OFFICER),
        ("fengtai-admin", Role.DISTRICT_ADMINISTRATOR),
        ("platform-operator", Role.PLATFORM_OPERATOR),
        (None, Role.PUBLIC),
    ],
)
async def test_a_request_above_the_budget_is_refused_for_every_role(
    server: Server, caller: str | None, role: Role
) -> None:
    client, before = server.client(caller), len(server.statements)
    reply = await client(DEAR, n=100)
    assert reply.codes == ["MAX_COST_EXCEEDED"]
    assert "data" not in reply.body
    limit = BUDGETS[role]
    assert reply.body["extensions"]["cost"] == {"requested": 1 + 100 * 102, "limit": limit}
    assert reply.body["errors"][0]["extensions"] == {"code": "MAX_COST_EXCEEDED", "requested": 10_201, "limit": limit}
    assert str(limit) in reply.body["errors"][0]["message"]
    assert not [sql for _, sql in server.statements[before:] if "FROM institution" in sql]


async def test_the_same_request_fits_with_a_smaller_page(server: Server, samples: None) -> None:
    client = server.client("fengtai-officer")
    assert (await client(DEAR, n=90)).data["institutions"]["nodes"]
    assert (await server.client("municipal-analyst")(DEAR, n=100)).data["institutions"]["nodes"]


# Time ----------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def locked(superuser: str, table: str) -> AsyncIterator[None]:
    """Nobody else reads or writes the table meanwhile."""
    async with await psycopg.AsyncConnection.connect(superuser) as connection:
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
        await connection.rollback()


@pytest.fixture(scope="session")
async def hurried(start: object) -> Server:
    """A server that gives every operation a fifth of a second."""
    return await start(query_seconds=0.2, mutation_seconds=0.2)  # type: ignore[operator,no-any-return]


async def test_a_query_that_takes_too_long_is_cancelled(hurried: Server, superuser: str) -> None:
    client = hurried.client(None)
    async with locked(superuser, "insurance_agency"):
        reply = await client("{ insuranceAgencies { name } }")
        assert reply.codes == ["OPERATION_TIMEOUT"]
        assert reply.status == 200
        body = {"query": "{ insuranceAgencies { name } }"}
        accept = {"accept": "application/graphql-response+json"}
        assert (await hurried.http.post("/graphql", json=body, headers=accept)).status_code == 504
    assert len((await client("{ insuranceAgencies { name } }")).data["insuranceAgencies"]) == 17


async def test_a_mutation_that_takes_too_long_writes_nothing(hurried: Server, superuser: str) -> None:
    client = hurried.client("fengtai-admin")
    asked = '{ district(code: "fengtai") { insuranceAgency { id version phones email } } }'
    agency = (await client(asked)).data["district"]["insuranceAgency"]
    change = """mutation($id: ID!, $version: Int!) { updateAgencyContacts(input: { agency: $id, expectedVersion: $version,
      phones: ["010-12345678"], email: "a@example.com", idempotencyKey: "too slow" }) { __typename } }"""
    # The agency is changed first and the audit row is written after it: what is waited for stands in mid-transaction.
    async with locked(superuser, "audit_entry"):
        reply = await client(change, id=agency["id"], version=agency["version"])
        assert reply.codes == ["OPERATION_TIMEOUT"]
        assert "幂等键" in reply.body["errors"][0]["message"]
    assert (await client(asked)).data["district"]["insuranceAgency"] == agency
    # Nothing of the cancelled request holds on to a connection.
    many = await asyncio.gather(*(client(asked) for _ in range(20)))
    assert all(one.data["district"]["insuranceAgency"] == agency for one in many)


# Errors --------------------------------------------------------------------------------------------------------------


async def test_an_unexpected_error_is_masked_and_found_again_by_its_incident(
    server: Server, superuser: str, errors_logged: list[dict[str, Any]]
) -> None:
    async with await psycopg.AsyncConnection.connect(superuser, autocommit=True) as connection:
        await connection.execute("ALTER TABLE insurance_agency RENAME COLUMN email TO electronic_mail")
        try:
            reply = await server.client(None)("{ insuranceAgencies { email } }")
        finally:
            await connection.execute("ALTER TABLE insurance_agency RENAME COLUMN electronic_mail TO email")
    (error,) = reply.body["errors"]
    assert set(error) == {"message", "locations", "path", "extensions"}
    assert set(error["extensions"]) == {"code", "incident"}
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "email" not in error["message"]
    (logged,) = errors_logged
    assert logged["incident"] == error["extensions"]["incident"]
    assert isinstance(logged["exc_info"], psycopg.errors.UndefinedColumn)


SUGGESTED = [
    ("{ distritcs { code } }", {}),
    ("{ districts { nam } }", {}),
    ('{ district(cod: "x") { name } }', {}),
    ("{ institutions(orderBy: [{ field: NAMES }]) { nodes { id } } }", {}),
    ("query($a: Strin) { district(code: $a) { name } }", {}),
    ("{ institutions(filter: { nam: { eq: 1 } }) { nodes { id } } }", {}),
    ("query($f: InstitutionFilter) { institutions(filter: $f) { nodes { id } } }", {"f": {"nam": {}}}),
    (
        "query($f: InstitutionFilter) { institutions(filter: $f) { nodes { id } } }",
        {"f": {"status": {"eq": "OPERATIN"}}},
    ),
    ("query($o: [InstitutionOrder!]) { institutions(orderBy: $o) { nodes { id } } }", {"o": [{"field": "NAMES"}]}),
    ("{ districts @includ(if: true) { code } }", {}),
    ("{ viewer { ... on Viewr { name } } }", {}),
]


@pytest.mark.parametrize(("query", "variables"), SUGGESTED)
async def test_guesses_are_made_in_development_alone(
    server: Server, developing: Server, query: str, variables: dict[str, object]
) -> None:
    refused = await server.client(None)(query, **variables)
    assert refused.codes
    assert "Did you mean" not in str(refused.body)
    assert (await developing.client(None)(query, **variables)).codes == refused.codes


async def test_development_does_suggest(developing: Server) -> None:
    reply = await developing.client(None)("{ distritcs { code } }")
    assert "Did you mean 'districts'" in reply.body["errors"][0]["message"]
