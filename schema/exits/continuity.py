"""Continuity for residents: plans, the successors that are asked, and their answers."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.connections import After, Before, Connection, First, Last, Node
from schema.districts import District
from schema.exits.filters import (
    ContinuityPlanFilter,
    ContinuityPlanOrder,
    SuccessionRequestFilter,
    SuccessionRequestOrder,
)
from schema.exits.terms import ContinuityService, PlanStatus
from schema.fetching import fetched
from schema.filters import UNSET
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.rows import OF_OWN_INSTITUTION, SUCCESSIONS, register
from schema.tags import ANSWER_TAG, PLAN_TAG, REQUEST_TAG
from schema.within import InDistrict, within_district
from server.exits import tables
from server.kit.ids import NodeId
from server.planner.binding import Compare, Computed, Key, Kind, Link, Many, One, Related, Root, Shape

if TYPE_CHECKING:
    from schema.exits.cases import ExitCase
    from schema.institutions.register import Institution

_Institution = Annotated["Institution", strawberry.lazy("schema.institutions.register")]
_ExitCase = Annotated["ExitCase", strawberry.lazy("schema.exits.cases")]


@strawberry.type(description="承接答复 of the successor's own district; from another one, seen by its officers alone")
class SuccessionAnswer(Node):
    """An answer."""

    accepted: bool = field_of("是否同意承接")
    reason: str | None = field_of("理由")
    answered_on: date = field_of("答复日期")
    district: District = field_of("答复辖区")
    institution: _Institution | None = field_of("承接机构 null where it is another district's")


@strawberry.type(description="承接征询 to an institution of this district, or to another district, which reads it too")
class SuccessionRequest(Node):
    """A request."""

    successor_name: str = field_of("承接机构名称")
    leaving_name: str = field_of("退出机构名称")
    service_area: str = field_of("服务区域")
    population: int = field_of("居民人数")
    services: list[ContinuityService] = field_of("请其承接的服务")
    asked_on: date = field_of("征询日期")
    withdrawn_on: date | None = field_of("撤回日期")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("征询辖区")
    institution: _Institution | None = field_of("承接机构 null where it is another district's")
    plan: Optional["ContinuityPlan"] = field_of("承接方案 null for the district that is asked")

    @computed("答复 null while there is none")
    async def accepted(ids: Sequence[NodeId], request: Request) -> Sequence[bool | None]:  # noqa: N805
        found = await fetched(request, ids, _ANSWERS)
        return [found[one.tenant_id, one.id][0][0] if found[one.tenant_id, one.id] else None for one in ids]


_ANSWERS = (
    "SELECT request_tenant_id, request_id, accepted FROM succession_answer a"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " ON a.request_tenant_id = wanted.tenant_id AND a.request_id = wanted.id"
)


@strawberry.type(description="居民承接方案 who provides for residents when an institution leaves; numbers, no names")
class ContinuityPlan(Node):
    """A plan."""

    status: PlanStatus = field_of("状态")
    service_area: str = field_of("服务区域")
    population: int = field_of("服务人口")
    signed_families: int = field_of("签约家庭户数")
    high_need_residents: int = field_of("重点人群人数")
    services: list[ContinuityService] = field_of("须承接的服务")
    from_on: date = field_of("起始日期")
    until: date | None = field_of("截止日期 the first day no longer part of the transfer")
    approved_on: date | None = field_of("批准日期")
    started_on: date | None = field_of("开始承接日期")
    completed_on: date | None = field_of("完成日期")
    outcome: str | None = field_of("承接结果")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: _Institution | None = field_of("退出机构")
    exit_case: _ExitCase | None = field_of("退出案件")
    requests: list[SuccessionRequest] = field_of("承接征询")


@strawberry.type
class ContinuityQueries:
    """Root fields of this area."""

    @planned
    def continuity_plans(
        self,
        district: InDistrict = UNSET,
        filter: ContinuityPlanFilter | None = UNSET,
        order_by: list[ContinuityPlanOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[ContinuityPlan]:
        """居民承接方案 that the caller may see; by first day, latest first, unless ordered otherwise"""
        not_resolved()

    @planned
    def succession_requests(
        self,
        district: InDistrict = UNSET,
        filter: SuccessionRequestFilter | None = UNSET,
        order_by: list[SuccessionRequestOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[SuccessionRequest]:
        """承接征询 sent by the caller's district or to it; latest first unless ordered otherwise"""
        not_resolved()


_COMMON = {"district": One(TO_DISTRICT), "institution": One(TO_INSTITUTION)}
_PLAN = Link("ContinuityPlan", (("plan_id", "id"),))

BINDS = (
    Binds(
        ContinuityPlan,
        tables.continuity_plan,
        register(OF_OWN_INSTITUTION),
        tag=PLAN_TAG,
        fields={
            **_COMMON,
            "exitCase": One(Link("ExitCase", (("exit_case_id", "id"),))),
            "requests": Many(Link("SuccessionRequest", (("id", "plan_id"),)), Key("{t}.asked_on", Kind.DATE)),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="ContinuityPlan"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
    Binds(
        SuccessionRequest,
        tables.succession_request,
        SUCCESSIONS,
        tag=REQUEST_TAG,
        fields={**_COMMON, "accepted": Computed(), "plan": One(_PLAN)},
        filters={"id": Compare("{t}.id", Kind.UUID, node="SuccessionRequest")},
    ),
    Binds(SuccessionAnswer, tables.succession_answer, SUCCESSIONS, tag=ANSWER_TAG, fields=_COMMON),
)

ROOTS = {
    "continuityPlans": Root("ContinuityPlan", Shape.PAGE, order="FROM_ON DESC", arguments=within_district),
    "successionRequests": Root("SuccessionRequest", Shape.PAGE, order="ASKED_ON DESC", arguments=within_district),
}
