"""One visitor for every role in either district, some with several roles, and the world they look at."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from schema.contract import bindings
from server.db import roles
from server.development.samples import first_centre
from server.districts.files import load_districts
from server.identity.store import insert_memberships
from server.kit.actor import MUNICIPALITY, Role
from server.kit.ids import new_id, stable_id
from tests.driving import Client, Server
from tests.visiting.procedures import PLANTED, Planting
from tests.visiting.world import HOME, OTHER, Held, Visitor, World

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
    "analyst, and administrator here": (
        Held(Role.MUNICIPAL_ANALYST, MUNICIPALITY),
        held(Role.DISTRICT_ADMINISTRATOR, HOME),
    ),
}

#: By name; ``None`` holds no token at all.
NAMES = ["nobody", *HOLDINGS]


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
    made = {"nobody": Visitor("nobody", Client(server.http))}
    for name, holdings in HOLDINGS.items():
        token = server.issuer.token(f"visitor:{name}", "shequ")
        made[name] = Visitor(name, Client(server.http, {"authorization": f"Bearer {token}"}), holdings)
    return made


@pytest.fixture(scope="session")
async def first_world(samples: None, visitors: Mapping[str, Visitor], superuser: str) -> World:
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
    return World.seen(superuser, bindings())


@pytest.fixture
def world(first_world: World, superuser: str) -> World:
    """Everything there is to see now."""
    if first_world.is_past(superuser):
        now = World.seen(superuser, first_world.catalogue)
        first_world.rows, first_world.passing, first_world.mark = now.rows, now.passing, now.mark
        first_world.behind = now.behind
    return first_world


@pytest.fixture(params=NAMES)
def visitor(request: pytest.FixtureRequest, visitors: Mapping[str, Visitor]) -> Visitor:
    """Each visitor in turn."""
    return visitors[request.param]
