"""Identifiers: time-ordered row ids made by the application, and the opaque ids that callers see.

A *row id* is a UUIDv7: ordered by creation, made without asking the database, and revealing no volumes.

A *node id* is what GraphQL calls ``ID``: 28 URL-safe characters over 21 bytes: one byte of type tag, four of tenant
number, sixteen of row id.  It is opaque by contract.  The tenant inside lets the server choose the database role; it is no
secret and grants nothing: the row-level policies of that role still decide.
"""

import base64
import binascii
from dataclasses import dataclass
from uuid import UUID, uuid5

import uuid_utils
import uuid_utils.compat

from server.kit.errors import BadInput

_LENGTH = 28
_BYTES = 21
_NAMESPACE = UUID("5c1f0c1e-7a0e-5d0b-9a3c-71e4c0de0001")


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid_utils.compat.uuid7()


def new_request_id() -> str:
    """A fresh UUIDv7 as text, for every request: without the standard library's UUID, which costs ten times as much."""
    return str(uuid_utils.uuid7())


def stable_id(*parts: str) -> UUID:
    """The same id for the same words in every installation (UUIDv5): for rows that come from files, not from acts."""
    return uuid5(_NAMESPACE, "/".join(parts))


@dataclass(frozen=True, slots=True)
class NodeId:
    """A decoded node id. ``tag`` is the type's number in the schema's bindings (1..255), ``tenant_id`` ≥ 0."""

    tag: int
    tenant_id: int
    id: UUID

    def __str__(self) -> str:
        raw = bytes([self.tag]) + self.tenant_id.to_bytes(4, "big") + self.id.bytes
        return base64.urlsafe_b64encode(raw).decode()

    @staticmethod
    def parse(text: str, *, path: tuple[str | int, ...] = ("id",)) -> "NodeId":
        """The node id that ``text`` spells.

        Raises: BadInput when it is not one of ours (wrong length, alphabet or non-canonical spelling).
        """
        global _latest
        if text == _latest[0]:
            return _latest[1]
        try:
            # 28 characters are 21 bytes without a bit to spare, so each text of this alphabet is the one spelling of its id.
            if len(text) != _LENGTH or "+" in text or "/" in text:
                raise ValueError(text)
            raw = binascii.a2b_base64(text.replace("-", "+").replace("_", "/"), strict_mode=True)
            if len(raw) != _BYTES:
                raise ValueError(text)
        except (ValueError, binascii.Error):
            raise BadInput("ID 格式不正确：应为系统返回的 28 位标识", path=path) from None
        node = NodeId(raw[0], int.from_bytes(raw[1:5], "big", signed=True), UUID(bytes=raw[5:]))
        _latest = (text, node)
        return node


#: One request asks what the same id means several times on end: for its scope, for its condition.
_latest: tuple[str, NodeId] = ("", NodeId(0, 0, UUID(int=0)))
