"""Answers sent in one piece are what uvicorn's own way would have sent, and leave its connection as it expects it."""

import gc
import http.client
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import orjson
import pytest

from tests.listening import Listening

_DISTRICTS = "{ districts { code name } }"


class Wire:
    """An open connection to the running server, read answer by answer."""

    def __init__(self, connection: socket.socket) -> None:
        self.send = connection.sendall
        self._answers = connection.makefile("rb")

    def answer(self) -> tuple[bytes, dict[str, str], bytes]:
        """The next answer's status line, header lines and body."""
        status = self._answers.readline()
        headers = http.client.parse_headers(self._answers)
        return status, dict(headers.items()), self._answers.read(int(headers["content-length"]))

    def ended(self) -> bool:
        """Whether the server has closed it, with nothing unread."""
        return self._answers.read(1) == b""


@pytest.fixture
def wire(listening: Listening) -> Iterator[Wire]:
    address = urlsplit(listening.url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 80), timeout=20) as connection:
        yield Wire(connection)


def _post(query: str = _DISTRICTS, *lines: str) -> bytes:
    body = orjson.dumps({"query": query})
    length = f"content-length: {len(body)}"
    head = ["POST /graphql HTTP/1.1", "host: shequ", "content-type: application/json", length, *lines, "", ""]
    return "\r\n".join(head).encode() + body


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_header_lines_and_body_are_those_of_an_answer_in_messages(wire: Wire, accept: str) -> None:
    wire.send(_post(_DISTRICTS, f"accept: {accept}"))
    status, given, body = wire.answer()
    wire.send(_post(_DISTRICTS, f"accept: {accept}", "connection: close"))  # which is never sent in one piece
    other_status, other, other_body = wire.answer()
    assert wire.ended()

    assert (status, body) == (other_status, other_body)
    assert status == b"HTTP/1.1 200 OK\r\n"
    assert len(orjson.loads(body)["data"]["districts"]) == 17
    assert other.pop("connection") == "close"
    assert given.pop("x-request-id") != other.pop("x-request-id")
    assert given.pop("date").endswith(" GMT")
    assert other.pop("date").endswith(" GMT")
    assert given == other
    assert given["content-type"] == f"{accept}; charset=utf-8"


def test_requests_sent_together_are_answered_in_order_on_one_connection(wire: Wire) -> None:
    asked = ["{ __typename }", "{ nonsense }", _DISTRICTS, "{ districts { name } }"] * 3
    wire.send(b"".join(_post(one) for one in asked))
    came = [orjson.loads(wire.answer()[2]) for _ in asked]
    for typename, nonsense, both, name in zip(*(came[n::4] for n in range(4)), strict=True):
        assert typename["data"] == {"__typename": "Query"}
        assert nonsense["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert {frozenset(one) for one in both["data"]["districts"]} == {frozenset({"code", "name"})}
        assert {frozenset(one) for one in name["data"]["districts"]} == {frozenset({"name"})}


def test_who_leaves_before_the_answer_harms_nobody(listening: Listening, wire: Wire) -> None:
    address = urlsplit(listening.url)
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port or 80), timeout=20) as leaving:
            leaving.sendall(_post())
    wire.send(_post())
    assert len(orjson.loads(wire.answer()[2])["data"]["districts"]) == 17


def test_an_ordinary_answer_leaves_nothing_for_the_collector(wire: Wire) -> None:
    def ask(times: int) -> None:
        for _ in range(times):
            wire.send(_post())
            wire.answer()

    ask(20)
    gc.collect()
    gc.disable()
    try:
        ask(200)
        assert gc.collect() < 200, "a few of the process's other objects, but none for each request"
    finally:
        gc.enable()
