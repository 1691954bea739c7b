"""The steps of a case after it was handed in: the agency's, the municipal centre's, the applicant's."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, referring, request_of
from schema.insurance import steps
from schema.insurance.applying import files_of
from schema.insurance.grounds import ground_of
from schema.insurance.written import entered
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
    info: strawberry.Info, input: Any, verb: Callable[[Act, NodeId], Awaitable[object]], payload: Any
) -> Any:
    """One verb on the application that the input names."""
    return await perform_on(
        info, node_of(input.application, DESIGNATION_APPLICATION_TAG, "application"), input, verb, payload
    )


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
    ) -> steps.ConfirmDesignationByPhoneResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return accepting.confirm_by_phone(
                act,
                node.id,
                expected_version=input.expected_version,
                confirmed_at=given(input.confirmed_at),
                explanation=given(input.explanation),
            )

        return await _step(info, input, verb, steps.DesignationConfirmedByPhone)

    @_step_of(Step.ACCEPT, "受理 at once (三(一)第一句)")
    async def accept_designation(
        self, info: strawberry.Info, input: steps.AcceptDesignationInput
    ) -> steps.AcceptDesignationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return accepting.accept(
                act, node.id, expected_version=input.expected_version, explanation=given(input.explanation)
            )

        return await _step(info, input, verb, steps.DesignationAccepted)

    @_step_of(
        Step.REQUEST_SUPPLEMENT, "一次性告知补充 what the system found and what the agency adds; once (三(一)第二句)"
    )
    async def request_designation_supplement(
        self, info: strawberry.Info, input: steps.RequestDesignationSupplementInput
    ) -> steps.RequestDesignationSupplementResult:
        ground = await ground_of(request_of(info))

        def verb(act: Act, node: NodeId) -> Awaitable[object]:
            return accepting.request_supplement(
                act,
                ground,
                node.id,
                items=input.items,
                leave_out=input.leave_out,
                reply_by=given(input.reply_by),
                expected_version=input.expected_version,
            )

        return await _step(info, input, verb, steps.DesignationSupplementRequested)

    @_step_of(Step.SUPPLEMENT, "补充材料 in answer to the supplement notice; what was submitted first stays")
    async def supplement_designation(
        self, info: strawberry.Info, input: steps.SupplementDesignationInput
    ) -> steps.SupplementDesignationResult:
        ground, form = await ground_of(request_of(info)), given(input.form)

        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return accepting.supplement(
                act,
                ground,
                node.id,
                expected_version=input.expected_version,
                form=None if form is None else entered(form),
                materials=files_of(input.materials),
                explanation=given(input.explanation),
            )

        return await _step(info, input, verb, steps.DesignationSupplemented)

    @_step_of(Step.EVALUATE_IN_DISTRICT, "区级评估 pass or fail (三(二)第一段)")
    async def evaluate_designation_in_district(
        self, info: strawberry.Info, input: steps.EvaluateDesignationInDistrictInput
    ) -> steps.EvaluateDesignationInDistrictResult:
        ground = await ground_of(request_of(info))

        def verb(act: Act, node: NodeId) -> Awaitable[object]:
            return evaluating.evaluate_in_district(
                act, ground, node.id, _verdict(input), expected_version=input.expected_version
            )

        return await _step(info, input, verb, steps.DesignationEvaluatedInDistrict)

    @_step_of(Step.REPORT, "报送市级 whatever the district's result")
    async def report_designation(
        self, info: strawberry.Info, input: steps.ReportDesignationInput
    ) -> steps.ReportDesignationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return evaluating.report(
                act, node.id, expected_version=input.expected_version, explanation=given(input.explanation)
            )

        return await _step(info, input, verb, steps.DesignationReported)

    @_step_of(Step.WITHDRAW, "撤回申请 before the agreement is signed")
    async def withdraw_designation(
        self, info: strawberry.Info, input: steps.WithdrawDesignationInput
    ) -> steps.WithdrawDesignationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return ending.withdraw(act, node.id, expected_version=input.expected_version, reason=input.reason)

        return await _step(info, input, verb, steps.DesignationWithdrawn)


@strawberry.type
class CentreMutations:
    """Root fields of the municipal centre."""

    @_step_of(Step.EVALUATE_MUNICIPALLY, "市级评估 opens on the district's result (三(二)第二段)")
    async def evaluate_designation_municipally(
        self, info: strawberry.Info, input: steps.EvaluateDesignationMunicipallyInput
    ) -> steps.EvaluateDesignationMunicipallyResult:
        request = request_of(info)
        ground, done = await ground_of(request), []

        async def verb(act: Act, node: NodeId) -> None:
            institution = await evaluating.evaluate_municipally(
                act, ground, node.id, _verdict(input), expected_version=input.expected_version
            )
            done.append((node.tenant_id, institution))

        answer = await _step(info, input, verb, steps.DesignationEvaluatedMunicipally)
        for tenant, institution in done:
            await keeping.keep_latest_review(request.engine.pools, tenant, institution)
        return answer

    @_step_of(Step.SEND_RESULT_NOTICE, "发放评估结果 the notice on a pass, reasons and advice on a fail (三(二)第二段)")
    async def send_designation_result(
        self, info: strawberry.Info, input: steps.SendDesignationResultInput
    ) -> steps.SendDesignationResultResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return evaluating.send_result(act, node.id, expected_version=input.expected_version)

        return await _step(info, input, verb, steps.DesignationResultSent)

    @_step_of(Step.PUBLICISE, "公示 for the days of publicity (三(三))")
    async def publicise_designation(
        self, info: strawberry.Info, input: steps.PubliciseDesignationInput
    ) -> steps.PubliciseDesignationResult:
        ground = await ground_of(request_of(info))

        def verb(act: Act, node: NodeId) -> Awaitable[object]:
            return publicising.publicise(
                act,
                ground,
                node.id,
                published_on=input.published_on,
                url=given(input.url),
                expected_version=input.expected_version,
            )

        return await _step(info, input, verb, steps.DesignationPublicised)

    @_step_of(Step.OBJECT, "登记公示期异议 within the days of publicity (三(三))")
    async def record_designation_objection(
        self, info: strawberry.Info, input: steps.RecordDesignationObjectionInput
    ) -> steps.RecordDesignationObjectionResult:
        def verb(act: Act, node: NodeId) -> Awaitable[object]:
            return publicising.record_objection(
                act,
                node.id,
                expected_version=input.expected_version,
                raised_on=input.raised_on,
                content=input.content,
                objector=given(input.objector),
                objector_phone=given(input.objector_phone),
            )

        return await _step(info, input, verb, steps.DesignationObjectionRecorded)

    @_step_of(Step.DISMISS_OBJECTION, "异议核查结论 dismissed: publicity goes on; upheld: evaluated again")
    async def decide_designation_objection(
        self, info: strawberry.Info, input: steps.DecideDesignationObjectionInput
    ) -> steps.DecideDesignationObjectionResult:
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

        return await perform(info, tenant, input, verb, referring(steps.DesignationObjectionDecided))

    @_step_of(Step.NEGOTIATE, "开始协商 once the days of publicity are over")
    async def negotiate_designation(
        self, info: strawberry.Info, input: steps.NegotiateDesignationInput
    ) -> steps.NegotiateDesignationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return publicising.negotiate(
                act, node.id, expected_version=input.expected_version, explanation=given(input.explanation)
            )

        return await _step(info, input, verb, steps.DesignationNegotiated)

    @_step_of(Step.AGREE, "达成一致 the institution is within the designated ones from now on")
    async def agree_designation(
        self, info: strawberry.Info, input: steps.AgreeDesignationInput
    ) -> steps.AgreeDesignationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return contracting.agree(
                act, node.id, expected_version=input.expected_version, explanation=given(input.explanation)
            )

        return await _step(info, input, verb, steps.DesignationAgreed)

    @_step_of(Step.BEGIN_SYSTEM_REFORM, "开始信息系统改造")
    async def begin_designation_system_reform(
        self, info: strawberry.Info, input: steps.BeginDesignationSystemReformInput
    ) -> steps.BeginDesignationSystemReformResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return contracting.begin_system_reform(
                act, node.id, expected_version=input.expected_version, explanation=given(input.explanation)
            )

        return await _step(info, input, verb, steps.DesignationSystemReformBegun)

    @_step_of(Step.ACCEPT_SYSTEM, "信息系统验收 before the agreement is signed (三(四))")
    async def accept_designation_system(
        self, info: strawberry.Info, input: steps.AcceptDesignationSystemInput
    ) -> steps.AcceptDesignationSystemResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return contracting.accept_system(
                act,
                node.id,
                expected_version=input.expected_version,
                accepted_on=input.accepted_on,
                explanation=given(input.explanation),
            )

        return await _step(info, input, verb, steps.DesignationSystemAccepted)

    @_step_of(Step.SIGN, "签订服务协议 commitments are checked again first (三(四))")
    async def sign_insurance_agreement(
        self, info: strawberry.Info, input: steps.SignInsuranceAgreementInput
    ) -> steps.SignInsuranceAgreementResult:
        request = request_of(info)
        ground = await ground_of(request)
        # The caller is of the city, and reads what every district's records say.
        read = partial(request.engine.pools.fetch, roles.MUNICIPAL_READER)

        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return contracting.sign(
                act,
                ground,
                node.id,
                expected_version=input.expected_version,
                number=input.number,
                code=input.code,
                signed_on=input.signed_on,
                from_on=given(input.from_on),
                until=given(input.until),
                contradicted_because=given(input.contradicted_because),
                read=read,
            )

        return await _step(info, input, verb, steps.InsuranceAgreementSigned)

    @_step_of(Step.ANNOUNCE, "公布名单 by a document (三(五))")
    async def announce_designation(
        self, info: strawberry.Info, input: steps.AnnounceDesignationInput
    ) -> steps.AnnounceDesignationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return contracting.announce(
                act,
                node.id,
                expected_version=input.expected_version,
                announced_on=input.announced_on,
                document_number=input.document_number,
            )

        return await _step(info, input, verb, steps.DesignationAnnounced)

    @_step_of(Step.ISSUE_PLAQUE, "发放标牌 (三(五))")
    async def issue_designation_plaque(
        self, info: strawberry.Info, input: steps.IssueDesignationPlaqueInput
    ) -> steps.IssueDesignationPlaqueResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return contracting.issue_plaque(
                act, node.id, expected_version=input.expected_version, issued_on=input.issued_on
            )

        return await _step(info, input, verb, steps.DesignationPlaqueIssued)

    @_step_of(Step.ABANDON, "放弃签约 preparations not done in time (附件2-1第七项)")
    async def abandon_designation(
        self, info: strawberry.Info, input: steps.AbandonDesignationInput
    ) -> steps.AbandonDesignationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return ending.abandon(act, node.id, expected_version=input.expected_version, reason=input.reason)

        return await _step(info, input, verb, steps.DesignationAbandoned)

    @_step_of(Step.DISQUALIFY, "取消申请资格 (附件2-1第八项)")
    async def disqualify_designation(
        self, info: strawberry.Info, input: steps.DisqualifyDesignationInput
    ) -> steps.DisqualifyDesignationResult:
        def verb(act: Act, node: NodeId) -> Awaitable[None]:
            return ending.disqualify(act, node.id, expected_version=input.expected_version, reason=input.reason)

        return await _step(info, input, verb, steps.DesignationDisqualified)

    @_step_of(Step.REJECT_FALSE_MATERIAL, "认定材料不实 ends the application and bars from applying (附件2-1第一项)")
    async def reject_false_designation(
        self, info: strawberry.Info, input: steps.RejectFalseDesignationInput
    ) -> steps.RejectFalseDesignationResult:
        ground = await ground_of(request_of(info))

        def verb(act: Act, node: NodeId) -> Awaitable[object]:
            return ending.reject_false_material(
                act,
                ground,
                node.id,
                discovered_on=input.discovered_on,
                reason=input.reason,
                persons=input.persons,
                expected_version=input.expected_version,
            )

        return await _step(info, input, verb, steps.FalseDesignationRejected)
