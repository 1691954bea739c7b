"""The rectification ledger: every problem found, by whom, to be rectified by when, and what became of it."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from server.assessment import rules, store
from server.assessment.actions import ORGANISERS, change, effects, held, made
from server.assessment.model import RectificationSource, RectificationStatus
from server.assessment.tables import rectification_item
from server.documents.actions import take
from server.institutions.store import load_for_change as load_institution
from server.kit import clock, names
from server.kit.actor import Role
from server.kit.errors import Conflict, NotAllowed
from server.kit.ids import new_id
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.tasks.actions import finish, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind

_R = RectificationStatus
_TEXT = 2000
#: Who enters problems: whoever found them, the institution itself among them.
FINDERS = (*ORGANISERS, Role.DEPARTMENT_OFFICER, Role.INSTITUTION_STAFF)


async def record_problem(
    act: Act, *, institution_id: UUID, source: RectificationSource, problem: str, due_on: date
) -> UUID:
    """A problem that a person enters; an institution's staff only what it found by itself.

    Implements: FT-2-1-4a.  Raises: NotAllowed, NotFound, Invalid.
    """
    act.require(*FINDERS)
    await load_institution(act.connection, act.tenant_id, institution_id)
    if not act.actor.roles_in(act.tenant_id) & {*ORGANISERS, Role.DEPARTMENT_OFFICER}:
        _own(act, institution_id)
        if source is not RectificationSource.SELF:
            raise NotAllowed("机构只能登记自查发现的问题")
    rules.check_due(due_on, clock.today())
    return await open_item(act, institution_id=institution_id, source=source, problem=problem, due_on=due_on)


async def open_item(
    act: Act,
    *,
    institution_id: UUID,
    source: RectificationSource,
    problem: str,
    due_on: date,
    subject_type: str | None = None,
    subject_id: UUID | None = None,
    due: Due | None = None,
) -> UUID:
    """A new item of the institution's ledger, with the task to rectify it.  Other areas call this inside their acts.

    ``due`` says how the day came about; without it the day is one that somebody set.  Raises: Invalid.
    """
    item_id = new_id()
    told = names.normalise(problem, path=("input", "problem"), limit=_TEXT)
    after = {
        "institution_id": institution_id,
        "source_kind": source,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "problem": told,
        "due_on": due_on,
        "status": _R.OPEN,
    }
    await store.insert_rows(act.connection, rectification_item, [made(act, item_id, after)])
    await act.note("opened", "rectification_item", item_id, after=after)
    fixed = Due(due_on, "登记整改事项时指定的期限", None, DayUnit.FIXED, None, False, SourceStatus.FROM_CLAUSE)
    await open_task(
        act,
        Task(
            kind=TaskKind.RECTIFY,
            title=f"整改：{told[:60]}",
            subject_type="rectification_item",
            subject_id=item_id,
            institution_id=institution_id,
            role=Role.INSTITUTION_STAFF,
            due=due or fixed,
            consequence="逾期未整改的，由主管部门核查；拒不整改的依规处理",
        ),
    )
    return item_id


async def plan_rectification(act: Act, item_id: UUID, *, expected_version: int, plan: str) -> None:
    """How the institution goes about it.  Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid."""
    act.require(Role.INSTITUTION_STAFF)
    row = await held(act, rectification_item, item_id, expected_version)
    _own(act, row["institution_id"])
    rules.check_ledger_step(_R(row["status"]), _R.IN_PROGRESS)
    told = names.normalise(plan, path=("input", "plan"), limit=_TEXT)
    await change(act, rectification_item, "planned", row, {"status": _R.IN_PROGRESS, "plan": told})


async def submit_rectification(
    act: Act, item_id: UUID, *, expected_version: int, evidence: str, documents: Sequence[UUID] = ()
) -> None:
    """What was done, with its evidence, for acceptance; late is late, but not refused.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(Role.INSTITUTION_STAFF)
    row = await held(act, rectification_item, item_id, expected_version)
    _own(act, row["institution_id"])
    rules.check_ledger_step(_R(row["status"]), _R.SUBMITTED)
    told = names.normalise(evidence, path=("input", "evidence"), limit=_TEXT)
    await take(act, documents, subject_type="rectification_item", subject_id=item_id, purpose="EVIDENCE")
    await finish(act, subject_id=item_id, kind=TaskKind.RECTIFY)
    await open_task(
        act,
        Task(
            kind=TaskKind.ACCEPT_RECTIFICATION,
            title=f"验收整改：{row['problem'][:60]}",
            subject_type="rectification_item",
            subject_id=item_id,
            institution_id=row["institution_id"],
            role=Role.DISTRICT_OFFICER,
        ),
    )
    after = {"status": _R.SUBMITTED, "evidence": told, "submitted_on": clock.today()}
    await change(act, rectification_item, "submitted", row, after)


async def decide_rectification(
    act: Act, item_id: UUID, *, expected_version: int, accepted: bool, reason: str | None, due_on: date | None = None
) -> None:
    """Accepted, or sent back with a reason and a new day.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*ORGANISERS)
    row = await held(act, rectification_item, item_id, expected_version)
    then = _R.ACCEPTED if accepted else _R.IN_PROGRESS
    if row["status"] != _R.SUBMITTED:
        raise Conflict(f"整改事项状态为“{_R(row['status']).label}”，尚未提交验收", path=("input", "item"))
    after = {"status": then, "decided_on": clock.today(), "decided_by": act.actor.subject, "reason": reason}
    await finish(act, subject_id=item_id)
    if not accepted:
        after["reason"] = names.normalise(reason or "", path=("input", "reason"), limit=_TEXT)
        again = due_on or row["due_on"]
        rules.check_due(again, clock.today())
        after["due_on"] = again
        fixed = Due(again, "验收未通过后指定的期限", None, DayUnit.FIXED, None, False, SourceStatus.FROM_CLAUSE)
        await open_task(
            act,
            Task(
                kind=TaskKind.RECTIFY,
                title=f"继续整改：{row['problem'][:60]}",
                subject_type="rectification_item",
                subject_id=item_id,
                institution_id=row["institution_id"],
                role=Role.INSTITUTION_STAFF,
                due=fixed,
                consequence="拒不整改的依规处理",
            ),
        )
    await change(act, rectification_item, "accepted" if accepted else "rejected", row, after)
    if accepted and row["subject_type"] == "assessment":
        await effects.settle_by_ledger(act, row["subject_id"])


async def find_refused(act: Act, item_id: UUID, *, expected_version: int, reason: str) -> None:
    """The institution refuses to rectify: a finding of the authority, which rules on exits may ask about (MTG-20-1).

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*ORGANISERS)
    row = await held(act, rectification_item, item_id, expected_version)
    rules.check_ledger_step(_R(row["status"]), _R.REFUSED)
    told = names.normalise(reason, path=("input", "reason"), limit=_TEXT)
    await finish(act, subject_id=item_id)
    after = {"status": _R.REFUSED, "decided_on": clock.today(), "decided_by": act.actor.subject, "reason": told}
    await change(act, rectification_item, "refused", row, after)


def _own(act: Act, institution_id: UUID) -> None:
    mine = {one.institution_id for one in act.actor.grants if one.tenant_id == act.tenant_id}
    if institution_id not in mine:
        raise NotAllowed("只能办理本机构的整改事项")
