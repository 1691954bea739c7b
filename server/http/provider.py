"""Signing somebody in at an OpenID provider: the authorization code flow with state, nonce and PKCE.

A provider is asked for who somebody is and for nothing else: its access token is not kept, and rights are ours to know.
"""

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key
from joserfc.jwt import JWTClaimsRegistry

from server.http.auth import ALGORITHMS, HEADERS, holds
from server.http.discovery import FAILURES, Discovery, Unusable
from server.http.jwks import RemoteKeys
from server.kit import clock
from server.kit.errors import Overloaded, Unauthenticated

log = structlog.get_logger("shequ.issuer")

_LEEWAY_SECONDS = 5
_SUBJECT_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Begun:
    """One sign-in under way: what the browser must bring back, and what only this browser may."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Client:
    """How we are known to the provider; without a secret PKCE alone protects the code."""

    id: str
    secret: str | None
    redirect_uri: str
    scope: str = "openid"


class Provider:
    """The provider that people sign in at. ``close`` ends its connections; ``keys`` are the caller's to close."""

    def __init__(
        self, client: Client, keys: RemoteKeys, discovery: Discovery, *, patience_seconds: float = 5.0
    ) -> None:
        self._client = client
        self._keys = keys
        self._discovery = discovery
        self._patience = patience_seconds

    async def close(self) -> None:
        """End every connection."""
        await self._discovery.close()

    async def begin(self) -> tuple[str, Begun]:
        """Where to send the browser, and what to remember of it. Raises: Overloaded."""
        from authlib.common.security import generate_token  # loaded by whoever signs in: it takes its memory
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        begun = Begun(generate_token(43), generate_token(43), generate_token(64))
        document = await self._document()
        try:
            address = self._discovery.address(document, "authorization_endpoint")
        except FAILURES as error:
            raise self._unusable(error) from None
        url: str = prepare_grant_uri(
            address,
            self._client.id,
            "code",
            redirect_uri=self._client.redirect_uri,
            scope=self._client.scope,
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
        return url, begun

    async def finish(self, query: Mapping[str, str], begun: Begun) -> str:
        """The subject of who signed in.

        Raises: Unauthenticated where the answer is not the one to what was begun, or does not hold; Overloaded.
        """
        if not hmac.compare_digest(query.get("state", "").encode(), begun.state.encode()):
            raise Unauthenticated("登录请求与本浏览器发起的不符，请重新登录")
        # RFC 9207: an answer that names another issuer was meant for somebody else.
        if query.get("iss", self._discovery.issuer) != self._discovery.issuer:
            raise Unauthenticated("登录答复来自其他签发者，请重新登录")
        code = query.get("code")
        if "error" in query or not code:
            raise Unauthenticated("身份签发者未完成登录，请重新登录")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": begun.verifier,
        }
        document = await self._document()
        try:
            async with asyncio.timeout(self._patience):
                form, auth = self._authenticated(form, document)
                answer = await self._discovery.read(
                    self._discovery.address(document, "token_endpoint"), form=form, auth=auth
                )
        except Unusable as error:  # most often the code: used already, or ended
            log.warning("sign_in_refused", issuer=self._discovery.issuer, reason=str(error))
            raise Unauthenticated("身份签发者不接受该登录，请重新登录") from None
        except FAILURES as error:
            raise self._unusable(error) from None
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Unauthenticated("身份签发者的答复缺少 id_token，请联系管理员")
        return await self._subject(token, begun.nonce)

    async def farewell(self) -> str | None:
        """Where the person ends the session at the provider too; None where it offers no such place."""
        from authlib.common.urls import add_params_to_uri

        try:
            document = await self._document()
            address = self._discovery.address(document, "end_session_endpoint")
        except (Overloaded, *FAILURES):
            return None
        url: str = add_params_to_uri(address, [("client_id", self._client.id)])
        return url

    async def _document(self) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(self._patience):
                return await self._discovery.document()
        except FAILURES as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> Overloaded:
        log.warning("issuer_not_usable", issuer=self._discovery.issuer, reason=str(error) or type(error).__name__)
        return Overloaded("暂时无法联系身份签发者，请稍后重试")

    def _authenticated(
        self, form: dict[str, str], document: Mapping[str, Any]
    ) -> tuple[dict[str, str], tuple[str, str] | None]:
        """The form and the login with which we show who we are, as the provider wants it."""
        secret = self._client.secret
        if secret is None:
            return form | {"client_id": self._client.id}, None
        methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in methods:
            return form, (self._client.id, secret)
        return form | {"client_id": self._client.id, "client_secret": secret}, None

    async def _subject(self, token: str, nonce: str) -> str:
        """Whom the ID token names. OpenID Connect Core 3.1.3.7.  Raises: Unauthenticated, Overloaded."""
        try:
            signed = jws.extract_compact(token.encode("ascii"), registry=HEADERS)
            given = signed.headers()
            if given["alg"] not in ALGORITHMS or "b64" in given:
                raise _does_not_hold()
            key = await self._key(given)
            if key is None or not holds(signed, given["alg"], key):
                raise _does_not_hold()
            claims = orjson.loads(signed.payload or b"")
            JWTClaimsRegistry(
                now=lambda: int(clock.now().timestamp()),
                leeway=_LEEWAY_SECONDS,
                iss={"essential": True, "value": self._discovery.issuer},
                aud={"essential": True, "value": self._client.id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
            several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
            if claims.get("azp", None if several else self._client.id) != self._client.id:
                raise _does_not_hold()
            subject: str = claims["sub"]
            if not 1 <= len(subject) <= _SUBJECT_LONGEST:
                raise _does_not_hold()
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise _does_not_hold() from None
        return subject

    async def _key(self, given: Mapping[str, Any]) -> Key | None:
        kid = given.get("kid")
        if kid is None:
            return await self._keys.only()
        return await self._keys.find(kid) if isinstance(kid, str) else None


def _does_not_hold() -> Unauthenticated:
    return Unauthenticated("身份签发者的 id_token 未通过核验，请重新登录")
