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
