"""The demo as a person runs it: one process, real signals."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from server.settings import ROOT
from tests.typed import shequ

_PATIENCE_S = 90


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


class Demo:
    """A running ``shequ demo`` in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.output = folder.parent / f"{folder.name}.{port}.out"
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", "demo", "--port", str(port), "--data-dir", str(folder)],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "160"},
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def ready(self) -> "Demo":
        """Wait for the line that is printed when the server answers."""
        end = time.monotonic() + _PATIENCE_S
        while "curl -s" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)
        return self

    def ended(self) -> int:
        return self.process.wait(_PATIENCE_S)

    def everything(self) -> list[psutil.Process]:
        """The process and all it started."""
        mine = psutil.Process(self.process.pid)
        return [mine, *mine.children(recursive=True)]


def _gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=30)
    return not alive


@pytest.fixture
def started() -> Iterator[Callable[[Path], Demo]]:
    """Starts demos that answer; they end with the test whatever happens."""
    running: list[Demo] = []

    def start(folder: Path) -> Demo:
        running.append(Demo(folder, _free_port()))
        return running[-1].ready()

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


@pytest.fixture
def _handlers() -> Iterator[None]:
    """What the command sets in this process is set back."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_handlers")
def test_a_demo_from_its_first_run_to_its_third(started: Callable[[Path], Demo], tmp_path: Path) -> None:
    folder = tmp_path / "演示 数据"
    first = started(folder)
    the_printed_line_gives_a_first_answer(first)
    a_taken_port_and_a_second_demo_each_give_one_sentence(first, folder, tmp_path)
    processes = first.everything()
    first.process.kill()
    assert _gone(processes), "kill -9 takes the database along"

    second = started(folder)
    assert "新增 0 家" in second.said, "the next run goes on"
    processes = second.everything()
    second.process.send_signal(signal.SIGTERM)
    assert second.ended() == 0
    assert _gone(processes), "SIGTERM ends everything"
    assert "Traceback" not in second.said

    third = started(folder)
    processes = third.everything()
    third.process.send_signal(signal.SIGINT)
    assert third.ended() == 0
    assert _gone(processes), "and so does Ctrl-C"
    assert "Traceback" not in third.said


def the_printed_line_gives_a_first_answer(demo: Demo) -> None:
    line = next(one for one in demo.said.splitlines() if one.startswith("curl -s"))
    url = re.search(r"http://[\d.:]+/graphql", line)[0]
    body = re.search(r"-d '(.*)'", line)[1]
    answer = httpx.post(url, content=body, headers={"content-type": "application/json"}).json()
    assert len(answer["data"]["districts"]) == 17
    for persona in ("mentougou-expert-3", "fengtai-market-regulation", "platform-operator"):
        assert persona in demo.said


def a_taken_port_and_a_second_demo_each_give_one_sentence(demo: Demo, folder: Path, tmp_path: Path) -> None:
    taken = shequ("demo", "--port", str(demo.port), "--data-dir", str(tmp_path / "other"))
    second = shequ("demo", "--port", str(_free_port()), "--data-dir", str(folder))
    for one in (taken, second):
        assert one.code == 1
        assert "Traceback" not in one.err
        assert "错误" in one.err.splitlines()[-1]
    assert str(demo.port) in taken.err
