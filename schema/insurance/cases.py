"""Applications for designation, with annex 1 as it was submitted, and the lists of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, FirstGroups, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter, InsuranceAgency
from schema.filters import UNSET, DateFilter, Filter, IDFilter, IntFilter, StringFilter
from schema.insurance.dossier import (
    OF_CASE,
    DesignationCheck,
    DesignationEvaluation,
    DesignationMaterial,
    DesignationMessage,
    DesignationObjection,
    DesignationPerson,
    DesignationStepTaken,
    DesignationSupplement,
)
from schema.insurance.groups import (
    GROUPING,
    DesignationApplicationGroup,
    DesignationApplicationGroupHaving,
    DesignationApplicationGroupKey,
    DesignationApplicationGroupOrder,
)
from schema.insurance.publicities import DesignationPublicity
from schema.insurance.written import (
    DesignationForm,
    FieldProvenance,
    MaterialFinding,
    findings_of,
    forms_of,
    provenances_of,
)
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.scalars import MaskedText
from schema.tags import DESIGNATION_APPLICATION_TAG
from schema.terms import term
from schema.within import InDistrict, by_id, within_district
from server.institutions.model import InstitutionKind
from server.insurance import model, tables
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.planner.binding import Compare, Computed, Key, Kind, Link, Many, One, Related, Root, Shape
from server.workdays.model import CalendarStatus

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution


@strawberry.type(description="医保定点申请 a case of the district of its agency, with annex 1 as it was submitted")
class DesignationApplication(Node):
    """An application."""

    number: str = field_of("申请编号")
    year: int = field_of("年份")
    quarter: int = field_of("季度 1 to 4")
    status: model.DesignationStatus = field_of("状态")
    status_since: date = field_of("进入该状态的日期")
    channel: model.Channel = field_of("渠道")
    institution_name: str = field_of("医疗机构名称")
    category: InstitutionKind = field_of("判定申请资格所依的机构类别")
    applied_on: date = field_of("申请时间 as the applicant wrote it")
    received_at: datetime = field_of("收到材料的时间")
    received_on: date = field_of("收到材料之日")
    confirmed_by_phone_at: datetime | None = field_of("电话确认时间")
    accepted_on: date | None = field_of("受理日期")
    supplement_notice_due_on: date = field_of("一次性告知期限 the agency's last day; the day of receipt is not counted")
    supplement_notice_due_status: CalendarStatus = field_of("告知期限所依日历的状态")
    supplement_requested_on: date | None = field_of("告知补充日期")
    supplemented_on: date | None = field_of("补充日期")
    district_result: model.EvaluationResult | None = field_of("区级评估结果")
    district_evaluated_on: date | None = field_of("区级评估日期")
    reported_on: date | None = field_of("报市级日期")
    municipal_result: model.EvaluationResult | None = field_of("市级评估结果")
    municipal_evaluated_on: date | None = field_of("市级评估日期")
    closed_on: date | None = field_of("办结日期")
    guarantee_required: bool = field_of("是否须提交管理责任承诺书（附件2-2）")
    guarantor_name: str | None = field_of("上级定点医疗机构名称（附件2-2）")
    guarantor_code: str | None = field_of("上级定点编码（附件2-2）")
    guarantee_signed_on: date | None = field_of("管理责任承诺书签署日期")
    commitments_signed_on: date | None = field_of("承诺书签署日期")
    bank_account: MaskedText | None = field_of("银行账号")
    amended_bank_account: MaskedText | None = field_of("补充时更正的银行账号")
    form_digest: str = field_of("申请表摘要 of the whole annex as submitted")
    policy_digest: str = field_of("所依政策版本的摘要")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    agency: InsuranceAgency | None = field_of("区医保经办机构")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")
    materials: list[DesignationMaterial] = field_of("申请材料 all six, in the order of 二")
    persons: list[DesignationPerson] = field_of("申请表所列人员")
    checks: list[DesignationCheck] = field_of("承诺事项核对")
    steps: list[DesignationStepTaken] = field_of("办理记录 earliest first")
    supplement: DesignationSupplement | None = field_of("一次性补充告知")
    evaluations: list[DesignationEvaluation] = field_of("评估")
    publicities: list[DesignationPublicity] = field_of("公示")
    objections: list[DesignationObjection] = field_of("异议")
    messages: list[DesignationMessage] = field_of("邮件")

    @computed("申请表（附件1） as submitted; never changed afterwards")
    async def form(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
    ) -> Sequence[DesignationForm]:
        return [form for form in await forms_of(request, ids, amended=False) if form is not None]

    @computed("更正后的申请表 as put right in answer to the supplement notice; null where it was not")
    async def amended_form(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
    ) -> Sequence[DesignationForm | None]:
        return await forms_of(request, ids, amended=True)

    @computed("逐项来源 of each field of the form: from the register, or entered")
    async def provenance(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
    ) -> Sequence[list[FieldProvenance]]:
        return await provenances_of(request, ids)

    @computed(
        "系统核对发现 what is missing or inconsistent in the material as submitted; goes into the supplement notice"
    )
    async def findings(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
    ) -> Sequence[list[MaterialFinding]]:
        return await findings_of(request, ids, "findings")

    @computed("更正后仍存在的问题 of the amended form; empty where there is none")
    async def amended_findings(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
    ) -> Sequence[list[MaterialFinding]]:
        return await findings_of(request, ids, "amended_findings")


class DesignationApplicationOrderField(Term):
    """What applications can be ordered by."""

    RECEIVED_ON = "RECEIVED_ON", "收到材料之日"
    NUMBER = "NUMBER", "申请编号"
    STATUS = "STATUS", "状态"
    STATUS_SINCE = "STATUS_SINCE", "进入该状态的日期"
    SUPPLEMENT_NOTICE_DUE_ON = "SUPPLEMENT_NOTICE_DUE_ON", "一次性告知期限"


term(DesignationApplicationOrderField, "定点申请排序字段")


@strawberry.input(description="定点申请排序")
class DesignationApplicationOrder:
    """One sort key."""

    field: DesignationApplicationOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="定点申请筛选 all given conditions must hold")
class DesignationApplicationFilter:
    """A filter on applications."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    number: StringFilter | None = strawberry.field(default=UNSET, description="申请编号")
    year: IntFilter | None = strawberry.field(default=UNSET, description="年份")
    quarter: IntFilter | None = strawberry.field(default=UNSET, description="季度")
    status: Filter[model.DesignationStatus] | None = strawberry.field(default=UNSET, description="状态")
    status_since: DateFilter | None = strawberry.field(default=UNSET, description="进入该状态的日期")
    institution_name: StringFilter | None = strawberry.field(default=UNSET, description="医疗机构名称")
    category: Filter[InstitutionKind] | None = strawberry.field(default=UNSET, description="类别")
    received_on: DateFilter | None = strawberry.field(default=UNSET, description="收到材料之日")
    supplement_notice_due_on: DateFilter | None = strawberry.field(
        default=UNSET,
        description="一次性告知期限；超期未告知：早于今天且 supplementRequestedOn 为空、状态为已受理及以前",
    )
    supplement_requested_on: DateFilter | None = strawberry.field(default=UNSET, description="告知补充日期")
    district_result: Filter[model.EvaluationResult] | None = strawberry.field(default=UNSET, description="区级评估结果")
    municipal_result: Filter[model.EvaluationResult] | None = strawberry.field(
        default=UNSET, description="市级评估结果"
    )
    closed_on: DateFilter | None = strawberry.field(default=UNSET, description="办结日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["DesignationApplicationFilter"] | None = strawberry.field(
        default=UNSET, name="and", description="同时满足"
    )
    or_: list["DesignationApplicationFilter"] | None = strawberry.field(
        default=UNSET, name="or", description="满足其一"
    )
    not_: Optional["DesignationApplicationFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class CaseQueries:
    """Root fields on cases."""

    @planned
    def designation_applications(
        self,
        district: InDistrict = UNSET,
        filter: DesignationApplicationFilter | None = UNSET,
        order_by: list[DesignationApplicationOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[DesignationApplication]:
        """医保定点申请 of one agency, or of all that the caller may see; latest received first"""
        not_resolved()

    @planned
    def designation_application(
        self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]
    ) -> DesignationApplication | None:
        """一份医保定点申请 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()

    @planned
    def designation_application_groups(
        self,
        group_by: list[DesignationApplicationGroupKey],
        district: InDistrict = UNSET,
        filter: DesignationApplicationFilter | None = UNSET,
        having: DesignationApplicationGroupHaving | None = UNSET,
        order_by: list[DesignationApplicationGroupOrder] | None = UNSET,
        first: FirstGroups = UNSET,
    ) -> list[DesignationApplicationGroup]:
        """医保定点申请分组统计 of the very rows `designationApplications` lists: counts, pass rates, days taken"""
        not_resolved()


_OWN = (("id", "application_id"),)
_STARTED = Key("{t}.at", Kind.DATETIME)

BINDS = (
    Binds(
        DesignationApplication,
        tables.designation_application,
        OF_CASE,
        tag=DESIGNATION_APPLICATION_TAG,
        fields={
            **dict.fromkeys(("form", "amendedForm", "provenance", "findings", "amendedFindings"), Computed()),
            "district": One(TO_DISTRICT),
            "agency": One(Link("InsuranceAgency", ())),
            "institution": One(TO_INSTITUTION),
            "materials": Many(Link("DesignationMaterial", _OWN), Key("{t}.place", Kind.INT)),
            "persons": Many(Link("DesignationPerson", _OWN)),
            "checks": Many(Link("DesignationCheck", _OWN), _STARTED),
            "steps": Many(Link("DesignationStepTaken", _OWN), _STARTED),
            "supplement": One(Link("DesignationSupplement", _OWN)),
            "evaluations": Many(Link("DesignationEvaluation", _OWN)),
            "publicities": Many(Link("DesignationPublicity", _OWN)),
            "objections": Many(Link("DesignationObjection", _OWN)),
            "messages": Many(Link("DesignationMessage", _OWN)),
        },
        columns={
            "supplementNoticeDueOn": "supplement_due_on",
            "supplementNoticeDueStatus": "supplement_due_status",
            "SUPPLEMENT_NOTICE_DUE_ON": "supplement_due_on",
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="DesignationApplication"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)


ROOTS = {
    "designationApplications": Root(
        "DesignationApplication", Shape.PAGE, order="RECEIVED_ON DESC", arguments=within_district
    ),
    "designationApplication": Root(
        "DesignationApplication", Shape.ONE, arguments=by_id(DESIGNATION_APPLICATION_TAG), required=True
    ),
    "designationApplicationGroups": Root(
        "DesignationApplication", Shape.GROUPS, arguments=within_district, grouping=GROUPING
    ),
}
