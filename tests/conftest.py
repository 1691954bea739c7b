"""One throwaway PostgreSQL for the whole run; fixtures for those who run tests (``tests/fixtures.py``)."""

import gc
import signal

import pytest

pytest_plugins = ["tests.shared_cluster"]

# A run that was started in the background (``nohup make test &``) ignores SIGINT, and so would the programs that tests
# start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Every worker holds the application, its schema and what thousands of tests collected: looking through all of that as
# often as Python does by default is an eighth of the run.
gc.set_threshold(50_000, 20, 20)


def pytest_configure(config: pytest.Config) -> None:
    # A controller runs no tests itself: its workers need not wait until it has imported the application.
    is_controller = not hasattr(config, "workerinput") and config.getoption("tx", default=None)
    if not is_controller:
        config.pluginmanager.import_plugin("tests.fixtures")


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    # After pytest's own last look for what nobody closed.  An interpreter that ends looks through everything some times
    # more, for seconds, and nobody hears what it finds.
    gc.freeze()
