"""Scripted attacks over GraphQL, as the list in the design has them; those on rows are in the other files of this folder.

Here is what a clever caller tries beside asking for rows: other people's keys and cursors, many questions in one, questions
side by side, questions abandoned half-way, and what refusals themselves could tell.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from schema.tags import INSTITUTION_TAG
from server.development.samples import first_centre
from server.kit.actor import Role
from server.kit.errors import BadInput
from server.kit.ids import NodeId, new_id, stable_id
from tests.driving import Client, Server
from tests.visiting.conftest import TENANTS
from tests.visiting.test_paths import LISTS, found
from tests.visiting.world import HOME, OTHER, Visitor, World

OFFICER, NEIGHBOUR = f"{Role.DISTRICT_OFFICER}@{HOME}", f"{Role.DISTRICT_OFFICER}@{OTHER}"


@pytest.fixture
def officer(visitors: Mapping[str, Visitor]) -> Client:
    return visitors[OFFICER].client


@pytest.fixture
def neighbour(visitors: Mapping[str, Visitor]) -> Client:
    return visitors[NEIGHBOUR].client


def centre(tenant: str, row_of: str) -> str:
    """The id of a district's first centre, under a tenant's number."""
    return str(NodeId(INSTITUTION_TAG, TENANTS[tenant], first_centre(row_of)))


# Ids ------------------------------------------------------------------------------------------------------------------


async def test_an_id_put_together_of_two_districts_names_nothing(officer: Client, world: World) -> None:
    for node in (centre(HOME, OTHER), centre(OTHER, HOME), centre("beijing", HOME), centre("beijing", OTHER)):
        reply = await officer("query($id: ID!) { institution(id: $id) { name } }", id=node)
        assert reply.codes == ["NOT_FOUND"]


async def test_every_byte_of_an_id_changed_names_nothing_of_anybody_else(
    visitors: Mapping[str, Visitor], world: World
) -> None:
    visitor = visitors[OFFICER]
    raw = base64.urlsafe_b64decode(centre(OTHER, OTHER))
    ids = []
    for place in range(len(raw)):
        for change in (1, 0x80, 0xFF):
            changed = bytearray(raw)
            changed[place] ^= change
            ids.append(base64.urlsafe_b64encode(changed).decode())
    for batch in (ids[start : start + 30] for start in range(0, len(ids), 30)):
        reply = await visitor.client("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=batch)
        assert not any((reply.body["data"] or {}).get("nodes") or [])


@pytest.mark.parametrize("path", ["institution", "node", "alias", "nodes"])
async def test_a_foreign_object_and_none_are_told_apart_by_nothing(
    path: str, server: Server, officer: Client, world: World
) -> None:
    """The same words, the same code, the same cost, the same statements: nothing is left to measure."""
    nowhere = str(NodeId(INSTITUTION_TAG, TENANTS[OTHER], stable_id("no such institution")))
    text = {
        "institution": "query($id: ID!) { institution(id: $id) { name } }",
        "node": "query($id: ID!) { node(id: $id) { ... on Institution { name } } }",
        "alias": "query($id: ID!) { a: institution(id: $id) { name } b: institution(id: $id) { kind } }",
        "nodes": "query($id: ID!) { nodes(ids: [$id]) { ... on Institution { name } } }",
    }[path]
    told = []
    for node in (centre(OTHER, OTHER), nowhere):
        await officer(text, id=node)
        before = len(server.statements)
        reply = await officer(text, id=node)
        told.append((reply.status, orjson.dumps(reply.body), server.statements[before:]))
    assert told[0] == told[1]


# Keys and cursors -----------------------------------------------------------------------------------------------------


_NAME = """mutation($input: RenameInstitutionInput!) { renameInstitution(input: $input) {
  __typename ... on InstitutionRenamed { institution { id name } } ... on Problem { code message } } }"""


def renaming(key: str, district: str, name: str, version: int = -1) -> dict[str, Any]:
    return {
        "institution": centre(district, district),
        "expectedVersion": version,
        "name": name,
        "on": "2026-01-01",
        "idempotencyKey": key,
    }


async def test_an_idempotency_key_is_the_callers_own(
    visitors: Mapping[str, Visitor], officer: Client, neighbour: Client, world: World
) -> None:
    key = f"shared {new_id()}"
    node = str(NodeId(INSTITUTION_TAG, TENANTS[HOME], stable_id("sample", HOME, "centre", "1")))
    version = world.rows["Institution"][TENANTS[HOME], stable_id("sample", HOME, "centre", "1")]["version"]
    given = renaming(key, HOME, "钥匙之名", version) | {"institution": node}
    first = await officer(_NAME, input=given)
    assert first.data["renameInstitution"]["__typename"] == "InstitutionRenamed"
    assert (await officer(_NAME, input=given)).data == first.data
    # Somebody else's same key is a new one: of another district, and of another person in the same.
    theirs = await neighbour(_NAME, input=renaming(key, OTHER, "钥匙之名"))
    assert theirs.data["renameInstitution"]["__typename"] == "OutOfDate"
    colleague = visitors[f"{Role.DISTRICT_ADMINISTRATOR}@{HOME}"].client
    own = await colleague(_NAME, input=given)
    assert own.codes == ["FORBIDDEN"] or own.data["renameInstitution"]["__typename"] == "OutOfDate"
    # And nobody asks with it for another district's object.
    assert (await neighbour(_NAME, input=given)).codes == ["NOT_FOUND"]


@pytest.mark.parametrize("name", LISTS)
async def test_a_cursor_that_was_tampered_with_is_refused(name: str, officer: Client, world: World) -> None:
    reply = await officer(f'{{ {name}(first: 1, district: "{HOME}") {{ pageInfo {{ endCursor }} }} }}')
    cursor = found(reply, name, "pageInfo", "endCursor")
    if cursor is None:
        return
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    text = f'query($c: String) {{ {name}(first: 5, after: $c, district: "{HOME}") {{ totalCount }} }}'
    assert (await officer(text, c=cursor)).codes == []
    for place in range(0, len(raw), max(1, len(raw) // 12)):
        changed = bytearray(raw)
        changed[place] ^= 1
        forged = base64.urlsafe_b64encode(changed).decode()  # of the same form: it is the seal that does not fit
        assert (await officer(text, c=forged)).codes == ["BAD_USER_INPUT"]


# Many questions in one, side by side, and abandoned -------------------------------------------------------------------


async def test_many_aliases_find_no_more_than_one(officer: Client, world: World) -> None:
    ids = [str(NodeId(INSTITUTION_TAG, TENANTS[OTHER], key[1])) for key in world.rows["Institution"]][:29]
    asked = " ".join(f'a{n}: node(id: "{one}") {{ id }}' for n, one in enumerate(ids))
    reply = await officer(f"{{ {asked} }}")
    assert not any((reply.body["data"] or {}).values())
    assert set(reply.codes) == {"NOT_FOUND"}


async def test_a_batch_is_no_request(server: Server, officer: Client) -> None:
    body = [{"query": "{ __typename }"}, {"query": f'{{ institutions(district: "{OTHER}") {{ totalCount }} }}'}]
    response = await server.http.post("/graphql", json=body, headers=officer.headers)
    assert response.status_code == 400
    assert "data" not in response.json()


async def test_questions_of_all_districts_side_by_side_are_each_answered_from_their_own(
    visitors: Mapping[str, Visitor], world: World
) -> None:
    """One process, one set of connections, every district and everybody else interleaved."""
    asking = [
        visitors[name]
        for name in (OFFICER, NEIGHBOUR, f"{Role.INSTITUTION_STAFF}@{HOME}", f"{Role.INSTITUTION_STAFF}@{OTHER}")
    ] * 15
    text = "{ institutions(first: 100) { totalCount nodes { id } } viewer { subject } }"
    replies = await asyncio.gather(*(one.client(text) for one in asking))
    answered = set()
    for visitor, reply in zip(asking, replies, strict=True):
        if reply.codes == ["UNAVAILABLE"]:
            continue  # a busy machine may refuse; it may not mix up
        answered.add(visitor.name)
        wanted = world.nodes("Institution", world.visible(visitor, "Institution"))
        assert reply.data["viewer"]["subject"] == f"visitor:{visitor.name}"
        assert {one["id"] for one in reply.data["institutions"]["nodes"]} == wanted
    assert answered == {one.name for one in asking}


async def test_who_leaves_half_way_leaves_nothing_to_those_who_stay(
    visitors: Mapping[str, Visitor], world: World
) -> None:
    leaving, staying = visitors[NEIGHBOUR], visitors[OFFICER]
    text = "{ institutions(first: 100) { nodes { id } } }"
    wanted = world.nodes("Institution", world.visible(staying, "Institution"))
    for pause in (0.0, 0.001, 0.002, 0.004, 0.008):
        gone = [asyncio.ensure_future(leaving.client(text)) for _ in range(8)]
        here = [asyncio.ensure_future(staying.client(text)) for _ in range(8)]
        await asyncio.sleep(pause)
        for one in gone:
            one.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        for reply in await asyncio.gather(*here):
            assert {one["id"] for one in reply.data["institutions"]["nodes"]} == wanted


# What nobody may say of themselves ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"x-tenant": OTHER},
        {"x-district": OTHER},
        {"x-forwarded-user": "visitor:MUNICIPAL_ANALYST"},
        {"x-user": "visitor:MUNICIPAL_ANALYST"},
        {"x-hasura-role": "admin"},
        {"x-role": "DISTRICT_ADMINISTRATOR"},
        {"cookie": "role=admin; tenant=0"},
    ],
    ids=str,
)
async def test_no_header_says_who_somebody_is(
    headers: dict[str, str], visitors: Mapping[str, Visitor], server: Server, world: World
) -> None:
    visitor = visitors[OFFICER]
    body = {"query": "{ institutions(first: 100) { totalCount } }", "extensions": {"tenant": OTHER}}
    response = await server.http.post("/graphql", json=body, headers=visitor.client.headers | headers)
    shown = response.json()["data"]["institutions"]["totalCount"]
    assert shown == len(world.visible(visitor, "Institution"))


async def test_no_error_quotes_a_row_of_anybody_elses(officer: Client, world: World) -> None:
    """Filters that fail while they run would show values of rows that the wall hides."""
    names = {row["name"] for key, row in world.rows["Institution"].items() if key[0] == TENANTS[OTHER]}
    for condition in (
        {"name": {"contains": "\u0000"}},
        {"name": {"startsWith": "社区"}},
        {"id": {"in": ["nonsense"]}},
        {"openedOn": {"eq": "9999-12-31"}},
    ):
        text = "query($f: InstitutionFilter) { institutions(filter: $f) { totalCount } }"
        reply = await officer(text, f=condition)
        told = orjson.dumps(reply.body).decode()
        assert not any(name in told for name in names)


def test_an_id_is_all_there_is_in_an_id() -> None:
    """No id carries anything but type, tenant and row; what is longer or shorter is none."""
    node = centre(HOME, HOME)
    assert str(NodeId.parse(node)) == node
    for wrong in (node[:-1], node + "A", node[:-1] + "=", f" {node}", ""):
        with pytest.raises(BadInput):
            NodeId.parse(wrong)
