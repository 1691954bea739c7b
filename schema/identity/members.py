"""Who the caller is, and who is a member of a jurisdiction."""

from datetime import date, datetime
from typing import Annotated, Optional

import strawberry

from schema.access import Request
from schema.acting import Ref, request_of
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.institutions.filters import InstitutionFilter
from schema.institutions.register import Institution
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, field_of, not_resolved, planned, resolved
from schema.rows import MEMBERS
from schema.tags import DISTRICT_TAG, INSTITUTION_TAG, MEMBER_TAG
from schema.terms import term
from schema.vocabularies import Role
from schema.within import InDistrict, by_id, within_district
from server.districts.model import AuthorityKind
from server.identity import tables
from server.kit.ids import NodeId, stable_id
from server.kit.terms import Term
from server.planner.binding import Compare, Kind, One, Related, Root, Shape

#: The number of this type in node ids.


@strawberry.type(description="成员资格 a role in one jurisdiction, in force today")
class Membership:
    """A membership of the caller's own."""

    role: Role = strawberry.field(description="角色")
    district: District = strawberry.field(description="辖区")
    department: AuthorityKind | None = strawberry.field(description="部门 a department officer's")
    institution: Institution | None = strawberry.field(description="机构 of which the caller is staff")


@strawberry.type(description="当前用户 who asks, and with which rights")
class Viewer:
    """The caller."""

    subject: str = strawberry.field(description="身份标识 the subject of the token")
    name: str = strawberry.field(description="姓名")
    memberships: list[Membership] = strawberry.field(description="成员资格")


@strawberry.type(description="成员 a person in a role of a jurisdiction: past, present or to come")
class Member(Node):
    """A membership, as those see it who grant and revoke."""

    subject: str = field_of("身份标识 the `sub` of the person's tokens")
    name: str = field_of("姓名")
    role: Role = field_of("角色")
    department: AuthorityKind | None = field_of("部门 of a department officer")
    from_on: date = field_of("生效日期")
    until: date | None = field_of("终止日期 the first day it no longer holds; null while no end is set")
    version: int = field_of("版本 for `expectedVersion`")
    granted_by: str = field_of("授予人 their 身份标识, or the command that acted")
    granted_at: datetime = field_of("授予时间")
    district: District = field_of("辖区")
    institution: Institution | None = field_of("机构 of which the person is staff")


class MemberOrderField(Term):
    """What members can be ordered by."""

    NAME = "NAME", "姓名（拼音）"
    ROLE = "ROLE", "角色"
    FROM_ON = "FROM_ON", "生效日期"
    UNTIL = "UNTIL", "终止日期"
    GRANTED_AT = "GRANTED_AT", "授予时间"


term(MemberOrderField, "成员排序字段")


@strawberry.input(description="成员排序")
class MemberOrder:
    """One sort key."""

    field: MemberOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="成员筛选 all given conditions must hold")
class MemberFilter:
    """A filter on members."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    subject: StringFilter | None = strawberry.field(default=UNSET, description="身份标识")
    name: StringFilter | None = strawberry.field(default=UNSET, description="姓名")
    role: Filter[Role] | None = strawberry.field(default=UNSET, description="角色")
    department: Filter[AuthorityKind] | None = strawberry.field(default=UNSET, description="部门")
    from_on: DateFilter | None = strawberry.field(default=UNSET, description="生效日期")
    until: DateFilter | None = strawberry.field(
        default=UNSET, description="终止日期；某日有效即 fromOn 不晚于该日且 until 为空或晚于该日"
    )
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["MemberFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["MemberFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["MemberFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


async def viewer_of(request: Request) -> Viewer | None:
    """The caller with the memberships in force; None without a token."""
    actor = request.actor
    if actor is None:
        return None
    memberships = []
    for grant in actor.grants:
        code = await request.engine.directory.code_of(grant.tenant_id)
        institution = grant.institution_id
        memberships.append(
            Membership(
                role=grant.role,
                district=Ref(NodeId(DISTRICT_TAG, grant.tenant_id, stable_id("district", code or ""))),  # type: ignore[arg-type]
                department=AuthorityKind(grant.department) if grant.department else None,
                institution=institution and Ref(NodeId(INSTITUTION_TAG, grant.tenant_id, institution)),  # type: ignore[arg-type]
            )
        )
    return Viewer(subject=actor.subject, name=actor.name, memberships=memberships)


@strawberry.type
class IdentityQueries:
    """Root fields of this area."""

    @resolved("当前用户 null without a token")
    async def viewer(self, info: strawberry.Info) -> Viewer | None:
        return await viewer_of(request_of(info))

    @planned
    def members(
        self,
        district: InDistrict = UNSET,
        filter: MemberFilter | None = UNSET,
        order_by: list[MemberOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Member]:
        """成员 of one jurisdiction, for those who grant and revoke there; nobody else sees any"""
        not_resolved()

    @planned
    def member(self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]) -> Member | None:
        """一个成员 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()


BINDS = (
    Binds(
        Member,
        tables.membership,
        MEMBERS,
        tag=MEMBER_TAG,
        fields={"district": One(TO_DISTRICT), "institution": One(TO_INSTITUTION)},
        columns={"NAME": "sort_key", "grantedBy": "created_by", "grantedAt": "created_at", "GRANTED_AT": "created_at"},
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Member"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)


ROOTS = {
    "members": Root("Member", Shape.PAGE, order="NAME ASC", arguments=within_district),
    "member": Root("Member", Shape.ONE, arguments=by_id(MEMBER_TAG), required=True, unique=True),
}
