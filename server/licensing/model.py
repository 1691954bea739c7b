"""Vocabularies of licensing, and which state may follow which."""

from collections.abc import Mapping

from server.kit.terms import Term


class ApplicationKind(Term):
    """What is applied for."""

    SETUP = "SETUP", "设置审批"
    REGISTRATION = "REGISTRATION", "执业登记"


class ApplicationStatus(Term):
    """Where an application stands."""

    SUBMITTED = "SUBMITTED", "已提交"
    MATERIALS_ASKED = "MATERIALS_ASKED", "已告知补正"
    SUPPLIED = "SUPPLIED", "已补正"
    ACCEPTED = "ACCEPTED", "已受理"
    EXPERT_REVIEW = "EXPERT_REVIEW", "专家评审中"
    GRANTED = "GRANTED", "准予"
    REFUSED = "REFUSED", "不予许可"
    NOT_ACCEPTED = "NOT_ACCEPTED", "不予受理"
    WITHDRAWN = "WITHDRAWN", "已撤回"


_A = ApplicationStatus

#: From SUPPLIED no way leads back to MATERIALS_ASKED: what is missing is asked for once.
NEXT_APPLICATION: Mapping[ApplicationStatus, frozenset[ApplicationStatus]] = {
    _A.SUBMITTED: frozenset({_A.MATERIALS_ASKED, _A.ACCEPTED, _A.NOT_ACCEPTED, _A.WITHDRAWN}),
    _A.MATERIALS_ASKED: frozenset({_A.SUPPLIED, _A.NOT_ACCEPTED, _A.WITHDRAWN}),
    _A.SUPPLIED: frozenset({_A.ACCEPTED, _A.NOT_ACCEPTED, _A.WITHDRAWN}),
    _A.ACCEPTED: frozenset({_A.EXPERT_REVIEW, _A.GRANTED, _A.REFUSED, _A.WITHDRAWN}),
    _A.EXPERT_REVIEW: frozenset({_A.ACCEPTED, _A.WITHDRAWN}),
    _A.GRANTED: frozenset(),
    _A.REFUSED: frozenset(),
    _A.NOT_ACCEPTED: frozenset(),
    _A.WITHDRAWN: frozenset(),
}

#: An application in one of these states waits for somebody.
PENDING = tuple(status for status, following in NEXT_APPLICATION.items() if following)


class RefusalGround(Term):
    """Why an application is refused."""

    PLANNING = "PLANNING", "不符合规划"
    NOT_ELIGIBLE = "NOT_ELIGIBLE", "不符合举办条件"
    STANDARDS = "STANDARDS", "不符合规划与建设标准"
    FALSE_MATERIALS = "FALSE_MATERIALS", "材料不真实"
    OTHER = "OTHER", "其他法定理由"


class LicenceStatus(Term):
    """Where a licence stands."""

    ACTIVE = "ACTIVE", "有效"
    VERIFICATION_DUE = "VERIFICATION_DUE", "校验办理中"
    VERIFICATION_SUSPENDED = "VERIFICATION_SUSPENDED", "暂缓校验"
    CLOSED_VOLUNTARILY = "CLOSED_VOLUNTARILY", "歇业"
    CANCELLED = "CANCELLED", "注销"
    REVOKED = "REVOKED", "吊销"


_L = LicenceStatus

NEXT_LICENCE: Mapping[LicenceStatus, frozenset[LicenceStatus]] = {
    _L.ACTIVE: frozenset(
        {_L.VERIFICATION_DUE, _L.VERIFICATION_SUSPENDED, _L.CLOSED_VOLUNTARILY, _L.CANCELLED, _L.REVOKED}
    ),
    _L.VERIFICATION_DUE: frozenset(
        {_L.ACTIVE, _L.VERIFICATION_SUSPENDED, _L.CLOSED_VOLUNTARILY, _L.CANCELLED, _L.REVOKED}
    ),
    _L.VERIFICATION_SUSPENDED: frozenset({_L.ACTIVE, _L.CLOSED_VOLUNTARILY, _L.CANCELLED, _L.REVOKED}),
    _L.CLOSED_VOLUNTARILY: frozenset({_L.CANCELLED, _L.REVOKED}),
    _L.CANCELLED: frozenset(),
    _L.REVOKED: frozenset(),
}

#: A licence in one of these states lets its institution exist.
LIVING = tuple(status for status, following in NEXT_LICENCE.items() if following)


class ChangeKind(Term):
    """What happened to a licence."""

    ISSUED = "ISSUED", "颁发"
    RECORDED = "RECORDED", "补录"
    OPENING_EXTENDED = "OPENING_EXTENDED", "延长开放运行期限"
    OPENED = "OPENED", "开放运行"
    VERIFICATION_APPLIED = "VERIFICATION_APPLIED", "申请校验"
    VERIFIED = "VERIFIED", "校验合格"
    VERIFICATION_FAILED = "VERIFICATION_FAILED", "校验不合格"
    SUSPENDED = "SUSPENDED", "暂缓校验"
    CLOSED = "CLOSED", "歇业"
    CANCELLED = "CANCELLED", "注销"
    REVOKED = "REVOKED", "吊销"


class OpeningSource(Term):
    """Where the day by which the institution must open is written (A-MTG-10)."""

    AWARD = "AWARD", "确定举办主体的决定"
    AGREEMENT = "AGREEMENT", "委托协议"


class VerificationKind(Term):
    """Which verification it is."""

    REGULAR = "REGULAR", "定期校验"
    RE_VERIFICATION = "RE_VERIFICATION", "再次校验"


class VerificationStatus(Term):
    """Where a verification stands."""

    APPLIED = "APPLIED", "已申请"
    DECIDED = "DECIDED", "已作出结论"
    LAPSED = "LAPSED", "因许可终止不再办理"


class EndingGround(Term):
    """Why a licence is to end."""

    NOT_OPENED = "NOT_OPENED", "未按要求在规定时间内开放运行"
    VERIFICATION_FAILED = "VERIFICATION_FAILED", "暂缓校验后再次校验不合格"
    CLOSED = "CLOSED", "歇业"
    PENALTY = "PENALTY", "吊销执业许可证的行政处罚"
    EXIT = "EXIT", "退出决定移送注销"


class EndingStatus(Term):
    """Where the procedure stands."""

    NOTIFIED = "NOTIFIED", "已告知"
    STATED = "STATED", "已陈述申辩"
    ENDED = "ENDED", "已终止许可"
    NOT_ENDED = "NOT_ENDED", "不予终止"


_E = EndingStatus

NEXT_ENDING: Mapping[EndingStatus, frozenset[EndingStatus]] = {
    _E.NOTIFIED: frozenset({_E.STATED, _E.ENDED, _E.NOT_ENDED}),
    _E.STATED: frozenset({_E.ENDED, _E.NOT_ENDED}),
    _E.ENDED: frozenset(),
    _E.NOT_ENDED: frozenset(),
}


class ObligationNature(Term):
    """Whether the clause binds or encourages (A-MTG-13)."""

    DUTY = "DUTY", "义务"
    ENCOURAGED = "ENCOURAGED", "鼓励"
    ENTITLEMENT = "ENTITLEMENT", "权利"


class EvidenceFinding(Term):
    """What a piece of evidence says of an obligation."""

    STATED = "STATED", "机构自述"
    MET = "MET", "经核实落实"
    PARTLY_MET = "PARTLY_MET", "经核实部分落实"
    NOT_MET = "NOT_MET", "经核实未落实"
