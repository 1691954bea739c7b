"""Connections on the application's own login roles: the superuser sees everything despite FORCE, and proves nothing."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from server.db import roles
from server.db.policies import Tenant
from server.districts.files import load_districts
from tests.databases import cloned
from tests.db.world import World


@pytest.fixture(scope="session")
def tenants() -> list[Tenant]:
    """The districts of this installation."""
    return [Tenant(one.tenant_id, one.code) for one in load_districts() if one.tenant_id > 0]


@pytest.fixture(scope="session")
def as_role(superuser: str, role_secret: str) -> Callable[[str], psycopg.Connection]:
    """Opens a connection to this worker's database on a login role."""

    def connect(role: str) -> psycopg.Connection:
        return psycopg.connect(make_conninfo(superuser, user=role, password=roles.password(role_secret, role)))

    return connect


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
