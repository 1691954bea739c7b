"""A browser at our door: keeps cookies, follows nobody by itself, says which page its requests come from."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from server.app import App, Browsers
from server.http.discovery import Discovery
from server.http.jwks import RemoteKeys
from server.http.provider import Client, Provider

ORIGIN = "http://shequ.test"
BACK = f"{ORIGIN}/signin/back"
WHO = "{ viewer { subject memberships { role } } }"


def app_of(issuer: str, dsn: str, role_secret: str, *, client: str = "shequ", secret: str | None = "any") -> App:
    """An application that sends browsers to this provider."""
    keys = RemoteKeys(issuer, insecure=True)
    provider = Provider(Client(client, secret, BACK), keys, Discovery(issuer, insecure=True))
    return App(
        database_url=dsn,
        role_secret=role_secret,
        cursor_secret="cursor-secret-of-the-tests",
        issuer=issuer,
        audience="shequ-api",
        keys=keys,
        query_page=True,
        browsers=Browsers("a secret of the tests", ORIGIN, provider),
    )


@dataclass
class Browser:
    """One person's browser."""

    app: App
    http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)

    async def begin(self) -> httpx.URL:
        """Where the browser is sent to sign in."""
        answer = await self.http.get("/signin")
        assert answer.status_code == 303, answer.text
        return httpx.URL(answer.headers["location"])

    async def ask(self, query: str = WHO, **headers: str) -> httpx.Response:
        """What our own page is answered."""
        sent = {"x-shequ-session": "1", "origin": ORIGIN, "sec-fetch-site": "same-origin"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"query": query}
        return await self.http.post(
            "/graphql", json=body, headers={name: value for name, value in sent.items() if value}
        )

    async def subject(self) -> Any:
        """Who the page says is signed in; None where nobody is."""
        answer = (await self.ask()).json()
        return answer["data"]["viewer"] and answer["data"]["viewer"]["subject"]

    def session(self) -> str | None:
        """What the session cookie holds."""
        return self.http.cookies.get("shequ-session")
