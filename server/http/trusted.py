"""Which document a request may run: the policy on trusted documents, for every transport."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import NamedTuple

from server.clients.model import digest_of
from server.http.asking import Asked

_AUTOMATIC_CHARACTERS = 1_000_000


class TrustedDocuments(StrEnum):
    """``off``: documents are sent as text.  ``preferred``: as text or by id.  ``required``: registered documents alone."""

    OFF = "off"
    PREFERRED = "preferred"
    REQUIRED = "required"


class DocumentRefused(Exception):
    """The request names no document that it may run: code and sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Chosen(NamedTuple):
    """The document to run; ``offered``: its digest, where the client offers it to be remembered (APQ's second request)."""

    text: str
    offered: str | None = None


class Documents:
    """Chooses the document of a request.

    ``find`` reads what clients registered.  What Apollo clients offer by themselves is remembered apart, by this process
    alone and bounded in size: anybody can offer a document, so it is a saving of bytes and never trusted.
    """

    def __init__(self, policy: TrustedDocuments, find: Callable[[str], Awaitable[str | None]]) -> None:
        self._policy = policy
        self._find = find
        self._automatic: OrderedDict[str, str] = OrderedDict()
        self._characters = 0
        #: Whether a document that is sent as text alone may run without a look at what is registered.
        self.takes_text = policy is not TrustedDocuments.REQUIRED

    async def choose(self, asked: Asked) -> Chosen:
        """The document that the request names. Raises: DocumentRefused."""
        text, digest = asked.text, asked.digest
        if digest is None:
            assert text is not None  # a well-formed request has one of the two
            if self._policy is TrustedDocuments.REQUIRED and await self._find(digest_of(text)) is None:
                raise _untrusted()
            return Chosen(text)
        if self._policy is TrustedDocuments.OFF:
            message = "PersistedQueryNotSupported" if asked.automatic else "本系统未启用受信文档，请发送 query"
            raise DocumentRefused("PERSISTED_QUERY_NOT_SUPPORTED", message)
        if text is not None and digest_of(text) != digest:
            raise DocumentRefused("BAD_USER_INPUT", "所给 SHA-256 与 query 的文本不符")
        registered = await self._find(digest)
        if registered is not None:
            return Chosen(registered)
        if self._policy is TrustedDocuments.REQUIRED and text is not None:
            raise _untrusted()
        if text is not None:
            return Chosen(text, digest if asked.automatic else None)
        offered = self._automatic.get(digest) if self._policy is TrustedDocuments.PREFERRED else None
        if offered is None:
            # Apollo's and urql's clients know this answer by these very words, and then send the text.
            raise DocumentRefused(
                "PERSISTED_QUERY_NOT_FOUND",
                "PersistedQueryNotFound"
                if asked.automatic
                else "没有登记过该文档，请先用 shequ documents register 登记",
            )
        self._automatic.move_to_end(digest)
        return Chosen(offered)

    def remember(self, chosen: Chosen) -> None:
        """Keep an offered document, once it has proved to be one that runs."""
        digest = chosen.offered
        if digest is None or digest in self._automatic:
            return
        self._automatic[digest] = chosen.text
        self._characters += len(chosen.text)
        while self._characters > _AUTOMATIC_CHARACTERS:
            _, text = self._automatic.popitem(last=False)
            self._characters -= len(text)


def _untrusted() -> DocumentRefused:
    return DocumentRefused("TRUSTED_DOCUMENT_REQUIRED", "本系统只接受已登记的受信文档，请按 documentId 发送")
