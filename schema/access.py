"""The request a field runs in: who asks, on which database role, through which planner.

Each root field runs on the role of the district it names, else on that of the caller's home; a municipal caller runs on the
municipal role, a caller without a token on the public one.  Rights unite within one district, never across.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from schema.reading import Plans
from server.db import roles
from server.db.lean import Lanes
from server.db.pools import Pools
from server.documents.keeping import Files
from server.insurance.smtp import Smtp
from server.kit.actor import MUNICIPAL_READERS, MUNICIPALITY, Actor, Role
from server.kit.errors import BadInput, NotAllowed, NotFound, Unauthenticated
from server.kit.ids import NodeId
from server.planner.binding import Catalogue
from server.planner.keyset import Cursors
from server.planner.scope import Scope
from server.policy.shelf import Shelf
from server.record.acts import Act, acting
from server.record.events import Listening, Sequences
from server.workdays.store import Calendars

_DIRECTORY = "SELECT code, tenant_id FROM district ORDER BY display_order"
_DIRECTORY_SECONDS = 1.0


class Directory:
    """Which tenant a district code names; read again when a code is new, so that a new district needs no restart."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._tenants: dict[str, int] = {}
        self._codes: dict[int, str] = {}
        self._read_at = -_DIRECTORY_SECONDS

    def known(self, code: str) -> int | None:
        """The tenant number of this district, where it has been read already; None: ``find`` it."""
        return self._tenants.get(code)

    async def find(self, code: str) -> int | None:
        """The tenant number of this district; None where there is none."""
        if code not in self._tenants:
            await self._read()
        return self._tenants.get(code)

    async def code_of(self, tenant_id: int) -> str | None:
        """The code of the district with this tenant number."""
        if tenant_id not in self._codes:
            await self._read()
        return self._codes.get(tenant_id)

    async def districts(self) -> dict[str, int]:
        """Every district's tenant number by its code, in the official order; the municipality is not among them."""
        await self._read()
        return {code: tenant for code, tenant in self._tenants.items() if tenant != MUNICIPALITY}

    async def _read(self) -> None:
        # Codes that name nothing must not become statements, one for each time they are asked for.
        if monotonic() - self._read_at < _DIRECTORY_SECONDS:
            return
        rows = await self._pools.fetch(roles.PUBLIC_READER, _DIRECTORY, [])
        self._tenants = dict(rows)
        self._codes = {number: code for code, number in rows}
        self._read_at = monotonic()


@dataclass(frozen=True, slots=True)
class Engine:
    """What all requests of a process share."""

    pools: Pools
    lanes: Lanes
    directory: Directory
    cursors: Cursors
    catalogue: Catalogue
    calendars: Calendars
    policies: Shelf
    files: Files
    listening: Listening
    sequences: Sequences
    smtp: Smtp | None = None
    plans: Plans = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plans", Plans(self.catalogue, self.cursors))


#: Under which name, with the tenant's number, an actor's scopes are kept.
_SCOPE = "scope"


class Told(Protocol):
    """What came of an operation."""

    @property
    def body(self) -> Mapping[str, Any]: ...


class Answering(Protocol):
    """Answers operations, with all limits there are."""

    def answer(self, request: "Request", text: str, variables: Mapping[str, Any] | None = None) -> Awaitable[Told]:
        """The response to one operation."""


#: Whoever comes without a token.
_ANYBODY = Scope(roles.PUBLIC_READER, frozenset({Role.PUBLIC}))


@dataclass(slots=True)
class Request:
    """One request: the context of its resolvers."""

    engine: Engine
    actor: Actor | None
    request_id: str
    #: The address it comes from, for callers without a token.
    peer: str = ""
    #: For what lasts: asks anew who the caller is. Raises: Unauthenticated when nobody is any more.
    renew: Callable[[], Awaitable[Actor | None]] | None = None
    #: What answers it; for fields that ask further questions on the caller's behalf.
    operations: "Answering | None" = field(default=None, repr=False, compare=False)

    async def renewed(self) -> "Request":
        """The same request, by the caller with the rights that hold now. Raises: Unauthenticated."""
        actor = self.actor if self.renew is None else await self.renew()
        return Request(self.engine, actor, self.request_id, self.peer, self.renew)

    async def scope(self, tenant_id: int | None) -> Scope:
        """On whose behalf rows are read: of the named tenant, else of the caller's home.

        Raises: NotAllowed when the caller has no rights in the named tenant.
        """
        scope = self.known_scope(tenant_id)
        if scope is None:
            assert self.actor is not None  # whose scope is always known
            scope = self.actor.kept[_SCOPE, tenant_id] = await self._scope(self.actor, tenant_id)
        return scope

    def known_scope(self, tenant_id: int | None) -> Scope | None:
        """The same where it was worked out before; else None.

        Kept while the person's memberships are: a handful of tenants, since none is kept where there are no rights.
        """
        return _ANYBODY if self.actor is None else self.actor.kept.get((_SCOPE, tenant_id))

    async def _scope(self, actor: Actor, tenant_id: int | None) -> Scope:
        by_district = tenant_id is not None and tenant_id != MUNICIPALITY and bool(actor.roles_in(tenant_id))
        if actor.is_municipal and not by_district:
            return self._narrowed(roles.MUNICIPAL_READER, actor, MUNICIPALITY)
        tenant = actor.home if tenant_id is None else tenant_id
        if tenant is None:  # somebody known who holds nothing anywhere sees what everybody sees
            return self._narrowed(roles.PUBLIC_READER, actor, MUNICIPALITY)
        if not actor.roles_in(tenant):
            raise NotAllowed("您在该辖区没有权限")
        code = await self.engine.directory.code_of(tenant)
        if tenant == MUNICIPALITY or code is None:
            return self._narrowed(roles.PUBLIC_READER, actor, tenant)
        return self._narrowed(roles.district_role(code), actor, tenant)

    def _narrowed(self, db_role: str, actor: Actor, tenant: int) -> Scope:
        """The caller's roles in this tenant, with the values that row rules name.

        What the municipality lets somebody read holds in every district, so it unites with what the district does.
        """
        here = [grant for grant in actor.grants if grant.tenant_id == tenant]
        own = [grant.institution_id for grant in here if grant.institution_id]
        departments = [grant.department for grant in here if grant.department]
        held = actor.roles_in(tenant) | (actor.roles_in(MUNICIPALITY) & MUNICIPAL_READERS) | {Role.PUBLIC}
        return Scope(db_role, held, {"institutions": own, "departments": departments, "subject": actor.subject})

    @asynccontextmanager
    async def acting(self, tenant_id: int, *, anybody: bool = False) -> AsyncIterator[Act]:
        """An act of the caller in this tenant: one transaction. Raises: Unauthenticated, NotAllowed, NotFound.

        ``anybody``: the verb is one that whoever is signed in may use in any district; it sees to it by itself that they
        reach nothing but what is published and their own.

        Whoever operates the platform and holds nothing in the tenant acts on the platform's role, which reaches no
        register: all it can do there is to appoint the first administrator.  The municipal insurance centre acts on a
        role of its own that reaches the cases of designation alone.
        """
        actor = self.actor
        if actor is None:
            raise Unauthenticated()
        code = await self.engine.directory.code_of(tenant_id)
        if anybody and (code is None or tenant_id == MUNICIPALITY):
            raise NotFound()
        if anybody and code is not None:
            db_role = roles.district_role(code)
        elif code is not None and actor.roles_in(tenant_id):
            db_role = roles.MUNICIPAL_WRITER if tenant_id == MUNICIPALITY else roles.district_role(code)
        elif code is not None and Role.PLATFORM_OPERATOR in actor.roles_in(MUNICIPALITY):
            db_role = roles.PLATFORM
        elif code is not None and Role.MUNICIPAL_INSURANCE_OFFICER in actor.roles_in(MUNICIPALITY):
            db_role = roles.INSURANCE_CENTRE
        else:
            raise NotAllowed("您在该辖区没有权限")
        async with acting(self.engine.pools, db_role, tenant_id, actor, self.request_id) as act:
            yield act

    async def tenant_named(self, code: str) -> int:
        """The tenant of the district an input names. Raises: BadInput."""
        tenant = await self.engine.directory.find(code)
        if tenant is None:
            raise BadInput(f"没有代码为“{code[:40]}”的辖区", path=("input", "district"))
        return tenant

    def tenant_of(self, node: NodeId, city_wide: frozenset[Role] = frozenset()) -> int:
        """The tenant an act on this node runs in; ``city_wide``: municipal roles that may act in any.

        Raises: NotFound where the caller holds nothing there.
        """
        if self.actor is None:
            raise Unauthenticated()
        if not (self.actor.roles_in(node.tenant_id) or self.actor.roles_in(MUNICIPALITY) & city_wide):
            raise NotFound()
        return node.tenant_id

    def known_tenant(self, node: NodeId) -> int | None:
        """The tenant that an object is read in; None for the caller's home.

        A foreign id is looked for on the caller's own role, where it is not found like one that does not exist.
        """
        known = self.actor is not None and bool(self.actor.roles_in(node.tenant_id))
        return node.tenant_id if known else None
