"""Deciding about an application, experts heard or not; and a licence older than the platform put on record."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_on, perform_step, ref, referring, request_of
from schema.filters import UNSET
from schema.inputs import REASON, VERSION, Keyed, Versioned, field
from schema.licensing.accepting import AcceptLicenceApplicationInput
from schema.licensing.applications import LicenceApplication
from schema.licensing.inputs import LicenceApplicationStepInput, OpeningDeadlineInput, limits_in, lists_in, opening_of
from schema.licensing.licences import Licence
from schema.problems import PolicyProblems
from schema.tags import INSTITUTION_TAG, LICENCE_APPLICATION_TAG, LICENCE_TAG
from server.kit.ids import NodeId
from server.licensing.actions import deciding, issuing, reviewing
from server.licensing.actions.steps import OFFICERS
from server.licensing.model import RefusalGround
from server.record.acts import Act


@strawberry.input(description="准予执业登记")
class GrantLicenceInput(Versioned):
    """What the licence says beyond the application."""

    application: strawberry.ID = field("申请")
    number: str = field("许可证号（登记号）at most 40 characters")
    valid_from_on: date = field("有效期起")
    valid_through_on: date = field("有效期至 the last day")
    reason: str = field(REASON)
    subjects: list[str] | None = field("核准的诊疗科目 as applied for where none are given", default=UNSET)
    beds: int | None = field("核准的床位 as applied for where none are given", default=UNSET)
    opening: OpeningDeadlineInput | None = field(
        "开放运行期限 as the award or the agreement sets it; without one nobody can be late", default=UNSET
    )


@strawberry.input(description="规划 published, and when")
class PublishedPlanInput:
    """A plan."""

    title: str = field("名称")
    published_on: date = field("公布日期")
    number: str | None = field("文号 or `url`", default=UNSET)
    url: str | None = field("公布网址", default=UNSET)


@strawberry.input(description="不予许可")
class RefuseLicenceInput(Versioned):
    """What refusing takes."""

    application: strawberry.ID = field("申请")
    ground: RefusalGround = field("事由")
    reason: str = field(REASON)
    plan: PublishedPlanInput | None = field("规划 needed for PLANNING, and for nothing else", default=UNSET)


@strawberry.input(description="补录执业许可证 one that an institution has held before this platform")
class RecordLicenceInput(Keyed):
    """What the paper says."""

    institution: strawberry.ID = field("机构")
    expected_version: int = field(VERSION + ", of the institution")
    number: str = field("许可证号（登记号）at most 40 characters")
    issued_on: date = field("颁发日期")
    valid_from_on: date = field("有效期起")
    valid_through_on: date = field("有效期至 the last day")
    subjects: list[str] = field("诊疗科目 1 to 60")
    beds: int = field("床位")
    last_verified_on: date | None = field("最近校验日期 the running cycle began then", default=UNSET)
    opening: OpeningDeadlineInput | None = field("开放运行期限 of one that has not opened", default=UNSET)


@strawberry.type(description="专家评审已开始")
class LicenceExpertReviewBegun:
    """A review by experts."""

    application: LicenceApplication = field("申请 as it is now")


@strawberry.type(description="专家评审已结束")
class LicenceExpertReviewEnded:
    """The end of a review by experts."""

    application: LicenceApplication = field("申请 as it is now")


@strawberry.type(description="已批准设置")
class SetupGranted:
    """A set-up approval."""

    application: LicenceApplication = field("申请 as it is now")


@strawberry.type(description="已准予执业登记")
class LicenceGranted:
    """A licence."""

    application: LicenceApplication = field("申请 as it is now")
    licence: Licence = field("执业许可证")


@strawberry.type(description="已不予许可")
class LicenceRefused:
    """A refusal."""

    application: LicenceApplication = field("申请 as it is now")


@strawberry.type(description="已补录执业许可证")
class LicenceRecorded:
    """A licence."""

    licence: Licence = field("执业许可证")


BeginLicenceExpertReviewResult = Annotated[
    LicenceExpertReviewBegun | PolicyProblems, strawberry.union("BeginLicenceExpertReviewResult")
]


EndLicenceExpertReviewResult = Annotated[
    LicenceExpertReviewEnded | PolicyProblems, strawberry.union("EndLicenceExpertReviewResult")
]


GrantSetupResult = Annotated[SetupGranted | PolicyProblems, strawberry.union("GrantSetupResult")]


GrantLicenceResult = Annotated[LicenceGranted | PolicyProblems, strawberry.union("GrantLicenceResult")]


RefuseLicenceResult = Annotated[LicenceRefused | PolicyProblems, strawberry.union("RefuseLicenceResult")]


RecordLicenceResult = Annotated[LicenceRecorded | PolicyProblems, strawberry.union("RecordLicenceResult")]


@strawberry.type
class LicenceDecidingMutations:
    """Root fields on decisions."""

    @mutation("开始专家评审 its time is not counted", by=OFFICERS)
    async def begin_licence_expert_review(
        self, info: strawberry.Info, input: LicenceApplicationStepInput
    ) -> BeginLicenceExpertReviewResult:
        return await perform_step(
            info,
            LICENCE_APPLICATION_TAG,
            input,
            reviewing.begin_expert_review,
            LicenceExpertReviewBegun,
            note=input.reason,
        )

    @mutation("结束专家评审 what was left of the limit runs on", by=OFFICERS)
    async def end_licence_expert_review(
        self, info: strawberry.Info, input: AcceptLicenceApplicationInput
    ) -> EndLicenceExpertReviewResult:
        node = node_of(input.application, LICENCE_APPLICATION_TAG, "application")
        limits = await limits_in(request_of(info), node.tenant_id)

        async def verb(act: Act, node: NodeId) -> None:
            await reviewing.end_expert_review(act, limits, node.id, expected_version=input.expected_version)

        return await perform_on(info, node, input, verb, LicenceExpertReviewEnded)

    @mutation("批准设置 where the district has that stage", by=OFFICERS)
    async def grant_setup(self, info: strawberry.Info, input: LicenceApplicationStepInput) -> GrantSetupResult:
        return await perform_step(
            info, LICENCE_APPLICATION_TAG, input, deciding.grant_setup, SetupGranted, reason=input.reason
        )

    @mutation("准予执业登记 the institution stands in the register, being prepared until it opens", by=OFFICERS)
    async def grant_licence(self, info: strawberry.Info, input: GrantLicenceInput) -> GrantLicenceResult:
        node, request = node_of(input.application, LICENCE_APPLICATION_TAG, "application"), request_of(info)
        tenant = request.tenant_of(node)
        limits, lists = await limits_in(request, tenant), await lists_in(request, tenant)
        subjects = given(input.subjects)
        terms = issuing.Terms(
            number=input.number,
            valid_from_on=input.valid_from_on,
            valid_through_on=input.valid_through_on,
            subjects=tuple(subjects) if subjects is not None else None,
            beds=given(input.beds),
            opening=opening_of(given(input.opening)),
        )

        async def verb(act: Act) -> Mapping[str, str]:
            made = await deciding.grant_registration(
                act,
                limits,
                lists,
                node.id,
                expected_version=input.expected_version,
                terms=terms,
                reason=input.reason,
            )
            return {"application": input.application, "licence": str(NodeId(LICENCE_TAG, tenant, made))}

        def payload(application: str, licence: str) -> LicenceGranted:
            return LicenceGranted(application=ref(application), licence=ref(licence))

        return await perform(info, tenant, input, verb, payload)

    @mutation("不予许可 with reasons and remedies; for planning reasons only by a published plan", by=OFFICERS)
    async def refuse_licence(self, info: strawberry.Info, input: RefuseLicenceInput) -> RefuseLicenceResult:
        node = node_of(input.application, LICENCE_APPLICATION_TAG, "application")
        limits = await limits_in(request_of(info), node.tenant_id)
        said = given(input.plan)
        plan = said and deciding.Plan(said.title, said.published_on, given(said.number), given(said.url))

        async def verb(act: Act, node: NodeId) -> None:
            await deciding.refuse(
                act,
                limits,
                node.id,
                expected_version=input.expected_version,
                ground=input.ground,
                reason=input.reason,
                plan=plan,
            )

        return await perform_on(info, node, input, verb, LicenceRefused)

    @mutation("补录执业许可证 in any district, with or without an admission policy", by=OFFICERS)
    async def record_licence(self, info: strawberry.Info, input: RecordLicenceInput) -> RecordLicenceResult:
        node, request = node_of(input.institution, INSTITUTION_TAG, "institution"), request_of(info)
        tenant = request.tenant_of(node)
        limits, lists = await limits_in(request, tenant), await lists_in(request, tenant)
        terms = issuing.Terms(
            number=input.number,
            valid_from_on=input.valid_from_on,
            valid_through_on=input.valid_through_on,
            subjects=tuple(input.subjects),
            beds=input.beds,
            opening=opening_of(given(input.opening)),
        )

        async def verb(act: Act) -> Mapping[str, str]:
            made = await issuing.record_licence(
                act,
                limits,
                lists,
                node.id,
                expected_version=input.expected_version,
                terms=terms,
                issued_on=input.issued_on,
                last_verified_on=given(input.last_verified_on),
            )
            return {"licence": str(NodeId(LICENCE_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(LicenceRecorded))
