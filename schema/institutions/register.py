"""Institutions as the district registers them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, FirstGroups, Last, Node
from schema.districts import District
from schema.exits.filters import (
    ContinuityPlanFilter,
    ContinuityPlanOrder,
    ConversionCaseFilter,
    ConversionCaseOrder,
    ExitCaseFilter,
    ExitCaseOrder,
)
from schema.filters import UNSET
from schema.institutions.filters import InstitutionFilter, InstitutionOrder
from schema.institutions.groups import (
    GROUPING,
    InstitutionGroup,
    InstitutionGroupHaving,
    InstitutionGroupKey,
    InstitutionGroupOrder,
)
from schema.institutions.history import FormerName, Succession
from schema.institutions.organisations import Organisation
from schema.institutions.terms import (
    InstitutionKind,
    InstitutionStatus,
    OperatingNature,
    OperatorKind,
    Ownership,
    RecordSource,
)
from schema.links import TO_DISTRICT
from schema.people import Person
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.policy.policies import On
from schema.reviews import Review, ReviewFilter, ReviewOrder
from schema.rows import OWN_INSTITUTION, register
from schema.scalars import UnifiedSocialCreditCode
from schema.sites.sites import Site
from schema.standing.standings import InstitutionStanding, institution_standings
from schema.standing.timelines import TimelineEntry, institution_timelines
from schema.supervision.facts import SupervisionFact, SupervisionFactFilter, SupervisionFactOrder
from schema.supervision.negative_list import (
    NegativeFinding,
    NegativeFindingFilter,
    NegativeFindingOrder,
    YellowCard,
    YellowCardFilter,
    YellowCardOrder,
)
from schema.tags import INSTITUTION_TAG
from schema.within import InDistrict, by_id, within_district
from server.institutions import tables
from server.kit.ids import NodeId
from server.planner.binding import Compare, Computed, Key, Kind, Link, Many, One, Paged, Related, Root, Shape

if TYPE_CHECKING:
    from schema.exits.cases import ExitCase
    from schema.exits.continuity import ContinuityPlan
    from schema.exits.conversions import ConversionCase
    from schema.insurance.designations import Designation
    from schema.licensing.licences import Licence
    from schema.licensing.obligations import MonitoringEnrolment, Obligation


@strawberry.type(description="医疗卫生机构 an institution as the district registers it")
class Institution(Node):
    """An institution."""

    name: str = field_of("机构名称")
    former_names: list[FormerName] = field_of("曾用名 earliest first")
    registration_number: str | None = field_of("登记号")
    unified_social_credit_code: UnifiedSocialCreditCode | None = field_of(
        "统一社会信用代码 of the legal person; a centre and its stations may share one"
    )
    kind: InstitutionKind = field_of("类别")
    status: InstitutionStatus = field_of("状态")
    operating_nature: OperatingNature | None = field_of("经营性质")
    ownership: Ownership | None = field_of("所有制形式")
    operator_kind: OperatorKind | None = field_of("举办主体类别")
    organisation: Organisation | None = field_of("举办主体")
    competent_department: str | None = field_of("主管部门")
    phone: str | None = field_of("联系电话 of the institution's office")
    service_population: int | None = field_of("服务人口")
    annotations: list[str] = field_of("执业许可证加注 such as COMMUNITY_HOSPITAL")
    opened_on: date | None = field_of("正式运营日期")
    latest_review_on: date | None = field_of("最近评审日期")
    source: RecordSource = field_of("数据来源 sample data is always marked")
    version: int = field_of("版本 for `expectedVersion`")
    created_at: datetime = field_of("登记时间")
    updated_at: datetime = field_of("更新时间")
    district: District = field_of("辖区")
    parent: Optional["Institution"] = field_of("上级机构 the centre a station stands under")
    people: list[Person] = field_of("负责人 those who answer for the institution now")
    sites: list[Site] = field_of("在用场所 the sites the institution has not left")
    predecessors: list[Succession] = field_of("前身")
    successors: list[Succession] = field_of("后继")
    licence: Annotated["Licence", strawberry.lazy("schema.licensing.licences")] | None = field_of(
        "执业许可证 the latest, whatever became of it; null where none is known here"
    )
    obligations: list[Annotated["Obligation", strawberry.lazy("schema.licensing.obligations")]] = field_of(
        "义务 by code"
    )
    monitoring: Annotated["MonitoringEnrolment", strawberry.lazy("schema.licensing.obligations")] | None = field_of(
        "监测体系纳入情况 null where it is not enrolled"
    )

    designation: Annotated["Designation", strawberry.lazy("schema.insurance.designations")] | None = field_of(
        "医保定点 null where it never was within the designated ones, or the caller may not see it yet"
    )

    @computed("判定情况 what every policy in force on the day says about the institution, with the reasons")
    async def standing(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
        on: On = UNSET,
    ) -> Sequence[InstitutionStanding]:
        return await institution_standings(request, ids, on or None)

    @computed(
        "大事记 latest first: what happened up to the day, what of it counted then, until when, and for which rule"
    )
    async def timeline(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
        on: On = UNSET,
    ) -> Sequence[list[TimelineEntry]]:
        return await institution_timelines(request, ids, on or None)

    @planned
    def stations(
        self,
        filter: InstitutionFilter | None = UNSET,
        order_by: list[InstitutionOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection["Institution"]:
        """下设站点 stations and village clinics under this centre"""
        not_resolved()

    @planned
    def reviews(
        self,
        filter: ReviewFilter | None = UNSET,
        order_by: list[ReviewOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Review]:
        """评审记录 latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def yellow_cards(
        self,
        filter: YellowCardFilter | None = UNSET,
        order_by: list[YellowCardOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[YellowCard]:
        """黄牌 of its own, not those of stations under it (A-FT-13); latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def negative_findings(
        self,
        filter: NegativeFindingFilter | None = UNSET,
        order_by: list[NegativeFindingOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[NegativeFinding]:
        """负面清单认定 latest occurrence first unless ordered otherwise"""
        not_resolved()

    @planned
    def supervision_facts(
        self,
        filter: SupervisionFactFilter | None = UNSET,
        order_by: list[SupervisionFactOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[SupervisionFact]:
        """监管事实 latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def exit_cases(
        self,
        filter: ExitCaseFilter | None = UNSET,
        order_by: list[ExitCaseOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Annotated["ExitCase", strawberry.lazy("schema.exits.cases")]]:
        """退出案件 latest first unless ordered otherwise; staff see one from its notice on"""
        not_resolved()

    @planned
    def conversions(
        self,
        filter: ConversionCaseFilter | None = UNSET,
        order_by: list[ConversionCaseOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Annotated["ConversionCase", strawberry.lazy("schema.exits.conversions")]]:
        """转型 latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def continuity_plans(
        self,
        filter: ContinuityPlanFilter | None = UNSET,
        order_by: list[ContinuityPlanOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Annotated["ContinuityPlan", strawberry.lazy("schema.exits.continuity")]]:
        """居民承接方案 for its residents; by first day, latest first, unless ordered otherwise"""
        not_resolved()


@strawberry.type
class InstitutionQueries:
    """Root fields of this area."""

    @planned
    def institutions(
        self,
        district: InDistrict = UNSET,
        filter: InstitutionFilter | None = UNSET,
        order_by: list[InstitutionOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Institution]:
        """机构 of one district, or of all that the caller may see; by name in pinyin unless ordered otherwise"""
        not_resolved()

    @planned
    def institution_groups(
        self,
        group_by: list[InstitutionGroupKey],
        district: InDistrict = UNSET,
        filter: InstitutionFilter | None = UNSET,
        having: InstitutionGroupHaving | None = UNSET,
        order_by: list[InstitutionGroupOrder] | None = UNSET,
        first: FirstGroups = UNSET,
    ) -> list[InstitutionGroup]:
        """机构分组统计 of the very rows `institutions` lists; by its keys unless ordered otherwise"""
        not_resolved()

    @planned
    def institution(self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]) -> Institution | None:
        """一个机构 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()


_PARENT = Link("Institution", (("parent_id", "id"),))
_OWN = (("id", "institution_id"),)
_CURRENT_SITES = Link("Site", _OWN, "{t}.until IS NULL")
_REVIEWS = Link("Review", _OWN)
_LICENCE = Link("Licence", _OWN, "{t}.current")

BINDS = (
    Binds(
        Institution,
        tables.institution,
        register(OWN_INSTITUTION),
        tag=INSTITUTION_TAG,
        fields={
            "standing": Computed(),
            "timeline": Computed(),
            "district": One(TO_DISTRICT),
            "organisation": One(Link("Organisation", (("organisation_id", "id"),))),
            "parent": One(_PARENT),
            "sites": Many(_CURRENT_SITES, Key("{t}.kind", Kind.TEXT)),
            "people": Many(Link("Person", _OWN, "{t}.until IS NULL"), Key("{t}.position", Kind.TEXT)),
            "formerNames": Many(Link("FormerName", _OWN), Key("{t}.until", Kind.DATE)),
            "predecessors": Many(Link("Succession", (("id", "successor_id"),)), Key("{t}.on_date", Kind.DATE)),
            "successors": Many(Link("Succession", (("id", "predecessor_id"),)), Key("{t}.on_date", Kind.DATE)),
            "stations": Paged(Link("Institution", (("id", "parent_id"),)), "NAME ASC"),
            "reviews": Paged(_REVIEWS, "DECIDED_ON DESC"),
            "licence": One(_LICENCE),
            "obligations": Many(Link("Obligation", _OWN, "{t}.until IS NULL"), Key("{t}.code", Kind.TEXT)),
            "monitoring": One(Link("MonitoringEnrolment", _OWN, "{t}.ended_on IS NULL")),
            "yellowCards": Paged(Link("YellowCard", _OWN), "ISSUED_ON DESC"),
            "negativeFindings": Paged(Link("NegativeFinding", _OWN), "OCCURRED_ON DESC"),
            "supervisionFacts": Paged(Link("SupervisionFact", _OWN), "OCCURRED_ON DESC"),
            "exitCases": Paged(Link("ExitCase", _OWN), "OPENED_ON DESC"),
            "conversions": Paged(Link("ConversionCase", _OWN), "OPENED_ON DESC"),
            "continuityPlans": Paged(Link("ContinuityPlan", _OWN), "FROM_ON DESC"),
            "designation": One(Link("Designation", _OWN)),
        },
        columns={"NAME": "sort_key", "LATEST_REVIEW": "latest_review_on"},
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Institution"),
            "district": Related(TO_DISTRICT),
            "parent": Related(_PARENT),
            "sites": Related(_CURRENT_SITES),
            "reviews": Related(_REVIEWS),
            "licence": Related(_LICENCE),
        },
    ),
)


ROOTS = {
    "institutions": Root("Institution", Shape.PAGE, order="NAME ASC", arguments=within_district),
    "institutionGroups": Root("Institution", Shape.GROUPS, arguments=within_district, grouping=GROUPING),
    "institution": Root("Institution", Shape.ONE, arguments=by_id(INSTITUTION_TAG), required=True, unique=True),
}
