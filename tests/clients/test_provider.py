"""A certified OpenID provider (npm ``oidc-provider``): a person signs in there and comes back, step by step."""

import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from html import unescape

import httpx
import pytest

from server import installation
from tests.clients.conftest import Workshop
from tests.http.browsers.browsing import BACK, Browser, app_of


@pytest.fixture
def url(workshop: Workshop) -> Iterator[str]:
    """Where the provider answers."""
    command = ["node", "provider.mjs", BACK]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=workshop.place, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        yield json.loads(next(line for line in process.stdout if line.startswith("{")))["url"]
        process.communicate()


@pytest.fixture(params=[("confidential", "s3cret-of-the-client"), ("open", None)], ids=["confidential", "public"])
async def browser(request: pytest.FixtureRequest, url: str, superuser: str, role_secret: str) -> AsyncIterator[Browser]:
    client, secret = request.param
    app = app_of(url, installation.server_dsn(superuser), role_secret, client=client, secret=secret)
    one = Browser(app)
    yield one
    await one.http.aclose()
    await app.close()


async def agreed(http: httpx.AsyncClient, there: httpx.URL, subject: str) -> httpx.URL:
    """Where the provider sends the browser once the person has typed a name and agreed."""
    answer = await http.get(there)
    for _ in range(12):
        if answer.is_redirect:
            target = answer.url.join(answer.headers["location"])
            if str(target).startswith(BACK):
                return target
            answer = await http.get(target)
            continue
        form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
        assert form is not None, answer.text
        prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
        fields = {"prompt": prompt[1] if prompt else "login", "login": subject, "password": "any"}
        answer = await http.post(answer.url.join(unescape(form[1])), data=fields)
    raise AssertionError("the provider never sent the browser back")


async def test_a_person_signs_in_and_out(browser: Browser, url: str) -> None:
    async with httpx.AsyncClient() as http:
        back = await agreed(http, await browser.begin(), "somebody-there")
        assert back.params["iss"] == url  # RFC 9207
        answer = await browser.http.get(back.raw_path.decode())
        assert answer.status_code == 303, answer.text
        assert await browser.subject() == "somebody-there"
        out = await browser.http.post("/signout", headers={"x-shequ-session": "1"})
        assert out.json()["continueAt"].startswith(url)
        assert await browser.subject() is None


async def test_the_code_is_worth_nothing_without_the_verifier(browser: Browser) -> None:
    async with httpx.AsyncClient() as http:
        stolen = await agreed(http, await browser.begin(), "victim")
        # The thief's own browser has begun a sign-in too, and brings the victim's code with its own state.
        thief = Browser(browser.app)
        state = (await thief.begin()).params["state"]
        answer = await thief.http.get("/signin/back", params={**stolen.params, "state": state})
        assert answer.status_code == 400
        assert thief.session() is None
        await thief.http.aclose()
