"""The composition root of the server: puts the rooms together into one ASGI application."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping
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
from server.db.lean import Lanes, Limits
from server.db.pools import Pools
from server.db.revisions import newest_revision
from server.districts.files import TENANTS
from server.documents.handing_out import stored_file
from server.documents.keeping import Files, Outgoing
from server.documents.tickets import PATH, Purpose, Ticket, Tickets
from server.documents.vault import Vault
from server.http.asking import Asked
from server.http.auth import ACCESS_TOKEN, Callers, Keys, Tokens
from server.http.files import FilesEndpoint
from server.http.graphql import GraphQLEndpoint
from server.http.health import Livez, Readyz
from server.http.logs import AccessLog
from server.http.messages import AsgiApp, Receive, Scope, Send
from server.http.provider import Provider
from server.http.sessions import Sessions
from server.http.signing_in import Known, SigningIn
from server.http.socket import GraphQLSocket, Renew
from server.http.trusted import Documents, TrustedDocuments
from server.identity.sessions import SessionStore
from server.identity.store import find_actor
from server.insurance.smtp import Smtp
from server.kit import clock
from server.kit.actor import MUNICIPALITY, Actor
from server.kit.custody import Custody
from server.kit.errors import NotFound
from server.kit.meter import Meter
from server.papers.handing_out import issued_paper
from server.planner.keyset import Cursors
from server.policy.shelf import Library, Shelf
from server.record.acts import Act, acting
from server.record.events import Listening, Sequences
from server.record.rotating import uses
from server.tables import metadata
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
    """The ASGI application and what it holds; ``close`` ends its connections.

    ``patience_s``: how long a request waits for a connection to the database before it is refused as too many.
    """

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
        patience_s: float = 1.0,
        trusted_documents: TrustedDocuments = TrustedDocuments.PREFERRED,
        query_seconds: float = QUERY_SECONDS,
        mutation_seconds: float = MUTATION_SECONDS,
        custody: Custody | None = None,
        files: Files | None = None,
        query_page: bool | None = None,
        browsers: Browsers | None = None,
        meter: Meter | None = None,
        smtp: Smtp | None = None,
    ) -> None:
        self.pools = Pools(database_url, role_secret, size=pool_size, wait=patience_s, custody=custody)
        self.lanes = Lanes(self.pools.conninfo, Limits(wait_s=patience_s))
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
            files or Files(Vault.in_memory(), Tickets("files/" + role_secret)),
            Listening(self.pools),
            Sequences(cursor_secret),
            smtp,
        )
        self._keys = keys
        self._opens = False
        self.callers = Callers(Tokens(issuer, audience, keys, token_type=token_type), self._find_actor)
        self.documents = Documents(trusted_documents, KnownDocuments(self._find_document).find)
        finders = {
            Purpose.DOWNLOAD: self._find_file,
            Purpose.PAPER_DOCX: self._find_paper,
            Purpose.PAPER_PDF: self._find_paper,
        }
        self._browsers = browsers
        self.sessions = self._sessions()
        self._graphql = GraphQLEndpoint(
            self._execute,
            self.callers,
            self.documents,
            query_page=development if query_page is None else query_page,
            sessions=self.sessions,
        )
        self._socket = GraphQLSocket(self._perform, self.callers, self.documents, self.sessions)
        self._router = Starlette(
            routes=[
                Route(PATH, FilesEndpoint(self.engine.files, self._acting_for, finders)),
                Route("/livez", Livez(), methods=["GET"]),
                Route(
                    "/readyz",
                    Readyz({"database": self._database, "migrations": self._migrations, "sealing": self._sealing}),
                    methods=["GET"],
                ),
                *self._signing_in(),
            ],
            lifespan=self._lifespan,
        )
        self._routed: AsgiApp = AccessLog(self._router)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The one hot path stands in front of the router: a third of a small request's time would go into routing.
        if scope["type"] == "http" and scope["path"] == "/graphql":
            await self._graphql(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] == "/graphql":
            await self._socket(scope, receive, send)
        else:
            await self._routed(scope, receive, send)

    async def close(self) -> None:
        """End every connection."""
        if self._browsers is not None and self._browsers.provider is not None:
            await self._browsers.provider.close()
        await self.engine.listening.close()
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

    async def _district_role(self, tenant_id: int) -> str:
        code = await self.engine.directory.code_of(tenant_id)
        if code is None or tenant_id == MUNICIPALITY:
            raise NotFound()
        return roles.district_role(code)

    @asynccontextmanager
    async def _acting_for(self, ticket: Ticket, request_id: str) -> AsyncIterator[Act]:
        """An act of whoever was given the ticket; what the ticket is for is all that it allows."""
        db_role, actor = await self._district_role(ticket.tenant_id), Actor(ticket.subject, ticket.subject, ())
        async with acting(self.pools, db_role, ticket.tenant_id, actor, request_id) as act:
            yield act

    async def _find_file(self, ticket: Ticket) -> Outgoing:
        fetch = partial(self.pools.fetch, await self._district_role(ticket.tenant_id))
        return await stored_file(fetch, self.engine.files.vault, ticket.tenant_id, ticket.id)

    async def _find_paper(self, ticket: Ticket) -> Outgoing:
        fetch = partial(self.pools.fetch, await self._district_role(ticket.tenant_id))
        return await issued_paper(fetch, self.engine.policies.library.register, ticket)

    def _perform(
        self, actor: Actor | None, request_id: str, text: str, asked: Asked, *, peer: str, renew: Renew
    ) -> Awaitable[Answer | AsyncGenerator[Answer, None]]:
        request = Request(self.engine, actor, request_id, peer, renew)
        return self.operations.stream(request, text, asked.variables, asked.operation_name)

    async def _database(self) -> str:
        await self.pools.fetch(roles.PUBLIC_READER, "SELECT 1", [])
        return "ok"

    async def _migrations(self) -> str:
        rows = await self.pools.fetch(roles.PUBLIC_READER, "SELECT version_num FROM alembic_version", [])
        expected = newest_revision()
        if [row[0] for row in rows] != [expected]:
            raise RuntimeError(f"database is at {rows}, code expects {expected}")
        return expected

    async def _sealing(self) -> str:
        """That every personal value opens with the keys that are set; asked until it is so, and then no more.

        A key that was taken away too early stops a roll-out here, before any process without it gets a request.
        """
        if not self._opens:
            lost = {one.kid for one in await uses(self.pools, metadata) if not one.known}
            if lost:
                raise RuntimeError(f"values are sealed under keys that are not set: {', '.join(sorted(lost))}")
            self._opens = True
        return "ok"

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self.close()
