"""Service gaps over GraphQL: batches, history, who reads them."""

from typing import Any

import pytest

from tests.driving import Client, Server
from tests.selection.world import act, identify, on, persona, publish

SHOWN = "gap { id version status area boundary population }"
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[116.0, 39.9], [116.1, 39.9], [116.1, 40.0], [116.0, 40.0], [116.0, 39.9]]],
}


@pytest.fixture(scope="module")
def officer(server: Server) -> Client:
    return persona(server, "mentougou-officer")


async def amend(officer: Client, gap: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The gap as it is amended, or the problem."""
    content = {"name": "修改后的区域", "area": "东至河岸、西至铁路", "population": 12000}
    return await act(
        officer,
        "amendGap",
        f"... on GapAmended {{ {SHOWN} }}",
        gap=gap["id"],
        expectedVersion=gap["version"],
        content=content | given,
    )


async def test_a_gap_has_its_area_in_words_and_as_a_polygon(officer: Client) -> None:
    with on("2026-11-23"):
        (gap,) = await identify(officer, ["多边形区"])
        done = await amend(officer, gap, boundary=SQUARE)
        assert done["gap"]["boundary"] == SQUARE, done
        assert done["gap"]["population"] == 12000
        crossed = {
            "type": "Polygon",
            "coordinates": [[[116, 39.9], [116.1, 40], [116.1, 39.9], [116, 40], [116, 39.9]]],
        }
        refused = await amend(officer, done["gap"], boundary=crossed)
        assert (refused["path"], "自相交" in refused["message"]) == (["input", "boundary"], True)
        assert (await amend(officer, done["gap"], population=-1))["path"] == ["input", "population"]
        assert (await amend(officer, gap))["__typename"] == "OutOfDate"


async def test_a_published_gap_does_not_change_and_is_read_by_everybody(server: Server, officer: Client) -> None:
    text = "query($id: ID!) { serviceGap(id: $id) { name status publishedOn history { toStatus } district { code } } }"
    with on("2026-11-23"):
        (gap,) = await identify(officer, ["公开区"])
        for nobody in (server.client(None), persona(server, "fengtai-officer")):
            assert (await nobody(text, id=gap["id"])).codes == ["NOT_FOUND"]
        await publish(officer, [gap["id"]])
        refused = await amend(officer, gap | {"version": 3})
        assert refused["code"] == "CONFLICT"
        for anybody in (server.client(None), persona(server, "fengtai-institution")):
            found = (await anybody(text, id=gap["id"])).data["serviceGap"]
            assert (found["name"], found["publishedOn"], found["history"]) == ("公开区", "2026-11-23", [])
            assert found["district"] == {"code": "mentougou"}
        named = await server.client(None)(
            '{ serviceGaps(district: "mentougou", filter: {name: {eq: "公开区"}}) { totalCount } }'
        )
        assert named.data["serviceGaps"]["totalCount"] == 1
        city = (await persona(server, "municipal-analyst")(text, id=gap["id"])).data["serviceGap"]
        assert [one["toStatus"] for one in city["history"]] == ["IDENTIFIED", "SELECTED", "PUBLISHED"]
        shown = f"... on GapCovered {{ {SHOWN} }}"
        early = await act(officer, "confirmGapCovered", shown, gap=gap["id"], expectedVersion=3, reason="已覆盖")
        assert (early["code"], early["clause"]["anchor"]) == ("CONFLICT", "第十三条")


async def test_a_batch_is_kept_as_a_whole_or_not_at_all(officer: Client) -> None:
    areas = [{"name": "整批甲", "area": "甲", "population": 1}, {"name": "整批乙", "area": " ", "population": 1}]
    with on("2026-11-23"):
        refused = await act(officer, "identifyGaps", "", district="mentougou", batch="整批", gaps=areas)
        assert refused["path"] == ["input", "gaps", "1", "area"]
        none = await act(officer, "identifyGaps", "", district="mentougou", batch="整批", gaps=[])
        assert none["path"] == ["input", "gaps"]
        found = await officer('{ serviceGaps(filter: {batch: {eq: "整批"}}) { totalCount } }')
    assert found.data["serviceGaps"]["totalCount"] == 0
