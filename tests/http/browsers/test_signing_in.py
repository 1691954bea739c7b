"""Signing in with a browser: state, nonce and PKCE, what comes back, and how it ends."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import psycopg
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

from server import installation
from server.app import App, Browsers
from server.http.discovery import FAILURES, Discovery
from server.http.issuer import ISSUER, DevelopmentIssuer
from server.http.jwks import RemoteKeys
from server.http.provider import Begun, Client
from server.http.provider import Provider as OurProvider
from server.http.signing_in import Known
from server.kit import clock
from server.kit.errors import Overloaded, Unauthenticated
from tests.driving import Server
from tests.http.browsers.browsing import BACK, ORIGIN, Browser
from tests.http.sockets.talking import opened
from tests.http.tokens.issuing import Issuer, encoded, rsa_key
from tests.http.tokens.providing import Provider


async def sign_in(browser: Browser, subject: str) -> httpx.Response:
    """The answer to coming back, after this person signed in at the provider."""
    there = await browser.begin()
    return await browser.http.get((await agreed(there, subject)).raw_path.decode())


async def agreed(there: httpx.URL, subject: str) -> httpx.URL:
    """Where the provider sends the browser."""
    async with httpx.AsyncClient() as http:
        back = await http.post(there, data={"sub": subject})
    assert back.headers["location"].startswith(BACK), back.text
    return httpx.URL(back.headers["location"])


async def test_who_signs_in_has_the_rights_of_the_membership_table(browser: Browser, server: Server) -> None:
    assert await browser.subject() is None
    officer = server.personas["fengtai-officer"].subject
    answer = await sign_in(browser, officer)
    assert (answer.status_code, answer.headers["location"]) == (303, "/graphql")
    viewer = (await browser.ask()).json()["data"]["viewer"]
    assert viewer == {"subject": officer, "memberships": [{"role": "DISTRICT_OFFICER"}]}
    page = await browser.http.get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert (await browser.http.get("/session")).json() == {"signedIn": True}


async def test_each_sign_in_goes_with_a_state_a_nonce_and_a_challenge_of_its_own(browser: Browser) -> None:
    asked = [(await browser.begin()).params for _ in range(3)]
    for name in ("state", "nonce", "code_challenge"):
        values = {one[name] for one in asked}
        assert len(values) == 3
        assert min(map(len, values)) >= 43
    assert {one["code_challenge_method"] for one in asked} == {"S256"}
    assert {one["response_type"] for one in asked} == {"code"}
    assert {one["redirect_uri"] for one in asked} == {BACK}


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    begun = await browser.http.get("/signin")
    (sealed,) = begun.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=Lax", "Max-Age=600"} <= set(sealed.split("; "))
    # Nothing of what must stay secret can be read off the cookie.
    sent = httpx.URL(begun.headers["location"]).params
    assert sent["nonce"] not in sealed
    assert sent["state"] not in sealed
    answer = await sign_in(browser, "somebody")
    cookies = answer.headers.get_list("set-cookie")
    (session,) = [one for one in cookies if one.startswith("shequ-session=")]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(session.split("; "))
    (gone,) = [one for one in cookies if one.startswith("shequ-signin=")]
    assert "Max-Age=0" in gone


async def test_nothing_of_the_cookie_stands_in_the_database(browser: Browser, superuser: str) -> None:
    await sign_in(browser, "who-is-kept")
    with psycopg.connect(superuser) as connection:
        rows = connection.execute("SELECT s::text FROM session s WHERE subject = 'who-is-kept'").fetchall()
    assert len(rows) == 1
    assert browser.session() not in rows[0][0]


async def test_a_sign_in_is_finished_by_the_browser_that_began_it_alone(app: App, browser: Browser) -> None:
    back = (await agreed(await browser.begin(), "victim")).raw_path.decode()
    another = Browser(app)
    answer = await another.http.get(back)  # nothing was begun here
    assert answer.status_code == 400
    await another.begin()
    answer = await another.http.get(back)  # something else was begun here
    assert answer.status_code == 400
    assert another.session() is None
    assert await browser.http.get(back)
    assert await browser.subject() == "victim"
    await another.http.aclose()


async def test_a_code_opens_once(browser: Browser) -> None:
    there = await browser.begin()
    back = (await agreed(there, "once")).raw_path.decode()
    kept = browser.http.cookies.get("shequ-signin")
    assert (await browser.http.get(back)).status_code == 303
    assert (await browser.http.get(back)).status_code == 400  # the sealed cookie is gone
    assert kept is not None
    browser.http.cookies.set("shequ-signin", kept)
    assert (await browser.http.get(back)).status_code == 400  # and the provider takes the code no more


@pytest.mark.parametrize(
    "change",
    [
        {"state": "another"},
        {"state": ""},
        {"code": ""},
        {"code": "guessed"},
        {"error": "access_denied"},
        {"iss": "https://issuer.example"},
    ],
    ids=str,
)
async def test_an_answer_that_is_not_the_one_asked_for_signs_nobody_in(
    browser: Browser, change: dict[str, str]
) -> None:
    url = await agreed(await browser.begin(), "somebody")
    answer = await browser.http.get("/signin/back", params={**url.params, **change})
    assert answer.status_code == 400
    assert browser.session() is None
    assert await browser.subject() is None


async def test_what_was_begun_ends_after_ten_minutes(browser: Browser) -> None:
    url = await agreed(await browser.begin(), "slow")
    with clock.frozen(clock.now() + timedelta(seconds=601)):
        assert (await browser.http.get(url.raw_path.decode())).status_code == 400


async def test_a_sealed_cookie_of_ones_own_making_opens_nothing(browser: Browser) -> None:
    url = await agreed(await browser.begin(), "somebody")
    kept = browser.http.cookies.get("shequ-signin")
    assert kept is not None
    for forged in ("", "x", "a.b.c.d.e", kept[:-4] + "AAAA", kept.replace(".", "", 1)):
        answer = await browser.http.get(
            "/signin/back", params=dict(url.params), headers={"cookie": f"shequ-signin={forged}"}
        )
        assert answer.status_code == 400


# What a request must show besides the cookie --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"x_shequ_session": ""},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": f"{ORIGIN}.elsewhere.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=str,
)
async def test_another_site_does_nothing_with_a_browsers_cookie(browser: Browser, headers: dict[str, str]) -> None:
    await sign_in(browser, "somebody")
    answer = await browser.ask(**headers)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    sent = {"x-shequ-session": "1", "origin": ORIGIN} | {k.replace("_", "-"): v for k, v in headers.items()}
    out = await browser.http.post("/signout", headers={name: value for name, value in sent.items() if value})
    assert out.status_code == 403
    assert await browser.subject() == "somebody"


async def test_a_get_knows_nobody_by_cookie_and_a_token_comes_before_it(browser: Browser) -> None:
    await sign_in(browser, "somebody")
    text = "query Who { viewer { subject } }"
    digest = (await browser.http.post("/graphql", json={"query": text}, headers={"x-shequ-session": "1"})).json()
    assert digest["data"]["viewer"] == {"subject": "somebody"}
    answer = await browser.http.post(
        "/graphql", json={"query": text}, headers={"authorization": "Bearer wrong", "x-shequ-session": "1"}
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("origin", "known"), [(ORIGIN, True), ("https://elsewhere.example", False), (None, False), ("null", False)]
)
async def test_a_session_opens_a_socket_from_our_own_pages_alone(
    browser: Browser, origin: str | None, known: bool
) -> None:
    await sign_in(browser, "listener")
    headers = {"cookie": f"shequ-session={browser.session()}"} | ({"origin": origin} if origin else {})
    async with opened(browser.app, headers=headers) as socket:
        await socket.begin()
        told = await socket.answer("{ viewer { subject } }")
        assert told["payload"]["data"]["viewer"] == ({"subject": "listener"} if known else None)
        if known:
            await browser.http.post("/signout", headers={"x-shequ-session": "1", "origin": ORIGIN})
            await socket.ask("mutation { __typename }")
            assert await socket.closed() == 4401


# How it ends ----------------------------------------------------------------------------------------------------------


async def test_who_signs_out_is_out_at_once_with_that_cookie_too(browser: Browser) -> None:
    await sign_in(browser, "somebody")
    secret = browser.session()
    answer = await browser.http.post("/signout", headers={"x-shequ-session": "1", "origin": ORIGIN})
    assert answer.json()["signedIn"] is False
    assert browser.session() is None
    assert await browser.subject() is None
    answer = await browser.ask(cookie=f"shequ-session={secret}")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_signing_in_again_ends_the_session_before(browser: Browser) -> None:
    await sign_in(browser, "first")
    before = browser.session()
    await sign_in(browser, "second")
    assert browser.session() != before
    assert await browser.subject() == "second"
    assert (await browser.ask(cookie=f"shequ-session={before}")).status_code == 401


async def test_a_session_ends_after_its_time_and_without_use(browser: Browser) -> None:
    await sign_in(browser, "somebody")
    mutation = "mutation { appointNothing: __typename }"  # looked up anew, not remembered
    start = clock.now()
    for minutes, status in ((50, 200), (100, 200), (150, 200), (211, 401)):
        with clock.frozen(start + timedelta(minutes=minutes)):
            assert (await browser.ask(mutation)).status_code == status
    await sign_in(browser, "somebody")
    for minutes in range(50, 480, 50):
        with clock.frozen(start + timedelta(minutes=minutes)):
            assert (await browser.ask(mutation)).status_code == 200
    with clock.frozen(start + timedelta(minutes=481)):
        assert (await browser.ask(mutation)).status_code == 401


@pytest.mark.parametrize("value", ["guessed", "", "x" * 200, '"', "=;=", "A" * 43])
async def test_a_cookie_of_ones_own_making_is_nobodys(browser: Browser, value: str) -> None:
    answer = await browser.ask(cookie=f"shequ-session={value}")
    told = answer.json()
    assert answer.status_code == 401 or told["data"]["viewer"] is None


# What the provider answers --------------------------------------------------------------------------------------------


class Answering(Issuer):
    """An issuer whose token endpoint answers with this ID token."""

    def give(self, token: str | None, status: int = 200) -> None:
        self.instead["/token"] = (status, {}, json.dumps({"id_token": token, "access_token": "x"}).encode())
        document = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
        }
        self.instead["/.well-known/openid-configuration"] = (200, {}, json.dumps(document).encode())


@pytest.fixture(scope="module")
def answering() -> Any:
    with Answering(rsa_key("first")) as one:
        yield one


BEGUN = Begun("state", "nonce", "verifier" * 8)


async def finished(answering: Answering, token: str | None) -> str:
    answering.give(token)
    keys = RemoteKeys(answering.url, insecure=True)
    ours = OurProvider(Client("console", None, BACK), keys, Discovery(answering.url, insecure=True))
    try:
        return await ours.finish({"state": "state", "code": "code"}, BEGUN)
    finally:
        await ours.close()
        await keys.close()


def id_token(answering: Answering, header: dict[str, Any] | None = None, **claims: Any) -> str:
    told = {"aud": "console", "nonce": "nonce", "client_id": None, **claims}
    return answering.token(answering.keys[0], {"typ": "JWT", **(header or {})}, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize("header", [{}, {"kid": None}, {"typ": None}])
async def test_an_id_token_that_holds_names_the_person(answering: Answering, header: dict[str, Any]) -> None:
    assert await finished(answering, id_token(answering, header)) == "somebody"
    several = id_token(answering, header, aud=["console", "other"], azp="console")
    assert await finished(answering, several) == "somebody"
    form = dict(parse_qsl(answering.posted[-1]))
    assert form == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": BACK,
        "code_verifier": BEGUN.verifier,
        "client_id": "console",
    }


REFUSED: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "shequ"},
    {"aud": None},
    {"aud": ["console", "other"]},
    {"aud": ["console", "other"], "azp": "other"},
    {"azp": "other"},
    {"iss": "https://issuer.example"},
    {"exp": 1},
    {"exp": None},
    {"iat": None},
    {"sub": None},
    {"sub": ""},
    {"sub": 7},
    {"sub": "s" * 256},
]


@pytest.mark.parametrize("claims", REFUSED, ids=str)
async def test_an_id_token_that_does_not_hold_names_nobody(answering: Answering, claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await finished(answering, id_token(answering, **claims))


async def test_an_id_token_signed_by_nobody_we_know_names_nobody(answering: Answering) -> None:
    claims = answering.claims(aud="console", nonce="nonce")
    unsigned = f"{encoded({'alg': 'none'})}.{encoded(claims)}."
    stranger = RSAKey.generate_key(2048, {"kid": "first"})
    forged = jwt.encode({"alg": "RS256", "kid": "first"}, claims, stranger)
    good = id_token(answering)
    for token in (unsigned, forged, good[:-6] + "AAAAAA", "", "a.b", "…", None):
        with pytest.raises(Unauthenticated):
            await finished(answering, token)


async def test_without_the_provider_nobody_is_sent_anywhere_and_nobody_comes_in(answering: Answering) -> None:
    answering.give("x", status=500)
    keys = RemoteKeys(answering.url, insecure=True)
    ours = OurProvider(Client("console", "s", BACK), keys, Discovery(answering.url, insecure=True))
    with pytest.raises(Unauthenticated):
        await ours.finish({"state": "state", "code": "code"}, BEGUN)
    answering.instead["/.well-known/openid-configuration"] = (503, {}, b"")
    with pytest.raises(Overloaded):
        await ours.begin()
    assert await ours.farewell() is None
    await ours.close()
    await keys.close()
    del answering.instead["/.well-known/openid-configuration"]
    with pytest.raises(FAILURES):
        Discovery("http://login.example.cn")


def test_the_challenge_is_that_of_rfc_7636() -> None:
    assert create_s256_code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == (
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


# Development ----------------------------------------------------------------------------------------------------------


async def test_in_development_one_comes_in_as_a_persona(
    superuser: str, role_secret: str, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    officer = server.personas["fengtai-officer"]
    issuer = DevelopmentIssuer(tmp_path_factory.mktemp("issuer"), development=True)
    app = App(
        database_url=installation.server_dsn(superuser),
        role_secret=role_secret,
        cursor_secret="cursor",
        issuer=ISSUER,
        audience="shequ",
        keys=issuer.keys,
        development=True,
        browsers=Browsers("secret", personas={officer.name: Known(officer.name, officer.shown, officer.subject)}),
    )
    browser = Browser(app)
    page = await browser.http.get("/signin")
    assert officer.shown in page.text
    foreign = {"origin": "https://elsewhere.example"}
    assert (await browser.http.post("/signin", data={"persona": officer.name}, headers=foreign)).status_code == 405
    own = {"origin": ORIGIN}
    assert (await browser.http.post("/signin", data={"persona": "nobody"}, headers=own)).status_code == 400
    assert (await browser.http.post("/signin", data={"persona": officer.name}, headers=own)).status_code == 303
    assert await browser.subject() == officer.subject
    await browser.http.aclose()
    await app.close()


async def test_where_nobody_signs_in_with_a_browser_there_is_no_such_address(
    server: Server, provider: Provider
) -> None:
    for path in ("/signin", "/signin/back", "/session"):
        assert (await server.http.get(path)).status_code == 404
    assert (await server.http.post("/signout")).status_code == 404
