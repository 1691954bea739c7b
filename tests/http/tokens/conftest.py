"""The application with an issuer elsewhere, and clocks that tests move."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from server import installation
from server.app import App
from server.http.jwks import RemoteKeys
from tests.driving import Client, Reply
from tests.http.tokens.issuing import AUDIENCE, Issuer, rsa_key


@dataclass
class Seconds:
    """A clock that stands still until a test moves it."""

    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Door:
    """The application's door, for a caller with any token."""

    app: App
    http: httpx.AsyncClient
    seconds: Seconds = field(default_factory=Seconds)

    async def __call__(self, token: str | None) -> Reply:
        """Who the application says the bearer is."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return await Client(self.http, headers)("{ viewer { subject name } }")


Opened = Callable[..., Door]


@pytest.fixture
async def door_to(superuser: str, role_secret: str) -> AsyncIterator[Opened]:
    """Makes applications that trust the issuer at this address."""
    doors: list[Door] = []

    def opened(issuer: str, *, patience_seconds: float = 5.0, jwks_url: str | None = None, **given: Any) -> Door:
        seconds = Seconds()
        app = App(
            database_url=installation.server_dsn(superuser),
            role_secret=role_secret,
            cursor_secret="cursor-secret-of-the-tests",
            issuer=issuer,
            keys=RemoteKeys(issuer, jwks_url, insecure=True, patience_seconds=patience_seconds, elapsed=seconds),
            **{"audience": AUDIENCE} | given,
        )
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shequ.test")
        doors.append(Door(app, http, seconds))
        return doors[-1]

    yield opened
    for door in doors:
        await door.http.aclose()
        await door.app.close()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer with one key."""
    with Issuer(rsa_key("first")) as running:
        yield running


@pytest.fixture
def door(door_to: Opened, issuer: Issuer) -> Door:
    """The application that trusts it."""
    return door_to(issuer.url)
