"""``shequ serve`` with an issuer elsewhere: where it serves, as a process of its own."""

import os
import socket
import subprocess
import sys
import time

import httpx
import pytest

from server import installation
from server.settings import ROOT
from tests.http.tokens.issuing import SUBJECT, Issuer
from tests.typed import shequ

_PATIENCE_S = 60


def start(port: int, **settings: str) -> subprocess.Popen[str]:
    """The command, with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHEQU_")}
    given = {f"SHEQU_{name.upper()}": value for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "server.cli", "serve", "--port", str(port)],
        cwd=ROOT,
        env=kept | given | {"COLUMNS": "200"},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        free: int = one.getsockname()[1]
        return free


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "SHEQU_OIDC_ISSUER"),
        ({"oidc_issuer": ""}, "SHEQU_OIDC_ISSUER"),
        ({"oidc_issuer": "http://login.example.cn"}, "https://"),
        ({"oidc_issuer": "https://login.example.cn", "oidc_jwks_url": "http://login.example.cn/keys"}, "https://"),
    ],
)
def test_production_starts_with_an_issuer_under_https_only(settings: dict[str, str], said: str) -> None:
    database = {"database_url": "postgresql://nowhere/shequ", "role_secret": "r" * 16}
    given = {f"SHEQU_{name.upper()}": value for name, value in (database | settings).items()}
    done = shequ("serve", **given)
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err


def test_tokens_of_the_issuer_in_the_settings_hold(superuser: str, role_secret: str, issuer: Issuer, port: int) -> None:
    settings = {
        "environment": "development",
        "database_url": installation.server_dsn(superuser),
        "role_secret": role_secret,
        "oidc_issuer": issuer.url,
        "oidc_audience": "shequ",
        "oidc_token_type": "JWT",
    }
    url = f"http://127.0.0.1:{port}"
    with start(port, **settings) as process:
        try:
            end = time.monotonic() + _PATIENCE_S
            while True:
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < end
                try:
                    httpx.get(f"{url}/livez")
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            token = issuer.token(issuer.keys[0], {"typ": "JWT"})
            asked = {"query": "{ viewer { subject } }"}
            answer = httpx.post(f"{url}/graphql", json=asked, headers={"authorization": f"Bearer {token}"})
            assert answer.json()["data"] == {"viewer": {"subject": SUBJECT}}
        finally:
            process.terminate()
            process.communicate(timeout=_PATIENCE_S)
