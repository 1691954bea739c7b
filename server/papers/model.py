"""What an official document can be, how it is served, and what its addressee can do against it."""

from dataclasses import dataclass
from datetime import date
from typing import Self
from uuid import UUID

from server.kit.clause import Clause
from server.kit.terms import Term
from server.policy.terms import SourceStatus
from server.workdays.model import DayUnit


class PaperKind(Term):
    """Which official document it is, with the word that its numbers bear.  Areas add theirs here, a line each.

    Declared as ``CODE = "CODE", "名称", "文号用字"``: 责令限期整改通知书 has 责改〔2026〕3号.
    """

    mark: str

    def __new__(cls, code: str, label: str = "", mark: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.label = label
        member.mark = mark or label
        return member

    NOTICE = "NOTICE", "告知书", "告"
    MATERIALS_NOTICE = "MATERIALS_NOTICE", "补正材料一次性告知书", "许补"
    ACCEPTANCE = "ACCEPTANCE", "受理通知书", "许受"
    NON_ACCEPTANCE = "NON_ACCEPTANCE", "不予受理决定书", "许不受"
    EXPERT_REVIEW_NOTICE = "EXPERT_REVIEW_NOTICE", "专家评审告知书", "许评"
    SETUP_APPROVAL = "SETUP_APPROVAL", "设置医疗机构批准书", "许设"
    SETUP_REFUSAL = "SETUP_REFUSAL", "不予设置医疗机构决定书", "许不设"
    REGISTRATION_APPROVAL = "REGISTRATION_APPROVAL", "准予执业登记决定书", "许登"
    REGISTRATION_REFUSAL = "REGISTRATION_REFUSAL", "不予执业登记决定书", "许不登"
    OPENING_EXTENSION = "OPENING_EXTENSION", "延长开放运行期限决定书", "许延"
    VERIFICATION_ORDER = "VERIFICATION_ORDER", "限期补办校验通知书", "校催"
    VERIFICATION_RESULT = "VERIFICATION_RESULT", "校验结果通知书", "校"
    SUSPENSION_NOTICE = "SUSPENSION_NOTICE", "暂缓校验决定书", "校缓"
    ENDING_NOTICE = "ENDING_NOTICE", "拟终止执业许可告知书", "许告"
    ENDING_DECISION = "ENDING_DECISION", "终止执业许可决定书", "许终"
    NON_ENDING_DECISION = "NON_ENDING_DECISION", "不予终止执业许可决定书", "许不终"
    YELLOW_CARD = "YELLOW_CARD", "黄牌警告决定书", "黄牌"
    CARD_VOIDED = "CARD_VOIDED", "撤销黄牌警告决定书", "黄撤"
    INTERVIEW = "INTERVIEW", "约谈记录", "约谈"
    RECTIFICATION = "RECTIFICATION", "责令限期整改通知书", "责改"
    EXIT_NOTICE = "EXIT_NOTICE", "退出事先告知书", "退告"
    EXIT_DECISION = "EXIT_DECISION", "退出决定书", "退决"
    EXIT_REVOKED = "EXIT_REVOKED", "撤销退出决定书", "退撤"
    EXIT_CIRCULAR = "EXIT_CIRCULAR", "退出情况通报", "退通"
    STATUTORY_TRANSFER = "STATUTORY_TRANSFER", "案件移送函", "移送"
    CONTINUITY_PLAN = "CONTINUITY_PLAN", "居民承接方案批复", "承接"
    SELECTION_CALL = "SELECTION_CALL", "公开遴选公告", "选告"
    SELECTION_ENDED = "SELECTION_ENDED", "终止遴选公告", "选终"
    SELECTION_RECEIPT = "SELECTION_RECEIPT", "申报受理回执", "选受"
    ELIGIBILITY_DECISION = "ELIGIBILITY_DECISION", "申报资格审查通知书", "选审"
    EXPERT_COMMITTEE = "EXPERT_COMMITTEE", "专家委员会组建通知", "选专"
    EVALUATION_RECORD = "EVALUATION_RECORD", "综合评价记录", "选评"
    SELECTION_RESULT = "SELECTION_RESULT", "遴选结果公示", "选示"
    OBJECTION_DECISION = "OBJECTION_DECISION", "公示异议复核意见书", "选异"
    SELECTION_AWARD = "SELECTION_AWARD", "举办主体确定通知书", "选定"
    AWARD_ENDED = "AWARD_ENDED", "举办主体资格终止通知书", "选撤"
    ENTRUSTMENT_AGREEMENT = "ENTRUSTMENT_AGREEMENT", "医疗卫生配套用房委托协议", "委协"
    AGREEMENT_BREACH = "AGREEMENT_BREACH", "委托用房违约认定书", "委违"
    AGREEMENT_ENDED = "AGREEMENT_ENDED", "委托协议终止通知书", "委终"
    DESIGNATION_SUPPLEMENT = "DESIGNATION_SUPPLEMENT", "医保定点申请材料一次性补充告知书", "医保补"
    DESIGNATION_RESULT = "DESIGNATION_RESULT", "医保定点评估结果告知书", "医保评"
    DESIGNATION_REASONS = "DESIGNATION_REASONS", "医保定点评估不合格理由及整改建议告知书", "医保改"


class ServiceMethod(Term):
    """How a document reached its addressee (民事诉讼法 88–95, which 行政处罚法 61 refers to)."""

    DIRECT = "DIRECT", "直接送达"
    LEFT = "LEFT", "留置送达"
    ENTRUSTED = "ENTRUSTED", "委托送达"
    MAIL = "MAIL", "邮寄送达"
    FORWARDED = "FORWARDED", "转交送达"
    ELECTRONIC = "ELECTRONIC", "电子送达"
    PUBLIC_NOTICE = "PUBLIC_NOTICE", "公告送达"


class RemedyKind(Term):
    """What the addressee can do against an administrative act."""

    RECONSIDERATION = "RECONSIDERATION", "行政复议"
    LITIGATION = "LITIGATION", "行政诉讼"


@dataclass(frozen=True, slots=True)
class Remedy:
    """One remedy: until when it is open, counted from the day of service."""

    kind: RemedyKind
    last_on: date
    days: int
    unit: DayUnit
    rule: str
    provisional: bool
    source: SourceStatus


@dataclass(frozen=True, slots=True)
class Paper:
    """An official document as it was issued.

    ``fields``: label and text of its body's rows, in order.  ``remedies``: what it says of remedies; None where there are
    none.
    """

    id: UUID
    kind: PaperKind
    number: str
    title: str
    addressee: str
    issuer: str
    issued_on: date
    fields: tuple[tuple[str, str], ...]
    clauses: tuple[Clause, ...]
    remedies: str | None
    digest: str
