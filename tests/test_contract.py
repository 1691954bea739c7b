"""The operations that callers rely on, word for word, as the caller named in each file's first comment."""

from pathlib import Path

import pytest

from tests.driving import Server

CONTRACT = Path(__file__).parent / "contract"


def operation(name: str) -> str:
    """The text of a contract operation."""
    return (CONTRACT / f"{name}.graphql").read_text(encoding="utf-8")


async def test_district_directory(server: Server) -> None:
    reply = await server.client(None)(operation("district_directory"))
    districts = reply.data["districts"]
    assert len(districts) == 17
    assert [one["code"] for one in districts if one["divisionCode"] is None] == ["kaifaqu"]
    fengtai = next(one for one in districts if one["code"] == "fengtai")
    assert fengtai == {
        "code": "fengtai",
        "name": "丰台区",
        "kind": "DISTRICT",
        "divisionCode": "110106",
        "insuranceAgency": {
            "name": "丰台区医疗保障经办机构",
            "phones": ["87016958"],
            "email": "ftybxyglk@mail.bjft.gov.cn",
        },
    }


@pytest.mark.parametrize("caller", ["fengtai-officer", "municipal-analyst"])
async def test_institution_page(server: Server, samples: None, caller: str) -> None:
    variables = {
        "district": "fengtai",
        "first": 5,
        "filter": {"status": {"in": ["OPERATING"]}, "name": {"contains": "社区"}},
        "orderBy": [{"field": "NAME", "direction": "ASC"}],
    }
    client, text = server.client(caller), operation("institution_page")
    seen: list[str] = []
    after, total = None, None
    while True:
        page = (await client(text, **variables, after=after)).data["institutions"]
        total = page["totalCount"]
        seen += [edge["node"]["name"] for edge in page["edges"]]
        for edge in page["edges"]:
            node = edge["node"]
            assert node["status"] == "OPERATING"
            assert node["district"] == {"code": "fengtai", "name": "丰台区"}
            assert len(node["reviews"]["edges"]) <= 3
            assert [site["kind"] for site in node["sites"]] == ["PRACTICE"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == total > 10
    # In pinyin: Changxindian (长辛店) stands before Fangzhuang (方庄) before Lugouqiao (卢沟桥).
    first = [next(n for n, name in enumerate(seen) if town in name) for town in ("长辛店", "方庄", "马家堡")]
    assert first == sorted(first)
