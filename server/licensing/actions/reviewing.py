"""Review by experts in the course of an application: its time is not counted."""

from uuid import UUID

from server.kit import clock
from server.licensing import rules
from server.licensing.actions.accepting import DECISION_LIMIT, LATE, application_paper, decision_task
from server.licensing.actions.steps import NOTHING_DUE, OFFICERS, change, due, due_values, held
from server.licensing.limits import Limits
from server.licensing.model import NEXT_APPLICATION, ApplicationKind, ApplicationStatus
from server.licensing.tables import licence_application
from server.papers.model import PaperKind
from server.record.acts import Act
from server.tasks.actions import cancel
from server.tasks.model import DayUnit
from server.workdays.store import calendar_within


async def begin_expert_review(act: Act, application_id: UUID, *, expected_version: int, note: str) -> None:
    """Experts review; until they are done the limit stands still, and the applicant is told so in writing.

    Implements: 行政许可法 45.  Raises: NotAllowed, NotFound, OutOfDate, WrongState, Invalid.
    """
    act.require(*OFFICERS)
    row = await held(act, licence_application, application_id, expected_version)
    rules.check_step(NEXT_APPLICATION, ApplicationStatus(row["status"]), ApplicationStatus.EXPERT_REVIEW)
    today = clock.today()
    calendar = await calendar_within(act.connection)
    used = rules.used_days(calendar, row["limit_from_on"], today, DayUnit(row["limit_unit"]))
    values = {
        "status": ApplicationStatus.EXPERT_REVIEW,
        "paused_on": today,
        "limit_left": max(row["limit_left"] - used, 0),
        **NOTHING_DUE,
    }
    await change(act, licence_application, row, "expert_review_begun", values)
    await cancel(act, subject_id=application_id)
    told = {
        "事项": rules.check_reason(note, "note"),
        "说明": "专家评审所需时间不计算在办理期限内（行政许可法第四十五条）",
    }
    await application_paper(act, row, PaperKind.EXPERT_REVIEW_NOTICE, told)


async def end_expert_review(act: Act, limits: Limits, application_id: UUID, *, expected_version: int) -> None:
    """What was left of the limit runs on from the day after today.

    Raises: NotAllowed, NotFound, OutOfDate, WrongState.
    """
    act.require(*OFFICERS)
    row = await held(act, licence_application, application_id, expected_version)
    rules.check_step(NEXT_APPLICATION, ApplicationStatus(row["status"]), ApplicationStatus.ACCEPTED)
    today = clock.today()
    limit = limits.days(DECISION_LIMIT[ApplicationKind(row["kind"])], unit=DayUnit(row["limit_unit"]))
    deadline = await due(act, today, limit, n=row["limit_left"])
    values = {
        "status": ApplicationStatus.ACCEPTED,
        "paused_on": None,
        "limit_from_on": today,
        **due_values(deadline, LATE),
    }
    await change(act, licence_application, row, "expert_review_ended", values)
    await decision_task(act, row, deadline)
