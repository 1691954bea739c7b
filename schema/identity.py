"""Who the caller is."""

import strawberry

from schema.access import Request
from schema.acting import Ref, request_of
from schema.districts import DISTRICT_TAG, District
from schema.institutions import INSTITUTION_TAG, Institution
from schema.planned import resolved
from schema.terms import term
from server.districts.model import AuthorityKind
from server.kit.actor import Role
from server.kit.ids import NodeId, stable_id

term(Role, "角色 what a person is within one jurisdiction")


@strawberry.type(description="成员资格 a role in one jurisdiction, in force today")
class Membership:
    """A membership."""

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
