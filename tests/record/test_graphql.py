"""The audit trail over GraphQL: a district's administrators read their own, nobody else reads any."""

import asyncio
import uuid
from typing import Any

import psycopg
import pytest

from schema.areas import SUBJECTS
from schema.contract import bindings
from server.kit.actor import MUNICIPALITY
from server.kit.ids import NodeId, stable_id
from server.record import chain
from tests.driving import Client, Server
from tests.institutions.test_register import change, register

TRAIL = (
    "query($district: String!, $subject: ID, $filter: AuditEntryFilter, $orderBy: [AuditEntryOrder!],"
    " $first: Int, $after: String)"
    " { auditTrail(district: $district, subject: $subject, filter: $filter, orderBy: $orderBy, first: $first, after: $after)"
    " { totalCount pageInfo { hasNextPage endCursor } nodes { id at actor action subjectType subject before after"
    " policyDigest requestId linked } } }"
)


async def trail_of(client: Client, district: str = "fengtai", **arguments: Any) -> dict[str, Any]:
    """The page of the trail."""
    return (await client(TRAIL, district=district, **arguments)).data["auditTrail"]


@pytest.fixture
def admin(server: Server) -> Client:
    return server.client("fengtai-admin")


@pytest.fixture
async def station(server: Server) -> dict[str, Any]:
    """A station that was registered and renamed."""
    officer = server.client("fengtai-officer")
    made = (await register(officer)).data["registerInstitution"]["institution"]
    given = {"institution": made["id"], "expectedVersion": 1, "name": "审计新名称站", "on": "2026-01-05"}
    done = await change(officer, "renameInstitution", "InstitutionRenamed", **given)
    return made | {"now": done["institution"]["name"]}


async def test_who_what_when_before_and_after(admin: Client, station: dict[str, Any]) -> None:
    page = await trail_of(admin, subject=station["id"])
    renamed, registered = page["nodes"]
    assert page["totalCount"] == 2
    assert (renamed["action"], renamed["actor"], renamed["subjectType"]) == (
        "renamed",
        "persona:fengtai-officer",
        "institution",
    )
    assert {renamed["subject"], registered["subject"]} == {station["id"]}
    assert renamed["before"]["name"] == station["name"]
    assert renamed["after"]["name"] == station["now"]
    assert (registered["before"], registered["policyDigest"]) == (None, None)
    assert registered["after"]["kind"] == "COMMUNITY_HEALTH_STATION"
    assert renamed["at"] > registered["at"]
    assert uuid.UUID(renamed["requestId"]) != uuid.UUID(registered["requestId"])


async def test_an_entry_says_whether_it_is_linked(admin: Client, server: Server, station: dict[str, Any]) -> None:
    async def said() -> set[bool]:
        return {one["linked"] for one in (await trail_of(admin, subject=station["id"]))["nodes"]}

    assert await said() == {False}
    # An entry waits for every transaction of the cluster that began before its own, other tests' included.
    async with asyncio.timeout(60):
        while await said() != {True}:
            await chain.link(server.app.pools, 5)


async def test_filters_and_orders(admin: Client, station: dict[str, Any]) -> None:
    subject = station["id"]
    oldest = (await trail_of(admin, subject=subject, orderBy=[{"field": "AT"}]))["nodes"]
    assert [one["action"] for one in oldest] == ["registered", "renamed"]
    for wanted, expected in (
        ({"action": {"eq": "renamed"}}, ["renamed"]),
        ({"actor": {"eq": "persona:fengtai-admin"}}, []),
        ({"actor": {"startsWith": "persona:"}, "subjectType": {"in": ["institution"]}}, ["renamed", "registered"]),
        ({"at": {"gte": oldest[1]["at"]}}, ["renamed"]),
        ({"at": {"lt": oldest[0]["at"]}}, []),
        ({"requestId": {"eq": oldest[0]["requestId"]}}, ["registered"]),
        ({"not": {"action": {"eq": "renamed"}}}, ["registered"]),
        ({"policyDigest": {"isNull": False}}, []),
    ):
        page = await trail_of(admin, subject=subject, filter=wanted)
        assert [one["action"] for one in page["nodes"]] == expected, wanted


async def test_pages_hold_every_entry_once(admin: Client, station: dict[str, Any]) -> None:
    seen, after = [], None
    while True:
        page = await trail_of(admin, first=7, after=after)
        seen += [one["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == page["totalCount"] > 1


async def test_an_entry_is_an_object_like_any_other(admin: Client, server: Server, station: dict[str, Any]) -> None:
    (entry, _) = (await trail_of(admin, subject=station["id"]))["nodes"]
    text = "query($id: ID!) { node(id: $id) { ... on AuditEntry { id action subject } } }"
    assert (await admin(text, id=entry["id"])).data["node"] == {
        name: entry[name] for name in ("id", "action", "subject")
    }
    for other in ("fengtai-officer", "mentougou-admin", "municipal-analyst"):
        assert (await server.client(other)(text, id=entry["id"])).codes == ["NOT_FOUND"]


@pytest.mark.parametrize(
    "persona",
    ["fengtai-officer", "fengtai-agency", "fengtai-institution", "municipal-analyst", "municipal-health"],
)
async def test_nobody_but_administrators_reads_any(server: Server, station: dict[str, Any], persona: str) -> None:
    page = await trail_of(server.client(persona), subject=station["id"])
    assert (page["totalCount"], page["nodes"]) == (0, [])


async def test_another_districts_trail_is_out_of_reach(server: Server, station: dict[str, Any]) -> None:
    stranger = server.client("mentougou-admin")
    assert (await stranger(TRAIL, district="fengtai")).codes == ["FORBIDDEN"]
    own = await trail_of(stranger, "mentougou", subject=station["id"])
    assert own["totalCount"] == 0
    assert (await server.client(None)(TRAIL, district="fengtai")).data["auditTrail"]["totalCount"] == 0


async def test_what_is_no_subject_is_refused(admin: Client) -> None:
    year = NodeId(7, MUNICIPALITY, stable_id("work-year", "2026"))
    for subject in (str(year), "not-an-id"):
        assert (await admin(TRAIL, district="fengtai", subject=subject)).codes == ["BAD_USER_INPUT"]


async def test_every_kind_of_subject_that_can_be_read_has_its_node_id(superuser: str, station: dict[str, Any]) -> None:
    with psycopg.connect(superuser) as connection:
        noted = {kind for (kind,) in connection.execute("SELECT DISTINCT subject_type FROM audit_entry")}
    nodes = {one.table: one.tag for one in bindings().types.values() if one.tag is not None}
    # The calendar is the municipality's, whose acts no district reads.
    assert {kind: nodes[kind] for kind in noted & nodes.keys() - {"work_year"}}.items() <= SUBJECTS.items()
    assert all(nodes[kind] == tag for kind, tag in SUBJECTS.items())
