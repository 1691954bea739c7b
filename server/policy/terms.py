"""The closed lists of words that policy speaks, each with the Chinese an official reads.

The English codes are public API and stand in stored policies and decisions: a code is never renamed or re-used.
"""

from server.kit.terms import Term as Term


class Kind(Term):
    """What a pack is about.  A jurisdiction has at most one pack of each kind."""

    ADMISSION = "ADMISSION", "准入"
    NEGATIVE_LIST = "NEGATIVE_LIST", "负面清单"
    ASSESSMENT = "ASSESSMENT", "绩效考核"
    EXIT = "EXIT", "退出"
    DESIGNATION = "DESIGNATION", "医保定点"
    CAPABILITY = "CAPABILITY", "服务能力"
    DEADLINES = "DEADLINES", "期限日历"


MUNICIPAL_KINDS = frozenset({Kind.DESIGNATION, Kind.CAPABILITY, Kind.DEADLINES})
DISTRICT_KINDS = frozenset(Kind) - MUNICIPAL_KINDS


class FactScope(Term):
    """Whose facts a rule may see.  Admission judges applications; everything else judges institutions."""

    APPLICATION = "APPLICATION", "申报"
    INSTITUTION = "INSTITUTION", "机构"


SCOPE_OF: dict[Kind, FactScope] = {
    Kind.ADMISSION: FactScope.APPLICATION,
    Kind.NEGATIVE_LIST: FactScope.INSTITUTION,
    Kind.ASSESSMENT: FactScope.INSTITUTION,
    Kind.EXIT: FactScope.INSTITUTION,
}
"""Kinds that are absent here carry parameters only: their procedures live in an area, not in rules."""


class Effect(Term):
    """What a rule proposes.  Never executed by the rule: a person decides (A-MTG-8)."""

    ELIGIBLE = "ELIGIBLE", "符合条件"
    INELIGIBLE = "INELIGIBLE", "不符合条件"
    ISSUE_CARD = "ISSUE_CARD", "黄牌警告"
    TERMINATE_AGREEMENTS = "TERMINATE_AGREEMENTS", "终止相关协议"
    ORDER_EXIT = "ORDER_EXIT", "责令退出"
    GUIDE_TRANSFORMATION = "GUIDE_TRANSFORMATION", "引导转型"
    SUSPEND_VERIFICATION = "SUSPEND_VERIFICATION", "暂缓校验"
    CANCEL_LICENCE = "CANCEL_LICENCE", "注销执业许可证"
    REVOKE_LICENCE = "REVOKE_LICENCE", "吊销执业许可证"
    NO_ACTION = "NO_ACTION", "不采取措施"


EFFECTS_OF: dict[Kind, frozenset[Effect]] = {
    Kind.ADMISSION: frozenset({Effect.ELIGIBLE, Effect.INELIGIBLE}),
    Kind.NEGATIVE_LIST: frozenset({Effect.ISSUE_CARD, Effect.NO_ACTION}),
    Kind.ASSESSMENT: frozenset({Effect.NO_ACTION}),
    Kind.EXIT: frozenset(Effect) - {Effect.ELIGIBLE, Effect.INELIGIBLE, Effect.ISSUE_CARD},
}


class Outcome(Term):
    """What became of a rule."""

    FIRED = "FIRED", "触发"
    NOT_FIRED = "NOT_FIRED", "未触发"
    INDETERMINATE = "INDETERMINATE", "待查明"


class Truth(Term):
    """What became of one condition inside a rule.  Three-valued: what is not known is neither met nor unmet."""

    MET = "MET", "满足"
    NOT_MET = "NOT_MET", "不满足"
    INDETERMINATE = "INDETERMINATE", "待查明"


class Mode(Term):
    """How a fired rule presents itself to the person who decides."""

    ADVISE = "ADVISE", "提示"
    PROPOSE = "PROPOSE", "建议"
    BLOCK = "BLOCK", "拦截"


class SourceStatus(Term):
    """Where a value comes from."""

    FROM_CLAUSE = "FROM_CLAUSE", "原文规定"
    PLATFORM_DEFAULT = "PLATFORM_DEFAULT", "平台默认"
    UNVERIFIED = "UNVERIFIED", "未核实"


class Status(Term):
    """The life of a version.  The last three follow from its dates and are never stored."""

    DRAFT = "DRAFT", "草案"
    IN_REVIEW = "IN_REVIEW", "审核中"
    PUBLISHED = "PUBLISHED", "已发布"
    WITHDRAWN = "WITHDRAWN", "已撤回"
    IN_FORCE = "IN_FORCE", "施行中"
    SUPERSEDED = "SUPERSEDED", "已被替代"
    EXPIRED = "EXPIRED", "已失效"


class Flag(Term):
    """What a person must weigh although the rule itself came to a result."""

    SAME_EVENT = "SAME_EVENT", "达到次数的黄牌出自同一决定，其间未经限期整改"
    CYCLE_MISSING = "CYCLE_MISSING", "连续周期之间有未考核的周期"
    CYCLE_STRADDLES_START = "CYCLE_STRADDLES_START", "考核周期跨越政策起算日"
    OPENED_LATE = "OPENED_LATE", "逾期后已开放运行"


class WindowKind(Term):
    """How a counting window runs."""

    ROLLING = "ROLLING", "滚动计算"
    CALENDAR_YEAR = "CALENDAR_YEAR", "自然年"
    ASSESSMENT_CYCLE = "ASSESSMENT_CYCLE", "绩效考核周期"
    VERIFICATION_CYCLE = "VERIFICATION_CYCLE", "校验周期"


class Anchor(Term):
    """The day of an event from which its counting window runs."""

    OCCURRED = "OCCURRED", "发生之日"
    CONFIRMED = "CONFIRMED", "认定之日"
    ISSUED = "ISSUED", "发出之日"
    DECIDED = "DECIDED", "作出决定之日"


class OperatorKind(Term):
    """Who runs an institution (举办主体)."""

    GOVERNMENT = "GOVERNMENT", "政府办"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "事业单位"
    NON_GOV_ENTERPRISE = "NON_GOV_ENTERPRISE", "非政府办企业单位"
    SOCIAL_ORGANISATION = "SOCIAL_ORGANISATION", "社会组织"
    INDIVIDUAL = "INDIVIDUAL", "个人"
    COLLECTIVE_ECONOMIC = "COLLECTIVE_ECONOMIC", "集体经济组织"
    OTHER = "OTHER", "其他"


class InstitutionKind(Term):
    """The base type of an institution; 社区医院 is an annotation on it, not a type (X-13)."""

    COMMUNITY_HEALTH_CENTRE = "COMMUNITY_HEALTH_CENTRE", "社区卫生服务中心"
    COMMUNITY_HEALTH_STATION = "COMMUNITY_HEALTH_STATION", "社区卫生服务站"
    TOWNSHIP_HOSPITAL = "TOWNSHIP_HOSPITAL", "乡镇卫生院"
    VILLAGE_CLINIC = "VILLAGE_CLINIC", "村卫生室"
    LEVEL_2_HOSPITAL = "LEVEL_2_HOSPITAL", "二级医院"
    OTHER_MEDICAL = "OTHER_MEDICAL", "其他医疗机构"


class OperatingNature(Term):
    NON_PROFIT = "NON_PROFIT", "非营利性"
    FOR_PROFIT = "FOR_PROFIT", "营利性"


class ApplicationRoute(Term):
    NEW = "NEW", "新设"
    RUN_BY_EXISTING = "RUN_BY_EXISTING", "现有医疗机构举办"
    CONVERSION = "CONVERSION", "现有医疗机构转型"


class SafetyGrade(Term):
    """Grades of 《生产安全事故报告和调查处理条例》第三条, mildest first; NONE where no accident is known."""

    NONE = "NONE", "无"
    GENERAL = "GENERAL", "一般事故"
    LARGER = "LARGER", "较大事故"
    MAJOR = "MAJOR", "重大事故"
    ESPECIALLY_MAJOR = "ESPECIALLY_MAJOR", "特别重大事故"


class AssessmentGrade(Term):
    EXCELLENT = "EXCELLENT", "优秀"
    QUALIFIED = "QUALIFIED", "合格"
    NOT_QUALIFIED = "NOT_QUALIFIED", "不合格"
    NOT_ASSESSED = "NOT_ASSESSED", "未考核"


class VerificationResult(Term):
    QUALIFIED = "QUALIFIED", "校验合格"
    SUSPENDED = "SUSPENDED", "暂缓校验"
    NOT_QUALIFIED = "NOT_QUALIFIED", "校验不合格"


class InsuranceAction(Term):
    """What the insurance side did to an institution, mildest first.  Not to be confused with a district's own card
    (X-2).
    """

    NONE = "NONE", "无"
    PRACTITIONER_SUSPENSION = "PRACTITIONER_SUSPENSION", "暂停医师医保服务"
    DEPARTMENT_SUSPENSION = "DEPARTMENT_SUSPENSION", "暂停科室医保服务"
    YELLOW_CARD = "YELLOW_CARD", "医保黄牌"
    AGREEMENT_SUSPENSION = "AGREEMENT_SUSPENSION", "中止医保协议"
    AGREEMENT_TERMINATION = "AGREEMENT_TERMINATION", "解除医保协议"


def labels(terms: type[Term]) -> dict[str, str]:
    """Code → Chinese label, in the order in which the terms are declared."""
    return {term.value: term.label for term in terms}
