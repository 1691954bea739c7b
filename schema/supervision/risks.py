"""Risk signals between departments, and what departments do together."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, BooleanFilter, DateFilter, Filter, IDFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import SIGNALS, VISITS
from schema.supervision.negative_list import NegativeFinding, YellowCard
from schema.tags import SIGNAL_TAG, VISIT_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.districts.model import AuthorityKind
from server.kit.terms import Term
from server.planner.binding import Compare, Key, Kind, Link, Many, One, Related, Root, Shape
from server.supervision import tables
from server.supervision.model import RiskKind, RiskLevel, SignalStatus, VisitKind, VisitStatus

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution

term(RiskKind, "风险种类 each watched by its own departments, as the policy says")
term(RiskLevel, "风险等级")
term(SignalStatus, "风险信号状态", "RiskSignalStatus")
term(VisitKind, "联合行动种类", "JointVisitKind")
term(VisitStatus, "联合行动状态", "JointVisitStatus")

#: The numbers of these types in node ids.


@strawberry.type(description="风险信号 that a department saw; read by it and by those it is shared with")
class RiskSignal(Node):
    """A signal."""

    kind: RiskKind = field_of("种类")
    department: AuthorityKind = field_of("提出部门")
    level: RiskLevel = field_of("等级")
    observed_on: date = field_of("发现日期")
    facts: str = field_of("情况")
    status: SignalStatus = field_of("状态")
    triage: str | None = field_of("研判意见")
    shared_with: list[AuthorityKind] = field_of("通报部门")
    outcome: str | None = field_of("办理结果")
    version: int = field_of("版本 for `expectedVersion`")
    created_at: datetime = field_of("提出时间")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")
    finding: NegativeFinding | None = field_of("转成的认定")
    visits: list["JointVisit"] = field_of("联合检查与专项指导")


@strawberry.type(description="联合检查或专项指导 with who takes part and what was found")
class JointVisit(Node):
    """A visit."""

    kind: VisitKind = field_of("种类")
    status: VisitStatus = field_of("状态")
    planned_on: date = field_of("安排日期")
    departments: list[AuthorityKind] = field_of("参加部门")
    purpose: str = field_of("目的")
    held_on: date | None = field_of("开展日期")
    findings: str | None = field_of("检查或指导情况 of a cancelled one: why")
    problems_found: bool | None = field_of("是否发现问题")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")
    signal: RiskSignal | None = field_of("所依据的风险信号")
    card: YellowCard | None = field_of("所依据的黄牌")


class RiskSignalOrderField(Term):
    """What signals can be ordered by."""

    OBSERVED_ON = "OBSERVED_ON", "发现日期"
    LEVEL = "LEVEL", "等级"
    STATUS = "STATUS", "状态"


term(RiskSignalOrderField, "风险信号排序字段")


@strawberry.input(description="风险信号排序")
class RiskSignalOrder:
    """One sort key."""

    field: RiskSignalOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="风险信号筛选 all given conditions must hold")
class RiskSignalFilter:
    """A filter on signals."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[RiskKind] | None = strawberry.field(default=UNSET, description="种类")
    department: Filter[AuthorityKind] | None = strawberry.field(default=UNSET, description="提出部门")
    level: Filter[RiskLevel] | None = strawberry.field(default=UNSET, description="等级")
    status: Filter[SignalStatus] | None = strawberry.field(default=UNSET, description="状态")
    observed_on: DateFilter | None = strawberry.field(default=UNSET, description="发现日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["RiskSignalFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["RiskSignalFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["RiskSignalFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


class JointVisitOrderField(Term):
    """What visits can be ordered by."""

    PLANNED_ON = "PLANNED_ON", "安排日期"
    HELD_ON = "HELD_ON", "开展日期"


term(JointVisitOrderField, "联合行动排序字段")


@strawberry.input(description="联合行动排序")
class JointVisitOrder:
    """One sort key."""

    field: JointVisitOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="联合行动筛选 all given conditions must hold")
class JointVisitFilter:
    """A filter on visits."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[VisitKind] | None = strawberry.field(default=UNSET, description="种类")
    status: Filter[VisitStatus] | None = strawberry.field(default=UNSET, description="状态")
    planned_on: DateFilter | None = strawberry.field(default=UNSET, description="安排日期")
    held_on: DateFilter | None = strawberry.field(default=UNSET, description="开展日期")
    problems_found: BooleanFilter | None = strawberry.field(default=UNSET, description="是否发现问题")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["JointVisitFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["JointVisitFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["JointVisitFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class RiskQueries:
    """Root fields of this area."""

    @planned
    def risk_signals(
        self,
        district: InDistrict = UNSET,
        filter: RiskSignalFilter | None = UNSET,
        order_by: list[RiskSignalOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[RiskSignal]:
        """风险信号 that the caller's department may read; latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def joint_visits(
        self,
        district: InDistrict = UNSET,
        filter: JointVisitFilter | None = UNSET,
        order_by: list[JointVisitOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[JointVisit]:
        """联合检查与专项指导 that the caller may see; latest first unless ordered otherwise"""
        not_resolved()


_COMMON = {"district": One(TO_DISTRICT), "institution": One(TO_INSTITUTION)}
_ABOUT = {"district": Related(TO_DISTRICT), "institution": Related(TO_INSTITUTION)}

BINDS = (
    Binds(
        RiskSignal,
        tables.risk_signal,
        SIGNALS,
        tag=SIGNAL_TAG,
        fields={
            **_COMMON,
            "finding": One(Link("NegativeFinding", (("finding_id", "id"),))),
            "visits": Many(Link("JointVisit", (("id", "signal_id"),)), Key("{t}.planned_on", Kind.DATE)),
        },
        filters={**_ABOUT, "id": Compare("{t}.id", Kind.UUID, node="RiskSignal")},
    ),
    Binds(
        JointVisit,
        tables.joint_visit,
        VISITS,
        tag=VISIT_TAG,
        fields={
            **_COMMON,
            "signal": One(Link("RiskSignal", (("signal_id", "id"),))),
            "card": One(Link("YellowCard", (("card_id", "id"),))),
        },
        filters={**_ABOUT, "id": Compare("{t}.id", Kind.UUID, node="JointVisit")},
    ),
)

ROOTS = {
    "riskSignals": Root("RiskSignal", Shape.PAGE, order="OBSERVED_ON DESC", arguments=within_district),
    "jointVisits": Root("JointVisit", Shape.PAGE, order="PLANNED_ON DESC", arguments=within_district),
}
