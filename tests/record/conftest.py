"""Acts on a district of the worker's database, and on databases of their own where trails are tampered with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest

from server import installation
from server.db import roles
from server.db.pools import Pools
from server.kit.actor import Actor, Grant, Role
from server.kit.custody import Custody
from server.kit.ids import new_id
from server.record import chain
from server.record.acts import Act, acting
from tests.databases import cloned

DISTRICT, TENANT = "fengtai", 5
NEIGHBOUR, NEIGHBOUR_TENANT = "mentougou", 7


@dataclass
class Trail:
    """A database of its own, with what writes the trail and what tampers with it."""

    dsn: str
    pools: Pools
    superuser: psycopg.Connection

    @asynccontextmanager
    async def act(self, code: str = DISTRICT, tenant_id: int = TENANT) -> AsyncIterator[Act]:
        """An act of the district's administrator."""
        actor = Actor("tests", "测试", (Grant(tenant_id, Role.DISTRICT_ADMINISTRATOR),))
        async with acting(self.pools, roles.district_role(code), tenant_id, actor, "request-1") as act:
            yield act

    async def note(self, count: int = 1, code: str = DISTRICT, tenant_id: int = TENANT) -> None:
        """So many entries, each of its own act."""
        for n in range(count):
            async with self.act(code, tenant_id) as act:
                await act.note("tested", "institution", new_id(), before={"n": n}, after={"n": n + 1, "score": 87.5})

    async def link(self, tenant_id: int = TENANT) -> int:
        """The job's run, once no transaction of another test's database holds the horizon back."""
        elsewhere = (
            "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND datname <> current_database()"
        )
        for _ in range(500):
            if self.superuser.execute(elsewhere).fetchone() == (0,):
                break
            await asyncio.sleep(0.02)
        return await chain.link(self.pools, tenant_id)

    def entries(self, tenant_id: int = TENANT) -> list[UUID]:
        """The entries' ids in the order of the chain."""
        sql = "SELECT entry_id FROM audit_link WHERE tenant_id = %s ORDER BY seq"
        return [entry for (entry,) in self.superuser.execute(sql, [tenant_id])]

    def run(self, sql: str, *values: object) -> int:
        """Tamper, as somebody who is superuser of the database; how many rows it touched."""
        return self.superuser.execute(sql, values or None).rowcount


@pytest.fixture(scope="session")
async def emptied(superuser_dsn: str, template: str, role_secret: str, worker_id: str) -> AsyncIterator[Trail]:
    """The database for trails, one for all tests of the worker: each empties it."""
    with (
        cloned(superuser_dsn, template, f"shequ_chains_{worker_id}") as dsn,
        psycopg.connect(dsn, autocommit=True) as superuser,
    ):
        pools = Pools(installation.server_dsn(dsn), role_secret, size=4)
        yield Trail(dsn, pools, superuser)
        await pools.close()


@pytest.fixture
def trail(emptied: Trail, role_secret: str) -> Trail:
    """A trail that no other test sees, nor provisioning's own acts in it."""
    emptied.superuser.execute("TRUNCATE audit_entry, audit_link")
    emptied.pools.custody = Custody.derived(role_secret)
    return emptied
