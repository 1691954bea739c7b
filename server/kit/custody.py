"""The secrets of one process: what it signs its records with, and what it seals personal values with.

They never reach the database: whoever can write rows there, the superuser included, cannot sign an audit entry, and
whoever reads them there cannot open a sealed value.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from server.kit.sealing import Sealer


class Signer:
    """Signs bytes with the first of its secrets; recognises what any of them signed. Never shows a secret."""

    __slots__ = ("_keys",)

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or not all(secrets):
            raise ValueError("a signer needs at least one secret, and none may be empty")
        self._keys = tuple(hmac.digest(secret.encode(), b"shequ/audit", "sha256") for secret in secrets)

    def sign(self, message: bytes) -> str:
        """HMAC-SHA-256 under the first secret, 64 hexadecimal digits."""
        return _mac(self._keys[0], message)

    def signed(self, message: bytes, signature: str) -> bool:
        """Whether one of the secrets made this signature."""
        told = signature.encode()
        return any(hmac.compare_digest(_mac(key, message).encode(), told) for key in self._keys)


@dataclass(frozen=True, slots=True)
class Custody:
    """All that a process holds in trust besides its logins."""

    signer: Signer
    sealer: Sealer

    @staticmethod
    def derived(role_secret: str) -> "Custody":
        """What holds where nothing of its own is set: everything derived from the installation's one secret."""
        return Custody(Signer([f"audit/{role_secret}"]), Sealer([f"sealing/{role_secret}"]))


def _mac(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()
