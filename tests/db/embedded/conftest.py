"""Launching PostgreSQL the way users do: from a program of their own, as root and as a normal user.

When the suite runs as root, every test with the ``user`` fixture runs twice, the second time as ``nobody``; else once.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from server.db import embedded
from server.db.embedded.host import programs, unprivileged_account

REPOSITORY = Path(__file__).parents[3]
ROOT = os.geteuid() == 0

#: Imports come before root becomes a normal user, who may be unable to read the interpreter's own libraries.
PRELUDE = """
import contextlib, encodings.idna, json, os, resource, signal, socket, subprocess, sys, threading, time
from pathlib import Path
import psutil, psycopg
import server.db.embedded as embedded
user = json.loads(sys.argv[1])
home = Path(sys.argv[2])
if user is not None:
    os.setgroups([])
    os.setgid(user[1])
    os.setuid(user[0])
def stay():
    print("ready", flush=True)
    while True:
        time.sleep(60)
"""


@dataclass(frozen=True)
class User:
    """Whom a launching program runs as: ``ids`` None for whoever runs the tests.

    ``within`` is a command that runs the program.
    """

    ids: tuple[int, int] | None
    wheel: Path | None
    cwd: Path
    within: Sequence[str | Path] = ()
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, code: str, home: Path) -> subprocess.Popen[str]:
        """A program that runs ``code``, in circumstances that ought not to matter: no HOME, odd umask, closed cwd."""
        path = [str(REPOSITORY)] if self.wheel is None else [str(self.wheel), str(REPOSITORY)]
        program = subprocess.Popen(
            [*self.within, sys.executable, "-P", "-c", PRELUDE + textwrap.dedent(code), json.dumps(self.ids), home],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.cwd,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path), "PGSSLMODE": "verify-full"},
            umask=0o077,
            start_new_session=True,
        )
        self.started.append(program)
        return program

    def run(self, code: str, home: Path) -> str:
        """What such a program prints; it has to end well."""
        output, complaint = self.start(code, home).communicate()
        assert not complaint
        return output.strip()

    def until_ready(self, code: str, home: Path) -> subprocess.Popen[str]:
        """Such a program, once it has come to ``stay()``."""
        program = self.start(code, home)
        assert program.stdout is not None
        assert program.stdout.readline().strip() == "ready"
        return program

    def owns(self, folder: Path) -> Path:
        if self.ids:
            os.chown(folder, *self.ids)
        return folder


@pytest.fixture(scope="session")
def nobody() -> Iterator[User]:
    """A normal user, with a copy of the programs if he cannot read those of the virtual environment."""
    account = unprivileged_account()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as closed:
        Path(folder).chmod(0o711)
        found = programs(account, Path(folder) / "programs").folder
        wheel = None
        if found.is_relative_to(folder):
            (found.parents[1] / "__init__.py").touch()
            wheel = found.parents[2]
        yield User((account.uid, account.gid), wheel, Path(closed))


@pytest.fixture(params=["ourselves", "nobody"] if ROOT else ["ourselves"])
def user(request: pytest.FixtureRequest, place: Path, tmp_path: Path) -> Iterator[User]:
    someone: User = request.getfixturevalue("nobody") if request.param == "nobody" else User(None, None, tmp_path)
    yield someone
    for program in someone.started:
        program.kill()
        program.communicate()
    someone.started.clear()


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder that everyone can enter, with spaces, Chinese characters, and more bytes than a socket's path."""
    top = folder_for_all()
    folder = top / f"社区 {'很长的文件夹名' * 6} it's"
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    wait_until(lambda: not alive(top))
    shutil.rmtree(top)


@pytest.fixture
def home(place: Path, user: User) -> Path:
    """Where the user's data are to be; not there yet."""
    return user.owns(place) / ".shequ" / "数据"


@pytest.fixture(scope="session")
def cabinet() -> Iterator[Path]:
    """Where clusters that many tests use are kept: making one takes a second, starting it a twentieth of that."""
    top = folder_for_all()
    yield top
    wait_until(lambda: not alive(top))
    shutil.rmtree(top)


@pytest.fixture
def kept(cabinet: Path) -> Path:
    """A data folder with a cluster in it, not running.  A test leaves it so."""
    if not (cabinet / "kept").exists():
        embedded.cluster(cabinet / "kept").stop()
    return cabinet / "kept"


@pytest.fixture
def kept_by_user(cabinet: Path, user: User) -> Path:
    """The same, belonging to the user."""
    home = cabinet / str(user.ids) / "数据"
    if not home.exists():
        home.parent.mkdir()
        user.owns(home.parent)
        user.run("embedded.cluster(home).stop()", home)
    return home


def folder_for_all() -> Path:
    """A new folder that everyone can enter; in memory where there is room, since nothing here is about disks."""
    memory: Path | None = Path("/dev/shm")
    try:
        space = os.statvfs("/dev/shm")
        if space.f_bavail * space.f_frsize < 2 << 30 or space.f_flag & os.ST_NOEXEC:
            memory = None
    except OSError:
        memory = None
    folder = Path(tempfile.mkdtemp(prefix="shequ-test-", dir=memory))
    folder.chmod(0o755)
    return folder


def alive(folder: Path, called: str = "") -> list[psutil.Process]:
    """Every process that works in the folder or was told of it: PostgreSQL, its children, initdb, watchdogs.

    With ``called``, those whose name or command line says so.
    """
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # gone meanwhile, or another user's
            about = [process.name(), *process.cmdline()]
            concerned = any(str(folder) in part for part in [process.cwd(), *about])
            if concerned and any(called in part for part in about) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return [process for process in found if process.pid != os.getpid()]


def wait_until(holds: Callable[[], bool]) -> None:
    """Comes back once it holds; pytest's own limits apply where it never does."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.005)


def kill(program: subprocess.Popen[str]) -> None:
    program.send_signal(signal.SIGKILL)
    program.wait()
