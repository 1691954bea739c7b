"""Every role in every district: exactly its rows on every list and in every group, and nothing of the next district."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from server.db import roles
from server.districts.files import load_districts
from server.identity.store import insert_memberships
from server.kit.actor import Role
from server.kit.ids import new_id
from tests.driving import Client, Server
from tests.visiting.conftest import DISTRICT, TENANTS, held, scopes_of
from tests.visiting.test_paths import ARGUMENTS, CATALOGUE, GROUPS, LISTS, NODES
from tests.visiting.world import Visitor, World

CODES = [one.code for one in load_districts() if one.tenant_id > 0]
#: Root fields that name a district, by the type they show.
NAMED = {name: root.target for name, root in {**LISTS, **GROUPS}.items() if "district" in ARGUMENTS[name]}


def everything() -> str:
    """One operation that asks for every list and every group of a district: one text for all, so that it is read once."""
    asked = []
    for name in NAMED:
        if name in LISTS:
            asked.append(f"{name}(district: $district) {{ totalCount }}")
        else:
            asked.append(f"{name}(groupBy: [], district: $district) {{ count }}")
    return f"query($district: String!) {{ {' '.join(asked)} }}"


def counted(value: Any) -> int:
    """The rows of a list or of the one group."""
    return value["totalCount"] if isinstance(value, dict) else sum(one["count"] for one in value)


@pytest.fixture(scope="module")
async def everybody(server: Server, samples: None) -> AsyncIterator[dict[tuple[Role, str], Visitor]]:
    """One visitor for each role of each district."""
    rows: list[dict[str, Any]] = []
    for district in CODES:
        for role in DISTRICT:
            one = held(role, district)
            rows.append(
                {
                    "tenant_id": one.tenant,
                    "id": new_id(),
                    "subject": f"everywhere:{role}@{district}",
                    "name": "访客",
                    "role": role,
                    "department": "MARKET_REGULATION" if role is Role.DEPARTMENT_OFFICER else None,
                    "institution_id": one.institution,
                    "from_on": date(2020, 1, 1),
                    "created_by": "tests",
                    "source": "SAMPLE",
                }
            )
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_memberships(connection, rows)
    made = {}
    for district in CODES:
        for role in DISTRICT:
            subject = f"everywhere:{role}@{district}"
            client = Client(server.http, {"authorization": f"Bearer {server.issuer.token(subject, 'shequ')}"})
            made[role, district] = Visitor(subject, client, (held(role, district),), await scopes_of(server, subject))
    yield made
    # A district has as many administrators as before, for tests that count on it.
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        for row in rows:
            await connection.exec_driver_sql(
                "UPDATE membership SET until = from_on WHERE tenant_id = %s AND id = %s", (row["tenant_id"], row["id"])
            )


@pytest.mark.parametrize("role", DISTRICT)
async def test_a_role_sees_its_rows_in_its_district_and_none_in_the_next(
    role: Role, everybody: dict[tuple[Role, str], Visitor], world: World
) -> None:
    for district, following in zip(CODES, [*CODES[1:], CODES[0]], strict=True):
        visitor = everybody[role, district]
        own = (await visitor.client(everything(), district=district)).data
        for name, target in NAMED.items():
            wanted = world.visible(visitor, target, TENANTS[district])
            assert counted(own[name]) == len(wanted), (role, district, name)
        foreign = await visitor.client(everything(), district=following)
        assert set(foreign.codes) == {"FORBIDDEN"}, (role, district)
        assert not any((foreign.body["data"] or {}).values())


#: Types on no list and behind no field.  A 承接答复 stands in the district that answers, its 征询 in the one that asked, and
#: no link leaves its tenant: whoever asked reads ``accepted``, and the answer itself is shown by its id and to whoever gives
#: it; test_paths asks for every type's ids.
BY_ID_ALONE = {"SuccessionAnswer"}


def test_every_type_that_stands_in_a_district_is_asked_for() -> None:
    reached = set(NAMED.values()) | {root.target for root in CATALOGUE.roots.values()}
    linked = {
        one.link.target for type_ in CATALOGUE.types.values() for one in type_.fields.values() if hasattr(one, "link")
    }
    assert CATALOGUE.types.keys() - reached - linked == BY_ID_ALONE
    assert NODES.keys() >= BY_ID_ALONE
