"""Determining operators 确定举办主体, and the publicity 公示 of the result."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock, prose
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.selection import rules, steps, store
from server.selection.actions import notices
from server.selection.actions.calls import fail_call, reopen_gaps
from server.selection.model import ApplicationStatus, CallStatus, GapOutcome, NoticeKind
from server.sites.store import load_gaps
from server.tasks import actions as tasks
from server.tasks.model import DayUnit, Task, TaskKind

_RANKED = (ApplicationStatus.RANKED, ApplicationStatus.NOT_SELECTED, ApplicationStatus.SELECTED)


async def determine_operators(
    act: Act,
    procedure: Procedure,
    call_id: UUID,
    *,
    expected_version: int,
    choices: Sequence[UUID] = (),
    reason: str | None = None,
) -> None:
    """For each gap the operator that the evaluation puts first; ``choices`` decide, with a reason, between equals alone.

    A gap that nobody is left for fails and re-opens; where none has an operator the call has failed.
    Implements: MTG-10-3.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (not evaluated yet; a tie that nobody decided).
    """
    call = await steps.held_call(act, call_id, expected_version)
    clause = procedure.clause("MTG-10-3")
    again = call["status"] == CallStatus.DETERMINED
    if not again:
        rules.check_call_step(CallStatus(call["status"]), CallStatus.DETERMINED, clause=clause)
    if call["evaluated_on"] is None:
        raise Conflict("评分尚未开启，不能确定举办主体", path=("input", "call"), clause=clause)
    reason = prose.optional(reason, path=("input", "reason"))
    applications = await store.list_applications(act.connection, act.tenant_id, call_id, _RANKED)
    open_gaps = await _open_gaps(act, call_id)
    unknown = set(choices) - {one["id"] for one in applications}
    if unknown:
        raise Invalid("所选申报不在已排序的申报之中", path=("input", "choices"), clause=clause)
    failed = []
    for gap_id in open_gaps:
        ranked = [one for one in applications if one["gap_id"] == gap_id]
        if not ranked:
            failed.append(gap_id)
            continue
        chosen = _first(ranked, set(choices), reason, procedure)
        for one in ranked:
            to = ApplicationStatus.SELECTED if one["id"] == chosen["id"] else ApplicationStatus.NOT_SELECTED
            if one["status"] != to:
                values = {} if reason is None else {"decision_reason": reason}
                await steps.move_application(act, procedure, one, to, "MTG-10-3", values)
    if len(failed) == len(open_gaps):
        await fail_call(act, procedure, call_id, "没有可以确定的举办主体")
        return
    await reopen_gaps(act, procedure, call_id, failed, "没有可以确定的举办主体，流标")
    if not again:
        await steps.move_call(act, procedure, call, CallStatus.DETERMINED, "MTG-10-3")


async def open_publicity(act: Act, procedure: Procedure, call_id: UUID, *, expected_version: int) -> None:
    """The result is public from today, for as many working days as the call said; its first day is not counted.

    Implements: MTG-10-4, A-MTG-9.  Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    call = await steps.held_call(act, call_id, expected_version)
    clause = procedure.clause("MTG-10-4")
    rules.check_call_step(CallStatus(call["status"]), CallStatus.PUBLICITY, clause=clause)
    results = await results_of(act, call_id)
    lacking = [one for one in results if one["outcome"] == GapOutcome.OPEN and one["application_id"] is None]
    if lacking:
        raise Conflict("有空白点尚未确定举办主体（拟确定的已撤回），请重新确定", path=("input", "call"), clause=clause)
    days = call["publicity_working_days"]
    source = SourceStatus(call["publicity_source"]) if call["publicity_source"] else SourceStatus.FROM_CLAUSE
    rule = f"公示期{days}个工作日" + ("（平台默认）" if source is SourceStatus.PLATFORM_DEFAULT else "")
    due = await tasks.due_after(act, clock.today(), days, DayUnit.WORKING, rule=rule, source=source)
    title = f"{call['title']}结果公示"
    fields = {
        **{one["shown"]: _told(one) for one in results},
        "公示期": f"{clock.today()}至{due.on}（{days}个工作日）",
        "异议": "公示期内可以提出异议，由区卫生健康委复核",
    }
    paper_id, number = await steps.issue(
        act,
        PaperKind.SELECTION_RESULT,
        (steps.CALL, call_id),
        addressee="社会公众",
        title=title,
        fields=fields,
        clauses=procedure.clauses(("MTG-10-3", "MTG-10-4")),
    )
    await steps.move_call(act, procedure, call, CallStatus.PUBLICITY, "MTG-10-4", {"publicity_ends_on": due.on})
    body = "\n".join(f"{label}：{text}" for label, text in fields.items())
    lines = [{key: one[key] for key in _LINE} for one in results]
    await notices.publish(
        act, call_id, NoticeKind.RESULT, paper_id, number, title, body, call["url"], until=due, results=lines
    )
    await tasks.open_task(
        act,
        Task(
            TaskKind.AWARD_CALL,
            f"《{call['title']}》公示期满后公布结果",
            steps.CALL,
            call_id,
            None,
            Role.DISTRICT_OFFICER,
            due=due,
            clause=clause,
            consequence="公示期满且没有未复核的异议，方可公布结果；期满不自动生效",
        ),
    )


_LINE = ("gap_id", "application_id", "outcome", "operator_name", "total_score", "score_max")


async def results_of(act: Act, call_id: UUID) -> list[dict[str, Any]]:
    """What each gap of the call has come to, by name: ``shown``, and the columns of a published result."""
    linked = await store.list_call_gaps(act.connection, act.tenant_id, call_id)
    gaps = await load_gaps(act.connection, act.tenant_id, [row["gap_id"] for row in linked])
    chosen: Mapping[UUID, RowMapping] = {
        one["gap_id"]: one
        for one in await store.list_applications(
            act.connection, act.tenant_id, call_id, (ApplicationStatus.SELECTED, ApplicationStatus.CONFIRMED)
        )
    }
    found = []
    for row in sorted(linked, key=lambda one: gaps[one["gap_id"]]["sort_key"]):
        one = chosen.get(row["gap_id"])
        found.append(
            {
                "shown": gaps[row["gap_id"]]["name"],
                "gap_id": row["gap_id"],
                "outcome": row["outcome"],
                "application_id": one and one["id"],
                "operator_name": one and one["operator_name"],
                "total_score": one and one["total_score"],
                "score_max": one and one["score_max"],
            }
        )
    return found


def _told(result: Mapping[str, Any]) -> str:
    if result["application_id"] is None:
        return "流标，空白点重新开放"
    return f"{result['operator_name']}，综合得分 {result['total_score']}（满分 {result['score_max']}）"


async def _open_gaps(act: Act, call_id: UUID) -> list[UUID]:
    rows = await store.list_call_gaps(act.connection, act.tenant_id, call_id)
    return [row["gap_id"] for row in rows if row["outcome"] == GapOutcome.OPEN]


def _first(ranked: Sequence[RowMapping], choices: set[UUID], reason: str | None, procedure: Procedure) -> RowMapping:
    """The application that goes first. Raises: Invalid, Conflict."""
    clause = procedure.clause("MTG-10-3")
    best = min(one["rank"] for one in ranked)
    equals = [one for one in ranked if one["rank"] == best]
    named = [one for one in ranked if one["id"] in choices]
    if len(named) > 1 or (named and named[0] not in equals):
        raise Invalid("只能在同一空白点名次并列第一的申报中选定一个", path=("input", "choices"), clause=clause)
    if named and reason is None:
        raise Invalid("在并列的申报中选定，应写明理由", path=("input", "reason"), clause=clause)
    if named:
        return named[0]
    if len(equals) > 1:
        listed = "、".join(f"{one['operator_name']}（{one['number']}）" for one in equals)
        raise Conflict(f"名次并列：{listed}；请选定其一并写明理由", path=("input", "choices"), clause=clause)
    return equals[0]
