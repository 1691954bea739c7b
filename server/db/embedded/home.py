"""The folder an embedded cluster lives in: where it is, who owns it, who holds it.

launcher.lock    held by the program that runs the cluster; says its pid
postgres.lock    held by PostgreSQL and all its children, so by whatever of it is still alive
cluster/         data and the superuser's password; appears whole, in one rename
cluster.new-…/   a cluster in the making; left over after a crash, and removed by the next run
programs/        a copy of PostgreSQL's programs, only where its account cannot read the virtual environment
log/             what PostgreSQL says
"""

import contextlib
import errno
import hashlib
import os
import shutil
import signal
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from server.db.embedded import guard
from server.db.embedded.errors import DataFolderInUse, DiskFull, FolderNotWritable
from server.db.embedded.host import Account, current_account, owning_account, unprivileged_account

if sys.platform != "win32":
    import fcntl

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_ELSEWHERE = Path("/var/lib/shequ")

# A PostgreSQL whose launcher was killed shuts down by itself; only where its watchdog was killed too is it told to.
_WIND_DOWN_S = 120
_NUDGES_S = {0.5: signal.SIGINT, 40: signal.SIGQUIT}


@dataclass(frozen=True, slots=True)
class Home:
    """A cluster's folder.  ``requested`` is where it was asked for; ``folder`` is where it is."""

    requested: Path
    folder: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def data(self) -> Path:
        return self.cluster / "data"

    @property
    def password(self) -> Path:
        return self.cluster / "password"

    @property
    def programs(self) -> Path:
        return self.folder / "programs"

    @property
    def log(self) -> Path:
        return self.folder / "log" / "postgresql.log"

    @property
    def notice(self) -> str | None:
        """A sentence for the user where the data are not where they were asked for."""
        if self.folder == self.requested:
            return None
        return (
            f"系统用户 {self.account.name} 无法进入“{self.requested}”，数据改存于“{self.folder}”"
            f" (the account {self.account.name} cannot enter the requested folder, so the data are kept elsewhere)"
        )

    def make(self) -> None:
        """The folder exists, and a place for the log in it."""
        make_folder(self.folder, self.account)
        make_folder(self.log.parent, self.account)

    def leftovers(self) -> Iterator[Path]:
        return self.folder.glob("cluster.new-*")

    @contextlib.contextmanager
    def failures(self) -> Iterator[None]:
        """Turns the system's refusals inside the block into sentences about this folder."""
        try:
            yield
        except OSError as refused:
            if refused.errno in _NO_ROOM:
                raise DiskFull(self.folder) from refused
            raise FolderNotWritable(self.folder, refused.strerror or str(refused)) from refused


def settle(requested: Path, run_as: str | None = None) -> Home:
    """The home for data asked for at ``requested``, made or not.

    Where PostgreSQL's account cannot enter that folder (root's clone below /root, and PostgreSQL under ``nobody``), the
    home is elsewhere, at a place that depends on ``requested`` alone, so that the next run finds it.  A home with data
    in it is kept to, whatever has become of permissions since.

    Raises: UnusableAccount; FolderNotWritable where no place does, or the one with the data cannot be entered.
    """
    try:
        return _settle(requested.resolve(), run_as)
    except (OSError, RuntimeError) as refused:  # links in a circle are a RuntimeError before Python 3.13
        raise FolderNotWritable(requested, getattr(refused, "strerror", None) or str(refused)) from refused


def _settle(requested: Path, run_as: str | None) -> Home:
    if os.geteuid() != 0:
        return Home(requested, requested, current_account())
    key = hashlib.sha256(os.fsencode(requested)).hexdigest()[:16]
    elsewhere = [_ELSEWHERE / key, Path("/var/tmp") / f"shequ-{key}"]  # not /tmp, which a restart empties
    places = [requested, *(place for place in elsewhere if is_private(place))]
    for place in places:
        if (place / "cluster").exists():
            account = owning_account(place / "cluster")
            if not account.can_enter(place):
                raise FolderNotWritable(place, f"系统用户 {account.name} 无法进入")
            return Home(requested, place, account)
    account = unprivileged_account(run_as)
    if not _nearest(requested).is_dir():
        raise FolderNotWritable(requested, f"“{_nearest(requested)}”不是文件夹")
    for place in places:
        if account.can_enter(place) and (place == requested or os.access(_nearest(place), os.W_OK)):
            return Home(requested, place, account)
    raise FolderNotWritable(requested, f"系统用户 {account.name} 无法进入")


def _nearest(folder: Path) -> Path:
    return folder if folder.exists() else _nearest(folder.parent)


def is_private(place: Path) -> bool:
    """Whether nobody else could have made this place, or could change it, in a folder that everyone writes to."""
    try:
        status = place.lstat()
    except FileNotFoundError:
        return True
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def make_folder(folder: Path, account: Account) -> None:
    """The folder exists and the account can enter it.

    Folders made on the way let other accounts pass through at most; none that was there before is changed.
    """
    mode = 0o700 if account.is_ours else 0o711
    for missing in reversed([path for path in [folder, *folder.parents] if not path.exists()]):
        missing.mkdir(mode=mode, exist_ok=True)
        missing.chmod(mode)


@contextlib.contextmanager
def lock(path: Path) -> Iterator[int | None]:
    """The descriptor of the locked file inside the block, or None where somebody else holds it.

    The lock is the kernel's and goes with its last holder, so no crash leaves one behind.  It is only ever closed,
    never unlocked: PostgreSQL inherits the descriptor, and unlocking would take it from PostgreSQL too.
    """
    descriptor = _locked(path)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            guard.release(descriptor)


def _locked(path: Path) -> int | None:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return guard.hold(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # removed under our hands with the folder it was in: lock its successor


@contextlib.contextmanager
def held(home: Home) -> Iterator[int]:
    """Nobody else runs, makes or removes a cluster in this home inside the block; nothing of an earlier run is alive.

    Yields the descriptor that PostgreSQL is to inherit.

    Raises: DataFolderInUse.
    """
    ours = home.folder / "launcher.lock"
    with lock(ours) as launcher:
        if launcher is None:
            raise DataFolderInUse(home.folder, _number(ours))
        os.ftruncate(launcher, 0)
        os.pwrite(launcher, str(os.getpid()).encode(), 0)
        with _after_predecessor(home) as postgres:
            yield postgres


@contextlib.contextmanager
def _after_predecessor(home: Home) -> Iterator[int]:
    nudges = dict(_NUDGES_S)
    began = time.monotonic()
    while True:
        with lock(home.folder / "postgres.lock") as descriptor:
            if descriptor is not None:
                stray = running_postmaster(home)  # started by hand, so without our lock
                if stray is not None:
                    raise DataFolderInUse(home.folder, stray)
                yield descriptor
                return
        waited = time.monotonic() - began
        if waited > _WIND_DOWN_S:
            raise DataFolderInUse(home.folder, _number(home.data / "postmaster.pid"))
        for after in [after for after in nudges if waited > after]:
            step = nudges.pop(after)
            if (orphan := running_postmaster(home)) is not None:
                os.kill(orphan, step)
        time.sleep(0.02)


def running_postmaster(home: Home) -> int | None:
    """The pid of a PostgreSQL that works in this home's data folder, as far as the system lets us know it.

    A pid in a file proves nothing: numbers are used again, and in a container small ones soon.  The process's working
    directory does.  Where there is no /proc (macOS) the answer is None, and PostgreSQL's own check has to do.
    """
    pid = _number(home.data / "postmaster.pid")
    with contextlib.suppress(OSError):
        if pid is not None and Path(f"/proc/{pid}/cwd").samefile(home.data):
            return pid
    return None


def _number(path: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(path.read_text().splitlines()[0])
    return None


def remove(home: Home) -> None:
    """Nothing of the cluster is left; the folder is, where it holds anything else.  Only while ``held``."""
    if home.cluster.exists():
        home.cluster.rename(home.folder / "cluster.new-removed")  # in one step: half a cluster could not be started
    for path in [home.cluster, *home.leftovers(), home.programs, home.log.parent]:
        shutil.rmtree(path, ignore_errors=True)
    for name in ("postgres.lock", "launcher.lock"):
        (home.folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        home.folder.rmdir()
        if home.folder.parent == _ELSEWHERE:
            _ELSEWHERE.rmdir()
