"""Vocabularies of exits, and what may follow what."""

from collections.abc import Mapping

from server.kit.terms import Term
from server.policy.terms import Effect


class ExitGround(Term):
    """Why a case was opened."""

    RULE = "RULE", "政策规则触发"
    FINDING = "FINDING", "负面清单认定"
    VOLUNTARY = "VOLUNTARY", "机构自愿退出"
    STATUTORY = "STATUTORY", "依法处理"


class ExitStatus(Term):
    """An exit case (state machine 11)."""

    OPENED = "OPENED", "已立案"
    FACT_REVIEW = "FACT_REVIEW", "事实已核实"
    NOTIFIED = "NOTIFIED", "已告知"
    DECIDED = "DECIDED", "已决定"
    CONTINUITY_READY = "CONTINUITY_READY", "承接方案已批准"
    EXECUTED = "EXECUTED", "已执行"
    CLOSED = "CLOSED", "已结案"
    WITHDRAWN = "WITHDRAWN", "已撤销"


_S = ExitStatus
NEXT_OF_EXIT: Mapping[ExitStatus, frozenset[ExitStatus]] = {
    _S.OPENED: frozenset({_S.FACT_REVIEW, _S.WITHDRAWN}),
    _S.FACT_REVIEW: frozenset({_S.NOTIFIED, _S.WITHDRAWN}),
    _S.NOTIFIED: frozenset({_S.DECIDED, _S.WITHDRAWN}),
    _S.DECIDED: frozenset({_S.CONTINUITY_READY, _S.EXECUTED, _S.CLOSED, _S.WITHDRAWN}),
    # Closed without having been executed: whoever the case was handed over to took no measure.
    _S.CONTINUITY_READY: frozenset({_S.EXECUTED, _S.CLOSED, _S.WITHDRAWN}),
    _S.EXECUTED: frozenset({_S.CLOSED, _S.WITHDRAWN}),
    _S.CLOSED: frozenset({_S.WITHDRAWN}),
    _S.WITHDRAWN: frozenset(),
}

#: What an exit case may decide.
DECIDABLE = (
    Effect.ORDER_EXIT,
    Effect.TERMINATE_AGREEMENTS,
    Effect.GUIDE_TRANSFORMATION,
    Effect.SUSPEND_VERIFICATION,
    Effect.CANCEL_LICENCE,
    Effect.REVOKE_LICENCE,
    Effect.NO_ACTION,
)
#: What statute alone can do: handed over with the facts (FT-2-4-6, FT-2-4-7).
STATUTORY = frozenset({Effect.SUSPEND_VERIFICATION, Effect.CANCEL_LICENCE, Effect.REVOKE_LICENCE})


class ReferralStatus(Term):
    """What became of one measure that was handed over."""

    PENDING = "PENDING", "办理中"
    DONE = "DONE", "已办结"
    NOT_DONE = "NOT_DONE", "未采取措施"


class ExitStrength(Term):
    """Hard and soft exits, which are never added up (X-9)."""

    HARD = "HARD", "责令退出或吊销、注销"
    SOFT = "SOFT", "引导转型"
    OTHER = "OTHER", "其他"


HARD = (Effect.ORDER_EXIT, Effect.TERMINATE_AGREEMENTS, Effect.CANCEL_LICENCE, Effect.REVOKE_LICENCE)


class AppealKind(Term):
    """Against what an appeal is brought, and where."""

    RECONSIDERATION = "RECONSIDERATION", "行政复议"
    LITIGATION = "LITIGATION", "行政诉讼"


class AppealOutcome(Term):
    """What became of it."""

    PENDING = "PENDING", "审理中"
    UPHELD = "UPHELD", "维持决定"
    REVOKED = "REVOKED", "撤销决定"
    DISMISSED = "DISMISSED", "不予受理或驳回"


class PlanStatus(Term):
    """A continuity plan (state machine 12)."""

    DRAFT = "DRAFT", "草案"
    SUCCESSORS_ASKED = "SUCCESSORS_ASKED", "征求承接机构意见"
    ACCEPTED_BY_SUCCESSORS = "ACCEPTED_BY_SUCCESSORS", "承接机构已同意"
    APPROVED = "APPROVED", "已批准"
    IN_TRANSFER = "IN_TRANSFER", "承接中"
    COMPLETED = "COMPLETED", "已完成"


_P = PlanStatus
NEXT_OF_PLAN: Mapping[PlanStatus, frozenset[PlanStatus]] = {
    _P.DRAFT: frozenset({_P.SUCCESSORS_ASKED}),
    _P.SUCCESSORS_ASKED: frozenset({_P.SUCCESSORS_ASKED, _P.ACCEPTED_BY_SUCCESSORS}),
    _P.ACCEPTED_BY_SUCCESSORS: frozenset({_P.SUCCESSORS_ASKED, _P.APPROVED}),
    _P.APPROVED: frozenset({_P.IN_TRANSFER}),
    _P.IN_TRANSFER: frozenset({_P.COMPLETED}),
    _P.COMPLETED: frozenset(),
}
#: Plans that allow an exit to be executed.
APPROVED = (_P.APPROVED, _P.IN_TRANSFER, _P.COMPLETED)


class ContinuityService(Term):
    """What residents must not be left without."""

    PUBLIC_HEALTH = "PUBLIC_HEALTH", "基本公共卫生"
    MEDICAL = "MEDICAL", "基本医疗"
    FAMILY_DOCTOR = "FAMILY_DOCTOR", "家庭医生签约"
    CHRONIC_CARE = "CHRONIC_CARE", "慢性病管理"
    VACCINATION = "VACCINATION", "预防接种"


class ConversionDirection(Term):
    """Into community health (MTG-9-1) or out of it (FT-2-4-5): one case, two directions (X-5)."""

    INTO_COMMUNITY = "INTO_COMMUNITY", "转入社区卫生服务"
    OUT_OF_COMMUNITY = "OUT_OF_COMMUNITY", "转为其他医疗机构"


class ConversionStatus(Term):
    """A conversion."""

    OPENED = "OPENED", "已启动"
    AGREED = "AGREED", "已商定"
    EXECUTED = "EXECUTED", "已完成"
    DECLINED = "DECLINED", "未转型"


_C = ConversionStatus
NEXT_OF_CONVERSION: Mapping[ConversionStatus, frozenset[ConversionStatus]] = {
    _C.OPENED: frozenset({_C.AGREED, _C.DECLINED}),
    _C.AGREED: frozenset({_C.EXECUTED, _C.DECLINED}),
    _C.EXECUTED: frozenset(),
    _C.DECLINED: frozenset(),
}
