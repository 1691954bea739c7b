"""What an applicant does: applies for set-up or practice registration, supplies what was asked for, goes no further."""

from collections.abc import Mapping
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, perform_step, referring, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.licensing.applications import LicenceApplication
from schema.licensing.inputs import (
    LicenceApplicationStepInput,
    MaterialDocumentInput,
    documents_of,
    limits_in,
    lists_in,
    row_of,
)
from schema.problems import PolicyProblems
from schema.scalars import UnifiedSocialCreditCode
from schema.tags import INSTITUTION_TAG, LICENCE_APPLICATION_TAG
from server.institutions.model import InstitutionKind, OperatingNature, OperatorKind
from server.kit.ids import NodeId
from server.licensing.actions import applying
from server.licensing.actions.steps import FILERS
from server.licensing.model import ApplicationKind
from server.record.acts import Act


@strawberry.input(description="提出许可申请")
class ApplyForLicenceInput(Keyed):
    """What applying takes."""

    district: str = field("辖区代码")
    kind: ApplicationKind = field("种类 SETUP only where the district has that stage")
    institution_name: str = field("机构名称 at most 200 characters")
    institution_kind: InstitutionKind = field("机构类别")
    address: str = field("执业地址")
    operator_name: str = field("举办主体")
    operator_kind: OperatorKind = field("举办主体类别")
    operating_nature: OperatingNature = field("经营性质")
    subjects: list[str] = field("诊疗科目 1 to 60")
    beds: int = field("床位 0 where there are none")
    award: strawberry.ID | None = field(
        "遴选结果 the selected application; needed for a new institution", default=UNSET
    )
    institution: strawberry.ID | None = field("现有机构 where one is registered already", default=UNSET)
    unified_social_credit_code: UnifiedSocialCreditCode | None = field("统一社会信用代码", default=UNSET)
    service_population: int | None = field("服务人口", default=UNSET)
    documents: list[MaterialDocumentInput] = field(
        "材料 what was handed in for the same matter before is used again by itself", default_factory=list
    )


@strawberry.input(description="提交补正材料")
class SupplyLicenceMaterialsInput(Versioned):
    """What supplying takes."""

    application: strawberry.ID = field("申请")
    documents: list[MaterialDocumentInput] = field("材料")


@strawberry.type(description="已提出许可申请")
class LicenceApplied:
    """An application."""

    application: LicenceApplication = field("申请 as it is now")


@strawberry.type(description="已补正")
class LicenceMaterialsSupplied:
    """What was asked for."""

    application: LicenceApplication = field("申请 as it is now")


@strawberry.type(description="已撤回")
class LicenceApplicationWithdrawn:
    """A withdrawal."""

    application: LicenceApplication = field("申请 as it is now")


ApplyForLicenceResult = Annotated[LicenceApplied | PolicyProblems, strawberry.union("ApplyForLicenceResult")]
SupplyLicenceMaterialsResult = Annotated[
    LicenceMaterialsSupplied | PolicyProblems, strawberry.union("SupplyLicenceMaterialsResult")
]
WithdrawLicenceApplicationResult = Annotated[
    LicenceApplicationWithdrawn | PolicyProblems, strawberry.union("WithdrawLicenceApplicationResult")
]


@strawberry.type
class LicenceApplyingMutations:
    """Root fields on applying."""

    @mutation("提出许可申请 by an awarded operator, or by an officer for an institution that exists", by=FILERS)
    async def apply_for_licence(self, info: strawberry.Info, input: ApplyForLicenceInput) -> ApplyForLicenceResult:
        request = request_of(info)
        tenant = await request.tenant_named(input.district)
        institution = given(input.institution)
        wanted = applying.Wanted(
            kind=input.kind,
            institution_name=input.institution_name,
            institution_kind=input.institution_kind,
            address=input.address,
            operator_name=input.operator_name,
            operator_kind=input.operator_kind,
            operating_nature=input.operating_nature,
            subjects=input.subjects,
            beds=input.beds,
            unified_social_credit_code=given(input.unified_social_credit_code),
            service_population=given(input.service_population),
            award_id=row_of(given(input.award), tenant, "award"),
            institution_id=node_of(institution, INSTITUTION_TAG, "institution").id if institution else None,
            documents=documents_of(input.documents),
        )
        limits, lists = await limits_in(request, tenant), await lists_in(request, tenant)

        async def verb(act: Act) -> Mapping[str, str]:
            made = await applying.apply(act, limits, lists, wanted)
            return {"application": str(NodeId(LICENCE_APPLICATION_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(LicenceApplied))

    @mutation("提交补正材料 everything that was asked for", by=FILERS)
    async def supply_licence_materials(
        self, info: strawberry.Info, input: SupplyLicenceMaterialsInput
    ) -> SupplyLicenceMaterialsResult:
        node = node_of(input.application, LICENCE_APPLICATION_TAG, "application")
        lists, documents = await lists_in(request_of(info), node.tenant_id), documents_of(input.documents)

        async def verb(act: Act, node: NodeId) -> None:
            await applying.supply_materials(
                act, lists, node.id, expected_version=input.expected_version, documents=documents
            )

        return await perform_on(info, node, input, verb, LicenceMaterialsSupplied)

    @mutation("撤回许可申请", by=FILERS)
    async def withdraw_licence_application(
        self, info: strawberry.Info, input: LicenceApplicationStepInput
    ) -> WithdrawLicenceApplicationResult:
        return await perform_step(
            info, LICENCE_APPLICATION_TAG, input, applying.withdraw, LicenceApplicationWithdrawn, reason=input.reason
        )
