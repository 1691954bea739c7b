"""The built-in issuer: signs tokens for personas in development, and refuses to start anywhere else."""

import os
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from server.http.auth import FixedKeys
from server.kit import clock
from server.kit.ids import new_id

ISSUER = "https://issuer.shequ.invalid"
_LIFETIME_SECONDS = 12 * 3600


class NotInDevelopment(Exception):
    """The built-in issuer was asked for outside development."""


class DevelopmentIssuer:
    """Signs access tokens with a key kept in ``folder`` (made at first use, readable by its owner alone).

    Raises: NotInDevelopment unless ``development`` is true.
    """

    def __init__(self, folder: Path, *, development: bool) -> None:
        if not development:
            raise NotInDevelopment("内置签发者仅可用于开发环境（SHEQU_ENVIRONMENT=development）")
        path = folder / "issuer-key.pem"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}")
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(ECKey.generate_key("P-256").as_pem(private=True))
            fresh.rename(path)
        self._key = ECKey.import_key(path.read_bytes(), {"use": "sig", "alg": "ES256"})
        self._key.ensure_kid()

    @property
    def keys(self) -> FixedKeys:
        """What verifies this issuer's tokens."""
        return FixedKeys(KeySet([self._key]))

    def token(self, subject: str, audience: str, *, lifetime_seconds: int = _LIFETIME_SECONDS) -> str:
        """An access token that says who somebody is, and nothing of their rights."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "sub": subject,
            "iat": now,
            "exp": now + lifetime_seconds,
            "jti": str(new_id()),
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid, "typ": "at+jwt"}, claims, self._key)
