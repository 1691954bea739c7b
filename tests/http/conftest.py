"""Servers besides the ordinary one: in development, with other policies, and one that listens on a port."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from structlog.testing import capture_logs

from server import installation
from server.http import logs
from tests.driving import Server

StartServer = Callable[..., Awaitable[Server]]


@pytest.fixture(scope="session")
async def start(
    superuser: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[StartServer]:
    """Starts a server of its own kind on this worker's database; all end with the run."""
    folder, dsn = tmp_path_factory.mktemp("issuers"), installation.server_dsn(superuser)
    async with AsyncExitStack() as stack:

        async def started(**options: Any) -> Server:
            running = await Server.start(dsn, role_secret, folder, **options)
            stack.push_async_callback(running.stop)
            return running

        yield started


@pytest.fixture
def errors_logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """Every error logged during the test; the run is silent otherwise."""
    logs.configure("ERROR", pretty=False)
    with capture_logs() as entries:
        yield entries
    logs.configure("CRITICAL", pretty=False)


@pytest.fixture(scope="session")
async def developing(start: StartServer) -> Server:
    """A server in development: introspection, suggestions, the query page."""
    return await start(development=True)
