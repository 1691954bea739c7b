"""An issuer that is not ours: ``oidc-provider-mock``, a whole OpenID provider over HTTP.

Its access tokens are opaque and its ID tokens name no key, so what an API accepts is signed here with the provider's key.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from tests.driving import Server
from tests.http.tokens.conftest import Opened

CLIENT = "shequ"
BACK = "http://shequ.test/back"


class Provider:
    """The running provider."""

    def __init__(self, url: str, key: dict[str, Any]) -> None:
        self.url = url
        self.key = RSAKey.import_key(key)
        self.kid = httpx.get(f"{url}/jwks").json()["keys"][0]["kid"]

    def sign_in(self, subject: str) -> dict[str, str]:
        """What the token endpoint answers after this person signed in."""
        asked = {"client_id": CLIENT, "redirect_uri": BACK, "response_type": "code", "scope": "openid", "nonce": "n"}
        back = httpx.post(f"{self.url}/oauth2/authorize", params=asked, data={"sub": subject})
        code = httpx.URL(back.headers["location"]).params["code"]
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": CLIENT}
        answer: dict[str, str] = httpx.post(f"{self.url}/oauth2/token", data=given | {"client_secret": "any"}).json()
        return answer

    def signed(self, typ: str, claims: dict[str, Any]) -> str:
        """These claims under the provider's key."""
        return jwt.encode({"alg": "RS256", "kid": self.kid, "typ": typ}, claims, self.key)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    # Apart from us, because it stands on deprecated parts of its libraries, and warnings are errors here.
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("provider.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield Provider(**json.loads(process.stdout.readline()))
        process.communicate()


async def test_a_person_of_another_issuer_has_the_rights_of_the_membership_table(
    provider: Provider, door_to: Opened, server: Server
) -> None:
    door = door_to(provider.url)
    subject, now = server.personas["fengtai-officer"].subject, int(time.time())
    claims = {"iss": provider.url, "aud": "shequ", "sub": subject, "exp": now + 60, "client_id": CLIENT}
    reply = await door.http.post(
        "/graphql",
        json={"query": "{ viewer { subject memberships { role district { code } } } }"},
        # What a token says of rights is not heard.
        headers={
            "authorization": f"Bearer {provider.signed('at+jwt', claims | {'roles': ['DISTRICT_ADMINISTRATOR']})}"
        },
    )
    assert reply.json()["data"]["viewer"] == {
        "subject": subject,
        "memberships": [{"role": "DISTRICT_OFFICER", "district": {"code": "fengtai"}}],
    }


@pytest.mark.parametrize("token_type", ["at+jwt", "JWT"])
async def test_what_signs_a_person_in_at_a_client_is_no_access_token(
    token_type: str, provider: Provider, door_to: Opened
) -> None:
    door = door_to(provider.url, audience=CLIENT, token_type=token_type)
    answer = provider.sign_in("somebody")
    claims = jws.extract_compact(answer["id_token"].encode()).payload
    named = jws.serialize_compact({"alg": "RS256", "kid": provider.kid, "typ": "JWT"}, claims, provider.key)
    for token in (answer["id_token"], named, answer["access_token"], answer["refresh_token"]):
        assert (await door(token)).codes == ["UNAUTHENTICATED"]
