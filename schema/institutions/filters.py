"""By what institutions are filtered and ordered."""

from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.connections import OrderDirection
from schema.districts import DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.institutions.terms import (
    InstitutionKind,
    InstitutionStatus,
    OperatingNature,
    OperatorKind,
    Ownership,
    RecordSource,
)
from schema.reviews import ReviewFilter
from schema.sites.sites import SiteFilter
from schema.terms import term
from server.kit.terms import Term

if TYPE_CHECKING:
    from schema.licensing.licences import LicenceFilter


class InstitutionOrderField(Term):
    """What institutions can be ordered by."""

    NAME = "NAME", "名称（拼音）"
    KIND = "KIND", "类别"
    STATUS = "STATUS", "状态"
    OPENED_ON = "OPENED_ON", "正式运营日期"
    LATEST_REVIEW = "LATEST_REVIEW", "最近评审日期"
    CREATED_AT = "CREATED_AT", "登记时间"


term(InstitutionOrderField, "机构排序字段")


@strawberry.input(description="机构排序")
class InstitutionOrder:
    """One sort key."""

    field: InstitutionOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="机构筛选 all given conditions must hold")
class InstitutionFilter:
    """A filter on institutions."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    name: StringFilter | None = strawberry.field(default=UNSET, description="名称")
    kind: Filter[InstitutionKind] | None = strawberry.field(default=UNSET, description="类别")
    status: Filter[InstitutionStatus] | None = strawberry.field(default=UNSET, description="状态")
    operating_nature: Filter[OperatingNature] | None = strawberry.field(default=UNSET, description="经营性质")
    ownership: Filter[Ownership] | None = strawberry.field(default=UNSET, description="所有制形式")
    operator_kind: Filter[OperatorKind] | None = strawberry.field(default=UNSET, description="举办主体类别")
    registration_number: StringFilter | None = strawberry.field(default=UNSET, description="登记号")
    unified_social_credit_code: StringFilter | None = strawberry.field(default=UNSET, description="统一社会信用代码")
    opened_on: DateFilter | None = strawberry.field(default=UNSET, description="正式运营日期")
    latest_review_on: DateFilter | None = strawberry.field(default=UNSET, description="最近评审日期")
    source: Filter[RecordSource] | None = strawberry.field(default=UNSET, description="数据来源")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    parent: Optional["InstitutionFilter"] = strawberry.field(default=UNSET, description="上级机构")
    sites: SiteFilter | None = strawberry.field(default=UNSET, description="有一处场所满足")
    reviews: ReviewFilter | None = strawberry.field(default=UNSET, description="有一条评审记录满足")
    licence: Annotated["LicenceFilter", strawberry.lazy("schema.licensing.licences")] | None = strawberry.field(
        default=UNSET, description="最近一本执业许可证满足"
    )
    and_: list["InstitutionFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["InstitutionFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["InstitutionFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")
