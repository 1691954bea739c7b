"""An issuer that is not ours: ``oidc-provider-mock``, a whole OpenID provider over HTTP.

Its access tokens are opaque and its ID tokens name no key, so what an API accepts is signed here with the provider's key.
"""

import time
from collections.abc import Iterator

import pytest
from joserfc import jws

from tests.driving import Server
from tests.http.tokens.conftest import Opened
from tests.http.tokens.providing import CLIENT, Provider, running


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running() as one:
        yield one


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
