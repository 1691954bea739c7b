"""The public keys of an issuer elsewhere: found through its discovery document, kept, read again when a token calls for it.

Nothing a caller sends decides where keys come from or how often they are fetched: the address is the installation's, a
fetch is bounded in time and size, and there is at most one in ten seconds whatever tokens arrive.
"""

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey

from server.http.auth import ALGORITHMS
from server.http.discovery import FAILURES, Discovery, Unusable
from server.kit.errors import Overloaded

log = structlog.get_logger("shequ.issuer")

#: However many unknown key ids and bad signatures arrive, the issuer is asked at most once in this time.
FETCH_EVERY_SECONDS = 10.0
#: After this time keys are read again without being asked for, so that a key the issuer withdrew stops to count.
KEYS_OLD_SECONDS = 600.0
_KEYS_MOST = 64
_RSA_BITS_LEAST = 2048
_KID_LONGEST = 255


class RemoteKeys:
    """The keys of one issuer. Use inside one event loop; ``close`` ends its connections.

    ``jwks_url``: where the key set is; without it the issuer's discovery document says so, at every fetch anew.
    ``insecure`` allows plain http, for development.  A fetch is given up after ``patience_seconds``.  ``elapsed`` counts
    seconds from anywhere, never backwards.

    Raises: InsecureIssuer.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None = None,
        *,
        insecure: bool = False,
        patience_seconds: float = 5.0,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._discovery = Discovery(issuer, insecure=insecure)
        self._jwks_url = self._discovery.checked(jwks_url) if jwks_url is not None else None
        self._patience = patience_seconds
        self._elapsed = elapsed
        self._known: dict[str, Key] = {}
        self._read_at = 0.0
        self._asked_at = -FETCH_EVERY_SECONDS
        self._fetching: asyncio.Task[None] | None = None

    def held(self, kid: str) -> Key | None:
        """The issuer's key with this id, where it is known already."""
        key = self._known.get(kid)
        if key is not None and self._elapsed() - self._read_at > KEYS_OLD_SECONDS:
            self._fetch_soon()  # nobody waits for it: what is known holds until the issuer says otherwise
        return key

    async def find(self, kid: str) -> Key | None:
        """The issuer's key with this id; None where it has none.

        Raises: Overloaded while not even a first set of keys could be read.
        """
        key = self.held(kid)
        return await self.renewed(kid) if key is None else key

    async def renewed(self, kid: str) -> Key | None:
        """The same after asking the issuer again, unless it was asked within ten seconds.

        Raises: Overloaded, as above.
        """
        fetching = self._fetch_soon()
        if fetching is not None:
            await asyncio.shield(fetching)
        if not self._known:
            raise Overloaded("暂时无法取得身份签发者的公钥，请稍后重试")
        return self._known.get(kid)

    async def only(self) -> Key | None:
        """The issuer's key where it has but one: what a token that names no key is signed with (OpenID Connect Core 10.1).

        Raises: Overloaded, as above.
        """
        if not self._known:
            await self.renewed("")
        return next(iter(self._known.values())) if len(self._known) == 1 else None

    async def close(self) -> None:
        """End every connection."""
        if self._fetching is not None:
            self._fetching.cancel()
        await self._discovery.close()

    def _fetch_soon(self) -> asyncio.Task[None] | None:
        """The fetch under way, or one begun now; None where it is too early for another."""
        if self._fetching is not None:
            return self._fetching
        if self._elapsed() - self._asked_at < FETCH_EVERY_SECONDS:
            return None
        self._asked_at = self._elapsed()
        self._fetching = asyncio.create_task(self._fetch())
        self._fetching.add_done_callback(self._fetched)
        return self._fetching

    def _fetched(self, _: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        """Replace the keys by the issuer's; keep them where that fails."""
        try:
            async with asyncio.timeout(self._patience):
                fresh = verifying_keys(await self._discovery.read(self._jwks_url or await self._found()))
            # An issuer always has a key; an empty set is a fault on its side, not a withdrawal of everything.
            if not fresh:
                raise Unusable("the key set holds no key that may verify our tokens")
        except FAILURES as error:
            log.warning(
                "issuer_keys_not_read", issuer=self._discovery.issuer, reason=str(error) or type(error).__name__
            )
            return
        # A key that did not change stays the same object: tokens verified with it need not be verified again.
        for kid, key in self._known.items():
            if kid in fresh and fresh[kid] == key:
                fresh[kid] = key
        if fresh.keys() != self._known.keys():
            log.info("issuer_keys_changed", issuer=self._discovery.issuer, kids=sorted(fresh))
        self._known = fresh
        self._read_at = self._elapsed()

    async def _found(self) -> str:
        return self._discovery.address(await self._discovery.document(), "jwks_uri")


def verifying_keys(jwks: Mapping[str, Any]) -> dict[str, Key]:
    """The keys of a JWK set that may verify access tokens, by key id: public halves only, the first of an id.

    Left out: keys without an id, symmetric keys, keys for encryption or for another algorithm, RSA below 2048 bits,
    curves other than P-256, and what cannot be read.
    """
    listed = jwks.get("keys")
    keys: dict[str, Key] = {}
    for one in (listed if isinstance(listed, list) else [])[:_KEYS_MOST]:
        key = _verifying(one) if isinstance(one, dict) else None
        if key is not None and key.kid is not None:
            keys.setdefault(key.kid, key)
    return keys


def _verifying(jwk: Mapping[str, Any]) -> Key | None:
    kid, operations = jwk.get("kid"), jwk.get("key_ops")
    if not isinstance(kid, str) or not 1 <= len(kid) <= _KID_LONGEST:
        return None
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", ALGORITHMS[0]) not in ALGORITHMS:
        return None
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return None
    told = {name: jwk[name] for name in ("kid", "alg") if name in jwk}
    try:
        if jwk.get("kty") == "RSA" and _bits(jwk["n"]) >= _RSA_BITS_LEAST:
            return RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"], **told})
        if jwk.get("kty") == "EC" and jwk["crv"] == "P-256":
            return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"], **told})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None  # one key that cannot be read does not spoil the others
    return None


def _bits(n: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(n + "=" * (-len(n) % 4)), "big").bit_length()
