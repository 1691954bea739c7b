"""One who asks too much is refused for a while, in a way that every client understands; all others are served."""

import asyncio

import pytest

from schema.cost import BUDGETS, PER_MINUTE, meter_of
from server.kit.actor import Role
from server.kit.meter import Meter, Rate
from tests.driving import Client, Server
from tests.http.conftest import StartServer

CHEAP = "{ __typename }"
DEAR = "{ institutions(first: 100) { nodes { name reviews(first: 10) { nodes { kind } } } } }"


@pytest.fixture
async def narrow(start: StartServer) -> Server:
    """A server where one dear request empties a person's bucket, and three a district's."""
    return await start(meter=Meter({role: Rate(600, 2_500) for role in Role}, Rate(600, 6_500)), development=True)


async def flood(client: Client, times: int = 30) -> list[int]:
    """The statuses of many requests at once."""
    return [reply.status for reply in await asyncio.gather(*(client(DEAR) for _ in range(times)))]


async def test_a_person_beyond_the_rate_is_told_when_to_come_back(narrow: Server, samples: None) -> None:
    officer = narrow.client("fengtai-officer")
    statuses = await flood(officer)
    assert set(statuses) == {200, 429}
    response = await officer.http.post("/graphql", json={"query": DEAR}, headers=officer.headers)
    assert response.status_code == 429
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert int(response.headers["retry-after"]) == error["extensions"]["retryAfter"] >= 1
    assert response.json()["extensions"]["cost"]["remaining"] >= 0
    assert response.headers["cache-control"] == "no-store"


async def test_while_one_district_is_refused_all_others_are_served(narrow: Server, samples: None) -> None:
    flooding = [narrow.client(name) for name, one in narrow.personas.items() if one.district == "mentougou"]
    others = [narrow.client(None), narrow.client("municipal-analyst"), narrow.client("fengtai-officer")]
    asked = [flood(one) for one in flooding]
    answers = await asyncio.gather(*asked, *(one(CHEAP) for one in others for _ in range(5)))
    refused = [status for statuses in answers[: len(asked)] for status in statuses]  # type: ignore[union-attr]
    assert 429 in refused
    assert {reply.status for reply in answers[len(asked) :]} == {200}  # type: ignore[union-attr]


async def test_a_mutation_counts_too(narrow: Server) -> None:
    staff = narrow.client("fengtai-institution")
    codes: set[str] = set()
    for _ in range(260):
        codes |= set((await staff("mutation { __typename }")).codes)
        if "RATE_LIMITED" in codes:
            break
    assert "RATE_LIMITED" in codes


def test_every_role_may_ask_its_dearest_request_at_once() -> None:
    assert PER_MINUTE.keys() == BUDGETS.keys() == set(Role)
    assert all(PER_MINUTE[role] >= BUDGETS[role] for role in Role)
    assert meter_of({Role.EXPERT: 1}).spend(None, "", BUDGETS[Role.PUBLIC]).wait_s == 0
