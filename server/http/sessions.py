"""Browsers that signed in: a cookie in the place of a token, and what a request must show besides it.

The cookie holds a random secret and nothing else (HttpOnly, SameSite=Strict, host-bound under https); the session is kept on
the server, by the secret's digest.  A browser adds a cookie to requests that other sites make it send, so the cookie counts
only where the request bears a header that no other site can add without being asked, and comes from our own origin.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Protocol
from urllib.parse import urlsplit

from server.http.messages import HttpProblem, Scope, header

#: The header that our own pages send with the cookie; its value does not matter.
HEADER = "x-shequ-session"
_KEPT_SECONDS = 5.0
_KEPT_MOST = 10_000
_SECRET_LONGEST = 100


class Store(Protocol):
    """Where sessions are kept."""

    async def begin(self, subject: str) -> str: ...

    async def find_subject(self, secret: str) -> str | None: ...

    async def end(self, secret: str) -> None: ...


class Sessions:
    """From a cookie to a person's subject.

    ``public_url``: under which browsers reach us; without it (development) a request's own ``Host`` is our origin.  What a
    secret opens is remembered for five seconds, and looked up anew where ``fresh`` is asked for.
    """

    def __init__(
        self, store: Store, public_url: str | None = None, *, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._origin = _origin_of(public_url) if public_url else None
        self.secure = bool(public_url) and urlsplit(public_url or "").scheme == "https"
        self._name = "__Host-shequ-session" if self.secure else "shequ-session"
        self._elapsed = elapsed
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def secret_of(self, scope: Scope) -> str | None:
        """What the request's session cookie holds; None without one."""
        value = cookie_of(scope, self._name)
        return value if value and len(value) <= _SECRET_LONGEST else None

    def require_own(self, scope: Scope) -> None:
        """Pass when the request comes from a page of ours, by its own doing.

        Raises: HttpProblem.
        """
        if header(scope, HEADER.encode()) is None or not self.is_own(scope):
            raise HttpProblem(403, "FORBIDDEN", f"以浏览器会话登录的请求应由本系统的页面发出，并带有请求头 {HEADER}")

    def is_own(self, scope: Scope) -> bool:
        """Whether nothing says that another origin sent the request; a browser says so of POST and of WebSockets."""
        site = header(scope, b"sec-fetch-site")
        if site not in (None, "same-origin", "none"):
            return False
        origin = header(scope, b"origin")
        if origin is None:
            return True
        if self._origin is not None:
            return origin == self._origin
        return urlsplit(origin).netloc == (header(scope, b"host") or "")

    async def subject_of(self, secret: str, *, fresh: bool = False) -> str | None:
        """Whose session it is; None where it has ended."""
        known = self._known.get(secret)
        if not fresh and known is not None and known[0] > self._elapsed():
            return known[1]
        until = self._elapsed() + _KEPT_SECONDS
        subject = await self._store.find_subject(secret)
        if subject is None:
            self._known.pop(secret, None)
            return None
        self._known[secret] = (until, subject)
        self._known.move_to_end(secret)
        if len(self._known) > _KEPT_MOST:
            self._known.popitem(last=False)
        return subject

    async def begin(self, subject: str) -> str:
        """A new session; the value of its ``Set-Cookie``."""
        return self._cookie(await self._store.begin(subject))

    async def end(self, secret: str) -> str:
        """The session is no more, here at once and elsewhere within five seconds; the ``Set-Cookie`` that says so."""
        self._known.pop(secret, None)
        await self._store.end(secret)
        return self._cookie("", "; Max-Age=0")

    def _cookie(self, value: str, more: str = "") -> str:
        # Strict: the cookie goes with what our pages ask for, never with what another site sends a browser to.
        secure = "; Secure" if self.secure else ""
        return f"{self._name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}"


def cookie_of(scope: Scope, name: str) -> str | None:
    """The value of the request's cookie of this name; None without one."""
    sent = "; ".join(value.decode("latin-1") for key, value in scope["headers"] if key == b"cookie")
    if name not in sent:
        return None
    try:
        found = SimpleCookie(sent).get(name)
    except CookieError:
        return None
    return None if found is None else found.value


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
