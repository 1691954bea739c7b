"""Runs PostgreSQL's programs, initdb and postgres, and reads from what they say why they would not."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from server.db.embedded import guard
from server.db.embedded.errors import ClusterError, DiskFull, PortTaken, StartFailed, UnsupportedPlatform
from server.db.embedded.home import Home
from server.db.embedded.host import Programs
from server.db.embedded.settings import HOST, SUPERUSER, options

#: Trigrams of Chinese text need an LC_CTYPE that knows it.  The first that the machine has: older macOS lacks C.UTF-8.
LOCALES = ("C.UTF-8", "en_US.UTF-8", "zh_CN.UTF-8")

_READY_S = 300  # recovery after a crash takes as long as it takes; a demo's database has seconds of it
_PORT_ATTEMPTS = 5
_LOG_BYTES = 4 << 20

_PORT_REFUSED = re.compile(r"could not bind .*Address already in use")
_NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded|File too large|File size limit exceeded")
_NO_ROOM_BYTES = 1 << 20


def ensure_data(
    home: Home, found: Programs, inherited: int, *, durable: bool, locales: Sequence[str] = LOCALES
) -> None:
    """The home has a cluster, whole and (if ``durable``) on disk, and no half of one.  Only while ``held``.

    initdb works in a folder beside, which gets its name in one rename: the name is the mark that it is whole.

    Raises: DiskFull, UnsupportedPlatform, StartFailed.
    """
    for leftover in home.leftovers():
        shutil.rmtree(leftover, ignore_errors=True)
    if home.cluster.exists():
        return
    fresh = Path(tempfile.mkdtemp(prefix="cluster.new-", dir=home.folder))
    try:
        _write_password(home, fresh)
        home.account.own(fresh)
        for locale in locales:
            command = _initdb(found, fresh, locale, durable=durable)
            code, output = guard.run(command, home.account, inherit=[inherited], about=str(home.folder))
            if code == 0:
                break
            if "invalid locale name" not in output:
                raise _failure(home, output)
        else:
            raise UnsupportedPlatform(f"系统缺少 UTF-8 区域设置（{'、'.join(locales)}）")
        _sync(fresh)
        fresh.rename(home.cluster)
        _sync(home.folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _write_password(home: Home, fresh: Path) -> None:
    path = fresh / "password"
    path.touch(mode=0o600, exist_ok=False)
    with path.open("w") as file:
        file.write(secrets.token_urlsafe(24))
        file.flush()
        os.fsync(file.fileno())
    home.account.own(path)


def _initdb(found: Programs, fresh: Path, locale: str, *, durable: bool) -> Sequence[str | Path]:
    return [
        found.initdb,
        f"--pgdata={fresh / 'data'}",
        f"--username={SUPERUSER}",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        f"--locale={locale}",
        "--lc-messages=C",  # _failure reads them
        "--auth=scram-sha-256",
        f"--pwfile={fresh / 'password'}",
        "--set=huge_pages=off",
        "--no-instructions",
        *(() if durable else ("--no-sync",)),
    ]


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def start(
    home: Home, found: Programs, port: int | None, settings: Mapping[str, str], inherited: int
) -> tuple[int, guard.Guarded]:
    """The port, and PostgreSQL ready on it.  Only while ``held``; PostgreSQL gets the ``inherited`` descriptor.

    Raises: PortTaken, DiskFull, StartFailed.
    """
    if port is not None:
        return port, _start(home, found, port, settings, inherited)
    for _ in range(_PORT_ATTEMPTS - 1):
        free = _any_free_port()
        with contextlib.suppress(PortTaken):  # by somebody else since it was found free
            return free, _start(home, found, free, settings, inherited)
    free = _any_free_port()
    return free, _start(home, found, free, settings, inherited)


def _start(home: Home, found: Programs, port: int, settings: Mapping[str, str], inherited: int) -> guard.Guarded:
    command: list[str | Path] = [found.postgres, "-D", home.data, *options(port, settings)]
    # Every PostgreSQL of this home holds the lock that is ours now, so the pid in this file is a dead one's, or by now
    # another program's, and PostgreSQL would shrink from that.
    (home.data / "postmaster.pid").unlink(missing_ok=True)
    if home.log.exists() and home.log.stat().st_size > _LOG_BYTES:
        home.log.replace(home.log.with_suffix(".log.1"))
    home.log.touch(mode=0o600)
    with home.log.open("ab") as log:
        said_before = log.seek(0, os.SEEK_END)
        server = guard.Guarded(command, home.account, output=log, inherit=[inherited], about=str(home.folder))
    try:
        until = time.monotonic() + _READY_S
        while not _is_ready(home, server.pid):
            if server.process.poll() is not None or time.monotonic() > until:
                raise _failure(home, _said_since(home, said_before), port)
            time.sleep(0.01)
    except BaseException:
        server.end()
        raise
    return server


def _is_ready(home: Home, pid: int) -> bool:
    """Whether postmaster.pid says so; unlike a connection this needs no password and leaves no trace in the log."""
    try:
        lines = (home.data / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 1 and lines[0] == str(pid) and lines[-1].strip() == "ready"


def _said_since(home: Home, position: int) -> str:
    with home.log.open("rb") as log:
        log.seek(position)
        return log.read().decode(errors="replace")


def _failure(home: Home, said: str, port: int | None = None) -> ClusterError:
    if port is not None and _PORT_REFUSED.search(said):
        return PortTaken(port)
    # On a full disk the log has no room for the line that says so.
    space = os.statvfs(home.folder)
    if _NO_ROOM.search(said) or space.f_bavail * space.f_frsize < _NO_ROOM_BYTES:
        return DiskFull(home.folder)
    return StartFailed(home.log, "\n".join(said.strip().splitlines()[-8:]))


def is_free(port: int) -> bool:
    """Whether PostgreSQL could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as PostgreSQL does
        try:
            probe.bind((HOST, port))
        except OSError as refused:
            return refused.errno != errno.EADDRINUSE
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        number: int = probe.getsockname()[1]
        return number
