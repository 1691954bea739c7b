"""Vocabularies of designation, and the procedure as data: which step leads where, who takes it, by which clause."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.terms import Term

#: The notice that the whole procedure rests on, as it is registered.
NOTICE: Final = "beijing-insurance-2025-4"


def notice(anchor: str) -> Clause:
    """A place in the notice."""
    return Clause(NOTICE, anchor)


class DesignationStatus(Term):
    """Where an application stands (state machine 13)."""

    DRAFT = "DRAFT", "填报中"
    SUBMITTED = "SUBMITTED", "已提交"
    CONFIRMED_BY_PHONE = "CONFIRMED_BY_PHONE", "已电话确认"
    ACCEPTED = "ACCEPTED", "已受理"
    SUPPLEMENT_REQUESTED = "SUPPLEMENT_REQUESTED", "已告知补充"
    SUPPLEMENTED = "SUPPLEMENTED", "已补充"
    DISTRICT_EVALUATED = "DISTRICT_EVALUATED", "区级已评估"
    REPORTED = "REPORTED", "已报市级"
    MUNICIPALLY_EVALUATED = "MUNICIPALLY_EVALUATED", "市级已评估"
    RESULT_NOTICE_SENT = "RESULT_NOTICE_SENT", "已发评估结果告知书"
    REASONS_AND_ADVICE_SENT = "REASONS_AND_ADVICE_SENT", "已告知理由和整改建议"
    PUBLICITY = "PUBLICITY", "公示中"
    OBJECTION_REVIEW = "OBJECTION_REVIEW", "异议核查"
    NEGOTIATING = "NEGOTIATING", "协议协商"
    AGREED = "AGREED", "达成一致、纳入定点范围"
    SYSTEM_REFORM = "SYSTEM_REFORM", "信息系统改造"
    SYSTEM_ACCEPTED = "SYSTEM_ACCEPTED", "信息系统已验收"
    SIGNED = "SIGNED", "已签协议"
    ANNOUNCED = "ANNOUNCED", "已公布"
    PLAQUE_ISSUED = "PLAQUE_ISSUED", "已发标牌"
    WITHDRAWN = "WITHDRAWN", "已撤回"
    ABANDONED = "ABANDONED", "已放弃"
    DISQUALIFIED = "DISQUALIFIED", "已取消申请资格"
    REJECTED_FALSE_MATERIAL = "REJECTED_FALSE_MATERIAL", "材料不实不予受理"


_S = DesignationStatus
_UNTIL_MUNICIPAL = (
    _S.SUBMITTED,
    _S.CONFIRMED_BY_PHONE,
    _S.ACCEPTED,
    _S.SUPPLEMENT_REQUESTED,
    _S.SUPPLEMENTED,
    _S.DISTRICT_EVALUATED,
    _S.REPORTED,
)
_BEFORE_SIGNING = (
    *_UNTIL_MUNICIPAL,
    _S.MUNICIPALLY_EVALUATED,
    _S.RESULT_NOTICE_SENT,
    _S.PUBLICITY,
    _S.OBJECTION_REVIEW,
    _S.NEGOTIATING,
    _S.AGREED,
    _S.SYSTEM_REFORM,
    _S.SYSTEM_ACCEPTED,
)


class Step(Term):
    """What can be done to an application."""

    SUBMIT = "SUBMIT", "提交申请"
    CONFIRM_BY_PHONE = "CONFIRM_BY_PHONE", "电话确认"
    ACCEPT = "ACCEPT", "受理"
    REQUEST_SUPPLEMENT = "REQUEST_SUPPLEMENT", "一次性告知补充"
    SUPPLEMENT = "SUPPLEMENT", "补充材料"
    EVALUATE_IN_DISTRICT = "EVALUATE_IN_DISTRICT", "区级评估"
    REPORT = "REPORT", "报送市级"
    EVALUATE_MUNICIPALLY = "EVALUATE_MUNICIPALLY", "市级评估"
    SEND_RESULT_NOTICE = "SEND_RESULT_NOTICE", "发放评估结果告知书"
    SEND_REASONS = "SEND_REASONS", "告知理由和整改建议"
    PUBLICISE = "PUBLICISE", "公示"
    OBJECT = "OBJECT", "受理异议"
    DISMISS_OBJECTION = "DISMISS_OBJECTION", "异议不成立"
    UPHOLD_OBJECTION = "UPHOLD_OBJECTION", "异议成立、重新评估"
    NEGOTIATE = "NEGOTIATE", "开始协商"
    AGREE = "AGREE", "达成一致"
    BEGIN_SYSTEM_REFORM = "BEGIN_SYSTEM_REFORM", "开始信息系统改造"
    ACCEPT_SYSTEM = "ACCEPT_SYSTEM", "信息系统验收"
    SIGN = "SIGN", "签订协议"
    ANNOUNCE = "ANNOUNCE", "公布名单"
    ISSUE_PLAQUE = "ISSUE_PLAQUE", "发放标牌"
    WITHDRAW = "WITHDRAW", "撤回"
    ABANDON = "ABANDON", "放弃"
    DISQUALIFY = "DISQUALIFY", "取消申请资格"
    REJECT_FALSE_MATERIAL = "REJECT_FALSE_MATERIAL", "认定材料不实"


@dataclass(frozen=True, slots=True)
class Passage:
    """One step of the procedure: from which states, to which, by whom, and the clause it rests on."""

    sources: tuple[DesignationStatus, ...]
    target: DesignationStatus
    by: frozenset[Role]
    clause: Clause


_STAFF = frozenset({Role.INSTITUTION_STAFF})
_AGENCY = frozenset({Role.AGENCY_OFFICER})
_CENTRE = frozenset({Role.MUNICIPAL_INSURANCE_OFFICER})
_RECEIPT, _SUPPLEMENT = notice("三(一)第一句"), notice("三(一)第二句")
_DISTRICT, _MUNICIPAL, _PUBLICITY = notice("三(二)第一段"), notice("三(二)第二段"), notice("三(三)")
_AGREEMENT, _ANNOUNCEMENT = notice("三(四)"), notice("三(五)")

#: The procedure.  No verb changes an application's state in any other way.
PASSAGES: Mapping[Step, Passage] = {
    # An application in the agency's mailbox is entered by the agency (MIC-3-1b).
    Step.SUBMIT: Passage((_S.DRAFT,), _S.SUBMITTED, _STAFF | _AGENCY, _RECEIPT),
    Step.CONFIRM_BY_PHONE: Passage((_S.SUBMITTED,), _S.CONFIRMED_BY_PHONE, _AGENCY, _RECEIPT),
    Step.ACCEPT: Passage((_S.CONFIRMED_BY_PHONE,), _S.ACCEPTED, _AGENCY, _RECEIPT),
    Step.REQUEST_SUPPLEMENT: Passage((_S.ACCEPTED,), _S.SUPPLEMENT_REQUESTED, _AGENCY, _SUPPLEMENT),
    Step.SUPPLEMENT: Passage((_S.SUPPLEMENT_REQUESTED,), _S.SUPPLEMENTED, _STAFF | _AGENCY, _SUPPLEMENT),
    Step.EVALUATE_IN_DISTRICT: Passage((_S.ACCEPTED, _S.SUPPLEMENTED), _S.DISTRICT_EVALUATED, _AGENCY, _DISTRICT),
    Step.REPORT: Passage((_S.DISTRICT_EVALUATED,), _S.REPORTED, _AGENCY, _DISTRICT),
    Step.EVALUATE_MUNICIPALLY: Passage((_S.REPORTED,), _S.MUNICIPALLY_EVALUATED, _CENTRE, _MUNICIPAL),
    Step.SEND_RESULT_NOTICE: Passage((_S.MUNICIPALLY_EVALUATED,), _S.RESULT_NOTICE_SENT, _CENTRE, _MUNICIPAL),
    Step.SEND_REASONS: Passage((_S.MUNICIPALLY_EVALUATED,), _S.REASONS_AND_ADVICE_SENT, _CENTRE, _MUNICIPAL),
    Step.PUBLICISE: Passage((_S.RESULT_NOTICE_SENT,), _S.PUBLICITY, _CENTRE, _PUBLICITY),
    Step.OBJECT: Passage((_S.PUBLICITY, _S.OBJECTION_REVIEW), _S.OBJECTION_REVIEW, _CENTRE, _PUBLICITY),
    Step.DISMISS_OBJECTION: Passage((_S.OBJECTION_REVIEW,), _S.PUBLICITY, _CENTRE, _PUBLICITY),
    Step.UPHOLD_OBJECTION: Passage((_S.OBJECTION_REVIEW,), _S.REPORTED, _CENTRE, _PUBLICITY),
    Step.NEGOTIATE: Passage((_S.PUBLICITY,), _S.NEGOTIATING, _CENTRE, _AGREEMENT),
    Step.AGREE: Passage((_S.NEGOTIATING,), _S.AGREED, _CENTRE, _AGREEMENT),
    Step.BEGIN_SYSTEM_REFORM: Passage((_S.AGREED,), _S.SYSTEM_REFORM, _STAFF | _CENTRE, _AGREEMENT),
    Step.ACCEPT_SYSTEM: Passage((_S.SYSTEM_REFORM,), _S.SYSTEM_ACCEPTED, _CENTRE, _AGREEMENT),
    Step.SIGN: Passage((_S.SYSTEM_ACCEPTED,), _S.SIGNED, _CENTRE, _AGREEMENT),
    Step.ANNOUNCE: Passage((_S.SIGNED,), _S.ANNOUNCED, _CENTRE, _ANNOUNCEMENT),
    Step.ISSUE_PLAQUE: Passage((_S.ANNOUNCED,), _S.PLAQUE_ISSUED, _CENTRE, _ANNOUNCEMENT),
    Step.WITHDRAW: Passage(_BEFORE_SIGNING, _S.WITHDRAWN, _STAFF | _AGENCY, notice("一")),
    Step.ABANDON: Passage(
        (_S.NEGOTIATING, _S.AGREED, _S.SYSTEM_REFORM, _S.SYSTEM_ACCEPTED),
        _S.ABANDONED,
        _STAFF | _CENTRE,
        notice("附件2-1第七项"),
    ),
    # A bar binds every agency, so the centre sets it and an agency tells the centre of its ground.
    Step.DISQUALIFY: Passage(_BEFORE_SIGNING, _S.DISQUALIFIED, _CENTRE, notice("附件2-1第八项")),
    # Who withdraws or fails is barred all the same when the material turns out to be false.
    Step.REJECT_FALSE_MATERIAL: Passage(
        (*_BEFORE_SIGNING, _S.REASONS_AND_ADVICE_SENT, _S.WITHDRAWN, _S.ABANDONED, _S.DISQUALIFIED),
        _S.REJECTED_FALSE_MATERIAL,
        _CENTRE,
        notice("附件2-1第一项"),
    ),
}

#: Where each state may lead.
NEXT: Mapping[DesignationStatus, frozenset[DesignationStatus]] = {
    state: frozenset(one.target for one in PASSAGES.values() if state in one.sources) for state in DesignationStatus
}
#: The application itself is over, whatever its end.
CLOSED: Final = (
    _S.REASONS_AND_ADVICE_SENT,
    _S.PLAQUE_ISSUED,
    _S.WITHDRAWN,
    _S.ABANDONED,
    _S.DISQUALIFIED,
    _S.REJECTED_FALSE_MATERIAL,
)
#: States in which another application of the same institution is a duplicate.
OPEN: Final = tuple(state for state in DesignationStatus if state is not _S.DRAFT and state not in CLOSED)
#: Once reached, the institution is a designated one.
DESIGNATED: Final = (_S.SIGNED, _S.ANNOUNCED, _S.PLAQUE_ISSUED)


class MaterialKind(Term):
    """The six materials of 二, in their order."""

    APPLICATION_FORM = "APPLICATION_FORM", "定点医疗机构申请表"
    COMMITMENT = "COMMITMENT", "承诺书"
    LICENCE_COPY = "LICENCE_COPY", "执业许可证复印件"
    INTERNAL_RULES = "INTERNAL_RULES", "内部管理制度和财务制度文本"
    INFORMATION_SYSTEM = "INFORMATION_SYSTEM", "信息系统相关材料"
    FORECAST_REPORT = "FORECAST_REPORT", "使用医保基金的预测性分析报告"


class MaterialStage(Term):
    """When a material is due (A-MIC-3)."""

    AT_SUBMISSION = "AT_SUBMISSION", "申请时"
    BEFORE_DISTRICT_EVALUATION = "BEFORE_DISTRICT_EVALUATION", "区级评估结束前"


#: Materials 1, 2 and 3 are handed in inside the window (三(一)第一句); for the others the notice names no day (A-MIC-3).
STAGES: Mapping[MaterialKind, MaterialStage] = {
    kind: MaterialStage.AT_SUBMISSION if n < 3 else MaterialStage.BEFORE_DISTRICT_EVALUATION
    for n, kind in enumerate(MaterialKind)
}
MATERIAL_CLAUSES: Mapping[MaterialKind, Clause] = {
    kind: notice(f"二{n}") for n, kind in enumerate(MaterialKind, start=1)
}


class StaffKind(Term):
    """Health technical staff by kind (MIC-A1-27)."""

    DOCTOR = "DOCTOR", "医生"
    NURSE = "NURSE", "护士"
    PHARMACIST = "PHARMACIST", "药师"
    TECHNICIAN = "TECHNICIAN", "医技"


class InstitutionGrade(Term):
    """Grade of the institution (MIC-A1-11)."""

    LEVEL_3 = "LEVEL_3", "三级"
    LEVEL_2 = "LEVEL_2", "二级"
    LEVEL_1 = "LEVEL_1", "一级"
    UNRATED = "UNRATED", "未定级"


class ServiceTarget(Term):
    """Whom it serves (MIC-A1-19)."""

    SOCIETY = "SOCIETY", "社会"
    INTERNAL = "INTERNAL", "内部"


class FieldSource(Term):
    """Where the value of a field of annex 1 comes from."""

    PREFILLED = "PREFILLED", "登记信息带入"
    ENTERED = "ENTERED", "申请单位填写"


class PersonRole(Term):
    """The persons of annex 1; 主要负责人（实际控制人） is one cell for two roles (A-MIC-6)."""

    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE", "法定代表人"
    PRINCIPAL = "PRINCIPAL", "主要负责人"
    ACTUAL_CONTROLLER = "ACTUAL_CONTROLLER", "实际控制人"
    INSURANCE_LEAD = "INSURANCE_LEAD", "主管医保工作负责人"


class EvaluationLevel(Term):
    """Who evaluates."""

    DISTRICT = "DISTRICT", "区级"
    MUNICIPAL = "MUNICIPAL", "市级"


class DesignationMethod(Term):
    """How."""

    DOCUMENT = "DOCUMENT", "材料审核"
    ON_SITE = "ON_SITE", "现场评估"
    CONFIRMATION = "CONFIRMATION", "确认区级结果"


class EvaluationResult(Term):
    """合格 or 不合格 (MIC-3-2a)."""

    PASS = "PASS", "合格"
    FAIL = "FAIL", "不合格"


class CheckOutcome(Term):
    """What the records say of one commitment."""

    CLEAR = "CLEAR", "未见相反记录"
    CONTRADICTED = "CONTRADICTED", "有相反记录"
    UNKNOWN = "UNKNOWN", "平台无此类记录，须人工核实"


class BarSubject(Term):
    """Whom a bar keeps from applying."""

    INSTITUTION = "INSTITUTION", "医疗机构"
    PERSON = "PERSON", "人员"


class BarGround(Term):
    """Why somebody may not apply for a while."""

    FALSE_MATERIAL = "FALSE_MATERIAL", "申请材料不实"


class ObjectionOutcome(Term):
    """What became of an objection to a publicity."""

    UNDER_REVIEW = "UNDER_REVIEW", "核查中"
    DISMISSED = "DISMISSED", "不成立"
    UPHELD = "UPHELD", "成立"


class HolderStatus(Term):
    """Where an institution's designation stands."""

    INCLUDED = "INCLUDED", "已纳入定点范围，尚未签约"
    ACTIVE = "ACTIVE", "定点"
    SUSPENDED = "SUSPENDED", "协议中止"
    TERMINATED = "TERMINATED", "协议解除"
    EXPIRED = "EXPIRED", "协议到期"
    LAPSED = "LAPSED", "未签约即终止"


class AgreementStatus(Term):
    """Where one service agreement stands."""

    ACTIVE = "ACTIVE", "履行中"
    SUSPENDED = "SUSPENDED", "中止"
    TERMINATED = "TERMINATED", "解除"
    EXPIRED = "EXPIRED", "到期"


class Channel(Term):
    """How an application came in (MIC-3-1b)."""

    PORTAL = "PORTAL", "平台"
    MAILBOX = "MAILBOX", "专用邮箱"


class DeliveryStatus(Term):
    """What became of a message to the agency's mailbox."""

    PENDING = "PENDING", "待发送"
    SENT = "SENT", "已发送"
    FAILED = "FAILED", "发送失败"
