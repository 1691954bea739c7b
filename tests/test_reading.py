"""Reading as different callers do: ids, pages, filters, orders, and who sees what."""

import random
from typing import Any

import pytest

from server.kit.ids import NodeId, new_id
from tests.driving import Client, Server

PAGE = """query($first: Int, $last: Int, $after: String, $before: String, $order: [InstitutionOrder!],
  $filter: InstitutionFilter) {
  institutions(first: $first, last: $last, after: $after, before: $before, orderBy: $order, filter: $filter) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id name latestReviewOn } }
  }
}"""


@pytest.fixture
def officer(server: Server, samples: None) -> Client:
    return server.client("fengtai-officer")


async def page(client: Client, **variables: Any) -> dict[str, Any]:
    return (await client(PAGE, **variables)).data["institutions"]


async def walk(client: Client, size: int, *, backward: bool = False, **variables: Any) -> list[str]:
    """The ids of all pages, one after the other, from either end."""
    seen: list[str] = []
    cursor = None
    while True:
        bounds = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        found = await page(client, **bounds, **variables)
        ids = [edge["node"]["id"] for edge in found["edges"]]
        seen = ids + seen if backward else seen + ids
        info = found["pageInfo"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            assert len(seen) == found["totalCount"]
            return seen
        cursor = info["startCursor" if backward else "endCursor"]


@pytest.mark.parametrize("field", ["NAME", "LATEST_REVIEW", "KIND", "OPENED_ON", "STATUS"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_pages_of_any_size_from_either_end_are_the_same_list(officer: Client, field: str, direction: str) -> None:
    order = [{"field": field, "direction": direction}]
    whole = await walk(officer, 100, order=order)
    assert len(whole) == len(set(whole)) > 20
    for size in (1, 7):
        assert await walk(officer, size, order=order) == whole
    assert await walk(officer, 9, backward=True, order=order) == whole


async def test_two_keys_order_by_the_first_then_the_second(officer: Client) -> None:
    order = [{"field": "KIND"}, {"field": "NAME", "direction": "DESC"}]
    assert await walk(officer, 5, order=order) == await walk(officer, 100, order=order)
    twice = await officer(PAGE, order=[{"field": "NAME"}, {"field": "NAME"}])
    assert twice.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"first": -1}, "first"),
        ({"first": 101}, "100"),
        ({"last": 101}, "100"),
        ({"first": 1, "last": 1}, "last"),
        ({"after": "不是游标"}, "游标"),
        ({"after": "AAAAAAAAAAAAAAAAAAAA"}, "游标"),
        ({"filter": {"name": {"eq": None}}}, "isNull"),
        ({"filter": {"id": {"eq": "x"}}}, "ID"),
    ],
)
async def test_arguments_outside_their_limits_are_refused_by_name(
    officer: Client, variables: dict[str, Any], word: str
) -> None:
    reply = await officer(PAGE, **variables)
    assert reply.codes == ["BAD_USER_INPUT"]
    assert word in reply.body["errors"][0]["message"]


async def test_a_cursor_serves_the_list_and_order_it_came_from_alone(officer: Client) -> None:
    cursor = (await page(officer, first=1))["pageInfo"]["endCursor"]
    assert (await officer(PAGE, after=cursor, order=[{"field": "KIND"}])).codes == ["BAD_USER_INPUT"]
    other = await officer("query($c: String) { reviews(after: $c) { totalCount } }", c=cursor)
    assert other.codes == ["BAD_USER_INPUT"]
    chance = random.Random(7)
    for _ in range(40):
        at = chance.randrange(len(cursor))
        forged = cursor[:at] + chance.choice("ABCDabcd0123-_") + cursor[at + 1 :]
        if forged != cursor:
            assert (await officer(PAGE, after=forged)).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("text", ["方", "方庄", "庄社区"])
async def test_names_are_found_by_any_part_from_one_character_up(officer: Client, text: str) -> None:
    found = await page(officer, first=100, filter={"name": {"contains": text}})
    assert found["totalCount"] == len(found["edges"]) > 0
    assert all(text in edge["node"]["name"] for edge in found["edges"])


async def test_wildcards_in_a_search_are_plain_characters(officer: Client) -> None:
    for text in ("%", "_", "\\", "示例_丰台"):
        assert (await page(officer, filter={"name": {"contains": text}}))["totalCount"] == 0


async def test_filters_combine_and_reach_related_rows(officer: Client) -> None:
    everything = (await page(officer))["totalCount"]
    failed = {"reviews": {"outcome": {"eq": "FAILED"}}}
    with_failed = (await page(officer, filter=failed))["totalCount"]
    without = (await page(officer, filter={"not": failed}))["totalCount"]
    assert 0 < with_failed < everything
    assert with_failed + without == everything
    either = {"or": [failed, {"not": failed}]}
    assert (await page(officer, filter=either))["totalCount"] == everything
    assert (await page(officer, filter={"or": []}))["totalCount"] == 0
    assert (await page(officer, filter={"and": []}))["totalCount"] == everything
    stations = {"parent": {"kind": {"eq": "COMMUNITY_HEALTH_CENTRE"}}, "kind": {"in": ["COMMUNITY_HEALTH_STATION"]}}
    assert (await page(officer, filter=stations))["totalCount"] > 0


async def test_any_object_is_read_again_by_its_id(officer: Client) -> None:
    edge = (await page(officer, first=2))["edges"]
    ids = [one["node"]["id"] for one in edge]
    node = await officer("query($id: ID!) { node(id: $id) { __typename id ... on Institution { name } } }", id=ids[0])
    assert node.data["node"] == {"__typename": "Institution", "id": ids[0], "name": edge[0]["node"]["name"]}
    unknown = str(NodeId(3, 5, new_id()))
    nodes = await officer("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[ids[1], unknown, ids[0]])
    assert nodes.data["nodes"] == [{"id": ids[1]}, None, {"id": ids[0]}]


async def test_another_districts_object_is_not_found_in_the_same_words(server: Server, officer: Client) -> None:
    foreign = (await page(server.client("mentougou-officer"), first=1))["edges"][0]["node"]["id"]
    unknown = str(NodeId(3, NodeId.parse(foreign).tenant_id, new_id()))
    for field in ("institution", "node"):
        text = f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}"
        theirs, nobodys = await officer(text, id=foreign), await officer(text, id=unknown)
        assert theirs.body == nobodys.body
        assert theirs.codes == ["NOT_FOUND"]
    assert (await server.client("municipal-analyst")("query($id: ID!) { node(id: $id) { id } }", id=foreign)).data


async def test_each_caller_sees_the_rows_of_their_rights(server: Server, samples: None) -> None:
    text = "{ institutions { totalCount } reviews { totalCount } sites { totalCount } }"

    async def seen(persona: str | None) -> tuple[int, ...]:
        data = (await server.client(persona)(text)).data
        return tuple(data[field]["totalCount"] for field in ("institutions", "reviews", "sites"))

    city = await seen("municipal-analyst")
    own = await seen("fengtai-officer")
    staff = await seen("fengtai-institution")
    assert all(0 < a < b < c for a, b, c in zip(staff, own, city, strict=True))
    for persona in ("mentougou-expert-1", "platform-operator", None):
        assert await seen(persona) == (0, 0, 0)
    # Who applied reads the reviews of the own applications besides.
    assert (await seen("mentougou-applicant"))[::2] == (0, 0)
    assert await seen("fengtai-market-regulation") == own


async def test_an_institutions_staff_see_it_and_its_stations_by_every_path(server: Server, samples: None) -> None:
    staff, officer = server.client("fengtai-institution"), server.client("fengtai-officer")
    mine = {edge["node"]["id"] for edge in (await page(staff, first=100))["edges"]}
    others = [one for one in await walk(officer, 100) if one not in mine]
    assert (await staff("query($id: ID!) { institution(id: $id) { id } }", id=others[0])).codes == ["NOT_FOUND"]
    nested = await staff("{ districts { code institutions(first: 100) { nodes { id } } } }")
    seen = {node["id"] for one in nested.data["districts"] for node in one["institutions"]["nodes"]}
    assert seen == mine
    related = await staff(
        "{ reviews(first: 100) { nodes { institution { id } } } sites { nodes { institution { id } } } }"
    )
    for field in ("reviews", "sites"):
        assert {one["institution"]["id"] for one in related.data[field]["nodes"]} <= mine


async def test_a_named_district_is_asked_on_its_own_role(server: Server, officer: Client) -> None:
    reply = await officer('{ institutions(district: "mentougou") { totalCount } }')
    assert reply.codes == ["FORBIDDEN"]
    assert (await officer('{ institutions(district: "atlantis") { totalCount } }')).codes == ["BAD_USER_INPUT"]
    server.statements.clear()
    await officer('{ institutions(district: "fengtai") { totalCount } }')
    assert {role for role, _ in server.statements} == {"district_fengtai"}


async def test_the_municipality_is_a_jurisdiction_and_no_district(anonymous: Client) -> None:
    data = (await anonymous('{ district(code: "beijing") { name kind } districts { kind } }')).data
    assert data["district"] == {"name": "北京市", "kind": "MUNICIPALITY"}
    assert {one["kind"] for one in data["districts"]} == {"DISTRICT", "DEVELOPMENT_ZONE"}
    assert (await anonymous('{ district(code: "nowhere") { name } }')).codes == ["NOT_FOUND"]


async def test_vocabularies_carry_chinese_labels(anonymous: Client) -> None:
    data = await anonymous('{ vocabulary(name: "DistrictKind") { value label } none: vocabulary(name: "X") { value } }')
    assert data.data == {
        "vocabulary": [
            {"value": "DISTRICT", "label": "区"},
            {"value": "DEVELOPMENT_ZONE", "label": "开发区"},
            {"value": "MUNICIPALITY", "label": "市"},
        ],
        "none": None,
    }


async def test_the_viewer_is_told_rights_from_the_membership_table(server: Server, samples: None) -> None:
    reply = await server.client("fengtai-institution")(
        "{ viewer { subject memberships { role district { code } department institution { name } } } }"
    )
    (membership,) = reply.data["viewer"]["memberships"]
    assert membership["role"] == "INSTITUTION_STAFF"
    assert membership["district"] == {"code": "fengtai"}
    assert membership["institution"]["name"].startswith("示例·")


async def test_aliases_and_fragments_answer_under_their_own_names(officer: Client) -> None:
    reply = await officer(
        """query($with: Boolean!) { a: institutions(first: 1) { edges { node { ...F n: name } } nodes { n: kind } }
             b: institutions(last: 1) { nodes { ...F __typename status @include(if: $with) } __typename } }
           fragment F on Institution { id district { c: code } }""",
        **{"with": False},
    )
    (edge,), (node,) = reply.data["a"]["edges"], reply.data["b"]["nodes"]
    assert set(edge["node"]) == {"id", "district", "n"}
    assert reply.data["a"]["nodes"] != [{"n": edge["node"]["n"]}]
    assert set(node) == {"id", "district", "__typename"}
    assert reply.data["b"]["__typename"] == "InstitutionConnection"
