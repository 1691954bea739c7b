"""One PostgreSQL for a whole pytest run, its xdist workers included.

With ``-n`` the controller starts it before its workers, which inherit the address in the environment; without, the
first test that asks for it does.  It ends with the process that started it, also when that is killed with -9.  To test
against another server, set the variable to a superuser's URL yourself.
"""

import os
from collections.abc import Iterator

import pytest

from server.db import embedded

ADDRESS = "SHEQU_TEST_SUPERUSER_URL"

#: Thousands of logins, dozens of databases that come and go, and nobody who waits for statistics or a standby.
_SETTINGS = {
    "scram_iterations": "1",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "1h",
}

_running = pytest.StashKey[embedded.Cluster]()


def pytest_configure(config: pytest.Config) -> None:
    is_controller = not hasattr(config, "workerinput") and config.getoption("tx", default=None)
    if is_controller and ADDRESS not in os.environ:
        try:
            config.stash[_running] = embedded.throwaway(settings=_SETTINGS, in_memory=True)
        except embedded.ClusterError as refused:
            raise pytest.UsageError(str(refused)) from refused
        os.environ[ADDRESS] = config.stash[_running].superuser_dsn()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _running in config.stash:
        del os.environ[ADDRESS]
        config.stash[_running].stop()


@pytest.fixture(scope="session")
def superuser_dsn() -> Iterator[str]:
    """A superuser's URL of the run's PostgreSQL.  Others use it too: make a database of your own in it."""
    if ADDRESS in os.environ:
        yield os.environ[ADDRESS]
    else:
        with embedded.throwaway(settings=_SETTINGS, in_memory=True) as cluster:
            yield cluster.superuser_dsn()
