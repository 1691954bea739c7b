"""The parties of a designation case."""

import pytest

from tests.driving import Server
from tests.insurance.world import Office


@pytest.fixture(scope="session")
def office(server: Server, superuser: str) -> Office:
    """Whoever makes applicants and knows the officials."""
    return Office(server, superuser)
