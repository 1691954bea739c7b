"""Addresses that open one file, for one purpose, for a short time: signed, and known to nobody who was not given them."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.kit import clock

#: Where files come in and go out.
PATH = "/files"


class Purpose(StrEnum):
    """What an address is good for."""

    UPLOAD = "upload"
    DOWNLOAD = "download"
    PAPER_DOCX = "paper.docx"
    PAPER_PDF = "paper.pdf"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a signed address says: which row of which tenant, given to whom."""

    purpose: Purpose
    tenant_id: int
    id: UUID
    subject: str


class TicketRefused(Exception):
    """The address is not ours, was altered, is for something else, or has expired."""


class Tickets:
    """Signs and reads addresses.  ``public_url``: how callers reach this server, empty for addresses relative to it."""

    def __init__(self, secret: str, *, public_url: str = "") -> None:
        self._key = OctKey.import_key(hmac.digest(secret.encode(), b"shequ/files", hashlib.sha256))
        self._public_url = public_url.rstrip("/")
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock.now().timestamp()), exp={"essential": True}, aud={"essential": True}
        )

    def address(self, ticket: Ticket, until: datetime) -> str:
        """The signed address, good until then."""
        claims = {
            "aud": ticket.purpose.value,
            "tenant": ticket.tenant_id,
            "id": str(ticket.id),
            "sub": ticket.subject,
            "exp": int(until.timestamp()),
        }
        # In the query, which is never logged; the path is.
        return (
            f"{self._public_url}{PATH}?ticket={jwt.encode({'alg': 'HS256'}, claims, self._key, algorithms=['HS256'])}"
        )

    def read(self, token: str) -> Ticket:
        """What the ticket of an address says.

        Raises: TicketRefused.
        """
        try:
            token_read = jwt.decode(token, self._key, algorithms=["HS256"])
            self._claims.validate(token_read.claims)
            claims = token_read.claims
            return Ticket(Purpose(claims["aud"]), claims["tenant"], UUID(claims["id"]), claims["sub"])
        except (JoseError, ValueError, KeyError, TypeError):
            raise TicketRefused() from None
