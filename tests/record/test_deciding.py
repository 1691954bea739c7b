"""Two people decide the same case at the same moment: one decision stands, and the other learns that it came too late."""

import asyncio
import uuid
from typing import Any

import psycopg
import pytest

from tests.driving import Client, Server

ITEM = "id version status"


async def send(client: Client, verb: str, **given: Any) -> dict[str, Any]:
    """The answer to a mutation about a rectification item."""
    made = f"{verb[0].upper()}{verb[1:]}Input"
    text = (
        f"mutation($input: {made}!) {{ {verb}(input: $input) {{ __typename"
        f" ... on RectificationSaved {{ item {{ {ITEM} }} }} ... on Problem {{ code message }}"
        " ... on OutOfDate { currentVersion } } }"
    )
    reply = await client(text, input={"idempotencyKey": uuid.uuid4().hex, **given})
    told: dict[str, Any] = reply.data[verb]
    return told


async def submitted(server: Server) -> dict[str, Any]:
    """A case that waits for a decision."""
    officer, staff = server.client("fengtai-officer"), server.client("fengtai-institution")
    wanted = "institutions(first: 1, filter: {kind: {eq: COMMUNITY_HEALTH_CENTRE}})"
    centre = (await staff(f"{{ {wanted} {{ nodes {{ id }} }} }}")).data["institutions"]["nodes"][0]["id"]
    problem = {"institution": centre, "problem": "消毒记录不全", "dueOn": "2099-03-01", "source": "INSPECTION"}
    item: dict[str, Any] = (await send(officer, "recordProblem", **problem))["item"]
    for verb, more in (("planRectification", {"plan": "补记"}), ("submitRectification", {"evidence": "已补记"})):
        item = (await send(staff, verb, item=item["id"], expectedVersion=item["version"], **more))["item"]
    return item


@pytest.mark.parametrize("round_", range(3))
async def test_one_decision_stands_and_the_other_is_out_of_date(
    round_: int, server: Server, samples: None, superuser: str
) -> None:
    item = await submitted(server)
    given = {"item": item["id"], "expectedVersion": item["version"]}
    yes = send(server.client("fengtai-officer"), "decideRectification", **given, accepted=True)
    no = send(
        server.client("fengtai-admin"),
        "decideRectification",
        **given,
        accepted=False,
        reason="记录仍不全",
        dueOn="2099-04-01",
    )
    answers = await asyncio.gather(*((yes, no) if round_ % 2 else (no, yes)))
    by_type = {one["__typename"]: one for one in answers}
    assert by_type.keys() == {"RectificationSaved", "OutOfDate"}
    decided = by_type["RectificationSaved"]["item"]
    assert by_type["OutOfDate"]["currentVersion"] == decided["version"] == item["version"] + 1
    with psycopg.connect(superuser) as connection:
        row = connection.execute(
            "SELECT status, version FROM rectification_item WHERE version = %s ORDER BY updated_at DESC LIMIT 1",
            [decided["version"]],
        ).fetchone()
    assert row == (decided["status"], decided["version"])


async def test_one_decision_sent_twice_at_once_is_one_decision(server: Server, samples: None) -> None:
    item = await submitted(server)
    given = {"item": item["id"], "expectedVersion": item["version"], "accepted": True}
    key = uuid.uuid4().hex
    officer = server.client("fengtai-officer")
    answers = await asyncio.gather(
        *(send(officer, "decideRectification", **given, idempotencyKey=key) for _ in range(4))
    )
    assert all(one == answers[0] for one in answers)
    assert answers[0]["item"]["version"] == item["version"] + 1
