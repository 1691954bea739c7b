"""Events as they happen: each once, in order, resumable, about what the caller may read, and no longer than they may."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any

import psycopg
import pytest

from schema.tags import INSTITUTION_TAG
from server.db import roles
from server.development.samples import first_centre
from server.districts.files import load_districts
from server.http.sessions import HEADER
from server.identity.store import insert_memberships
from server.kit.errors import BadInput
from server.kit.ids import NodeId, new_id, stable_id
from server.record.events import Place, Sequences
from tests.driving import Server
from tests.http.sockets.talking import Closed, Socket, opened

TENANTS = {one.code: one.tenant_id for one in load_districts()}
EVENTS = """subscription($district: String, $after: String, $kinds: [String!]) {
  districtEvents(district: $district, after: $after, subjectTypes: $kinds) {
    sequence at subjectType action district { code }
    subject { __typename id ... on Institution { name } } } }"""


def bearer(server: Server, persona: str) -> dict[str, str]:
    return dict(server.client(persona).headers)


def happen(superuser: str, district: str, subject: str, topic: str = "institution.noted") -> None:
    """An event of the district's outbox, committed."""
    with psycopg.connect(superuser) as connection:
        connection.execute(
            "INSERT INTO outbox_event (tenant_id, id, topic, payload)"
            " VALUES (%s, %s, %s, jsonb_build_object('id', %s::text))",
            (TENANTS[district], new_id(), topic, subject),
        )


def centre(district: str, n: int = 0) -> str:
    return str(first_centre(district) if n == 0 else stable_id("sample", district, "centre", str(n)))


async def heard(socket: Socket) -> dict[str, Any]:
    """The next event."""
    told = await socket.hear()
    assert told["type"] == "next", told
    assert "errors" not in told["payload"], told
    event: dict[str, Any] = told["payload"]["data"]["districtEvents"]
    return event


async def begun(socket: Socket, payload: Mapping[str, Any] | None, **variables: Any) -> None:
    """Listening, from a moment on that has passed."""
    await socket.begin(payload)
    await socket.ask(EVENTS, "events", **variables)
    await asyncio.sleep(0.3)


@pytest.fixture(autouse=True)
def _(samples: None) -> None:
    """Institutions for events to be about."""


async def test_what_a_mutation_does_is_told_to_those_who_listen(server: Server) -> None:
    agency = server.client("fengtai-agency")
    async with opened(server.app) as socket:
        await begun(socket, bearer(server, "fengtai-officer"))
        text = '{ district(code: "fengtai") { insuranceAgency { id version email phones } } }'
        own = (await agency(text)).data["district"]["insuranceAgency"]
        given = {
            "agency": own["id"],
            "expectedVersion": own["version"],
            "phones": own["phones"],
            "email": own["email"],
            "idempotencyKey": f"events {new_id()}",
        }
        update = "mutation($i: UpdateAgencyContactsInput!) { updateAgencyContacts(input: $i) { __typename } }"
        done = await agency(update, i=given)
        assert done.data["updateAgencyContacts"]["__typename"] == "AgencyContactsUpdated"
        event = await heard(socket)
        assert (event["subjectType"], event["district"]) == ("insurance_agency", {"code": "fengtai"})
        assert event["subject"] == {"__typename": "InsuranceAgency", "id": own["id"]}


async def test_events_come_in_order_each_once_and_can_be_resumed(server: Server, superuser: str) -> None:
    officer = bearer(server, "fengtai-officer")
    async with opened(server.app) as socket:
        await begun(socket, officer, kinds=["institution"])
        for n in range(3):
            happen(superuser, "fengtai", centre("fengtai", n), f"institution.first{n}")
        first = [await heard(socket) for _ in range(3)]
        assert [one["action"] for one in first] == ["first0", "first1", "first2"]
    for n in range(3):  # while nobody listened
        happen(superuser, "fengtai", centre("fengtai", n), f"institution.second{n}")
    for after, expected in ((first[2], 3), (first[1], 4), (first[0], 5)):
        async with opened(server.app) as socket:
            await begun(socket, officer, after=after["sequence"], kinds=["institution"])
            told = [await heard(socket) for _ in range(expected)]
            assert [one["sequence"] for one in told] == list(dict.fromkeys(one["sequence"] for one in told))
            assert [one["action"] for one in told[-3:]] == ["second0", "second1", "second2"]


async def test_what_is_committed_late_is_told_all_the_same(server: Server, superuser: str) -> None:
    """An earlier transaction that ends later comes before, and is not passed over."""
    async with opened(server.app) as socket:
        await begun(socket, bearer(server, "fengtai-officer"), kinds=["institution"])
        with psycopg.connect(superuser) as slow:
            slow.execute(
                "INSERT INTO outbox_event (tenant_id, id, topic, payload)"
                " VALUES (%s, %s, 'institution.slow', jsonb_build_object('id', %s::text))",
                (TENANTS["fengtai"], new_id(), centre("fengtai")),
            )
            happen(superuser, "fengtai", centre("fengtai"), "institution.quick")
            await asyncio.sleep(1.2)
            assert socket.to_client.empty()
        assert [(await heard(socket))["action"] for _ in range(2)] == ["slow", "quick"]


async def test_nobody_is_told_of_what_they_do_not_read(server: Server, superuser: str) -> None:
    """Another district's, what the row rules hide, what is of no kind that is read by id; the mark ends the wait."""
    async with opened(server.app) as socket:
        await begun(socket, bearer(server, "fengtai-institution"))
        happen(superuser, "mentougou", centre("mentougou"))
        happen(superuser, "fengtai", centre("mentougou"))
        happen(superuser, "fengtai", centre("fengtai", 1))
        happen(superuser, "fengtai", str(new_id()))
        happen(superuser, "fengtai", centre("fengtai"), "secret.noted")
        happen(superuser, "fengtai", str(new_id()), "membership.granted")
        happen(superuser, "fengtai", centre("fengtai"), "institution.mark")
        event = await heard(socket)
        assert event["action"] == "mark"
        assert event["subject"]["id"] == str(NodeId(INSTITUTION_TAG, TENANTS["fengtai"], first_centre("fengtai")))
        assert socket.to_client.empty()


async def test_the_municipality_listens_to_the_district_it_names(server: Server, superuser: str) -> None:
    async with opened(server.app) as socket:
        await begun(socket, bearer(server, "municipal-analyst"), district="mentougou")
        happen(superuser, "fengtai", centre("fengtai"))
        happen(superuser, "mentougou", centre("mentougou"))
        assert (await heard(socket))["district"] == {"code": "mentougou"}


@pytest.mark.parametrize(
    ("persona", "district", "code"),
    [(None, "fengtai", 4401), (None, None, 4401), ("fengtai-officer", "mentougou", 4403)],
)
async def test_who_has_no_rights_there_does_not_listen(
    persona: str | None, district: str | None, code: int, server: Server
) -> None:
    async with opened(server.app) as socket:
        await socket.begin(bearer(server, persona) if persona else None)
        await socket.ask(EVENTS, district=district)
        assert await socket.closed() == code


async def test_a_right_that_is_revoked_closes_the_socket_within_five_seconds(server: Server, superuser: str) -> None:
    member, subject = new_id(), f"listener:{new_id()}"
    row: dict[str, Any] = {
        "tenant_id": TENANTS["fengtai"],
        "id": member,
        "subject": subject,
        "name": "听者",
        "role": "DISTRICT_OFFICER",
        "department": None,
        "institution_id": None,
        "from_on": date(2020, 1, 1),
        "created_by": "tests",
        "source": "SAMPLE",
    }
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_memberships(connection, [row])
    token = {"authorization": f"Bearer {server.issuer.token(subject, 'shequ')}"}
    async with opened(server.app) as socket, opened(server.app) as idle:
        await begun(socket, token)
        await begun(idle, token)
        happen(superuser, "fengtai", centre("fengtai"))
        assert (await heard(socket))["action"] == (await heard(idle))["action"] == "noted"
        with psycopg.connect(superuser) as connection_:
            connection_.execute("UPDATE membership SET until = from_on WHERE id = %s", (member,))
        # An event that comes now is not told any more; and without one the socket is closed all the same.
        happen(superuser, "fengtai", centre("fengtai"), "institution.after")
        with pytest.raises(Closed) as closed:
            await socket.hear()
        assert closed.value.code == 4403
        async with asyncio.timeout(5.0):
            assert await idle.closed() == 4403


async def test_a_browsers_session_opens_a_socket_from_our_own_pages_alone(server: Server) -> None:
    sockets = server.app._socket
    assert sockets.sessions is None  # this server signs no browsers in: a cookie means nothing
    async with opened(server.app, headers={"cookie": "shequ-session=guessed", HEADER: "1"}) as socket:
        await socket.begin()
        assert (await socket.answer("{ viewer { subject } }"))["payload"]["data"] == {"viewer": None}


def test_a_sequence_is_sealed_for_its_tenant() -> None:
    ours, place = Sequences("secret"), Place(4711, new_id())
    sealed = ours.seal(7, place)
    assert ours.open(7, sealed) == place
    assert sealed == ours.seal(7, place)
    assert "4711" not in sealed
    for tenant, text in ((8, sealed), (7, sealed[:-2] + "AA"), (7, ""), (7, "汉字"), (7, sealed[1:])):
        with pytest.raises(BadInput):
            ours.open(tenant, text)
    with pytest.raises(BadInput):
        Sequences("another").open(7, sealed)
