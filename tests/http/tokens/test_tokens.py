"""Every way to come in with a token that is not one's own, none of which works; and keys that change under way."""

import asyncio
import hashlib
import hmac
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey

from server.http.discovery import InsecureIssuer
from server.http.jwks import RemoteKeys, verifying_keys
from server.kit import clock
from tests.http.tokens.conftest import Door, Opened
from tests.http.tokens.issuing import SUBJECT, Issuer, Signing, ec_key, encoded, rsa_key

#: Made once: making RSA keys is what takes time here.
STRANGER = rsa_key("stranger")

#: From the issuer and its key to a token that must not hold.
Attack = Callable[[Issuer, RSAKey], str]


def good(issuer: Issuer, key: Signing, header: dict[str, Any] | None = None, **claims: Any) -> str:
    return issuer.token(key, header, **claims)


def unsigned(algorithm: str, signature: str = "") -> Attack:
    def make(issuer: Issuer, key: RSAKey) -> str:
        header = {"alg": algorithm, "kid": key.kid, "typ": "at+jwt"}
        return f"{encoded(header)}.{encoded(issuer.claims())}.{signature}"

    return make


def keyed_with(secret: Callable[[RSAKey], bytes]) -> Attack:
    """HS256 whose secret is what everybody knows: some spelling of the issuer's public key."""

    def make(issuer: Issuer, key: RSAKey) -> str:
        text = f"{encoded({'alg': 'HS256', 'kid': key.kid, 'typ': 'at+jwt'})}.{encoded(issuer.claims())}"
        return f"{text}.{encoded(hmac.new(secret(key), text.encode(), hashlib.sha256).digest())}"

    return make


def with_header(**header: Any) -> Attack:
    """Signed by the issuer's own key, under this header."""
    return lambda issuer, key: issuer.token(key, header)


def with_claims(**claims: Any) -> Attack:
    """Signed by the issuer's own key, with these claims."""
    return lambda issuer, key: issuer.token(key, **claims)


def in_seconds(**offsets: int) -> Attack:
    return lambda issuer, key: issuer.token(key, **{name: int(time.time()) + by for name, by in offsets.items()})


def by_stranger(**header: Any) -> Attack:
    """Signed by a key of the attacker's, under the issuer's key id."""
    return lambda issuer, key: issuer.token(STRANGER, {"kid": key.kid, **header})


def parts(change: Callable[[str, str, str], str]) -> Attack:
    """A good token, cut into its parts and put together again."""
    return lambda issuer, key: change(*good(issuer, key).split("."))


def flipped(text: str) -> str:
    """The text with one bit of its middle character changed."""
    at = len(text) // 2
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def raw_signed(payload: bytes) -> Attack:
    """Any bytes, signed by the issuer's own key."""

    def make(_: Issuer, key: RSAKey) -> str:
        return jws.serialize_compact({"alg": "RS256", "kid": key.kid, "typ": "at+jwt"}, payload, key)

    return make


def claims_text(change: Callable[[str], str]) -> Attack:
    """Claims as text that JSON libraries disagree on, signed by the issuer's own key."""

    def make(issuer: Issuer, key: RSAKey) -> str:
        exp = issuer.claims()["exp"]
        text = f'{{"iss":"{issuer.url}","aud":"shequ","sub":"{SUBJECT}","exp":{change(str(exp))}}}'
        return raw_signed(text.encode())(issuer, key)

    return make


def nested(header: bytes) -> Attack:
    return lambda issuer, key: f"{encoded(header)}.{encoded(issuer.claims())}.AAAA"


PUBLIC_JWK = STRANGER.as_dict(private=False)

ATTACKS: dict[str, Attack] = {
    "alg none": unsigned("none"),
    "alg None": unsigned("None"),
    "alg nOnE": unsigned("nOnE"),
    "alg none with a signature": unsigned("none", "AAAA"),
    "alg empty": unsigned(""),
    "alg missing": lambda issuer, key: f"{encoded({'kid': key.kid, 'typ': 'at+jwt'})}.{encoded(issuer.claims())}.AAAA",
    "alg no text": nested(b'{"alg":["RS256"],"kid":"first","typ":"at+jwt"}'),
    "HS256 with the public key as PEM": keyed_with(lambda key: key.as_pem(private=False)),
    "HS256 with the public key as DER": keyed_with(lambda key: key.as_der(private=False)),
    "HS256 with the modulus": keyed_with(lambda key: str(key.as_dict(private=False)["n"]).encode()),
    "HS256 with nothing": keyed_with(lambda _: b""),
    "RS384 of the issuer's own key": lambda issuer, key: _signed_as("RS384", issuer, key),
    "RS512 of the issuer's own key": lambda issuer, key: _signed_as("RS512", issuer, key),
    "an EC signature under an RSA key's id": lambda issuer, key: good(issuer, ec_key("first")),
    "a zero EC signature": nested(b'{"alg":"ES256","kid":"first","typ":"at+jwt"}'),
    "foreign kid": lambda issuer, _: good(issuer, STRANGER),
    "no kid": with_header(kid=None),
    "kid a list": nested(b'{"alg":"RS256","kid":["first"],"typ":"at+jwt"}'),
    "kid a number": nested(b'{"alg":"RS256","kid":1,"typ":"at+jwt"}'),
    "kid a path": with_header(kid="../../../../dev/null"),
    "kid an injection": with_header(kid="first' OR '1'='1"),
    "a stranger's signature under the issuer's kid": by_stranger(),
    "embedded jwk": by_stranger(jwk=PUBLIC_JWK),
    "embedded jwk under its own kid": by_stranger(jwk=PUBLIC_JWK, kid="stranger"),
    "x5c": by_stranger(x5c=["MIIB"]),
    "expired": in_seconds(exp=-10),
    "expired long ago": in_seconds(exp=-10_000_000),
    "not yet valid": in_seconds(nbf=60),
    "issued in the future": in_seconds(iat=60),
    "exp missing": with_claims(exp=None),
    "exp text": with_claims(exp="4102444800"),
    "exp true": with_claims(exp=True),
    "exp a list": with_claims(exp=[4102444800]),
    "exp not a number": claims_text(lambda _: "NaN"),
    "exp endless": claims_text(lambda _: "Infinity"),
    "exp beyond any number": claims_text(lambda _: "1" + "0" * 400),
    "nbf text": with_claims(nbf="0"),
    "wrong aud": with_claims(aud="another-api"),
    "wrong auds": with_claims(aud=["another-api", "shequ2"]),
    "aud in capitals": with_claims(aud="SHEQU"),
    "aud empty": with_claims(aud=[]),
    "aud an object": with_claims(aud={"shequ": True}),
    "aud missing": with_claims(aud=None),
    "wrong iss": with_claims(iss="https://issuer.example"),
    "iss with a slash more": lambda issuer, key: good(issuer, key, iss=issuer.url + "/"),
    "iss a list": lambda issuer, key: good(issuer, key, iss=[issuer.url]),
    "iss missing": with_claims(iss=None),
    "sub missing": with_claims(sub=None),
    "sub empty": with_claims(sub=""),
    "sub a number": with_claims(sub=7),
    "sub too long": with_claims(sub="s" * 256),
    "id_token": with_header(typ="JWT"),
    "id_token without typ": with_header(typ=None),
    "logout token": with_header(typ="logout+jwt"),
    "typ no text": nested(b'{"alg":"RS256","kid":"first","typ":["at+jwt"]}'),
    "crit unknown": lambda issuer, key: _critical(issuer, key),
    "b64 false": nested(b'{"alg":"RS256","kid":"first","typ":"at+jwt","b64":false,"crit":["b64"]}'),
    "payload changed": parts(lambda h, p, s: f"{h}.{flipped(p)}.{s}"),
    "payload exchanged": lambda issuer, key: _exchanged(issuer, key),
    "header changed": parts(lambda h, p, s: f"{flipped(h)}.{p}.{s}"),
    "signature changed": parts(lambda h, p, s: f"{h}.{p}.{flipped(s)}"),
    "signature cut": parts(lambda h, p, s: f"{h}.{p}.{s[:-8]}"),
    "signature missing": parts(lambda h, p, _: f"{h}.{p}."),
    "two parts": parts(lambda h, p, _: f"{h}.{p}"),
    "four parts": parts(lambda h, p, s: f"{h}.{p}.{s}.{s}"),
    "five parts": parts(lambda h, p, s: f"{h}.{p}.{s}.{s}.{s}"),
    "payload missing": parts(lambda h, _, s: f"{h}..{s}"),
    "whitespace inside": parts(lambda h, p, s: f"{h}. {p}.{s}"),
    "line break inside": parts(lambda h, p, s: f"{h}.{p[:9]}\t{p[9:]}.{s}"),
    "a list of claims": raw_signed(b"[]"),
    "claims no JSON": raw_signed(b"{"),
    "claims nested without end": raw_signed(b'{"sub":' + b"[" * 3000 + b"]" * 3000 + b"}"),
    "header a list": nested(b'["alg","kid"]'),
    "header a text": nested(b'"alg kid typ"'),
    "header nested without end": nested(b'{"alg":' + b"[" * 3000 + b"]" * 3000 + b"}"),
    "header nested just so": nested(b'{"alg":' + b"[" * 740 + b"]" * 740 + b"}"),
    "no token at all": lambda *_: "token",
    "dots": lambda *_: "..",
    "too long": lambda issuer, key: good(issuer, key, padding="x" * 9000),
}


def _signed_as(algorithm: str, issuer: Issuer, key: RSAKey) -> str:
    return issuer.token(key, {"alg": algorithm})


def _critical(issuer: Issuer, key: RSAKey) -> str:
    header = encoded({"alg": "RS256", "kid": key.kid, "typ": "at+jwt", "crit": ["our"], "our": 1})
    text = f"{header}.{encoded(issuer.claims())}"
    return f"{text}.{encoded(_rs256(key, text.encode()))}"


def _rs256(key: RSAKey, text: bytes) -> bytes:
    model = jws.JWSRegistry.algorithms["RS256"]
    return model.sign(text, key)


def _exchanged(issuer: Issuer, key: RSAKey) -> str:
    header, _, signature = good(issuer, key).split(".")
    return f"{header}.{encoded(issuer.claims(sub='administrator'))}.{signature}"


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
async def test_a_token_that_does_not_hold_is_refused_in_the_same_words(
    attack: Attack, issuer: Issuer, door: Door
) -> None:
    (key,) = issuer.keys
    assert isinstance(key, RSAKey)
    reply = await door(attack(issuer, key))
    assert (reply.status, reply.codes) == (401, ["UNAUTHENTICATED"])
    assert reply.body["errors"][0]["message"] == "访问令牌无效或已过期，请重新登录"
    assert (await door(good(issuer, key))).data["viewer"]["subject"] == SUBJECT


@pytest.mark.parametrize("name", ["jku", "x5u"])
async def test_an_address_in_a_header_is_never_asked(name: str, issuer: Issuer, door: Door) -> None:
    with Issuer(STRANGER) as theirs:
        for kid in ("first", "stranger"):
            forged = issuer.token(STRANGER, {"kid": kid, name: f"{theirs.url}/keys"})
            assert (await door(forged)).codes == ["UNAUTHENTICATED"]
        assert theirs.asked == []


@pytest.mark.parametrize("value", ["Bearer", "Bearer  ", "Basic c29tZTpib2R5", "Token abc", "bearer:abc", ""])
async def test_a_header_of_another_shape_is_refused(value: str, door: Door) -> None:
    response = await door.http.post("/graphql", json={"query": "{ __typename }"}, headers={"authorization": value})
    assert response.status_code == 401
    assert "Bearer" in response.headers["www-authenticate"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.binary(max_size=60) | st.text(max_size=40).map(str.encode), min_size=1, max_size=6))
async def test_whatever_stands_in_the_place_of_a_token_is_answered_with_401(pieces: list[bytes], door: Door) -> None:
    for token in (".".join(encoded(one) for one in pieces), ".".join(one.decode("latin-1") for one in pieces)):
        headers = {"authorization": b"Bearer x" + token.encode("latin-1").replace(b"\n", b"").replace(b"\r", b"")}
        response = await door.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
        assert response.status_code == 401


@pytest.mark.parametrize("header", [{}, {"typ": "AT+JWT"}, {"typ": "application/at+jwt"}, {"private": "ignored"}])
@pytest.mark.parametrize("aud", ["shequ", ["other", "shequ"]])
async def test_a_good_token_holds(header: dict[str, Any], aud: Any, issuer: Issuer, door: Door) -> None:
    for key in (rsa_key("another"), ec_key("curved")):
        issuer.keys.append(key)
        door.seconds.at += 10
        reply = await door(_with_private(issuer, key, header, aud))
        assert reply.data == {"viewer": {"subject": SUBJECT, "name": SUBJECT}}
    assert (await door(issuer.token(issuer.keys[0], {"alg": "PS256"}))).status == 200


def _with_private(issuer: Issuer, key: Signing, header: dict[str, Any], aud: Any) -> str:
    """Signed by hand, since the library refuses to write a header that it does not know."""
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
    text = f"{encoded({'alg': algorithm, 'kid': key.kid, 'typ': 'at+jwt', **header})}.{encoded(issuer.claims(aud=aud))}"
    return f"{text}.{encoded(jws.JWSRegistry.algorithms[algorithm].sign(text.encode(), key))}"


# ID tokens where the issuer does not mark access tokens ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({}, 200),
        ({"client_id": None, "scope": "openid profile"}, 200),
        ({"client_id": None, "scp": "read"}, 200),
        ({"client_id": None, "typ": "Bearer", "azp": "console"}, 200),
        ({"client_id": None, "token_use": "access"}, 200),
        ({"client_id": None}, 401),
        ({"client_id": None, "azp": "shequ", "auth_time": 1}, 401),
        ({"nonce": "n"}, 401),
        ({"at_hash": "h"}, 401),
        ({"c_hash": "h", "scope": "openid"}, 401),
        ({"typ": "ID"}, 401),
        ({"token_use": "id"}, 401),
    ],
)
async def test_of_an_undistinguished_type_only_access_tokens_hold(
    claims: dict[str, Any], status: int, issuer: Issuer, door_to: Opened
) -> None:
    door = door_to(issuer.url, token_type="JWT")
    for typ in ("JWT", None):
        assert (await door(issuer.token(issuer.keys[0], {"typ": typ}, **claims))).status == status
    assert (await door(issuer.token(issuer.keys[0], {"typ": "at+jwt"}))).status == 401


# The verified-token cache ---------------------------------------------------------------------------------------------


async def test_what_is_remembered_of_a_token_ends_with_it(issuer: Issuer, door: Door) -> None:
    ends = int(time.time()) + 60
    token = good(issuer, issuer.keys[0], exp=ends)
    assert (await door(token)).status == 200
    assert (await door(token)).status == 200
    with clock.frozen(datetime.fromtimestamp(ends + 4, UTC)):
        assert (await door(token)).status == 200  # five seconds for clocks that differ
    with clock.frozen(datetime.fromtimestamp(ends + 6, UTC)):
        assert (await door(token)).status == 401


async def test_a_token_holds_from_its_first_second(issuer: Issuer, door: Door) -> None:
    token = good(issuer, issuer.keys[0], nbf=int(time.time()) + 60)
    assert (await door(token)).status == 401
    with clock.frozen(clock.now() + timedelta(seconds=61)):
        assert (await door(token)).status == 200


async def test_of_two_tokens_one_is_never_taken_for_the_other(issuer: Issuer, door: Door) -> None:
    tokens = {name: good(issuer, issuer.keys[0], sub=name) for name in ("甲", "乙", "x", "x ")}
    for _ in range(2):
        for name, token in tokens.items():
            assert (await door(token)).data["viewer"]["subject"] == name


# Keys that change -----------------------------------------------------------------------------------------------------


async def test_a_new_key_is_found_and_a_withdrawn_one_forgotten(issuer: Issuer, door: Door) -> None:
    former, new = issuer.keys[0], ec_key("second")
    old_token, new_token = good(issuer, former), good(issuer, new)
    assert (await door(old_token)).status == 200
    issuer.keys = [new]
    assert (await door(new_token)).status == 401  # asked a moment ago
    door.seconds.at += 10
    assert (await door(new_token)).status == 200
    assert (await door(old_token)).status == 401  # although it was verified before
    assert (await door(new_token)).status == 200


async def test_a_withdrawn_key_is_forgotten_though_no_token_asks_for_it(issuer: Issuer, door: Door) -> None:
    token = good(issuer, issuer.keys[0])
    assert (await door(token)).status == 200
    issuer.keys = [ec_key("second")]
    door.seconds.at += 601
    for _ in range(100):  # read in the background: nobody waits for it
        if (await door(token)).status == 401:
            break
        await asyncio.sleep(0.02)
    assert (await door(token)).status == 401


async def test_a_key_exchanged_under_its_id_is_found_at_a_bad_signature(issuer: Issuer, door: Door) -> None:
    assert (await door(good(issuer, issuer.keys[0]))).status == 200
    issuer.keys = [ec_key("first")]
    door.seconds.at += 10
    assert (await door(good(issuer, issuer.keys[0]))).status == 200


async def test_floods_of_unknown_keys_and_bad_signatures_ask_the_issuer_once(issuer: Issuer, door: Door) -> None:
    (key,) = issuer.keys
    assert (await door(good(issuer, key))).status == 200
    door.seconds.at += 10
    issuer.asked.clear()
    forged = [issuer.token(STRANGER, {"kid": uuid.uuid4().hex}) for _ in range(60)]
    forged += [issuer.token(STRANGER, {"kid": "first"}, jti=uuid.uuid4().hex) for _ in range(60)]
    replies = await asyncio.gather(*(door(one) for one in forged), door(good(issuer, key, jti="mine")))
    assert [one.status for one in replies] == [401] * len(forged) + [200]
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]
    door.seconds.at += 9.9
    await door(forged[0])
    assert len(issuer.asked) == 2
    door.seconds.at += 0.1
    await asyncio.gather(*(door(one) for one in forged))
    assert len(issuer.asked) == 4


OUTAGES: dict[str, tuple[str, tuple[int, dict[str, str], bytes]]] = {
    "gone": ("/keys", (503, {}, b"")),
    "discovery gone": ("/.well-known/openid-configuration", (404, {}, b"")),
    "no JSON": ("/keys", (200, {}, b"<html>")),
    "a list": ("/keys", (200, {}, b"[]")),
    "no keys": ("/keys", (200, {}, b'{"keys": []}')),
    "keys no list": ("/keys", (200, {}, b'{"keys": "none"}')),
    "endless": ("/keys", (200, {}, b"[" + b" " * 300_000 + b"]")),
    "packed": ("/keys", (200, {"content-encoding": "gzip"}, b"\x1f\x8b")),
    "elsewhere": ("/keys", (302, {"location": "/other"}, b"")),
    "another's": (
        "/.well-known/openid-configuration",
        (200, {}, b'{"issuer": "https://other", "jwks_uri": "http://x/"}'),
    ),
    "nowhere": ("/.well-known/openid-configuration", (200, {}, b'{"issuer": "ISSUER", "jwks_uri": 5}')),
    "another scheme": (
        "/.well-known/openid-configuration",
        (200, {}, b'{"issuer": "ISSUER", "jwks_uri": "file:///k"}'),
    ),
}


def break_(issuer: Issuer, outage: str) -> None:
    path, (status, headers, body) = OUTAGES[outage]
    issuer.instead[path] = (status, headers, body.replace(b"ISSUER", issuer.url.encode()))


@pytest.mark.parametrize("outage", OUTAGES)
async def test_the_keys_known_hold_while_the_issuer_is_out_of_order(outage: str, issuer: Issuer, door: Door) -> None:
    (key,) = issuer.keys
    assert (await door(good(issuer, key))).status == 200
    break_(issuer, outage)
    door.seconds.at += 700
    assert (await door(good(issuer, ec_key("second")))).status == 401
    assert (await door(good(issuer, key, jti="again"))).status == 200
    issuer.instead.clear()
    issuer.keys.append(ec_key("second"))
    door.seconds.at += 10
    assert (await door(good(issuer, issuer.keys[1]))).status == 200


@pytest.mark.parametrize("outage", OUTAGES)
async def test_before_the_first_keys_a_token_can_wait_and_the_public_need_not(
    outage: str, issuer: Issuer, door: Door
) -> None:
    break_(issuer, outage)
    for _ in range(2):
        reply = await door(good(issuer, issuer.keys[0]))
        assert (reply.status, reply.codes) == (503, ["UNAVAILABLE"])
        assert (await door(None)).data == {"viewer": None}
    issuer.instead.clear()
    door.seconds.at += 10
    assert (await door(good(issuer, issuer.keys[0]))).status == 200


async def test_a_slow_issuer_is_not_waited_for(issuer: Issuer, door_to: Opened) -> None:
    door = door_to(issuer.url, patience_seconds=0.05)
    issuer.delay_seconds = 0.3
    assert (await door(good(issuer, issuer.keys[0]))).status == 503


async def test_a_key_set_named_in_the_settings_needs_no_discovery(issuer: Issuer, door_to: Opened) -> None:
    door = door_to(issuer.url, jwks_url=f"{issuer.url}/keys")
    assert (await door(good(issuer, issuer.keys[0]))).status == 200
    assert issuer.asked == ["/keys"]


@pytest.mark.parametrize(
    ("issuer_url", "jwks_url"),
    [
        ("http://login.example.cn", None),
        ("https://login.example.cn", "http://login.example.cn/keys"),
        ("login.example.cn", None),
        ("file:///etc/keys", None),
        ("https://", None),
    ],
)
def test_in_production_every_address_is_https(issuer_url: str, jwks_url: str | None) -> None:
    with pytest.raises(InsecureIssuer):
        RemoteKeys(issuer_url, jwks_url)


def test_of_a_key_set_only_public_signing_keys_are_taken() -> None:
    rsa, ec = rsa_key("rsa").as_dict(private=True), ec_key("ec").as_dict(private=True)
    refused: list[Any] = [
        {**rsa, "kid": "enc", "use": "enc"},
        {**rsa, "kid": "other-algorithm", "alg": "RS512"},
        {**rsa, "kid": "oaep", "alg": "RSA-OAEP"},
        {**rsa, "kid": "only-signs", "key_ops": ["sign"]},
        {**rsa, "kid": ""},
        {**rsa, "kid": 5},
        {**rsa, "kid": "k" * 256},
        {name: value for name, value in rsa.items() if name != "kid"},
        {**rsa, "kid": "short", "n": encoded(b"\xff" * 128)},
        {**rsa, "kid": "no-number", "n": "!"},
        {**ec, "kid": "off-the-curve", "x": encoded(b"\x01" * 32)},
        {**ec, "kid": "curve", "crv": "P-384"},
        {"kty": "oct", "kid": "secret", "k": encoded(b"0" * 64)},
        {"kty": "OKP", "kid": "edwards", "crv": "Ed25519", "x": encoded(b"\x01" * 32)},
        {"kty": "AKP", "kid": "tomorrow"},
        "no key",
        None,
    ]
    keys = verifying_keys({"keys": [*refused, rsa, {**ec, "alg": "ES256", "use": "sig", "key_ops": ["verify"]}]})
    assert sorted(keys) == ["ec", "rsa"]
    assert not any(key.is_private for key in keys.values())
    assert verifying_keys({"keys": [ec, {**rsa, "kid": "ec"}]})["ec"].key_type == "EC"
    assert len(verifying_keys({"keys": [{**ec, "kid": str(n)} for n in range(200)]})) == 64
