"""Applications for set-up and practice registration."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.fetching import fetched
from schema.filters import UNSET, BooleanFilter, DateFilter, Filter, IDFilter, StringFilter
from schema.licensing.licences import Licence
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.rows import LICENCE_APPLICATIONS
from schema.scalars import UnifiedSocialCreditCode
from schema.tags import LICENCE_APPLICATION_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.documents.tables import document
from server.institutions.model import InstitutionKind, OperatingNature, OperatorKind
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.licensing import tables
from server.licensing.actions.materials import PURPOSE
from server.licensing.lists import lists_of
from server.licensing.model import ApplicationKind, ApplicationStatus, RefusalGround
from server.planner.binding import Column, Compare, Computed, Kind, Link, One, Related, Root, Shape
from server.policy.terms import SourceStatus

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution

term(ApplicationKind, "许可申请种类", "LicenceApplicationKind")
term(ApplicationStatus, "许可申请状态", "LicenceApplicationStatus")
term(RefusalGround, "不予许可的事由", "LicenceRefusalGround")


@strawberry.type(description="材料清单 one line: what is asked, and what is on file for it")
class LicenceMaterial:
    """A line of the checklist."""

    code: str = strawberry.field(description="代号")
    title: str = strawberry.field(description="名称")
    required: bool = strawberry.field(description="是否必须")
    source: SourceStatus = strawberry.field(description="要求的来源")
    on_file: bool = strawberry.field(description="是否已提交")
    reused: bool = strawberry.field(
        description="是否沿用以前提交的文件 handed in for another case, and not asked for again"
    )
    asked: bool = strawberry.field(description="是否已告知补正")
    documents: list[strawberry.ID] = strawberry.field(description="文件 their ids, for `node(id:)`")


@strawberry.type(description="规划 the published plan that a refusal rests on")
class PublishedPlan:
    """A plan."""

    title: str = strawberry.field(description="名称")
    published_on: date = strawberry.field(description="公布日期")
    number: str | None = strawberry.field(description="文号")
    url: str | None = strawberry.field(description="公布网址")


@strawberry.type(description="设置审批或执业登记申请")
class LicenceApplication(Node):
    """An application."""

    kind: ApplicationKind = field_of("种类")
    status: ApplicationStatus = field_of("状态")
    institution_name: str = field_of("拟设机构名称")
    institution_kind: InstitutionKind = field_of("机构类别")
    address: str = field_of("执业地址")
    operator_name: str = field_of("举办主体")
    operator_kind: OperatorKind = field_of("举办主体类别")
    operating_nature: OperatingNature = field_of("经营性质")
    unified_social_credit_code: UnifiedSocialCreditCode | None = field_of("统一社会信用代码")
    subjects: list[str] = field_of("诊疗科目")
    beds: int = field_of("床位")
    service_population: int | None = field_of("服务人口")
    submitted_on: date = field_of("提交日期")
    notice_by: date = field_of(
        "一次性告知期限 the last day; after it the application counts as accepted when it was filed"
    )
    asked_on: date | None = field_of("告知补正日期")
    supplied_on: date | None = field_of("补正日期")
    accepted_on: date | None = field_of("受理日期")
    deemed_accepted: bool = field_of("是否视为受理 nobody gave notice in time")
    paused_on: date | None = field_of("专家评审开始日期 while it lasts, the limit stands still")
    due_on: date | None = field_of("期限 the last day of the step that is due; null where none is")
    due_rule: str | None = field_of("期限规则")
    due_provisional: bool | None = field_of("期限是否暂定 a calendar notice still to come may move it")
    due_source: SourceStatus | None = field_of("期限来源 of its length")
    due_consequence: str | None = field_of("逾期后果")
    overdue: bool = field_of("是否逾期 its day has passed in Beijing")
    decided_on: date | None = field_of("决定日期")
    reason: str | None = field_of("决定的理由")
    refusal_ground: RefusalGround | None = field_of("不予许可的事由")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of(
        "机构 null before a new one is registered"
    )
    setup: Optional["LicenceApplication"] = field_of("设置审批 that the registration rests on")
    licence: Licence | None = field_of("颁发的执业许可证")

    @computed("不予许可所依据的规划")
    async def plan(ids: Sequence[NodeId], request: Request) -> Sequence[PublishedPlan | None]:  # noqa: N805
        sql = (
            "SELECT tenant_id, id, plan_title, plan_published_on, plan_number, plan_url FROM licence_application"
            " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
        )
        found = await fetched(request, ids, sql)
        told = (found[one.tenant_id, one.id][0] for one in ids)
        return [
            PublishedPlan(title=title, published_on=on, number=number, url=url) if title else None
            for title, on, number, url in told
        ]

    @computed("材料清单 with what is on file, whether it was used before, and whether it was asked for")
    async def materials(ids: Sequence[NodeId], request: Request) -> Sequence[list[LicenceMaterial]]:  # noqa: N805
        return await _materials(request, ids)


async def _materials(request: Request, ids: Sequence[NodeId]) -> list[list[LicenceMaterial]]:
    """The checklist of each application, in order."""
    sql = (
        "SELECT tenant_id, id, kind, asked_materials FROM licence_application"
        " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
    )
    about, used = await fetched(request, ids, sql), await fetched(request, ids, _USED)
    tag = next((one.tag for one in request.engine.catalogue.types.values() if one.table == document.name), None)
    told = []
    for one in ids:
        ((kind, asked),) = about[one.tenant_id, one.id]
        code = await request.engine.directory.code_of(one.tenant_id)
        lists = lists_of(request.engine.policies.library, code or "")
        by_purpose: dict[str, list[tuple[NodeId | None, bool]]] = {}
        for purpose, document_id, before in used[one.tenant_id, one.id]:
            node = None if tag is None else NodeId(tag, one.tenant_id, document_id)
            by_purpose.setdefault(purpose, []).append((node, before))
        told.append(
            [
                LicenceMaterial(
                    code=material.code,
                    title=material.title,
                    required=material.required,
                    source=material.source,
                    on_file=material.code in by_purpose,
                    reused=any(before for _, before in by_purpose.get(material.code, ())),
                    asked=material.code in asked,
                    documents=[strawberry.ID(str(node)) for node, _ in by_purpose.get(material.code, ()) if node],
                )
                for material in lists.checklist(PURPOSE[ApplicationKind(kind)]).values()
            ]
        )
    return told


#: What is on file, and whether the file was used in another case before.
_USED = (
    "SELECT u.tenant_id, u.subject_id, u.purpose, u.document_id, EXISTS (SELECT 1 FROM document_use before"
    " WHERE before.tenant_id = u.tenant_id AND before.document_id = u.document_id"
    " AND before.subject_id <> u.subject_id AND before.id < u.id)"
    " FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN document_use u ON u.tenant_id = wanted.tenant_id AND u.subject_id = wanted.id ORDER BY u.id"
)


class LicenceApplicationOrderField(Term):
    """What applications can be ordered by."""

    SUBMITTED_ON = "SUBMITTED_ON", "提交日期"
    DUE_ON = "DUE_ON", "期限"
    DECIDED_ON = "DECIDED_ON", "决定日期"


term(LicenceApplicationOrderField, "许可申请排序字段")


@strawberry.input(description="许可申请排序")
class LicenceApplicationOrder:
    """One sort key."""

    field: LicenceApplicationOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="许可申请筛选 all given conditions must hold")
class LicenceApplicationFilter:
    """A filter on applications."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[ApplicationKind] | None = strawberry.field(default=UNSET, description="种类")
    status: Filter[ApplicationStatus] | None = strawberry.field(default=UNSET, description="状态")
    institution_name: StringFilter | None = strawberry.field(default=UNSET, description="拟设机构名称")
    operator_kind: Filter[OperatorKind] | None = strawberry.field(default=UNSET, description="举办主体类别")
    refusal_ground: Filter[RefusalGround] | None = strawberry.field(default=UNSET, description="不予许可的事由")
    submitted_on: DateFilter | None = strawberry.field(default=UNSET, description="提交日期")
    due_on: DateFilter | None = strawberry.field(default=UNSET, description="期限")
    overdue: BooleanFilter | None = strawberry.field(default=UNSET, description="是否逾期")
    due_provisional: BooleanFilter | None = strawberry.field(default=UNSET, description="期限是否暂定")
    decided_on: DateFilter | None = strawberry.field(default=UNSET, description="决定日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["LicenceApplicationFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["LicenceApplicationFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["LicenceApplicationFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class LicenceApplicationQueries:
    """Root fields of this area."""

    @planned
    def licence_applications(
        self,
        district: InDistrict = UNSET,
        filter: LicenceApplicationFilter | None = UNSET,
        order_by: list[LicenceApplicationOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[LicenceApplication]:
        """许可申请 that the caller may see; latest first unless ordered otherwise"""
        not_resolved()


_OVERDUE = "coalesce({t}.due_on < (now() AT TIME ZONE 'Asia/Shanghai')::date, false)"

BINDS = (
    Binds(
        LicenceApplication,
        tables.licence_application,
        LICENCE_APPLICATIONS,
        tag=LICENCE_APPLICATION_TAG,
        fields={
            "overdue": Column(_OVERDUE, Kind.BOOL),
            "plan": Computed(),
            "materials": Computed(),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "setup": One(Link("LicenceApplication", (("setup_id", "id"),))),
            "licence": One(Link("Licence", (("id", "application_id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="LicenceApplication"),
            "overdue": Compare(_OVERDUE, Kind.BOOL),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {
    "licenceApplications": Root("LicenceApplication", Shape.PAGE, order="SUBMITTED_ON DESC", arguments=within_district),
}
