"""Driving the application as a client does: through its ASGI door, with a token."""

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

import httpx

from server.app import App
from server.db import roles
from server.development.personas import Persona, load_personas, seed_personas
from server.http.issuer import ISSUER, DevelopmentIssuer
from server.identity.store import find_actor
from server.kit import clock
from server.record.acts import Act, acting

# httpx looks for it in every folder of the path before each request; that it is not there is looked up once.
if importlib.util.find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

# Every client of httpx reads all authorities that it trusts, also where it will speak plain HTTP; here they are read once.
httpx._transports.default.create_ssl_context = cache(httpx.create_ssl_context)


@dataclass
class Reply:
    """A GraphQL response."""

    status: int
    body: dict[str, Any]

    @property
    def data(self) -> Any:
        """The data of a response without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The codes of its errors."""
        return [error["extensions"]["code"] for error in self.body.get("errors", [])]


class Inside(httpx.AsyncClient):
    """An HTTP client of an application in this process.

    The tens of thousands of operations that tests ask go ``through`` its ASGI door as httpx would bring them there, but
    without what httpx does for each on its way: about as much again as the application does to answer it.
    """

    def __init__(self, app: App) -> None:
        super().__init__(transport=httpx.ASGITransport(app), base_url="http://shequ.test")
        self._app = app
        self._usual = [*self.headers.raw, (b"host", b"shequ.test"), (b"content-type", b"application/json")]

    async def through(self, asked: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
        """The response to what was asked by POST."""
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "headers": [
                *((name.lower(), value) for name, value in self._usual),
                (b"content-length", str(len(body)).encode()),
                *((name.lower().encode(), value.encode()) for name, value in headers.items()),
            ],
            "scheme": "http",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "server": ("shequ.test", None),
            "client": ("127.0.0.1", 123),
            "root_path": "",
        }
        coming = [
            {"type": "http.request", "body": body, "more_body": True},
            {"type": "http.request", "body": b"", "more_body": False},
        ]
        sent: list[MutableMapping[str, Any]] = []
        answered = asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            if coming:
                return coming.pop(0)
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            assert not answered.is_set()
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                answered.set()

        await self._app(scope, receive, send)
        assert answered.is_set()
        began, *parts = sent
        assert [began["type"], *{one["type"] for one in parts}] == ["http.response.start", "http.response.body"]
        return Reply(began["status"], json.loads(b"".join(one.get("body", b"") for one in parts)))


@dataclass
class Client:
    """One caller."""

    http: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, query: str, **variables: Any) -> Reply:
        """The response to an operation."""
        asked = {"query": query, "variables": variables}
        if isinstance(self.http, Inside):
            return await self.http.through(asked, self.headers)
        response = await self.http.post("/graphql", json=asked, headers=self.headers)
        return Reply(response.status_code, response.json())


class Server:
    """The application with its personas, on one database."""

    def __init__(self, app: App, issuer: DevelopmentIssuer, personas: dict[str, Persona]) -> None:
        self.app = app
        self.issuer = issuer
        self.personas = personas
        self.http = Inside(app)
        self.statements: list[tuple[str, str]] = []
        for source in (app.pools, app.lanes):
            source.listeners.append(lambda role, sql: self.statements.append((role, sql)))

    @classmethod
    async def start(cls, dsn: str, role_secret: str, folder: Path, **options: Any) -> Self:
        """Start on this database, members added; ``options`` are the application's.

        Patient where a test does not say otherwise: a busy machine is not what is tested.
        """
        options = {"patience_s": 20.0} | options
        issuer = DevelopmentIssuer(folder, development=True)
        app = App(
            database_url=dsn,
            role_secret=role_secret,
            cursor_secret="cursor-secret-of-the-tests",
            issuer=ISSUER,
            audience="shequ",
            keys=issuer.keys,
            **options,
        )
        personas = load_personas()
        await seed_personas(app.pools, personas)
        return cls(app, issuer, personas)

    async def stop(self) -> None:
        """End its connections."""
        await self.http.aclose()
        await self.app.close()

    def client(self, persona: str | None) -> Client:
        """A caller: a persona, or nobody."""
        if persona is None:
            return Client(self.http)
        token = self.issuer.token(self.personas[persona].subject, "shequ")
        return Client(self.http, {"authorization": f"Bearer {token}"})

    @asynccontextmanager
    async def acting(self, persona: str) -> AsyncIterator[Act]:
        """An act of the persona in its own district, outside the API."""
        one = self.personas[persona]
        actor = await find_actor(self.app.pools, one.subject, clock.today())
        assert actor is not None
        assert actor.home is not None
        role = roles.district_role(one.district)
        async with acting(self.app.pools, role, actor.home, actor, "tests") as act:
            yield act
