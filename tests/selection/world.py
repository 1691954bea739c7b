"""A district's selection, driven as its people do: officers, applicants, experts, over GraphQL, on days that are set."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from server.kit import clock, uscc
from server.kit.clock import BEIJING
from tests.driving import Client, Reply, Server

PROBLEM = "__typename ... on Problem { code message path clause { document anchor } }"
DISTRICT = "mentougou"
MEASURES = "mentougou-2026-3"


def key() -> str:
    return uuid.uuid4().hex


@contextmanager
def on(day: str, hour: int = 10) -> Iterator[None]:
    """That day in Beijing."""
    with clock.frozen(datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=BEIJING)):
        yield


def credit_code(n: int) -> str:
    """A credit code with a right check character, for each number another."""
    first = f"91110109MA{n:07d}"
    return first + uscc.check_character(first)


async def act(client: Client, verb: str, shown: str, **given: Any) -> dict[str, Any]:
    """The answer of a mutation whose input bears its name: its payload, of which ``shown`` is selected, or the problem."""
    kind = verb[0].upper() + verb[1:]
    reply = await client(
        f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ {PROBLEM} {shown} }} }}",
        input={"idempotencyKey": key(), **given},
    )
    answer: dict[str, Any] = reply.data[verb]
    return answer


async def failing(client: Client, verb: str, **given: Any) -> Reply:
    """The whole response to a mutation that fails as a request."""
    kind = verb[0].upper() + verb[1:]
    return await client(
        f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ __typename }} }}",
        input={"idempotencyKey": key(), **given},
    )


CALL = (
    "call { id version number status closesOn publicityEndsOn gaps { id name status } outcomes { outcome gap { id } } }"
)
APPLICATION = (
    "application { id version number status proposed rank totalScore tied openingBy operatorName"
    " eligibility { rule { code } outcome effect reason clause { document anchor } } }"
)


async def identify(officer: Client, names: list[str], district: str = DISTRICT) -> list[dict[str, Any]]:
    """Chosen gaps of these names."""
    shown = "... on GapsIdentified { gaps { id version status name } }"
    areas = [{"name": name, "area": f"{name}一带", "population": 9000} for name in names]
    made = await act(officer, "identifyGaps", shown, district=district, batch="2026年第一批", gaps=areas)
    assert made["__typename"] == "GapsIdentified", made
    shown = "... on GapsSelected { gaps { id version status name } }"
    ids = [one["id"] for one in made["gaps"]]
    done = await act(officer, "selectGaps", shown, district=district, gaps=ids, reason="区卫生健康委会议研究选取")
    assert done["__typename"] == "GapsSelected", done
    gaps: list[dict[str, Any]] = done["gaps"]
    return gaps


async def publish(officer: Client, gaps: list[str], **given: Any) -> dict[str, Any]:
    """A published call for these gaps, or the problem."""
    fields = {"district": DISTRICT, "gaps": gaps, "title": "社区卫生服务站举办主体公开遴选", "closesOn": "2026-12-18"}
    return await act(officer, "publishCall", f"... on CallPublished {{ {CALL} }}", **fields | given)


async def submit(client: Client, call: str, gap: str, n: int = 1, **given: Any) -> dict[str, Any]:
    """The n-th operator's application, or the problem."""
    fields = {
        "call": call,
        "gap": gap,
        "route": "NEW",
        "operator": {
            "name": f"第{n}社区健康服务中心",
            "unifiedSocialCreditCode": credit_code(n),
            "kind": "SOCIAL_ORGANISATION",
        },
        "operatingNature": "NON_PROFIT",
        "declarations": [
            {"kind": "BEARS_CIVIL_LIABILITY", "claimed": True},
            {"kind": "OPERATOR_IS_LEGAL_PERSON", "claimed": True},
            {"kind": "CONFORMS_TO_PLAN", "claimed": True},
        ],
        "materials": [],
    }
    shown = f"... on ApplicationSubmitted {{ {APPLICATION} }}"
    return await act(client, "submitApplication", shown, **fields | given)


def stranger(server: Server, name: str) -> Client:
    """Somebody who is signed in and holds nothing anywhere."""
    token = server.issuer.token(f"stranger:{name}", "shequ")
    return Client(server.http, {"authorization": f"Bearer {token}"})
