"""How a licence ends: told beforehand, heard, decided by a second person; closed by the institution itself; revoked."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.institutions import store as register
from server.institutions.model import InstitutionStatus
from server.institutions.rules import ENDED
from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.licensing import store
from server.licensing.actions.grounds import HandedOver, Penalty, check_ground, penalty_values
from server.licensing.actions.obliging import end_enrolment, end_obligations
from server.licensing.actions.proposed import ProposalAt
from server.licensing.actions.steps import (
    INSTITUTION_FILERS,
    NOTHING_DUE,
    OFFICERS,
    change,
    change_licence,
    check_own,
    due,
    due_values,
    held,
)
from server.licensing.actions.telling import issue_paper
from server.licensing.awards import award_of, move_area
from server.licensing.errors import NotYetDue, SecondPerson, WrongState
from server.licensing.limits import Limits
from server.licensing.model import (
    LIVING,
    NEXT_ENDING,
    ChangeKind,
    EndingGround,
    EndingStatus,
    LicenceStatus,
    VerificationStatus,
)
from server.licensing.rules import check_reason, check_step
from server.licensing.tables import licence, licence_ending, verification
from server.papers.model import PaperKind
from server.proposals import store as proposals
from server.proposals.actions import decline, take_up
from server.proposals.model import ProposalStatus
from server.record.acts import Act
from server.sites.model import GapStatus
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import Task, TaskKind

CASE = licence_ending.name
_TO_STATE = "逾期不陈述申辩的，视为放弃，由区卫生健康委依法决定"


async def notify_ending(
    act: Act,
    limits: Limits,
    licence_id: UUID,
    *,
    expected_version: int,
    ground: EndingGround,
    reason: str,
    proposal: ProposalAt | None = None,
    penalty: Penalty | None = None,
    handed_over: HandedOver | None = None,
) -> UUID:
    """The institution is told that its licence is to end, why, and until when it may state its case.

    ``handed_over``: by the execution of an exit decision, which alone can be the ground EXIT.
    Implements: MTG-21-2, MTG-21-3, MTG-22-1; A-MTG-2, A-MTG-8; 行政处罚法 44, 45.
    Raises: NotAllowed, PolicyNotEnabled, NotFound, OutOfDate, WrongState, PenaltyRequired, Conflict, Invalid.
    """
    act.require(*OFFICERS)
    row = await held(act, licence, licence_id, expected_version)
    if row["status"] not in LIVING:
        raise WrongState(f"许可证状态为“{LicenceStatus(row['status']).label}”，许可已经终止")
    if await store.find_open_ending(act.connection, licence_id) is not None:
        raise Conflict("该许可证已有办理中的终止程序", path=("input", "licence"))
    told, today = check_reason(reason), clock.today()
    clause = await check_ground(act, limits, row, ground, proposal, handed_over)
    values = penalty_values(ground, penalty, today)
    limit = limits.days("ending_statement_days")
    deadline = await due(act, today, limit)
    case_id = new_id()
    after = {
        "institution_id": row["institution_id"],
        "licence_id": licence_id,
        "ground": ground,
        "status": EndingStatus.NOTIFIED,
        "proposal_id": proposal and proposal.id,
        "reason": told,
        "clause_document": clause and clause.document,
        "clause_anchor": clause and clause.anchor,
        "notified_on": today,
        "notified_by": act.actor.subject,
        **values,
        **due_values(deadline, _TO_STATE),
    }
    base = {"tenant_id": act.tenant_id, "id": case_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.add(act.connection, licence_ending, [after | base])
    await act.note("notified", CASE, case_id, after=after)
    fields = {"许可证号": row["number"], "拟作出的决定": _decision(ground), "事由": f"{ground.label}：{told}"}
    if handed_over is not None:
        fields["所依据的退出决定"] = handed_over.number
    fields["陈述申辩期限"] = f"{deadline.on}（含当日）"
    clauses = (clause,) if clause else ()
    await issue_paper(act, PaperKind.ENDING_NOTICE, CASE, case_id, row, fields, clauses=clauses)
    for role, title in (
        (Role.INSTITUTION_STAFF, f"拟{_decision(ground)}，可以陈述申辩（{deadline.on} 前，含当日）"),
        (Role.DISTRICT_OFFICER, f"许可证 {row['number']} 拟{_decision(ground)}：陈述申辩期满后由另一人决定"),
    ):
        kind = TaskKind.STATE_CASE if role is Role.INSTITUTION_STAFF else TaskKind.DECIDE_ENDING
        await open_task(act, Task(kind, title, CASE, case_id, row["institution_id"], role, due=deadline, clause=clause))
    return case_id


async def state_case(act: Act, ending_id: UUID, *, expected_version: int, statement: str) -> None:
    """What the institution has to say, or that it has nothing to say.

    Raises: NotAllowed, NotFound, OutOfDate, WrongState, Invalid.
    """
    act.require(*INSTITUTION_FILERS)
    row = await held(act, licence_ending, ending_id, expected_version)
    check_own(act, row["institution_id"])
    check_step(NEXT_ENDING, EndingStatus(row["status"]), EndingStatus.STATED)
    values = {
        "status": EndingStatus.STATED,
        "statement": check_reason(statement, "statement"),
        "stated_on": clock.today(),
    }
    await change(act, licence_ending, row, "stated", values)
    await finish(act, subject_id=ending_id, kind=TaskKind.STATE_CASE)


async def decide_ending(
    act: Act, ending_id: UUID, *, expected_version: int, ended: bool, reason: str, continuity: str | None = None
) -> UUID:
    """The licence, which ends or does not, by somebody other than who gave notice and after the institution was heard.

    ``continuity``: how the residents it served are looked after, needed where it has been open.
    Implements: A-MTG-8, MTG-22-1, MTG-21-2, MTG-21-3, X-10.
    Raises: NotAllowed, NotFound, OutOfDate, WrongState, SecondPerson, NotYetDue, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    case = await held(act, licence_ending, ending_id, expected_version)
    to = EndingStatus.ENDED if ended else EndingStatus.NOT_ENDED
    check_step(NEXT_ENDING, EndingStatus(case["status"]), to)
    ground, today, told = EndingGround(case["ground"]), clock.today(), check_reason(reason)
    if act.actor.subject == case["notified_by"]:
        raise SecondPerson("告知与决定应由不同的人作出，请由另一名工作人员决定")
    if case["status"] == EndingStatus.NOTIFIED and today <= case["due_on"]:
        raise NotYetDue(
            f"陈述申辩期限至 {case['due_on']}（含当日），期满或机构陈述后方可决定", path=("input", "ending")
        )
    row = await store.load(act.connection, licence, act.tenant_id, case["licence_id"])
    if case["proposal_id"] is not None:
        open_ = await proposals.load_for_change(act.connection, act.tenant_id, case["proposal_id"])
        if ended and open_["status"] != ProposalStatus.ACCEPTED:
            await take_up(act, open_["id"], expected_version=open_["version"])
        elif not ended and open_["status"] == ProposalStatus.OPEN:
            await decline(act, open_["id"], expected_version=open_["version"], reason=told)
    residents = continuity.strip() if continuity else None
    if ended:
        if row["opened_on"] is not None and not residents:
            raise Invalid("该机构已开放运行，请写明服务区域居民的承接安排 continuity", path=("input", "continuity"))
        await end_licence(
            act,
            row,
            to=LicenceStatus.REVOKED if ground is EndingGround.PENALTY else LicenceStatus.CANCELLED,
            reason=f"{ground.label}：{told}",
            reference=case["penalty_number"],
            clause=_clause(case),
        )
    values: dict[str, Any] = {"status": to, "decided_on": today, "decided_by": act.actor.subject}
    values |= {"decision_reason": told, "continuity": residents, **NOTHING_DUE}
    await change(act, licence_ending, case, "ended" if ended else "not_ended", values)
    await finish(act, subject_id=ending_id)
    fields = {"许可证号": row["number"], "决定": _decision(ground) if ended else f"不{_decision(ground)}", "理由": told}
    if case["statement"]:
        fields["陈述申辩"] = case["statement"]
    if residents:
        fields["居民承接安排"] = residents
    clause = _clause(case)
    kind = PaperKind.ENDING_DECISION if ended else PaperKind.NON_ENDING_DECISION
    await issue_paper(act, kind, CASE, ending_id, row, fields, clauses=(clause,) if clause else (), remedies=ended)
    licence_id: UUID = row["id"]
    return licence_id


async def close_voluntarily(act: Act, licence_id: UUID, *, expected_version: int, on: date, reason: str) -> None:
    """The institution stops its work for good; the licence is then cancelled by the authority.

    Implements: A.7-4 (歇业).  Raises: NotAllowed, NotFound, OutOfDate, WrongState, Invalid.
    """
    act.require(*INSTITUTION_FILERS)
    row = await held(act, licence, licence_id, expected_version)
    check_own(act, row["institution_id"])
    if on > clock.today():
        raise Invalid(f"歇业日期不能晚于今天（{clock.today()}），实际为 {on}", path=("input", "on"))
    told = check_reason(reason)
    await change_licence(act, row, ChangeKind.CLOSED, on=on, to=LicenceStatus.CLOSED_VOLUNTARILY, reason=told)
    await _institution(act, row["institution_id"], InstitutionStatus.SUSPENDED, "closed_voluntarily")
    await cancel(act, subject_id=licence_id)
    await open_task(
        act,
        Task(
            TaskKind.DECIDE_ENDING,
            f"许可证 {row['number']} 的机构歇业，请办理注销",
            "licence",
            licence_id,
            row["institution_id"],
            Role.DISTRICT_OFFICER,
        ),
    )


async def end_licence(
    act: Act, row: RowMapping, *, to: LicenceStatus, reason: str, reference: str | None, clause: Clause | None
) -> None:
    """The licence is cancelled or revoked today, and what hung on it ends.  The caller has heard, decided and told.

    Raises: WrongState.
    """
    today, kind = clock.today(), ChangeKind.REVOKED if to is LicenceStatus.REVOKED else ChangeKind.CANCELLED
    await change_licence(
        act,
        row,
        kind,
        on=today,
        to=to,
        values={"ended_on": today, "suspended_through_on": None},
        reason=reason,
        reference=reference,
        clause=clause,
    )
    institution_id = row["institution_id"]
    status = InstitutionStatus.REVOKED if to is LicenceStatus.REVOKED else InstitutionStatus.CANCELLED
    await _institution(act, row["institution_id"], status, kind.lower())
    await cancel(act, subject_id=row["id"])
    pending = await store.find_pending_verification(act.connection, row["id"])
    if pending is not None:
        await change(act, verification, pending, "lapsed", {"status": VerificationStatus.LAPSED, **NOTHING_DUE})
        await cancel(act, subject_id=pending["id"])
    await end_obligations(act, row["institution_id"], today)
    await end_enrolment(act, row["institution_id"], on=today, reason=to.label)
    award_id = await award_of(act, row["application_id"])
    await move_area(
        act, award_id, GapStatus.REOPENED, f"执业许可证 {row['number']} {to.label}", institution_id=institution_id
    )


async def _institution(act: Act, institution_id: UUID, status: InstitutionStatus, action: str) -> None:
    before = await register.load_for_change(act.connection, act.tenant_id, institution_id)
    if before["status"] not in ENDED:
        await register.update_institution(act.connection, act.tenant_id, institution_id, {"status": status})
        was = {"status": before["status"]}
        await act.note(action, "institution", institution_id, before=was, after={"status": status})


def _decision(ground: EndingGround) -> str:
    return "吊销执业许可证" if ground is EndingGround.PENALTY else "注销执业许可证"


def _clause(case: RowMapping) -> Clause | None:
    return Clause(case["clause_document"], case["clause_anchor"]) if case["clause_document"] else None
