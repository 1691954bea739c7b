"""Applications whose browsers sign in at a provider that is not ours."""

from collections.abc import AsyncIterator, Iterator

import pytest

from server import installation
from server.app import App
from tests.http.browsers.browsing import Browser, app_of
from tests.http.tokens.providing import Provider, running


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """``oidc-provider-mock``."""
    with running() as one:
        yield one


@pytest.fixture(scope="module")
async def app(provider: Provider, superuser: str, role_secret: str) -> AsyncIterator[App]:
    """The application that sends browsers there."""
    made = app_of(provider.url, installation.server_dsn(superuser), role_secret)
    yield made
    await made.close()


@pytest.fixture
async def browser(app: App) -> AsyncIterator[Browser]:
    """A browser that nobody has signed in with."""
    one = Browser(app)
    yield one
    await one.http.aclose()
