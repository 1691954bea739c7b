"""Whatever is killed and whenever: nothing is left running, and the next run finds a folder that it can use."""

import os
import signal
from pathlib import Path

import psutil
import psycopg

from server.db import embedded
from server.db.embedded.guard import Guarded
from server.db.embedded.home import settle
from tests.db.embedded.conftest import User, alive, kill, wait_until

RUN = "cluster = embedded.cluster(home)\nstay()"

#: Reports what was committed, having committed as much again.
WORK = """
cluster = embedded.cluster(home)
connection = psycopg.connect(cluster.superuser_dsn(), autocommit=True)
connection.execute("CREATE TABLE IF NOT EXISTS t (n int)")
connection.execute("INSERT INTO t VALUES (1)")
"""

#: What the folder shows when a start has come so far, in order.
MOMENTS = (
    "cluster.new-*",
    "cluster.new-*/data/PG_VERSION",
    "cluster.new-*/data/global/pg_control",
    "cluster.new-*/data/base/4",
    "cluster",
    "cluster/data/postmaster.pid",
)


def test_killed_at_any_moment_the_next_run_goes_on_and_keeps_what_was_committed(
    user: User, home: Path, place: Path
) -> None:
    for moment in MOMENTS:
        program = user.start(RUN, home)
        wait_until(lambda moment=moment: any(home.glob(moment)))
        kill(program)
    kill(user.until_ready(WORK + "stay()", home))
    counted = user.run(WORK + "print(connection.execute('SELECT count(*) FROM t').fetchone()[0])", home)
    assert counted == "2"
    wait_until(lambda: not alive(place))
    assert not any(home.glob("cluster.new-*"))


def test_a_signal_to_the_program_and_its_group_ends_postgres_too(user: User, kept_by_user: Path) -> None:
    for blow in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        program = user.until_ready(RUN, kept_by_user)
        assert alive(kept_by_user, "postgres:")
        os.killpg(program.pid, blow)
        assert program.wait() != 0
        wait_until(lambda: not alive(kept_by_user))


def test_ctrl_c_leaves_postgres_to_the_program_which_still_needs_it(user: User, kept_by_user: Path) -> None:
    program = user.until_ready(
        """
        with embedded.cluster(home) as cluster:
            try:
                stay()
            except KeyboardInterrupt:
                with psycopg.connect(cluster.superuser_dsn()) as connection:
                    print(connection.execute("SELECT 'still here'").fetchone()[0])
        """,
        kept_by_user,
    )
    os.killpg(program.pid, signal.SIGINT)
    output, complaint = program.communicate()
    assert (output.strip(), complaint, program.returncode) == ("still here", "", 0)


def test_a_forked_child_neither_stops_postgres_nor_keeps_it_running(user: User, kept_by_user: Path) -> None:
    program = user.until_ready(
        """
        cluster = embedded.cluster(home)
        child = os.fork()
        if child == 0:
            cluster.stop()  # not the child's to stop
            os.closerange(0, 3)
            time.sleep(600)
            os._exit(0)
        print("ready")
        print(child, flush=True)
        time.sleep(600)
        """,
        kept_by_user,
    )
    assert program.stdout is not None
    child = psutil.Process(int(program.stdout.readline()))
    try:
        assert alive(kept_by_user, "postgres:")
        kill(program)
        wait_until(lambda: not alive(kept_by_user, "postgres:"))
        assert child.is_running()
    finally:
        child.kill()


def test_a_postmaster_killed_under_us_is_started_again_at_once(kept: Path) -> None:
    with embedded.cluster(kept) as cluster:
        os.kill(cluster.pid, signal.SIGKILL)
        wait_until(lambda: not cluster.running)
    with embedded.cluster(kept) as cluster, psycopg.connect(cluster.superuser_dsn()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_pid_file_that_names_a_living_stranger_does_not_stand_in_the_way(kept: Path) -> None:
    home = settle(kept)
    stranger = Guarded(["sleep", "600"], home.account, output=-3, about="stranger")
    try:
        pid_file = home.data / "postmaster.pid"
        pid_file.write_text(f"{stranger.pid}\n{home.data}\n1\n5432\n\n127.0.0.1\n  1 1\nready   \n")
        home.account.own(pid_file)
        with embedded.cluster(kept) as cluster:
            assert cluster.pid != stranger.pid
        assert stranger.process.poll() is None
    finally:
        stranger.end()


def test_a_throwaway_that_was_killed_is_swept_away_by_the_next(user: User, place: Path) -> None:
    code = "cluster = embedded.throwaway()\nprint('ready')\nprint(cluster.folder, flush=True)\ntime.sleep(600)"
    program = user.until_ready(code, place)
    assert program.stdout is not None
    left = Path(program.stdout.readline().strip())
    kill(program)
    wait_until(lambda: not alive(left))
    assert left.exists()
    user.run("embedded.throwaway().stop()", place)
    assert not left.exists()


if Path("/proc/self/cwd").exists():

    def test_a_postgres_whose_watchdog_was_killed_too_is_ended_by_the_next_run(user: User, kept_by_user: Path) -> None:
        program = user.until_ready(RUN, kept_by_user)
        for watchdog in alive(kept_by_user, "shequ-watchdog"):
            watchdog.kill()
        kill(program)
        assert alive(kept_by_user, "postgres:")
        user.run("embedded.cluster(home).stop()", kept_by_user)
        assert not alive(kept_by_user, "postgres:")
