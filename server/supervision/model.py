"""Vocabularies of supervision, and what may follow what."""

from collections.abc import Mapping

from server.districts.model import AuthorityKind
from server.kit.terms import Term
from server.policy.events import EventKind


class FactKind(Term):
    """What a dated fact is.  Each is the event of the same name in policy, but for the two penalties."""

    COMPLAINT = "COMPLAINT", "举报投诉"
    SAFETY_ACCIDENT = "SAFETY_ACCIDENT", "安全事故"
    MALPRACTICE = "MALPRACTICE", "医疗事故"
    SAFETY_PENALTY = "SAFETY_PENALTY", "安全生产行政处罚"
    PENALTY = "PENALTY", "其他行政处罚"
    PRACTICE_POINTS = "PRACTICE_POINTS", "不良执业行为积分"
    INSURANCE_ACTION = "INSURANCE_ACTION", "医保处理"
    MANDATORY_TASK = "MANDATORY_TASK", "政府指令性任务"
    MAJOR_HAZARD = "MAJOR_HAZARD", "重大安全隐患"
    UNFIT_CONDUCT = "UNFIT_CONDUCT", "不符合资质或不适合承担职能的行为"
    REVOCATION_GROUNDS = "REVOCATION_GROUNDS", "达到吊销标准的违法事项"
    OUT_OF_SUBJECT_PRACTICE = "OUT_OF_SUBJECT_PRACTICE", "超出诊疗科目执业"
    NON_HEALTH_PERSONNEL = "NON_HEALTH_PERSONNEL", "任用非卫生技术人员"
    FALSE_CERTIFICATE = "FALSE_CERTIFICATE", "出具虚假证明文件"

    @property
    def event(self) -> EventKind | None:
        """The event that policy knows it as; None where no rule asks for it."""
        return None if self is FactKind.PENALTY else EventKind(self.value)


class ComplaintChannel(Term):
    """Where a complaint came in (domain model B.4)."""

    HOTLINE_12345 = "HOTLINE_12345", "12345热线"
    LETTER = "LETTER", "来信"
    VISIT = "VISIT", "来访"
    TRANSFER = "TRANSFER", "转办"


class PenaltyKind(Term):
    """Kinds of administrative penalty (行政处罚法 9)."""

    WARNING = "WARNING", "警告、通报批评"
    FINE = "FINE", "罚款、没收"
    SUSPENSION = "SUSPENSION", "责令停业、限制执业"
    REVOCATION = "REVOCATION", "吊销许可证件"


class FindingStatus(Term):
    """A finding on the negative list (state machine 9)."""

    ALLEGED = "ALLEGED", "线索"
    INVESTIGATING = "INVESTIGATING", "调查中"
    CONFIRMED = "CONFIRMED", "认定成立"
    DISMISSED = "DISMISSED", "认定不成立"
    REVERSED = "REVERSED", "认定已撤销"


#: State machine 9.  CARD_ISSUED is a finding that is CONFIRMED and has a card.
NEXT_OF_FINDING: Mapping[FindingStatus, frozenset[FindingStatus]] = {
    FindingStatus.ALLEGED: frozenset({FindingStatus.INVESTIGATING, FindingStatus.CONFIRMED, FindingStatus.DISMISSED}),
    FindingStatus.INVESTIGATING: frozenset({FindingStatus.CONFIRMED, FindingStatus.DISMISSED}),
    FindingStatus.CONFIRMED: frozenset({FindingStatus.REVERSED}),
    FindingStatus.DISMISSED: frozenset(),
    FindingStatus.REVERSED: frozenset(),
}


class ReversalGround(Term):
    """Why a confirmed finding no longer holds."""

    REVIEW = "REVIEW", "机关自行复核"
    RECONSIDERATION = "RECONSIDERATION", "行政复议"
    COURT = "COURT", "法院判决"


class CardStatus(Term):
    """A yellow card (state machine 10).  A closed card still counts in its window, a voided one never does."""

    ISSUED = "ISSUED", "已发出"
    INTERVIEWED = "INTERVIEWED", "已约谈"
    RECTIFYING = "RECTIFYING", "限期整改"
    CLOSED = "CLOSED", "已办结"
    VOIDED = "VOIDED", "已撤销"


NEXT_OF_CARD: Mapping[CardStatus, frozenset[CardStatus]] = {
    CardStatus.ISSUED: frozenset({CardStatus.INTERVIEWED, CardStatus.VOIDED}),
    CardStatus.INTERVIEWED: frozenset({CardStatus.RECTIFYING, CardStatus.VOIDED}),
    CardStatus.RECTIFYING: frozenset({CardStatus.RECTIFYING, CardStatus.CLOSED, CardStatus.VOIDED}),
    CardStatus.CLOSED: frozenset({CardStatus.VOIDED}),
    CardStatus.VOIDED: frozenset(),
}


class RiskKind(Term):
    """The six kinds of risk that departments watch (FT-2-2-1 to FT-2-2-5)."""

    SERVICE_TERMINATION = "SERVICE_TERMINATION", "服务终止风险"
    DOCTOR_PATIENT_DISPUTE = "DOCTOR_PATIENT_DISPUTE", "医患纠纷风险"
    INSURANCE_FRAUD = "INSURANCE_FRAUD", "医保基金欺诈风险"
    ADVERTISING_FRAUD = "ADVERTISING_FRAUD", "广告欺诈风险"
    CIVIL_REGISTRATION_VIOLATION = "CIVIL_REGISTRATION_VIOLATION", "民办非企业单位违规风险"
    COLLECTIVE_OPERATION = "COLLECTIVE_OPERATION", "集体经济组织综合运营风险"

    @property
    def parameter(self) -> str:
        """The policy parameter that names the departments which may raise it."""
        return f"{self.value.lower()}_raised_by"


class RiskLevel(Term):
    """How grave a signal is."""

    LOW = "LOW", "低"
    MEDIUM = "MEDIUM", "中"
    HIGH = "HIGH", "高"


class SignalStatus(Term):
    """A risk signal (state machine 8)."""

    RAISED = "RAISED", "已提出"
    TRIAGED = "TRIAGED", "已研判"
    SHARED = "SHARED", "已通报"
    ACTION_STARTED = "ACTION_STARTED", "处置中"
    CLOSED = "CLOSED", "已办结"
    ESCALATED = "ESCALATED", "已转负面清单认定"


_SIGNAL_ENDS = frozenset({SignalStatus.CLOSED, SignalStatus.ESCALATED})
NEXT_OF_SIGNAL: Mapping[SignalStatus, frozenset[SignalStatus]] = {
    SignalStatus.RAISED: frozenset({SignalStatus.TRIAGED}),
    SignalStatus.TRIAGED: frozenset({SignalStatus.SHARED, SignalStatus.ACTION_STARTED}) | _SIGNAL_ENDS,
    SignalStatus.SHARED: frozenset({SignalStatus.SHARED, SignalStatus.ACTION_STARTED}) | _SIGNAL_ENDS,
    SignalStatus.ACTION_STARTED: frozenset({SignalStatus.SHARED, SignalStatus.ACTION_STARTED}) | _SIGNAL_ENDS,
    SignalStatus.CLOSED: frozenset(),
    SignalStatus.ESCALATED: frozenset(),
}


class VisitKind(Term):
    """What departments do together at an institution (FT-2-2-0b)."""

    JOINT_INSPECTION = "JOINT_INSPECTION", "联合现场检查"
    SPECIAL_GUIDANCE = "SPECIAL_GUIDANCE", "专项指导服务"


class VisitStatus(Term):
    """Where a visit stands."""

    PLANNED = "PLANNED", "已安排"
    HELD = "HELD", "已完成"
    CANCELLED = "CANCELLED", "已取消"


NEXT_OF_VISIT: Mapping[VisitStatus, frozenset[VisitStatus]] = {
    VisitStatus.PLANNED: frozenset({VisitStatus.HELD, VisitStatus.CANCELLED}),
    VisitStatus.HELD: frozenset(),
    VisitStatus.CANCELLED: frozenset(),
}

#: The department that a health commission's own officer stands for.
COMMISSION = AuthorityKind.HEALTH_COMMISSION
