"""An audit entry as bytes: what is signed when it is written, and hashed when it is linked.

The *content* of an entry is canonical JSON: keys sorted by code point, no white space, numbers as plain decimals without
trailing zeros (JSONB keeps a number's value, not its spelling), the instant in UTC with microseconds.  The application signs
it when it writes the entry, so an entry written by anybody else is known at once; the chain hashes the content together
with the signature and the transaction, so that no column can change afterwards.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

#: Counted up when the content is put together in another way; verifying keeps every form that was ever in use.
FORM = 1

#: What the content holds, besides the form.
CONTENT = (
    "tenant_id",
    "id",
    "at",
    "actor",
    "request_id",
    "action",
    "subject_type",
    "subject_id",
    "before",
    "after",
    "policy_digest",
)


def content_of(row: Mapping[str, Any]) -> bytes:
    """The content of an entry's row: ``at`` aware, ids as UUID or text, ``before`` and ``after`` plain JSON values."""
    at: datetime = row["at"]
    told = {name: row[name] for name in CONTENT} | {
        "form": FORM,
        "id": str(row["id"]),
        "subject_id": str(row["subject_id"]),
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
    }
    return canonical(told).encode()


def entry_hash(content: bytes, signature: str, xact: int) -> str:
    """SHA-256 over everything the entry's row holds."""
    return hashlib.sha256(b"%b\n%b\n%d" % (content, signature.encode(), xact)).hexdigest()


def first_hash(tenant_id: int) -> str:
    """What the first link of a tenant's chain follows, so that no chain passes for another tenant's."""
    return hashlib.sha256(b"shequ/audit/chain/%d" % tenant_id).hexdigest()


def link_hash(previous_hash: str, seq: int, entry_id: str, entry: str) -> str:
    """SHA-256 of one link: what came before, its place, and the entry it holds."""
    return hashlib.sha256(f"{previous_hash}\n{seq}\n{entry_id}\n{entry}".encode()).hexdigest()


def from_jsonb(text: str | None) -> Any:
    """The value that PostgreSQL printed, with every digit of its numbers."""
    return None if text is None else json.loads(text, parse_float=Decimal)


def canonical(value: Any) -> str:
    """Equal JSON values have equal text.

    Raises: TypeError for what JSON does not hold.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case int():
            return str(int(value))
        case float() | Decimal():
            return _decimal(value)
        case list() | tuple():
            return f"[{','.join(map(canonical, value))}]"
        case Mapping():
            return f"{{{','.join(f'{canonical(key)}:{canonical(value[key])}' for key in sorted(value))}}}"
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _decimal(value: float | Decimal) -> str:
    # repr of a float is the shortest text that reads back as the same float, and what json sends to PostgreSQL.
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite():
        raise TypeError(f"{exact} is no JSON value")
    text = format(exact, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
