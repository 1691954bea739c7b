"""Maintaining the register over GraphQL, as officers do."""

import asyncio
import uuid
from typing import Any

import psycopg
import pytest

from tests.driving import Client, Reply, Server

PROBLEM = "__typename ... on Problem { code message path }"
SHOWN = "id name version kind status parent { id name } formerNames { name until } sites { kind address fromOn }"


def key() -> str:
    return uuid.uuid4().hex


async def register(client: Client, district: str = "fengtai", **given: Any) -> Reply:
    """Register an institution of a name of its own."""
    fields = {
        "district": district,
        "name": f"试验{uuid.uuid4().hex[:8]}社区卫生服务站",
        "kind": "COMMUNITY_HEALTH_STATION",
        "address": f"丰台区试验路{uuid.uuid4().int % 10**6}号",
        "idempotencyKey": key(),
    } | given
    return await client(
        "mutation($input: RegisterInstitutionInput!) { registerInstitution(input: $input) {"
        f" {PROBLEM} ... on InstitutionRegistered {{ institution {{ {SHOWN} }} }} }} }}",
        input=fields,
    )


async def change(client: Client, verb: str, payload: str, **given: Any) -> dict[str, Any]:
    """The answer of one of the register's other mutations."""
    kind = verb[0].upper() + verb[1:]
    reply = await client(
        f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ {PROBLEM}"
        f" ... on {payload} {{ institution {{ {SHOWN} }} }} }} }}",
        input={"idempotencyKey": key(), **given},
    )
    return reply.data[verb]


@pytest.fixture
def officer(server: Server) -> Client:
    return server.client("fengtai-officer")


@pytest.fixture
async def station(officer: Client) -> dict[str, Any]:
    return (await register(officer)).data["registerInstitution"]["institution"]


@pytest.fixture
async def centre(officer: Client) -> dict[str, Any]:
    reply = await register(officer, name=f"试验{uuid.uuid4().hex[:8]}社区卫生服务中心", kind="COMMUNITY_HEALTH_CENTRE")
    return reply.data["registerInstitution"]["institution"]


async def test_what_is_registered_is_answered_as_a_query_would(officer: Client, station: dict[str, Any]) -> None:
    again = (await officer(f"query($id: ID!) {{ institution(id: $id) {{ {SHOWN} }} }}", id=station["id"])).data
    assert again["institution"] == station
    assert station["version"] == 1
    assert [site["kind"] for site in station["sites"]] == ["PRACTICE"]


async def test_the_same_key_answers_the_same_and_executes_once(officer: Client) -> None:
    same = {"idempotencyKey": key(), "name": f"只登记一次{uuid.uuid4().hex[:6]}站", "address": "丰台区一次路1号"}
    first, second = await asyncio.gather(register(officer, **same), register(officer, **same))
    assert first.data == second.data
    refused = (await register(officer, **same | {"address": "丰台区别的路2号"})).data["registerInstitution"]
    assert (refused["__typename"], refused["path"]) == ("Conflicting", ["input", "idempotencyKey"])
    found = await officer(
        "query($n: String!) { institutions(filter: {name: {eq: $n}}) { totalCount } }", n=same["name"]
    )
    assert found.data["institutions"]["totalCount"] == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": "  "}, "name"),
        ({"name": "长" * 300}, "name"),
        ({"address": ""}, "address"),
        ({"servicePopulation": -1}, "servicePopulation"),
        ({"openedOn": "2999-01-01"}, "openedOn"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
    ],
)
async def test_unacceptable_values_name_their_field(officer: Client, given: dict[str, Any], path: str) -> None:
    refused = (await register(officer, **given)).data["registerInstitution"]
    assert (refused["__typename"], refused["path"]) == ("InvalidInput", ["input", path])


async def test_a_credit_code_is_checked_before_anything_else(officer: Client) -> None:
    reply = await register(officer, unifiedSocialCreditCode="91110000000000000X")
    assert reply.codes == ["BAD_USER_INPUT"]
    assert "校验" in reply.body["errors"][0]["message"]
    rural = await register(officer, unifiedSocialCreditCode="n2110106mf00000007")
    assert rural.data["registerInstitution"]["__typename"] == "InstitutionRegistered"


async def test_the_same_name_at_the_same_address_is_registered_once(officer: Client) -> None:
    same = {"name": f"同名{uuid.uuid4().hex[:6]}（站）", "address": "丰台区同址路3号"}
    await register(officer, **same)
    refused = await register(officer, name=same["name"].replace("（", "(").replace("）", ")"), address=same["address"])
    assert refused.data["registerInstitution"]["code"] == "CONFLICT"


async def test_renaming_keeps_the_former_name(officer: Client, station: dict[str, Any]) -> None:
    given = {"institution": station["id"], "expectedVersion": 1, "name": "新名称站", "on": "2026-01-05"}
    done = await change(officer, "renameInstitution", "InstitutionRenamed", **given)
    assert done["institution"]["name"] == "新名称站"
    assert done["institution"]["version"] == 2
    assert done["institution"]["formerNames"] == [{"name": station["name"], "until": "2026-01-05"}]


async def test_of_two_people_who_saw_the_same_version_one_is_out_of_date(
    officer: Client, server: Server, station: dict[str, Any]
) -> None:
    given = {"institution": station["id"], "expectedVersion": 1, "on": "2026-01-05"}
    both = await asyncio.gather(
        *(
            change(client, "renameInstitution", "InstitutionRenamed", **given, name=name)
            for client, name in ((officer, "甲改的名称"), (server.client("fengtai-admin"), "乙改的名称"))
        )
    )
    assert sorted(one["__typename"] for one in both) == ["InstitutionRenamed", "OutOfDate"]
    late = next(one for one in both if one["__typename"] == "OutOfDate")
    assert "2" in late["message"]


async def test_moving_ends_the_former_practice_site(officer: Client, station: dict[str, Any]) -> None:
    given = {"institution": station["id"], "expectedVersion": 1, "address": "丰台区新址路8号", "on": "2026-03-01"}
    done = await change(officer, "moveInstitution", "InstitutionMoved", **given, longitude=116.28, latitude=39.85)
    assert done["institution"]["sites"] == [{"kind": "PRACTICE", "address": "丰台区新址路8号", "fromOn": "2026-03-01"}]
    past = await officer(
        "query($id: ID!) { sites(filter: {institution: {id: {eq: $id}}}) { nodes { address until } } }",
        id=station["id"],
    )
    assert {site["until"] for site in past.data["sites"]["nodes"]} == {None, "2026-03-01"}
    half = given | {"expectedVersion": 2, "on": "2026-04-01", "longitude": 116.0}
    refused = await change(officer, "moveInstitution", "InstitutionMoved", **half)
    assert refused["path"] == ["input", "longitude"]


async def test_a_station_stands_under_a_centre_and_nothing_else(
    officer: Client, station: dict[str, Any], centre: dict[str, Any]
) -> None:
    linked = await change(
        officer, "linkStation", "StationLinked", station=station["id"], expectedVersion=1, centre=centre["id"]
    )
    assert linked["institution"]["parent"] == {"id": centre["id"], "name": centre["name"]}
    below = await officer(
        "query($id: ID!) { institution(id: $id) { stations { totalCount nodes { id } } } }", id=centre["id"]
    )
    assert below.data["institution"]["stations"] == {"totalCount": 1, "nodes": [{"id": station["id"]}]}
    for verb, payload, given in (
        ("linkStation", "StationLinked", {"station": centre["id"], "centre": centre["id"]}),
        ("changeInstitutionKind", "InstitutionKindChanged", {"institution": centre["id"], "kind": "VILLAGE_CLINIC"}),
    ):
        refused = await change(officer, verb, payload, **given, expectedVersion=1)
        assert refused["code"] == "CONFLICT"
    gone = await change(officer, "linkStation", "StationLinked", station=station["id"], expectedVersion=2, centre=None)
    assert gone["institution"]["parent"] is None


async def test_a_line_of_successors_never_closes_to_a_circle(
    officer: Client, station: dict[str, Any], centre: dict[str, Any]
) -> None:
    given = {"on": "2026-02-01", "reason": "RELICENSED", "expectedVersion": 1}
    first = await change(
        officer,
        "succeedInstitution",
        "InstitutionSucceeded",
        successor=station["id"],
        predecessor=centre["id"],
        **given,
    )
    assert first["__typename"] == "InstitutionSucceeded"
    back = await change(
        officer,
        "succeedInstitution",
        "InstitutionSucceeded",
        successor=centre["id"],
        predecessor=station["id"],
        **given,
    )
    assert (back["code"], back["path"]) == ("CONFLICT", ["input", "predecessor"])
    line = await officer(
        "query($id: ID!) { institution(id: $id) { predecessors { on reason predecessor { id } } } }", id=station["id"]
    )
    assert line.data["institution"]["predecessors"] == [
        {"on": "2026-02-01", "reason": "RELICENSED", "predecessor": {"id": centre["id"]}}
    ]


@pytest.mark.parametrize("persona", ["municipal-analyst", "fengtai-institution", "fengtai-market-regulation"])
async def test_only_those_who_keep_the_register_change_it(server: Server, persona: str) -> None:
    assert (await register(server.client(persona))).codes == ["FORBIDDEN"]


async def test_another_district_is_out_of_reach(server: Server, station: dict[str, Any]) -> None:
    stranger = server.client("mentougou-admin")
    assert (await register(stranger, "fengtai")).codes == ["FORBIDDEN"]
    reply = await stranger(
        "mutation($input: RenameInstitutionInput!) { renameInstitution(input: $input) { __typename } }",
        input={
            "institution": station["id"],
            "expectedVersion": 1,
            "name": "越权",
            "on": "2026-01-01",
            "idempotencyKey": key(),
        },
    )
    assert reply.codes == ["NOT_FOUND"]
    assert (await server.client(None)("{ viewer { name } }")).data == {"viewer": None}
    assert (await register(server.client(None))).codes == ["UNAUTHENTICATED"]


async def test_an_agency_keeps_its_own_contacts(server: Server) -> None:
    agency = server.client("fengtai-agency")
    listed = (await agency("{ insuranceAgencies { id version email district { code } } }")).data["insuranceAgencies"]
    assert len(listed) == 17
    own = next(one for one in listed if one["district"]["code"] == "fengtai")
    foreign = next(one for one in listed if one["district"]["code"] == "mentougou")
    text = (
        "mutation($input: UpdateAgencyContactsInput!) { updateAgencyContacts(input: $input) {"
        f" {PROBLEM} ... on AgencyContactsUpdated {{ agency {{ phones email version }} }} }} }}"
    )

    async def update(of: dict[str, Any], **given: Any) -> Reply:
        fields = {"agency": of["id"], "expectedVersion": of["version"], "idempotencyKey": key()} | given
        return await agency(text, input={"phones": ["010-87016958"], "email": own["email"]} | fields)

    done = (await update(own)).data["updateAgencyContacts"]
    assert done["agency"] == {"phones": ["010-87016958"], "email": own["email"], "version": own["version"] + 1}
    assert (await update(foreign)).codes == ["NOT_FOUND"]
    for given, path in (({"phones": []}, ["input", "phones"]), ({"email": "not-mail"}, ["input", "email"])):
        refused = (await update(own, expectedVersion=own["version"] + 1, **given)).data["updateAgencyContacts"]
        assert refused["path"] == path
    restored = await update(own, expectedVersion=own["version"] + 1, phones=["87016958"])
    assert restored.data["updateAgencyContacts"]["__typename"] == "AgencyContactsUpdated"


async def test_every_act_leaves_an_audit_entry_and_an_event(
    officer: Client, station: dict[str, Any], superuser: str
) -> None:
    given = {"institution": station["id"], "expectedVersion": 1, "kind": "VILLAGE_CLINIC"}
    await change(officer, "changeInstitutionKind", "InstitutionKindChanged", **given)
    with psycopg.connect(superuser) as connection:
        rows = connection.execute(
            "SELECT action, before, after FROM audit_entry a JOIN institution i ON i.id = a.subject_id"
            " WHERE i.name = %s ORDER BY a.id",
            (station["name"],),
        ).fetchall()
        topics = connection.execute("SELECT count(*) FROM outbox_event WHERE topic = 'institution.kind_changed'")
        assert topics.fetchone() != (0,)
    assert [row[0] for row in rows] == ["registered", "kind_changed"]
    assert rows[1][1:] == ({"kind": "COMMUNITY_HEALTH_STATION"}, {"kind": "VILLAGE_CLINIC"})
