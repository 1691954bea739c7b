"""Exporting a list: the rows that a query of the caller's would list, as a file.

The file travels in the answer and is kept nowhere: there is no copy to guard, and none that outlives somebody's rights.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry

from schema.access import Request
from schema.acting import check_right, given, mutation, perform, request_of
from schema.filters import UNSET
from schema.listing import Listing, listing_of, rows_of
from schema.problems import InvalidInput, problem_of
from schema.scalars import JSON
from schema.tabular import ExportFormat, written
from schema.terms import term
from server.kit import clock
from server.kit.actor import Role
from server.kit.clock import shown
from server.kit.errors import Invalid, Refusal
from server.kit.ids import new_id
from server.record.acts import Act

#: PLATFORM_DEFAULT. What is more is exported by ``shequ export``.
ROWS_MOST = 10_000

#: Whoever operates the platform reads no register, and so has no list to take along.
_EVERYBODY_KNOWN = frozenset(Role) - {Role.PUBLIC, Role.PLATFORM_OPERATOR}

term(ExportFormat, "导出格式")


@dataclass(frozen=True, slots=True)
class Exported:
    """A list as a file."""

    name: str
    content: bytes
    rows: int


async def exported(
    request: Request, listing: Listing, variables: Mapping[str, Any], format_: ExportFormat, *, most: int
) -> Exported:
    """The whole list as a file. Raises: Invalid, RateLimited."""
    rows = [row async for row in rows_of(request, listing, variables, most=most)]
    now = clock.now()
    notes = {
        "列表": listing.name,
        "行数": str(len(rows)),
        "导出时间": shown(now),
        "导出人": request.actor.name if request.actor else "公众",
        "查询": listing.text,
    }
    name = f"{listing.name}-{now:%Y%m%d-%H%M}.{format_.lower()}"
    return Exported(name, written(format_, listing.columns, rows, notes), len(rows))


@strawberry.input(description="导出列表")
class ExportListInput:
    """What exporting takes."""

    district: str = strawberry.field(
        description="辖区代码 in whose audit trail the export is recorded; one of the caller's"
    )
    query: str = strawberry.field(
        description=(
            "查询 a query of one list with `nodes { … }`: its filter and order hold, its fields become columns, and all its "
            "pages are exported"
        )
    )
    format: ExportFormat = strawberry.field(description="格式")
    idempotency_key: str = strawberry.field(description="幂等键 the export is recorded once; the rows are read anew")
    variables: JSON | None = strawberry.field(default=UNSET, description="变量 of the query, by name")
    operation_name: str | None = strawberry.field(default=UNSET, description="操作名 where the document has several")


@strawberry.type(description="已导出 the file is in the answer and kept nowhere")
class ListExported:
    """An export."""

    file_name: str = strawberry.field(description="文件名")
    media_type: str = strawberry.field(description="媒体类型")
    rows: int = strawberry.field(description="行数")
    content: str = strawberry.field(description="内容 in base64")


ExportListResult = Annotated[ListExported | InvalidInput, strawberry.union("ExportListResult")]


@strawberry.type
class ExportMutations:
    """Root fields that belong to no area."""

    @mutation(
        "导出列表 under the same rights, masks and limits as the query itself; at most 10000 rows; recorded in the audit",
        by=_EVERYBODY_KNOWN,
    )
    async def export_list(self, info: strawberry.Info, input: ExportListInput) -> ExportListResult:
        request = request_of(info)
        tenant = await request.tenant_named(input.district)
        check_right(request, tenant, info.field_name)
        variables = given(input.variables) or {}
        try:
            if not isinstance(variables, dict):
                raise Invalid("变量应为对象：名称对值", path=("input", "variables"))
            listing = listing_of(info.schema._schema, input.query, given(input.operation_name))
            made = await exported(request, listing, variables, input.format, most=ROWS_MOST)
        except Refusal as refusal:
            return problem_of(refusal, request.engine.policies.library.register)

        async def verb(act: Act) -> Mapping[str, Any]:
            # Filters may hold what somebody looked for: a name, a number.  The trail tells which list and how much of it.
            told = {"list": listing.name, "rows": made.rows, "format": input.format}
            await act.note("exported", "list", new_id(), after=told)
            return {}

        def payload(**_: Any) -> ListExported:
            return ListExported(
                file_name=made.name,
                media_type=input.format.media_type,
                rows=made.rows,
                content=base64.b64encode(made.content).decode(),
            )

        return await perform(info, tenant, input, verb, payload)
