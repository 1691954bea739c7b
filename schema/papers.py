"""Official documents 文书: number, what they say, how they were served, what can be done against them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Optional

import strawberry

from schema.access import Request
from schema.acting import mutation, node_of, perform_on
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.documents import address_of
from schema.fetching import fetched, subjects
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.institutions.filters import InstitutionFilter
from schema.institutions.register import Institution
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Clause, Conflicting, InvalidInput, OutOfDate, PolicyNotEnabled, cited
from schema.rows import OF_PAPER, PAPERS
from schema.tags import PAPER_TAG
from schema.terms import term
from schema.vocabularies import DayUnit
from schema.within import InDistrict, by_id, within_district
from server.documents.tickets import Purpose
from server.kit.clause import Clause as Citation
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.papers import actions, tables
from server.papers.model import PaperKind, RemedyKind, ServiceMethod
from server.planner.binding import ANY_NODE, Column, Compare, Computed, Key, Kind, Link, Many, One, Related, Root, Shape
from server.policy.terms import SourceStatus
from server.record.acts import Act

term(PaperKind, "文书种类")
term(ServiceMethod, "送达方式")
term(RemedyKind, "救济途径")

#: The number of this type in node ids.

_CONTENT = (
    "SELECT tenant_id, id, content FROM paper"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)

_SUBJECTS = (
    "SELECT tenant_id, id, subject_type, subject_id FROM paper"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)


class PaperFormat(Term):
    """What a document can be downloaded as."""

    DOCX = "DOCX", "Word 文档"
    PDF = "PDF", "PDF/A，内嵌字体"


term(PaperFormat, "文书格式")
_FORMATS = {PaperFormat.DOCX: Purpose.PAPER_DOCX, PaperFormat.PDF: Purpose.PAPER_PDF}


@strawberry.type(description="文书正文的一行")
class PaperField:
    """A row of the body."""

    label: str = strawberry.field(description="项目")
    text: str = strawberry.field(description="内容")


@strawberry.type(description="送达 how a document reached its addressee")
class PaperService:
    """A service, as noted."""

    served_on: date = field_of("送达日期 for 公告送达 the day on which it counts as served")
    method: ServiceMethod = field_of("送达方式")
    receipt: str | None = field_of("送达回证 who took it, or the number of the letter")
    reason: str | None = field_of("重新送达或更正的理由")
    noted_at: datetime = field_of("登记时间")


@strawberry.type(description="救济途径 what the addressee can do against it, and until when")
class PaperRemedy:
    """A remedy."""

    kind: RemedyKind = field_of("途径")
    last_day: date = field_of("末日 the last day on which it can be sought")
    days: int = field_of("期限长度 in `unit`, counted from the day after service")
    unit: DayUnit = field_of("期限单位")
    rule: str = field_of("规则")
    provisional: bool = field_of("是否暂定 a calendar notice still to come may move the day")
    source: SourceStatus = field_of("期限来源")


@strawberry.type(description="文书 an official document as it was issued; its content never changes")
class OfficialPaper(Node):
    """An official document."""

    kind: PaperKind = field_of("种类")
    number: str = field_of("文号 by district, kind and year")
    title: str = field_of("标题")
    issuer: str = field_of("签发机关")
    addressee: str = field_of("受送达人")
    issued_on: date = field_of("签发日期")
    digest: str = field_of("内容摘要 SHA-256 over all that it says")
    version: int = field_of("版本 for `expectedVersion`: 1 until served, and one more with every entry of a service")
    subject_type: str = field_of("事项类别 the kind of case it was issued in")
    service: PaperService | None = field_of("送达 as it stands; null until served")
    services: list[PaperService] = field_of("送达记录 all of them, the first first")
    remedies: list[PaperRemedy] = field_of("救济途径 counted from the service as it stands; empty until served")
    district: District = field_of("辖区")
    institution: Institution | None = field_of("机构")

    @computed("正文")
    async def fields(ids: Sequence[NodeId], request: Request) -> Sequence[list[PaperField]]:  # noqa: N805
        found = await fetched(request, ids, _CONTENT)
        told = (found[one.tenant_id, one.id][0][0]["fields"] for one in ids)
        return [[PaperField(label=label, text=text) for label, text in rows] for rows in told]

    @computed("依据条款")
    async def clauses(ids: Sequence[NodeId], request: Request) -> Sequence[list[Clause]]:  # noqa: N805
        register = request.engine.policies.library.register
        found = await fetched(request, ids, _CONTENT)
        told = (found[one.tenant_id, one.id][0][0]["clauses"] for one in ids)
        return [[cited(Citation(document, anchor), register) for document, anchor in rows] for rows in told]

    @computed("下载地址 signed, for the caller alone, good for some minutes")
    async def download_url(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
        format: Annotated[PaperFormat, strawberry.argument(description="格式")] = PaperFormat.DOCX,
    ) -> Sequence[str]:
        return [address_of(request, _FORMATS[format], one) for one in ids]

    @computed("事项 the case it was issued in; null where the caller may not see it")
    async def subject(ids: Sequence[NodeId], request: Request) -> Sequence[Node | None]:  # noqa: N805
        return await subjects(request, ids, _SUBJECTS)


class OfficialPaperOrderField(Term):
    """What documents can be ordered by."""

    ISSUED_ON = "ISSUED_ON", "签发日期"
    KIND = "KIND", "种类"


term(OfficialPaperOrderField, "文书排序字段")


@strawberry.input(description="文书排序")
class OfficialPaperOrder:
    """One sort key."""

    field: OfficialPaperOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="送达筛选")
class PaperServiceFilter:
    """A filter on services."""

    served_on: DateFilter | None = strawberry.field(default=UNSET, description="送达日期")
    method: Filter[ServiceMethod] | None = strawberry.field(default=UNSET, description="送达方式")


@strawberry.input(description="文书筛选 all given conditions must hold")
class OfficialPaperFilter:
    """A filter on documents."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[PaperKind] | None = strawberry.field(default=UNSET, description="种类")
    number: StringFilter | None = strawberry.field(default=UNSET, description="文号")
    issued_on: DateFilter | None = strawberry.field(default=UNSET, description="签发日期")
    subject: IDFilter | None = strawberry.field(default=UNSET, description="事项")
    service: PaperServiceFilter | None = strawberry.field(default=UNSET, description="已送达且满足；未送达用 not")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["OfficialPaperFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["OfficialPaperFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["OfficialPaperFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.input(description="登记送达")
class ServePaperInput:
    """What noting a service takes."""

    paper: strawberry.ID = strawberry.field(description="文书")
    expected_version: int = strawberry.field(
        description="所见版本 the `version` the caller read; a newer one gives `OutOfDate`"
    )
    on: date = strawberry.field(description="送达日期 for 公告送达 the day on which it counts as served")
    method: ServiceMethod = strawberry.field(description="送达方式")
    idempotency_key: str = strawberry.field(
        description="幂等键 the same key returns the same answer, executed once; kept at least 24 hours"
    )
    receipt: str | None = strawberry.field(
        default=None, description="送达回证 who took it, or the number of the letter"
    )
    reason: str | None = strawberry.field(
        default=None, description="理由 needed where it is served once more, or an entry corrected"
    )


@strawberry.type(description="已登记送达")
class PaperServed:
    """A service."""

    paper: OfficialPaper = strawberry.field(description="文书 with its remedies as they run now")


ServePaperResult = Annotated[
    PaperServed | InvalidInput | Conflicting | OutOfDate | PolicyNotEnabled, strawberry.union("ServePaperResult")
]


@strawberry.type
class PaperQueries:
    """Root fields of this area."""

    @planned
    def papers(
        self,
        district: InDistrict = UNSET,
        filter: OfficialPaperFilter | None = UNSET,
        order_by: list[OfficialPaperOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[OfficialPaper]:
        """文书 that the caller may see, the latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def paper(self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]) -> OfficialPaper | None:
        """一件文书 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()


@strawberry.type
class PaperMutations:
    """Mutations of this area."""

    @mutation(
        "登记送达 the remedies run from it; once more, or corrected, with a reason",
        by=actions.SERVERS,
        city_wide=actions.CITY_SERVERS,
    )
    async def serve_paper(self, info: strawberry.Info, input: ServePaperInput) -> ServePaperResult:
        async def verb(act: Act, node: NodeId) -> None:
            act.require(*actions.SERVERS, *actions.CITY_SERVERS)
            await actions.serve(
                act,
                node.id,
                on=input.on,
                method=input.method,
                receipt=input.receipt,
                reason=input.reason,
                expected_version=input.expected_version,
            )

        return await perform_on(info, node_of(input.paper, PAPER_TAG, "paper"), input, verb, PaperServed)


_SERVICES = (("id", "paper_id"),)
_LATER = "(SELECT 1 FROM paper_service later WHERE later.tenant_id = {service}.tenant_id"
_LATER += " AND later.paper_id = {service}.paper_id AND later.sequence > {service}.sequence)"
#: The service that stands: no later entry corrects it.
_STANDING = Link("PaperService", _SERVICES, "NOT EXISTS " + _LATER.replace("{service}", "{t}"))
_RUNNING = (
    "NOT EXISTS (SELECT 1 FROM paper_service counted JOIN paper_service later ON later.tenant_id = counted.tenant_id"
    " AND later.paper_id = counted.paper_id AND later.sequence > counted.sequence"
    " WHERE counted.tenant_id = {t}.tenant_id AND counted.id = {t}.service_id)"
)
_ENTRIES = "SELECT count(*) FROM paper_service entry WHERE entry.tenant_id = {t}.tenant_id AND entry.paper_id = {t}.id"
_VERSION = f"(1 + ({_ENTRIES}))::int4"

BINDS = (
    Binds(PaperService, tables.paper_service, OF_PAPER),
    Binds(PaperRemedy, tables.paper_remedy, OF_PAPER, columns={"lastDay": "last_on"}),
    Binds(
        OfficialPaper,
        tables.paper,
        PAPERS,
        tag=PAPER_TAG,
        fields={
            "version": Column(_VERSION, Kind.INT),
            "fields": Computed(),
            "clauses": Computed(),
            "downloadUrl": Computed(),
            "subject": Computed(),
            "service": One(_STANDING),
            "services": Many(Link("PaperService", _SERVICES), Key("{t}.sequence", Kind.INT)),
            "remedies": Many(Link("PaperRemedy", _SERVICES, _RUNNING), Key("{t}.kind", Kind.TEXT)),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="OfficialPaper"),
            "subject": Compare("{t}.subject_id", Kind.UUID, node=ANY_NODE),
            "service": Related(_STANDING),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)


ROOTS = {
    "papers": Root("OfficialPaper", Shape.PAGE, order="ISSUED_ON DESC", arguments=within_district),
    "paper": Root("OfficialPaper", Shape.ONE, arguments=by_id(PAPER_TAG), required=True),
}
