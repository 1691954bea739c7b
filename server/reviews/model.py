"""What a review can be and how it can end."""

from server.kit.terms import Term


class ReviewKind(Term):
    """Which review it is."""

    SELECTION = "SELECTION", "遴选评价"
    REGISTRATION = "REGISTRATION", "执业登记审核"
    VERIFICATION = "VERIFICATION", "校验"
    ASSESSMENT = "ASSESSMENT", "绩效考核"
    INSPECTION = "INSPECTION", "现场检查"
    DESIGNATION_DISTRICT = "DESIGNATION_DISTRICT", "医保定点区级评估"
    DESIGNATION_MUNICIPAL = "DESIGNATION_MUNICIPAL", "医保定点市级评估"
    CAPABILITY = "CAPABILITY", "服务能力评价"
    COMMUNITY_HOSPITAL = "COMMUNITY_HOSPITAL", "社区医院评估"


class ReviewOutcome(Term):
    """How it ended."""

    PASSED = "PASSED", "通过"
    CONDITIONAL = "CONDITIONAL", "附条件通过"
    FAILED = "FAILED", "不通过"
    UNDETERMINED = "UNDETERMINED", "未定"
