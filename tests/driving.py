"""Driving the application as a client does: through its ASGI door, with a token."""

import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
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


@dataclass
class Client:
    """One caller."""

    http: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, query: str, **variables: Any) -> Reply:
        """The response to an operation."""
        response = await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=self.headers)
        return Reply(response.status_code, response.json())


class Server:
    """The application with its personas, on one database."""

    def __init__(self, app: App, issuer: DevelopmentIssuer, personas: dict[str, Persona]) -> None:
        self.app = app
        self.issuer = issuer
        self.personas = personas
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shequ.test")
        self.statements: list[tuple[str, str]] = []
        for source in (app.pools, app.lanes):
            source.listeners.append(lambda role, sql: self.statements.append((role, sql)))

    @classmethod
    async def start(cls, dsn: str, role_secret: str, folder: Path, **options: Any) -> Self:
        """Start on this database, members added; ``options`` are the application's."""
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
