"""Who is asking: verifies the bearer token and finds the person's memberships.

The token only says who somebody is.  Algorithms are fixed, the key is chosen by ``kid`` among the issuer's own (whatever
else a header offers: ``jwk``, ``jku``, ``x5c``), and ``iss``, ``aud``, ``exp`` and the mark of an access token are required.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from joserfc.jwt import JWTClaimsRegistry

from server.kit import clock
from server.kit.actor import Actor
from server.kit.errors import Unauthenticated

ALGORITHMS = ["RS256", "ES256", "PS256"]
#: RFC 9068: the ``typ`` that only access tokens bear.
ACCESS_TOKEN = "at+jwt"
_TOKENS_KEPT = 10_000
_TOKEN_LONGEST = 8192
_HEADER_LONGEST = 2048
_SUBJECT_LONGEST = 255
_LEEWAY_SECONDS = 5


class Keys(Protocol):
    """Where the issuer's public keys come from."""

    def held(self, kid: str) -> Key | None:
        """The issuer's key with this id as far as it is known already; None: ``find`` it."""

    async def find(self, kid: str) -> Key | None:
        """The issuer's key with this id; None where it has none."""

    async def renewed(self, kid: str) -> Key | None:
        """The same, after asking the issuer anew where that is possible and not too soon."""

    async def close(self) -> None:
        """End what it holds."""


class FixedKeys:
    """The keys of an issuer that lives in this process: the development issuer, tests."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = {key.kid: key for key in keys}

    def held(self, kid: str) -> Key | None:
        """The key of the set."""
        return self._keys.get(kid)

    async def find(self, kid: str) -> Key | None:
        """The key of the set."""
        return self._keys.get(kid)

    renewed = find

    async def close(self) -> None:
        """Nothing is held."""


class Headers(jws.JWSRegistry):
    """Header parameters that we do not know are ignored (RFC 7515 4), unless the token calls them critical."""

    max_header_length = _HEADER_LONGEST

    def __init__(self) -> None:
        super().__init__(algorithms=ALGORITHMS, strict_check_header=False)


HEADERS = Headers()


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token that holds says, until when it does, and the key it holds by."""

    subject: str
    expires_at: float
    kid: str
    key: Key


class Tokens:
    """Verifies access tokens of one issuer, and remembers those that held, until they end or their key does.

    ``token_type`` is the ``typ`` of the issuer's access tokens.  Where it is not the one that RFC 9068 reserves for them, a
    token must show otherwise that it is an access token and no ID token (``_is_access_token``).
    """

    def __init__(self, issuer: str, audience: str, keys: Keys, *, token_type: str = ACCESS_TOKEN) -> None:
        self._keys = keys
        self._type = token_type.lower().removeprefix("application/")
        self._claims = JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        # By digest, so that what is remembered is no credential.
        self._held: OrderedDict[bytes, Verified] = OrderedDict()

    async def verify(self, token: str) -> Verified:
        """What the token says.

        Raises: Unauthenticated when it does not hold; the message does not say which check failed.
        Overloaded while the issuer's keys cannot be read.
        """
        if len(token) > _TOKEN_LONGEST or not token.isascii():
            raise _refused()
        digest = hashlib.sha256(token.encode("ascii")).digest()
        known = self._held.get(digest)
        if known is not None:
            if self._holds(known):
                return known
            self._held.pop(digest, None)
        try:
            verified = await self._verify(token)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise _refused() from None
        self._held[digest] = verified
        if len(self._held) > _TOKENS_KEPT:
            self._held.popitem(last=False)
        return verified

    def held(self, token: bytes) -> Verified | None:
        """What the token says, where it was verified before and still holds; None: ``verify`` it."""
        if len(token) > _TOKEN_LONGEST:
            return None
        known = self._held.get(hashlib.sha256(token).digest())
        return known if known is not None and self._holds(known) else None

    def _holds(self, known: Verified) -> bool:
        return known.expires_at > clock.seconds() and self._keys.held(known.kid) is known.key

    async def _verify(self, token: str) -> Verified:
        signed = jws.extract_compact(token.encode("ascii"), registry=HEADERS)
        header = signed.headers()
        kid, algorithm = header["kid"], header["alg"]
        if not isinstance(kid, str) or algorithm not in ALGORITHMS or "b64" in header:
            raise _refused()
        if str(header.get("typ", "JWT")).lower().removeprefix("application/") != self._type:
            raise _refused()
        key = await self._keys.find(kid)
        if key is not None and not holds(signed, algorithm, key):
            # The issuer may have put another key in the place of the one known.
            other = await self._keys.renewed(kid)
            key = other if other is not key and other is not None and holds(signed, algorithm, other) else None
        if key is None:
            raise _refused()
        claims = orjson.loads(signed.payload or b"")
        if not isinstance(claims, dict):
            raise _refused()
        self._claims.validate(claims)
        subject = claims["sub"]
        if not 1 <= len(subject) <= _SUBJECT_LONGEST or (self._type != ACCESS_TOKEN and not _is_access_token(claims)):
            raise _refused()
        return Verified(subject, claims["exp"] + _LEEWAY_SECONDS, kid, key)


def holds(signed: jws.CompactSignature, algorithm: str, key: Key) -> bool:
    """Whether this key made the signature; a key of another kind or for another algorithm did not."""
    try:
        key.check_alg(algorithm)
        return jws.validate_compact(signed, key, registry=HEADERS)
    except JoseError:
        return False


def _refused() -> Unauthenticated:
    return Unauthenticated("访问令牌无效或已过期，请重新登录")


#: Claims that only ID tokens carry (OpenID Connect Core 2 and 3.3.2.11).
_ID_TOKEN_CLAIMS = ("nonce", "at_hash", "c_hash", "s_hash")


def _is_access_token(claims: Mapping[str, Any]) -> bool:
    """Whether a token of an undistinguished ``typ`` is an access token: it must say so, and not say otherwise.

    An ID token is meant for the client that signed somebody in and names that client as its audience; where client and
    interface share a name, ``aud`` alone does not tell the two apart.
    """
    if any(name in claims for name in _ID_TOKEN_CLAIMS):
        return False
    # Keycloak writes ``typ``, Amazon Cognito ``token_use``; others mark neither but give access tokens a scope.
    for name, access in (("typ", "bearer"), ("token_use", "access")):
        if name in claims:
            return str(claims[name]).lower() == access
    return any(name in claims for name in ("scope", "scp", "client_id"))


#: Finds the person with the memberships in force; None for somebody who has none.
FindActor = Callable[[str], Awaitable[Actor | None]]

_MEMBERSHIPS_KEPT_SECONDS = 5.0
_PEOPLE_KEPT = 10_000


class Callers:
    """From an Authorization header to a person.

    Memberships are remembered for at most five seconds for reading and read anew for every mutation (``fresh``).
    """

    def __init__(self, tokens: Tokens, find_actor: FindActor, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._tokens = tokens
        self._find = find_actor
        self._elapsed = elapsed
        self._known: OrderedDict[str, tuple[float, Actor]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Actor]] = {}

    def at_hand(self, authorization: bytes) -> Actor | None:
        """The caller with this Authorization header, where token and memberships are known; None: ``identify`` them."""
        if authorization[:7] != b"Bearer ":
            return None
        verified = self._tokens.held(authorization[7:])
        known = None if verified is None else self._known.get(verified.subject)
        return known[1] if known is not None and known[0] > self._elapsed() else None

    async def identify(self, authorization: str | None, *, fresh: bool = False) -> Actor | None:
        """The caller; None without a token. Somebody without any membership is known, with no rights.

        Raises: Unauthenticated when there is a token and it does not hold.
        """
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Authorization 应为 Bearer 访问令牌")
        return await self.person((await self._tokens.verify(token.strip())).subject, fresh=fresh)

    async def person(self, subject: str, *, fresh: bool = False) -> Actor:
        """The person with this subject, whose right to be so called somebody has verified."""
        if fresh:
            return await self._read(subject)
        known = self._known.get(subject)
        if known is not None and known[0] > self._elapsed():
            return known[1]
        return await self._read_once(subject)

    def forget(self, actor: Actor) -> None:
        """Read the person's memberships anew at the next request: what they just did may have changed them."""
        self._known.pop(actor.subject, None)

    async def _read_once(self, subject: str) -> Actor:
        """The person, read once for all who ask meanwhile: a burst of one person's requests is one look-up."""
        asking = self._asking.get(subject)
        if asking is None:
            asking = self._asking[subject] = asyncio.create_task(self._read(subject))
            asking.add_done_callback(lambda _: self._asking.pop(subject, None))
        return await asyncio.shield(asking)

    async def _read(self, subject: str) -> Actor:
        until = self._elapsed() + _MEMBERSHIPS_KEPT_SECONDS  # counted from before the read: it may take its time
        actor = await self._find(subject) or Actor(subject, subject, ())
        earlier = self._known.get(subject)
        if earlier is None or earlier[0] <= until:
            self._known[subject] = (until, actor)
            self._known.move_to_end(subject)
        if len(self._known) > _PEOPLE_KEPT:
            self._known.popitem(last=False)
        return actor
