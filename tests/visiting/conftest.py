"""One visitor for every role in either district, some with several roles, and the world they look at."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from schema.access import Request
from schema.contract import bindings
from server import installation
from server.db import roles
from server.db.metadata import access_of
from server.development.demo import fill_cases, fill_samples
from server.development.samples import first_centre
from server.districts.files import load_districts
from server.identity.store import find_actor, insert_memberships
from server.kit import clock
from server.kit.actor import MUNICIPALITY, Actor, Role
from server.kit.errors import NotAllowed
from server.kit.ids import new_id, stable_id
from server.planner.scope import Scope
from server.tables import metadata
from tests.databases import cloned
from tests.db.rows import Rows
from tests.driving import Client, Server
from tests.visiting.procedures import PLANTED, Planting
from tests.visiting.world import HOME, OTHER, Held, Visitor, World

if TYPE_CHECKING:
    from tests.visiting.ground import Ground

TENANTS = {one.code: one.tenant_id for one in load_districts()}
MUNICIPAL = (
    Role.MUNICIPAL_ANALYST,
    Role.MUNICIPAL_HEALTH_OFFICER,
    Role.MUNICIPAL_INSURANCE_OFFICER,
    Role.PLATFORM_OPERATOR,
)
DISTRICT = tuple(role for role in Role if role not in (*MUNICIPAL, Role.PUBLIC))


def held(role: Role, district: str) -> Held:
    """The role there; an institution's staff are those of the first centre."""
    institution = first_centre(district) if role is Role.INSTITUTION_STAFF else None
    return Held(role, TENANTS[district], institution)


#: What each visitor holds, by name.
HOLDINGS: dict[str, tuple[Held, ...]] = {
    **{f"{role}@{district}": (held(role, district),) for district in (HOME, OTHER) for role in DISTRICT},
    **{role.value: (Held(role, MUNICIPALITY),) for role in MUNICIPAL},
    "nobody known": (),
    "expert, and staff": (held(Role.EXPERT, HOME), held(Role.INSTITUTION_STAFF, HOME)),
    "staff of two institutions": (
        held(Role.INSTITUTION_STAFF, HOME),
        Held(Role.INSTITUTION_STAFF, TENANTS[HOME], stable_id("sample", HOME, "centre", "1")),
    ),
    "staff of a station": (
        Held(Role.INSTITUTION_STAFF, TENANTS[HOME], stable_id("sample", HOME, "station", "0", "0")),
    ),
    "officer here, staff there": (held(Role.DISTRICT_OFFICER, HOME), held(Role.INSTITUTION_STAFF, OTHER)),
    "every role of a district": tuple(held(role, HOME) for role in DISTRICT),
    "analyst, and administrator here": (
        Held(Role.MUNICIPAL_ANALYST, MUNICIPALITY),
        held(Role.DISTRICT_ADMINISTRATOR, HOME),
    ),
}

#: By name; ``None`` holds no token at all.
NAMES = ["nobody", *HOLDINGS]


# A database and a server of their own: what stands here for visitors to find would stand in other tests' way.


@pytest.fixture(scope="session")
def database(superuser_dsn: str, template: str, worker_id: str) -> Iterator[str]:
    """The name of this worker's database for visits."""
    name = f"shequ_visits_{worker_id}"
    with cloned(superuser_dsn, template, name):
        yield name


@pytest.fixture(scope="session")
def superuser(superuser_dsn: str, database: str) -> str:
    """The superuser's connection string to it."""
    return make_conninfo(superuser_dsn, dbname=database)


@pytest.fixture(scope="session")
async def server(superuser: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The application on it, with the personas of development."""
    running = await Server.start(installation.server_dsn(superuser), role_secret, tmp_path_factory.mktemp("visits"))
    yield running
    await running.stop()


@pytest.fixture(scope="session")
async def samples(server: Server) -> None:
    """The sample institutions of every district, as the demo has them, and the sample cases."""
    await fill_samples(server.app.pools)
    await fill_cases(server.app.pools)


@pytest.fixture
def anonymous(server: Server) -> Client:
    """A caller without a token."""
    return server.client(None)


@pytest.fixture(scope="session")
async def visitors(server: Server) -> Mapping[str, Visitor]:
    """All visitors by name."""
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": one.tenant,
            "id": new_id(),
            "subject": f"visitor:{name}",
            "name": f"访客 {name}",
            "role": one.role,
            "department": "MARKET_REGULATION" if one.role is Role.DEPARTMENT_OFFICER else None,
            "institution_id": one.institution,
            "from_on": date(2020, 1, 1),
            "created_by": "tests",
            "source": "SAMPLE",
        }
        for name, holdings in HOLDINGS.items()
        for one in holdings
    ]
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_memberships(connection, rows)
    made = {"nobody": Visitor("nobody", Client(server.http), scopes=await scopes_of(server, None))}
    for name, holdings in HOLDINGS.items():
        subject = f"visitor:{name}"
        client = Client(server.http, {"authorization": f"Bearer {server.issuer.token(subject, 'shequ')}"})
        made[name] = Visitor(name, client, holdings, await scopes_of(server, subject))
    return made


async def scopes_of(server: Server, subject: str | None) -> Mapping[int | None, Scope]:
    """On whose behalf this person reads each tenant that is within reach, and where none is named."""
    actor = None
    if subject is not None:
        actor = await find_actor(server.app.pools, subject, clock.today()) or Actor(subject, subject, ())
    scopes: dict[int | None, Scope] = {}
    for tenant in (None, *TENANTS.values()):
        with contextlib.suppress(NotAllowed):
            scopes[tenant] = await Request(server.app.engine, actor, "visiting").scope(tenant)
    return scopes


@pytest.fixture(scope="session")
async def first_world(samples: None, visitors: Mapping[str, Visitor], superuser: str, server: Server) -> World:
    """Everything there is to see, with what the samples lack: former names, successions, the rows of procedures."""
    with psycopg.connect(superuser) as connection:
        for district in (HOME, OTHER):
            tenant = TENANTS[district]
            centres = [stable_id("sample", district, "centre", str(n)) for n in range(3)]
            for centre in centres:
                connection.execute(
                    "INSERT INTO former_name (tenant_id, id, institution_id, name, until, created_by)"
                    " VALUES (%s, %s, %s, '曾用名', '2020-01-01', 'tests')",
                    (tenant, new_id(), centre),
                )
            for before, after in pairwise(centres):
                connection.execute(
                    "INSERT INTO succession (tenant_id, id, predecessor_id, successor_id, on_date, reason, created_by)"
                    " VALUES (%s, %s, %s, %s, '2020-01-01', 'RELICENSED', 'tests')",
                    (tenant, new_id(), before, after),
                )
            for plant in PLANTED:
                plant(Planting(connection, district, tenant))
        # What nobody planted by hand has a row in each district all the same.
        rows, tables = Rows(connection), {one.table for one in bindings().types.values()}
        for table in metadata.sorted_tables:
            for tenant in (TENANTS[HOME], TENANTS[OTHER]):
                here = connection.execute(f"SELECT 1 FROM {table.name} WHERE tenant_id = {tenant} LIMIT 1").fetchone()  # type: ignore[arg-type]
                # What is published is the platform's own: a calendar with a made-up day would be everybody's.
                if table.name in tables and here is None and not access_of(table).published:
                    rows.plant(table, tenant)
    return World.seen(superuser, bindings(), server.app.pools.conninfo)


@pytest.fixture(scope="session")
def watching(superuser: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that notices what is written."""
    with psycopg.connect(superuser, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def world(first_world: World, superuser: str, watching: psycopg.Connection[Any]) -> World:
    """Everything there is to see now."""
    if first_world.is_past(watching):
        now = World.seen(superuser, first_world.catalogue, first_world.login)
        first_world.rows, first_world.passing, first_world.mark = now.rows, now.passing, now.mark
        first_world.behind = now.behind
    return first_world


@pytest.fixture(params=NAMES)
def visitor(request: pytest.FixtureRequest, visitors: Mapping[str, Visitor]) -> Visitor:
    """Each visitor in turn."""
    return visitors[request.param]


@pytest.fixture(scope="session")
async def ground(
    superuser_dsn: str, template: str, worker_id: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator["Ground"]:
    """A database of its own, marked, with attackers."""
    from tests.visiting.ground import Ground  # which needs what stands above

    with cloned(superuser_dsn, template, f"shequ_probes_{worker_id}") as marked:
        server = await Server.start(installation.server_dsn(marked), role_secret, tmp_path_factory.mktemp("issuer"))
        await fill_samples(server.app.pools)
        yield await Ground.prepared(server, marked)
        await server.stop()
