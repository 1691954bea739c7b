"""What the steps of a case take."""

from datetime import date, datetime

import strawberry

from schema.filters import UNSET
from schema.inputs import VERSION, Keyed, Versioned, field
from schema.insurance.applying import DesignationMaterialInput
from schema.insurance.entered import DesignationFormInput
from server.insurance.model import DesignationMethod, EvaluationResult, ObjectionOutcome, PersonRole


@strawberry.input
class _OnApplication(Versioned):
    """What every step takes."""

    application: strawberry.ID = field("申请")


@strawberry.input
class _Step(_OnApplication):
    """What a plain step takes."""

    explanation: str | None = field("说明", default=UNSET)


@strawberry.input(description="电话确认")
class ConfirmDesignationByPhoneInput(_OnApplication):
    """What confirming takes."""

    confirmed_at: datetime | None = field("确认时间 now where not given", default=UNSET)
    explanation: str | None = field("说明", default=UNSET)


@strawberry.input(description="一次性告知补充")
class RequestDesignationSupplementInput(_OnApplication):
    """What the one notice takes."""

    items: list[str] = field("经办机构另行提出的事项 besides what the system found", default_factory=list)
    leave_out: list[int] = field("不采纳的系统发现 numbers from 0 in `findings`", default_factory=list)
    reply_by: date | None = field("要求补充的期限 the notice names none", default=UNSET)


@strawberry.input(description="补充材料")
class SupplementDesignationInput(_OnApplication):
    """What the applicant's answer takes."""

    materials: list[DesignationMaterialInput] = field("补充的材料", default_factory=list)
    form: DesignationFormInput | None = field("更正后的申请表 the one submitted stays as it was", default=UNSET)
    explanation: str | None = field("说明", default=UNSET)


@strawberry.input(description="核查事项")
class DesignationLookedAtInput:
    """One thing an evaluation looked at."""

    item: str = field("事项")
    met: bool = field("是否符合")
    note: str | None = field("说明", default=None)


@strawberry.input
class Evaluation(_OnApplication):
    """What an evaluation takes."""

    result: EvaluationResult = field("结果")
    method: DesignationMethod = field("方式 CONFIRMATION where the centre confirms a district's fail")
    reasons: str | None = field("理由 must be given on a fail", default=UNSET)
    advice: str | None = field("整改建议 must be given on a municipal fail", default=UNSET)
    checks: list[DesignationLookedAtInput] = field("逐项核查", default_factory=list)


@strawberry.input(description="公示")
class PubliciseDesignationInput(_OnApplication):
    """What publicity takes."""

    published_on: date = field("公示日期 not after today")
    url: str | None = field("公示网址", default=UNSET)


@strawberry.input(description="登记异议")
class RecordDesignationObjectionInput(_OnApplication):
    """What an objection takes."""

    raised_on: date = field("提出日期 within the days of publicity")
    content: str = field("内容")
    objector: str | None = field("提出人", default=UNSET)
    objector_phone: str | None = field("联系电话 kept encrypted, shown masked", default=UNSET)


@strawberry.input(description="异议核查结论")
class DecideDesignationObjectionInput(Keyed):
    """What deciding takes."""

    objection: strawberry.ID = field("异议")
    expected_version: int = field(VERSION + ", of the objection")
    outcome: ObjectionOutcome = field("结论 DISMISSED or UPHELD")
    reason: str = field("理由")


@strawberry.input(description="信息系统验收")
class AcceptDesignationSystemInput(_OnApplication):
    """What acceptance takes."""

    accepted_on: date = field("验收日期 not after today")
    explanation: str | None = field("说明", default=UNSET)


@strawberry.input(description="签订服务协议")
class SignInsuranceAgreementInput(_OnApplication):
    """What signing takes."""

    number: str = field("协议编号")
    code: str = field("定点编码")
    signed_on: date = field("签订日期 not after today")
    from_on: date | None = field("生效日期 the day of signing where not given", default=UNSET)
    until: date | None = field(
        "期满日期 the first day it no longer runs; by the policy's usual term where not given", default=UNSET
    )
    contradicted_because: str | None = field("有与承诺不符的记录仍予签订的理由", default=UNSET)


@strawberry.input(description="公布名单")
class AnnounceDesignationInput(_OnApplication):
    """What announcing takes."""

    announced_on: date = field("公布日期 not after today")
    document_number: str = field("印发文件文号")


@strawberry.input(description="发放标牌")
class IssueDesignationPlaqueInput(_OnApplication):
    """What the plaque takes."""

    issued_on: date = field("发放日期 not after today")


@strawberry.input
class _End(_OnApplication):
    """What an end takes."""

    reason: str = field("理由")


@strawberry.input(description="认定材料不实")
class RejectFalseDesignationInput(_OnApplication):
    """What a finding of false material takes."""

    discovered_on: date = field("发现日期 the bar runs from it")
    reason: str = field("理由")
    persons: list[PersonRole] = field("一并限制的人员 of the form", default_factory=list)


@strawberry.input(description="受理")
class AcceptDesignationInput(_Step):
    """What this step takes."""


@strawberry.input(description="报送市级")
class ReportDesignationInput(_Step):
    """What this step takes."""


@strawberry.input(description="发放评估结果")
class SendDesignationResultInput(_Step):
    """What this step takes."""


@strawberry.input(description="开始协商")
class NegotiateDesignationInput(_Step):
    """What this step takes."""


@strawberry.input(description="达成一致")
class AgreeDesignationInput(_Step):
    """What this step takes."""


@strawberry.input(description="开始信息系统改造")
class BeginDesignationSystemReformInput(_Step):
    """What this step takes."""


@strawberry.input(description="撤回申请")
class WithdrawDesignationInput(_End):
    """What this step takes."""


@strawberry.input(description="放弃签约")
class AbandonDesignationInput(_End):
    """What this step takes."""


@strawberry.input(description="取消申请资格")
class DisqualifyDesignationInput(_End):
    """What this step takes."""


@strawberry.input(description="区级评估")
class EvaluateDesignationInDistrictInput(Evaluation):
    """What this step takes."""


@strawberry.input(description="市级评估")
class EvaluateDesignationMunicipallyInput(Evaluation):
    """What this step takes."""
