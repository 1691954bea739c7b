"""The declared parameters: names, types and limits that hold in every district, so that values can be compared.

A version gives the value, and where it comes from.  A district that needs a number of its own for a rule of its own
declares it in full in its pack; it may not take a name that stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.policy.terms import (
    Anchor,
    InstitutionKind,
    InsuranceAction,
    Kind,
    OperatorKind,
    SafetyGrade,
    WindowKind,
    labels,
)
from server.policy.values import ValueType


@dataclass(frozen=True)
class ParameterSpec:
    """``minimum`` and ``maximum`` bound the number itself, the rank of a grade, and each number of a list or range.

    ``settles`` names the ambiguities of the texts that the parameter decides between.
    """

    key: str
    label: str
    type: ValueType
    kinds: frozenset[Kind]
    unit: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    settles: str | None = None


def _windows(*kinds: WindowKind) -> dict[str, str]:
    return {kind.value: kind.label for kind in kinds}


def _anchors(*anchors: Anchor) -> dict[str, str]:
    return {anchor.value: anchor.label for anchor in anchors}


_INT, _BOOL, _CHOICE = ValueType.INT, ValueType.BOOL, ValueType.CHOICE
_INSTITUTION_RULES = (Kind.EXIT, Kind.NEGATIVE_LIST, Kind.ASSESSMENT)


def _declared() -> list[ParameterSpec]:
    found: list[ParameterSpec] = []

    def declare(key: str, label: str, type_: ValueType, *kinds: Kind, **rest: Any) -> None:
        found.append(ParameterSpec(key, label, type_, frozenset(kinds), **rest))

    # Any pack
    declare("count_from", "事件起算日", ValueType.DATE, *Kind, settles="A-X-2")
    operators = labels(OperatorKind)
    scoped = (Kind.ADMISSION, *_INSTITUTION_RULES)
    declare(
        "eligible_operator_kinds", "适用的举办主体", ValueType.TEXT_LIST, *scoped, choices=operators, settles="A-MTG-12"
    )

    # Admission and licensing
    admission = Kind.ADMISSION
    declare(
        "publicity_working_days", "公示期", _INT, admission, unit="工作日", minimum=1, maximum=60, settles="A-MTG-9"
    )
    stages = {"NONE": "不设，直接申请执业登记", "SEPARATE": "先行设置审批"}
    declare("licence_setup_stage", "设置审批环节", _CHOICE, admission, choices=stages)
    statutory = (admission, Kind.DEADLINES)
    days: dict[str, Any] = {"unit": "日", "minimum": 1, "maximum": 180}
    months: dict[str, Any] = {"unit": "个月", "minimum": 1, "maximum": 60}
    counted = {"WORKING": "按工作日", "CALENDAR": "按自然日"}
    declare("licensing_day_unit", "许可期限的计日方式", _CHOICE, *statutory, choices=counted)
    declare("materials_notice_days", "一次性告知补正材料期限", _INT, *statutory, **days)
    declare("setup_decision_days", "设置审批期限", _INT, *statutory, **days)
    declare("registration_decision_days", "执业登记审核期限", _INT, *statutory, **days)
    declare("verification_months", "校验周期", _INT, *statutory, settles="A-MTG-3", **months)
    declare("verification_months_many_beds", "多床位机构校验周期", _INT, *statutory, settles="A-MTG-3", **months)
    declare(
        "verification_many_beds",
        "适用多床位校验周期的床位数",
        _INT,
        *statutory,
        unit="张",
        minimum=1,
        maximum=10_000,
        settles="A-MTG-3",
    )
    declare("verification_apply_months", "可以提前申请校验的时间", _INT, *statutory, **months)
    declare("verification_decision_days", "校验结论期限", _INT, *statutory, **days)
    declare("verification_make_up_days", "逾期未校验的补办期限", _INT, *statutory, **days)
    declare("reverification_days", "暂缓校验期满后再次校验申请期限", _INT, *statutory, **days)
    declare("reverified_months", "再次校验合格后的校验周期", _INT, *statutory, **months)
    declare("ending_statement_days", "拟终止许可的陈述申辩期限", _INT, *statutory, **days)
    declare(
        "suspension_months",
        "暂缓校验期",
        ValueType.INT_RANGE,
        *statutory,
        unit="个月",
        minimum=1,
        maximum=24,
        settles="A-MTG-2",
    )

    # Negative list
    negative = Kind.NEGATIVE_LIST
    per = {"ITEM_OCCURRENCE": "每次条目一张", "DECISION": "每份决定一张"}
    declare("card_per", "黄牌计发单位", _CHOICE, negative, choices=per, settles="A-FT-2")
    declare("rectification_days", "限期整改期限", _INT, negative, unit="日", minimum=1, maximum=365, settles="A-FT-11")
    declare(
        "malpractice_max_grade", "医疗事故等级上限", _INT, negative, unit="级", minimum=1, maximum=4, settles="A-FT-4"
    )
    declare("safety_penalties_in_year", "安全生产处罚次数", _INT, negative, unit="次", minimum=1, maximum=20)
    declare("safety_window_years", "安全生产处罚计数年数", _INT, negative, unit="年", minimum=1, maximum=10)
    kinds = _windows(WindowKind.ROLLING, WindowKind.CALENDAR_YEAR)
    declare("safety_window_kind", "安全生产处罚计数方式", _CHOICE, negative, choices=kinds, settles="A-FT-5")
    anchors = _anchors(Anchor.DECIDED, Anchor.OCCURRED)
    declare("safety_window_anchor", "安全生产处罚计数起点", _CHOICE, negative, choices=anchors, settles="A-FT-5")
    actions = labels(InsuranceAction)
    declare("insurance_actions", "计入的医保处理", ValueType.TEXT_LIST, negative, choices=actions, settles="A-FT-6")

    for risk, name in RISKS.items():
        key = f"{risk.lower()}_raised_by"
        declare(key, f"{name}的监测部门", ValueType.TEXT_LIST, negative, choices=DEPARTMENTS)

    # Exit
    exit_ = Kind.EXIT
    declare("cards_to_transform", "累计黄牌次数", _INT, exit_, unit="次", minimum=1, maximum=20)
    declare("card_window_years", "黄牌计数年数", _INT, exit_, unit="年", minimum=1, maximum=10)
    kinds = _windows(WindowKind.ROLLING, WindowKind.CALENDAR_YEAR, WindowKind.ASSESSMENT_CYCLE)
    declare("card_window_kind", "黄牌计数方式", _CHOICE, exit_, choices=kinds, settles="A-FT-1")
    anchors = _anchors(Anchor.ISSUED, Anchor.CONFIRMED, Anchor.OCCURRED)
    declare("card_window_anchor", "黄牌计数起点", _CHOICE, exit_, choices=anchors, settles="A-FT-1")
    declare("failed_cycles_to_exit", "连续考核不合格周期数", _INT, exit_, unit="个考核周期", minimum=1, maximum=10)
    missing = {"BREAK": "中断连续", "SKIP": "略过不计"}
    declare("missing_cycle", "未考核周期的处理", _CHOICE, exit_, choices=missing, settles="A-FT-10")
    declare("points_to_exit", "不良执业行为积分", _INT, exit_, unit="分", minimum=1, maximum=100, settles="A-MTG-5")
    kinds = _windows(WindowKind.CALENDAR_YEAR, WindowKind.VERIFICATION_CYCLE, WindowKind.ROLLING)
    declare("points_cycle", "积分周期", _CHOICE, exit_, choices=kinds, settles="A-MTG-1")
    declare("complaints_to_exit", "举报投诉次数", _INT, exit_, unit="次", minimum=1, maximum=100)
    units = {"MATTER": "按事项计", "CALL": "按件计"}
    declare("complaint_unit", "举报投诉计数单位", _CHOICE, exit_, choices=units, settles="A-MTG-7")
    grades = labels(SafetyGrade)
    declare(
        "accident_min_grade",
        "安全事故最低等级",
        ValueType.GRADE,
        exit_,
        choices=grades,
        minimum=1,
        settles="A-MTG-6",
    )
    declare("suspension_first", "注销前先行暂缓校验", _BOOL, exit_, settles="A-MTG-2")
    declare("continuity_days", "居民承接方案期限", _INT, exit_, unit="日", minimum=1, maximum=365)

    # Assessment; a district without that pack states its cycle beside the exit rule that counts cycles
    assessment = Kind.ASSESSMENT
    declare(
        "assessment_cycle_months",
        "绩效考核周期",
        _INT,
        assessment,
        exit_,
        unit="个月",
        minimum=1,
        maximum=36,
        settles="A-FT-9",
    )
    declare("indicator_domains", "考核指标领域", ValueType.TEXT_LIST, assessment, choices=INDICATOR_DOMAINS)
    declare("centre_assessors", "社区卫生服务中心考核单位", ValueType.TEXT_LIST, assessment, choices=ASSESSORS)
    declare("station_assessor", "社区卫生服务站考核单位", _CHOICE, assessment, choices=ASSESSORS)
    declare("failed_assessment_measures", "考核不达标措施", ValueType.TEXT_LIST, assessment, choices=FAILURE_MEASURES)

    # Municipal
    designation, capability, deadlines = Kind.DESIGNATION, Kind.CAPABILITY, Kind.DEADLINES
    types = labels(InstitutionKind)
    declare("eligible_institution_kinds", "可申请的机构类别", ValueType.TEXT_LIST, designation, choices=types)
    handling = {"EVALUATE": "仍作市级评估", "CONFIRM": "确认区级结果"}
    declare(
        "municipal_on_district_fail",
        "区级不合格时的市级处理",
        _CHOICE,
        designation,
        choices=handling,
        settles="A-MIC-4",
    )
    declare(
        "guarantee_institution_kinds", "须提交管理责任承诺书的类别", ValueType.TEXT_LIST, designation, choices=types
    )
    declare(
        "false_material_bar_years",
        "材料不实不再申请年限",
        _INT,
        designation,
        unit="年",
        minimum=1,
        maximum=10,
        settles="A-MIC-9",
    )
    declare(
        "clean_insurance_record_years",
        "无医保不良记录年限",
        _INT,
        designation,
        unit="年",
        minimum=1,
        maximum=10,
        settles="A-MIC-7",
    )
    declare(
        "clean_penalty_months",
        "无处罚处理月数",
        _INT,
        designation,
        unit="个月",
        minimum=1,
        maximum=36,
        settles="A-MIC-7",
    )
    declare(
        "address_lock_years",
        "不增加执业地址不变更类别年限",
        _INT,
        designation,
        unit="年",
        minimum=1,
        maximum=10,
        settles="A-MIC-8",
    )

    declare(
        "designation_evaluation_months",
        "评估期限",
        _INT,
        designation,
        unit="个月",
        minimum=1,
        maximum=24,
        settles="A-MIC-5",
    )
    declare("agreement_term_months", "医保服务协议期限", _INT, designation, unit="个月", minimum=1, maximum=60)
    declare("renewal_reminder_months", "续签提醒提前", _INT, designation, unit="个月", minimum=1, maximum=12)
    declare("agreement_suspension_days", "依申请中止协议期限", _INT, designation, unit="日", minimum=1, maximum=366)

    percent: dict[str, Any] = {"unit": "%", "minimum": 0, "maximum": 100}
    declare("met_standard_percent", "达到服务能力标准比例", _INT, capability, **percent)
    declare("recommended_percent", "达到推荐标准比例", _INT, capability, settles="A-YZ-1", **percent)
    denominators = {"ALL_INSTITUTIONS": "全部中心和乡镇卫生院", "MET_STANDARD": "已达标机构"}
    declare(
        "recommended_denominator", "推荐标准比例的分母", _CHOICE, capability, choices=denominators, settles="A-YZ-1"
    )
    declare("look_back_percent", "首年回头看比例", _INT, capability, **percent)
    declare("look_back_years", "回头看年限", _INT, capability, unit="年", minimum=1, maximum=10, settles="A-YZ-3")
    declare("new_community_hospitals", "年度新建社区医院", _INT, capability, unit="家", minimum=0, maximum=1000)
    modes = {"ADVISE": "提示并说明理由", "BLOCK": "不达标不得新建"}
    declare(
        "recommended_precondition", "新建社区医院的推荐标准前提", _CHOICE, capability, choices=modes, settles="A-YZ-4"
    )
    declare("public_health_staff_percent", "公共卫生人员占编制比例", _INT, capability, **percent)
    declare("tcm_pavilion_kinds", "中医阁适宜技术类数", _INT, capability, unit="类", minimum=1, maximum=50)
    declare("tcm_pavilion_items", "中医阁适宜技术项数", _INT, capability, unit="项", minimum=1, maximum=200)

    declare(
        "window_working_days",
        "医保定点申请窗口",
        _INT,
        deadlines,
        unit="工作日",
        minimum=1,
        maximum=20,
        settles="A-MIC-1",
    )
    declare(
        "window_cutoff_hour",
        "申请窗口末日截止时刻",
        _INT,
        deadlines,
        unit="时",
        minimum=1,
        maximum=24,
        settles="A-MIC-1",
    )
    in_year: dict[str, Any] = {"minimum": 1, "maximum": 12, "unit": "月"}
    declare("window_months", "医保定点申请月份", ValueType.INT_LIST, deadlines, **in_year)
    short: dict[str, Any] = {"unit": "工作日", "minimum": 1, "maximum": 60}
    declare("supplement_working_days", "一次性告知补正期限", _INT, deadlines, settles="A-MIC-2", **short)
    declare("designation_publicity_working_days", "医保定点公示期", _INT, deadlines, **short)
    declare("publicity_counts_first_day", "公示期计入首日", _BOOL, deadlines, settles="A-MIC-10")
    declare("reconsideration_days", "申请行政复议期限", _INT, deadlines, unit="日", minimum=1, maximum=365)
    declare("litigation_months", "提起行政诉讼期限", _INT, deadlines, unit="个月", minimum=1, maximum=24)
    rollovers = {"LEGAL_HOLIDAY": "仅遇法定节日顺延", "NON_WORKDAY": "遇非工作日顺延"}
    declare("reporting_rollover", "月报顺延方式", _CHOICE, deadlines, choices=rollovers, settles="A-YZ-2")
    declare("reporting_months", "月报月份", ValueType.INT_LIST, deadlines, settles="A-YZ-2", **in_year)
    declare("capability_declaration_by", "服务能力申报填报截止", ValueType.MONTH_DAY, deadlines)
    declare("capability_review_by", "区级评审与报送截止", ValueType.MONTH_DAY, deadlines)
    declare("community_hospital_naming_by", "社区医院命名及加注截止", ValueType.MONTH_DAY, deadlines)
    return found


INDICATOR_DOMAINS = {
    "PUBLIC_HEALTH": "基本公共卫生",
    "MEDICAL_VOLUME": "基本医疗服务数量",
    "MEDICAL_QUALITY": "基本医疗服务质量",
    "PATIENT_SATISFACTION": "患者满意度",
    "COMPLAINT_RESPONSE_12345": "接诉即办",
    "KEY_WORK": "社区卫生重点工作",
    "FAMILY_DOCTOR": "家庭医生签约",
}
ASSESSORS = {
    "COMMUNITY_HEALTH_MGMT_CENTRE": "区社区卫生服务管理中心",
    "CDC_SUPERVISION": "区疾病预防控制中心（区卫生健康监督所）",
    "MATERNAL_CHILD": "区妇幼保健计划生育服务中心",
    "MENTAL_HEALTH": "区心理卫生中心",
    "COMMUNITY_HEALTH_CENTRE": "社区卫生服务中心",
    "HEALTH_COMMISSION": "区卫生健康委",
    "OTHER": "其他业务部门",
}
RISKS = {
    "SERVICE_TERMINATION": "服务终止风险",
    "DOCTOR_PATIENT_DISPUTE": "医患纠纷风险",
    "INSURANCE_FRAUD": "医保基金欺诈风险",
    "ADVERTISING_FRAUD": "广告欺诈风险",
    "CIVIL_REGISTRATION_VIOLATION": "民办非企业单位违规风险",
    "COLLECTIVE_OPERATION": "集体经济组织综合运营风险",
}
#: Departments by the codes of ``server.districts.model.AuthorityKind``, which stands above this floor.
DEPARTMENTS = {
    "HEALTH_COMMISSION": "卫生健康委",
    "MEDICAL_INSURANCE_BUREAU": "医保局",
    "MARKET_REGULATION": "市场监管局",
    "CIVIL_AFFAIRS": "民政局",
    "AGRICULTURE_RURAL": "农业农村局",
    "SUBDISTRICT_TOWN": "街道乡镇",
    "COMMUNITY_HEALTH_MGMT_CENTRE": "社区卫生服务管理中心",
    "CDC_SUPERVISION": "疾病预防控制中心（卫生健康监督所）",
    "MATERNAL_CHILD": "妇幼保健计划生育服务中心",
    "MENTAL_HEALTH": "心理卫生中心",
    "OTHER": "其他",
}
FAILURE_MEASURES = {"INTERVIEW": "约谈", "RECTIFICATION": "整改", "NEGATIVE_LIST": "纳入负面清单"}

PARAMETERS: Mapping[str, ParameterSpec] = {spec.key: spec for spec in _declared()}
