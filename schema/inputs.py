"""What the inputs of all mutations share: their fields, the key that makes them safe to repeat, the version seen."""

from typing import Any

import strawberry

KEY = "幂等键 the same key returns the same answer, executed once; kept at least 24 hours"
VERSION = "所见版本 the `version` the caller read; a newer one gives `OutOfDate`"
REASON = "理由 2 to 2000 characters"


def field(description: str, **options: Any) -> Any:
    """A field of an input or a payload."""
    return strawberry.field(description=description, **options)


@strawberry.input
class Keyed:
    """What every mutation takes that may be sent twice."""

    idempotency_key: str = field(KEY)


@strawberry.input
class Versioned(Keyed):
    """What every verb takes on an object that somebody else may have changed meanwhile."""

    expected_version: int = field(VERSION)
