"""A trusted document and its name."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class TrustedDocument:
    """A document that a client registered."""

    digest: str
    text: str
    client: str
    registered_at: datetime


def digest_of(text: str) -> str:
    """The SHA-256 of a document's text in UTF-8: 64 lower-case hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_named(name: str) -> str | None:
    """The digest that a document id spells, ``sha256:<hex>`` or the bare hex; None where it spells none."""
    match = _DIGEST.fullmatch(name)
    return match[1].lower() if match else None
