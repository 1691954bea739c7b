"""The query page of development: one file with nothing from elsewhere, so that it works in an office without internet."""

import base64
import hashlib
import re
from pathlib import Path

from server.http.messages import Scope, Send, header, respond

_PAGE = Path(__file__).with_suffix(".html").read_bytes()


def _hash_of(tag: bytes) -> str:
    """The policy's word for the one inline element of this kind."""
    found = re.search(rb"<%b>(.*?)</%b>" % (tag, tag), _PAGE, re.DOTALL)
    assert found is not None
    return f"'sha256-{base64.b64encode(hashlib.sha256(found[1]).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; script-src {_hash_of(b'script')}; style-src {_hash_of(b'style')}; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def is_asked(scope: Scope) -> bool:
    """Whether a browser opens the address, rather than a program sending a request."""
    return (
        scope["method"] == "GET"
        and not scope["query_string"]
        and "text/html" in (header(scope, b"accept") or "").lower()
    )


async def show(send: Send) -> None:
    """Send the page."""
    await respond(send, 200, _PAGE, b"text/html; charset=utf-8", {"content-security-policy": _POLICY})
