"""Agreements after their signature, and the insurance side's measures."""

from collections.abc import Awaitable, Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from schema.acting import given, mutation, node_of, perform, referring, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.insurance.designations import InsuranceAgreement, InsuranceMeasure
from schema.insurance.grounds import ground_of
from schema.planned import field_of
from schema.problems import PolicyProblems
from schema.tags import INSTITUTION_TAG, INSURANCE_AGREEMENT_TAG, INSURANCE_MEASURE_TAG
from server.insurance import keeping
from server.insurance.actions import agreements, measures
from server.kit.actor import Role
from server.kit.ids import NodeId
from server.policy.terms import InsuranceAction
from server.record.acts import Act
from server.standing.proposing import propose_for

_CITY = frozenset({Role.MUNICIPAL_INSURANCE_OFFICER})
_AGENCY = measures.HANDLERS - _CITY


@strawberry.input(description="中止服务协议")
class SuspendInsuranceAgreementInput(Versioned):
    """What suspending takes."""

    agreement: strawberry.ID = field("服务协议")
    suspended_from: date = field("中止日期")
    on_request: bool = field("是否依机构申请 false for a measure, which becomes a fact of supervision")
    reason: str = field("理由")
    suspended_until: date | None = field("中止期满日期 the first day it runs again", default=UNSET)


@strawberry.input(description="恢复服务协议")
class ResumeInsuranceAgreementInput(Versioned):
    """What resuming takes."""

    agreement: strawberry.ID = field("服务协议")
    reason: str = field("理由")


@strawberry.input(description="解除服务协议")
class TerminateInsuranceAgreementInput(Versioned):
    """What terminating takes."""

    agreement: strawberry.ID = field("服务协议")
    ended_on: date = field("解除日期 not after today")
    on_request: bool = field("是否双方协商终止 false for a measure, which becomes a fact of supervision")
    reason: str = field("理由")


@strawberry.input(description="续签服务协议")
class RenewInsuranceAgreementInput(Versioned):
    """What renewing takes."""

    agreement: strawberry.ID = field("服务协议")
    number: str = field("新协议编号")
    signed_on: date = field("签订日期 not before the reminder, not after today")
    until: date | None = field("期满日期 by the policy's usual term where not given", default=UNSET)


@strawberry.input(description="登记医保处理")
class RecordInsuranceMeasureInput(Keyed):
    """What a measure takes."""

    institution: strawberry.ID = field("机构")
    action: InsuranceAction = field("种类 a yellow card of the insurance, a department or a practitioner suspended")
    decided_on: date = field("决定日期 not after today")
    reason: str = field("理由")


@strawberry.type(description="协议已中止")
class InsuranceAgreementSuspended:
    """A suspension."""

    agreement: InsuranceAgreement = field_of("服务协议 as it is now")


@strawberry.type(description="协议已恢复")
class InsuranceAgreementResumed:
    """A resumption."""

    agreement: InsuranceAgreement = field_of("服务协议 as it is now")


@strawberry.type(description="协议已解除")
class InsuranceAgreementTerminated:
    """A termination."""

    agreement: InsuranceAgreement = field_of("服务协议 as it is now")


@strawberry.type(description="协议已续签")
class InsuranceAgreementRenewed:
    """A renewal."""

    agreement: InsuranceAgreement = field_of("新服务协议")


@strawberry.type(description="医保处理已登记")
class InsuranceMeasureRecorded:
    """A measure."""

    measure: InsuranceMeasure = field_of("医保处理")


SuspendInsuranceAgreementResult = Annotated[
    InsuranceAgreementSuspended | PolicyProblems, strawberry.union("SuspendInsuranceAgreementResult")
]
ResumeInsuranceAgreementResult = Annotated[
    InsuranceAgreementResumed | PolicyProblems, strawberry.union("ResumeInsuranceAgreementResult")
]
TerminateInsuranceAgreementResult = Annotated[
    InsuranceAgreementTerminated | PolicyProblems, strawberry.union("TerminateInsuranceAgreementResult")
]
RenewInsuranceAgreementResult = Annotated[
    InsuranceAgreementRenewed | PolicyProblems, strawberry.union("RenewInsuranceAgreementResult")
]
RecordInsuranceMeasureResult = Annotated[
    InsuranceMeasureRecorded | PolicyProblems, strawberry.union("RecordInsuranceMeasureResult")
]


#: Verbs that may change facts of supervision.
_MEASURES = (InsuranceAgreementSuspended, InsuranceAgreementTerminated)


async def _on_agreement(info: strawberry.Info, input: Any, verb: Any, payload: Any) -> Any:
    """One verb on the agreement that the input names; measures of the centre are told to supervision afterwards."""
    request = request_of(info)
    node = node_of(input.agreement, INSURANCE_AGREEMENT_TAG, "agreement")
    tenant = request.tenant_of(node, _CITY)

    async def on_node(act: Act) -> Mapping[str, str]:
        found = await verb(act, node)
        told = found if payload is InsuranceAgreementRenewed else node.id
        if payload in _MEASURES and act.actor.roles_in(tenant):
            await propose_for(act, request.engine.policies, [found])
        return {"agreement": str(NodeId(INSURANCE_AGREEMENT_TAG, tenant, told))}

    answer = await perform(info, tenant, input, on_node, referring(payload))
    await _told(request, tenant)
    return answer


async def _told(request: Any, tenant: int) -> None:
    """The centre's role reaches no register: what it did becomes a fact on the district's own role."""
    if not request.actor.roles_in(tenant):
        shelf = request.engine.policies
        await keeping.tell_supervision(request.engine.pools, tenant, lambda act, told: propose_for(act, shelf, told))


@strawberry.type
class AgreementMutations:
    """Root fields on agreements."""

    @mutation("中止服务协议 as a measure, or on the institution's request", by=_AGENCY, city_wide=_CITY)
    async def suspend_insurance_agreement(
        self, info: strawberry.Info, input: SuspendInsuranceAgreementInput
    ) -> SuspendInsuranceAgreementResult:
        ground = await ground_of(request_of(info))

        def verb(act: Act, node: NodeId) -> Awaitable[UUID]:
            return agreements.suspend(
                act,
                ground,
                node.id,
                expected_version=input.expected_version,
                suspended_from=input.suspended_from,
                suspended_until=given(input.suspended_until),
                on_request=input.on_request,
                reason=input.reason,
            )

        return await _on_agreement(info, input, verb, InsuranceAgreementSuspended)

    @mutation("恢复服务协议", by=_AGENCY, city_wide=_CITY)
    async def resume_insurance_agreement(
        self, info: strawberry.Info, input: ResumeInsuranceAgreementInput
    ) -> ResumeInsuranceAgreementResult:
        def verb(act: Act, node: NodeId) -> Awaitable[UUID]:
            return agreements.resume(act, node.id, expected_version=input.expected_version, reason=input.reason)

        return await _on_agreement(info, input, verb, InsuranceAgreementResumed)

    @mutation("解除服务协议 as a measure, or by both sides", by=_AGENCY, city_wide=_CITY)
    async def terminate_insurance_agreement(
        self, info: strawberry.Info, input: TerminateInsuranceAgreementInput
    ) -> TerminateInsuranceAgreementResult:
        def verb(act: Act, node: NodeId) -> Awaitable[UUID]:
            return agreements.terminate(
                act,
                node.id,
                expected_version=input.expected_version,
                ended_on=input.ended_on,
                on_request=input.on_request,
                reason=input.reason,
            )

        return await _on_agreement(info, input, verb, InsuranceAgreementTerminated)

    @mutation("续签服务协议 follows the old one without a gap", by=_AGENCY, city_wide=_CITY)
    async def renew_insurance_agreement(
        self, info: strawberry.Info, input: RenewInsuranceAgreementInput
    ) -> RenewInsuranceAgreementResult:
        ground = await ground_of(request_of(info))

        def verb(act: Act, node: NodeId) -> Awaitable[UUID]:
            return agreements.renew(
                act,
                ground,
                node.id,
                expected_version=input.expected_version,
                number=input.number,
                signed_on=input.signed_on,
                until=given(input.until),
            )

        return await _on_agreement(info, input, verb, InsuranceAgreementRenewed)

    @mutation(
        "登记医保处理 that leaves the agreement as it is; becomes a fact of the district's supervision (X-2)",
        by=_AGENCY,
        city_wide=_CITY,
    )
    async def record_insurance_measure(
        self, info: strawberry.Info, input: RecordInsuranceMeasureInput
    ) -> RecordInsuranceMeasureResult:
        request = request_of(info)
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant = request.tenant_of(node, _CITY)

        async def verb(act: Act) -> Mapping[str, str]:
            made = await measures.record_measure(
                act, node.id, action=input.action, decided_on=input.decided_on, reason=input.reason
            )
            if act.actor.roles_in(tenant):
                await propose_for(act, request.engine.policies, [node.id])
            return {"measure": str(NodeId(INSURANCE_MEASURE_TAG, tenant, made))}

        answer = await perform(info, tenant, input, verb, referring(InsuranceMeasureRecorded))
        await _told(request, tenant)
        return answer
