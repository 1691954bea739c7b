"""An institution of one district, and callers who keep its register."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.driving import Client, Server

PROBLEM = "__typename ... on Problem { code message path }"
SHOWN = "id name position identityNumber phone fromOn until version institution { id }"

#: A number with its check digit, and a telephone, that stand nowhere else.
NUMBER, PHONE = "110105194912310029"[:14] + "0021", "13957913579"
MASKED_NUMBER, MASKED_PHONE = "110105********0021", "139****3579"

Do = Callable[..., Awaitable[dict[str, Any]]]


def valid_number(serial: int) -> str:
    """An identity number with the right check digit, another for each serial (0 to 999)."""
    first = f"11010519491231{serial:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(int(d) * w for d, w in zip(first, weights, strict=True)) % 11]


async def change(client: Client, verb: str, payload: str, **given: Any) -> dict[str, Any]:
    """The answer of one of the area's mutations."""
    kind = verb[0].upper() + verb[1:]
    reply = await client(
        f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ {PROBLEM}"
        f" ... on {payload} {{ person {{ {SHOWN} }} }} }} }}",
        input={"idempotencyKey": uuid.uuid4().hex, **given},
    )
    answer: dict[str, Any] = reply.data[verb]
    return answer


async def appoint(client: Client, institution: str, **given: Any) -> dict[str, Any]:
    """Name somebody the principal of the institution."""
    fields = {"institution": institution, "position": "PRINCIPAL", "name": "张三", "fromOn": "2024-03-01"} | given
    return await change(client, "appointPerson", "PersonAppointed", **fields)


@pytest.fixture(scope="session")
def officer(server: Server) -> Client:
    return server.client("fengtai-officer")


@pytest.fixture
async def institution(officer: Client) -> str:
    """The id of an institution of its own."""
    name = f"试验{uuid.uuid4().hex[:8]}社区卫生服务站"
    reply = await officer(
        "mutation($input: RegisterInstitutionInput!) { registerInstitution(input: $input) {"
        " ... on InstitutionRegistered { institution { id } } } }",
        input={
            "district": "fengtai",
            "name": name,
            "kind": "COMMUNITY_HEALTH_STATION",
            "address": f"丰台区{name}路1号",
            "idempotencyKey": uuid.uuid4().hex,
        },
    )
    made: str = reply.data["registerInstitution"]["institution"]["id"]
    return made
