"""One throwaway PostgreSQL for the whole run, one database per worker, made from a template that is provisioned once."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from psycopg.conninfo import make_conninfo

from server import installation
from server.db import migrating
from server.db.embedded import Cluster, throwaway
from server.development.demo import fill_samples
from server.districts.files import load_districts
from tests.databases import TEMPLATE, cloned
from tests.driving import Client, Server

_SUPERUSER = "SHEQU_TEST_SUPERUSER"
_SECRET = "SHEQU_TEST_SECRET"
_MIGRATOR_PASSWORD = "SHEQU_TEST_MIGRATOR"

_cluster: Cluster | None = None


def pytest_configure(config: pytest.Config) -> None:
    """The controller (or the only process) starts the cluster and prepares the template; workers find it by environment."""
    global _cluster
    if hasattr(config, "workerinput") or os.environ.get(_SUPERUSER) or config.option.collectonly:
        return
    _cluster = throwaway().__enter__()
    secret, password = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    superuser = _cluster.superuser_dsn()
    migrator = migrating.prepare_database(superuser, TEMPLATE, migrator_password=password)
    installation.migrate(migrator)
    installation.provision(migrator, secret, load_districts())
    os.environ |= {_SUPERUSER: superuser, _SECRET: secret, _MIGRATOR_PASSWORD: password}


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the cluster with the run."""
    global _cluster
    if _cluster is not None:
        _cluster.stop()
        _cluster = None
        for name in (_SUPERUSER, _SECRET, _MIGRATOR_PASSWORD):
            os.environ.pop(name, None)


@pytest.fixture(scope="session")
def superuser_dsn() -> str:
    """The cluster's superuser, for making databases and for looking behind the walls; never for what is under test."""
    return os.environ[_SUPERUSER]


@pytest.fixture(scope="session")
def role_secret() -> str:
    """The secret from which the roles' passwords are derived."""
    return os.environ[_SECRET]


@pytest.fixture(scope="session")
def database(superuser_dsn: str, worker_id: str) -> Iterator[str]:
    """The name of this worker's own database."""
    name = f"shequ_{worker_id}"
    with cloned(superuser_dsn, name):
        yield name


@pytest.fixture(scope="session")
def superuser(superuser_dsn: str, database: str) -> str:
    """The superuser's connection string to this worker's database."""
    return make_conninfo(superuser_dsn, dbname=database)


@pytest.fixture(scope="session")
def migrator(superuser: str) -> str:
    """The migrator's connection string to this worker's database."""
    return make_conninfo(superuser, user="shequ_migrator", password=os.environ[_MIGRATOR_PASSWORD])


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
