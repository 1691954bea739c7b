"""What a caller sees: clusters that are kept, clusters that are thrown away, and a running one."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from server.db.embedded import engine, guard
from server.db.embedded.errors import DiskFull, FolderNotWritable, PortTaken, StartFailed, VersionMismatch
from server.db.embedded.home import Home, held, is_private, lock, make_folder, remove, settle
from server.db.embedded.host import Programs, programs, wheel
from server.db.embedded.search import assert_chinese_search
from server.db.embedded.settings import HOST, SUPERUSER, THROWAWAY

_PLENTY_BYTES = 6 << 30


class Cluster:
    """A running PostgreSQL.  A context manager whose end stops it; it stops with this process in any case.

    ``notice`` is a sentence to show the user where the data are not kept where they were asked for.  ``bin_folder``
    holds the other programs of PostgreSQL (pg_basebackup, pg_dump, psql).
    """

    host = HOST

    def __init__(
        self, home: Home, found: Programs, port: int, server: guard.Guarded, undo: contextlib.ExitStack
    ) -> None:
        self.port = port
        self.folder = home.folder
        self.data_directory = home.data
        self.log = home.log
        self.notice = home.notice
        self.bin_folder = found.folder
        self._password = home.password.read_text()
        self._server = server
        self._undo = undo
        self._process_id = os.getpid()

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._server.pid

    @property
    def running(self) -> bool:
        return self._server.process.poll() is None

    def superuser_dsn(self, database: str = SUPERUSER) -> str:
        """A libpq URL for the superuser, with its password in it."""
        # The server has no TLS.  Said outright, it saves a round trip, and a PGSSLMODE in the environment does no harm.
        address = f"{SUPERUSER}:{self._password}@{self.host}:{self.port}"
        return f"postgresql://{address}/{quote(database, safe='')}?sslmode=disable"

    def stop(self) -> None:
        """PostgreSQL has ended and let go of its folder.  Clients are disconnected; what was committed is kept.

        Does nothing the second time, nor in a forked child.  Also right where PostgreSQL has died by itself.
        """
        if os.getpid() == self._process_id:
            self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def cluster(
    data_dir: Path,
    *,
    port: int | None = None,
    settings: Mapping[str, str] | None = None,
    run_as: str | None = None,
) -> Cluster:
    """A running PostgreSQL whose data are kept in ``data_dir``, which is made if it is not there.

    ``port`` None takes any free one.  ``settings`` are added to the defaults of ``settings.py``.  ``run_as`` names the
    system account for new data when we are root (default ``nobody``); data once made stay with their account, and
    without root PostgreSQL runs under our own.  May be called from any thread.

    A kill -9 at any moment leaves a folder that the next call can use, and nothing running.

    Raises: ClusterError, each with one sentence for the user.  ValueError for a port out of 1 to 65535.
    """
    if port is not None and not 1 <= port <= 65535:
        raise ValueError(f"port {port}: expected 1 to 65535")
    wheel()
    return _open(settle(data_dir, run_as), port, settings or {}, durable=True)


def throwaway(
    *, settings: Mapping[str, str] | None = None, run_as: str | None = None, in_memory: bool = False
) -> Cluster:
    """A running PostgreSQL for tests: empty, without durability (``THROWAWAY``), in a temporary folder.

    ``in_memory`` it lies in memory where there is plenty and TMPDIR does not say otherwise, which suits small ones.
    Stopping it removes the folder; one that a kill -9 left behind is removed by the next that lies there.

    Raises: ClusterError.
    """
    wheel()
    nursery = settle(_fleeting(in_memory) / f"shequ-throwaway-{os.geteuid()}", run_as)
    with nursery.failures(), contextlib.ExitStack() as undo:
        make_folder(nursery.folder, nursery.account)
        if not is_private(nursery.folder):
            raise FolderNotWritable(nursery.folder, "属于其他用户")
        while undo.enter_context(lock(nursery.folder / "nursery.lock")) is None:
            time.sleep(0.01)
        for folder in nursery.folder.glob("cluster-*"):
            _sweep(Home(folder, folder, nursery.account))
        folder = Path(tempfile.mkdtemp(prefix="cluster-", dir=nursery.folder))
        folder.chmod(0o700 if nursery.account.is_ours else 0o711)
        # The nursery is let go once the new home is locked: nobody may sweep it away while it is still empty.
        home = Home(folder, folder, nursery.account)
        return _open(home, None, {**THROWAWAY, **(settings or {})}, durable=False, once_locked=undo.close)


def discard(data_dir: Path) -> None:
    """Nothing is left of the cluster asked for at ``data_dir``, wherever its data are.

    Raises: DataFolderInUse while it runs, and the other ClusterErrors.
    """
    wheel()
    home = settle(data_dir)
    with home.failures():
        if home.folder.exists():
            with held(home):
                remove(home)


def _fleeting(in_memory: bool) -> Path:
    # Databases come and go by the dozen, each of a thousand files: on a disk half of the system's work is their inodes.
    memory = Path("/dev/shm")
    if in_memory and "TMPDIR" not in os.environ and memory.is_dir():
        space = os.statvfs(memory)
        # Where programs may not be run, those that a throwaway copies for its account would not start.
        if space.f_bavail * space.f_frsize >= _PLENTY_BYTES and not space.f_flag & os.ST_NOEXEC:
            return memory
    return Path(tempfile.gettempdir())


def _sweep(home: Home) -> None:
    with (
        contextlib.suppress(FileNotFoundError),  # just removed by whom it belonged to
        lock(home.folder / "launcher.lock") as launcher,
        lock(home.folder / "postgres.lock") as postgres,
    ):
        if launcher is not None and postgres is not None:
            remove(home)


def _open(
    home: Home,
    port: int | None,
    settings: Mapping[str, str],
    *,
    durable: bool,
    once_locked: Callable[[], None] = lambda: None,
) -> Cluster:
    with home.failures(), contextlib.ExitStack() as undo:
        home.make()
        inherited = undo.enter_context(held(home))
        if not durable:
            undo.callback(remove, home)
        once_locked()
        if port is not None and not engine.is_free(port):
            raise PortTaken(port)
        found = programs(home.account, home.programs)
        engine.ensure_data(home, found, inherited, durable=durable)
        written_by = (home.data / "PG_VERSION").read_text().strip()
        if written_by != found.major:
            raise VersionMismatch(home.folder, found=written_by, expected=found.major)
        port, server = engine.start(home, found, port, settings, inherited)
        undo.callback(server.end)
        running = Cluster(home, found, port, server, undo)
        _prepare(running)
        running._undo = undo.pop_all()
        return running


def _prepare(running: Cluster) -> None:
    try:
        with psycopg.connect(running.superuser_dsn(), autocommit=True, connect_timeout=10) as connection:
            # Asked first, since a standby cannot even be told to do nothing.
            if not connection.execute("SELECT FROM pg_extension WHERE extname = 'pg_trgm'").fetchall():
                connection.execute("CREATE EXTENSION pg_trgm")
            assert_chinese_search(connection)
    except psycopg.errors.DiskFull as refused:
        raise DiskFull(running.folder) from refused
    except psycopg.Error as refused:  # its password or pg_hba.conf changed by hand, say
        raise StartFailed(running.log, str(refused)) from refused
