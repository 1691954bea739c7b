"""Joint inspections and special guidance: planned with who takes part, held with what was found.

Implements: FT-2-2-0b, FT-2-4-4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from server.districts.model import AuthorityKind
from server.institutions import store as institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.supervision import rules, store
from server.supervision.actions import signals
from server.supervision.model import COMMISSION, NEXT_OF_VISIT, SignalStatus, VisitKind, VisitStatus
from server.supervision.tables import joint_visit, yellow_card
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind

PLANNERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit to come; ``signal_id`` or ``card_id``: what gave rise to it, if one did."""

    institution_id: UUID
    kind: VisitKind
    planned_on: date
    departments: Sequence[AuthorityKind]
    purpose: str
    signal_id: UUID | None = None
    card_id: UUID | None = None


async def plan_visit(act: Act, wanted: Planned) -> UUID:
    """The visit planned, with a task for each department that takes part.

    Raises: NotAllowed, NotFound, Invalid, Conflict.
    """
    act.require(*PLANNERS)
    if wanted.planned_on < clock.today():
        raise Invalid(
            f"plannedOn 不能早于今天（{clock.today()}），实际为 {wanted.planned_on}", path=("input", "plannedOn")
        )
    departments = [COMMISSION, *(one for one in wanted.departments if one is not COMMISSION)]
    if wanted.kind is VisitKind.JOINT_INSPECTION and len(set(departments)) < 2:
        raise Invalid("联合检查至少应有区卫生健康委以外的一个部门参加", path=("input", "departments"))
    await signals.check_departments(act, departments)
    try:
        institution = await institutions.load_for_change(act.connection, act.tenant_id, wanted.institution_id)
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    await _start(act, wanted)
    row_id, taking_part = new_id(), sorted({one.value for one in departments})
    after = {
        "institution_id": wanted.institution_id,
        "signal_id": wanted.signal_id,
        "card_id": wanted.card_id,
        "kind": wanted.kind,
        "status": VisitStatus.PLANNED,
        "planned_on": wanted.planned_on,
        "departments": taking_part,
        "purpose": rules.worded(wanted.purpose, "purpose"),
    }
    made = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    await store.insert_row(act.connection, joint_visit, made | {"source": "PERSON"} | after)
    await act.note("planned", "joint_visit", row_id, after=after)
    due = Due(
        wanted.planned_on, "安排的日期", None, DayUnit.FIXED, None, provisional=False, source=SourceStatus.FROM_CLAUSE
    )
    for one in taking_part:
        role = Role.DISTRICT_OFFICER if one == COMMISSION else Role.DEPARTMENT_OFFICER
        await open_task(
            act,
            Task(
                TaskKind.HOLD_VISIT,
                f"参加对{institution['name']}的{wanted.kind.label}",
                "joint_visit",
                row_id,
                wanted.institution_id,
                role,
                department=None if one == COMMISSION else one,
                due=due,
            ),
        )
    return row_id


async def conclude_visit(
    act: Act, visit: UUID, *, expected_version: int, held_on: date, findings: str, problems_found: bool
) -> None:
    """The visit was held.  An inspection goes into the common record of reviews; guidance is no review.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*PLANNERS)
    before = await store.load_for_change(act.connection, joint_visit, act.tenant_id, visit, expected_version)
    rules.check_step(NEXT_OF_VISIT, before["status"], VisitStatus.HELD, of="该次检查或指导")
    rules.check_days((("heldOn", held_on),), clock.today(), within=("input",), clause=None)
    found = rules.worded(findings, "findings")
    values = {"status": VisitStatus.HELD, "held_on": held_on, "findings": found, "problems_found": problems_found}
    await store.update_row(act.connection, joint_visit, act.tenant_id, visit, values)
    await act.note("held", "joint_visit", visit, before={"status": before["status"]}, after=values)
    await finish(act, subject_id=visit)
    if before["kind"] == VisitKind.JOINT_INSPECTION:
        outcome = ReviewOutcome.CONDITIONAL if problems_found else ReviewOutcome.PASSED
        names = "、".join(AuthorityKind(one).label for one in before["departments"])
        await record_review(
            act,
            Conclusion(ReviewKind.INSPECTION, before["institution_id"], outcome, held_on, names, reason=found),
        )
        await institutions.update_latest_review(act.connection, act.tenant_id, before["institution_id"], held_on)


async def cancel_visit(act: Act, visit: UUID, *, expected_version: int, reason: str) -> None:
    """The visit will not be held.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*PLANNERS)
    before = await store.load_for_change(act.connection, joint_visit, act.tenant_id, visit, expected_version)
    rules.check_step(NEXT_OF_VISIT, before["status"], VisitStatus.CANCELLED, of="该次检查或指导")
    values = {"status": VisitStatus.CANCELLED, "findings": rules.worded(reason, "reason")}
    await store.update_row(act.connection, joint_visit, act.tenant_id, visit, values)
    await act.note("cancelled", "joint_visit", visit, before={"status": before["status"]}, after=values)
    await cancel(act, subject_id=visit)


async def _start(act: Act, wanted: Planned) -> None:
    """What gave rise to the visit is of the same institution; a signal is thereby acted on.  Raises: NotFound, Conflict."""
    if wanted.card_id is not None:
        card = await store.load_for_change(act.connection, yellow_card, act.tenant_id, wanted.card_id, None)
        if card["institution_id"] != wanted.institution_id:
            raise Conflict("该黄牌不属于此机构", path=("input", "card"))
    if wanted.signal_id is not None:
        signal = await signals.held(act, wanted.signal_id, None, SignalStatus.ACTION_STARTED)
        if signal["institution_id"] != wanted.institution_id:
            raise Conflict("该风险信号不属于此机构", path=("input", "signal"))
        await signals.change(act, "acted_on", signal, {"status": SignalStatus.ACTION_STARTED})
