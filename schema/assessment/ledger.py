"""The rectification ledger: every problem found in an institution, and what became of it."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import OF_OWN_INSTITUTION, register
from schema.tags import ITEM_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.assessment import tables
from server.assessment.model import RectificationSource, RectificationStatus
from server.kit.terms import Term
from server.planner.binding import Compare, Kind, Link, One, Related, Root, Shape

if TYPE_CHECKING:
    from schema.assessment.assessments import Assessment
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution

term(RectificationSource, "整改事项来源")
term(RectificationStatus, "整改状态")

_OfInstitution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_InstitutionFilter = Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")]


class RectificationItemOrderField(Term):
    """What the ledger can be ordered by."""

    DUE_ON = "DUE_ON", "整改期限"
    STATUS = "STATUS", "状态"


term(RectificationItemOrderField, "整改台账排序字段")


@strawberry.input(description="整改台账排序")
class RectificationItemOrder:
    """One sort key."""

    field: RectificationItemOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="整改台账筛选 all given conditions must hold")
class RectificationItemFilter:
    """A filter on the ledger."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    status: Filter[RectificationStatus] | None = strawberry.field(default=UNSET, description="状态")
    source: Filter[RectificationSource] | None = strawberry.field(default=UNSET, description="来源")
    due_on: DateFilter | None = strawberry.field(default=UNSET, description="整改期限；逾期事项：lt 今天且状态未完成")
    problem: StringFilter | None = strawberry.field(default=UNSET, description="问题")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: _InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["RectificationItemFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["RectificationItemFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["RectificationItemFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="整改事项 one problem in an institution's ledger")
class RectificationItem(Node):
    """An item of the ledger."""

    source: RectificationSource = field_of("来源")
    problem: str = field_of("问题")
    due_on: date = field_of("整改期限 the last day in time")
    plan: str | None = field_of("整改措施")
    evidence: str | None = field_of("整改情况")
    status: RectificationStatus = field_of("状态")
    submitted_on: date | None = field_of("提交日期")
    decided_on: date | None = field_of("处理日期")
    reason: str | None = field_of("理由")
    version: int = field_of("版本")
    district: District = field_of("辖区")
    assessment: Annotated["Assessment", strawberry.lazy("schema.assessment.assessments")] | None = field_of(
        "机构考核 that found the problem, if one did"
    )
    institution: _OfInstitution | None = field_of("机构")


@strawberry.type
class LedgerQueries:
    """Root fields of the ledger."""

    @planned
    def rectification_items(
        self,
        district: InDistrict = UNSET,
        filter: RectificationItemFilter | None = UNSET,
        order_by: list[RectificationItemOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[RectificationItem]:
        """整改台账 by the day they are due unless ordered otherwise"""
        not_resolved()


BINDS = (
    Binds(
        RectificationItem,
        tables.rectification_item,
        register(OF_OWN_INSTITUTION),
        tag=ITEM_TAG,
        fields={
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "assessment": One(Link("Assessment", (("subject_id", "id"),))),
        },
        columns={"source": "source_kind"},
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="RectificationItem"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {
    "rectificationItems": Root("RectificationItem", Shape.PAGE, order="DUE_ON ASC", arguments=within_district),
}
