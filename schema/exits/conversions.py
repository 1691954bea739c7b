"""Conversions of institutions, in both directions."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node
from schema.districts import District
from schema.exits.filters import ConversionCaseFilter, ConversionCaseOrder
from schema.exits.terms import ConversionDirection, ConversionStatus
from schema.filters import UNSET
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import OF_OWN_INSTITUTION, register
from schema.tags import CONVERSION_TAG
from schema.within import InDistrict, within_district
from server.exits import tables
from server.institutions.model import InstitutionKind
from server.planner.binding import Compare, Kind, Link, One, Related, Root, Shape

if TYPE_CHECKING:
    from schema.exits.cases import ExitCase
    from schema.institutions.register import Institution

_Institution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_ExitCase = Annotated["ExitCase", strawberry.lazy("schema.exits.cases")]


@strawberry.type(description="转型 in either direction; guided transformation is advice and changes no licence")
class ConversionCase(Node):
    """A conversion."""

    direction: ConversionDirection = field_of("方向")
    target_kind: InstitutionKind = field_of("目标类别")
    status: ConversionStatus = field_of("状态")
    opened_on: date = field_of("启动日期")
    because: str = field_of("理由")
    agreed_on: date | None = field_of("商定日期")
    agreement: str | None = field_of("商定内容")
    executed_on: date | None = field_of("完成日期")
    declined_because: str | None = field_of("未转型的理由")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("机构")
    exit_case: _ExitCase | None = field_of("退出案件 that guided to it")


@strawberry.type
class ConversionQueries:
    """Root fields of this area."""

    @planned
    def conversion_cases(
        self,
        district: InDistrict = UNSET,
        filter: ConversionCaseFilter | None = UNSET,
        order_by: list[ConversionCaseOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[ConversionCase]:
        """转型 that the caller may see; latest first unless ordered otherwise"""
        not_resolved()


BINDS = (
    Binds(
        ConversionCase,
        tables.conversion_case,
        register(OF_OWN_INSTITUTION),
        tag=CONVERSION_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "exitCase": One(Link("ExitCase", (("exit_case_id", "id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="ConversionCase"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {
    "conversionCases": Root("ConversionCase", Shape.PAGE, order="OPENED_ON DESC", arguments=within_district),
}
