"""An OpenID Connect issuer on a port of its own, which can rotate its keys, be slow, wrong or gone."""

import base64
import contextlib
import json
import threading
import time
from collections.abc import Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey

AUDIENCE = "shequ"
SUBJECT = "somebody"

Signing = RSAKey | ECKey | OctKey


def ec_key(kid: str) -> ECKey:
    """A fresh signing key."""
    return ECKey.generate_key("P-256", {"kid": kid})


@cache
def rsa_key(kid: str) -> RSAKey:
    """The signing key of this name: to make one takes as long as twenty tests."""
    return RSAKey.generate_key(2048, {"kid": kid})


def encoded(value: Any) -> str:
    """One part of a token: bytes as they are, anything else as JSON."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Issuer:
    """Answers discovery document and key set. ``asked`` holds the paths that were asked for, in order."""

    def __init__(self, *keys: Key) -> None:
        self.keys = list(keys)
        self.asked: list[str] = []
        #: The bodies that were posted, in order.
        self.posted: list[str] = []
        #: What to answer instead, by path: status, headers, body.
        self.instead: dict[str, tuple[int, Mapping[str, str], bytes]] = {}
        self.delay_seconds = 0.0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                time.sleep(issuer.delay_seconds)
                status, headers, body = issuer._answer(self.path)
                with contextlib.suppress(ConnectionError):  # who asked may have gone away
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)

            def do_POST(self) -> None:
                issuer.posted.append(self.rfile.read(int(self.headers["content-length"])).decode())
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                """Nothing to standard error."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _answer(self, path: str) -> tuple[int, Mapping[str, str], bytes]:
        if path in self.instead:
            return self.instead[path]
        known: dict[str, Any] = {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": [one.as_dict(private=False) for one in self.keys]},
        }
        if path not in known:
            return 404, {}, b""
        return 200, {"content-type": "application/json"}, json.dumps(known[path]).encode()

    def claims(self, **given: Any) -> dict[str, Any]:
        """The claims of a good access token, with these instead; None leaves one out."""
        now = int(time.time())
        all_ = {"iss": self.url, "aud": AUDIENCE, "sub": SUBJECT, "iat": now, "exp": now + 300, "client_id": "console"}
        return {name: value for name, value in (all_ | given).items() if value is not None}

    def token(self, key: Signing, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A token signed by this key, good but for what is given; a header of None is left out."""
        algorithm = {RSAKey: "RS256", ECKey: "ES256", OctKey: "HS256"}[type(key)]
        full = {"alg": algorithm, "kid": key.kid, "typ": "at+jwt"} | dict(header or {})
        told = {name: value for name, value in full.items() if value is not None}
        return jwt.encode(told, self.claims(**claims), key, algorithms=[told["alg"]], default_type=None)
