"""The demo as a person runs it: one process, real signals."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from server.settings import ROOT

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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose path holds a space and Chinese characters."""
    return tmp_path_factory.mktemp("demo") / "演示 数据"


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    """A demo that answers; ended with the test whatever happens."""
    running = Demo(folder, _free_port()).ready()
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def _gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=30)
    return not alive


def test_the_printed_line_gives_a_first_answer_and_sigterm_ends_everything(demo: Demo) -> None:
    line = next(one for one in demo.said.splitlines() if one.startswith("curl -s"))
    url = re.search(r"http://[\d.:]+/graphql", line)[0]
    body = re.search(r"-d '(.*)'", line)[1]
    answer = httpx.post(url, content=body, headers={"content-type": "application/json"}).json()
    assert len(answer["data"]["districts"]) == 17
    for persona in ("mentougou-expert-3", "fengtai-market-regulation", "platform-operator"):
        assert persona in demo.said
    started = demo.everything()
    demo.process.send_signal(signal.SIGTERM)
    assert demo.ended() == 0
    assert _gone(started)
    assert "Traceback" not in demo.said


def test_kill_9_takes_the_database_along_and_the_next_run_goes_on(demo: Demo, folder: Path) -> None:
    started = demo.everything()
    demo.process.kill()
    assert _gone(started)
    again = Demo(folder, _free_port()).ready()
    again.process.send_signal(signal.SIGINT)
    assert again.ended() == 0
    assert "新增 0 家" in again.said


def test_a_taken_port_and_a_second_demo_each_give_one_sentence(demo: Demo, folder: Path, tmp_path: Path) -> None:
    taken = Demo(tmp_path / "other", demo.port)
    assert taken.ended() == 1
    second = Demo(folder, _free_port())
    assert second.ended() == 1
    for one in (taken, second):
        assert "Traceback" not in one.said
        assert "错误" in one.said.splitlines()[-1]
    assert str(demo.port) in taken.said
