"""The steps of a case after it was handed in: the agency's, the municipal centre's, the applicant's."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, perform_step, referring, request_of
from schema.insurance import outcomes, steps
from schema.insurance.applying import files_of
from schema.insurance.entered import entered
from schema.insurance.grounds import ground_of
from schema.tags import DESIGNATION_APPLICATION_TAG, DESIGNATION_OBJECTION_TAG
from server.db import roles
from server.insurance import keeping
from server.insurance.actions import accepting, contracting, ending, evaluating, publicising
from server.insurance.model import PASSAGES, Step
from server.kit.actor import Role
from server.kit.ids import NodeId
from server.record.acts import Act


def _step_of(step: Step, description: str) -> Callable[[Callable[..., Any]], Any]:
    """A mutation open to those who take the step, the municipal centre in every district."""
    by, centre = PASSAGES[step].by, frozenset({Role.MUNICIPAL_INSURANCE_OFFICER})
    return mutation(description, by=by - centre, city_wide=by & centre)


async def _step(
    info: strawberry.Info, input: Any, verb: Callable[..., Awaitable[object]], payload: Any, **more: Any
) -> Any:
    """``perform_step`` on the application that the input names."""
    return await perform_step(info, DESIGNATION_APPLICATION_TAG, input, verb, payload, **more)


def _verdict(input: steps.Evaluation) -> evaluating.Verdict:
    return evaluating.Verdict(
        result=input.result,
        method=input.method,
        reasons=(given(input.reasons) or "").strip() or None,
        advice=(given(input.advice) or "").strip() or None,
        checks=tuple(evaluating.LookedAt(one.item, one.met, one.note) for one in input.checks),
    )


@strawberry.type
class AgencyMutations:
    """Root fields of the agency and the applicant."""

    @_step_of(Step.CONFIRM_BY_PHONE, "电话确认 the applicant telephoned after handing in (三(一)第一句)")
    async def confirm_designation_by_phone(
        self, info: strawberry.Info, input: steps.ConfirmDesignationByPhoneInput
    ) -> outcomes.ConfirmDesignationByPhoneResult:
        return await _step(
            info,
            input,
            accepting.confirm_by_phone,
            outcomes.DesignationConfirmedByPhone,
            confirmed_at=given(input.confirmed_at),
            explanation=given(input.explanation),
        )

    @_step_of(Step.ACCEPT, "受理 at once (三(一)第一句)")
    async def accept_designation(
        self, info: strawberry.Info, input: steps.AcceptDesignationInput
    ) -> outcomes.AcceptDesignationResult:
        return await _step(
            info, input, accepting.accept, outcomes.DesignationAccepted, explanation=given(input.explanation)
        )

    @_step_of(
        Step.REQUEST_SUPPLEMENT, "一次性告知补充 what the system found and what the agency adds; once (三(一)第二句)"
    )
    async def request_designation_supplement(
        self, info: strawberry.Info, input: steps.RequestDesignationSupplementInput
    ) -> outcomes.RequestDesignationSupplementResult:
        return await _step(
            info,
            input,
            accepting.request_supplement,
            outcomes.DesignationSupplementRequested,
            ground=await ground_of(request_of(info)),
            items=input.items,
            leave_out=input.leave_out,
            reply_by=given(input.reply_by),
        )

    @_step_of(Step.SUPPLEMENT, "补充材料 in answer to the supplement notice; what was submitted first stays")
    async def supplement_designation(
        self, info: strawberry.Info, input: steps.SupplementDesignationInput
    ) -> outcomes.SupplementDesignationResult:
        ground, form = await ground_of(request_of(info)), given(input.form)

        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return accepting.supplement(
                act,
                node.id,
                ground=ground,
                expected_version=input.expected_version,
                form=None if form is None else entered(form),
                materials=files_of(input.materials),
                explanation=given(input.explanation),
            )

        node = node_of(input.application, DESIGNATION_APPLICATION_TAG, "application")
        return await perform_on(info, node, input, verb, outcomes.DesignationSupplemented)

    @_step_of(Step.EVALUATE_IN_DISTRICT, "区级评估 pass or fail (三(二)第一段)")
    async def evaluate_designation_in_district(
        self, info: strawberry.Info, input: steps.EvaluateDesignationInDistrictInput
    ) -> outcomes.EvaluateDesignationInDistrictResult:
        return await _step(
            info,
            input,
            evaluating.evaluate_in_district,
            outcomes.DesignationEvaluatedInDistrict,
            ground=await ground_of(request_of(info)),
            verdict=_verdict(input),
        )

    @_step_of(Step.REPORT, "报送市级 whatever the district's result")
    async def report_designation(
        self, info: strawberry.Info, input: steps.ReportDesignationInput
    ) -> outcomes.ReportDesignationResult:
        return await _step(
            info, input, evaluating.report, outcomes.DesignationReported, explanation=given(input.explanation)
        )

    @_step_of(Step.WITHDRAW, "撤回申请 before the agreement is signed")
    async def withdraw_designation(
        self, info: strawberry.Info, input: steps.WithdrawDesignationInput
    ) -> outcomes.WithdrawDesignationResult:
        return await _step(info, input, ending.withdraw, outcomes.DesignationWithdrawn, reason=input.reason)


@strawberry.type
class CentreMutations:
    """Root fields of the municipal centre."""

    @_step_of(Step.EVALUATE_MUNICIPALLY, "市级评估 opens on the district's result (三(二)第二段)")
    async def evaluate_designation_municipally(
        self, info: strawberry.Info, input: steps.EvaluateDesignationMunicipallyInput
    ) -> outcomes.EvaluateDesignationMunicipallyResult:
        request = request_of(info)
        ground, done = await ground_of(request), []

        async def verb(act: Act, node: NodeId) -> None:
            institution = await evaluating.evaluate_municipally(
                act, node.id, ground=ground, verdict=_verdict(input), expected_version=input.expected_version
            )
            done.append((node.tenant_id, institution))

        node = node_of(input.application, DESIGNATION_APPLICATION_TAG, "application")
        answer = await perform_on(info, node, input, verb, outcomes.DesignationEvaluatedMunicipally)
        for tenant, institution in done:
            await keeping.keep_latest_review(request.engine.pools, tenant, institution)
        return answer

    @_step_of(Step.SEND_RESULT_NOTICE, "发放评估结果 the notice on a pass, reasons and advice on a fail (三(二)第二段)")
    async def send_designation_result(
        self, info: strawberry.Info, input: steps.SendDesignationResultInput
    ) -> outcomes.SendDesignationResultResult:
        return await _step(
            info, input, evaluating.send_result, outcomes.DesignationResultSent, explanation=given(input.explanation)
        )

    @_step_of(Step.PUBLICISE, "公示 for the days of publicity (三(三))")
    async def publicise_designation(
        self, info: strawberry.Info, input: steps.PubliciseDesignationInput
    ) -> outcomes.PubliciseDesignationResult:
        return await _step(
            info,
            input,
            publicising.publicise,
            outcomes.DesignationPublicised,
            ground=await ground_of(request_of(info)),
            published_on=input.published_on,
            url=given(input.url),
        )

    @_step_of(Step.OBJECT, "登记公示期异议 within the days of publicity (三(三))")
    async def record_designation_objection(
        self, info: strawberry.Info, input: steps.RecordDesignationObjectionInput
    ) -> outcomes.RecordDesignationObjectionResult:
        return await _step(
            info,
            input,
            publicising.record_objection,
            outcomes.DesignationObjectionRecorded,
            raised_on=input.raised_on,
            content=input.content,
            objector=given(input.objector),
            objector_phone=given(input.objector_phone),
        )

    @_step_of(Step.DISMISS_OBJECTION, "异议核查结论 dismissed: publicity goes on; upheld: evaluated again")
    async def decide_designation_objection(
        self, info: strawberry.Info, input: steps.DecideDesignationObjectionInput
    ) -> outcomes.DecideDesignationObjectionResult:
        node = node_of(input.objection, DESIGNATION_OBJECTION_TAG, "objection")
        tenant = request_of(info).tenant_of(node, frozenset({Role.MUNICIPAL_INSURANCE_OFFICER}))

        async def verb(act: Act) -> Mapping[str, str]:
            found = await publicising.decide_objection(
                act,
                node.id,
                expected_version=input.expected_version,
                outcome=input.outcome,
                reason=input.reason,
            )
            return {"application": str(NodeId(DESIGNATION_APPLICATION_TAG, tenant, found))}

        return await perform(info, tenant, input, verb, referring(outcomes.DesignationObjectionDecided))

    @_step_of(Step.NEGOTIATE, "开始协商 once the days of publicity are over")
    async def negotiate_designation(
        self, info: strawberry.Info, input: steps.NegotiateDesignationInput
    ) -> outcomes.NegotiateDesignationResult:
        return await _step(
            info, input, publicising.negotiate, outcomes.DesignationNegotiated, explanation=given(input.explanation)
        )

    @_step_of(Step.AGREE, "达成一致 the institution is within the designated ones from now on")
    async def agree_designation(
        self, info: strawberry.Info, input: steps.AgreeDesignationInput
    ) -> outcomes.AgreeDesignationResult:
        return await _step(
            info, input, contracting.agree, outcomes.DesignationAgreed, explanation=given(input.explanation)
        )

    @_step_of(Step.BEGIN_SYSTEM_REFORM, "开始信息系统改造")
    async def begin_designation_system_reform(
        self, info: strawberry.Info, input: steps.BeginDesignationSystemReformInput
    ) -> outcomes.BeginDesignationSystemReformResult:
        return await _step(
            info,
            input,
            contracting.begin_system_reform,
            outcomes.DesignationSystemReformBegun,
            explanation=given(input.explanation),
        )

    @_step_of(Step.ACCEPT_SYSTEM, "信息系统验收 before the agreement is signed (三(四))")
    async def accept_designation_system(
        self, info: strawberry.Info, input: steps.AcceptDesignationSystemInput
    ) -> outcomes.AcceptDesignationSystemResult:
        return await _step(
            info,
            input,
            contracting.accept_system,
            outcomes.DesignationSystemAccepted,
            accepted_on=input.accepted_on,
            explanation=given(input.explanation),
        )

    @_step_of(Step.SIGN, "签订服务协议 commitments are checked again first (三(四))")
    async def sign_insurance_agreement(
        self, info: strawberry.Info, input: steps.SignInsuranceAgreementInput
    ) -> outcomes.SignInsuranceAgreementResult:
        request = request_of(info)
        # The caller is of the city, and reads what every district's records say.
        read = partial(request.engine.pools.fetch, roles.MUNICIPAL_READER)
        return await _step(
            info,
            input,
            contracting.sign,
            outcomes.InsuranceAgreementSigned,
            ground=await ground_of(request),
            number=input.number,
            code=input.code,
            signed_on=input.signed_on,
            from_on=given(input.from_on),
            until=given(input.until),
            contradicted_because=given(input.contradicted_because),
            read=read,
        )

    @_step_of(Step.ANNOUNCE, "公布名单 by a document (三(五))")
    async def announce_designation(
        self, info: strawberry.Info, input: steps.AnnounceDesignationInput
    ) -> outcomes.AnnounceDesignationResult:
        return await _step(
            info,
            input,
            contracting.announce,
            outcomes.DesignationAnnounced,
            announced_on=input.announced_on,
            document_number=input.document_number,
        )

    @_step_of(Step.ISSUE_PLAQUE, "发放标牌 (三(五))")
    async def issue_designation_plaque(
        self, info: strawberry.Info, input: steps.IssueDesignationPlaqueInput
    ) -> outcomes.IssueDesignationPlaqueResult:
        return await _step(
            info, input, contracting.issue_plaque, outcomes.DesignationPlaqueIssued, issued_on=input.issued_on
        )

    @_step_of(Step.ABANDON, "放弃签约 preparations not done in time (附件2-1第七项)")
    async def abandon_designation(
        self, info: strawberry.Info, input: steps.AbandonDesignationInput
    ) -> outcomes.AbandonDesignationResult:
        return await _step(info, input, ending.abandon, outcomes.DesignationAbandoned, reason=input.reason)

    @_step_of(Step.DISQUALIFY, "取消申请资格 (附件2-1第八项)")
    async def disqualify_designation(
        self, info: strawberry.Info, input: steps.DisqualifyDesignationInput
    ) -> outcomes.DisqualifyDesignationResult:
        return await _step(info, input, ending.disqualify, outcomes.DesignationDisqualified, reason=input.reason)

    @_step_of(Step.REJECT_FALSE_MATERIAL, "认定材料不实 ends the application and bars from applying (附件2-1第一项)")
    async def reject_false_designation(
        self, info: strawberry.Info, input: steps.RejectFalseDesignationInput
    ) -> outcomes.RejectFalseDesignationResult:
        return await _step(
            info,
            input,
            ending.reject_false_material,
            outcomes.FalseDesignationRejected,
            ground=await ground_of(request_of(info)),
            discovered_on=input.discovered_on,
            reason=input.reason,
            persons=input.persons,
        )
