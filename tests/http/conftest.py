"""Servers besides the ordinary one: in development, with other policies, and one that listens on a port."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
import uvicorn
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


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class Listening:
    """A server in development that answers on a port, on an event loop of its own in another thread."""

    def __init__(self, dsn: str, role_secret: str, folder: Any) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/graphql"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(dsn, role_secret, folder)))
        self._thread.start()
        assert self._ready.wait(30)

    async def _serve(self, dsn: str, role_secret: str, folder: Any) -> None:
        running = await Server.start(dsn, role_secret, folder, development=True)
        self.tokens = {name: running.issuer.token(one.subject, "shequ") for name, one in running.personas.items()}
        config = uvicorn.Config(running.app, lifespan="on", log_level="warning")
        self._server = _Server(config, self._ready.set)
        await self._server.serve([self._socket])
        await running.stop()

    def stop(self) -> None:
        """End it and its connections."""
        self._server.should_exit = True
        self._thread.join(30)
        self._socket.close()


@pytest.fixture(scope="session")
def listening(superuser: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """The address of a server in development, for clients that speak over the network."""
    running = Listening(installation.server_dsn(superuser), role_secret, tmp_path_factory.mktemp("listening"))
    yield running
    running.stop()
