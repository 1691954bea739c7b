"""Keeping premises and agreements: mutations of officers."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, referring, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, Versioned, field
from schema.problems import PolicyProblems
from schema.proceeding import admission_of
from schema.selection.applying import local
from schema.sites.agreements import EntrustmentAgreement, Premises
from schema.sites.identifying import nodes_in
from schema.tags import DOCUMENT_TAG, ENTRUSTMENT_AGREEMENT_TAG, GAP_TAG, OPERATOR_APPLICATION_TAG, PREMISES_TAG
from server.kit.ids import NodeId
from server.record.acts import Act
from server.selection.awards import find_applicant, load_award
from server.sites.actions import ending, entrusting
from server.sites.actions.gaps import KEEPERS
from server.sites.model import OwnerKind, ProhibitedUse
from server.sites.store import load_agreement


@strawberry.input(description="登记配套用房")
class RegisterPremisesInput(Keyed):
    """What registering takes."""

    district: str = field("辖区代码")
    name: str = field("名称")
    address: str = field("地址")
    area_m2: Decimal = strawberry.field(name="areaM2", description="面积（平方米）")
    owner_kind: OwnerKind = field("权属类别")
    owner_name: str = field("权属单位")
    gap: strawberry.ID | None = field("所配套的空白点", default=UNSET)


@strawberry.input(description="修改配套用房")
class AmendPremisesInput(Versioned):
    """What amending takes: the premises as they are to be."""

    premises: strawberry.ID = field("用房")
    name: str = field("名称")
    address: str = field("地址")
    area_m2: Decimal = strawberry.field(name="areaM2", description="面积（平方米）")
    owner_kind: OwnerKind = field("权属类别")
    owner_name: str = field("权属单位")
    gap: strawberry.ID | None = field("所配套的空白点", default=UNSET)


@strawberry.input(description="草拟委托协议")
class DraftAgreementInput(Keyed):
    """What drafting takes."""

    premises: strawberry.ID = field("用房")
    application: strawberry.ID = field("申报 that was confirmed")
    term_from_on: date = field("合同期起始日期")
    term_until: date = field("合同期届满 the first day after the term")
    opening_by: date = field("开放运行期限 not later than the award's")
    terms: str | None = field("其他约定", default=UNSET)


@strawberry.input(description="签订委托协议")
class SignAgreementInput(Versioned):
    """What signing takes."""

    agreement: strawberry.ID = field("委托协议")
    signed_for_authority: str = field("委托方签字人")
    signed_for_operator: str = field("受托方签字人")
    documents: list[strawberry.ID] = field("签署件", default_factory=list)


@strawberry.input(description="交付用房")
class HandOverPremisesInput(Versioned):
    """What handing over takes."""

    agreement: strawberry.ID = field("委托协议")


@strawberry.input(description="认定违约")
class FindBreachInput(Versioned):
    """What a finding takes."""

    agreement: strawberry.ID = field("委托协议")
    use: ProhibitedUse = field("违约情形")
    occurred_on: date = field("发生日期")
    facts: str = field("事实")
    documents: list[strawberry.ID] = field("证据", default_factory=list)


@strawberry.input(description="违约改正")
class RemedyBreachInput(Versioned):
    """What a remedy takes."""

    agreement: strawberry.ID = field("委托协议")
    remedy: str = field("改正情况")


@strawberry.input(description="结束委托协议")
class EndAgreementInput(Versioned):
    """What ending takes."""

    agreement: strawberry.ID = field("委托协议")
    expired: bool = field("是否期满 else it is terminated before")
    reason: str = field("原因")


@strawberry.type(description="已登记")
class PremisesRegistered:
    """A registration."""

    premises: Premises = field("用房 as they are now")


@strawberry.type(description="已修改")
class PremisesAmended:
    """A change."""

    premises: Premises = field("用房 as they are now")


@strawberry.type(description="已草拟")
class AgreementDrafted:
    """A draft."""

    agreement: EntrustmentAgreement = field("委托协议 as it is now")


@strawberry.type(description="已签订")
class AgreementSigned:
    """A signature by both."""

    agreement: EntrustmentAgreement = field("委托协议 as it is now")


@strawberry.type(description="已交付")
class PremisesHandedOver:
    """A hand-over."""

    agreement: EntrustmentAgreement = field("委托协议 as it is now")


@strawberry.type(description="已认定违约")
class BreachFound:
    """A finding."""

    agreement: EntrustmentAgreement = field("委托协议 as it is now")


@strawberry.type(description="已改正")
class BreachRemedied:
    """A remedy."""

    agreement: EntrustmentAgreement = field("委托协议 as it is now")


@strawberry.type(description="已结束")
class AgreementEnded:
    """An end."""

    agreement: EntrustmentAgreement = field("委托协议 as it is now")


RegisterPremisesResult = Annotated[PremisesRegistered | PolicyProblems, strawberry.union("RegisterPremisesResult")]
AmendPremisesResult = Annotated[PremisesAmended | PolicyProblems, strawberry.union("AmendPremisesResult")]
DraftAgreementResult = Annotated[AgreementDrafted | PolicyProblems, strawberry.union("DraftAgreementResult")]
SignAgreementResult = Annotated[AgreementSigned | PolicyProblems, strawberry.union("SignAgreementResult")]
HandOverPremisesResult = Annotated[PremisesHandedOver | PolicyProblems, strawberry.union("HandOverPremisesResult")]
FindBreachResult = Annotated[BreachFound | PolicyProblems, strawberry.union("FindBreachResult")]
RemedyBreachResult = Annotated[BreachRemedied | PolicyProblems, strawberry.union("RemedyBreachResult")]
EndAgreementResult = Annotated[AgreementEnded | PolicyProblems, strawberry.union("EndAgreementResult")]


def _premises(input: RegisterPremisesInput | AmendPremisesInput, tenant: int) -> entrusting.Premises:
    gap = given(input.gap)
    return entrusting.Premises(
        input.name,
        input.address,
        input.area_m2,
        input.owner_kind,
        input.owner_name,
        local(gap, GAP_TAG, tenant, "gap") if gap else None,
    )


@strawberry.type
class EntrustingMutations:
    """Root fields of this area."""

    @mutation("登记配套用房", by=KEEPERS)
    async def register_premises(self, info: strawberry.Info, input: RegisterPremisesInput) -> RegisterPremisesResult:
        tenant = await request_of(info).tenant_named(input.district)

        async def verb(act: Act) -> Mapping[str, Any]:
            await admission_of(info, tenant)
            made = await entrusting.register_premises(act, _premises(input, tenant))
            return {"premises": str(NodeId(PREMISES_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(PremisesRegistered))

    @mutation("修改配套用房 while they are entrusted their owner stays", by=KEEPERS)
    async def amend_premises(self, info: strawberry.Info, input: AmendPremisesInput) -> AmendPremisesResult:
        async def verb(act: Act, node: NodeId) -> None:
            wanted = _premises(input, node.tenant_id)
            await entrusting.amend_premises(act, node.id, expected_version=input.expected_version, wanted=wanted)

        return await perform_on(info, node_of(input.premises, PREMISES_TAG, "premises"), input, verb, PremisesAmended)

    @mutation("草拟委托协议 on an award", by=KEEPERS)
    async def draft_agreement(self, info: strawberry.Info, input: DraftAgreementInput) -> DraftAgreementResult:
        place = node_of(input.premises, PREMISES_TAG, "premises")
        tenant = request_of(info).tenant_of(place)

        async def verb(act: Act) -> Mapping[str, Any]:
            procedure = await admission_of(info, tenant)
            application = local(input.application, OPERATOR_APPLICATION_TAG, tenant, "application")
            award = await load_award(act, application, clause=procedure.clause("MTG-18-1"))
            terms = entrusting.Terms(input.term_from_on, input.term_until, input.opening_by, given(input.terms))
            made = await entrusting.draft_agreement(act, procedure, place.id, award, terms)
            return {"agreement": str(NodeId(ENTRUSTMENT_AGREEMENT_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(AgreementDrafted))

    @mutation("签订委托协议 by both parties, today", by=KEEPERS)
    async def sign_agreement(self, info: strawberry.Info, input: SignAgreementInput) -> SignAgreementResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            agreement = await load_agreement(act.connection, act.tenant_id, node.id)
            award = await load_award(act, agreement["application_id"], clause=procedure.clause("MTG-18-1"))
            documents = nodes_in(input.documents, DOCUMENT_TAG, node.tenant_id, "documents")
            await entrusting.sign_agreement(
                act,
                procedure,
                node.id,
                award,
                expected_version=input.expected_version,
                for_authority=input.signed_for_authority,
                for_operator=input.signed_for_operator,
                document_ids=tuple(one.id for one in documents),
            )

        return await perform_on(info, _agreement(input.agreement), input, verb, AgreementSigned)

    @mutation("交付用房 the use right holds from today on", by=KEEPERS)
    async def hand_over_premises(self, info: strawberry.Info, input: HandOverPremisesInput) -> HandOverPremisesResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await entrusting.hand_over_premises(act, procedure, node.id, expected_version=input.expected_version)

        return await perform_on(info, _agreement(input.agreement), input, verb, PremisesHandedOver)

    @mutation(
        "认定违约 a forbidden use of entrusted premises; of the operator's own property there is none", by=KEEPERS
    )
    async def find_breach(self, info: strawberry.Info, input: FindBreachInput) -> FindBreachResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            agreement = await load_agreement(act.connection, act.tenant_id, node.id)
            documents = nodes_in(input.documents, DOCUMENT_TAG, node.tenant_id, "documents")
            await entrusting.find_breach(
                act,
                procedure,
                node.id,
                expected_version=input.expected_version,
                use=input.use,
                occurred_on=input.occurred_on,
                facts=input.facts,
                subject=await find_applicant(act, agreement["application_id"]),
                document_ids=tuple(one.id for one in documents),
            )

        return await perform_on(info, _agreement(input.agreement), input, verb, BreachFound)

    @mutation("违约改正 the agreement goes on", by=KEEPERS)
    async def remedy_breach(self, info: strawberry.Info, input: RemedyBreachInput) -> RemedyBreachResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            await entrusting.remedy_breach(
                act, procedure, node.id, expected_version=input.expected_version, remedy=input.remedy
            )

        return await perform_on(info, _agreement(input.agreement), input, verb, BreachRemedied)

    @mutation("结束委托协议 its term is over, or it is terminated before", by=KEEPERS)
    async def end_agreement(self, info: strawberry.Info, input: EndAgreementInput) -> EndAgreementResult:
        async def verb(act: Act, node: NodeId) -> None:
            procedure = await admission_of(info, node.tenant_id)
            agreement = await load_agreement(act.connection, act.tenant_id, node.id)
            await ending.end_agreement(
                act,
                procedure,
                node.id,
                expected_version=input.expected_version,
                expired=input.expired,
                reason=input.reason,
                subject=await find_applicant(act, agreement["application_id"]),
            )

        return await perform_on(info, _agreement(input.agreement), input, verb, AgreementEnded)


def _agreement(text: str) -> NodeId:
    return node_of(text, ENTRUSTMENT_AGREEMENT_TAG, "agreement")
