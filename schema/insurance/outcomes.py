"""What the steps of a case answer: what was done, with the application as it is then, or why not."""

from typing import Annotated

import strawberry

from schema.insurance.cases import DesignationApplication
from schema.planned import field_of
from schema.problems import PolicyProblems


@strawberry.type(description="已电话确认")
class DesignationConfirmedByPhone:
    """A confirmation."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已受理")
class DesignationAccepted:
    """An acceptance."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已一次性告知补充")
class DesignationSupplementRequested:
    """A supplement notice."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已补充")
class DesignationSupplemented:
    """An answer to it."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="区级已评估")
class DesignationEvaluatedInDistrict:
    """The agency's evaluation."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已报市级")
class DesignationReported:
    """A report."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="市级已评估")
class DesignationEvaluatedMunicipally:
    """The centre's evaluation."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已发评估结果")
class DesignationResultSent:
    """A notice of the result."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已公示")
class DesignationPublicised:
    """A publicity."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已登记异议")
class DesignationObjectionRecorded:
    """An objection."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="异议已核查")
class DesignationObjectionDecided:
    """An objection decided."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已开始协商")
class DesignationNegotiated:
    """A negotiation."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已达成一致，纳入定点范围")
class DesignationAgreed:
    """An agreement in principle."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已开始信息系统改造")
class DesignationSystemReformBegun:
    """A reform begun."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="信息系统已验收")
class DesignationSystemAccepted:
    """An acceptance of the system."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已签订服务协议")
class InsuranceAgreementSigned:
    """A signature."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已公布")
class DesignationAnnounced:
    """An announcement."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已发放标牌")
class DesignationPlaqueIssued:
    """A plaque."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已撤回")
class DesignationWithdrawn:
    """A withdrawal."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已放弃")
class DesignationAbandoned:
    """Given up."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已取消申请资格")
class DesignationDisqualified:
    """A disqualification."""

    application: DesignationApplication = field_of("申请 as it is now")


@strawberry.type(description="已认定材料不实")
class FalseDesignationRejected:
    """A finding of false material."""

    application: DesignationApplication = field_of("申请 as it is now")


ConfirmDesignationByPhoneResult = Annotated[
    DesignationConfirmedByPhone | PolicyProblems, strawberry.union("ConfirmDesignationByPhoneResult")
]
AcceptDesignationResult = Annotated[DesignationAccepted | PolicyProblems, strawberry.union("AcceptDesignationResult")]
RequestDesignationSupplementResult = Annotated[
    DesignationSupplementRequested | PolicyProblems, strawberry.union("RequestDesignationSupplementResult")
]
SupplementDesignationResult = Annotated[
    DesignationSupplemented | PolicyProblems, strawberry.union("SupplementDesignationResult")
]
EvaluateDesignationInDistrictResult = Annotated[
    DesignationEvaluatedInDistrict | PolicyProblems, strawberry.union("EvaluateDesignationInDistrictResult")
]
ReportDesignationResult = Annotated[DesignationReported | PolicyProblems, strawberry.union("ReportDesignationResult")]
EvaluateDesignationMunicipallyResult = Annotated[
    DesignationEvaluatedMunicipally | PolicyProblems, strawberry.union("EvaluateDesignationMunicipallyResult")
]
SendDesignationResultResult = Annotated[
    DesignationResultSent | PolicyProblems, strawberry.union("SendDesignationResultResult")
]
PubliciseDesignationResult = Annotated[
    DesignationPublicised | PolicyProblems, strawberry.union("PubliciseDesignationResult")
]
RecordDesignationObjectionResult = Annotated[
    DesignationObjectionRecorded | PolicyProblems, strawberry.union("RecordDesignationObjectionResult")
]
DecideDesignationObjectionResult = Annotated[
    DesignationObjectionDecided | PolicyProblems, strawberry.union("DecideDesignationObjectionResult")
]
NegotiateDesignationResult = Annotated[
    DesignationNegotiated | PolicyProblems, strawberry.union("NegotiateDesignationResult")
]
AgreeDesignationResult = Annotated[DesignationAgreed | PolicyProblems, strawberry.union("AgreeDesignationResult")]
BeginDesignationSystemReformResult = Annotated[
    DesignationSystemReformBegun | PolicyProblems, strawberry.union("BeginDesignationSystemReformResult")
]
AcceptDesignationSystemResult = Annotated[
    DesignationSystemAccepted | PolicyProblems, strawberry.union("AcceptDesignationSystemResult")
]
SignInsuranceAgreementResult = Annotated[
    InsuranceAgreementSigned | PolicyProblems, strawberry.union("SignInsuranceAgreementResult")
]
AnnounceDesignationResult = Annotated[
    DesignationAnnounced | PolicyProblems, strawberry.union("AnnounceDesignationResult")
]
IssueDesignationPlaqueResult = Annotated[
    DesignationPlaqueIssued | PolicyProblems, strawberry.union("IssueDesignationPlaqueResult")
]
WithdrawDesignationResult = Annotated[
    DesignationWithdrawn | PolicyProblems, strawberry.union("WithdrawDesignationResult")
]
AbandonDesignationResult = Annotated[
    DesignationAbandoned | PolicyProblems, strawberry.union("AbandonDesignationResult")
]
DisqualifyDesignationResult = Annotated[
    DesignationDisqualified | PolicyProblems, strawberry.union("DisqualifyDesignationResult")
]
RejectFalseDesignationResult = Annotated[
    FalseDesignationRejected | PolicyProblems, strawberry.union("RejectFalseDesignationResult")
]
