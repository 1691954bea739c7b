"""Calls and applications over GraphQL."""

import pytest

from tests.driving import Client, Server
from tests.selection.world import MEASURES, identify, on, persona, publish, stranger, submit


@pytest.fixture
def officer(server: Server) -> Client:
    return persona(server, "mentougou-officer")


async def test_an_application_is_taken_and_judged_by_the_pack(server: Server, officer: Client) -> None:
    with on("2026-11-23"):
        gap, *_ = await identify(officer, ["永定镇某新建居住区"])
        published = await publish(officer, [gap["id"]])
        assert published["__typename"] == "CallPublished", published
        call = published["call"]
        assert (call["status"], call["closesOn"]) == ("PUBLISHED", "2026-12-18")
        assert call["gaps"] == [{"id": gap["id"], "name": "永定镇某新建居住区", "status": "PUBLISHED"}]
        done = await submit(stranger(server, "first"), call["id"], gap["id"])
    assert done["__typename"] == "ApplicationSubmitted", done
    application = done["application"]
    assert (application["status"], application["proposed"]) == ("SUBMITTED", "NO_ACTION")
    checks = {one["rule"]["code"]: (one["outcome"], one["clause"]["anchor"]) for one in application["eligibility"]}
    assert checks == {
        "MTG-2-1": ("NOT_FIRED", "第二条"),
        "MTG-3-1": ("INDETERMINATE", "第三条"),
        "MTG-4-1": ("NOT_FIRED", "第四条"),
        "MTG-5-1": ("INDETERMINATE", "第五条"),
    }
    assert application["eligibility"][0]["clause"]["document"] == MEASURES
