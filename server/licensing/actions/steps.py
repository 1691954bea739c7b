"""What every verb of licensing does: hold the case, go one step of its machine, tell the deadline, leave the change."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Table

from server.districts.model import AuthorityKind
from server.documents.actions import own_institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.errors import Conflict, NotFound, OutOfDate
from server.kit.ids import new_id
from server.licensing import store
from server.licensing.limits import Limit
from server.licensing.model import NEXT_LICENCE, ChangeKind, LicenceStatus
from server.licensing.rules import check_step
from server.licensing.tables import licence, licence_change
from server.papers.store import find_authority
from server.record.acts import Act
from server.tasks.actions import due_after
from server.tasks.model import Due

#: Who decides.
OFFICERS = (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR)
#: Who applies: an awarded operator, the institution's own people, or an officer for them.
FILERS = (*OFFICERS, Role.APPLICANT, Role.INSTITUTION_STAFF)
#: Who acts for an institution that exists.
INSTITUTION_FILERS = (*OFFICERS, Role.INSTITUTION_STAFF)


def is_officer(act: Act) -> bool:
    """Whether the person who acts decides here."""
    return bool(act.actor.roles_in(act.tenant_id).intersection(OFFICERS))


def check_own(act: Act, institution_id: UUID | None, applicant: str | None = None) -> None:
    """Pass for officers, for who applied, and for the institution's own people.  Raises: NotFound."""
    if is_officer(act) or (applicant is not None and applicant == act.actor.subject):
        return
    if institution_id is None or institution_id not in own_institutions(act):
        raise NotFound()


async def held(act: Act, table: Table, row_id: UUID, expected_version: int) -> RowMapping:
    """The row, locked, at the version the caller saw.  Raises: NotFound, OutOfDate."""
    row = await store.load(act.connection, table, act.tenant_id, row_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    return row


async def change(act: Act, table: Table, before: RowMapping, action: str, after: Mapping[str, Any]) -> None:
    """The row with these values, and the audit entry that tells what they were."""
    await store.change(act.connection, table, act.tenant_id, before["id"], after)
    was = {key: before[key] for key in after}
    await act.note(action, table.name, before["id"], before=was, after=after)


async def due(act: Act, start: date, limit: Limit, *, n: int | None = None) -> Due:
    """The last day of the limit after ``start``; ``n`` where less of it is left."""
    length = limit.n if n is None else n
    return await due_after(act, start, length, limit.unit, rule=limit.rule, source=limit.source)


def due_values(deadline: Due | None, consequence: str | None) -> dict[str, Any]:
    """The deadline as the case's row tells it."""
    return {
        "due_on": deadline and deadline.on,
        "due_rule": deadline and deadline.rule,
        "due_provisional": deadline and deadline.provisional,
        "due_source": deadline and deadline.source,
        "due_consequence": consequence if deadline else None,
    }


#: What a case's row tells once nothing more is due.
NOTHING_DUE = due_values(None, None)


async def authority(act: Act) -> str:
    """The district's health authority by its full name."""
    kind = AuthorityKind.HEALTH_COMMISSION
    return await find_authority(act.connection, act.tenant_id, kind) or kind.label


async def change_licence(
    act: Act,
    before: RowMapping,
    kind: ChangeKind,
    *,
    on: date,
    to: LicenceStatus | None = None,
    values: Mapping[str, Any] | None = None,
    clause: Clause | None = None,
    **told: Any,
) -> None:
    """The licence one step further, with its entry in the licence's history.

    Raises: WrongState where the step does not follow, Conflict where it would come before what happened last.
    """
    after = dict(values or {})
    now = LicenceStatus(before["status"])
    if to is not None and to is not now:
        check_step(NEXT_LICENCE, now, to)
        after["status"] = to
    if on < before["issued_on"]:
        raise Conflict(f"日期 {on} 早于许可证颁发日期 {before['issued_on']}，请核对", path=("input", "on"))
    if after:
        await change(act, licence, before, kind.lower(), after)
    await store.add(act.connection, licence_change, [change_row(act, dict(before), kind, on=on, clause=clause, **told)])


def change_row(
    act: Act, of: Mapping[str, Any], kind: ChangeKind, *, on: date, clause: Clause | None = None, **told: Any
) -> dict[str, Any]:
    """An entry of the licence's history."""
    return {
        "tenant_id": act.tenant_id,
        "id": new_id(),
        "licence_id": of["id"],
        "institution_id": of["institution_id"],
        "kind": kind,
        "on_date": on,
        "recorded_at": clock.now(),
        "clause_document": clause.document if clause else None,
        "clause_anchor": clause.anchor if clause else None,
        "created_by": act.actor.subject,
        "deadline_on": None,
        "cycle_from_on": None,
        "cycle_until": None,
        "due_on": None,
        "reason": None,
        "reference": None,
    } | told
