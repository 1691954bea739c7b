"""What the authority does with an application before it decides: one notice of what is missing, acceptance or none."""

from typing import Annotated

import strawberry

from schema.acting import mutation, node_of, perform_on, perform_step, request_of
from schema.inputs import Versioned, field
from schema.licensing.applications import LicenceApplication
from schema.licensing.inputs import LicenceApplicationStepInput, limits_in, lists_in
from schema.problems import PolicyProblems
from schema.tags import LICENCE_APPLICATION_TAG
from server.kit.ids import NodeId
from server.licensing.actions import accepting
from server.licensing.actions.steps import OFFICERS
from server.record.acts import Act


@strawberry.input(description="一次性告知补正")
class RequestLicenceMaterialsInput(Versioned):
    """What the one-time notice takes."""

    application: strawberry.ID = field("申请")
    materials: list[str] = field("需补正的材料代号 all of them: it can be asked once")
    note: str = field("说明 2 to 2000 characters")


@strawberry.input(description="受理许可申请")
class AcceptLicenceApplicationInput(Versioned):
    """What accepting takes."""

    application: strawberry.ID = field("申请")


@strawberry.type(description="已一次性告知补正")
class LicenceMaterialsRequested:
    """A notice."""

    application: LicenceApplication = field("申请 as it is now")


@strawberry.type(description="已受理")
class LicenceApplicationAccepted:
    """An acceptance."""

    application: LicenceApplication = field("申请 as it is now")


@strawberry.type(description="已决定不予受理")
class LicenceApplicationNotAccepted:
    """No acceptance."""

    application: LicenceApplication = field("申请 as it is now")


RequestLicenceMaterialsResult = Annotated[
    LicenceMaterialsRequested | PolicyProblems, strawberry.union("RequestLicenceMaterialsResult")
]


AcceptLicenceApplicationResult = Annotated[
    LicenceApplicationAccepted | PolicyProblems, strawberry.union("AcceptLicenceApplicationResult")
]


RefuseLicenceAcceptanceResult = Annotated[
    LicenceApplicationNotAccepted | PolicyProblems, strawberry.union("RefuseLicenceAcceptanceResult")
]


@strawberry.type
class LicenceAcceptingMutations:
    """Root fields on acceptance."""

    @mutation("一次性告知补正 once, in time, and only what is not on file", by=OFFICERS)
    async def request_licence_materials(
        self, info: strawberry.Info, input: RequestLicenceMaterialsInput
    ) -> RequestLicenceMaterialsResult:
        node = node_of(input.application, LICENCE_APPLICATION_TAG, "application")
        lists = await lists_in(request_of(info), node.tenant_id)

        async def verb(act: Act, node: NodeId) -> None:
            await accepting.ask_for_materials(
                act,
                lists,
                node.id,
                expected_version=input.expected_version,
                materials=input.materials,
                note=input.note,
            )

        return await perform_on(info, node, input, verb, LicenceMaterialsRequested)

    @mutation("受理许可申请 the statutory limit runs from then", by=OFFICERS)
    async def accept_licence_application(
        self, info: strawberry.Info, input: AcceptLicenceApplicationInput
    ) -> AcceptLicenceApplicationResult:
        node, request = node_of(input.application, LICENCE_APPLICATION_TAG, "application"), request_of(info)
        limits, lists = await limits_in(request, node.tenant_id), await lists_in(request, node.tenant_id)

        async def verb(act: Act, node: NodeId) -> None:
            await accepting.accept(act, limits, lists, node.id, expected_version=input.expected_version)

        return await perform_on(info, node, input, verb, LicenceApplicationAccepted)

    @mutation("不予受理许可申请", by=OFFICERS)
    async def refuse_licence_acceptance(
        self, info: strawberry.Info, input: LicenceApplicationStepInput
    ) -> RefuseLicenceAcceptanceResult:
        return await perform_step(
            info,
            LICENCE_APPLICATION_TAG,
            input,
            accepting.refuse_acceptance,
            LicenceApplicationNotAccepted,
            reason=input.reason,
        )
