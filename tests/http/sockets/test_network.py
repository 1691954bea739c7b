"""The WebSocket door over the network, with a client that is not ours, through the server that serves it."""

import json
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.http.sockets.talking import PROTOCOL
from tests.listening import Listening


async def test_a_stock_client_is_answered_and_closed_in_order(listening: Listening, samples: None) -> None:
    url = listening.url.replace("http://", "ws://")
    token = {"authorization": f"Bearer {listening.tokens['fengtai-officer']}"}

    async def exchange(socket: Any, message: dict[str, Any]) -> dict[str, Any]:
        await socket.send(json.dumps(message))
        told: dict[str, Any] = json.loads(await socket.recv())
        return told

    async with connect(url, subprotocols=[PROTOCOL]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == PROTOCOL
        assert await exchange(socket, {"type": "connection_init", "payload": token}) == {"type": "connection_ack"}
        asked = {"query": "{ institutions(first: 2) { nodes { id } } viewer { subject } }"}
        told = await exchange(socket, {"type": "subscribe", "id": "1", "payload": asked})
        assert len(told["payload"]["data"]["institutions"]["nodes"]) == 2
        assert told["payload"]["data"]["viewer"]["subject"] == "persona:fengtai-officer"
        assert json.loads(await socket.recv()) == {"type": "complete", "id": "1"}
        await socket.send(json.dumps({"type": "unheard of"}))
        try:
            await socket.recv()
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
    assert code == 4400
