"""Connections on the application's own login roles: the superuser sees everything despite FORCE, and proves nothing."""

from collections.abc import Iterator

import pytest

from server.db.policies import Tenant
from server.districts.files import load_districts
from tests.databases import cloned
from tests.db.world import World


@pytest.fixture(scope="session")
def tenants() -> list[Tenant]:
    """The districts of this installation."""
    return [Tenant(one.tenant_id, one.code) for one in load_districts() if one.tenant_id > 0]


@pytest.fixture(scope="session")
def world(
    superuser_dsn: str, template: str, role_secret: str, worker_id: str, tenants: list[Tenant]
) -> Iterator[World]:
    """A database of its own, with a row of every tenant in every table."""
    with (
        cloned(superuser_dsn, template, f"shequ_walls_{worker_id}") as dsn,
        World.opened(dsn, role_secret, tenants) as made,
    ):
        yield made
