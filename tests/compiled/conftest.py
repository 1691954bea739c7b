"""One application on a database of its own, with the awkward register."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

import pytest

from schema.access import Request
from server import installation
from server.db import roles
from server.districts.files import load_districts
from server.identity.store import find_actor
from server.kit.actor import Actor
from server.reviews.store import rebuild_rollup
from tests.compiled import awkward
from tests.databases import cloned
from tests.driving import Server

TENANTS = {one.code: one.tenant_id for one in load_districts() if one.code in awkward.DISTRICTS}


@dataclass
class Register:
    """The application on a database with the awkward register."""

    server: Server
    actors: dict[str | None, Actor | None]

    def request(self, persona: str | None) -> Request:
        """A request of this persona."""
        return Request(self.server.app.engine, self.actors[persona], "test")


PERSONAS = (
    None,
    "fengtai-officer",
    "fengtai-institution",
    "mentougou-applicant",
    "municipal-analyst",
    "platform-operator",
)


@pytest.fixture(scope="session")
async def register(
    superuser_dsn: str, template: str, worker_id: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Register]:
    with cloned(superuser_dsn, template, f"shequ_compiled_{worker_id}") as superuser:
        awkward.fill(superuser)
        server = await Server.start(installation.server_dsn(superuser), role_secret, tmp_path_factory.mktemp("issuer"))
        for code, tenant in TENANTS.items():
            async with server.app.pools.transaction(roles.district_role(code)) as connection:
                await rebuild_rollup(connection, tenant)
        actors: dict[str | None, Actor | None] = {None: None}
        for persona in PERSONAS[1:]:
            assert persona is not None
            subject = server.personas[persona].subject
            actors[persona] = await find_actor(server.app.pools, subject, date(2026, 11, 22))
        await server.app.engine.directory.code_of(1)  # read once a process, so no statement of any operation
        yield Register(server, actors)
        await server.stop()
