"""What a task is, and the deadline it bears."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.terms import Term
from server.policy.terms import SourceStatus
from server.workdays.model import DayUnit as DayUnit


class TaskKind(Term):
    """What is to be done.  Areas add theirs here, a line each."""

    DECIDE_PROPOSAL = "DECIDE_PROPOSAL", "处理处置建议"
    HANDLE_DESIGNATION = "HANDLE_DESIGNATION", "受理医保定点申请"
    SUPPLEMENT_DESIGNATION = "SUPPLEMENT_DESIGNATION", "补充医保定点申请材料"
    EVALUATE_DESIGNATION = "EVALUATE_DESIGNATION", "办理医保定点评估"
    CONCLUDE_DESIGNATION = "CONCLUDE_DESIGNATION", "办理医保定点公示与签约"
    REVIEW_DESIGNATION_CHANGE = "REVIEW_DESIGNATION_CHANGE", "核对签约一年内的变更"
    RENEW_INSURANCE_AGREEMENT = "RENEW_INSURANCE_AGREEMENT", "续签医保服务协议"
    SELF_REPORT = "SELF_REPORT", "提交绩效考核自评"
    ASSESS = "ASSESS", "考核评分"
    RECHECK = "RECHECK", "复核考核结果"
    CONFIRM_ASSESSMENT = "CONFIRM_ASSESSMENT", "确认考核结果"
    DECIDE_APPEAL = "DECIDE_APPEAL", "处理考核申诉"
    RECTIFY = "RECTIFY", "整改"
    ACCEPT_RECTIFICATION = "ACCEPT_RECTIFICATION", "验收整改"


class TaskStatus(Term):
    """What became of it."""

    OPEN = "OPEN", "待办"
    DONE = "DONE", "已办"
    CANCELLED = "CANCELLED", "已取消"


@dataclass(frozen=True, slots=True)
class Due:
    """The last day that is still in time, and how it came about.

    ``rule`` is shown to officials: 一次性告知后五个工作日内补正.  ``days`` counts ``unit`` from ``from_on``; both are None
    for a FIXED day.  ``provisional``: a notice still to come may move it.  ``source``: whether the length stands in the
    text, or is the platform's own.
    """

    on: date
    rule: str
    days: int | None
    unit: DayUnit
    from_on: date | None
    provisional: bool
    source: SourceStatus
    counts_first_day: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """Something that somebody must do.

    ``subject_type`` is the table of the case, ``role`` who must act; ``department`` (an ``AuthorityKind``) narrows a
    department officer, ``assignee`` names one person.  ``consequence`` says in Chinese what follows when the day passes.
    """

    kind: TaskKind
    title: str
    subject_type: str
    subject_id: UUID
    institution_id: UUID | None
    role: Role
    department: str | None = None
    assignee: str | None = None
    due: Due | None = None
    clause: Clause | None = None
    consequence: str | None = None
