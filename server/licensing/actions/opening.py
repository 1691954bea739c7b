"""Opening: the institution begins to work, or is given longer."""

from datetime import date
from uuid import UUID

from server.institutions import store as register
from server.institutions.model import InstitutionStatus
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid
from server.licensing.actions.issuing import Opening, check_opening
from server.licensing.actions.steps import (
    INSTITUTION_FILERS,
    OFFICERS,
    change_licence,
    check_own,
    held,
)
from server.licensing.actions.telling import issue_paper
from server.licensing.awards import award_of, move_area, note_opened
from server.licensing.model import ChangeKind, LicenceStatus
from server.licensing.rules import check_reason
from server.licensing.tables import licence
from server.papers.model import PaperKind
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.sites.model import GapStatus
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind


async def record_opening(act: Act, licence_id: UUID, *, expected_version: int, on: date) -> None:
    """The institution has been open since the day; whether that was in time is for the rule to say.

    Implements: MTG-22-1.  Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*INSTITUTION_FILERS)
    row = await held(act, licence, licence_id, expected_version)
    check_own(act, row["institution_id"])
    if row["status"] not in (LicenceStatus.ACTIVE, LicenceStatus.VERIFICATION_DUE):
        raise Conflict(
            f"许可证状态为“{LicenceStatus(row['status']).label}”，不能登记开放运行", path=("input", "licence")
        )
    if row["opened_on"] is not None:
        raise Conflict(f"该机构已于 {row['opened_on']} 开放运行", path=("input", "licence"))
    if not row["valid_from_on"] <= on <= clock.today():
        raise Invalid(
            f"开放运行日期应在许可证生效日 {row['valid_from_on']} 至今天（{clock.today()}）之间，实际为 {on}",
            path=("input", "on"),
        )
    await change_licence(act, row, ChangeKind.OPENED, on=on, values={"opened_on": on})
    before = await register.load_for_change(act.connection, act.tenant_id, row["institution_id"])
    after = {"opened_on": on, "status": InstitutionStatus.OPERATING}
    await register.update_institution(act.connection, act.tenant_id, row["institution_id"], after)
    was = {key: before[key] for key in after}
    await act.note("opened", "institution", row["institution_id"], before=was, after=after)
    await finish(act, subject_id=licence_id, kind=TaskKind.OPEN_INSTITUTION)
    award_id = await award_of(act, row["application_id"])
    await note_opened(act, award_id)
    await move_area(act, award_id, GapStatus.OPEN, f"{on} 开放运行", institution_id=row["institution_id"])


async def extend_opening(act: Act, licence_id: UUID, *, expected_version: int, opening: Opening, reason: str) -> None:
    """The institution may open later, as a new decision or agreement says; only before the old day has passed.

    Implements: A-MTG-10.  Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*OFFICERS)
    row = await held(act, licence, licence_id, expected_version)
    check_opening(opening)
    told, today = check_reason(reason), clock.today()
    if row["opened_on"] is not None:
        raise Conflict(f"该机构已于 {row['opened_on']} 开放运行，无须延长", path=("input", "licence"))
    if row["opening_due_on"] is not None and today > row["opening_due_on"]:
        raise Conflict(
            f"开放运行期限已于 {row['opening_due_on']} 届满，不能再延长；请处理相应的建议", path=("input", "licence")
        )
    if opening.due_on <= max(today, row["opening_due_on"] or today):
        raise Invalid(
            f"新的期限应晚于今天和原期限 {row['opening_due_on'] or '（无）'}，实际为 {opening.due_on}",
            path=("input", "opening", "dueOn"),
        )
    values = {
        "opening_due_on": opening.due_on,
        "opening_source": opening.source,
        "opening_reference": opening.reference,
    }
    await change_licence(
        act,
        row,
        ChangeKind.OPENING_EXTENDED,
        on=today,
        values=values,
        deadline_on=opening.due_on,
        reason=told,
        reference=opening.reference,
    )
    await cancel(act, subject_id=licence_id, kind=TaskKind.OPEN_INSTITUTION)
    fixed = Due(
        opening.due_on,
        f"{opening.source.label}（{opening.reference}）写明的开放运行时间",
        None,
        DayUnit.FIXED,
        None,
        provisional=False,
        source=SourceStatus.FROM_CLAUSE,
    )
    await open_task(
        act,
        Task(
            TaskKind.OPEN_INSTITUTION,
            f"请在规定时间内开放运行（{opening.due_on} 前，含当日）",
            "licence",
            licence_id,
            row["institution_id"],
            Role.INSTITUTION_STAFF,
            due=fixed,
        ),
    )
    fields = {"新的期限": str(opening.due_on), "依据": opening.reference, "理由": told}
    await issue_paper(act, PaperKind.OPENING_EXTENSION, "licence", licence_id, row, fields)
