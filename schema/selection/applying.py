"""Applying: mutations of applicants, open to whoever is signed in."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from schema.acting import SIGNED_IN, given, mutation, node_of, perform, referring, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems
from schema.proceeding import admission_of, is_applicant_now
from schema.scalars import UnifiedSocialCreditCode
from schema.selection.applications import OperatorApplication
from schema.tags import CALL_TAG, DOCUMENT_TAG, GAP_TAG, INSTITUTION_TAG, MATERIAL_TAG, OPERATOR_APPLICATION_TAG
from server.identity.actions import enrol_applicant
from server.institutions.model import OperatingNature, OperatorKind
from server.kit import names
from server.kit.errors import BadInput, Invalid
from server.kit.ids import NodeId
from server.policy.terms import ApplicationRoute
from server.record.acts import Act
from server.selection.actions import applying, withdrawing
from server.selection.model import DeclarationKind


@strawberry.input(description="举办主体")
class OperatorInput:
    """Who wants to run the institution."""

    name: str = field("名称 at most 200 characters")
    kind: OperatorKind = field("类别 any: what is not eligible is proposed so, not turned away")
    unified_social_credit_code: UnifiedSocialCreditCode | None = field(
        "统一社会信用代码 of all but individuals", default=UNSET
    )


@strawberry.input(description="声明 a claim of the applicant's")
class DeclarationInput:
    """A claim."""

    kind: DeclarationKind = field("事项")
    claimed: bool = field("是否声明")


@strawberry.input(description="材料与要求的对应")
class MaterialForInput:
    """Which requirement of the call a document answers."""

    material: strawberry.ID = field("材料要求")
    document: strawberry.ID = field("文件")


@strawberry.input(description="提交申报")
class SubmitApplicationInput(Keyed):
    """What submitting takes."""

    call: strawberry.ID = field("遴选")
    gap: strawberry.ID = field("空白点 of that call")
    route: ApplicationRoute = field("申报方式")
    operator: OperatorInput = field("举办主体")
    operating_nature: OperatingNature = field("拟设机构经营性质")
    declarations: list[DeclarationInput] = field("声明", default_factory=list)
    materials: list[strawberry.ID] = field("文件 uploaded before; the same may serve again", default_factory=list)
    materials_for: list[MaterialForInput] = field("文件 with the requirement each answers", default_factory=list)
    existing_institution: strawberry.ID | None = field(
        "现有机构 that runs the new one or converts; not for a new one", default=UNSET
    )
    statement: str | None = field("申报说明 at most 4000 characters", default=UNSET)
    contact_name: str | None = field("联系人", default=UNSET)
    contact_phone: str | None = field("联系电话 kept sealed", default=UNSET)


@strawberry.input(description="撤回申报")
class WithdrawApplicationInput(Versioned):
    """What withdrawing takes."""

    application: strawberry.ID = field("申报")
    reason: str = field("原因")


@strawberry.input(description="登记为申报人")
class EnrolAsApplicantInput(Keyed):
    """What enrolling takes."""

    district: str = field("辖区代码")
    name: str = field("姓名 at most 50 characters")


@strawberry.type(description="已提交")
class ApplicationSubmitted:
    """A submission."""

    application: OperatorApplication = field("申报 as it is now, with what the policy proposes")


@strawberry.type(description="已撤回")
class ApplicationWithdrawn:
    """A withdrawal."""

    application: OperatorApplication = field("申报 as it is now")


@strawberry.type(description="已登记为申报人 files may be uploaded in this district now")
class ApplicantEnrolled:
    """An enrolment."""

    district: str = field("辖区代码")


SubmitApplicationResult = Annotated[ApplicationSubmitted | PolicyProblems, strawberry.union("SubmitApplicationResult")]
WithdrawApplicationResult = Annotated[
    ApplicationWithdrawn | PolicyProblems, strawberry.union("WithdrawApplicationResult")
]
EnrolAsApplicantResult = Annotated[ApplicantEnrolled | PolicyProblems, strawberry.union("EnrolAsApplicantResult")]


def _attachments(input: SubmitApplicationInput, tenant: int) -> list[applying.Attachment]:
    found = []
    for n, text in enumerate(input.materials):
        found.append(applying.Attachment(local(text, DOCUMENT_TAG, tenant, "materials", n)))
    for n, one in enumerate(input.materials_for):
        document = local(one.document, DOCUMENT_TAG, tenant, "materialsFor", n)
        found.append(applying.Attachment(document, local(one.material, MATERIAL_TAG, tenant, "materialsFor", n)))
    return found


def local(text: str, tag: int, tenant: int, name: str, place: int | None = None) -> Any:
    """The row id of an object of this type and tenant. Raises: BadInput."""
    node = node_of(text, tag, name)
    if node.tenant_id != tenant:
        raise BadInput(
            f"input.{name} 是其他辖区的对象", path=("input", name) if place is None else ("input", name, place)
        )
    return node.id


def _declared(declarations: list[DeclarationInput]) -> dict[DeclarationKind, bool]:
    claims = {one.kind: one.claimed for one in declarations}
    if len(claims) < len(declarations):
        raise Invalid("同一声明事项重复填写", path=("input", "declarations"))
    return claims


@strawberry.type
class ApplyingMutations:
    """Root fields of this area."""

    @mutation(
        "登记为申报人 in a district whose admission policy is in force, before uploading files there", by=SIGNED_IN
    )
    async def enrol_as_applicant(self, info: strawberry.Info, input: EnrolAsApplicantInput) -> EnrolAsApplicantResult:
        tenant = await request_of(info).tenant_named(input.district)

        async def verb(act: Act) -> Mapping[str, Any]:
            await admission_of(info, tenant)
            await enrol_applicant(act, names.normalise(input.name, limit=50))
            return {"district": input.district}

        return await perform(info, tenant, input, verb, ApplicantEnrolled)

    @mutation(
        "提交申报 to a published call of any district; an operator that is not eligible is proposed so", by=SIGNED_IN
    )
    async def submit_application(self, info: strawberry.Info, input: SubmitApplicationInput) -> SubmitApplicationResult:
        call = node_of(input.call, CALL_TAG, "call")
        tenant = call.tenant_id

        async def verb(act: Act) -> Mapping[str, Any]:
            procedure = await admission_of(info, tenant)
            existing = given(input.existing_institution)
            wanted = applying.Application(
                call_id=call.id,
                gap_id=local(input.gap, GAP_TAG, tenant, "gap"),
                route=input.route,
                operator=applying.Operator(
                    input.operator.name, input.operator.kind, given(input.operator.unified_social_credit_code)
                ),
                operating_nature=input.operating_nature,
                declarations=_declared(input.declarations),
                attachments=_attachments(input, tenant),
                existing_institution_id=(
                    local(existing, INSTITUTION_TAG, tenant, "existingInstitution") if existing else None
                ),
                statement=given(input.statement),
                contact_name=given(input.contact_name),
                contact_phone=given(input.contact_phone),
            )
            made, _ = await applying.submit_application(act, procedure, wanted)
            return {"application": str(NodeId(OPERATOR_APPLICATION_TAG, tenant, made))}

        answer = await perform(info, tenant, input, verb, referring(ApplicationSubmitted))
        if isinstance(answer, ApplicationSubmitted):
            is_applicant_now(info, tenant)
        return answer

    @mutation("撤回申报 one's own, or as an officer in the operator's name", by=SIGNED_IN)
    async def withdraw_application(
        self, info: strawberry.Info, input: WithdrawApplicationInput
    ) -> WithdrawApplicationResult:
        node = node_of(input.application, OPERATOR_APPLICATION_TAG, "application")
        tenant = request_of(info).tenant_of(node)

        async def verb(act: Act) -> Mapping[str, Any]:
            procedure = await admission_of(info, tenant)
            await withdrawing.withdraw_application(
                act, procedure, node.id, expected_version=input.expected_version, reason=input.reason
            )
            return {"application": str(node)}

        return await perform(info, tenant, input, verb, referring(ApplicationWithdrawn))
