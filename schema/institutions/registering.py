"""Maintaining the register: mutations on institutions and agencies."""

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, perform_step, referring, request_of
from schema.districts import InsuranceAgency
from schema.filters import UNSET
from schema.inputs import VERSION, Keyed, Versioned, field
from schema.institutions.register import Institution
from schema.problems import Problems
from schema.scalars import UnifiedSocialCreditCode
from schema.tags import AGENCY_TAG, INSTITUTION_TAG
from server.districts import actions as districts
from server.institutions import actions as institutions
from server.institutions.model import (
    InstitutionKind,
    InstitutionStatus,
    OperatingNature,
    OperatorKind,
    Ownership,
    SuccessionReason,
)
from server.insurance.actions.heeding import heed_lock
from server.kit.ids import NodeId
from server.record.acts import Act

_SPECIAL = "特殊原因 needed within a year of signing an insurance agreement (京医保中心发〔2025〕4号 附件2-1第九项)"


@strawberry.input(description="登记机构")
class RegisterInstitutionInput(Keyed):
    """What registering takes."""

    district: str = field("辖区代码")
    name: str = field("机构名称 at most 200 characters")
    kind: InstitutionKind = field("类别")
    address: str = field("执业地址")
    registration_number: str | None = field("登记号", default=UNSET)
    unified_social_credit_code: UnifiedSocialCreditCode | None = field("统一社会信用代码", default=UNSET)
    status: InstitutionStatus = field("状态", default=InstitutionStatus.OPERATING)
    operating_nature: OperatingNature | None = field("经营性质", default=UNSET)
    ownership: Ownership | None = field("所有制形式", default=UNSET)
    operator_kind: OperatorKind | None = field("举办主体类别", default=UNSET)
    centre: strawberry.ID | None = field("上级中心 for stations and village clinics", default=UNSET)
    service_population: int | None = field("服务人口", default=UNSET)
    opened_on: date | None = field("正式运营日期", default=UNSET)


@strawberry.input(description="机构更名")
class RenameInstitutionInput(Versioned):
    """What renaming takes."""

    institution: strawberry.ID = field("机构")
    name: str = field("新名称")
    on: date = field("启用日期 the first day of the new name")


@strawberry.input(description="机构迁址")
class MoveInstitutionInput(Versioned):
    """What moving takes."""

    institution: strawberry.ID = field("机构")
    address: str = field("新执业地址")
    on: date = field("启用日期 the first day at the new address")
    special_reason: str | None = field(_SPECIAL, default=UNSET)
    longitude: float | None = field("经度 CGCS2000", default=UNSET)
    latitude: float | None = field("纬度 CGCS2000", default=UNSET)


@strawberry.input(description="变更机构类别")
class ChangeInstitutionKindInput(Versioned):
    """What changing the kind takes."""

    institution: strawberry.ID = field("机构")
    kind: InstitutionKind = field("新类别")
    special_reason: str | None = field(_SPECIAL, default=UNSET)


@strawberry.input(description="站点挂靠中心")
class LinkStationInput(Versioned):
    """What linking takes."""

    station: strawberry.ID = field("站点")
    centre: strawberry.ID | None = field("中心 null to stand under none")


@strawberry.input(description="登记机构沿革")
class SucceedInstitutionInput(Keyed):
    """What succeeding takes."""

    successor: strawberry.ID = field("后继机构")
    expected_version: int = field(VERSION + ", of the successor")
    predecessor: strawberry.ID = field("前身机构")
    on: date = field("日期")
    reason: SuccessionReason = field("原因")


@strawberry.input(description="更新经办机构联系方式")
class UpdateAgencyContactsInput(Versioned):
    """What updating contacts takes."""

    agency: strawberry.ID = field("经办机构")
    phones: list[str] = field("业务咨询电话 1 to 5")
    email: str = field("专用邮箱")


@strawberry.type(description="已登记")
class InstitutionRegistered:
    """A registration."""

    institution: Institution = field("机构 as it is now")


@strawberry.type(description="已更名")
class InstitutionRenamed:
    """A change of name."""

    institution: Institution = field("机构 as it is now")


@strawberry.type(description="已迁址")
class InstitutionMoved:
    """A move."""

    institution: Institution = field("机构 as it is now")


@strawberry.type(description="已变更类别")
class InstitutionKindChanged:
    """A change of kind."""

    institution: Institution = field("机构 as it is now")


@strawberry.type(description="已变更挂靠")
class StationLinked:
    """A change of superior."""

    institution: Institution = field("机构 as it is now")


@strawberry.type(description="已登记沿革")
class InstitutionSucceeded:
    """A succession."""

    institution: Institution = field("机构 as it is now")


@strawberry.type(description="联系方式已更新")
class AgencyContactsUpdated:
    """New contacts."""

    agency: InsuranceAgency = field("经办机构 as it is now")


RegisterInstitutionResult = Annotated[InstitutionRegistered | Problems, strawberry.union("RegisterInstitutionResult")]
RenameInstitutionResult = Annotated[InstitutionRenamed | Problems, strawberry.union("RenameInstitutionResult")]
MoveInstitutionResult = Annotated[InstitutionMoved | Problems, strawberry.union("MoveInstitutionResult")]
ChangeInstitutionKindResult = Annotated[
    InstitutionKindChanged | Problems, strawberry.union("ChangeInstitutionKindResult")
]
LinkStationResult = Annotated[StationLinked | Problems, strawberry.union("LinkStationResult")]
SucceedInstitutionResult = Annotated[InstitutionSucceeded | Problems, strawberry.union("SucceedInstitutionResult")]
UpdateAgencyContactsResult = Annotated[AgencyContactsUpdated | Problems, strawberry.union("UpdateAgencyContactsResult")]


@strawberry.type
class RegisterMutations:
    """Root fields of this area."""

    @mutation(
        "登记机构 with its practice site; by officers and administrators of the district", by=institutions.KEEPERS
    )
    async def register_institution(
        self, info: strawberry.Info, input: RegisterInstitutionInput
    ) -> RegisterInstitutionResult:
        tenant = await request_of(info).tenant_named(input.district)
        centre = given(input.centre)
        wanted = institutions.Registration(
            name=input.name,
            kind=input.kind,
            address=input.address,
            registration_number=given(input.registration_number),
            unified_social_credit_code=given(input.unified_social_credit_code),
            status=input.status,
            operating_nature=given(input.operating_nature),
            ownership=given(input.ownership),
            operator_kind=given(input.operator_kind),
            parent_id=node_of(centre, INSTITUTION_TAG, "centre").id if centre else None,
            service_population=given(input.service_population),
            opened_on=given(input.opened_on),
        )

        async def verb(act: Act) -> Mapping[str, str]:
            made = await institutions.register_institution(act, wanted)
            return {"institution": str(NodeId(INSTITUTION_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(InstitutionRegistered))

    @mutation("机构更名 the former name is kept", by=institutions.KEEPERS)
    async def rename_institution(self, info: strawberry.Info, input: RenameInstitutionInput) -> RenameInstitutionResult:
        return await perform_step(
            info,
            INSTITUTION_TAG,
            input,
            institutions.rename_institution,
            InstitutionRenamed,
            name=input.name,
            on=input.on,
        )

    @mutation("机构迁址 its former practice sites end", by=institutions.KEEPERS)
    async def move_institution(self, info: strawberry.Info, input: MoveInstitutionInput) -> MoveInstitutionResult:
        async def verb(act: Act, node: NodeId) -> None:
            await heed_lock(act, node.id, change="变更执业地址", special_reason=given(input.special_reason))
            await institutions.move_institution(
                act,
                node.id,
                expected_version=input.expected_version,
                address=input.address,
                on=input.on,
                longitude=given(input.longitude),
                latitude=given(input.latitude),
            )

        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        return await perform_on(info, node, input, verb, InstitutionMoved)

    @mutation("变更机构类别", by=institutions.KEEPERS)
    async def change_institution_kind(
        self, info: strawberry.Info, input: ChangeInstitutionKindInput
    ) -> ChangeInstitutionKindResult:
        async def verb(act: Act, node: NodeId) -> None:
            await heed_lock(act, node.id, change="变更机构类别", special_reason=given(input.special_reason))
            await institutions.change_kind(act, node.id, expected_version=input.expected_version, kind=input.kind)

        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        return await perform_on(info, node, input, verb, InstitutionKindChanged)

    @mutation("站点挂靠中心 or, with null, under none", by=institutions.KEEPERS)
    async def link_station(self, info: strawberry.Info, input: LinkStationInput) -> LinkStationResult:
        centre = node_of(input.centre, INSTITUTION_TAG, "centre").id if input.centre else None

        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return institutions.link_station(act, node.id, expected_version=input.expected_version, centre_id=centre)

        node = node_of(input.station, INSTITUTION_TAG, "station")
        return await perform_on(info, node, input, verb, StationLinked)

    @mutation("登记机构沿革 the successor inherits its predecessor's history", by=institutions.KEEPERS)
    async def succeed_institution(
        self, info: strawberry.Info, input: SucceedInstitutionInput
    ) -> SucceedInstitutionResult:
        predecessor = node_of(input.predecessor, INSTITUTION_TAG, "predecessor").id

        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return institutions.succeed_institution(
                act,
                node.id,
                expected_version=input.expected_version,
                predecessor_id=predecessor,
                on=input.on,
                reason=input.reason,
            )

        node = node_of(input.successor, INSTITUTION_TAG, "successor")
        return await perform_on(info, node, input, verb, InstitutionSucceeded)

    @mutation(
        "更新经办机构联系方式 by the agency's officers and the district's administrators", by=districts.CONTACT_KEEPERS
    )
    async def update_agency_contacts(
        self, info: strawberry.Info, input: UpdateAgencyContactsInput
    ) -> UpdateAgencyContactsResult:
        def verb(act: Act, _: NodeId) -> Awaitable[object]:
            return districts.update_agency_contacts(
                act, expected_version=input.expected_version, phones=input.phones, email=input.email
            )

        node = node_of(input.agency, AGENCY_TAG, "agency")
        return await perform_on(info, node, input, verb, AgencyContactsUpdated)
