"""``count == len(all pages)`` for every role in every district, by every road that counts."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from schema.access import Request
from schema.contract import bindings
from server.development.samples import first_centre
from server.districts.files import load_districts
from server.kit.actor import Actor, Grant, Role
from server.planner.binding import Shape
from tests.driving import Server
from tests.visiting.conftest import DISTRICT, MUNICIPAL
from tests.visiting.test_paths import names_district

ROOTS = bindings().roots
LISTS = [name for name, root in ROOTS.items() if root.shape is Shape.PAGE]
#: A list and the groups of the same rows.
GROUPS = {
    name: listed
    for name, root in ROOTS.items()
    if root.shape is Shape.GROUPS
    for listed in LISTS
    if ROOTS[listed].target == root.target
}
TENANTS = {one.code: one.tenant_id for one in load_districts()}


async def answer(server: Server, actor: Actor, text: str) -> Any:
    """The data of a query by this person, which has no errors."""
    found = await server.app.operations.answer(Request(server.app.engine, actor, "counts"), text)
    body = orjson.loads(orjson.dumps(found.body))
    assert "errors" not in body, body
    return body["data"]


async def paged(server: Server, actor: Actor, name: str, code: str) -> list[str]:
    """Every id of the list, page by page."""
    named = f', district: "{code}"' if names_district(name) else ""
    ids: list[str] = []
    after = ""
    while True:
        page = (
            await answer(
                server,
                actor,
                f"{{ {name}(first: 100{named}{after}) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ id }} }} }}",
            )
        )[name]
        ids += [one["id"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return ids
        after = f', after: "{page["pageInfo"]["endCursor"]}"'


async def assert_counts(server: Server, actor: Actor, code: str) -> int:
    """All counts are of the rows that the pages hold; how many there are."""
    named = {name: f'(district: "{code}")' if names_district(name) else "" for name in LISTS}
    parts = [f"{name}{named[name]} {{ totalCount }}" for name in LISTS]
    parts += [f"{name}(groupBy: [DISTRICT]) {{ count }}" for name in GROUPS]
    counted = await answer(server, actor, f"{{ {' '.join(parts)} }}")
    rows = 0
    for name in LISTS:
        ids = await paged(server, actor, name, code)
        assert len(ids) == len(set(ids)) == counted[name]["totalCount"], name
        rows += len(ids)
        for groups in (one for one, listed in GROUPS.items() if listed == name):
            assert sum(one["count"] for one in counted[groups]) == len(ids), groups
    return rows


def staff_of(role: Role, code: str) -> UUID | None:
    return first_centre(code) if role is Role.INSTITUTION_STAFF else None


@pytest.mark.parametrize("code", [one.code for one in load_districts() if one.tenant_id])
async def test_every_role_of_the_district(server: Server, samples: None, code: str) -> None:
    for role in DISTRICT:
        department = "MARKET_REGULATION" if role is Role.DEPARTMENT_OFFICER else None
        grant = Grant(TENANTS[code], role, department, staff_of(role, code))
        rows = await assert_counts(server, Actor(f"{role}@{code}", "甲", (grant,)), code)
        assert rows or role is not Role.DISTRICT_OFFICER


@pytest.mark.parametrize("role", MUNICIPAL)
async def test_every_role_of_the_municipality(server: Server, samples: None, role: Role) -> None:
    rows = await assert_counts(server, Actor(role, "甲", (Grant(0, role),)), "beijing")
    assert rows > 1000 or role is Role.PLATFORM_OPERATOR
