"""Structured logs: one JSON line an event, with the request id, and no personal data."""

import logging
import sys
import time

import structlog

from server.http.messages import AsgiApp, Message, Receive, Scope, Send

log = structlog.get_logger("shequ.access")


def configure(level: str, *, pretty: bool) -> None:
    """Send every log line to standard error: as JSON, or in colour for a person in development."""
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks if not pretty else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class AccessLog:
    """One line a request: method, path without its query, status, milliseconds. Bodies and headers are never logged."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ("/livez", "/readyz"):
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status, request_id = 0, None

        async def seen(message: Message) -> None:
            nonlocal status, request_id
            if message["type"] == "http.response.start":
                status = message["status"]
                request_id = next((value.decode() for key, value in message["headers"] if key == b"x-request-id"), None)
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            ms = round((time.perf_counter() - began) * 1000, 2)
            log.info("request", method=scope["method"], path=scope["path"], status=status, ms=ms, request_id=request_id)
