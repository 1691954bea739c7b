"""The tests' own PostgreSQL: one for all workers of a run, gone with the run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.db.embedded.conftest import REPOSITORY, alive, kill, wait_until

SUITE = """
import os, pathlib, time, psycopg, pytest

@pytest.mark.parametrize("n", range(4))
def test(superuser_dsn, n):
    with psycopg.connect(superuser_dsn) as connection:
        folder = connection.execute("SHOW data_directory").fetchone()[0]
    pathlib.Path(os.environ["SEEN"], f"{os.getpid()}").write_text(folder)
    while "STAY" in os.environ:
        time.sleep(60)
"""


def start(folder: Path, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    (folder / "test_suite.py").write_text(SUITE)
    (folder / "seen").mkdir()
    command = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "xdist",
        "-p",
        "tests.shared_cluster",
        "-c",
        os.devnull,
    ]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SHEQU_", "PYTEST_"))}
    ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(REPOSITORY), "SEEN": str(folder / "seen")}
    return subprocess.Popen(
        [sys.executable, *command, "-c", os.devnull, "--rootdir", folder, *options, folder],
        cwd=REPOSITORY,
        env={**inherited, **ours, **environment},
        stdout=subprocess.DEVNULL,
    )


def seen(folder: Path) -> list[Path]:
    return [Path(file.read_text()) for file in (folder / "seen").iterdir() if file.stat().st_size]


@pytest.mark.parametrize(("options", "workers"), [((), 1), (("-n", "2"), 2)], ids=["alone", "xdist"])
def test_all_workers_share_one_cluster_which_is_gone_after_the_run(
    tmp_path: Path, options: tuple[str, ...], workers: int
) -> None:
    assert start(tmp_path, *options).wait() == 0
    folders = seen(tmp_path)
    assert len(folders) == workers
    assert len(set(folders)) == 1
    assert not folders[0].exists()


def test_it_ends_when_the_run_is_killed(tmp_path: Path) -> None:
    run = start(tmp_path, "-n", "2", STAY="")
    wait_until(lambda: len(seen(tmp_path)) == 2)
    folder = seen(tmp_path)[0]
    assert alive(folder)
    run.send_signal(signal.SIGKILL)
    kill(run)
    wait_until(lambda: not alive(folder))
