"""Granting and revoking: mutations on members."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import strawberry

from schema.acting import given, mutation, node_of, perform, perform_step, referring, request_of
from schema.filters import UNSET
from schema.identity.members import Member
from schema.problems import Problems
from schema.tags import INSTITUTION_TAG, MEMBER_TAG
from server.districts.model import AuthorityKind
from server.identity import actions, rules
from server.identity.model import Membership
from server.kit import clock
from server.kit.actor import Role
from server.kit.ids import NodeId
from server.record.acts import Act


@strawberry.input(description="授予成员资格")
class GrantMembershipInput:
    """What granting takes."""

    district: str = strawberry.field(description="辖区代码 `beijing` for municipal roles")
    subject: str = strawberry.field(description="身份标识 the `sub` of the person's tokens, letter by letter")
    name: str = strawberry.field(description="姓名 at most 50 characters")
    role: Role = strawberry.field(description="角色")
    idempotency_key: str = strawberry.field(description="幂等键 the same key returns the same answer, executed once")
    department: AuthorityKind | None = strawberry.field(
        default=UNSET, description="部门 for department officers, and for nobody else"
    )
    institution: strawberry.ID | None = strawberry.field(
        default=UNSET, description="机构 for an institution's staff, and for nobody else"
    )
    from_on: date | None = strawberry.field(default=UNSET, description="生效日期 today where not given")
    until: date | None = strawberry.field(
        default=UNSET, description="终止日期 the first day it no longer holds; no end where not given"
    )


@strawberry.input(description="撤销成员资格")
class RevokeMembershipInput:
    """What revoking takes."""

    member: strawberry.ID = strawberry.field(description="成员")
    expected_version: int = strawberry.field(description="所见版本 a newer one gives `OutOfDate`")
    idempotency_key: str = strawberry.field(description="幂等键 the same key returns the same answer, executed once")
    until: date | None = strawberry.field(
        default=UNSET, description="终止日期 the first day it no longer holds; today, so at once, where not given"
    )
    reason: str | None = strawberry.field(default=UNSET, description="理由 kept in the audit; at most 200 characters")


@strawberry.type(description="已授予")
class MembershipGranted:
    """A grant."""

    member: Member | None = strawberry.field(
        description="成员 null for the platform operator, who may appoint a first administrator and see none"
    )


@strawberry.type(description="已撤销")
class MembershipRevoked:
    """A revocation."""

    member: Member = strawberry.field(description="成员")


GrantMembershipResult = Annotated[MembershipGranted | Problems, strawberry.union("GrantMembershipResult")]
RevokeMembershipResult = Annotated[MembershipRevoked | Problems, strawberry.union("RevokeMembershipResult")]


@strawberry.type
class IdentityMutations:
    """Root fields of this area."""

    @mutation(
        "授予成员资格 by the administrators of the jurisdiction, never to oneself; in force at once, for reading within 5 s",
        by=rules.GRANTING,
    )
    async def grant_membership(self, info: strawberry.Info, input: GrantMembershipInput) -> GrantMembershipResult:
        tenant = await request_of(info).tenant_named(input.district)
        institution = given(input.institution)
        wanted = Membership(
            subject=input.subject,
            name=input.name,
            role=input.role,
            from_on=given(input.from_on) or clock.today(),
            until=given(input.until),
            department=given(input.department),
            institution_id=node_of(institution, INSTITUTION_TAG, "institution").id if institution else None,
        )

        async def verb(act: Act) -> Mapping[str, Any]:
            made = await actions.grant_membership(act, wanted)
            return {"member": str(NodeId(MEMBER_TAG, tenant, made))}

        return await perform(info, tenant, input, verb, referring(MembershipGranted))

    @mutation(
        "撤销成员资格 by the administrators of the jurisdiction; what has not begun never will", by=rules.REVOKING
    )
    async def revoke_membership(self, info: strawberry.Info, input: RevokeMembershipInput) -> RevokeMembershipResult:
        return await perform_step(
            info,
            MEMBER_TAG,
            input,
            actions.revoke_membership,
            MembershipRevoked,
            until=given(input.until),
            reason=given(input.reason),
        )
