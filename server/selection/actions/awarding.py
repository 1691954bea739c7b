"""The award: the operators that the publicity left standing, and by when each must open."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.selection import rules, steps, store, tables
from server.selection.actions import notices
from server.selection.actions.determining import results_of
from server.selection.concluding import conclude_reviews
from server.selection.model import ApplicationStatus, CallStatus, GapOutcome, NoticeKind
from server.sites.actions.gaps import advance_gap
from server.sites.model import GapStatus
from server.tasks import actions as tasks
from server.tasks.model import DayUnit, Task, TaskKind


async def award_call(
    act: Act, procedure: Procedure, call_id: UUID, *, expected_version: int, opening_by: Mapping[UUID, date]
) -> None:
    """The operators are determined for good, each with the last day to open; the gaps have an operator.

    ``opening_by``: for every selected application the day that article 22 will go by.  Nothing but this award and the
    entrustment agreement sets it.
    Implements: MTG-10-3, MTG-10-4, A-MTG-10; requirements A.7 machines 1 to 3.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (publicity runs, an objection is open).
    """
    call = await steps.held_call(act, call_id, expected_version)
    clause = procedure.clause("MTG-10-4")
    today = clock.today()
    open_ = await store.list_open_objections(act.connection, act.tenant_id, call_id)
    if open_:
        raise Conflict(f"还有 {len(open_)} 项异议未复核，不能公布结果", path=("input", "call"), clause=clause)
    if call["status"] == CallStatus.PUBLICITY:
        rules.check_publicity_over(call["publicity_ends_on"], today, clause=clause)
    rules.check_call_step(CallStatus(call["status"]), CallStatus.AWARDED, clause=clause)
    selected = await store.list_applications(act.connection, act.tenant_id, call_id, (ApplicationStatus.SELECTED,))
    if opening_by.keys() != {one["id"] for one in selected}:
        raise Invalid(
            f"应为每个拟确定的举办主体写明开放运行期限，共 {len(selected)} 个",
            path=("input", "openings"),
            clause=procedure.clause("MTG-22-1"),
        )
    for one in selected:
        day = opening_by[one["id"]]
        if day <= today:
            raise Invalid(
                f"开放运行期限应晚于今天（{today}），实际为 {day}",
                path=("input", "openings"),
                clause=procedure.clause("MTG-22-1"),
            )
    await steps.move_call(act, procedure, call, CallStatus.AWARDED, "MTG-10-3")
    await tasks.finish(act, subject_id=call_id)
    for one in selected:
        await _confirm(act, procedure, one["id"], opening_by[one["id"]])
    await conclude_reviews(act, procedure, call_id)
    await _announce(act, procedure, call_id)


async def _confirm(act: Act, procedure: Procedure, application_id: UUID, opening_by: date) -> None:
    application = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id)
    values = {"confirmed_on": clock.today(), "opening_by": opening_by}
    await steps.move_application(act, procedure, application, ApplicationStatus.CONFIRMED, "MTG-10-3", values)
    why = f"确定“{application['operator_name']}”为举办主体"
    gap = application["gap_id"]
    await advance_gap(act, gap, GapStatus.OPERATOR_DETERMINED, why, procedure=procedure, requirement="MTG-10-3")
    await store.update_outcome(act.connection, act.tenant_id, application["call_id"], [gap], GapOutcome.AWARDED)
    await steps.issue(
        act,
        PaperKind.SELECTION_AWARD,
        (steps.APPLICATION, application_id),
        addressee=application["operator_name"],
        title=f"关于确定“{application['operator_name']}”为举办主体的通知",
        fields={
            "受理号": application["number"],
            "综合得分": f"{application['total_score']}（满分 {application['score_max']}）",
            "开放运行期限": f"{opening_by}（含当日）",
            "后续": "请组建机构，依法申请医疗机构执业登记；使用医疗卫生配套用房的，签订委托协议",
            "逾期": "未在规定时间内开放运行的，注销其《医疗机构执业许可证》，该空白点重新开放",
        },
        clauses=procedure.clauses(("MTG-10-3", "MTG-11-1", "MTG-18-1", "MTG-22-1")),
        recipient=application["subject"],
    )
    due = await tasks.due_after(
        act, opening_by, 0, DayUnit.FIXED, rule="确定通知书所定开放运行期限", source=SourceStatus.FROM_CLAUSE
    )
    await tasks.open_task(
        act,
        Task(
            TaskKind.OPEN_INSTITUTION,
            f"按期开放运行：{application['operator_name']}（{application['number']}）",
            steps.APPLICATION,
            application_id,
            None,
            Role.APPLICANT,
            assignee=application["subject"],
            due=due,
            clause=procedure.clause("MTG-22-1"),
            consequence="逾期未开放运行的，提出注销《医疗机构执业许可证》的建议，空白点重新开放",
        ),
    )


async def _announce(act: Act, procedure: Procedure, call_id: UUID) -> None:
    call = await store.load(act.connection, tables.selection_call, act.tenant_id, call_id)
    results = await results_of(act, call_id)
    title = f"{call['title']}结果公告"
    fields = {one["shown"]: one["operator_name"] or "流标，空白点重新开放" for one in results}
    paper_id, number = await steps.issue(
        act,
        PaperKind.SELECTION_RESULT,
        (steps.CALL, call_id),
        addressee="社会公众",
        title=title,
        fields=fields,
        clauses=procedure.clauses(("MTG-10-3", "MTG-10-4")),
    )
    keys = ("gap_id", "application_id", "outcome", "operator_name", "total_score", "score_max")
    await notices.publish(
        act,
        call_id,
        NoticeKind.AWARD,
        paper_id,
        number,
        title,
        "\n".join(f"{gap}：{operator}" for gap, operator in fields.items()),
        call["url"],
        results=[{key: one[key] for key in keys} for one in results],
    )


async def begin_preparing(act: Act, procedure: Procedure, application_id: UUID, *, expected_version: int) -> None:
    """The confirmed operator prepares its institution 组建.

    Implements: MTG-11-1; requirements A.7 machine 1.  Raises: NotFound (not the caller's own), OutOfDate, Conflict.
    """
    path = ("input", "application")
    application = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id, path)
    officer = bool(act.actor.roles_in(act.tenant_id) & steps.OFFICERS)
    if application["subject"] != act.actor.subject and not officer:
        raise NotFound(path=path)
    steps.check_version(application, expected_version)
    clause = procedure.clause("MTG-11-1")
    if application["status"] != ApplicationStatus.CONFIRMED:
        raise Conflict("只有已确定的举办主体可以开始组建", path=path, clause=clause)
    why = f"“{application['operator_name']}”开始组建"
    await advance_gap(act, application["gap_id"], GapStatus.PREPARING, why, procedure=procedure, requirement="MTG-11-1")
    await act.note("preparing", steps.APPLICATION, application_id, after={"gap_id": application["gap_id"]})
