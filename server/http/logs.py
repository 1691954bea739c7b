"""Structured logs: one JSON line an event, with the request id, and no personal data."""

import asyncio
import atexit
import logging
import sys
import time
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Any, Protocol

import orjson
import structlog
import structlog.tracebacks

from server.http.messages import AsgiApp, Message, Receive, Scope, Send

log = structlog.get_logger("shequ.access")

#: Without the values of variables, as the library would tell them: among these stand what callers send, and their tokens.
_TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))

#: The id of the request that is being answered; every log line bears it.
REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


def configure(level: str, *, pretty: bool) -> None:
    """Send every log line to standard error: as JSON, or in colour for a person in development."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if pretty
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    wanted = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            _with_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _TRACEBACKS if not pretty else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(wanted),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    global _write
    if not pretty and wanted <= logging.INFO:
        lines = _AccessLines()
        atexit.register(lines.flush)  # what the event loop did not come to any more
        _write = lines.write
    else:
        _write = _by_structlog


def _with_request_id(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    request_id = REQUEST_ID.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event


class _Write(Protocol):
    def __call__(self, method: str, path: str, status: int, seconds: float, request_id: str | None, /) -> None: ...


def _by_structlog(method: str, path: str, status: int, seconds: float, request_id: str | None, /) -> None:
    log.info("request", method=method, path=path, status=status, ms=_ms(seconds), request_id=request_id)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


#: Lines that come so close together are written together.
_TOGETHER_SECONDS = 0.02

#: How many beginnings of access lines are kept: paths are the caller's to choose.
_BEGINNINGS_KEPT = 100

#: How access lines are written; ``configure`` says.
_write: _Write = _by_structlog


def answered(scope: Scope, status: int, began: float) -> None:
    """Write the line of a request that began at this ``time.perf_counter()``."""
    _write(scope["method"], scope["path"], status, time.perf_counter() - began, REQUEST_ID.get())


class _AccessLines:
    """The same lines as structlog's at a tenth of its cost: put together and written once a pass of the event loop."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, str, str, int, float, str | None]] = []
        self._written_at = 0.0
        self._beginnings: dict[tuple[str, str, int], str] = {}
        self._second = 0
        self._shown = ""

    def write(self, method: str, path: str, status: int, seconds: float, request_id: str | None, /) -> None:
        """The line will be on standard error when the event loop comes round, or, while many are, a moment later."""
        at = time.time()
        if not self._seen:
            loop = asyncio.get_running_loop()
            if at - self._written_at > _TOGETHER_SECONDS:
                loop.call_soon(self.flush)
            else:
                loop.call_later(_TOGETHER_SECONDS, self.flush)
        self._seen.append((at, method, path, status, seconds, request_id))

    def flush(self) -> None:
        """Every line so far is on standard error."""
        if not self._seen:
            return
        seen, self._seen = self._seen, []
        self._written_at = time.time()
        sys.stderr.write("".join([self._line(*one) for one in seen]))
        sys.stderr.flush()

    def _line(self, at: float, method: str, path: str, status: int, seconds: float, request_id: str | None) -> str:
        second = int(at)
        if second != self._second:
            self._second, self._shown = second, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        beginning = self._beginnings.get((method, path, status))
        if beginning is None:
            told = {"event": "request", "method": method, "path": path, "status": status}
            beginning = orjson.dumps(told)[:-1].decode()
            if len(self._beginnings) < _BEGINNINGS_KEPT:
                self._beginnings[method, path, status] = beginning
        id_ = "null" if request_id is None else f'"{request_id}"'
        return (
            f'{beginning},"ms":{seconds * 1000:.2f},"request_id":{id_},"level":"info",'
            f'"timestamp":"{self._shown}.{int((at - second) * 1e6):06d}Z"}}\n'
        )


class AccessLog:
    """One line a request: method, path without its query, status, milliseconds. Bodies and headers are never logged.

    Stands before the router; ``/graphql`` writes its lines itself, for what stands in between costs at every request.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ("/livez", "/readyz"):
            await self._app(scope, receive, send)
            return
        REQUEST_ID.set(None)
        began = time.perf_counter()
        status = 0

        def seen(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            answered(scope, status, began)
