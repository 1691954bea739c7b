"""What tests of all rooms use: one database per worker, made from a template that is provisioned once, and its server."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from server import installation
from server.db import migrating
from server.db.roles import MIGRATOR
from server.development.demo import fill_samples
from server.districts.files import load_districts
from server.http import logs
from tests.databases import MIGRATOR_PASSWORD, cloned
from tests.driving import Client, Server
from tests.listening import Listening

_TEMPLATE = "shequ_template"
_ROLE_SECRET = "role-secret-of-the-test-run"

logs.configure("CRITICAL", pretty=False)


@pytest.fixture(scope="session")
def role_secret() -> str:
    """The secret from which the roles' passwords are derived."""
    return _ROLE_SECRET


@pytest.fixture(scope="session")
def template(superuser_dsn: str) -> str:
    """The name of a migrated and provisioned database, made by the first worker that asks."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(4711)")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_TEMPLATE,)).fetchone():
            building = f"{_TEMPLATE}_building"
            migrator = migrating.prepare_database(superuser_dsn, building, migrator_password=MIGRATOR_PASSWORD)
            installation.migrate(migrator)
            installation.provision(migrator, _ROLE_SECRET, load_districts())
            connection.execute(f"ALTER DATABASE {building} RENAME TO {_TEMPLATE}")
        connection.execute("SELECT pg_advisory_unlock(4711)")
    return _TEMPLATE


@pytest.fixture(scope="session")
def database(superuser_dsn: str, template: str, worker_id: str) -> Iterator[str]:
    """The name of this worker's own database."""
    name = f"shequ_{worker_id}"
    with cloned(superuser_dsn, template, name):
        yield name


@pytest.fixture(scope="session")
def superuser(superuser_dsn: str, database: str) -> str:
    """The superuser's connection string to this worker's database."""
    return make_conninfo(superuser_dsn, dbname=database)


@pytest.fixture(scope="session")
def migrator(superuser: str) -> str:
    """The migrator's connection string to this worker's database."""
    return make_conninfo(superuser, user=MIGRATOR, password=MIGRATOR_PASSWORD)


@pytest.fixture(scope="session")
async def server(superuser: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """The application on this worker's database, with the personas of development."""
    running = await Server.start(installation.server_dsn(superuser), role_secret, tmp_path_factory.mktemp("issuer"))
    yield running
    await running.stop()


@pytest.fixture
def anonymous(server: Server) -> Client:
    """A caller without a token."""
    return server.client(None)


@pytest.fixture(scope="session")
async def samples(server: Server) -> None:
    """The sample institutions of every district, as the demo has them."""
    await fill_samples(server.app.pools)


@pytest.fixture(scope="session")
def listening(superuser: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """The address of a server in development, for clients that speak over the network."""
    running = Listening(installation.server_dsn(superuser), role_secret, tmp_path_factory.mktemp("listening"))
    yield running
    running.stop()
