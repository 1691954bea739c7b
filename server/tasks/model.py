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
    ACCEPT_LICENCE_APPLICATION = "ACCEPT_LICENCE_APPLICATION", "受理许可申请"
    SUPPLY_LICENCE_MATERIALS = "SUPPLY_LICENCE_MATERIALS", "补正许可材料"
    DECIDE_LICENCE_APPLICATION = "DECIDE_LICENCE_APPLICATION", "作出许可决定"
    APPLY_FOR_VERIFICATION = "APPLY_FOR_VERIFICATION", "申请校验"
    APPLY_FOR_REVERIFICATION = "APPLY_FOR_REVERIFICATION", "申请再次校验"
    DECIDE_VERIFICATION = "DECIDE_VERIFICATION", "作出校验结论"
    STATE_CASE = "STATE_CASE", "陈述申辩"
    DECIDE_ENDING = "DECIDE_ENDING", "决定是否终止许可"
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
    INVESTIGATE_FINDING = "INVESTIGATE_FINDING", "调查负面清单线索"
    HOLD_INTERVIEW = "HOLD_INTERVIEW", "约谈主要负责人"
    REVIEW_FINDING = "REVIEW_FINDING", "复核已作认定"
    TRIAGE_SIGNAL = "TRIAGE_SIGNAL", "研判风险信号"
    HOLD_VISIT = "HOLD_VISIT", "开展联合检查或专项指导"
    FULFIL_TASK = "FULFIL_TASK", "完成指令性任务"
    REMOVE_HAZARD = "REMOVE_HAZARD", "消除重大安全隐患"
    REVIEW_EXIT = "REVIEW_EXIT", "核实退出事实"
    NOTIFY_EXIT = "NOTIFY_EXIT", "作出退出告知"
    STATE_ON_EXIT = "STATE_ON_EXIT", "陈述申辩"
    DECIDE_EXIT = "DECIDE_EXIT", "作出退出决定"
    APPROVE_EXIT = "APPROVE_EXIT", "审批退出决定"
    PLAN_CONTINUITY = "PLAN_CONTINUITY", "制定居民承接方案"
    ANSWER_SUCCESSION = "ANSWER_SUCCESSION", "答复居民承接请求"
    EXECUTE_EXIT = "EXECUTE_EXIT", "执行退出决定"
    CONDUCT_PENALTY = "CONDUCT_PENALTY", "办理移送的行政处罚"
    END_INSURANCE_AGREEMENT = "END_INSURANCE_AGREEMENT", "处理退出机构的医保服务协议"
    REVIEW_EXIT_CASE = "REVIEW_EXIT_CASE", "复核退出案件"
    AGREE_CONVERSION = "AGREE_CONVERSION", "商定转型"
    CLOSE_CALL = "CLOSE_CALL", "截止申报并组织评价"
    DECIDE_ELIGIBILITY = "DECIDE_ELIGIBILITY", "审查申报资格"
    SCORE_APPLICATION = "SCORE_APPLICATION", "评审申报"
    DECIDE_OBJECTION = "DECIDE_OBJECTION", "复核公示异议"
    AWARD_CALL = "AWARD_CALL", "公示期满公布结果"
    OPEN_INSTITUTION = "OPEN_INSTITUTION", "按期开放运行"
    HAND_OVER_PREMISES = "HAND_OVER_PREMISES", "交付配套用房"
    RETURN_PREMISES = "RETURN_PREMISES", "委托期满收回配套用房"
    REMEDY_BREACH = "REMEDY_BREACH", "处理委托用房违约"


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

    ``subject_type`` is the table of the case, ``subject_tenant_id`` its tenant where that is another, ``role`` who must act;
    ``department`` (an ``AuthorityKind``) narrows a department officer, ``assignee`` names one person.  ``consequence`` says
    in Chinese what follows when the day passes.
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
    subject_tenant_id: int | None = None
