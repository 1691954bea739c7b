"""Files of one installation: where their bytes are, what is taken, and the signed addresses by which they come and go."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

from server.documents.media import Limits
from server.documents.tickets import Tickets
from server.documents.vault import Vault


@dataclass(frozen=True, slots=True)
class Files:
    """What all requests of a process share; how long addresses are good is the installation's setting."""

    vault: Vault
    tickets: Tickets
    limits: Limits = field(default_factory=Limits)
    upload_time: timedelta = timedelta(minutes=15)
    download_time: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file to be sent.  ``pieces`` are its bytes, ``sha256`` what they must come to where it is known."""

    name: str
    media_type: str
    size_bytes: int
    pieces: AsyncIterator[bytes]
    sha256: str | None = None
