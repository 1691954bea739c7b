"""What every step of a case has in common: who may, from where, and what it leaves behind."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import RowMapping

from server.institutions.tables import institution
from server.insurance import rules, store
from server.insurance.model import CLOSED, PASSAGES, DesignationStatus, Step
from server.insurance.parameters import Terms, terms_on
from server.insurance.tables import designation_application, designation_step
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Invalid, NotAllowed, NotFound, OutOfDate
from server.kit.ids import new_id
from server.policy.shelf import Shelved
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.tasks import actions as tasks
from server.tasks.model import DayUnit, Due, Task, TaskKind
from server.workdays.model import Calendar, CalendarStatus, Deadline

_LONGEST = 2000
SUBJECT = designation_application.name


@dataclass(frozen=True)
class Ground:
    """What every process holds ready: the published packs and the calendar."""

    shelved: Shelved
    calendar: Calendar

    def terms(self, on: date) -> Terms:
        """The numbers that hold on the day.  Raises: PolicyNotEnabled."""
        return terms_on(self.shelved, on)


class Case(NamedTuple):
    """An application and the institution it is for."""

    id: UUID
    institution_id: UUID

    @classmethod
    def of(cls, row: RowMapping) -> "Case":
        """That of the application's row."""
        return cls(row["id"], row["institution_id"])


async def held(act: Act, application_id: UUID, expected_version: int, step: Step) -> RowMapping:
    """The application, locked, at the version the caller saw, standing where the step begins, by somebody who may.

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep.
    """
    act.require(*PASSAGES[step].by)
    row = await store.load_for_change(act.connection, designation_application, act.tenant_id, application_id)
    await require_own(act, row["institution_id"], PASSAGES[step].by)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    rules.check_step(DesignationStatus(row["status"]), step)
    return row


async def require_own(act: Act, institution_id: UUID, by: frozenset[Role]) -> None:
    """Pass for officials of the case, and for the staff of the institution or of the centre it stands under.

    Another institution's case is not found.  Raises: NotFound.
    """
    if act.actor.acting_roles_in(act.tenant_id) & by - {Role.INSTITUTION_STAFF}:
        return
    own = {one.institution_id for one in act.actor.grants if one.tenant_id == act.tenant_id and one.institution_id}
    if institution_id in own:
        return
    row = await store.load_for_change(act.connection, institution, act.tenant_id, institution_id)
    if row["parent_id"] not in own:
        raise NotFound()


async def pass_on(
    act: Act, row: RowMapping, step: Step, explanation: str, *, on: date | None = None, **values: Any
) -> None:
    """The application one step further, with the entry in its own history and in the audit trail."""
    passage, today = PASSAGES[step], clock.today()
    status = DesignationStatus(row["status"])
    target = rules.check_step(status, step)
    after = {"status": target, "status_since": today, **values}
    if target in CLOSED:
        after["closed_on"] = today
    await store.update_row(act.connection, designation_application, act.tenant_id, row["id"], after)
    await tell(act, row["id"], row["institution_id"], step, status, target, explanation, on=on)
    before = {name: row[name] for name in after if name in row}
    await act.note(step.lower(), SUBJECT, row["id"], before=before, after=after | {"explanation": explanation})
    if target in CLOSED or passage.target is DesignationStatus.SIGNED:
        await tasks.cancel(act, subject_id=row["id"])


async def tell(
    act: Act,
    application_id: UUID,
    institution_id: UUID,
    step: Step,
    status: DesignationStatus,
    target: DesignationStatus,
    explanation: str,
    *,
    on: date | None = None,
    at: datetime | None = None,
) -> None:
    """The step in the case's history: who, as what, when, why, by which clause."""
    passage = PASSAGES[step]
    role = next(one for one in Role if one in act.actor.acting_roles_in(act.tenant_id) & passage.by)
    await store.insert_rows(
        act.connection,
        designation_step,
        [
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "application_id": application_id,
                "institution_id": institution_id,
                "step": step,
                "from_status": status,
                "to_status": target,
                "on_date": on or clock.today(),
                "at": at or clock.now(),
                "by_name": act.actor.name,
                "by_role": role,
                "explanation": explanation,
                "clause_document": passage.clause.document,
                "clause_anchor": passage.clause.anchor,
            }
        ],
    )


async def remind(
    act: Act,
    case: Case,
    kind: TaskKind,
    title: str,
    role: Role,
    *,
    step: Step,
    due: Due | None = None,
    consequence: str | None = None,
) -> None:
    """A task for whoever takes the next step."""
    await tasks.open_task(
        act,
        Task(
            kind=kind,
            title=title,
            subject_type=SUBJECT,
            subject_id=case.id,
            institution_id=case.institution_id,
            role=role,
            due=due,
            clause=PASSAGES[step].clause,
            consequence=consequence,
        ),
    )


def working_due(last: Deadline, start: date, days: int, rule: str, source: SourceStatus) -> Due:
    """A last day counted in working days, as tasks bear it."""
    provisional = last.status is CalendarStatus.PROVISIONAL
    return Due(last.on, rule, days, DayUnit.WORKING, start, provisional, source)


def worded(text: str | None, otherwise: str | None, field: str) -> str:
    """What somebody says about a step, else what is always so.  Raises: Invalid where neither is there, or too much."""
    said = (text or "").strip() or otherwise
    if not said:
        raise Invalid(f"{field} 不能为空", path=("input", field))
    if len(said) > _LONGEST:
        raise Invalid(f"{field} 最多 {_LONGEST} 个字，实际 {len(said)} 个", path=("input", field))
    return said


def not_future(day: date, field: str) -> date:
    """The day.  Raises: Invalid for one that has not come."""
    if day > clock.today():
        raise Invalid(f"{field} 不能晚于今天（{clock.today()}），实际为 {day}", path=("input", field))
    return day


def only_officials(act: Act, given: object, message: str) -> None:
    """Raises: NotAllowed where staff give what the agency alone may."""
    if given is not None and Role.AGENCY_OFFICER not in act.actor.roles_in(act.tenant_id):
        raise NotAllowed(message)
