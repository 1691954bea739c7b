"""Yearly verification: applied for and concluded."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.institutions import store as register
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.licensing import rules, store
from server.licensing.actions.issuing import verification_due
from server.licensing.actions.materials import Documents, check_complete, reuse, take_materials
from server.licensing.actions.overdue import TO_MAKE_UP
from server.licensing.actions.steps import (
    INSTITUTION_FILERS,
    NOTHING_DUE,
    OFFICERS,
    authority,
    change,
    change_licence,
    check_own,
    due,
    due_values,
    held,
)
from server.licensing.actions.suspending import reverification_due, suspend
from server.licensing.actions.telling import issue_paper, open_apply_task
from server.licensing.errors import NotYetDue, WrongState
from server.licensing.limits import Limits
from server.licensing.lists import Lists, MaterialFor
from server.licensing.model import ChangeKind, LicenceStatus, VerificationKind, VerificationStatus
from server.licensing.tables import licence, verification
from server.papers.model import PaperKind
from server.policy.terms import VerificationResult
from server.record.acts import Act
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.tasks.actions import finish, open_task
from server.tasks.model import Task, TaskKind
from server.workdays.rules import corresponding_day

CASE = verification.name
_OUTCOMES = {
    VerificationResult.QUALIFIED: ReviewOutcome.PASSED,
    VerificationResult.SUSPENDED: ReviewOutcome.CONDITIONAL,
    VerificationResult.NOT_QUALIFIED: ReviewOutcome.FAILED,
}
_TO_CONCLUDE = "逾期未作出校验结论的，机构可以依法寻求救济"


async def apply_for_verification(
    act: Act, limits: Limits, lists: Lists, licence_id: UUID, *, expected_version: int, documents: Documents
) -> UUID:
    """The licence's verification applied for; after a suspension, the one that follows it.

    Implements: MTG-21-1, A-MTG-2; BJ17-2-2d.
    Raises: NotAllowed, NotFound, OutOfDate, WrongState, NotYetDue, MaterialsMissing, Conflict, Invalid.
    """
    act.require(*INSTITUTION_FILERS)
    row = await held(act, licence, licence_id, expected_version)
    check_own(act, row["institution_id"])
    today, now = clock.today(), LicenceStatus(row["status"])
    again = now is LicenceStatus.VERIFICATION_SUSPENDED
    if not again and now not in (LicenceStatus.ACTIVE, LicenceStatus.VERIFICATION_DUE):
        raise WrongState(f"许可证状态为“{now.label}”，不能申请校验")
    if await store.find_pending_verification(act.connection, licence_id) is not None:
        raise Conflict("该许可证已有办理中的校验，请等待结论", path=("input", "licence"))
    last = await store.find_last_verification(act.connection, licence_id)
    if (
        last is not None
        and last["result"] == VerificationResult.NOT_QUALIFIED
        and (again == (last["kind"] == VerificationKind.RE_VERIFICATION))
    ):
        raise Conflict("校验不合格，请等待区卫生健康委的处理决定", path=("input", "licence"))
    if again:
        last_on = (await reverification_due(act, limits, row["suspended_through_on"])).on
        first_on = row["suspended_through_on"] + timedelta(days=1)
    else:
        last_on = row["verification_due_on"]
        first_on = corresponding_day(last_on, months=-limits.value("verification_apply_months"))
    if today < first_on:
        raise NotYetDue(f"{first_on} 起可以申请校验，最后一日为 {last_on}", path=("input", "licence"), from_on=first_on)
    deadline = await due(act, today, limits.days("verification_decision_days"))
    kind = VerificationKind.RE_VERIFICATION if again else VerificationKind.REGULAR
    case_id = new_id()
    after = {
        "institution_id": row["institution_id"],
        "licence_id": licence_id,
        "kind": kind,
        "status": VerificationStatus.APPLIED,
        "cycle": rules.cycle_words(row["cycle_from_on"], row["cycle_until"]),
        "cycle_due_on": last_on,
        "applied_on": today,
        "late": today > last_on,
        **due_values(deadline, _TO_CONCLUDE),
    }
    base = {"tenant_id": act.tenant_id, "id": case_id, "created_by": act.actor.subject, "source": "PERSON"}
    cases = await store.list_cases(act.connection, row["institution_id"], None)
    await store.add(act.connection, verification, [after | base])
    await act.note("applied", CASE, case_id, after=after)
    checklist = lists.checklist(MaterialFor.VERIFICATION)
    await take_materials(act, CASE, case_id, checklist, documents)
    await reuse(act, CASE, case_id, checklist, cases)
    required = [code for code, one in checklist.items() if one.required]
    check_complete(checklist, required, await store.list_on_file(act.connection, case_id))
    to = None if again else LicenceStatus.VERIFICATION_DUE
    await change_licence(act, row, ChangeKind.VERIFICATION_APPLIED, on=today, to=to)
    for task in (TaskKind.APPLY_FOR_VERIFICATION, TaskKind.APPLY_FOR_REVERIFICATION):
        await finish(act, subject_id=licence_id, kind=task)
    await open_task(
        act,
        Task(
            TaskKind.DECIDE_VERIFICATION,
            f"许可证 {row['number']} {kind.label}：请作出结论",
            CASE,
            case_id,
            row["institution_id"],
            Role.DISTRICT_OFFICER,
            due=deadline,
            consequence=_TO_CONCLUDE,
        ),
    )
    return case_id


async def decide_verification(
    act: Act,
    limits: Limits,
    verification_id: UUID,
    *,
    expected_version: int,
    result: VerificationResult,
    reason: str,
    suspension_months: int | None = None,
) -> None:
    """The verification concluded, with its row in the review record.

    QUALIFIED begins the next cycle; SUSPENDED gives time, once, before the next verification; NOT_QUALIFIED changes nothing
    by itself: the district's rules propose what follows, and a person decides.
    Implements: MTG-21, FT-2-4-7, A-MTG-2, A-MTG-3.
    Raises: NotAllowed, NotFound, OutOfDate, WrongState, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    case = await held(act, verification, verification_id, expected_version)
    if case["status"] != VerificationStatus.APPLIED:
        raise WrongState(f"该校验{VerificationStatus(case['status']).label}，不能再作结论")
    row = await store.load(act.connection, licence, act.tenant_id, case["licence_id"])
    again = case["kind"] == VerificationKind.RE_VERIFICATION
    told, today = rules.check_reason(reason), clock.today()
    if result is not VerificationResult.SUSPENDED and suspension_months is not None:
        raise Invalid(f"结论为“{result.label}”时不填写暂缓校验期", path=("input", "suspensionMonths"))
    values: dict[str, Any] = {"status": VerificationStatus.DECIDED, "result": result, "decided_on": today}
    values |= {"decided_by": act.actor.subject, "reason": told, **NOTHING_DUE}
    if result is VerificationResult.QUALIFIED:
        await _next_cycle(act, limits, row, again=again, reason=told)
    elif result is VerificationResult.SUSPENDED:
        if again:
            raise Conflict(
                "暂缓校验期满后的再次校验只能为合格或不合格，不能再次暂缓",
                path=("input", "result"),
                clause=limits.suspension()[2].clause,
            )
        months, through = await suspend(act, limits, row, suspension_months, told)
        values |= {"suspension_months": months, "suspended_through_on": through}
    else:
        await change_licence(act, row, ChangeKind.VERIFICATION_FAILED, on=today, reason=told)
    values["review_id"] = await _review(act, limits, case, result, told)
    await change(act, verification, case, "decided", values)
    await finish(act, subject_id=verification_id)
    fields = {"许可证号": row["number"], "校验周期": case["cycle"], "校验结论": result.label, "理由": told}
    if values.get("suspended_through_on"):
        fields["暂缓校验至"] = f"{values['suspended_through_on']}（含当日）"
    passed = result is VerificationResult.QUALIFIED
    await issue_paper(act, PaperKind.VERIFICATION_RESULT, CASE, case["id"], row, fields, remedies=not passed)


async def _next_cycle(act: Act, limits: Limits, row: RowMapping, *, again: bool, reason: str) -> None:
    """The next verification cycle: from the end of this one, or after a suspension from today."""
    today = clock.today()
    months = limits.months("reverified_months") if again else limits.cycle_months(row["beds"])
    start, until = rules.next_cycle(today if again else row["cycle_until"], months.n)
    deadline = await verification_due(act, start, months)
    values = {
        "cycle_from_on": start,
        "cycle_until": until,
        "verification_months": months.n,
        "verification_due_on": deadline.on,
        "verification_provisional": deadline.provisional,
        "last_verified_on": today,
        "suspended_through_on": None,
    }
    await change_licence(
        act,
        row,
        ChangeKind.VERIFIED,
        on=today,
        to=LicenceStatus.ACTIVE,
        values=values,
        cycle_from_on=start,
        cycle_until=until,
        due_on=deadline.on,
        reason=reason,
    )
    await open_apply_task(act, row, TaskKind.APPLY_FOR_VERIFICATION, "请在校验期满前申请校验", deadline, TO_MAKE_UP)


async def _review(act: Act, limits: Limits, case: RowMapping, result: VerificationResult, reason: str) -> UUID:
    today = clock.today()
    review = await record_review(
        act,
        Conclusion(
            kind=ReviewKind.VERIFICATION,
            institution_id=case["institution_id"],
            outcome=_OUTCOMES[result],
            decided_on=today,
            decided_by=await authority(act),
            cycle=case["cycle"],
            reason=reason,
            policy_digest=None if limits.admission is None else limits.admission.digest,
        ),
    )
    await register.update_latest_review(act.connection, act.tenant_id, case["institution_id"], today)
    return review
