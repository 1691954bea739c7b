"""Showing a personal value in the clear: to whom it is open, for a purpose, and never without a trace."""

import re
import unicodedata
from uuid import UUID

from sqlalchemy import Table

from server.identity import store
from server.kit import clock
from server.kit.errors import Invalid, NotAllowed
from server.record.acts import Act
from server.record.sealed import declared

_PURPOSE_SHORTEST, _PURPOSE_LONGEST = 4, 200
_NUMBER = re.compile(r"[0-9][0-9\s\-]{5,}[0-9Xx]")


async def unmask(act: Act, table: Table, column: str, row_id: UUID, purpose: str) -> str | None:
    """The value in the clear; None where the row holds none.

    The caller's roles are read once more from the membership table, inside the transaction that leaves the audit entry.
    Whether the caller may see the row at all is for those who know its row rules: asked before.

    Raises: NotAllowed, NotFound, Invalid (no purpose to speak of, or one that holds a number itself).
    """
    purpose = _told(purpose)
    today = clock.today()
    held = await store.list_roles(act.connection, act.tenant_id, act.actor.subject, today)
    if not held & declared(table, column).opened_by:
        raise NotAllowed("您没有查看该项个人信息明文的权限")
    return await act.open(table, column, row_id, purpose=purpose)


def _told(purpose: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", purpose).split())
    path = ("input", "purpose")
    if not _PURPOSE_SHORTEST <= len(text) <= _PURPOSE_LONGEST:
        raise Invalid(
            f"请写明查看明文的用途，{_PURPOSE_SHORTEST} 到 {_PURPOSE_LONGEST} 个字符，实际为 {len(text)} 个", path=path
        )
    if _NUMBER.search(text) or not text.isprintable():
        raise Invalid("用途记入审计，请勿在其中填写证件、电话或账户号码", path=path)
    return text
