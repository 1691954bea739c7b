"""Canonical JSON: equal content has equal bytes, so a digest names a content."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from server.kit.clause import Clause
from server.kit.clock import BEIJING


def jsonable(value: Any) -> Any:
    """The same content from JSON's own types: objects, arrays, strings, integers, booleans, null.

    Dates become ISO 8601, instants the same in Beijing time (one instant, one text, whatever zone it came in), decimals
    and clauses their text, sets sorted arrays.  Floats are refused: their text is not the same everywhere, and policy
    knows whole numbers and decimals only.  So are datetimes without a zone, which name no instant.
    """
    if value is None or isinstance(value, bool) or type(value) in (int, str):
        return value
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(jsonable(item) for item in value)
    if isinstance(value, (str, int)):
        return value.value if hasattr(value, "value") else value
    if isinstance(value, datetime):
        return _instant(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, Clause)):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON form")


def _instant(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise TypeError("a datetime without a zone has no canonical JSON form")
    return value.astimezone(BEIJING)


def canonical_json(value: Any) -> bytes:
    """UTF-8, keys sorted, no white space, no escapes beyond the necessary (RFC 8785 for the types that occur here)."""
    return orjson.dumps(jsonable(value), option=orjson.OPT_SORT_KEYS)


def digest(value: Any) -> str:
    """SHA-256 over the canonical JSON, 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 over the UTF-8 bytes of a clause's text, as it stands."""
    return hashlib.sha256(text.encode()).hexdigest()
