"""Calls 公开遴选: drafting, publishing, closing, ending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock, names, prose
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.papers.model import PaperKind
from server.policy.parameters import PARAMETERS
from server.policy.procedures import Procedure
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.selection import rules, steps, store, tables
from server.selection.actions import notices
from server.selection.concluding import conclude_reviews
from server.selection.model import (
    ApplicationStatus,
    CallStatus,
    EvaluationMethod,
    GapOutcome,
    NoticeKind,
    SheetStatus,
    TieRule,
)
from server.sites.actions import gaps as gap_actions
from server.sites.model import PUBLISHABLE, GapStatus
from server.sites.store import load_gaps
from server.tasks import actions as tasks
from server.tasks.model import DayUnit, Task, TaskKind

PUBLICITY = "publicity_working_days"
#: What A-MTG-9 gives where a pack says nothing.
_PUBLICITY_FALLBACK = 5


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is drafted.  ``publicity_working_days``: None for the length that the district's policy has."""

    title: str
    gap_ids: Sequence[UUID]
    closes_on: date
    publicity_working_days: int | None = None
    description: str | None = None
    url: str | None = None
    materials: Sequence[rules.Material] = ()
    criteria: Sequence[rules.Weighing] = ()
    method: EvaluationMethod = EvaluationMethod.AVERAGE
    tie_rule: TieRule = TieRule.COMMISSION_DECIDES


async def draft_call(act: Act, procedure: Procedure, wanted: Call) -> UUID:
    """A call that nobody but the district sees, until it is published.

    Implements: MTG-7-2, MTG-8-1; A-MTG-9 (the length of publicity is the call's own; the default is marked as what it is).
    Raises: NotAllowed, NotFound, Invalid, Conflict (a gap that was not chosen, or stands in another call).
    """
    act.require(*steps.OFFICERS)
    today = clock.today()
    rules.check_closing_day(wanted.closes_on, today)
    days: int
    source: SourceStatus | None
    days, source = procedure.value(PUBLICITY, _PUBLICITY_FALLBACK)
    if wanted.publicity_working_days is not None:
        # What the district enters for this call is its own decision: neither the text's nor the platform's.
        days, source = wanted.publicity_working_days, None
    limits = PARAMETERS[PUBLICITY]
    rules.check_publicity(days, least=limits.minimum or 1, most=limits.maximum or 60)
    criteria = rules.checked_scheme(wanted.criteria or rules.DEFAULT_SCHEME)
    materials = rules.checked_materials(wanted.materials)
    title = names.normalise(wanted.title, path=("input", "title"))
    gaps = await gap_actions.hold_gaps(act, wanted.gap_ids)
    _check_gaps(gaps, procedure)
    await _check_free(act, gaps, procedure)
    call_id = new_id()
    values = {
        "title": title,
        "description": prose.optional(wanted.description, path=("input", "description"), limit=4000),
        "url": _url(wanted.url),
        "status": CallStatus.DRAFT,
        "closes_on": wanted.closes_on,
        "publicity_working_days": days,
        "publicity_source": source,
        "method": wanted.method,
        "tie_rule": wanted.tie_rule,
        "policy_digest": procedure.digest,
    }
    mine = {"tenant_id": act.tenant_id, "call_id": call_id}
    row = values | {"tenant_id": act.tenant_id, "id": call_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.add(act.connection, tables.selection_call, [row])
    await store.add(
        act.connection,
        tables.call_gap,
        [mine | {"id": new_id(), "gap_id": gap["id"], "outcome": GapOutcome.OPEN} for gap in gaps],
    )
    await store.add(
        act.connection,
        tables.call_material,
        [
            mine | {"id": new_id(), "ordinal": n, "name": one.name, "mandatory": one.mandatory, "note": one.note}
            for n, one in enumerate(materials, start=1)
        ],
    )
    await store.add(
        act.connection,
        tables.call_criterion,
        [
            mine
            | {
                "id": new_id(),
                "ordinal": n,
                "name": one.name,
                "max_score": one.max_score,
                "weight": one.weight,
                "note": one.note,
            }
            for n, one in enumerate(criteria, start=1)
        ],
    )
    told = values | {"gaps": [gap["id"] for gap in gaps], "criteria": [one.name for one in criteria]}
    await act.note("drafted", steps.CALL, call_id, after=told, policy_digest=procedure.digest)
    return call_id


async def publish_call(act: Act, procedure: Procedure, call_id: UUID, *, expected_version: int | None = None) -> None:
    """The call is public, with its gaps, and takes applications up to the end of its last day.

    Implements: MTG-8-1.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    call = await steps.held_call(act, call_id, expected_version)
    today, clause = clock.today(), procedure.clause("MTG-8-1")
    rules.check_call_step(CallStatus(call["status"]), CallStatus.PUBLISHED, clause=clause)
    rules.check_closing_day(call["closes_on"], today)
    gaps = await _gaps_of(act, call_id)
    _check_gaps(gaps, procedure)
    for gap in gaps:
        first = {"published_on": gap["published_on"] or today}
        await gap_actions.move_gaps(
            act,
            [gap],
            GapStatus.PUBLISHED,
            f"公开遴选《{call['title']}》",
            procedure=procedure,
            requirement="MTG-8-1",
            values=first,
        )
    paper_id, number = await steps.issue(
        act,
        PaperKind.SELECTION_CALL,
        (steps.CALL, call_id),
        addressee="社会力量各举办主体",
        title=call["title"],
        fields=await _announcement(act, call, gaps),
        clauses=procedure.clauses(("MTG-6-1", "MTG-7-2", "MTG-8-1", "MTG-8-2")),
    )
    await steps.move_call(
        act, procedure, call, CallStatus.PUBLISHED, "MTG-8-1", {"published_on": today, "number": number}
    )
    await store.publish_parts(act.connection, act.tenant_id, call_id, today)
    await notices.publish(
        act, call_id, NoticeKind.CALL, paper_id, number, call["title"], _body(call, gaps), call["url"]
    )
    due = await tasks.due_after(
        act, call["closes_on"], 0, DayUnit.FIXED, rule="公告所定申报截止日", source=SourceStatus.FROM_CLAUSE
    )
    await tasks.open_task(
        act,
        Task(
            TaskKind.CLOSE_CALL,
            f"《{call['title']}》申报截止后，办理截止并组织综合评价",
            steps.CALL,
            call_id,
            None,
            Role.DISTRICT_OFFICER,
            due=due,
            clause=clause,
            consequence="截止日期届满后不再接受申报；没有申报的空白点重新开放",
        ),
    )


async def close_call(act: Act, procedure: Procedure, call_id: UUID, *, expected_version: int) -> None:
    """The call is closed once its last day is past; where nobody applied it has failed, and its gaps re-open.

    Implements: requirements A.7, machine 2.  Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    call = await steps.held_call(act, call_id, expected_version)
    clause = procedure.clause("MTG-8-2")
    rules.check_call_step(CallStatus(call["status"]), CallStatus.CLOSED, clause=clause)
    if clock.today() <= call["closes_on"]:
        raise Conflict(
            f"申报截至 {call['closes_on']} 当日结束，期满后方可办理截止", path=("input", "call"), clause=clause
        )
    await steps.move_call(act, procedure, call, CallStatus.CLOSED, "MTG-8-2")
    await tasks.finish(act, subject_id=call_id, kind=TaskKind.CLOSE_CALL)
    alive = await store.list_applications(
        act.connection,
        act.tenant_id,
        call_id,
        [one for one in ApplicationStatus if one is not ApplicationStatus.WITHDRAWN],
    )
    if not alive:
        await fail_call(act, procedure, call_id, "至申报截止没有举办主体申报")


async def cancel_call(act: Act, procedure: Procedure, call_id: UUID, *, expected_version: int, reason: str) -> None:
    """The call ends without a result, for a reason that is published; its gaps re-open.

    Implements: requirements A.7, machine 2 (any → CANCELLED).  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    reason = prose.checked(reason, path=("input", "reason"))
    call = await steps.held_call(act, call_id, expected_version)
    await _end(act, procedure, call, CallStatus.CANCELLED, reason)


async def fail_call(act: Act, procedure: Procedure, call_id: UUID, reason: str) -> None:
    """The call failed 流标: none of its gaps has a valid application."""
    call = await store.load(act.connection, tables.selection_call, act.tenant_id, call_id)
    await _end(act, procedure, call, CallStatus.FAILED, reason)


async def reopen_gaps(act: Act, procedure: Procedure, call_id: UUID, gap_ids: Sequence[UUID], reason: str) -> None:
    """These gaps of the call have no operator: they may stand in another call."""
    if not gap_ids:
        return
    await store.update_outcome(act.connection, act.tenant_id, call_id, gap_ids, GapOutcome.FAILED)
    held = await load_gaps(act.connection, act.tenant_id, list(gap_ids))
    published = [gap for gap in held.values() if gap["status"] != GapStatus.REOPENED]
    await gap_actions.move_gaps(
        act, published, GapStatus.REOPENED, reason, procedure=procedure, values={"institution_id": None}
    )


async def _end(act: Act, procedure: Procedure, call: RowMapping, to: CallStatus, reason: str) -> None:
    was_public = call["published_on"] is not None
    today = clock.today()
    await steps.move_call(act, procedure, call, to, "MTG-7-2", {"ended_on": today, "end_reason": reason})
    open_gaps = [
        row["gap_id"]
        for row in await store.list_call_gaps(act.connection, act.tenant_id, call["id"])
        if row["outcome"] == GapOutcome.OPEN
    ]
    if was_public:
        await reopen_gaps(act, procedure, call["id"], open_gaps, reason)
        fields = {"遴选公告": call["number"], "遴选名称": call["title"], "处理": to.label, "原因": reason}
        paper_id, number = await steps.issue(
            act,
            PaperKind.SELECTION_ENDED,
            (steps.CALL, call["id"]),
            addressee="社会力量各举办主体",
            title=f"关于{call['title']}{to.label}的公告",
            fields=fields,
            clauses=procedure.clauses(("MTG-7-1", "MTG-7-2")),
        )
        title = f"关于{call['title']}{to.label}的公告"
        await notices.publish(act, call["id"], NoticeKind.ENDED, paper_id, number, title, reason, call["url"])
    else:
        await store.update_outcome(act.connection, act.tenant_id, call["id"], open_gaps, GapOutcome.FAILED)
    await tasks.cancel(act, subject_id=call["id"])
    for one in await store.list_applications(act.connection, act.tenant_id, call["id"]):
        await tasks.cancel(act, subject_id=one["id"])
    for sheet in await store.list_sheets(act.connection, act.tenant_id, call["id"], (SheetStatus.AWAITED,)):
        await store.change(
            act.connection, tables.score_sheet, act.tenant_id, sheet["id"], {"status": SheetStatus.DROPPED}
        )
        await tasks.cancel(act, subject_id=sheet["id"])
    if was_public:
        await conclude_reviews(act, procedure, call["id"])


async def _gaps_of(act: Act, call_id: UUID) -> list[RowMapping]:
    linked = await store.list_call_gaps(act.connection, act.tenant_id, call_id)
    return await gap_actions.hold_gaps(act, [row["gap_id"] for row in linked])


def _check_gaps(gaps: Sequence[RowMapping], procedure: Procedure) -> None:
    for gap in gaps:
        status = GapStatus(gap["status"])
        if status not in PUBLISHABLE:
            raise Conflict(
                f"空白点“{gap['name']}”现为“{status.label}”；只有已选取或重新开放的空白点可以发布遴选",
                path=("input", "gaps"),
                clause=procedure.clause("MTG-6-1"),
            )


async def _check_free(act: Act, gaps: Sequence[RowMapping], procedure: Procedure) -> None:
    """Raises: Conflict for a gap that stands in another call that has not ended."""
    by_id = {gap["id"]: gap for gap in gaps}
    taken = await store.find_gaps_in_calls(act.connection, act.tenant_id, list(by_id))
    if taken:
        raise Conflict(
            f"空白点“{by_id[taken[0]]['name']}”已列入另一次尚未结束的遴选（含草拟），请先取消该次遴选",
            path=("input", "gaps"),
            clause=procedure.clause("MTG-8-1"),
        )


def _url(url: str | None) -> str | None:
    if url is None:
        return None
    url = names.normalise(url, path=("input", "url"), limit=500)
    if not url.startswith(("https://", "http://")):
        raise Invalid("公告网址应以 https:// 或 http:// 开头", path=("input", "url"))
    return url


async def _announcement(act: Act, call: RowMapping, gaps: Sequence[RowMapping]) -> dict[str, str]:
    criteria = await store.list_criteria(act.connection, act.tenant_id, call["id"])
    materials = await store.list_materials(act.connection, act.tenant_id, call["id"])
    method, tie = EvaluationMethod(call["method"]), TieRule(call["tie_rule"])
    fields = {
        f"空白点{n}": f"{gap['name']}：{gap['area']}；人口 {gap['population']}" for n, gap in enumerate(gaps, start=1)
    }
    fields["申报截止"] = f"{call['closes_on']}（当日有效）"
    asked = (f"{one['name']}{'' if one['mandatory'] else '（可选）'}" for one in materials)
    fields["申报材料"] = "；".join(asked) or "见公告正文"
    fields["评分指标"] = "；".join(f"{one['name']}（满分{one['max_score']}，权重{one['weight']}%）" for one in criteria)
    fields["评价方法"] = f"{method.label}；总分相同时{tie.label}"
    fields["结果公示"] = f"{call['publicity_working_days']}个工作日"
    return fields


def _body(call: RowMapping, gaps: Sequence[RowMapping]) -> str:
    areas = "\n".join(f"{n}. {gap['name']}：{gap['area']}" for n, gap in enumerate(gaps, start=1))
    return "\n\n".join(
        filter(None, (call["description"], f"空白点选址区域：\n{areas}", f"申报截止：{call['closes_on']}"))
    )
