"""A response in one piece, where uvicorn looks at each header by two regular expressions and is told in two messages.

An ASGI extension of our own: where the server is uvicorn with ``Protocol``, a handler that knows its whole response may hand
it over as bytes.  Under any other server, and wherever a response is not an ordinary one, it sends messages as ever.
"""

from collections.abc import Iterable
from typing import cast
from weakref import ref

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from server.http.messages import Scope

#: Where a request's scope has its exchange.
_EXCHANGE = "shequ.exchange"


class Protocol(HttpToolsProtocol):
    """uvicorn's, whose requests can be answered by ``sent_whole``."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:
            # Weakly, for it holds the scope: the two would be garbage that only the collector finds, at every request.
            cast(Scope, self.scope)[_EXCHANGE] = ref(self.cycle)


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Header lines, each with its CRLF."""
    return b"".join([b"%b: %b\r\n" % one for one in headers])


def sent_whole(scope: Scope, head: bytes, body: bytes) -> bool:
    """Whether a 200 with these header ``lines`` and this body was sent.

    False, and nothing was sent, where the connection ends with this response, was lost or is full, or is another server's.
    """
    known: ref[RequestResponseCycle] | None = scope.get(_EXCHANGE)
    exchange = None if known is None else known()
    if (
        exchange is None
        or not exchange.keep_alive
        or exchange.response_started
        or exchange.disconnected
        or exchange.flow.write_paused
        or scope["method"] == "HEAD"
    ):
        return False
    exchange.response_started = exchange.response_complete = True
    exchange.waiting_for_100_continue = False
    exchange.transport.writelines([STATUS_LINE[200] + lines(exchange.default_headers) + head + b"\r\n", body])
    exchange.message_event.set()
    exchange.on_response()
    return True
