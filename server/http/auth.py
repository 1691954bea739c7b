"""Who is asking: verifies the bearer token and finds the person's memberships.

The token only says who somebody is.  Algorithms are fixed, the key is chosen by ``kid`` among the issuer's own, and ``iss``,
``aud``, ``exp`` and the ``typ`` of an access token are required.
"""

import base64
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from server.kit.actor import Actor
from server.kit.errors import Unauthenticated

ALGORITHMS = ["RS256", "ES256", "PS256"]
_TYPES = ("at+jwt", "application/at+jwt")
_TOKENS_KEPT = 10_000
_TOKEN_LONGEST = 8192
_LEEWAY_SECONDS = 5


class Keys(Protocol):
    """Where the issuer's public keys come from."""

    async def find(self, kid: str) -> KeySet | None:
        """A set that holds the key with this id; None where the issuer has none."""


class FixedKeys:
    """The keys of an issuer that lives in this process: the development issuer, tests."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def find(self, kid: str) -> KeySet | None:
        """The set, when it holds the key."""
        return self._keys if any(key.kid == kid for key in self._keys.keys) else None


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token that holds says."""

    subject: str
    expires_at: float


class Tokens:
    """Verifies access tokens of one issuer, and remembers those that held until they expire."""

    def __init__(self, issuer: str, audience: str, keys: Keys) -> None:
        self._keys = keys
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._held: OrderedDict[str, Verified] = OrderedDict()

    async def verify(self, token: str) -> Verified:
        """What the token says.

        Raises: Unauthenticated when it does not hold; the message does not say which check failed.
        """
        known = self._held.get(token)
        if known is not None and known.expires_at > time.time():
            return known
        verified = await self._verify(token)
        self._held[token] = verified
        if len(self._held) > _TOKENS_KEPT:
            self._held.popitem(last=False)
        return verified

    async def _verify(self, token: str) -> Verified:
        refused = Unauthenticated("访问令牌无效或已过期，请重新登录")
        if len(token) > _TOKEN_LONGEST:
            raise refused
        try:
            kid = _kid_of(token)
            keys = await self._keys.find(kid)
            if keys is None:
                raise refused
            read = jwt.decode(token, keys.get_by_kid(kid), algorithms=ALGORITHMS)
            if str(read.header.get("typ", "")).lower() not in _TYPES:
                raise refused
            self._claims.validate(read.claims)
            subject = read.claims["sub"]
            if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
                raise refused
            return Verified(subject, float(read.claims["exp"]) + _LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, KeyError):
            raise refused from None


def _kid_of(token: str) -> str:
    first = token.split(".", 1)[0]
    header = orjson.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    kid = header["kid"]
    if not isinstance(kid, str):
        raise ValueError("kid")
    return kid


#: Finds the person with the memberships in force; None for somebody who has none.
FindActor = Callable[[str], Awaitable[Actor | None]]

_MEMBERSHIPS_KEPT_SECONDS = 5.0


class Callers:
    """From an Authorization header to a person.

    Memberships are remembered for at most five seconds for reading and read anew for every mutation (``fresh``).
    """

    def __init__(self, tokens: Tokens, find_actor: FindActor) -> None:
        self._tokens = tokens
        self._find = find_actor
        self._known: OrderedDict[str, tuple[float, Actor]] = OrderedDict()

    async def identify(self, authorization: str | None, *, fresh: bool = False) -> Actor | None:
        """The caller; None without a token. Somebody without any membership is known, with no rights.

        Raises: Unauthenticated when there is a token and it does not hold.
        """
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Authorization 应为 Bearer 访问令牌")
        subject = (await self._tokens.verify(token.strip())).subject
        known = self._known.get(subject)
        now = time.monotonic()
        if known is not None and not fresh and known[0] > now:
            return known[1]
        actor = await self._find(subject) or Actor(subject, subject, ())
        self._known[subject] = (now + _MEMBERSHIPS_KEPT_SECONDS, actor)
        self._known.move_to_end(subject)
        if len(self._known) > _TOKENS_KEPT:
            self._known.popitem(last=False)
        return actor
