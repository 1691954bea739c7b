"""The stories that journeys tell."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.driving import Server
from tests.licensing.story import Story


@pytest.fixture(scope="session")
def planting(superuser: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection that no policy binds, for what stories find in place."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        yield connection


@pytest.fixture
def story(server: Server, planting: psycopg.Connection[Any]) -> Story:
    return Story(server, planting)
