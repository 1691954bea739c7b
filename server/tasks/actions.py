"""Opening and closing tasks; areas call these inside their own acts."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.db.pools import Pools
from server.db.roles import district_role
from server.kit import clock
from server.kit.actor import Actor, Role
from server.kit.errors import Conflict, Invalid, NotFound, OutOfDate
from server.kit.ids import new_id
from server.policy.terms import SourceStatus
from server.record.acts import Act, acting
from server.tasks import rules, store
from server.tasks.model import DayUnit, Due, Task, TaskKind, TaskStatus
from server.workdays.errors import YearMissing
from server.workdays.model import CalendarStatus
from server.workdays.rules import last_day
from server.workdays.store import calendar_within

#: Who assigns tasks.
ASSIGNERS = (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR, Role.AGENCY_OFFICER, Role.DEPARTMENT_OFFICER)
#: In whose name days move when the calendar does.
_CALENDAR = Actor("shequ calendar", "工作日历", ())


async def open_task(act: Act, task: Task) -> UUID:
    """A new open task."""
    task_id = new_id()
    clause = task.clause
    after = {
        "kind": task.kind,
        "title": task.title,
        "status": TaskStatus.OPEN,
        "subject_type": task.subject_type,
        "subject_id": task.subject_id,
        "subject_tenant_id": task.subject_tenant_id,
        "institution_id": task.institution_id,
        "role": task.role,
        "department": task.department,
        "assignee": task.assignee,
        "clause_document": clause.document if clause else None,
        "clause_anchor": clause.anchor if clause else None,
        "consequence": task.consequence,
        **_due(task.due),
    }
    row = after | {"tenant_id": act.tenant_id, "id": task_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_tasks(act.connection, [row])
    await act.note("opened", "task", task_id, after=after)
    return task_id


async def finish(act: Act, *, subject_id: UUID, kind: TaskKind | None = None) -> int:
    """The case's open tasks, of one kind or of all, are done today; how many there were."""
    return await _close(act, subject_id, kind, TaskStatus.DONE)


async def cancel(act: Act, *, subject_id: UUID, kind: TaskKind | None = None) -> int:
    """The case's open tasks, of one kind or of all, need not be done any more; how many there were."""
    return await _close(act, subject_id, kind, TaskStatus.CANCELLED)


async def assign(act: Act, task_id: UUID, *, expected_version: int, assignee: str | None) -> None:
    """The task is this person's, or nobody's in particular.

    Officers of the district's health commission assign all but the agency's, the agency and each department their own.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict (closed), Invalid (not a member in the task's role).
    """
    act.require(*ASSIGNERS)
    row = await store.load_for_change(act.connection, act.tenant_id, task_id)
    if not _may_assign(act, row):
        raise NotFound()
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    if row["status"] != TaskStatus.OPEN:
        raise Conflict(f"该待办{TaskStatus(row['status']).label}，不能再指派", path=("input", "task"))
    if assignee is not None and not await store.holds_role(
        act.connection, assignee, row["role"], row["department"], clock.today()
    ):
        role = Role(row["role"]).label
        raise Invalid(f"承办人应为本区现任的{role}（以身份标识填写）", path=("input", "assignee"))
    await store.update_task(act.connection, act.tenant_id, task_id, {"assignee": assignee})
    await act.note("assigned", "task", task_id, before={"assignee": row["assignee"]}, after={"assignee": assignee})


def _may_assign(act: Act, row: RowMapping) -> bool:
    held = act.actor.roles_in(act.tenant_id)
    if Role.DISTRICT_ADMINISTRATOR in held:
        return True
    if row["role"] == Role.AGENCY_OFFICER:
        return Role.AGENCY_OFFICER in held
    if Role.DISTRICT_OFFICER in held:
        return True
    departments = {one.department for one in act.actor.grants if one.tenant_id == act.tenant_id and one.department}
    return row["role"] == Role.DEPARTMENT_OFFICER and row["department"] in departments


async def recount(act: Act) -> int:
    """The district's open tasks whose day a calendar notice could move, counted again; how many days moved.

    What was provisional becomes settled where the calendar is; a day that moved keeps what it was before.  Running it
    again changes nothing.

    Implements: design, "Working days" (a deadline over provisional days is recomputed when the notice is loaded).
    """
    rows = await store.list_provisional(act.connection, act.tenant_id)
    calendar = await calendar_within(act.connection) if rows else None
    moved = 0
    for row in rows:
        assert calendar is not None
        try:
            last = last_day(
                calendar,
                row["due_from_on"],
                row["due_days"],
                DayUnit(row["due_unit"]),
                counts_first_day=row["due_counts_first_day"],
            )
        except YearMissing:
            continue  # the calendar does not reach that far yet: the day stays provisional
        after = {"due_on": last.on, "provisional": last.status is CalendarStatus.PROVISIONAL}
        before = {name: row[name] for name in after}
        if after == before:
            continue
        if last.on != row["due_on"]:
            moved += 1
            after["due_before"] = row["due_on"]
        await store.update_task(act.connection, act.tenant_id, row["id"], after)
        await act.note("recounted", "task", row["id"], before=before, after=after)
    return moved


async def recount_everywhere(pools: Pools, districts: Mapping[str, int], request_id: str) -> int:
    """``recount`` in every district (tenant number by code), each in its own transaction; how many days moved."""
    moved = 0
    for code, tenant_id in districts.items():
        async with acting(pools, district_role(code), tenant_id, _CALENDAR, request_id) as act:
            moved += await recount(act)
    return moved


async def due_after(
    act: Act,
    start: date,
    n: int,
    unit: DayUnit,
    *,
    rule: str,
    source: SourceStatus,
    counts_first_day: bool = False,
) -> Due:
    """The last day of ``n`` units after ``start`` by the platform's calendar as this act sees it.

    Raises: YearMissing where the calendar does not reach that far.
    """
    calendar = await calendar_within(act.connection)
    return rules.due_on(calendar, start, n, unit, rule=rule, source=source, counts_first_day=counts_first_day)


async def _close(act: Act, subject_id: UUID, kind: TaskKind | None, status: TaskStatus) -> int:
    after = {"status": status, "closed_on": clock.today()}
    closed = await store.close_tasks(
        act.connection, act.tenant_id, subject_id, kind, status, on=clock.today(), by=act.actor.subject
    )
    action = "finished" if status is TaskStatus.DONE else "cancelled"
    await act.note_all(action, "task", [(one, {"status": TaskStatus.OPEN}, after) for one in closed])
    return len(closed)


def _due(due: Due | None) -> dict[str, Any]:
    return {
        "due_on": due and due.on,
        "due_rule": due and due.rule,
        "due_days": due and due.days,
        "due_unit": due and due.unit,
        "due_from_on": due and due.from_on,
        "due_counts_first_day": due is not None and due.counts_first_day,
        "provisional": due is not None and due.provisional,
        "due_source": due and due.source,
    }
