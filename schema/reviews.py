"""The review record."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, FirstGroups, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, FloatFilter, IDFilter, IntFilter, StringFilter
from schema.grouped import BY_DISTRICT, by_period
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import REVIEWS
from schema.tags import REVIEW_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.terms import Term
from server.planner.binding import (
    Aggregate,
    Column,
    Compare,
    Grouping,
    GroupKey,
    Kind,
    Link,
    Measure,
    One,
    Related,
    Rollup,
    Root,
    Shape,
)
from server.reviews import tables
from server.reviews.model import ReviewKind, ReviewOutcome

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter
    from schema.institutions.register import Institution
    from schema.selection.applications import OperatorApplication

term(ReviewKind, "评审种类")
term(ReviewOutcome, "评审结果")


#: The number of this type in node ids.


@strawberry.type(description="评审记录 one concluded review of an institution")
class Review(Node):
    """A review."""

    kind: ReviewKind = field_of("种类")
    outcome: ReviewOutcome = field_of("结果")
    score: float | None = field_of("得分 compare only within one `scheme`")
    score_max: float | None = field_of("满分")
    scheme: str | None = field_of("评分方案")
    cycle: str | None = field_of("周期 the period reviewed")
    decided_on: date = field_of("作出日期")
    decided_by: str = field_of("作出单位")
    reason: str | None = field_of("理由")
    policy_digest: str | None = field_of("所依据政策版本的摘要 SHA-256")
    annulled_on: date | None = field_of("撤销日期 null while it stands")
    district: District = field_of("辖区")
    institution: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of(
        "被评审机构 null where an application was reviewed, whose operator has none yet"
    )
    application: Annotated["OperatorApplication", strawberry.lazy("schema.selection.applications")] | None = field_of(
        "被评审申报 of a selection"
    )


class ReviewOrderField(Term):
    """What reviews can be ordered by."""

    DECIDED_ON = "DECIDED_ON", "作出日期"
    KIND = "KIND", "种类"
    SCORE = "SCORE", "得分"


term(ReviewOrderField, "评审记录排序字段")


@strawberry.input(description="评审记录排序")
class ReviewOrder:
    """One sort key."""

    field: ReviewOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="评审记录筛选 all given conditions must hold")
class ReviewFilter:
    """A filter on reviews."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[ReviewKind] | None = strawberry.field(default=UNSET, description="种类")
    outcome: Filter[ReviewOutcome] | None = strawberry.field(default=UNSET, description="结果")
    cycle: StringFilter | None = strawberry.field(default=UNSET, description="周期")
    scheme: StringFilter | None = strawberry.field(default=UNSET, description="评分方案")
    decided_on: DateFilter | None = strawberry.field(default=UNSET, description="作出日期")
    annulled_on: DateFilter | None = strawberry.field(default=UNSET, description="撤销日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="被评审机构")
    )
    and_: list["ReviewFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ReviewFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ReviewFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


class ReviewGroupKey(Term):
    """What reviews can be grouped by."""

    DISTRICT = "DISTRICT", "辖区"
    KIND = "KIND", "种类"
    OUTCOME = "OUTCOME", "结果"
    SCHEME = "SCHEME", "评分方案"
    CYCLE = "CYCLE", "周期"
    DECIDED_YEAR = "DECIDED_YEAR", "作出年份"
    DECIDED_QUARTER = "DECIDED_QUARTER", "作出季度"
    DECIDED_MONTH = "DECIDED_MONTH", "作出月份"
    DECIDED_ON = "DECIDED_ON", "作出日期"


term(ReviewGroupKey, "评审记录分组字段")


class ReviewGroupOrderField(Term):
    """What groups of reviews can be ordered by."""

    COUNT = "COUNT", "条数"
    AVERAGE_SCORE = "AVERAGE_SCORE", "平均得分"
    MIN_SCORE = "MIN_SCORE", "最低得分"
    MAX_SCORE = "MAX_SCORE", "最高得分"
    SUM_SCORE = "SUM_SCORE", "得分合计"
    DISTRICT = "DISTRICT", "辖区（须在 groupBy 中，下同）"
    KIND = "KIND", "种类"
    OUTCOME = "OUTCOME", "结果"
    SCHEME = "SCHEME", "评分方案"
    CYCLE = "CYCLE", "周期"
    DECIDED_YEAR = "DECIDED_YEAR", "作出年份"
    DECIDED_QUARTER = "DECIDED_QUARTER", "作出季度"
    DECIDED_MONTH = "DECIDED_MONTH", "作出月份"
    DECIDED_ON = "DECIDED_ON", "作出日期"


term(ReviewGroupOrderField, "评审记录分组排序字段")


@strawberry.input(description="评审记录分组排序")
class ReviewGroupOrder:
    """One sort key."""

    field: ReviewGroupOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="评审记录分组条件 all given conditions must hold")
class ReviewGroupHaving:
    """A filter on groups of reviews."""

    count: IntFilter | None = strawberry.field(default=UNSET, description="条数")
    average_score: FloatFilter | None = strawberry.field(default=UNSET, description="平均得分")
    min_score: FloatFilter | None = strawberry.field(default=UNSET, description="最低得分")
    max_score: FloatFilter | None = strawberry.field(default=UNSET, description="最高得分")
    sum_score: FloatFilter | None = strawberry.field(default=UNSET, description="得分合计")
    and_: list["ReviewGroupHaving"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ReviewGroupHaving"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ReviewGroupHaving"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type(description="评审记录分组值 what the group's rows have in common; null what they are not grouped by")
class ReviewGroupValues:
    """The key of a group."""

    district: District | None = field_of("辖区")
    kind: ReviewKind | None = field_of("种类")
    outcome: ReviewOutcome | None = field_of("结果")
    scheme: str | None = field_of("评分方案 null also where the reviews have none")
    cycle: str | None = field_of("周期 null also where the reviews have none")
    decided_year: int | None = field_of("作出年份")
    decided_quarter: date | None = field_of("作出季度 its first day")
    decided_month: date | None = field_of("作出月份 its first day")
    decided_on: date | None = field_of("作出日期")


@strawberry.type(description="评审记录分组 reviews the caller may see, counted; scores only where all share one scheme")
class ReviewGroup:
    """A group of reviews."""

    key: ReviewGroupValues = field_of("分组值")
    count: int = field_of("条数")
    average_score: float | None = field_of("平均得分 null unless all reviews of the group share one `scheme`")
    min_score: float | None = field_of("最低得分 null unless all reviews of the group share one `scheme`")
    max_score: float | None = field_of("最高得分 null unless all reviews of the group share one `scheme`")
    sum_score: float | None = field_of("得分合计 null unless all reviews of the group share one `scheme`")


@strawberry.type
class ReviewQueries:
    """Root fields of this area."""

    @planned
    def reviews(
        self,
        district: InDistrict = UNSET,
        filter: ReviewFilter | None = UNSET,
        order_by: list[ReviewOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Review]:
        """评审记录 of one district, or of all that the caller may see; latest first unless ordered otherwise"""
        not_resolved()

    @planned
    def review_groups(
        self,
        group_by: list[ReviewGroupKey],
        district: InDistrict = UNSET,
        filter: ReviewFilter | None = UNSET,
        having: ReviewGroupHaving | None = UNSET,
        order_by: list[ReviewGroupOrder] | None = UNSET,
        first: FirstGroups = UNSET,
    ) -> list[ReviewGroup]:
        """评审记录分组统计 of the very rows `reviews` lists; by its keys unless ordered otherwise"""
        not_resolved()


BINDS = (
    Binds(
        Review,
        tables.review,
        REVIEWS,
        tag=REVIEW_TAG,
        fields={
            "score": Column("{t}.score::float8", Kind.FLOAT, nullable=True),
            "scoreMax": Column("{t}.score_max::float8", Kind.FLOAT, nullable=True),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "application": One(Link("OperatorApplication", (("application_id", "id"),))),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Review"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)

_DAY = "{t}.decided_on"
_GROUPING = Grouping(
    type="ReviewGroup",
    key_type="ReviewGroupValues",
    keys={
        **BY_DISTRICT,
        "KIND": GroupKey("kind", "{t}.kind", Kind.TEXT, plain=True),
        "OUTCOME": GroupKey("outcome", "{t}.outcome", Kind.TEXT, plain=True),
        "SCHEME": GroupKey("scheme", "{t}.scheme", Kind.TEXT),
        "CYCLE": GroupKey("cycle", "{t}.cycle", Kind.TEXT),
        **by_period("decided", _DAY),
        "DECIDED_ON": GroupKey("decidedOn", _DAY, Kind.DATE),
    },
    measures={
        "count": Measure(Aggregate.COUNT),
        "averageScore": Measure(Aggregate.AVERAGE, "{t}.score", within="{t}.scheme"),
        "minScore": Measure(Aggregate.LEAST, "{t}.score", within="{t}.scheme"),
        "maxScore": Measure(Aggregate.GREATEST, "{t}.score", within="{t}.scheme"),
        "sumScore": Measure(Aggregate.SUM, "{t}.score", within="{t}.scheme"),
    },
    rollup=Rollup(
        table=tables.review_rollup.name,
        columns=("kind", "outcome", "scheme"),
        measured="score",
        day="decided_on",
        month="decided_month",
        keys=frozenset(
            {"DISTRICT", "KIND", "OUTCOME", "SCHEME", "DECIDED_YEAR", "DECIDED_QUARTER", "DECIDED_MONTH"},
        ),
        filters=frozenset({"kind", "outcome", "scheme", "district"}),
        day_filter="decidedOn",
    ),
)

ROOTS = {
    "reviews": Root("Review", Shape.PAGE, order="DECIDED_ON DESC", arguments=within_district),
    "reviewGroups": Root("Review", Shape.GROUPS, arguments=within_district, grouping=_GROUPING),
}
