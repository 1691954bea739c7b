"""Expert committees 专家委员会: forming one, recusals, and the sheets that its members owe."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping

from server.documents import actions as documents
from server.identity.store import list_roles
from server.kit import clock, names, prose, uscc
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.selection import rules, steps, store, tables
from server.selection.actions.calls import fail_call, reopen_gaps
from server.selection.model import (
    AffiliationKind,
    ApplicationStatus,
    CallStatus,
    EvaluationMethod,
    RecusalKind,
    SheetStatus,
)
from server.tasks import actions as tasks
from server.tasks.model import Task, TaskKind


@dataclass(frozen=True, slots=True)
class Expert:
    """One member: a person who holds the role of expert in the district, and whom they work for."""

    subject: str
    name: str
    field: str
    affiliation: AffiliationKind
    employer_name: str
    employer_code: str | None = None


async def form_committee(
    act: Act, procedure: Procedure, call_id: UUID, *, expected_version: int, members: Sequence[Expert], quorum: int
) -> None:
    """The call's committee.  Who works for one of the applicants does not score that one, whatever they say themselves.

    Implements: MTG-10-1, MTG-7-1, BJ17-5-12 (affiliations are kept, so that the pool can be seen).
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    call = await steps.held_call(act, call_id, expected_version)
    clause = procedure.clause("MTG-10-1")
    if call["status"] not in (CallStatus.PUBLISHED, CallStatus.CLOSED) or call["quorum"] is not None:
        what = "专家委员会已经组建" if call["quorum"] is not None else f"该次遴选{CallStatus(call['status']).label}"
        raise Conflict(f"{what}，不能再组建专家委员会", path=("input", "call"), clause=clause)
    rules.check_quorum(quorum, len(members), EvaluationMethod(call["method"]))
    if len({one.subject for one in members}) < len(members):
        raise Invalid("同一专家重复填写", path=("input", "members"))
    rows = []
    for n, one in enumerate(members):
        path = ("input", "members", str(n))
        if Role.EXPERT not in await list_roles(act.connection, act.tenant_id, one.subject, clock.today()):
            raise Invalid(
                f"“{one.name}”不是本辖区在任的评审专家，请先由区管理员授予角色", path=(*path, "subject"), clause=clause
            )
        code = one.employer_code
        rows.append(
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "call_id": call_id,
                "subject": one.subject,
                "name": names.normalise(one.name, path=(*path, "name"), limit=50),
                "field": names.normalise(one.field, path=(*path, "field"), limit=50),
                "affiliation": one.affiliation,
                "employer_name": names.normalise(one.employer_name, path=(*path, "employerName")),
                "employer_code": None if code is None else uscc.normalise(code, path=(*path, "employerCode")),
                "created_by": act.actor.subject,
            }
        )
    await store.add(act.connection, tables.committee_member, rows)
    await store.change(act.connection, tables.selection_call, act.tenant_id, call_id, {"quorum": quorum})
    told = {"quorum": quorum, "members": [row["subject"] for row in rows]}
    await act.note("committee_formed", steps.CALL, call_id, after=told, policy_digest=procedure.digest)
    await steps.issue(
        act,
        PaperKind.EXPERT_COMMITTEE,
        (steps.CALL, call_id),
        addressee="专家委员会各成员",
        title=f"关于组建《{call['title']}》专家委员会的通知",
        fields={"成员": "、".join(f"{row['name']}（{row['employer_name']}）" for row in rows), "法定人数": str(quorum)},
        clauses=procedure.clauses(("MTG-10-1",)),
    )


async def recuse_expert(
    act: Act,
    procedure: Procedure,
    member_id: UUID,
    *,
    application_id: UUID | None,
    kind: RecusalKind,
    reason: str,
) -> None:
    """The expert does not score the application, or the whole call: at their own wish, or as the officers find.

    A sheet that is sealed already is set aside unopened; opened scores stand, and an objection may be raised.
    Implements: MTG-7-1.  Raises: NotFound, NotAllowed, Invalid, Conflict (too few sheets would remain).
    """
    path = ("input", "member")
    member = await store.load_member(act.connection, act.tenant_id, member_id)
    officer = bool(act.actor.roles_in(act.tenant_id) & steps.OFFICERS)
    own = member is not None and member["subject"] == act.actor.subject
    if member is None or not (officer or own):
        raise NotFound(path=path)
    if own and not officer and kind is not RecusalKind.DECLARED:
        raise Invalid(f"专家本人只能以“{RecusalKind.DECLARED.label}”回避", path=("input", "kind"))
    reason = prose.checked(reason, path=("input", "reason"))
    call = await store.load(act.connection, tables.selection_call, act.tenant_id, member["call_id"])
    if call["status"] not in (CallStatus.PUBLISHED, CallStatus.CLOSED, CallStatus.UNDER_EVALUATION):
        raise Conflict("评分已经开启，不能再回避；对结果有异议的请在公示期内提出", path=path)
    if application_id is not None:
        application = await store.load(
            act.connection, tables.operator_application, act.tenant_id, application_id, ("input", "application")
        )
        if application["call_id"] != call["id"]:
            raise NotFound(path=("input", "application"))
    await _recuse(act, call, member, application_id, kind, reason)
    if call["status"] == CallStatus.UNDER_EVALUATION:
        await _check_sheets(act, procedure, call)


async def begin_evaluation(act: Act, procedure: Procedure, call_id: UUID, *, expected_version: int) -> None:
    """The committee sits: every member owes a sheet for every eligible application, but where they are recused.

    Who works for an applicant is recused from it here.  Gaps without an eligible application fail and re-open; where no
    application is eligible the call has failed.
    Implements: MTG-10-2, MTG-7-1; requirements A.7 machine 2.
    Raises: NotAllowed, NotFound, OutOfDate, Conflict (applications not decided, no committee, too few experts).
    """
    call = await steps.held_call(act, call_id, expected_version)
    clause = procedure.clause("MTG-10-2")
    status = CallStatus(call["status"])
    rules.check_call_step(status, CallStatus.UNDER_EVALUATION, clause=clause)
    everything = await store.list_applications(act.connection, act.tenant_id, call_id)
    waiting = [one for one in everything if one["status"] == ApplicationStatus.SUBMITTED]
    if waiting:
        raise Conflict(
            f"还有 {len(waiting)} 份申报未作资格审查（如 {waiting[0]['number']}），请先审查",
            path=("input", "call"),
            clause=clause,
        )
    eligible = [one for one in everything if one["status"] == ApplicationStatus.ELIGIBLE]
    if status is CallStatus.CLOSED:
        wanted = {one["gap_id"] for one in eligible}
        empty = [
            row["gap_id"]
            for row in await store.list_call_gaps(act.connection, act.tenant_id, call_id)
            if row["gap_id"] not in wanted
        ]
        if not eligible:
            await fail_call(act, procedure, call_id, "没有符合条件的申报")
            return
        await reopen_gaps(act, procedure, call_id, empty, "没有符合条件的申报，流标")
    if call["quorum"] is None:
        raise Conflict("尚未组建专家委员会", path=("input", "call"), clause=procedure.clause("MTG-10-1"))
    if not eligible:
        raise Conflict("没有须重新评分的申报，请直接重新确定举办主体", path=("input", "call"), clause=clause)
    round_ = call["round"] + (1 if status is CallStatus.RE_EVALUATION else 0)
    members = await store.list_members(act.connection, act.tenant_id, call_id)
    await _find_conflicts(act, call, members, eligible)
    await steps.move_call(
        act, procedure, call, CallStatus.UNDER_EVALUATION, "MTG-10-2", {"round": round_, "evaluated_on": None}
    )
    call = await store.load(act.connection, tables.selection_call, act.tenant_id, call_id)
    await _owe_sheets(act, procedure, call, members, eligible)
    await _check_sheets(act, procedure, call)


async def _find_conflicts(
    act: Act, call: RowMapping, members: Iterable[RowMapping], applications: Iterable[RowMapping]
) -> None:
    away = await recused(act, call["id"])
    for member in members:
        for one in applications:
            if (member["id"], one["id"]) in away or (member["id"], None) in away:
                continue
            if member["subject"] == one["subject"] or rules.same_employer(
                member["employer_name"],
                member["employer_code"],
                one["operator_name"],
                one["unified_social_credit_code"],
            ):
                reason = f"任职于申报主体“{one['operator_name']}”或代其申报"
                await _recuse(act, call, member, one["id"], RecusalKind.CONFLICT, reason)


async def recused(act: Act, call_id: UUID) -> set[tuple[UUID, UUID | None]]:
    """Who does not score what: member and application, None for the whole call."""
    found = await store.list_recusals(act.connection, act.tenant_id, call_id)
    return {(one["member_id"], one["application_id"]) for one in found}


async def _owe_sheets(
    act: Act,
    procedure: Procedure,
    call: RowMapping,
    members: Sequence[RowMapping],
    applications: Sequence[RowMapping],
) -> None:
    away = await recused(act, call["id"])
    rows = []
    for one in applications:
        owing = [m for m in members if (m["id"], one["id"]) not in away and (m["id"], None) not in away]
        await documents.open_case(act, steps.APPLICATION, one["id"], readers=[m["subject"] for m in owing])
        for member in owing:
            sheet_id = new_id()
            rows.append(
                {
                    "tenant_id": act.tenant_id,
                    "id": sheet_id,
                    "call_id": call["id"],
                    "application_id": one["id"],
                    "member_id": member["id"],
                    "subject": member["subject"],
                    "round": call["round"],
                    "status": SheetStatus.AWAITED,
                    "created_by": act.actor.subject,
                    "source": "PERSON",
                }
            )
            await tasks.open_task(
                act,
                Task(
                    TaskKind.SCORE_APPLICATION,
                    f"评审“{one['operator_name']}”的申报（{one['number']}）",
                    "score_sheet",
                    sheet_id,
                    None,
                    Role.EXPERT,
                    assignee=member["subject"],
                    clause=procedure.clause("MTG-10-2"),
                    consequence="全部评分表提交前任何人看不到得分，也不能开启",
                ),
            )
    await store.add(act.connection, tables.score_sheet, rows)


async def _check_sheets(act: Act, procedure: Procedure, call: RowMapping) -> None:
    """Each application keeps as many sheets as the quorum asks for. Raises: Conflict."""
    alive = await store.list_sheets(
        act.connection, act.tenant_id, call["id"], (SheetStatus.AWAITED, SheetStatus.SEALED)
    )
    counts: dict[UUID, int] = {}
    for sheet in alive:
        counts[sheet["application_id"]] = counts.get(sheet["application_id"], 0) + 1
    applications = await store.list_applications(
        act.connection, act.tenant_id, call["id"], (ApplicationStatus.ELIGIBLE,)
    )
    for one in applications:
        left = counts.get(one["id"], 0)
        if left < call["quorum"]:
            raise Conflict(
                f"回避后“{one['operator_name']}”只有 {left} 名专家可以评分，少于法定人数 {call['quorum']}",
                path=("input", "call"),
                clause=procedure.clause("MTG-10-1"),
            )


async def _recuse(
    act: Act, call: RowMapping, member: RowMapping, application_id: UUID | None, kind: RecusalKind, reason: str
) -> None:
    row = {
        "call_id": call["id"],
        "member_id": member["id"],
        "application_id": application_id,
        "kind": kind,
        "reason": reason,
        "on_date": clock.today(),
    }
    mine = {"tenant_id": act.tenant_id, "id": new_id(), "created_by": act.actor.subject}
    await store.add(act.connection, tables.recusal, [row | mine])
    await act.note("recused", "committee_member", member["id"], after=row)
    for sheet in await store.list_sheets(
        act.connection, act.tenant_id, call["id"], (SheetStatus.AWAITED, SheetStatus.SEALED)
    ):
        if sheet["member_id"] == member["id"] and application_id in (None, sheet["application_id"]):
            await store.change(
                act.connection, tables.score_sheet, act.tenant_id, sheet["id"], {"status": SheetStatus.DROPPED}
            )
            await tasks.cancel(act, subject_id=sheet["id"])
            await documents.close_case_to(act, steps.APPLICATION, sheet["application_id"], member["subject"])
