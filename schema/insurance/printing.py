"""The annexes and lists as files, and the mail to the agency's mailbox."""

import asyncio
import base64
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import strawberry

from schema.access import Request
from schema.acting import mutation, node_of, perform_on, request_of
from schema.insurance.cases import DesignationApplication
from schema.insurance.written import rows_of
from schema.planned import field_of, resolved
from schema.problems import Conflicting, InvalidInput, OutOfDate
from schema.reading import sees
from schema.tags import DESIGNATION_APPLICATION_TAG
from schema.terms import term
from server.db import roles
from server.institutions.model import InstitutionKind
from server.insurance import keeping
from server.insurance.actions import mailing as sending
from server.insurance.annexes import filed
from server.insurance.model import PASSAGES, Step
from server.insurance.printing import ListKind, Printed, PrintFormat, PrintKind, annex, listed
from server.kit import clock
from server.kit.errors import BadInput, NotFound
from server.kit.ids import NodeId
from server.record.acts import Act

term(PrintKind, "可打印的申请文件", "DesignationPaperKind")
term(PrintFormat, "打印格式", "DesignationPrintFormat")
term(ListKind, "可打印的名单", "DesignationListKind")

_FILED = (
    "SELECT a.tenant_id, a.id, a.number, a.applied_on, a.received_at, a.form, a.bank_account_masked,"
    " a.accepted_commitments, a.commitments_signed_on, a.guarantor_name, a.guarantor_code, a.guarantee_signed_on,"
    " a.guarantee_required FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN designation_application a ON a.tenant_id = wanted.tenant_id AND a.id = wanted.id"
)
_FILED_NAMES = (
    "number",
    "applied_on",
    "received_at",
    "form",
    "bank_account_masked",
    "accepted_commitments",
    "commitments_signed_on",
    "guarantor_name",
    "guarantor_code",
    "guarantee_signed_on",
    "guarantee_required",
)
_PERSONS = (
    "SELECT p.tenant_id, p.application_id, p.role, p.amended, p.phone_masked, p.identity_number_masked"
    " FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN designation_person p ON p.tenant_id = wanted.tenant_id AND p.application_id = wanted.id"
)
_PERSON_NAMES = ("role", "amended", "phone_masked", "identity_number_masked")
_PUBLICITIES = (
    "SELECT d.name, p.institution_name, p.category, p.address, p.published_on, p.closes_on FROM designation_publicity p"
    " JOIN district d ON d.tenant_id = p.tenant_id WHERE p.year = $1 AND p.quarter = $2 AND p.withdrawn_on IS NULL"
    " ORDER BY d.display_order, p.institution_name"
)
_ANNOUNCED = (
    "SELECT d.name, h.institution_name, h.category, h.address, h.code, h.announced_on FROM designation h"
    " JOIN district d ON d.tenant_id = h.tenant_id WHERE h.announced_on IS NOT NULL"
    " AND extract(year FROM h.announced_on) = $1 AND extract(quarter FROM h.announced_on) = $2"
    " ORDER BY d.display_order, h.institution_name"
)
_TITLES = {
    ListKind.PUBLICITY: "年第{quarter}季度新增医疗保障定点医疗机构评估合格名单（公示）",
    ListKind.ANNOUNCEMENT: "年第{quarter}季度新增医疗保障定点医疗机构名单",
}
_QUARTERS = "一二三四"


@strawberry.type(description="文件 made anew each time it is asked for")
class PrintedFile:
    """A file."""

    name: str = strawberry.field(description="文件名")
    media_type: str = strawberry.field(description="媒体类型")
    size_bytes: int = strawberry.field(description="字节数")
    sha256: str = strawberry.field(description="校验值")
    content_base64: str = strawberry.field(description="内容 Base64 (RFC 4648)")


def told(printed: Printed) -> PrintedFile:
    """The file as the API hands it out."""
    return PrintedFile(
        name=printed.name,
        media_type=printed.media_type,
        size_bytes=len(printed.content),
        sha256=printed.sha256,
        content_base64=base64.b64encode(printed.content).decode(),
    )


@strawberry.type
class PrintingQueries:
    """Root fields that print."""

    @resolved("打印申请文件 one annex of an application the caller may see, every personal value masked")
    async def designation_paper(
        self,
        info: strawberry.Info,
        application: Annotated[strawberry.ID, strawberry.argument(description="申请")],
        kind: Annotated[PrintKind, strawberry.argument(description="文件")],
        format: Annotated[PrintFormat, strawberry.argument(description="格式")] = PrintFormat.OFFICE,
    ) -> PrintedFile:
        request = request_of(info)
        node = NodeId.parse(application, path=("application",))
        if node.tag != DESIGNATION_APPLICATION_TAG or not await sees(request, node):
            raise NotFound(path=("application",))
        row, persons = await _filed(request, node)
        if kind is PrintKind.ANNEX_2_2 and not row["guarantee_required"]:
            raise BadInput("管理责任承诺书仅社区卫生服务站、村卫生室用", path=("kind",))
        register = request.engine.policies.library.register
        return told(await asyncio.to_thread(annex, kind, filed(row, persons), register, format))

    @resolved("打印名单 of a quarter: publicity, or announcement; published to everybody")
    async def designation_list(
        self,
        info: strawberry.Info,
        kind: Annotated[ListKind, strawberry.argument(description="名单")],
        year: Annotated[int, strawberry.argument(description="年份")],
        quarter: Annotated[int, strawberry.argument(description="季度 1 to 4; of the announcement for announced ones")],
        format: Annotated[PrintFormat, strawberry.argument(description="格式")] = PrintFormat.OFFICE,
    ) -> PrintedFile:
        if not 1 <= quarter <= 4 or not 2000 <= year <= 2999:
            raise BadInput("quarter 应为 1 到 4，year 应为四位年份", path=("quarter",))
        request = request_of(info)
        sql = _PUBLICITIES if kind is ListKind.PUBLICITY else _ANNOUNCED
        found = await request.engine.pools.fetch(roles.PUBLIC_READER, sql, [year, quarter])
        rows = [(name, who, InstitutionKind(category), *rest) for name, who, category, *rest in found]
        title = f"{year}{_TITLES[kind].format(quarter=_QUARTERS[quarter - 1])}"
        made_on = clock.today() if format is PrintFormat.PDF else None
        return told(await asyncio.to_thread(partial(listed, made_on=made_on), kind, title, f"共 {len(rows)} 家", rows))


async def _filed(request: Request, node: NodeId) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    key = (node.tenant_id, node.id)
    rows, persons = await rows_of(request, [node], _FILED), await rows_of(request, [node], _PERSONS)
    row = dict(zip(_FILED_NAMES, rows[key][0], strict=True))
    return row, [dict(zip(_PERSON_NAMES, one, strict=True)) for one in persons.get(key, [])]


@strawberry.input(description="发送邮件")
class MailDesignationInput:
    """What mailing takes."""

    application: strawberry.ID = strawberry.field(description="申请")
    idempotency_key: str = strawberry.field(description="幂等键")


@strawberry.type(description="邮件已交付发送 or waits to be tried again: see `messages`")
class DesignationMailed:
    """A message queued."""

    application: DesignationApplication = field_of("申请")


MailDesignationResult = Annotated[
    DesignationMailed | InvalidInput | Conflicting | OutOfDate, strawberry.union("MailDesignationResult")
]


@strawberry.type
class MailingMutations:
    """Root fields that send."""

    @mutation(
        "发送申请邮件 to the agency's mailbox, where the installation sends any; attachments are masked",
        by=PASSAGES[Step.SUBMIT].by,
    )
    async def mail_designation(self, info: strawberry.Info, input: MailDesignationInput) -> MailDesignationResult:
        request = request_of(info)
        node = node_of(input.application, DESIGNATION_APPLICATION_TAG, "application")
        engine = request.engine

        async def verb(act: Act, node: NodeId) -> None:
            await sending.mail(act, node.id, register=engine.policies.library.register, enabled=engine.smtp is not None)

        answer = await perform_on(info, node, input, verb, DesignationMailed)
        await mail_now(request, node.tenant_id)
        return answer


async def mail_now(request: Request, tenant: int) -> None:
    """Hand over what waits in the tenant, where the installation sends mail; what fails is tried again."""
    engine = request.engine
    if engine.smtp is not None:
        await keeping.send_mail(engine.pools, engine.smtp, engine.policies.library.register, tenant)
