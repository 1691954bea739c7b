from collections.abc import Iterator

import helm_python
import pytest

from tests.helm.rendered import CHART, Release, Values, load_values


@pytest.fixture(scope="session")
def chart() -> Iterator[helm_python.Chart]:
    with helm_python.Chart.load(CHART) as loaded:
        yield loaded


@pytest.fixture
def minimal() -> Values:
    """A fresh copy, for a test to change."""
    return load_values("minimal")


@pytest.fixture(params=["minimal", "full"])
def values(request: pytest.FixtureRequest) -> Values:
    return load_values(request.param)


@pytest.fixture
def release(chart: helm_python.Chart, values: Values) -> Release:
    return Release.of(chart, values)
