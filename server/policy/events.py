"""Dated events, as the areas hand them in: what happened, when, when it was known, when it was decided.

Areas translate their own records (``server/<area>/facts.py``); nothing here knows where an event is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from server.policy.terms import (
    AssessmentGrade,
    InstitutionKind,
    InsuranceAction,
    OperatingNature,
    OperatorKind,
    SafetyGrade,
    Term,
    VerificationResult,
    WindowKind,
    labels,
)
from server.policy.values import ValueType
from server.policy.windows import Period


class EventKind(Term):
    """What can happen.  The label is what worked cases and timelines show."""

    DECLARATION = "DECLARATION", "申报人声明"
    DETERMINATION = "DETERMINATION", "主管部门核实"
    REGISTRATION = "REGISTRATION", "机构登记信息"
    YELLOW_CARD = "YELLOW_CARD", "黄牌警告"
    NEGATIVE_FINDING = "NEGATIVE_FINDING", "负面清单认定"
    ASSESSMENT_RESULT = "ASSESSMENT_RESULT", "考核结果"
    PRACTICE_POINTS = "PRACTICE_POINTS", "不良执业行为积分"
    COMPLAINT = "COMPLAINT", "举报投诉"
    SAFETY_ACCIDENT = "SAFETY_ACCIDENT", "安全事故"
    SAFETY_PENALTY = "SAFETY_PENALTY", "安全生产处罚"
    MAJOR_HAZARD = "MAJOR_HAZARD", "重大安全隐患"
    MANDATORY_TASK = "MANDATORY_TASK", "指令性任务"
    UNFIT_CONDUCT = "UNFIT_CONDUCT", "不适合承担职能的行为"
    VERIFICATION = "VERIFICATION", "校验"
    VERIFICATION_OVERDUE = "VERIFICATION_OVERDUE", "逾期未校验"
    REVOCATION_GROUNDS = "REVOCATION_GROUNDS", "达到吊销标准的违法事项"
    OPENING_DEADLINE = "OPENING_DEADLINE", "约定开放运行时间"
    OPENING = "OPENING", "开放运行"
    OUT_OF_SUBJECT_PRACTICE = "OUT_OF_SUBJECT_PRACTICE", "超出诊疗科目"
    NON_HEALTH_PERSONNEL = "NON_HEALTH_PERSONNEL", "任用非卫生技术人员"
    FALSE_CERTIFICATE = "FALSE_CERTIFICATE", "出具虚假证明文件"
    MALPRACTICE = "MALPRACTICE", "医疗事故"
    INSURANCE_ACTION = "INSURANCE_ACTION", "医保处理"


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """One attribute of an event.  None as its value says: recorded, but not yet determined."""

    name: str
    label: str
    type: ValueType
    choices: Mapping[str, str] = field(default_factory=dict)
    required: bool = False


def _attributes() -> dict[EventKind, tuple[AttributeSpec, ...]]:
    a, text, yes_no, day, whole = AttributeSpec, ValueType.TEXT, ValueType.BOOL, ValueType.DATE, ValueType.INT
    choice, score = ValueType.CHOICE, ValueType.SCORE
    about = a("fact", "事实", text, required=True)
    said = a("value", "内容", text, required=True)
    return {
        EventKind.DECLARATION: (about, said),
        EventKind.DETERMINATION: (about, said),
        EventKind.REGISTRATION: (
            a("operator_kind", "举办主体", choice, labels(OperatorKind)),
            a("institution_kind", "机构类别", choice, labels(InstitutionKind)),
            a("operating_nature", "经营性质", choice, labels(OperatingNature)),
        ),
        EventKind.YELLOW_CARD: (
            a("issued_on", "发出", day),
            a("confirmed_on", "认定", day),
            a("decision", "决定文号", text),
        ),
        EventKind.NEGATIVE_FINDING: (a("item", "条目", text, required=True), a("basis", "依据记录", text)),
        EventKind.ASSESSMENT_RESULT: (
            a("cycle_from", "周期起", day, required=True),
            a("cycle_until", "周期止（不含）", day, required=True),
            a("result", "考核等次", choice, labels(AssessmentGrade), required=True),
            a("score", "考核得分", score),
        ),
        EventKind.PRACTICE_POINTS: (a("points", "分值", whole, required=True),),
        EventKind.COMPLAINT: (
            a("matter", "投诉事项", text, required=True),
            a("substantiated", "经查属实", yes_no),
            a("serious_adverse_effect", "有严重不良影响", yes_no),
        ),
        EventKind.SAFETY_ACCIDENT: (
            a("grade", "事故等级", choice, labels(SafetyGrade)),
            a("harm", "造成人身伤害或财产损失", yes_no),
        ),
        EventKind.SAFETY_PENALTY: (),
        EventKind.MAJOR_HAZARD: (a("refused", "拒不整改", yes_no),),
        EventKind.MANDATORY_TASK: (a("refused", "拒不落实", yes_no),),
        EventKind.UNFIT_CONDUCT: (a("established", "认定成立", yes_no),),
        EventKind.VERIFICATION: (
            a("result", "校验结果", choice, labels(VerificationResult), required=True),
            a("after_suspension", "暂缓校验期满后再次校验", yes_no),
        ),
        EventKind.VERIFICATION_OVERDUE: (a("practising", "继续执业", yes_no),),
        EventKind.REVOCATION_GROUNDS: (a("established", "认定成立", yes_no),),
        EventKind.OPENING_DEADLINE: (a("deadline_on", "应开放日", day, required=True),),
        EventKind.OPENING: (),
        EventKind.OUT_OF_SUBJECT_PRACTICE: (a("emergency", "属急诊急救", yes_no),),
        EventKind.NON_HEALTH_PERSONNEL: (a("established", "认定成立", yes_no),),
        EventKind.FALSE_CERTIFICATE: (
            a("treatment_delayed", "造成延误诊治", yes_no),
            a("mental_harm", "给患者精神造成伤害", yes_no),
        ),
        EventKind.MALPRACTICE: (a("grade", "医疗事故等级", whole),),
        EventKind.INSURANCE_ACTION: (a("action", "处理种类", choice, labels(InsuranceAction)),),
    }


ATTRIBUTES: Mapping[EventKind, tuple[AttributeSpec, ...]] = _attributes()


@dataclass(frozen=True)
class Event:
    """One dated event.

    ``occurred_on``: when it was true in the world (an assessment occurs on its cycle's last day).  ``decided_on``:
    when the authority decided about it, None while it has not.  ``recorded_at``: the aware instant from which this
    platform knew. ``annulled_at``: the instant from which this platform knew that it does not hold (a card voided on
    review, a penalty set aside); an annulled event never counts, but what was known before stays reproducible.
    """

    id: str
    kind: EventKind
    occurred_on: date
    recorded_at: datetime
    decided_on: date | None = None
    annulled_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """The attribute, or None where it has not been determined."""
        return self.attributes.get(name)

    @property
    def happened_on(self) -> date:
        """The day that decides whether it counts and which version judges it.

        An assessment happens on its cycle's last day (A-X-2); a day set for opening matters on the day after it.
        """
        if self.kind is EventKind.ASSESSMENT_RESULT:
            until: date = self.attributes["cycle_until"]
            return until - timedelta(days=1)
        if self.kind is EventKind.OPENING_DEADLINE:
            deadline: date = self.attributes["deadline_on"]
            return deadline + timedelta(days=1)
        return self.occurred_on

    @property
    def settled_on(self) -> date:
        """The day from which it may be held against anybody: that of the decision, else that of the event."""
        return self.decided_on or self.occurred_on


@dataclass(frozen=True)
class History:
    """Everything that is known about one subject.

    ``covered``: the kinds of event whose registers were consulted.  No event of a covered kind means that there was
    none; no event of a kind that is not covered means that nobody knows.  ``cycles``: the subject's cycles by kind,
    as far as they are known.
    """

    subject: str
    events: tuple[Event, ...]
    covered: frozenset[EventKind]
    cycles: Mapping[WindowKind, tuple[Period, ...]] = field(default_factory=dict)

    def known(self, *, as_of: date, known_at: datetime) -> "History":
        """The same history as it stood: occurred and, where decided, decided by ``as_of``; known, not annulled, at
        ``known_at``.
        """
        kept = tuple(
            event
            for event in self.events
            if event.recorded_at <= known_at
            and event.occurred_on <= as_of
            and event.settled_on <= as_of
            and (event.annulled_at is None or event.annulled_at > known_at)
        )
        return History(self.subject, kept, self.covered, self.cycles)
