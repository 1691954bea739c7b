"""What the inputs and payloads of all mutations share: their fields, and the key and version that verbs take."""

from typing import Any

import strawberry

KEY = "幂等键 the same key returns the same answer, executed once; kept at least 24 hours"
VERSION = "所见版本 the `version` the caller read; a newer one gives `OutOfDate`"
REASON = "理由 2 to 2000 characters"


def field(description: str, **options: Any) -> Any:
    """A field of an input or a payload."""
    return strawberry.field(description=description, **options)
