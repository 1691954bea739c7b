"""``graphql-transport-ws``: how a connection is begun, what runs on it, and every way in which it is closed."""

import asyncio
from typing import Any

import pytest

from server.clients.model import digest_of
from server.clients.store import insert_documents
from server.db import roles
from server.http.socket import OPERATIONS_MOST
from server.http.trusted import TrustedDocuments
from tests.driving import Server
from tests.http.conftest import StartServer
from tests.http.sockets.talking import Socket, opened

TYPENAME = "{ __typename }"
WHO = "{ viewer { subject } }"


def bearer(server: Server, persona: str) -> dict[str, str]:
    return dict(server.client(persona).headers)


async def test_queries_and_mutations_are_answered_as_over_http(server: Server, samples: None) -> None:
    officer = server.client("fengtai-officer")
    asked = "{ institutions(first: 3) { totalCount nodes { id name } } }"
    async with opened(server.app) as socket:
        await socket.begin(bearer(server, "fengtai-officer"))
        told = await socket.answer(asked)
        assert told["payload"] == (await officer(asked)).body
        told = await socket.answer("mutation { __typename }", "m")
        assert told["payload"]["data"] == {"__typename": "Mutation"}
        told = await socket.answer("query($d: String) { institutions(district: $d) { totalCount } }", d="mentougou")
        assert told["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize("how", ["payload", "Payload", "header", "nobody"])
async def test_a_token_comes_with_the_first_message_or_the_handshake(how: str, server: Server) -> None:
    token = bearer(server, "fengtai-officer")["authorization"]
    payload = {"payload": {"authorization": token}, "Payload": {"Authorization": token}}.get(how)
    headers = {"authorization": token} if how == "header" else {}
    async with opened(server.app, headers=headers) as socket:
        await socket.begin(payload)
        told = await socket.answer(WHO)
        expected = None if how == "nobody" else {"subject": server.personas["fengtai-officer"].subject}
        assert told["payload"]["data"] == {"viewer": expected}


async def test_ping_is_answered_and_pong_is_not(server: Server) -> None:
    async with opened(server.app) as socket:
        await socket.tell({"type": "pong"})
        await socket.tell({"type": "ping", "payload": {"any": "thing"}})
        assert await socket.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["not JSON"], 4400),
        (["[]"], 4400),
        ([{"type": "unheard of"}], 4400),
        ([{}], 4400),
        ([{"type": "connection_init", "payload": {"authorization": 7}}], 4400),
        ([{"type": "connection_init", "payload": {"authorization": "Bearer wrong"}}], 4403),
        ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
        ([{"type": "subscribe", "id": "1", "payload": {"query": TYPENAME}}], 4401),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": 1, "payload": {"query": TYPENAME}}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": "", "payload": {"query": TYPENAME}}], 4400),
        ([{"type": "connection_init"}, {"type": "subscribe", "id": "1", "payload": "query"}], 4400),
        (["x" * (1024 * 1024 + 1)], 4400),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_the_protocol_forbids_closes_the_connection(messages: list[Any], code: int, server: Server) -> None:
    async with opened(server.app) as socket:
        for message in messages:
            await socket.tell(message)
        assert await socket.closed() == code


async def test_another_protocol_is_not_spoken(server: Server) -> None:
    for offered in ((), ("graphql-ws",)):
        async with opened(server.app, subprotocols=offered) as socket:
            assert await socket.closed() == 4406


LISTEN = "subscription { districtEvents { sequence } }"


async def test_an_id_that_is_taken_and_too_many_at_once_close_the_connection(server: Server) -> None:
    for ids, code in ((["same", "same"], 4409), ([str(n) for n in range(OPERATIONS_MOST + 1)], 4429)):
        async with opened(server.app) as socket:
            await socket.begin(bearer(server, "fengtai-officer"))
            for id_ in ids:
                await socket.ask(LISTEN, id_)
            assert await socket.closed() == code


async def test_an_operation_that_was_completed_frees_its_id(server: Server) -> None:
    async with opened(server.app) as socket:
        await socket.begin(bearer(server, "fengtai-officer"))
        for _ in range(3):
            await socket.ask(LISTEN, "same")
            await socket.tell({"type": "complete", "id": "same"})
        await socket.tell({"type": "complete", "id": "never begun"})
        assert (await socket.answer(TYPENAME, "same"))["type"] == "next"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query A { __typename } query B { __typename }"}, "BAD_USER_INPUT"),
        ({"query": "query($n: Int!) { institutions(first: $n) { totalCount } }"}, "BAD_USER_INPUT"),
        ({"query": 7}, "BAD_REQUEST"),
        ({}, "BAD_REQUEST"),
        ({"query": 'subscription { districtEvents(district: "nowhere") { sequence } }'}, "BAD_USER_INPUT"),
        ({"query": "subscription { a: districtEvents { at } b: districtEvents { at } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"documentId": "sha256:" + "0" * 64}, "PERSISTED_QUERY_NOT_FOUND"),
    ],
    ids=str,
)
async def test_a_bad_request_is_refused_and_the_connection_stays(
    payload: dict[str, Any], code: str, server: Server
) -> None:
    async with opened(server.app) as socket:
        await socket.begin(bearer(server, "fengtai-officer"))
        await socket.tell({"type": "subscribe", "id": "bad", "payload": payload})
        told = await socket.hear()
        assert (told["type"], told["id"]) == ("error", "bad")
        assert told["payload"][0]["extensions"]["code"] == code
        assert (await socket.answer(TYPENAME))["type"] == "next"


async def test_trusted_documents_hold_over_a_socket_too(server: Server, start: StartServer) -> None:
    text = "query Trusted { districts { code } }"
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_documents(connection, "socket", [text])
    strict = await start(trusted_documents=TrustedDocuments.REQUIRED)
    async with opened(strict.app) as socket:
        await socket.begin()
        refused = await socket.answer(TYPENAME)
        assert refused["payload"][0]["extensions"]["code"] == "TRUSTED_DOCUMENT_REQUIRED"
        payload = {"documentId": f"sha256:{digest_of(text)}"}
        await socket.tell({"type": "subscribe", "id": "known", "payload": payload})
        assert len((await socket.hear())["payload"]["data"]["districts"]) == 17


async def test_several_operations_run_side_by_side(server: Server, samples: None) -> None:
    async with opened(server.app) as socket:
        await socket.begin(bearer(server, "fengtai-officer"))
        for n in range(20):
            await socket.ask("query($n: Int) { institutions(first: $n) { nodes { id } } }", str(n), n=n % 7)
        told: dict[str, Any] = {}
        while len(told) < 20:
            message = await socket.hear()
            if message["type"] == "next":
                told[message["id"]] = message["payload"]["data"]["institutions"]["nodes"]
        assert all(len(nodes) == int(n) % 7 for n, nodes in told.items())


async def test_a_caller_who_goes_away_leaves_nothing_running(server: Server) -> None:
    before = len(asyncio.all_tasks())
    async with opened(server.app) as socket:
        await socket.begin(bearer(server, "fengtai-officer"))
        for n in range(5):
            await socket.ask(LISTEN, str(n))
        await asyncio.sleep(0.05)
    # The one reader of the process ends a moment after nobody listens any more.
    async with asyncio.timeout(10.0):
        while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110 - nothing tells us
            await asyncio.sleep(0.05)


async def test_a_subscription_is_not_for_http(server: Server) -> None:
    reply = await server.client("fengtai-officer")(LISTEN)
    assert reply.codes == ["BAD_USER_INPUT"]
    assert "WebSocket" in reply.body["errors"][0]["message"]


async def hear_of(socket: Socket) -> dict[str, Any]:
    """The next event."""
    told = await socket.hear()
    assert told["type"] == "next", told
    event: dict[str, Any] = told["payload"]["data"]["districtEvents"]
    return event
