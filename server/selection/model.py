"""Vocabularies of public selection, and its state machines."""

from collections.abc import Mapping

from server.kit.terms import Term


class CallStatus(Term):
    """Where a call stands (requirements A.7, machine 2)."""

    DRAFT = "DRAFT", "草拟"
    PUBLISHED = "PUBLISHED", "已发布"
    CLOSED = "CLOSED", "申报截止"
    UNDER_EVALUATION = "UNDER_EVALUATION", "综合评价中"
    DETERMINED = "DETERMINED", "已确定举办主体"
    PUBLICITY = "PUBLICITY", "公示中"
    OBJECTION_REVIEW = "OBJECTION_REVIEW", "异议复核中"
    RE_EVALUATION = "RE_EVALUATION", "重新评价"
    AWARDED = "AWARDED", "已公布结果"
    FAILED = "FAILED", "流标"
    CANCELLED = "CANCELLED", "已取消"


def _call_machine() -> dict[CallStatus, frozenset[CallStatus]]:
    s = CallStatus
    forward = {
        s.DRAFT: {s.PUBLISHED},
        s.PUBLISHED: {s.CLOSED},
        s.CLOSED: {s.UNDER_EVALUATION},
        s.UNDER_EVALUATION: {s.DETERMINED},
        s.DETERMINED: {s.PUBLICITY},
        s.PUBLICITY: {s.AWARDED, s.OBJECTION_REVIEW},
        s.OBJECTION_REVIEW: {s.PUBLICITY, s.RE_EVALUATION},
        # An excluded operator leaves the ranking to be read anew; a flawed evaluation is held again.
        s.RE_EVALUATION: {s.UNDER_EVALUATION, s.DETERMINED},
    }
    failing = set(forward) - {s.DRAFT, s.PUBLISHED}
    ended = {s.AWARDED, s.FAILED, s.CANCELLED}
    return {
        one: frozenset(after | {s.CANCELLED} | ({s.FAILED} if one in failing else set()))
        for one, after in forward.items()
    } | {one: frozenset[CallStatus]() for one in ended}


#: Machine 2: which status may follow which.
CALL_NEXT: Mapping[CallStatus, frozenset[CallStatus]] = _call_machine()


class ApplicationStatus(Term):
    """Where an operator's application stands (requirements A.7, machine 3)."""

    SUBMITTED = "SUBMITTED", "已提交"
    ELIGIBLE = "ELIGIBLE", "符合条件"
    INELIGIBLE = "INELIGIBLE", "不符合条件"
    SCORED = "SCORED", "已评分"
    RANKED = "RANKED", "已排序"
    SELECTED = "SELECTED", "拟确定"
    NOT_SELECTED = "NOT_SELECTED", "未入选"
    CONFIRMED = "CONFIRMED", "已确定"
    WITHDRAWN = "WITHDRAWN", "已撤回"


def _application_machine() -> dict[ApplicationStatus, frozenset[ApplicationStatus]]:
    s = ApplicationStatus
    judged = {s.SELECTED, s.NOT_SELECTED}
    return {
        s.SUBMITTED: frozenset({s.ELIGIBLE, s.INELIGIBLE, s.WITHDRAWN}),
        # A decision is taken again on facts that were verified since, until the committee sits.
        s.ELIGIBLE: frozenset({s.INELIGIBLE, s.SCORED, s.WITHDRAWN}),
        s.INELIGIBLE: frozenset({s.ELIGIBLE, s.WITHDRAWN}),
        s.SCORED: frozenset({s.RANKED, s.WITHDRAWN}),
        s.RANKED: frozenset(judged | {s.WITHDRAWN}),
        # An upheld objection excludes, or has scored anew, or lets the next in rank follow.
        s.SELECTED: frozenset({s.CONFIRMED, s.INELIGIBLE, s.ELIGIBLE, s.WITHDRAWN}),
        s.NOT_SELECTED: frozenset({s.SELECTED, s.INELIGIBLE, s.ELIGIBLE, s.WITHDRAWN}),
        s.CONFIRMED: frozenset({s.WITHDRAWN}),
        s.WITHDRAWN: frozenset(),
    }


#: Machine 3.  A draft stays with its applicant: what the platform keeps begins with the submission.
APPLICATION_NEXT: Mapping[ApplicationStatus, frozenset[ApplicationStatus]] = _application_machine()

#: Applications that are still in the running once evaluation began.
IN_EVALUATION = (
    ApplicationStatus.ELIGIBLE,
    ApplicationStatus.SCORED,
    ApplicationStatus.RANKED,
    ApplicationStatus.SELECTED,
    ApplicationStatus.NOT_SELECTED,
)


class DeclarationKind(Term):
    """What an applicant declares.  A claim: what the authority must determine stays open until it is verified."""

    BEARS_CIVIL_LIABILITY = "BEARS_CIVIL_LIABILITY", "具有独立承担民事责任的资格和能力"
    OPERATOR_IS_LEGAL_PERSON = "OPERATOR_IS_LEGAL_PERSON", "举办主体具备法人资格"
    CONFORMS_TO_PLAN = "CONFORMS_TO_PLAN", "符合区社区卫生服务机构规划和设置要求"

    @property
    def fact(self) -> str:
        """The fact of policy that it is about."""
        return self.value.lower()


class VerifiedFact(Term):
    """What an officer determines about an application."""

    OPERATOR_KIND = "OPERATOR_KIND", "举办主体类别"
    OPERATING_NATURE = "OPERATING_NATURE", "经营性质"
    APPLICATION_ROUTE = "APPLICATION_ROUTE", "申报方式"
    BEARS_CIVIL_LIABILITY = "BEARS_CIVIL_LIABILITY", "具有独立承担民事责任的资格和能力"
    OPERATOR_IS_LEGAL_PERSON = "OPERATOR_IS_LEGAL_PERSON", "举办主体具备法人资格"
    CONFORMS_TO_PLAN = "CONFORMS_TO_PLAN", "符合区社区卫生服务机构规划和设置要求"

    @property
    def fact(self) -> str:
        """The fact of policy that it is about."""
        return self.value.lower()


class EvaluationMethod(Term):
    """How the experts' sheets become one result."""

    AVERAGE = "AVERAGE", "算术平均"
    TRIMMED = "TRIMMED", "去掉一个最高分和一个最低分后平均"
    WEIGHTED = "WEIGHTED", "按指标权重加权平均"


class TieRule(Term):
    """What decides between equal totals."""

    HEAVIEST_CRITERION = "HEAVIEST_CRITERION", "依次比较权重最高的指标得分"
    EARLIER_SUBMISSION = "EARLIER_SUBMISSION", "提交在先"
    COMMISSION_DECIDES = "COMMISSION_DECIDES", "由区卫生健康委说明理由决定"


class AffiliationKind(Term):
    """Where an expert comes from; pools should hold experts of socially run institutions too (BJ17-5-12)."""

    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "公立医疗机构"
    SOCIAL_INSTITUTION = "SOCIAL_INSTITUTION", "社会办医疗机构"
    UNIVERSITY = "UNIVERSITY", "高等院校与科研机构"
    ASSOCIATION = "ASSOCIATION", "行业协会"
    AUTHORITY = "AUTHORITY", "行政机关与事业单位"
    OTHER = "OTHER", "其他"


class RecusalKind(Term):
    """Why an expert does not score."""

    DECLARED = "DECLARED", "本人申请回避"
    CONFLICT = "CONFLICT", "利害关系"
    EXCUSED = "EXCUSED", "因故不能评分"


class SheetStatus(Term):
    """Where one expert's sheet for one application stands."""

    AWAITED = "AWAITED", "待评分"
    SEALED = "SEALED", "已封存"
    OPENED = "OPENED", "已开启"
    DROPPED = "DROPPED", "不再评分"


class NoticeKind(Term):
    """Which public notice it is."""

    CALL = "CALL", "公开遴选公告"
    RESULT = "RESULT", "遴选结果公示"
    AWARD = "AWARD", "遴选结果公告"
    ENDED = "ENDED", "终止遴选公告"


class ObjectionStatus(Term):
    """What became of an objection."""

    OPEN = "OPEN", "待复核"
    DISMISSED = "DISMISSED", "不成立"
    UPHELD = "UPHELD", "成立"


class ObjectionRemedy(Term):
    """What follows from an objection that is upheld."""

    EXCLUDE = "EXCLUDE", "取消该举办主体的资格"
    SCORE_ANEW = "SCORE_ANEW", "该空白点重新评分"


class GapOutcome(Term):
    """What became of one gap in one call."""

    OPEN = "OPEN", "遴选中"
    AWARDED = "AWARDED", "已确定举办主体"
    FAILED = "FAILED", "流标"
