"""A cluster starts wherever its folder lies and whoever starts it, and keeps what it was given."""

import json
import shutil
import threading
from pathlib import Path

import psutil
import psycopg
import pytest

from server.db import embedded
from server.db.embedded import engine
from server.db.embedded.home import held, settle
from server.db.embedded.host import programs
from tests.db.embedded.conftest import ROOT, User, alive

ROUND = """
with embedded.cluster(home) as cluster:
    with psycopg.connect(cluster.superuser_dsn()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS 社区 (n int)")
        connection.execute("INSERT INTO 社区 SELECT count(*) FROM 社区")
        rows = connection.execute("SELECT array_agg(n ORDER BY n) FROM 社区").fetchone()[0]
    print(json.dumps([rows, str(cluster.folder), psutil.Process(cluster.pid).uids().effective, cluster.notice]))
"""


def test_a_second_run_finds_the_data_of_the_first(user: User, home: Path, place: Path) -> None:
    for rows in ([0], [0, 1]):
        found, folder, owner, notice = json.loads(user.run(ROUND, home))
        assert (found, folder, notice) == (rows, str(home), None)
        assert owner != 0
        assert not alive(place)


def test_nothing_secret_is_open_to_others(user: User, kept_by_user: Path) -> None:
    home = kept_by_user
    assert (home / "cluster").stat().st_mode & 0o077 == 0
    assert (home / "cluster" / "password").stat().st_mode & 0o077 == 0
    assert (home / "log" / "postgresql.log").stat().st_mode & 0o077 == 0
    assert home.stat().st_mode & 0o066 == 0


def test_the_cluster_is_set_up_for_chinese_text_and_takes_no_login_without_a_password(kept: Path) -> None:
    with embedded.cluster(kept) as cluster, psycopg.connect(cluster.superuser_dsn()) as connection:
        methods = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
        assert methods == [("scram-sha-256",)]
        database = connection.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale, datctype, datcollate"
            " FROM pg_database WHERE datname = 'template1'"
        ).fetchone()
        assert database == ("UTF8", "b", "C.UTF-8", "C.UTF-8", "C.UTF-8")
        for name, value in {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "timezone": "UTC",
            "fsync": "on",
            "password_encryption": "scram-sha-256",
            "max_connections": "300",
        }.items():
            assert connection.info.parameter_status(name) in (value, None)
            assert connection.execute("SELECT current_setting(%s)", (name,)).fetchone() == (value,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(cluster.superuser_dsn(), password="guess")


def test_settings_and_port_are_the_callers_and_not_remembered(kept: Path) -> None:
    port = engine._any_free_port()
    with (
        embedded.cluster(kept, port=port, settings={"work_mem": "7MB"}) as cluster,
        psycopg.connect(cluster.superuser_dsn()) as connection,
    ):
        assert cluster.port == port
        assert connection.execute("SHOW work_mem").fetchone() == ("7MB",)
    with embedded.cluster(kept) as cluster, psycopg.connect(cluster.superuser_dsn()) as connection:
        assert connection.execute("SHOW work_mem").fetchone() == ("4MB",)


def test_a_database_with_a_chinese_name_has_a_dsn(kept: Path) -> None:
    with embedded.cluster(kept) as cluster:
        with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
            connection.execute('CREATE DATABASE "门头沟 1/2"')
        with psycopg.connect(cluster.superuser_dsn("门头沟 1/2")) as connection:
            assert connection.info.dbname == "门头沟 1/2"
        with psycopg.connect(cluster.superuser_dsn(), autocommit=True) as connection:
            connection.execute('DROP DATABASE "门头沟 1/2"')


def test_postgres_outlives_the_thread_that_started_it(kept: Path) -> None:
    started: list[embedded.Cluster] = []
    thread = threading.Thread(target=lambda: started.append(embedded.cluster(kept)))
    thread.start()
    thread.join()
    with started[0] as cluster, psycopg.connect(cluster.superuser_dsn()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert cluster.running


def test_stopping_twice_is_stopping_once(kept: Path) -> None:
    with embedded.cluster(kept) as cluster:
        cluster.stop()
        assert not cluster.running
        cluster.stop()
    assert not alive(kept)


def test_a_large_log_is_put_aside_once(kept: Path) -> None:
    log = kept / "log" / "postgresql.log"
    for content in ("older", "newer"):
        log.write_text(content * (1 << 20))
        embedded.cluster(kept).stop()
    assert log.stat().st_size < 1 << 20
    assert [path.name for path in sorted(log.parent.iterdir())] == ["postgresql.log", "postgresql.log.1"]
    assert log.with_suffix(".log.1").read_text(errors="replace").startswith("newer")


def test_a_throwaway_leaves_nothing() -> None:
    with embedded.throwaway() as first, embedded.throwaway(settings={"work_mem": "7MB"}) as second:
        with psycopg.connect(second.superuser_dsn()) as connection:
            assert connection.execute("SELECT current_setting('fsync'), current_setting('work_mem')").fetchone() == (
                "off",
                "7MB",
            )
        assert first.folder != second.folder
    assert not first.folder.exists()
    assert not second.folder.exists()


def test_discarding_leaves_what_is_not_the_clusters(place: Path) -> None:
    embedded.cluster(place).stop()
    (place / "notes.txt").touch()
    embedded.discard(place)
    assert [path.name for path in place.iterdir()] == ["notes.txt"]
    (place / "notes.txt").unlink()
    embedded.discard(place)
    assert not place.exists()
    embedded.discard(place)
    place.mkdir()


def test_where_c_utf8_is_missing_another_utf8_locale_does(place: Path) -> None:
    home = settle(place / "data")
    home.make()
    with held(home) as inherited:
        found = programs(home.account, home.programs)
        engine.ensure_data(home, found, inherited, durable=False, locales=("xx_XX.UTF-8", "C.utf8"))
    with embedded.cluster(place / "data") as cluster, psycopg.connect(cluster.superuser_dsn()) as connection:
        embedded.assert_chinese_search(connection)


if ROOT:

    def test_root_keeps_data_elsewhere_when_postgres_cannot_enter_and_opens_no_folder(place: Path) -> None:
        closed = place / "root"
        closed.mkdir(mode=0o700)
        requested = closed / "clone" / ".shequ"
        try:
            with embedded.cluster(requested) as cluster:
                elsewhere = cluster.folder
                assert not elsewhere.is_relative_to(closed)
                assert cluster.notice is not None
                assert str(requested) in cluster.notice
                assert str(elsewhere) in cluster.notice
                identifier = (cluster.data_directory / "global" / "pg_control").read_bytes()[:8]
            assert closed.stat().st_mode & 0o777 == 0o700
            assert not any(closed.iterdir())
            closed.chmod(0o711)  # whatever becomes of permissions, the data stay where they are
            with embedded.cluster(requested) as cluster:
                assert cluster.folder == elsewhere
                assert (cluster.data_directory / "global" / "pg_control").read_bytes()[:8] == identifier
        finally:
            embedded.discard(requested)
        assert not elsewhere.exists()

    def test_root_copies_the_programs_when_postgres_cannot_read_the_virtual_environment(
        place: Path, nobody: User
    ) -> None:
        site = place / "venv"
        account = settle(place).account
        wheel = programs(account, place / "unused").folder.parents[1]
        shutil.copytree(wheel, site / wheel.name, ignore=shutil.ignore_patterns("include", "*.a"))
        if (libraries := wheel.with_name(f"{wheel.name}.libs")).exists():
            shutil.copytree(libraries, site / libraries.name)
        (site / wheel.name / "__init__.py").touch()
        site.chmod(0o700)
        as_root = User(None, site, place)
        ours = """
        for _ in range(2):
            with embedded.cluster(home) as cluster:
                print(cluster.bin_folder.relative_to(home).parts[0], cluster.bin_folder.stat().st_ino)
        """
        first, second = as_root.run(ours, place / "data").splitlines()
        assert first == second
        assert first.startswith("programs ")
        assert site.stat().st_mode & 0o777 == 0o700

    def test_root_runs_new_data_under_the_account_it_names_and_old_data_under_their_own(place: Path) -> None:
        with embedded.cluster(place / "data", run_as="daemon") as cluster:
            daemon = psutil.Process(cluster.pid).username()
        with embedded.cluster(place / "data", run_as="nobody") as cluster:
            assert psutil.Process(cluster.pid).username() == daemon == "daemon"
