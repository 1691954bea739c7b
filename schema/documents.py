"""Uploaded files: announcing one, seeing one's own, reading those of a case."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Optional
from uuid import UUID

import strawberry

from schema.access import Request
from schema.acting import given, mutation, node_of, perform, ref, request_of
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.fetching import fetched
from schema.filters import UNSET, DateTimeFilter, Filter, IDFilter, StringFilter
from schema.institutions.filters import InstitutionFilter
from schema.institutions.register import Institution
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Conflicting, InvalidInput
from schema.rows import FILES, USES
from schema.tags import DOCUMENT_TAG, INSTITUTION_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.documents import actions, tables
from server.documents.actions import Announced
from server.documents.model import UPLOADERS, DocumentStatus
from server.documents.tickets import Purpose, Ticket
from server.kit import clock
from server.kit.actor import Role
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.planner.binding import ANY_NODE, Compare, Computed, Key, Kind, Link, Many, One, Related, Root, Shape
from server.record.acts import Act

term(DocumentStatus, "文件状态")

#: The number of this type in node ids.

_STORED = (
    "SELECT tenant_id, id, status = 'STORED' FROM document"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)


@strawberry.type(description="文件使用记录 in which case a file was handed in, and as what")
class DocumentUse:
    """A use."""

    subject_type: str = field_of("事项类别 the kind of case")
    purpose: str = field_of("用途 what it proves there")
    used_at: datetime = field_of("提交时间")


@strawberry.type(description="文件 an uploaded file; what was handed in once can be used again")
class Document(Node):
    """A file."""

    name: str = field_of("文件名")
    media_type: str = field_of("媒体类型")
    size_bytes: int = field_of("大小（字节）")
    sha256: str | None = field_of("内容摘要 SHA-256 of the bytes; null until stored", name="sha256")
    status: DocumentStatus = field_of("状态")
    purpose: str | None = field_of("用途 what it is: 营业执照, 房屋证明")
    refusal: str | None = field_of("拒收原因")
    uploaded_by: str = field_of("上传人 by subject")
    created_at: datetime = field_of("申请上传时间")
    stored_at: datetime | None = field_of("存储时间")
    uses: list[DocumentUse] = field_of("使用记录 the first first")
    district: District = field_of("辖区")
    institution: Institution | None = field_of("机构 whose staff may use it")

    @computed("下载地址 signed, for the caller alone, good for some minutes; null until stored")
    async def download_url(ids: Sequence[NodeId], request: Request) -> Sequence[str | None]:  # noqa: N805
        stored = await fetched(request, ids, _STORED)
        return [
            address_of(request, Purpose.DOWNLOAD, one) if stored[one.tenant_id, one.id][0][0] else None for one in ids
        ]


def documents_in(value: Any, name: str = "documents") -> list[UUID]:
    """The stored files that an input's field lists; none where it was not given. Raises: BadInput."""
    return [node_of(one, DOCUMENT_TAG, name).id for one in given(value) or ()]


def address_of(request: Request, purpose: Purpose, node: NodeId) -> str:
    """The address from which the caller downloads the object that it was just shown."""
    files, subject = request.engine.files, request.actor.subject if request.actor else ""
    return files.tickets.address(Ticket(purpose, node.tenant_id, node.id, subject), clock.now() + files.download_time)


class DocumentOrderField(Term):
    """What files can be ordered by."""

    CREATED_AT = "CREATED_AT", "申请上传时间"
    NAME = "NAME", "文件名"


term(DocumentOrderField, "文件排序字段")


@strawberry.input(description="文件排序")
class DocumentOrder:
    """One sort key."""

    field: DocumentOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="文件使用筛选")
class DocumentUseFilter:
    """A filter on uses."""

    subject: IDFilter | None = strawberry.field(default=UNSET, description="事项")
    subject_type: StringFilter | None = strawberry.field(default=UNSET, description="事项类别")
    purpose: StringFilter | None = strawberry.field(default=UNSET, description="用途")


@strawberry.input(description="文件筛选 all given conditions must hold")
class DocumentFilter:
    """A filter on files."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    name: StringFilter | None = strawberry.field(default=UNSET, description="文件名")
    purpose: StringFilter | None = strawberry.field(default=UNSET, description="用途")
    status: Filter[DocumentStatus] | None = strawberry.field(default=UNSET, description="状态")
    uploaded_by: StringFilter | None = strawberry.field(default=UNSET, description="上传人")
    created_at: DateTimeFilter | None = strawberry.field(default=UNSET, description="申请上传时间")
    uses: DocumentUseFilter | None = strawberry.field(default=UNSET, description="有一次使用满足")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["DocumentFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["DocumentFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["DocumentFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.input(description="申请上传文件")
class RequestUploadInput:
    """What announcing a file takes."""

    district: str = strawberry.field(description="辖区代码")
    name: str = strawberry.field(description="文件名 at most 200 characters")
    media_type: str = strawberry.field(description="媒体类型 `application/pdf`; the bytes are held against it")
    size_bytes: int = strawberry.field(description="大小（字节） exactly so many are taken")
    idempotency_key: str = strawberry.field(
        description="幂等键 the same key returns the same answer, executed once; kept at least 24 hours"
    )
    purpose: str | None = strawberry.field(default=UNSET, description="用途 what it is, to find it again: 营业执照")
    institution: strawberry.ID | None = strawberry.field(
        default=UNSET, description="机构 whose staff may use it; for staff of one institution that one"
    )


@strawberry.type(description="上传凭据 PUT the bytes to `url`, as they are, before `expiresAt`")
class UploadTicket:
    """Where the bytes go."""

    document: Document = strawberry.field(description="文件 to be named once its bytes are stored")
    url: str = strawberry.field(description="上传地址 signed; for one PUT of this file alone")
    expires_at: datetime = strawberry.field(description="地址失效时间")


RequestUploadResult = Annotated[UploadTicket | InvalidInput | Conflicting, strawberry.union("RequestUploadResult")]


@strawberry.type
class DocumentQueries:
    """Root fields of this area."""

    @planned
    def documents(
        self,
        district: InDistrict = UNSET,
        filter: DocumentFilter | None = UNSET,
        order_by: list[DocumentOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Document]:
        """文件 that the caller may read, their own among them; the latest first unless ordered otherwise"""
        not_resolved()


@strawberry.type
class DocumentMutations:
    """Mutations of this area."""

    @mutation(
        "申请上传文件 then PUT its bytes to the address; a stored file is named in any number of applications",
        by=[role for role in UPLOADERS if role is not Role.MUNICIPAL_INSURANCE_OFFICER],
        city_wide=[Role.MUNICIPAL_INSURANCE_OFFICER],
    )
    async def request_upload(self, info: strawberry.Info, input: RequestUploadInput) -> RequestUploadResult:
        request = request_of(info)
        files, tenant = request.engine.files, await request.tenant_named(input.district)
        institution = given(input.institution)
        wanted = Announced(
            name=input.name.strip(),
            media_type=input.media_type.strip().lower(),
            size_bytes=input.size_bytes,
            purpose=given(input.purpose),
            institution_id=node_of(institution, INSTITUTION_TAG, "institution").id if institution else None,
        )

        async def verb(act: Act) -> Mapping[str, Any]:
            document_id, until = await actions.announce(act, files, wanted)
            return {"document": str(NodeId(DOCUMENT_TAG, tenant, document_id)), "until": until.isoformat()}

        def payload(document: str, until: str) -> UploadTicket:
            node, expires = NodeId.parse(document), datetime.fromisoformat(until)
            assert request.actor is not None, "it has just acted"
            ticket = Ticket(Purpose.UPLOAD, tenant, node.id, request.actor.subject)
            return UploadTicket(document=ref(document), url=files.tickets.address(ticket, expires), expires_at=expires)

        return await perform(info, tenant, input, verb, payload)


_USES = Link("DocumentUse", (("id", "document_id"),))

BINDS = (
    Binds(
        DocumentUse, tables.document_use, USES, filters={"subject": Compare("{t}.subject_id", Kind.UUID, node=ANY_NODE)}
    ),
    Binds(
        Document,
        tables.document,
        FILES,
        tag=DOCUMENT_TAG,
        fields={
            "downloadUrl": Computed(),
            "uses": Many(_USES, Key("{t}.used_at", Kind.DATETIME)),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Document"),
            "uses": Related(_USES),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {"documents": Root("Document", Shape.PAGE, order="CREATED_AT DESC", arguments=within_district)}
