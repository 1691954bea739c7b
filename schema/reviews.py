"""The review record."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.planned import Binds, field_of, not_resolved, planned
from schema.rows import OF_OWN_INSTITUTION, register
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.terms import Term
from server.planner.binding import Column, Compare, Kind, Link, One, Related, Root, Shape
from server.reviews import tables
from server.reviews.model import ReviewKind, ReviewOutcome

if TYPE_CHECKING:
    from schema.institutions import Institution, InstitutionFilter

term(ReviewKind, "评审种类")
term(ReviewOutcome, "评审结果")


#: The number of this type in node ids.
REVIEW_TAG = 5


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
    institution: Annotated["Institution", strawberry.lazy("schema.institutions")] | None = field_of("被评审机构")


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
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions")] | None = strawberry.field(
        default=UNSET, description="被评审机构"
    )
    and_: list["ReviewFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ReviewFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ReviewFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


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


_INSTITUTION = Link("Institution", (("institution_id", "id"),))
_DISTRICT = Link("District", ())

BINDS = (
    Binds(
        Review,
        tables.review,
        register(OF_OWN_INSTITUTION),
        tag=REVIEW_TAG,
        fields={
            "score": Column("{t}.score::float8", Kind.FLOAT, nullable=True),
            "scoreMax": Column("{t}.score_max::float8", Kind.FLOAT, nullable=True),
            "district": One(_DISTRICT),
            "institution": One(_INSTITUTION),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Review"),
            "district": Related(_DISTRICT),
            "institution": Related(_INSTITUTION),
        },
    ),
)

ROOTS = {"reviews": Root("Review", Shape.PAGE, order="DECIDED_ON DESC", arguments=within_district)}
