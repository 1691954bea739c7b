"""Python's stock clients against a listening server: gql, and schemathesis with generated operations."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import schemathesis
from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from graphql import StringValueNode
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from server import installation
from tests.databases import cloned
from tests.listening import Listening
from tests.test_contract import operation

# gql -----------------------------------------------------------------------------------------------------------------


def client_of(listening: Listening, persona: str | None = None) -> Client:
    """A client that fetches the schema first, and checks its operations against it."""
    headers = {"authorization": f"Bearer {listening.tokens[persona]}"} if persona else {}
    transport = HTTPXAsyncTransport(url=listening.url, headers=headers)
    return Client(transport=transport, fetch_schema_from_transport=True)


async def test_gql_reads_the_schema_and_pages_through_a_list(listening: Listening, samples: None) -> None:
    page = gql(operation("institution_page"))
    async with client_of(listening, "fengtai-officer") as session:
        seen: list[str] = []
        after = None
        while True:
            answer = await session.execute(
                GraphQLRequest(page, variable_values={"district": "fengtai", "first": 7, "after": after})
            )
            found = answer["institutions"]
            seen += [edge["node"]["id"] for edge in found["edges"]]
            after = found["pageInfo"]["endCursor"]
            if not found["pageInfo"]["hasNextPage"]:
                break
    assert len(seen) == len(set(seen)) == found["totalCount"] > 7


async def test_gql_tells_errors_by_their_code(listening: Listening) -> None:
    async with client_of(listening) as session:
        with pytest.raises(TransportQueryError) as raised:
            await session.execute(gql('{ district(code: "atlantis") { name } }'))
    assert raised.value.errors is not None
    assert raised.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
    assert raised.value.data == {"district": None}
    assert raised.value.extensions is not None
    assert raised.value.extensions["cost"]["requested"] == 1


# schemathesis --------------------------------------------------------------------------------------------------------


def literals(values: st.SearchStrategy[str]) -> st.SearchStrategy[StringValueNode]:
    """The values as literals of a document."""
    return values.map(lambda value: StringValueNode(value=value))


_DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))
schemathesis.graphql.scalar("Date", literals(_DATES.map(date.isoformat)))
schemathesis.graphql.scalar("DateTime", literals(_DATES.map(lambda day: f"{day + timedelta(days=1)}T09:00:00+08:00")))
schemathesis.graphql.scalar("Decimal", literals(st.decimals(0, 10_000, places=2).map(str)))
schemathesis.graphql.scalar("UnifiedSocialCreditCode", literals(st.sampled_from(["91110000802100433B", "x", ""])))

#: What a generated operation may be answered with, besides data.
EXPECTED = {
    "BAD_USER_INPUT",
    "CONFLICT",
    "FORBIDDEN",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "MAX_COST_EXCEEDED",
    "NOT_FOUND",
    "UNAUTHENTICATED",
}


@pytest.fixture(scope="module")
def apart(
    superuser_dsn: str, template: str, worker_id: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Listening]:
    """A server on a database of its own: what generated mutations write is nobody else's."""
    with cloned(superuser_dsn, template, f"generated_{worker_id}") as dsn:
        running = Listening(installation.server_dsn(dsn), role_secret, tmp_path_factory.mktemp("apart"), samples=True)
        yield running
        running.stop()


#: Operations that are generated, over all root fields together; every caller sends each.
_EXAMPLES = 36


# The library's own strategies draw from `random` now and then, which Hypothesis no longer likes; not ours to mend.
@pytest.mark.filterwarnings("ignore:Do not use the .random. module:hypothesis.errors.HypothesisDeprecationWarning")
def test_generated_operations_never_find_an_unexpected_error(apart: Listening) -> None:
    callers = {
        name: {"authorization": f"Bearer {apart.tokens[name]}"} for name in ("fengtai-admin", "municipal-analyst")
    }
    schema: Any = schemathesis.graphql.from_url(apart.url)
    fields = [result.ok() for result in schema.get_all_operations()]
    answered: dict[str, set[str]] = {"nobody": set(), **{name: set() for name in callers}}
    for field in fields:

        @seed(20261122)
        @settings(
            max_examples=max(1, _EXAMPLES // len(fields)),
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=field.as_strategy())
        def holds(case: Any) -> None:
            for caller, told in answered.items():
                response = case.call(headers=callers.get(caller, {}))
                assert response.status_code == 200, (caller, response.text)
                answer = response.json()
                codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
                assert codes <= EXPECTED, (caller, case.body, answer)
                told.update(codes or {"OK"})

        holds()
    assert all("OK" in told for told in answered.values()), answered
