"""Before and at the application: windows, the form filled from the register, handing in."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from schema.acting import Ref, given, mutation, node_of, perform, referring, request_of
from schema.districts import InsuranceAgency
from schema.filters import UNSET
from schema.inputs import Keyed, field
from schema.insurance.cases import DesignationApplication
from schema.insurance.entered import DesignationFormInput, entered
from schema.insurance.grounds import ground_of
from schema.insurance.written import (
    DesignationForm,
    FieldProvenance,
    MaterialFinding,
    finding_told,
    provenance_told,
    shown,
)
from schema.planned import field_of, resolved
from schema.problems import Clause, Conflicting, InvalidInput, PolicyNotEnabled
from schema.tags import AGENCY_TAG, DESIGNATION_APPLICATION_TAG, DOCUMENT_TAG, INSTITUTION_TAG
from server.db import roles
from server.insurance import checks, keeping, prefilling, rules
from server.insurance.actions import applying, filing
from server.insurance.actions.mailing import mail
from server.insurance.model import MATERIAL_CLAUSES, PASSAGES, STAGES, CheckOutcome, MaterialKind, MaterialStage, Step
from server.kit.actor import Role
from server.kit.errors import BadInput, NotAllowed, Refusal
from server.kit.ids import NodeId
from server.record.acts import Act
from server.workdays.errors import YearMissing
from server.workdays.model import CalendarStatus


@strawberry.type(description="医保定点申请窗口 the first working days of a quarter (京医保中心发〔2025〕4号 三(一))")
class DesignationWindow:
    """A quarterly window."""

    year: int = strawberry.field(description="年份")
    quarter: int = strawberry.field(description="季度 1 to 4")
    opens_on: date = strawberry.field(description="首日")
    closes_on: date = strawberry.field(description="末日 still open, until `closesAt`")
    closes_at: datetime = strawberry.field(description="截止时刻 the first instant that is too late")
    is_open: bool = strawberry.field(description="所问日期是否在窗口内")
    calendar_status: CalendarStatus = strawberry.field(
        description="日历状态 PROVISIONAL until the holiday notice is loaded"
    )


@strawberry.type(description="承诺事项核对 before submission, shown to the applicant")
class CommitmentCheck:
    """A check of one commitment."""

    commitment: int = strawberry.field(description="承诺事项编号 in 附件2-1")
    label: str = strawberry.field(description="核对内容")
    outcome: CheckOutcome = strawberry.field(description="结果")
    detail: str = strawberry.field(description="说明")


@strawberry.type(description="申请障碍 what would refuse an application today")
class DesignationObstacle:
    """A refusal foreseen."""

    code: str = strawberry.field(description="代码 as the problem of `submitDesignation` would bear")
    message: str = strawberry.field(description="说明")
    clause: Clause | None = strawberry.field(description="条款")


@strawberry.type(description="应提交材料")
class MaterialWanted:
    """A material and when it is due."""

    kind: MaterialKind = strawberry.field(description="种类")
    label: str = strawberry.field(description="名称")
    stage: MaterialStage = strawberry.field(description="阶段")
    clause: Clause = strawberry.field(description="条款")


@strawberry.type(
    description="预填申请表 annex 1 from the register, with what stands in the way and what the records say"
)
class DesignationPrefill:
    """A form to begin with."""

    form: DesignationForm = strawberry.field(description="申请表 the shape that `submitDesignation` takes")
    provenance: list[FieldProvenance] = strawberry.field(description="已带入的字段")
    guarantee_required: bool = strawberry.field(description="是否须提交管理责任承诺书（附件2-2）")
    obstacles: list[DesignationObstacle] = strawberry.field(
        description="申请障碍 empty where an application can be handed in"
    )
    findings: list[MaterialFinding] = strawberry.field(
        description="尚缺或不一致 of the prefilled form; they do not refuse"
    )
    checks: list[CommitmentCheck] = strawberry.field(description="承诺事项核对")
    materials: list[MaterialWanted] = strawberry.field(description="应提交材料 in two stages")
    window: DesignationWindow = strawberry.field(description="申请窗口 the present one, else the next")
    agency: InsuranceAgency = strawberry.field(description="受理的区医保经办机构")


def window_told(window: Any, terms: Any, on: date) -> DesignationWindow:
    """The window as the API tells it."""
    return DesignationWindow(
        year=window.year,
        quarter=window.quarter,
        opens_on=window.opens_on,
        closes_on=window.closes_on,
        closes_at=window.closes_at(rules.cutoff(terms)),
        is_open=window.is_open(on),
        calendar_status=window.status,
    )


#: Who may ask for a prefilled form: those who may submit it, and the district's own people.
PREFILLERS = frozenset(
    {Role.INSTITUTION_STAFF, Role.AGENCY_OFFICER, Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR}
)


@strawberry.type
class ApplyingQueries:
    """Root fields before the application."""

    @resolved("医保定点申请窗口 the one that holds the day, else the next to open; by the DEADLINES policy of the day")
    async def designation_window(
        self, info: strawberry.Info, on: Annotated[date, strawberry.argument(description="日期")]
    ) -> DesignationWindow:
        ground = await ground_of(request_of(info))
        try:
            terms = ground.terms(on)
            window = rules.window_of(ground.calendar, terms, on)
        except YearMissing as missing:
            raise BadInput(missing.message, path=("on",)) from None
        except Refusal as refusal:
            raise BadInput(refusal.message, path=("on",)) from None
        return window_told(window, terms, on)

    @resolved("预填医保定点申请表 from the register: nobody is asked twice (X-14)")
    async def prefill_designation(
        self, info: strawberry.Info, institution: Annotated[strawberry.ID, strawberry.argument(description="机构")]
    ) -> DesignationPrefill:
        request = request_of(info)
        node = node_of(institution, INSTITUTION_TAG, "institution")
        tenant = request.tenant_of(node)
        if request.actor is None or not request.actor.roles_in(tenant) & PREFILLERS:
            raise NotAllowed("预填申请表限该机构工作人员、区医保经办机构和区卫生健康委")
        ground = await ground_of(request)
        async with request.acting(tenant) as act:
            try:
                found = await prefilling.prefill(act, ground, node.id)
            except Refusal as refusal:
                raise BadInput(refusal.message) from None
        return DesignationPrefill(
            form=shown(found.form, found.masks),
            provenance=provenance_told(found.provenance),
            guarantee_required=found.guarantee_required,
            obstacles=[
                DesignationObstacle(code=one.code, message=one.message, clause=_clause(one)) for one in found.obstacles
            ],
            findings=[finding_told(filing.told(one)) for one in found.findings],
            checks=[check_told(one) for one in found.checks],
            materials=[
                MaterialWanted(
                    kind=kind,
                    label=kind.label,
                    stage=STAGES[kind],
                    clause=_citation(MATERIAL_CLAUSES[kind]),
                )
                for kind in MaterialKind
            ],
            window=window_told(found.window, found.terms, found.on),
            agency=await _agency(request, tenant),
        )


def check_told(one: checks.Check) -> CommitmentCheck:
    """A check as the API tells it."""
    return CommitmentCheck(commitment=one.commitment, label=one.label, outcome=one.outcome, detail=one.detail)


async def _agency(request: Any, tenant: int) -> Any:
    sql = "SELECT id FROM insurance_agency WHERE tenant_id = $1"
    rows = await request.engine.pools.fetch(roles.PUBLIC_READER, sql, [tenant])
    return Ref(NodeId(AGENCY_TAG, tenant, rows[0][0]))


def _clause(refusal: Refusal) -> Clause | None:
    return None if refusal.clause is None else _citation(refusal.clause)


def _citation(clause: Any) -> Clause:
    return Clause(document=clause.document, anchor=clause.anchor)


# Handing in -----------------------------------------------------------------------------------------------------------


@strawberry.input(description="申请承诺（附件2-1）")
class DesignationCommitmentsInput:
    """The nine commitments."""

    accepted: list[int] = field("承诺的事项编号 1 to 9")
    signed_on: date | None = field("法人签署日期", default=None)


@strawberry.input(description="管理责任承诺书（附件2-2） of the superior designated institution")
class SuperiorGuaranteeInput:
    """The superior's guarantee."""

    name: str = field("上级定点医疗机构名称")
    code: str = field("定点编码")
    signed_on: date = field("法人代表签署日期")


@strawberry.input(description="申请材料")
class DesignationMaterialInput:
    """A material's file; several of one kind may be given."""

    kind: MaterialKind = field("种类")
    document: strawberry.ID = field("文件 uploaded before (`requestUpload`)")


@strawberry.input(description="提交医保定点申请")
class SubmitDesignationInput(Keyed):
    """What handing in takes."""

    institution: strawberry.ID = field("机构")
    applied_on: date = field("申请时间 as on the form; not after today")
    form: DesignationFormInput = field("申请表（附件1）")
    commitments: DesignationCommitmentsInput = field("申请承诺（附件2-1）")
    superior_guarantee: SuperiorGuaranteeInput | None = field(
        "管理责任承诺书（附件2-2） for stations and village clinics alone", default=UNSET
    )
    materials: list[DesignationMaterialInput] = field("申请材料", default_factory=list)
    mailed_at: datetime | None = field(
        "专用邮箱收到时间 where the agency enters what came by mail; it decides whether the window was open",
        default=UNSET,
    )


@strawberry.type(description="医保定点申请已提交")
class DesignationSubmitted:
    """A submission."""

    application: DesignationApplication = field_of("申请 as it is now")


SubmitDesignationResult = Annotated[
    DesignationSubmitted | InvalidInput | Conflicting | PolicyNotEnabled, strawberry.union("SubmitDesignationResult")
]


def files_of(materials: list[DesignationMaterialInput]) -> Mapping[MaterialKind, tuple[Any, ...]]:
    """The files by material."""
    found: dict[MaterialKind, tuple[Any, ...]] = {}
    for one in materials:
        node = node_of(one.document, DOCUMENT_TAG, "materials")
        found[one.kind] = (*found.get(one.kind, ()), node.id)
    return found


@strawberry.type
class ApplyingMutations:
    """Root fields that hand in."""

    @mutation(
        "提交医保定点申请 inside the window; by the institution's staff, or by the agency for what came by mail",
        by=PASSAGES[Step.SUBMIT].by,
    )
    async def submit_designation(self, info: strawberry.Info, input: SubmitDesignationInput) -> SubmitDesignationResult:
        request = request_of(info)
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant = request.tenant_of(node)
        guarantee = given(input.superior_guarantee)
        wanted = applying.Submission(
            institution_id=node.id,
            applied_on=input.applied_on,
            form=entered(input.form),
            accepted=tuple(input.commitments.accepted),
            signed_on=input.commitments.signed_on,
            guarantee=guarantee and applying.Guarantee(guarantee.name, guarantee.code, guarantee.signed_on),
            materials=files_of(input.materials),
            mailed_at=given(input.mailed_at),
        )
        ground = await ground_of(request)

        async def verb(act: Act) -> Mapping[str, str]:
            made = await applying.submit(act, ground, wanted)
            if request.engine.smtp is not None and wanted.mailed_at is None:
                await mail(act, made, register=request.engine.policies.library.register, enabled=True)
            return {"application": str(NodeId(DESIGNATION_APPLICATION_TAG, tenant, made))}

        answer = await perform(info, tenant, input, verb, referring(DesignationSubmitted))
        if request.engine.smtp is not None:
            engine = request.engine
            await keeping.send_mail(engine.pools, request.engine.smtp, engine.policies.library.register, tenant)
        return answer
