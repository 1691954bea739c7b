"""A client that speaks to the application's WebSocket door, message by message."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from server.app import App

PROTOCOL = "graphql-transport-ws"
#: Longer than anything takes that is waited for.
_PATIENCE_S = 15.0


@dataclass
class Closed(Exception):
    """The server closed the connection."""

    code: int
    reason: str


@dataclass
class Socket:
    """One connection."""

    to_server: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    to_client: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)

    async def tell(self, message: Any) -> None:
        """Send a message: JSON, or text as it is."""
        text = message if isinstance(message, str) else orjson.dumps(message).decode()
        await self.to_server.put({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict[str, Any]:
        """The next message. Raises: Closed."""
        async with asyncio.timeout(_PATIENCE_S):
            sent = await self.to_client.get()
        if sent["type"] == "websocket.close":
            raise Closed(sent["code"], sent["reason"])
        told: dict[str, Any] = orjson.loads(sent["text"])
        return told

    async def begin(self, payload: Mapping[str, Any] | None = None) -> None:
        """Begin the connection."""
        await self.tell({"type": "connection_init", "payload": payload})
        assert await self.hear() == {"type": "connection_ack"}

    async def ask(self, query: str, id_: str = "1", **variables: Any) -> None:
        """Begin an operation."""
        await self.tell({"id": id_, "type": "subscribe", "payload": {"query": query, "variables": variables}})

    async def answer(self, query: str, id_: str = "1", **variables: Any) -> dict[str, Any]:
        """The one answer to an operation, or the message that refuses it."""
        await self.ask(query, id_, **variables)
        told = await self.hear()
        if told["type"] == "next":
            assert await self.hear() == {"type": "complete", "id": id_}
        return told

    async def closed(self) -> int:
        """The code with which the server closes the connection, whatever it says before."""
        try:
            while True:
                await self.hear()
        except Closed as end:
            return end.code


@asynccontextmanager
async def opened(
    app: App, *, headers: Mapping[str, str] | None = None, subprotocols: tuple[str, ...] = (PROTOCOL,)
) -> AsyncIterator[Socket]:
    """A connection, until the block ends."""
    socket = Socket()
    scope = {
        "type": "websocket",
        "path": "/graphql",
        "scheme": "ws",
        "query_string": b"",
        "headers": [
            (name.encode(), value.encode()) for name, value in {"host": "shequ.test", **(headers or {})}.items()
        ],
        "subprotocols": list(subprotocols),
        "client": ("192.0.2.7", 4711),
    }
    await socket.to_server.put({"type": "websocket.connect"})
    serving = asyncio.create_task(app(scope, socket.to_server.get, socket.to_client.put))
    async with asyncio.timeout(_PATIENCE_S):
        accepted = await socket.to_client.get()
    assert accepted == {"type": "websocket.accept", **({"subprotocol": PROTOCOL} if PROTOCOL in subprotocols else {})}
    try:
        yield socket
    finally:
        await socket.to_server.put({"type": "websocket.disconnect", "code": 1001})
        async with asyncio.timeout(_PATIENCE_S):
            await serving
