"""One function per verb of assessment."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Table

from server.assessment import store
from server.kit.actor import Role
from server.kit.errors import OutOfDate
from server.record.acts import Act

#: Who organises assessment.
ORGANISERS = (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR)


async def held(act: Act, table: Table, row_id: UUID, expected_version: int) -> RowMapping:
    """The row, locked, at the version the caller saw.  Raises: NotFound, OutOfDate."""
    row = await store.load_for_change(act.connection, table, act.tenant_id, row_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    return row


async def change(act: Act, table: Table, action: str, before: RowMapping, after: dict[str, Any]) -> None:
    """The row changed, with its entry in the trail."""
    await store.update_row(act.connection, table, act.tenant_id, before["id"], after)
    was = {key: before[key] for key in after}
    await act.note(action, table.name, before["id"], before=was, after=after)


def made(act: Act, row_id: UUID, values: dict[str, Any]) -> dict[str, Any]:
    """A new row of a table that people maintain."""
    told = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "source": "PERSON"}
    return values | told
