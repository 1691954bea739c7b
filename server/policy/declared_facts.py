"""The declared facts, one by one.  How each is derived from events stands in ``server.policy.derive``."""

from typing import Any

from server.policy.events import EventKind
from server.policy.fact_specs import FactSpec, WindowBinding
from server.policy.terms import (
    ApplicationRoute,
    FactScope,
    InstitutionKind,
    InsuranceAction,
    OperatingNature,
    OperatorKind,
    SafetyGrade,
    labels,
)
from server.policy.values import ValueType


def declared_facts() -> list[FactSpec]:
    found: list[FactSpec] = []
    e, t = EventKind, ValueType
    application, institution = frozenset({FactScope.APPLICATION}), frozenset({FactScope.INSTITUTION})

    def fact(
        name: str, label: str, type_: ValueType, scopes: frozenset[FactScope], *events: EventKind, ask: str, **rest: Any
    ) -> None:
        window: WindowBinding | None = rest.get("window")
        named = (window.kind, window.years, window.anchor) if window else ()
        rest["needs"] = (*(name for name in named if name is not None), *rest.get("needs", ()))
        found.append(FactSpec(name, label, type_, scopes, frozenset(events), ask, **rest))

    def finding(name: str, label: str, event: EventKind, ask: str) -> None:
        fact(name, label, t.BOOL, institution, event, ask=ask)

    def occurrence(name: str, label: str, event: EventKind, ask: str) -> None:
        fact(name, label, t.BOOL, institution, event, ask=ask, occurrence=True)

    claims = (e.DECLARATION, e.DETERMINATION)

    # Who it is
    both = application | institution
    fact(
        "operator_kind",
        "举办主体类别",
        t.CHOICE,
        both,
        *claims,
        e.REGISTRATION,
        ask="请核实举办主体类别",
        choices=labels(OperatorKind),
    )
    fact(
        "operating_nature",
        "经营性质",
        t.CHOICE,
        both,
        *claims,
        e.REGISTRATION,
        ask="请核实经营性质",
        choices=labels(OperatingNature),
    )
    fact(
        "institution_kind",
        "机构类别",
        t.CHOICE,
        institution,
        e.REGISTRATION,
        ask="请补录机构类别",
        choices=labels(InstitutionKind),
    )

    # Applications
    fact(
        "application_route",
        "申报方式",
        t.CHOICE,
        application,
        *claims,
        ask="请核实申报方式",
        choices=labels(ApplicationRoute),
    )
    known: dict[str, Any] = {"determined": True}
    fact(
        "operator_is_legal_person",
        "举办主体具备法人资格",
        t.BOOL,
        application,
        *claims,
        ask="请核实举办主体是否具备法人资格",
        **known,
    )
    fact(
        "bears_civil_liability",
        "具有独立承担民事责任的资格和能力",
        t.BOOL,
        application,
        *claims,
        ask="请核实申报主体能否独立承担民事责任",
        **known,
    )
    fact(
        "conforms_to_plan",
        "符合区社区卫生服务机构规划和设置要求",
        t.BOOL,
        application,
        *claims,
        ask="请核实是否符合区规划和设置要求",
        **known,
    )

    # What adds up
    total: dict[str, Any] = {"aggregate": True}
    cards = WindowBinding("card_window_kind", "card_window_years", "card_window_anchor")
    fact(
        "yellow_cards_in_window",
        "计数期内黄牌次数",
        t.INT,
        institution,
        e.YELLOW_CARD,
        ask="请核实黄牌记录",
        unit="次",
        window=cards,
        **total,
    )
    fact(
        "consecutive_failed_cycles",
        "连续考核不合格周期数",
        t.INT,
        institution,
        e.ASSESSMENT_RESULT,
        ask="请核实历次考核结果",
        unit="个周期",
        needs=("missing_cycle",),
        **total,
    )
    points = WindowBinding("points_cycle")
    fact(
        "practice_points_in_cycle",
        "积分周期内不良执业行为累计积分",
        t.INT,
        institution,
        e.PRACTICE_POINTS,
        ask="请核实不良执业行为积分及积分周期",
        unit="分",
        window=points,
        **total,
    )
    fact(
        "serious_complaints_in_cycle",
        "校验周期内属实且有严重不良影响的举报投诉次数",
        t.INT,
        institution,
        e.COMPLAINT,
        ask="请查清举报投诉是否属实、是否有严重不良影响及所属校验周期",
        unit="次",
        needs=("complaint_unit",),
        **total,
    )
    penalties = WindowBinding("safety_window_kind", "safety_window_years", "safety_window_anchor")
    fact(
        "safety_penalties_in_window",
        "计数期内安全生产行政处罚次数",
        t.INT,
        institution,
        e.SAFETY_PENALTY,
        ask="请核实安全生产行政处罚记录",
        unit="次",
        window=penalties,
        **total,
    )

    # Single findings
    fact(
        "latest_assessment_score",
        "最近一次考核得分",
        t.SCORE,
        institution,
        e.ASSESSMENT_RESULT,
        ask="请补录考核得分",
        unit="分",
    )
    fact(
        "safety_accident_grade",
        "安全事故等级",
        t.GRADE,
        institution,
        e.SAFETY_ACCIDENT,
        ask="请等待或催办事故等级认定",
        choices=labels(SafetyGrade),
    )
    finding("major_hazard_refused", "存在重大安全隐患拒不整改", e.MAJOR_HAZARD, "请认定重大安全隐患整改情况")
    finding("mandatory_task_refused", "拒不落实政府指令性任务", e.MANDATORY_TASK, "请认定指令性任务落实情况")
    finding(
        "unfit_conduct_found",
        "有不符合资质要求或不适合承担职能的其他行为",
        e.UNFIT_CONDUCT,
        "请就不适合承担职能的行为作出认定",
    )
    finding("verification_not_qualified", "校验不合格", e.VERIFICATION, "请补录校验结果")
    finding(
        "verification_after_suspension",
        "该次校验为暂缓校验期满后的再次校验",
        e.VERIFICATION,
        "请核实该次校验是否为再次校验",
    )
    finding(
        "revocation_grounds_met", "违法事项达到吊销标准", e.REVOCATION_GROUNDS, "请就违法事项是否达到吊销标准作出认定"
    )
    fact(
        "opening_overdue",
        "未按要求在规定时间内开放运行",
        t.BOOL,
        institution,
        e.OPENING_DEADLINE,
        e.OPENING,
        ask="请补录约定的开放运行时间",
    )

    # Occurrences on a negative list
    fact(
        "confirmed_items",
        "经调查认定成立的条目",
        t.TEXT_LIST,
        institution,
        e.NEGATIVE_FINDING,
        ask="请就负面清单条目作出认定",
        occurrence=True,
    )
    occurrence("assessment_failed", "绩效考核不合格", e.ASSESSMENT_RESULT, "请补录考核结果")
    occurrence("verification_overdue", "不按期办理校验", e.VERIFICATION_OVERDUE, "请核实校验办理情况")
    occurrence(
        "practising_while_overdue", "逾期未校验继续执业", e.VERIFICATION_OVERDUE, "请查明逾期未校验期间是否继续执业"
    )
    occurrence(
        "practised_outside_subjects", "诊疗活动超出登记的诊疗科目范围", e.OUT_OF_SUBJECT_PRACTICE, "请核实诊疗科目"
    )
    occurrence("emergency_care", "属急诊或急救", e.OUT_OF_SUBJECT_PRACTICE, "请查明是否属急诊或急救")
    occurrence(
        "non_health_personnel_used", "任用非卫生技术人员从事诊疗活动", e.NON_HEALTH_PERSONNEL, "请就人员资质作出认定"
    )
    occurrence("false_certificate_issued", "出具虚假证明文件", e.FALSE_CERTIFICATE, "请就证明文件真伪作出认定")
    occurrence("treatment_delayed", "造成延误诊治", e.FALSE_CERTIFICATE, "请查明是否造成延误诊治")
    occurrence("mental_harm_caused", "给患者精神造成伤害", e.FALSE_CERTIFICATE, "请查明是否给患者精神造成伤害")
    occurrence("malpractice_found", "发生医疗事故", e.MALPRACTICE, "请核实医疗事故记录")
    fact(
        "malpractice_grade",
        "医疗事故等级（一级最重）",
        t.INT,
        institution,
        e.MALPRACTICE,
        ask="请等待或催办医疗事故等级鉴定",
        unit="级",
        occurrence=True,
    )
    fact(
        "insurance_action",
        "医保部门对机构的处理",
        t.CHOICE,
        institution,
        e.INSURANCE_ACTION,
        ask="请向医保部门核实处理种类",
        choices=labels(InsuranceAction),
        occurrence=True,
    )
    occurrence("safety_accident_with_harm", "安全生产事故造成人身伤害或财产损失", e.SAFETY_ACCIDENT, "请查明事故后果")
    return found
