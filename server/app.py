"""The composition root of the server: puts the rooms together into one ASGI application."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from starlette.applications import Starlette
from starlette.routing import Route

from schema.access import Directory, Engine, Request
from schema.operations import MUTATION_SECONDS, QUERY_SECONDS, Answer, Operations
from server.clients.known import KnownDocuments
from server.clients.store import find_text
from server.db import roles
from server.db.lean import Lanes
from server.db.pools import Pools
from server.db.revisions import newest_revision
from server.districts.files import TENANTS
from server.http.asking import Asked
from server.http.auth import ACCESS_TOKEN, Callers, Keys, Tokens
from server.http.graphql import GraphQLEndpoint
from server.http.health import Livez, Readyz
from server.http.logs import AccessLog
from server.http.messages import AsgiApp, Receive, Scope, Send
from server.http.provider import Provider
from server.http.sessions import Sessions
from server.http.signing_in import Known, SigningIn
from server.http.trusted import Documents, TrustedDocuments
from server.identity.sessions import SessionStore
from server.identity.store import find_actor
from server.insurance.mailing import Smtp
from server.kit import clock
from server.kit.actor import Actor
from server.kit.custody import Custody
from server.kit.meter import Meter
from server.planner.keyset import Cursors
from server.policy.shelf import Library, Shelf
from server.workdays.store import Calendars


@dataclass(frozen=True, slots=True)
class Browsers:
    """How people with a browser sign in: at a provider, or in development as a persona; for how long.

    ``public_url``: under which browsers reach us; ``secret`` seals what they take along to the provider.
    """

    secret: str
    public_url: str | None = None
    provider: Provider | None = None
    personas: Mapping[str, Known] | None = None
    longest: timedelta = timedelta(hours=8)
    idle: timedelta = timedelta(hours=1)


class App:
    """The ASGI application and what it holds; ``close`` ends its connections."""

    def __init__(
        self,
        *,
        database_url: str,
        role_secret: str,
        cursor_secret: str,
        issuer: str,
        audience: str,
        keys: Keys,
        token_type: str = ACCESS_TOKEN,
        development: bool = False,
        pool_size: int = 4,
        trusted_documents: TrustedDocuments = TrustedDocuments.PREFERRED,
        query_seconds: float = QUERY_SECONDS,
        mutation_seconds: float = MUTATION_SECONDS,
        custody: Custody | None = None,
        query_page: bool | None = None,
        browsers: Browsers | None = None,
        meter: Meter | None = None,
        smtp: Smtp | None = None,
    ) -> None:
        self.pools = Pools(database_url, role_secret, size=pool_size, custody=custody)
        self.lanes = Lanes(self.pools.conninfo)
        self.operations = Operations(
            hints=development, query_seconds=query_seconds, mutation_seconds=mutation_seconds, meter=meter
        )
        self.engine = Engine(
            self.pools,
            self.lanes,
            Directory(self.pools),
            Cursors(cursor_secret),
            self.operations.catalogue,
            Calendars(partial(self.pools.fetch, roles.PUBLIC_READER)),
            # Published policies of all districts are public law; the shelf holds nothing else.
            Shelf(partial(self.pools.fetch, roles.MUNICIPAL_READER), Library(TENANTS)),
            smtp,
        )
        self._keys = keys
        self.callers = Callers(Tokens(issuer, audience, keys, token_type=token_type), self._find_actor)
        self.documents = Documents(trusted_documents, KnownDocuments(self._find_document).find)
        self._browsers = browsers
        self.sessions = self._sessions()
        self._graphql = GraphQLEndpoint(
            self._execute,
            self.callers,
            self.documents,
            query_page=development if query_page is None else query_page,
            sessions=self.sessions,
        )
        self._router = Starlette(
            routes=[
                Route("/livez", Livez(), methods=["GET"]),
                Route("/readyz", Readyz({"database": self._database, "migrations": self._migrations}), methods=["GET"]),
                *self._signing_in(),
            ],
            lifespan=self._lifespan,
        )
        self._routed: AsgiApp = AccessLog(self._router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The one hot path stands in front of the router: a third of a small request's time would go into routing.
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self._graphql(scope, receive, send)
        else:
            await self._routed(scope, receive, send)

    async def close(self) -> None:
        """End every connection."""
        if self._browsers is not None and self._browsers.provider is not None:
            await self._browsers.provider.close()
        await self._keys.close()
        await self.lanes.close()
        await self.pools.close()

    def _sessions(self) -> Sessions | None:
        given = self._browsers
        if given is None:
            return None
        return Sessions(SessionStore(self.pools, longest=given.longest, idle=given.idle), given.public_url)

    def _signing_in(self) -> list[Route]:
        given = self._browsers
        if given is None or self.sessions is None:
            return []
        door = SigningIn(self.sessions, given.secret, provider=given.provider, personas=given.personas)
        return [Route(path, door) for path in ("/signin", "/signin/back", "/signout", "/session")]

    async def _find_actor(self, subject: str) -> Actor | None:
        return await find_actor(self.pools, subject, clock.today())

    async def _find_document(self, digest: str) -> str | None:
        return await find_text(self.pools, digest)

    def _execute(
        self, actor: Actor | None, request_id: str, text: str, asked: Asked, *, reading: bool, peer: str
    ) -> Awaitable[Answer]:
        request = Request(self.engine, actor, request_id, peer)
        return self.operations.answer(request, text, asked.variables, asked.operation_name, reading=reading)

    async def _database(self) -> str:
        await self.pools.fetch(roles.PUBLIC_READER, "SELECT 1", [])
        return "ok"

    async def _migrations(self) -> str:
        rows = await self.pools.fetch(roles.PUBLIC_READER, "SELECT version_num FROM alembic_version", [])
        expected = newest_revision()
        if [row[0] for row in rows] != [expected]:
            raise RuntimeError(f"database is at {rows}, code expects {expected}")
        return expected

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self.close()
