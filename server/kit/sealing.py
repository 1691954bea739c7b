"""Sealed values: text that only this installation opens, and only in the very place it was sealed for.

A sealed value is ``form | kid | nonce | ciphertext | tag``: one byte that names the algorithm, four of key id, twelve of
nonce, and the authenticated encryption of the text (AES-256-GCM, or SM4-GCM).  Tenant, table, column and row are bound to
it as associated data, so that one that was moved to another row, column, table or tenant does not open.  Each tenant has
keys of its own, derived from the installation's secrets.

A *blind index* is a keyed hash (HMAC-SHA-256, or HMAC-SM3) by which equal values of one tenant and one column's name are
found without opening anything.  It tells who has equal values to whoever reads the table, and nothing else.
"""

import hmac
import os
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as openssl_hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KID_BYTES = 4
_NONCE_BYTES = 12
_TAG_BYTES = 16
#: How many bytes of a sealed value say how, and under which key, it was sealed.
HEADER_BYTES = 1 + _KID_BYTES
_LEAST = HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES


class Algorithm(StrEnum):
    """How values are sealed and indexed; the second is the national suite (GB/T 32907, GB/T 32905)."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"


_FORMS = {Algorithm.AES_256_GCM: 1, Algorithm.SM4_GCM: 2}
_ALGORITHMS = {form: algorithm for algorithm, form in _FORMS.items()}


class Place(NamedTuple):
    """Where a value belongs; ``column`` is the name it was declared with, without the endings of its columns."""

    tenant_id: int
    table: str
    column: str
    row_id: UUID

    @property
    def bound(self) -> bytes:
        """The place as bytes; names of tables and columns hold no bar, so no two places have the same."""
        return f"{self.tenant_id}|{self.table}|{self.column}|{self.row_id}".encode()


class NotOpened(Exception):
    """A sealed value does not open here: changed, cut, or moved from another place. The message never holds it."""


class UnknownKey(NotOpened):
    """A value was sealed under a key that is not among the installation's."""

    def __init__(self, kid: str) -> None:
        super().__init__(f"sealed under key {kid}, which is not among this installation's keys")
        self.kid = kid


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...


class _Sm4Gcm:
    """SM4-GCM in the shape of the library's AESGCM, which it has no class of its own for."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        sealing = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(associated_data)
        return sealing.update(data) + sealing.finalize() + sealing.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        text, tag = data[:-_TAG_BYTES], data[-_TAG_BYTES:]
        opening = Cipher(self._algorithm, modes.GCM(nonce, tag)).decryptor()
        opening.authenticate_additional_data(associated_data)
        return opening.update(text) + opening.finalize()


class _Key:
    """One secret, and the keys derived from it. Never shows either."""

    __slots__ = ("_aeads", "_indexing", "_secret", "kid")

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self.kid = hmac.digest(self._secret, b"shequ/sealing/kid", "sha256")[:_KID_BYTES]
        self._aeads: dict[tuple[Algorithm, int], _Aead] = {}
        self._indexing: dict[tuple[Algorithm, int, str], openssl_hmac.HMAC] = {}

    def aead(self, algorithm: Algorithm, tenant_id: int) -> _Aead:
        known = self._aeads.get((algorithm, tenant_id))
        if known is None:
            key = self._derived(algorithm, f"{algorithm}/{tenant_id}")
            known = AESGCM(key) if algorithm is Algorithm.AES_256_GCM else _Sm4Gcm(key[:16])
            self._aeads[algorithm, tenant_id] = known
        return known

    def index(self, algorithm: Algorithm, tenant_id: int, column: str, text: bytes) -> bytes:
        known = self._indexing.get((algorithm, tenant_id, column))
        if known is None:
            key = self._derived(algorithm, f"index/{algorithm}/{tenant_id}/{column}")
            known = self._indexing[algorithm, tenant_id, column] = openssl_hmac.HMAC(key, _hash(algorithm))
        mac = known.copy()
        mac.update(text)
        return mac.finalize()

    def _derived(self, algorithm: Algorithm, purpose: str) -> bytes:
        """32 bytes for this purpose alone."""
        mac = openssl_hmac.HMAC(self._secret, _hash(algorithm))
        mac.update(b"shequ/sealing/" + purpose.encode())
        return mac.finalize()


def _hash(algorithm: Algorithm) -> hashes.HashAlgorithm:
    return hashes.SHA256() if algorithm is Algorithm.AES_256_GCM else hashes.SM3()


class Sealer:
    """Seals with the first of its secrets, opens what any of them sealed, whatever the algorithm. Never shows a secret."""

    __slots__ = ("_algorithm", "_current", "_keys")

    def __init__(self, secrets: Sequence[str], algorithm: Algorithm = Algorithm.AES_256_GCM) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a sealer needs at least one secret, and none may be empty")
        keys = [_Key(secret) for secret in secrets]
        self._current = keys[0]
        self._keys = {key.kid: key for key in keys}
        if len(self._keys) < len(keys):
            raise ValueError("two of the secrets are the same, or have the same key id")
        self._algorithm = algorithm

    @property
    def header(self) -> bytes:
        """What every value that is sealed now begins with."""
        return bytes([_FORMS[self._algorithm]]) + self._current.kid

    @property
    def kids(self) -> tuple[str, ...]:
        """The ids of the keys, the one that seals first."""
        return tuple(kid.hex() for kid in self._keys)

    def seal(self, place: Place, text: str) -> bytes:
        """The text, sealed for this place; never twice the same."""
        header, nonce = self.header, os.urandom(_NONCE_BYTES)
        aead = self._current.aead(self._algorithm, place.tenant_id)
        return header + nonce + aead.encrypt(nonce, text.encode(), header + place.bound)

    def open(self, place: Place, sealed: bytes) -> str:
        """The text that was sealed for this place.

        Raises: UnknownKey, NotOpened.
        """
        algorithm = _ALGORITHMS.get(sealed[0]) if len(sealed) >= _LEAST else None
        if algorithm is None:
            raise NotOpened("not a sealed value")
        key = self._keys.get(sealed[1:HEADER_BYTES])
        if key is None:
            raise UnknownKey(sealed[1:HEADER_BYTES].hex())
        header, rest = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
        nonce, data = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            text = key.aead(algorithm, place.tenant_id).decrypt(nonce, data, header + place.bound)
        except InvalidTag:
            raise NotOpened(f"does not open as {place.column} of {place.table} {place.row_id}") from None
        return text.decode()

    def index(self, tenant_id: int, column: str, text: str) -> bytes:
        """The blind index that is stored beside a value: 32 bytes."""
        return self._current.index(self._algorithm, tenant_id, column, text.encode())

    def indexes(self, tenant_id: int, column: str, text: str) -> list[bytes]:
        """Every blind index under which the value may still be stored: one for each key and algorithm."""
        raw = text.encode()
        return [key.index(one, tenant_id, column, raw) for key in self._keys.values() for one in Algorithm]

    def names(self, header: bytes) -> tuple[str, str, bool]:
        """Key id and algorithm of values that begin with this header, and whether such can be opened here."""
        algorithm = _ALGORITHMS.get(header[0])
        kid = header[1:HEADER_BYTES]
        return kid.hex(), algorithm or f"form {header[0]}", algorithm is not None and kid in self._keys
