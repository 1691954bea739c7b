"""``/livez`` and ``/readyz``."""

from collections.abc import Awaitable, Callable

import orjson

from server.http.messages import Receive, Scope, Send, respond

#: One check of readiness: raises or returns; the text says what was found.
Check = Callable[[], Awaitable[str]]


class Livez:
    """The process answers; touches nothing else."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, b'{"status":"live"}')


class Readyz:
    """Every check passes: 200, else 503; either way with each check's finding, and no detail of our insides."""

    def __init__(self, checks: dict[str, Check]) -> None:
        self._checks = checks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found: dict[str, str] = {}
        ready = True
        for name, check in self._checks.items():
            try:
                found[name] = await check()
            except Exception:
                found[name] = "failed"
                ready = False
        body = orjson.dumps({"status": "ready" if ready else "not ready", "checks": found})
        await respond(send, 200 if ready else 503, body)
