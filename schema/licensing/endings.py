"""Procedures that end a licence, from notice to the decision of a second person, and the lists of them."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter
from schema.licensing.clauses import told_clauses
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Clause
from schema.rows import OF_OWN_INSTITUTION, register
from schema.tags import ENDING_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.licensing import tables
from server.licensing.model import EndingGround, EndingStatus
from server.planner.binding import Compare, Computed, Kind, Link, Many, One, Related, Root, Shape
from server.policy.terms import SourceStatus

if TYPE_CHECKING:
    from schema.exits.cases import ExitReferral
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution
    from schema.licensing.licences import Licence
    from schema.proposals import Proposal

term(EndingGround, "终止许可的事由", "LicenceEndingGround")
term(EndingStatus, "终止许可程序状态", "LicenceEndingStatus")
_Institution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_InstitutionFilter = Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")]


@strawberry.type(description="终止许可程序 notice, statement, and the decision of a second person")
class LicenceEnding(Node):
    """A procedure."""

    ground: EndingGround = field_of("事由")
    status: EndingStatus = field_of("状态")
    reason: str = field_of("告知的理由")
    penalty_number: str | None = field_of("行政处罚决定书文号")
    penalty_authority: str | None = field_of("处罚机关")
    penalty_decided_on: date | None = field_of("处罚决定日期")
    notified_on: date = field_of("告知日期")
    statement: str | None = field_of("陈述申辩")
    stated_on: date | None = field_of("陈述申辩日期")
    due_on: date | None = field_of("陈述申辩期限 the last day; null once decided")
    due_rule: str | None = field_of("期限规则")
    due_provisional: bool | None = field_of("期限是否暂定 a calendar notice still to come may move it")
    due_source: SourceStatus | None = field_of("期限来源 of its length")
    due_consequence: str | None = field_of("逾期后果")
    decided_on: date | None = field_of("决定日期")
    decision_reason: str | None = field_of("决定的理由")
    continuity: str | None = field_of("居民承接安排 how the residents it served are looked after")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("机构")
    licence: Annotated["Licence", strawberry.lazy("schema.licensing.licences")] | None = field_of("执业许可证")
    proposal: Annotated["Proposal", strawberry.lazy("schema.proposals")] | None = field_of("所处理的建议")
    exit_referrals: list[Annotated["ExitReferral", strawberry.lazy("schema.exits.cases")]] = field_of(
        "移送事项 of exit cases that led to it or wait for it"
    )

    @computed("条款 on which it rests; null where none is named")
    async def clause(ids: Sequence[NodeId], request: Request) -> Sequence[Clause | None]:  # noqa: N805
        return await told_clauses(request, ids, tables.licence_ending.name)


class LicenceEndingOrderField(Term):
    """What these procedures can be ordered by."""

    NOTIFIED_ON = "NOTIFIED_ON", "告知日期"
    DUE_ON = "DUE_ON", "陈述申辩期限"


term(LicenceEndingOrderField, "终止许可程序排序字段")


@strawberry.input(description="终止许可程序排序")
class LicenceEndingOrder:
    """One sort key."""

    field: LicenceEndingOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="终止许可程序筛选 all given conditions must hold")
class LicenceEndingFilter:
    """A filter on these procedures."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    ground: Filter[EndingGround] | None = strawberry.field(default=UNSET, description="事由")
    status: Filter[EndingStatus] | None = strawberry.field(default=UNSET, description="状态")
    notified_on: DateFilter | None = strawberry.field(default=UNSET, description="告知日期")
    due_on: DateFilter | None = strawberry.field(default=UNSET, description="陈述申辩期限")
    decided_on: DateFilter | None = strawberry.field(default=UNSET, description="决定日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: _InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["LicenceEndingFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["LicenceEndingFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["LicenceEndingFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class LicenceEndingQueries:
    """Root fields on these procedures."""

    @planned
    def licence_endings(
        self,
        district: InDistrict = UNSET,
        filter: LicenceEndingFilter | None = UNSET,
        order_by: list[LicenceEndingOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[LicenceEnding]:
        """终止许可程序 that the caller may see; latest first unless ordered otherwise"""
        not_resolved()


_LICENCE = Link("Licence", (("licence_id", "id"),))

BINDS = (
    Binds(
        LicenceEnding,
        tables.licence_ending,
        register(OF_OWN_INSTITUTION),
        tag=ENDING_TAG,
        fields={
            "clause": Computed(),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "licence": One(_LICENCE),
            "proposal": One(Link("Proposal", (("proposal_id", "id"),))),
            "exitReferrals": Many(Link("ExitReferral", (("id", "ending_id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="LicenceEnding"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

ROOTS = {
    "licenceEndings": Root("LicenceEnding", Shape.PAGE, order="NOTIFIED_ON DESC", arguments=within_district),
}
