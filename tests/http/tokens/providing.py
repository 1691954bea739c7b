"""``oidc-provider-mock`` while it runs in a process of its own (``provider.py``)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

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


@contextmanager
def running() -> Iterator[Provider]:
    """The provider, until the block ends."""
    # Apart from us, because it stands on deprecated parts of its libraries, and warnings are errors here.
    command = [sys.executable, "-W", "ignore", str(Path(__file__).with_name("provider.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield Provider(**json.loads(process.stdout.readline()))
        process.communicate()
