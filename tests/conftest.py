"""One throwaway PostgreSQL for the whole run; fixtures for those who run tests (``tests/fixtures.py``)."""

import signal

import pytest

pytest_plugins = ["tests.shared_cluster"]

# A run that was started in the background (``nohup make test &``) ignores SIGINT, and so would the programs that tests
# start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    # A controller runs no tests itself: its workers need not wait until it has imported the application.
    is_controller = not hasattr(config, "workerinput") and config.getoption("tx", default=None)
    if not is_controller:
        config.pluginmanager.import_plugin("tests.fixtures")
