"""A server that answers on a port, for clients that speak over the network."""

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from server.development.demo import fill_samples
from server.http.whole import Protocol
from tests.driving import Server


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


class Listening:
    """A server in development that answers on a port, on an event loop of its own in another thread.

    ``samples``: with the sample institutions, in a database where nobody else puts them.
    """

    def __init__(self, dsn: str, role_secret: str, folder: Path, *, samples: bool = False) -> None:
        self._samples = samples
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/graphql"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(dsn, role_secret, folder)))
        self._thread.start()
        assert self._ready.wait(30)

    async def _serve(self, dsn: str, role_secret: str, folder: Path) -> None:
        running = await Server.start(dsn, role_secret, folder, development=True)
        self.tokens = {name: running.issuer.token(one.subject, "shequ") for name, one in running.personas.items()}
        if self._samples:
            await fill_samples(running.app.pools)
        config = uvicorn.Config(running.app, http=Protocol, lifespan="on", log_level="warning")
        self._server = _Server(config, self._ready.set)
        await self._server.serve([self._socket])
        await running.stop()

    def stop(self) -> None:
        """End it and its connections."""
        self._server.should_exit = True
        self._thread.join(30)
        self._socket.close()
