"""Opening and closing tasks; areas call these inside their own acts."""

from datetime import date
from typing import Any
from uuid import UUID

from server.kit import clock
from server.kit.ids import new_id
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.tasks import rules, store
from server.tasks.model import DayUnit, Due, Task, TaskKind, TaskStatus
from server.workdays.store import calendar_within


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
