"""Vocabularies and state machines of assessment."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

from server.institutions.model import CENTRE_KINDS, STATION_KINDS, InstitutionKind
from server.kit.terms import Term


class IndicatorDomain(Term):
    """What an indicator is about (FT-2-1-1)."""

    PUBLIC_HEALTH = "PUBLIC_HEALTH", "基本公共卫生"
    MEDICAL_VOLUME = "MEDICAL_VOLUME", "基本医疗服务数量"
    MEDICAL_QUALITY = "MEDICAL_QUALITY", "基本医疗服务质量"
    PATIENT_SATISFACTION = "PATIENT_SATISFACTION", "患者满意度"
    COMPLAINT_RESPONSE_12345 = "COMPLAINT_RESPONSE_12345", "接诉即办"
    KEY_WORK = "KEY_WORK", "其他重点工作"
    FAMILY_DOCTOR = "FAMILY_DOCTOR", "家庭医生签约"


class AssessmentLevel(Term):
    """Which institutions a scheme assesses (FT-2-1-2a, FT-2-1-2b)."""

    CENTRE = "CENTRE", "社区卫生服务中心"
    STATION = "STATION", "社区卫生服务站（村卫生室）"


#: The kinds of institution that each level holds.
KINDS_OF: MappingProxyType[AssessmentLevel, tuple[InstitutionKind, ...]] = MappingProxyType(
    {AssessmentLevel.CENTRE: CENTRE_KINDS, AssessmentLevel.STATION: STATION_KINDS}
)


class SchemeStatus(Term):
    """The life of a scheme; once adopted it never changes."""

    DRAFT = "DRAFT", "草案"
    ADOPTED = "ADOPTED", "已采用"
    RETIRED = "RETIRED", "已停用"


class CycleStatus(Term):
    """The life of a cycle."""

    PLANNED = "PLANNED", "已计划"
    OPEN = "OPEN", "进行中"
    PUBLISHED = "PUBLISHED", "已公布"


class AssessmentStatus(Term):
    """Where the assessment of one institution in one cycle stands (machine 6)."""

    OPEN = "OPEN", "待自评"
    SELF_REPORTED = "SELF_REPORTED", "已自评"
    ASSESSED = "ASSESSED", "已考核"
    RETURNED = "RETURNED", "退回重评"
    REVIEWED = "REVIEWED", "已复核"
    CONFIRMED = "CONFIRMED", "结果已确认"
    APPEALED = "APPEALED", "申诉中"
    AMENDED = "AMENDED", "申诉后更正"


_A = AssessmentStatus
#: What may follow what.
NEXT: MappingProxyType[AssessmentStatus, frozenset[AssessmentStatus]] = MappingProxyType(
    {
        _A.OPEN: frozenset({_A.SELF_REPORTED, _A.ASSESSED}),
        _A.SELF_REPORTED: frozenset({_A.ASSESSED}),
        _A.ASSESSED: frozenset({_A.RETURNED, _A.REVIEWED}),
        _A.RETURNED: frozenset({_A.ASSESSED}),
        _A.REVIEWED: frozenset({_A.RETURNED, _A.CONFIRMED}),
        _A.CONFIRMED: frozenset({_A.APPEALED}),
        _A.APPEALED: frozenset({_A.CONFIRMED, _A.AMENDED}),
        _A.AMENDED: frozenset(),
    }
)
#: Results that stand.
SETTLED = frozenset({_A.CONFIRMED, _A.APPEALED, _A.AMENDED})


class ResultGrade(Term):
    """The result of an assessment (FT-2-1-3)."""

    EXCELLENT = "EXCELLENT", "优秀"
    QUALIFIED = "QUALIFIED", "合格"
    NOT_QUALIFIED = "NOT_QUALIFIED", "不合格"


class EffectKind(Term):
    """What follows from a result (FT-2-1-3, FT-2-1-4b)."""

    SUBSIDY = "SUBSIDY", "经费补助"
    REWARD = "REWARD", "政策支持和资金奖励"
    INTERVIEW = "INTERVIEW", "约谈"
    RECTIFICATION = "RECTIFICATION", "限期整改"
    NEGATIVE_LIST = "NEGATIVE_LIST", "纳入负面清单"
    VERIFICATION_INPUT = "VERIFICATION_INPUT", "作为校验依据"


class EffectStatus(Term):
    """What became of an effect."""

    PENDING = "PENDING", "待落实"
    DONE = "DONE", "已落实"
    VOID = "VOID", "已作废"


class AppealOutcome(Term):
    """How an appeal ended."""

    AMENDED = "AMENDED", "更正结果"
    DISMISSED = "DISMISSED", "维持原结果"


class RectificationSource(Term):
    """What found the problem."""

    ASSESSMENT = "ASSESSMENT", "绩效考核"
    YELLOW_CARD = "YELLOW_CARD", "黄牌警告"
    INSPECTION = "INSPECTION", "现场检查"
    HAZARD = "HAZARD", "安全隐患"
    SELF = "SELF", "自查"
    OTHER = "OTHER", "其他"


class RectificationStatus(Term):
    """Where a problem stands in the ledger (machine 7); overdue is a matter of its day, not a status."""

    OPEN = "OPEN", "待整改"
    IN_PROGRESS = "IN_PROGRESS", "整改中"
    SUBMITTED = "SUBMITTED", "已提交验收"
    ACCEPTED = "ACCEPTED", "验收通过"
    REFUSED = "REFUSED", "拒不整改"


_R = RectificationStatus
#: What may follow what; a submission that is rejected goes back to IN_PROGRESS.
LEDGER: MappingProxyType[RectificationStatus, frozenset[RectificationStatus]] = MappingProxyType(
    {
        _R.OPEN: frozenset({_R.IN_PROGRESS, _R.SUBMITTED, _R.REFUSED}),
        _R.IN_PROGRESS: frozenset({_R.SUBMITTED, _R.REFUSED}),
        _R.SUBMITTED: frozenset({_R.ACCEPTED, _R.IN_PROGRESS, _R.REFUSED}),
        _R.ACCEPTED: frozenset(),
        _R.REFUSED: frozenset({_R.IN_PROGRESS}),
    }
)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: ``max_score`` points can be had in it, and it weighs ``weight`` of the scheme's 100.

    ``assessor``: who scores it, a kind of authority or COMMUNITY_HEALTH_CENTRE.
    """

    code: str
    domain: IndicatorDomain
    title: str
    weight: Decimal
    max_score: Decimal
    assessor: str
    data_source: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """What defining a scheme takes.  ``pass_line`` and ``excellent_line`` are points of 100, each in its own grade."""

    code: str
    title: str
    level: AssessmentLevel
    pass_line: Decimal
    excellent_line: Decimal
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """One score that somebody gives."""

    indicator_id: UUID
    score: Decimal
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be rectified after an assessment, and by when."""

    text: str
    due_on: date
