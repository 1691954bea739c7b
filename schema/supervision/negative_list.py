"""Findings on the negative list, and the yellow cards they gave."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, FirstGroups, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.fetching import fetched
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.policy.policies import On
from schema.problems import Clause, cited
from schema.rows import FINDINGS, OF_OWN_INSTITUTION, register
from schema.supervision.groups import (
    CARD_GROUPING,
    FINDING_GROUPING,
    NegativeFindingGroup,
    NegativeFindingGroupHaving,
    NegativeFindingGroupKey,
    NegativeFindingGroupOrder,
    YellowCardGroup,
    YellowCardGroupHaving,
    YellowCardGroupKey,
    YellowCardGroupOrder,
)
from schema.tags import CARD_TAG, FINDING_TAG, INTERVIEW_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit import clock
from server.kit.clause import Clause as Citation
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.planner.binding import Column, Compare, Computed, Embedded, Key, Kind, Link, Many, One, Related, Root, Shape
from server.standing.card_windows import cards_count_until
from server.supervision import tables
from server.supervision.model import CardStatus, FindingStatus, ReversalGround

if TYPE_CHECKING:
    from schema.assessment.assessments import AssessmentEffect
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution

term(ReversalGround, "撤销认定的依据")

#: The numbers of these types in node ids.

_CLAUSES = (
    "SELECT tenant_id, id, clause_document, clause_anchor FROM negative_finding"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)


@strawberry.type(description="负面清单条目 as the version of the list has it that judged the finding")
class NegativeListItem:
    """An item."""

    code: str = strawberry.field(description="条目号")
    text: str = strawberry.field(description="内容")


@strawberry.type(description="负面清单认定 that an item of the negative list occurred, from the allegation on")
class NegativeFinding(Node):
    """A finding."""

    item: NegativeListItem = field_of("条目")
    status: FindingStatus = field_of("状态")
    occurred_on: date = field_of("发生日期")
    discovered_on: date = field_of("发现日期")
    confirmed_on: date | None = field_of("认定日期")
    evidence: str = field_of("证据")
    basis: str | None = field_of("所依据的记录 as decisions name its event; its elements then decide about the item")
    reason: str | None = field_of("理由 of a dismissal or a reversal")
    reversal_ground: ReversalGround | None = field_of("撤销依据")
    reversed_on: date | None = field_of("撤销日期")
    policy_version: int | None = field_of("所依据的政策版本")
    policy_digest: str | None = field_of("所依据政策版本的摘要 SHA-256")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")
    yellow_card: Optional["YellowCard"] = field_of("黄牌 null until it is confirmed")
    assessment_effect: Annotated["AssessmentEffect", strawberry.lazy("schema.assessment.assessments")] | None = (
        field_of("考核结果运用 of a failed assessment, which it settled")
    )

    @computed("条款 of the item")
    async def clause(ids: Sequence[NodeId], request: Request) -> Sequence[Clause]:  # noqa: N805
        library = request.engine.policies.library
        found = await fetched(request, ids, _CLAUSES)
        return [cited(Citation(*found[one.tenant_id, one.id][0]), library.register) for one in ids]


@strawberry.type(description="约谈 of the head of an institution about a card")
class Interview(Node):
    """An interview."""

    on: date = field_of("日期")
    led_by: str = field_of("主持单位")
    attended_by: str = field_of("参加人 by office")
    minutes: str = field_of("约谈纪要")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")
    assessment_effects: list[Annotated["AssessmentEffect", strawberry.lazy("schema.assessment.assessments")]] = (
        field_of("考核结果运用 of failed assessments, which it settled")
    )


@strawberry.type(description="黄牌警告 the district's own; what the insurance side calls a yellow card is a fact (X-2)")
class YellowCard(Node):
    """A yellow card."""

    status: CardStatus = field_of("状态")
    occurred_on: date = field_of("行为发生日期 of the earliest finding it was given for")
    confirmed_on: date = field_of("认定日期")
    issued_on: date = field_of("发出日期")
    rectify_by: date = field_of("整改期限 the last day in time")
    rectify_rule: str = field_of("整改期限依据")
    interviewed_on: date | None = field_of("约谈日期")
    rectification: str | None = field_of("整改情况 as the institution submitted it")
    rectification_submitted_on: date | None = field_of("提交整改情况日期")
    closed_on: date | None = field_of("办结日期")
    voided_on: date | None = field_of("撤销日期")
    void_reason: str | None = field_of("撤销理由")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("机构")
    finding: NegativeFinding | None = field_of("认定 the first one it was given for")
    findings: list[NegativeFinding] = field_of("全部认定 it was given for, by day of occurrence")
    interviews: list[Interview] = field_of("约谈")

    @computed("计入至 the first day it no longer counts, by the exit policy in force; null where it never counts")
    async def counts_until(
        ids: Sequence[NodeId],  # noqa: N805
        request: Request,
        on: On = UNSET,
    ) -> Sequence[date | None]:
        return await _counts_until(request, ids, on or clock.today())


async def _counts_until(request: Request, ids: Sequence[NodeId], on: date) -> list[date | None]:
    shelved = await request.engine.policies.current()
    by_role: dict[str, list[tuple[int, NodeId]]] = {}
    for place, one in enumerate(ids):
        scope = await request.scope(request.known_tenant(one))
        by_role.setdefault(scope.db_role, []).append((place, one))
    found: dict[int, date | None] = {}
    for role, wanted in by_role.items():
        cards = [(one.tenant_id, one.id) for _, one in wanted]
        days = await cards_count_until(partial(request.engine.pools.fetch, role), shelved, cards, on=on)
        found |= {place: day for (place, _), day in zip(wanted, days, strict=True)}
    return [found[place] for place in range(len(ids))]


class NegativeFindingOrderField(Term):
    """What findings can be ordered by."""

    OCCURRED_ON = "OCCURRED_ON", "发生日期"
    CONFIRMED_ON = "CONFIRMED_ON", "认定日期"
    ITEM = "ITEM", "条目"


term(NegativeFindingOrderField, "认定排序字段")


@strawberry.input(description="认定排序")
class NegativeFindingOrder:
    """One sort key."""

    field: NegativeFindingOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="认定筛选 all given conditions must hold")
class NegativeFindingFilter:
    """A filter on findings."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    item: StringFilter | None = strawberry.field(default=UNSET, description="条目号")
    status: Filter[FindingStatus] | None = strawberry.field(default=UNSET, description="状态")
    occurred_on: DateFilter | None = strawberry.field(default=UNSET, description="发生日期")
    confirmed_on: DateFilter | None = strawberry.field(default=UNSET, description="认定日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["NegativeFindingFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["NegativeFindingFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["NegativeFindingFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


class YellowCardOrderField(Term):
    """What cards can be ordered by."""

    ISSUED_ON = "ISSUED_ON", "发出日期"
    RECTIFY_BY = "RECTIFY_BY", "整改期限"
    STATUS = "STATUS", "状态"


term(YellowCardOrderField, "黄牌排序字段")


@strawberry.input(description="黄牌排序")
class YellowCardOrder:
    """One sort key."""

    field: YellowCardOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="黄牌筛选 all given conditions must hold")
class YellowCardFilter:
    """A filter on cards."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    status: Filter[CardStatus] | None = strawberry.field(default=UNSET, description="状态")
    issued_on: DateFilter | None = strawberry.field(default=UNSET, description="发出日期")
    rectify_by: DateFilter | None = strawberry.field(default=UNSET, description="整改期限")
    findings: NegativeFindingFilter | None = strawberry.field(default=UNSET, description="有一项认定满足")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["YellowCardFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["YellowCardFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["YellowCardFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class NegativeListQueries:
    """Root fields of this area."""

    @planned
    def negative_findings(
        self,
        district: InDistrict = UNSET,
        filter: NegativeFindingFilter | None = UNSET,
        order_by: list[NegativeFindingOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[NegativeFinding]:
        """负面清单认定 of one district, or of all that the caller may see; latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def negative_finding_groups(
        self,
        group_by: list[NegativeFindingGroupKey],
        district: InDistrict = UNSET,
        filter: NegativeFindingFilter | None = UNSET,
        having: NegativeFindingGroupHaving | None = UNSET,
        order_by: list[NegativeFindingGroupOrder] | None = UNSET,
        first: FirstGroups = UNSET,
    ) -> list[NegativeFindingGroup]:
        """认定分组统计 of the very rows `negativeFindings` lists; by its keys unless ordered otherwise"""
        not_resolved()

    @planned
    def yellow_cards(
        self,
        district: InDistrict = UNSET,
        filter: YellowCardFilter | None = UNSET,
        order_by: list[YellowCardOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[YellowCard]:
        """黄牌 of one district, or of all that the caller may see; latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def yellow_card_groups(
        self,
        group_by: list[YellowCardGroupKey],
        district: InDistrict = UNSET,
        filter: YellowCardFilter | None = UNSET,
        having: YellowCardGroupHaving | None = UNSET,
        order_by: list[YellowCardGroupOrder] | None = UNSET,
        first: FirstGroups = UNSET,
    ) -> list[YellowCardGroup]:
        """黄牌分组统计 of the very rows `yellowCards` lists, beside `key.district.policy`"""
        not_resolved()


_CARD = Link("YellowCard", (("card_id", "id"),))
_OF_CARD = (("id", "card_id"),)
_FINDINGS = Link("NegativeFinding", _OF_CARD)
_COMMON = {"district": One(TO_DISTRICT), "institution": One(TO_INSTITUTION)}
_ABOUT = {"district": Related(TO_DISTRICT), "institution": Related(TO_INSTITUTION)}

BINDS = (
    Binds(
        NegativeFinding,
        tables.negative_finding,
        FINDINGS,
        tag=FINDING_TAG,
        fields={
            **_COMMON,
            "item": Embedded("NegativeListItem"),
            "clause": Computed(),
            "yellowCard": One(_CARD),
            "assessmentEffect": One(Link("AssessmentEffect", (("id", "finding_id"),))),
        },
        filters={**_ABOUT, "id": Compare("{t}.id", Kind.UUID, node="NegativeFinding")},
    ),
    Binds(
        Interview,
        tables.interview,
        register(OF_OWN_INSTITUTION),
        tag=INTERVIEW_TAG,
        fields={
            **_COMMON,
            "assessmentEffects": Many(
                Link("AssessmentEffect", (("id", "interview_id"),)), Key("{t}.created_at", Kind.DATETIME)
            ),
        },
        columns={"on": "on_date"},
    ),
    Binds(
        YellowCard,
        tables.yellow_card,
        register(OF_OWN_INSTITUTION),
        tag=CARD_TAG,
        fields={
            **_COMMON,
            "countsUntil": Computed(),
            "finding": One(_FINDINGS),
            "findings": Many(_FINDINGS, Key("{t}.occurred_on", Kind.DATE)),
            "interviews": Many(Link("Interview", _OF_CARD), Key("{t}.on_date", Kind.DATE)),
        },
        filters={
            **_ABOUT,
            "id": Compare("{t}.id", Kind.UUID, node="YellowCard"),
            "findings": Related(_FINDINGS),
        },
    ),
)

ROOTS = {
    "negativeFindings": Root("NegativeFinding", Shape.PAGE, order="OCCURRED_ON DESC", arguments=within_district),
    "negativeFindingGroups": Root(
        "NegativeFinding", Shape.GROUPS, arguments=within_district, grouping=FINDING_GROUPING
    ),
    "yellowCards": Root("YellowCard", Shape.PAGE, order="ISSUED_ON DESC", arguments=within_district),
    "yellowCardGroups": Root("YellowCard", Shape.GROUPS, arguments=within_district, grouping=CARD_GROUPING),
}

EMBEDDED = {
    "NegativeListItem": {
        "code": Column("{t}.item", Kind.TEXT),
        "text": Column("{t}.item_text", Kind.TEXT),
    }
}
