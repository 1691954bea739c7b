"""An act: one transaction on one tenant's database role, with who acts and what it leaves behind.

Everything an action writes goes through the act's connection, so the audit entry, the event and the kept answer stand or
fall with the change they tell of.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Table, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.db.pools import Pools
from server.kit import clock
from server.kit.actor import Actor, Role
from server.kit.custody import Custody
from server.kit.errors import Conflict, NotAllowed
from server.kit.ids import new_id
from server.record import sealed
from server.record.entries import content_of
from server.record.tables import audit_entry, kept_answer, outbox_event


@dataclass(frozen=True, slots=True)
class Act:
    """One transaction of one person in one tenant."""

    connection: AsyncConnection
    tenant_id: int
    actor: Actor
    request_id: str
    custody: Custody

    def require(self, *roles: Role) -> None:
        """Pass when the actor holds one of these roles in this tenant.

        Raises: NotAllowed.
        """
        if not self.actor.acting_roles_in(self.tenant_id).intersection(roles):
            raise NotAllowed()

    async def note(
        self,
        action: str,
        subject_type: str,
        subject_id: UUID,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        policy_digest: str | None = None,
    ) -> None:
        """Leave the audit entry and the event of one change."""
        await self.note_all(action, subject_type, [(subject_id, before, after)], policy_digest=policy_digest)

    async def note_all(
        self,
        action: str,
        subject_type: str,
        changes: list[tuple[UUID, Mapping[str, Any] | None, Mapping[str, Any] | None]],
        *,
        policy_digest: str | None = None,
    ) -> None:
        """Leave the audit entries and events of many changes of one kind, in two statements."""
        if not changes:
            return
        entries = [
            {
                "tenant_id": self.tenant_id,
                "id": new_id(),
                "at": clock.now(),
                "actor": self.actor.subject,
                "request_id": self.request_id,
                "action": action,
                "subject_type": subject_type,
                "subject_id": subject_id,
                "before": plain(before),
                "after": plain(after),
                "policy_digest": policy_digest,
            }
            for subject_id, before, after in changes
        ]
        sign = self.custody.signer.sign
        await self.connection.execute(
            insert(audit_entry), [one | {"signature": sign(content_of(one))} for one in entries]
        )
        await self.connection.execute(
            insert(outbox_event),
            [
                {
                    "tenant_id": self.tenant_id,
                    "id": new_id(),
                    "topic": f"{subject_type}.{action}",
                    "payload": {"id": str(subject_id)},
                }
                for subject_id, _, _ in changes
            ],
        )

    def seal(
        self, table: Table, row_id: UUID, at: tuple[str, ...] = ("input",), /, **values: str | None
    ) -> dict[str, Any]:
        """The columns that hold these personal values of a row, for its INSERT or UPDATE (server/record/sealed.py).

        ``at`` is where the values stand in the input, for refusals.  Raises: Invalid.
        """
        return sealed.sealing(self.custody.sealer, self.tenant_id, table, row_id, values, at)

    def equal(self, table: Table, /, **values: str) -> ColumnElement[bool]:
        """The condition that a row of this tenant holds these personal values. Raises: Invalid."""
        return sealed.equal(self.custody.sealer, self.tenant_id, table, values)

    async def open(self, table: Table, column: str, row_id: UUID, *, purpose: str) -> str | None:
        """A personal value in the clear, and the audit entry that says what for. Raises: NotAllowed, NotFound."""
        return await sealed.opened(self, table, column, row_id, purpose)

    async def answered(self, key: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer already given under this key, or None when it is new and now taken by this act.

        The key belongs to tenant and person.  A second request with the same key waits for the first to end.

        Raises: Conflict when the key was used for another request.
        """
        # Keyed: a request may hold what few guesses would find by a bare hash, a telephone number say.
        asked = orjson.dumps(plain(request), option=orjson.OPT_SORT_KEYS)
        fingerprint = self.custody.signer.sign(asked)
        mine = (kept_answer.c.subject == self.actor.subject, kept_answer.c.key == key)
        row = {"tenant_id": self.tenant_id, "id": new_id(), "subject": self.actor.subject, "key": key}
        taken = await self.connection.scalar(
            upsert(kept_answer)
            .values(row | {"fingerprint": fingerprint})
            .on_conflict_do_nothing()
            .returning(kept_answer.c.id)
        )
        if taken is not None:
            return None
        kept = (await self.connection.execute(select(kept_answer).where(*mine))).one()
        if not self.custody.signer.signed(asked, kept.fingerprint):
            raise Conflict(
                "幂等键 idempotencyKey 已用于另一个请求，请换用新的键", path=("input", "idempotencyKey"), key=key
            )
        answer: dict[str, Any] = kept.answer
        return answer

    async def keep(self, key: str, answer: Mapping[str, Any]) -> None:
        """Keep the answer of this act under its key."""
        await self.connection.execute(
            update(kept_answer)
            .where(kept_answer.c.subject == self.actor.subject, kept_answer.c.key == key)
            .values(answer=plain(answer))
        )


@asynccontextmanager
async def acting(pools: Pools, db_role: str, tenant_id: int, actor: Actor, request_id: str) -> AsyncIterator[Act]:
    """An act on this database role; committed when the block ends, undone when it raises."""
    async with pools.transaction(db_role) as connection:
        yield Act(connection, tenant_id, actor, request_id, pools.custody)


def plain(value: Any) -> Any:
    """The value as JSON holds it: dates and decimals as text, bytes (what is sealed) left out, all else as it is."""
    match value:
        case dict() | Mapping():
            return {str(key): plain(one) for key, one in value.items() if not isinstance(one, bytes)}
        case list() | tuple() | set() | frozenset():
            return [plain(one) for one in value]
        case UUID() | Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case _:
            return value
