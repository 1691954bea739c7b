"""Closed-loop load over raw sockets, and what it costs: CPU by process, not by the clock on the wall."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import psutil

CONNECTIONS = 16

#: A slow contender is waited for until so many answers are there.
_REQUESTS_LEAST = 50


@dataclass(frozen=True, slots=True)
class Measured:
    """One cell: CPU in microseconds per request, latencies in milliseconds, memory in MiB."""

    requests: int
    per_second: float
    server_us: float
    database_us: float
    p50_ms: float
    p99_ms: float
    rss_mib: float

    @property
    def cpu_us(self) -> float:
        """Server and PostgreSQL together."""
        return self.server_us + self.database_us


@dataclass(slots=True)
class Flood:
    """What became of a flood: answers a second, and the share that was refused with 429."""

    per_second: float = 0.0
    refused: float = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, what they are, and who works for them."""

    host: str
    port: int
    requests: Sequence[bytes]
    server: psutil.Process
    database: psutil.Process


def request(path: str, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """The bytes of a POST."""
    head = [
        f"POST {path} HTTP/1.1",
        "host: bench",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + body


class _Client(asyncio.Protocol):
    """One connection with one request at a time."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._buffer = b""
        self._wanted = 0
        self._began = 0.0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._load.requests))

    def data_received(self, data: bytes) -> None:
        self._buffer = data = self._buffer + data if self._buffer else data
        if not self._wanted:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return
            at = data.find(b"content-length: ")
            self._wanted = end + 4 + int(data[at + 16 : data.find(b"\r\n", at)])
        if len(data) < self._wanted:
            return
        load = self._load
        load.latencies.append(time.perf_counter() - self._began)
        if not data.startswith(b"HTTP/1.1 200") or b'"errors"' in data[:1000]:
            load.refused += data.startswith(b"HTTP/1.1 429")
            load.failed.append(data[:2000])
        self._buffer, self._wanted = b"", 0
        if load.running and load.pause_s:
            asyncio.get_running_loop().call_later(load.pause_s, self._after_pause)
        elif load.running:
            self._ask()
        else:
            self._transport.close()

    def _after_pause(self) -> None:
        if self._load.running:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._load.running:
            self._load.failed.append(f"connection lost: {error}".encode())
        self._load.left.set_result(None) if self._load.gone() else None


@dataclass
class _Load:
    requests: Any
    left: "asyncio.Future[None]"
    connections: int
    pause_s: float = 0.0
    running: bool = True
    latencies: list[float] = field(default_factory=list)
    failed: list[bytes] = field(default_factory=list)
    refused: int = 0

    def gone(self) -> bool:
        self.connections -= 1
        return self.connections == 0


@asynccontextmanager
async def flooding(host: str, port: int, requests: Sequence[bytes], connections: int) -> AsyncIterator[Flood]:
    """Requests without end, each connection's next as soon as the last is answered, however, until the block ends."""
    loop = asyncio.get_running_loop()
    load = _Load(cycle(requests), loop.create_future(), connections)
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(load), host, port)
    began = time.perf_counter()
    flood = Flood()
    try:
        yield flood
    finally:
        flood.per_second = len(load.latencies) / (time.perf_counter() - began)
        flood.refused = load.refused / max(1, len(load.latencies))
        load.running = False
        await load.left


async def measure(
    target: Target, seconds: float, *, connections: int = CONNECTIONS, warm_s: float = 0.3, pause_s: float = 0.0
) -> Measured:
    """What one request costs under steady load of so many connections, after a little of it to warm up.

    ``pause_s``: how long each connection rests between an answer and its next request.

    Raises: RuntimeError where an answer is not what it should be.
    """
    loop = asyncio.get_running_loop()
    load = _Load(cycle(target.requests), loop.create_future(), connections, pause_s)
    for _ in range(connections):
        await loop.create_connection(lambda: _Client(load), target.host, target.port)
    await asyncio.sleep(warm_s)
    load.latencies.clear()
    cpu, began = _cpu(target), time.perf_counter()
    await asyncio.sleep(seconds)
    while len(load.latencies) < _REQUESTS_LEAST and not load.failed:
        await asyncio.sleep(0.05)
    took, spent = time.perf_counter() - began, _cpu(target)
    latencies = sorted(load.latencies)
    load.running = False
    if load.failed:
        raise RuntimeError(f"{len(load.failed)} requests failed: {load.failed[0].decode(errors='replace')}")
    await load.left
    count = len(latencies)
    return Measured(
        count,
        count / took,
        (spent[0] - cpu[0]) / count * 1e6,
        _spent(cpu[1], spent[1]) / count * 1e6,
        latencies[count // 2] * 1e3,
        latencies[min(count - 1, count * 99 // 100)] * 1e3,
        target.server.memory_info().rss / 2**20,
    )


def _cpu(target: Target) -> tuple[float, dict[int, float]]:
    """Seconds of the server, and of each of PostgreSQL's processes."""
    backends = [target.database, *target.database.children(recursive=True)]
    return _seconds(target.server), {one.pid: _seconds(one) for one in backends}


def _spent(before: dict[int, float], after: dict[int, float]) -> float:
    """Seconds by those that are there at the end: a backend that left meanwhile has been idle for long."""
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system
