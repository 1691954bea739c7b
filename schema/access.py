"""The request a field runs in: who asks, on which database role, through which planner.

Each root field runs on the role of the district it names, else on that of the caller's home; a municipal caller runs on the
municipal role, a caller without a token on the public one.  Rights unite within one district, never across.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from schema.within import TENANT
from server.db import roles
from server.db.pools import Pools
from server.kit.actor import MUNICIPALITY, Actor, Role
from server.kit.errors import BadInput, NotAllowed, NotFound, Unauthenticated
from server.kit.ids import NodeId
from server.planner.binding import Catalogue, Root, Shape
from server.planner.keyset import Cursors
from server.planner.naive import Naive
from server.planner.scope import Scope
from server.planner.selection import Selection
from server.policy.shelf import Shelf
from server.record.acts import Act, acting
from server.workdays.store import Calendars

_DIRECTORY = "SELECT code, tenant_id FROM district ORDER BY display_order"


class Directory:
    """Which tenant a district code names; read again when a code is new, so that a new district needs no restart."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools
        self._tenants: dict[str, int] = {}

    async def find(self, code: str) -> int | None:
        """The tenant number of this district; None where there is none."""
        if code not in self._tenants:
            await self._read()
        return self._tenants.get(code)

    async def code_of(self, tenant_id: int) -> str | None:
        """The code of the district with this tenant number."""
        for _ in range(2):
            for code, number in self._tenants.items():
                if number == tenant_id:
                    return code
            await self._read()
        return None

    async def districts(self) -> dict[str, int]:
        """Every district's tenant number by its code, in the official order; the municipality is not among them."""
        await self._read()
        return {code: tenant for code, tenant in self._tenants.items() if tenant != MUNICIPALITY}

    async def _read(self) -> None:
        self._tenants = dict(await self._pools.fetch(roles.PUBLIC_READER, _DIRECTORY, []))


@dataclass(frozen=True, slots=True)
class Engine:
    """What all requests of a process share."""

    pools: Pools
    directory: Directory
    cursors: Cursors
    catalogue: Catalogue
    calendars: Calendars
    policies: Shelf


@dataclass(slots=True)
class Request:
    """One request: the context of its resolvers."""

    engine: Engine
    actor: Actor | None
    request_id: str

    async def scope(self, tenant_id: int | None) -> Scope:
        """On whose behalf rows are read: of the named tenant, else of the caller's home.

        Raises: NotAllowed when the caller has no rights in the named tenant.
        """
        actor = self.actor
        if actor is None:
            return Scope(roles.PUBLIC_READER, frozenset({Role.PUBLIC}))
        if actor.is_municipal:
            return Scope(roles.MUNICIPAL_READER, actor.roles_in(MUNICIPALITY) | {Role.PUBLIC})
        tenant = actor.home if tenant_id is None else tenant_id
        held = frozenset() if tenant is None else actor.roles_in(tenant)
        if tenant is None or (not held and tenant_id is not None):
            raise NotAllowed("您在该辖区没有权限")
        code = await self.engine.directory.code_of(tenant)
        if tenant == MUNICIPALITY or code is None:
            return Scope(roles.PUBLIC_READER, held | {Role.PUBLIC})
        own = [grant.institution_id for grant in actor.grants if grant.tenant_id == tenant and grant.institution_id]
        return Scope(roles.district_role(code), held | {Role.PUBLIC}, {"institutions": own, "subject": actor.subject})

    async def root(self, root: Root, selection: Selection) -> Any:
        """The planner's answer for one root field.

        Raises: BadInput for an unknown district, NotAllowed, and what the planner raises.
        """
        arguments = dict(selection.arguments)
        tenant: int | None = None
        if root.shape is Shape.PAGE and arguments.get("district") is not None:
            tenant = await self.engine.directory.find(arguments["district"])
            if tenant is None:
                raise BadInput(f"没有代码为“{arguments['district'][:40]}”的辖区", path=(selection.key, "district"))
            arguments[TENANT] = tenant
        elif "id" in arguments:
            tenant = self._tenant_of(NodeId.parse(arguments["id"], path=(selection.key, "id")))
        planner = self._planner(await self.scope(tenant))
        return await planner.root(root, Selection(selection.key, selection.name, arguments, selection.children))

    async def nodes(self, ids: Sequence[NodeId], cases: Mapping[str, tuple[Selection, ...]]) -> list[Any]:
        """The planner's answers for node ids, each on the role that its tenant calls for; None where there is none."""
        by_tenant: dict[int | None, list[NodeId]] = {}
        for one in ids:
            by_tenant.setdefault(self._tenant_of(one), []).append(one)
        answers: dict[NodeId, Any] = {}
        for tenant, wanted in by_tenant.items():
            planner = self._planner(await self.scope(tenant))
            answers.update(zip(wanted, await planner.nodes(wanted, cases), strict=True))
        return [answers[one] for one in ids]

    @asynccontextmanager
    async def acting(self, tenant_id: int) -> AsyncIterator[Act]:
        """An act of the caller in this tenant: one transaction. Raises: Unauthenticated, NotAllowed."""
        actor = self.actor
        if actor is None:
            raise Unauthenticated()
        code = await self.engine.directory.code_of(tenant_id)
        if code is None or not actor.roles_in(tenant_id):
            raise NotAllowed("您在该辖区没有权限")
        db_role = roles.MUNICIPAL_WRITER if tenant_id == MUNICIPALITY else roles.district_role(code)
        async with acting(self.engine.pools, db_role, tenant_id, actor, self.request_id) as act:
            yield act

    async def tenant_named(self, code: str) -> int:
        """The tenant of the district an input names. Raises: BadInput."""
        tenant = await self.engine.directory.find(code)
        if tenant is None:
            raise BadInput(f"没有代码为“{code[:40]}”的辖区", path=("input", "district"))
        return tenant

    def tenant_of(self, node: NodeId) -> int:
        """The tenant an act on this node runs in. Raises: NotFound where the caller holds nothing there."""
        if self.actor is None:
            raise Unauthenticated()
        if not self.actor.roles_in(node.tenant_id):
            raise NotFound()
        return node.tenant_id

    def _tenant_of(self, node: NodeId) -> int | None:
        # A foreign id is looked for on the caller's own role, where it is not found like one that does not exist.
        known = self.actor is not None and bool(self.actor.roles_in(node.tenant_id))
        return node.tenant_id if known else None

    def _planner(self, scope: Scope) -> Naive:
        engine = self.engine

        def fetch(sql: str, parameters: Sequence[object]) -> Any:
            return engine.pools.fetch(scope.db_role, sql, parameters)

        return Naive(engine.catalogue, scope, fetch, engine.cursors)
