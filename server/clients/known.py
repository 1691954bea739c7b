"""Trusted documents as one process remembers them: read from the shared table when they are first asked for."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

#: Finds a document's text by its digest where it is kept for all replicas.
FindText = Callable[[str], Awaitable[str | None]]

#: A withdrawn document is refused by every replica after this long.
_FOUND_SECONDS = 60.0
#: A document just registered is known to every replica after this long.
_MISSED_SECONDS = 2.0
_FOUND_CHARACTERS = 4_000_000
_MISSED_MOST = 10_000


class KnownDocuments:
    """Texts by digest, bounded in size; a digest that nobody registered is remembered too, so that guessing costs little."""

    def __init__(self, find: FindText, clock: Callable[[], float] = time.monotonic) -> None:
        self._find = find
        self._clock = clock
        self._found: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._missed: OrderedDict[str, float] = OrderedDict()
        self._characters = 0

    async def find(self, digest: str) -> str | None:
        """The text of the document with this digest; None where nobody registered it."""
        now = self._clock()
        known = self._found.get(digest)
        if known is not None and known[0] > now:
            self._found.move_to_end(digest)
            return known[1]
        if self._missed.get(digest, 0.0) > now:
            return None
        text = await self._find(digest)
        self._forget(digest)
        if text is None:
            self._missed[digest] = now + _MISSED_SECONDS
            self._missed.move_to_end(digest)
            if len(self._missed) > _MISSED_MOST:
                self._missed.popitem(last=False)
        else:
            self._missed.pop(digest, None)
            self._keep(digest, text, now)
        return text

    def _keep(self, digest: str, text: str, now: float) -> None:
        self._found[digest] = (now + _FOUND_SECONDS, text)
        self._characters += len(text)
        while self._characters > _FOUND_CHARACTERS:
            self._forget(next(iter(self._found)))

    def _forget(self, digest: str) -> None:
        known = self._found.pop(digest, None)
        if known is not None:
            self._characters -= len(known[1])
