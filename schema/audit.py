"""The audit trail of a district, for its administrators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import strawberry

from schema.areas import SUBJECTS
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.filters import UNSET, DateTimeFilter, StringFilter
from schema.planned import Binds, field_of, not_resolved, planned
from schema.scalars import JSON
from schema.terms import term
from schema.within import within_district
from server.kit.actor import Role
from server.kit.errors import BadInput
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.planner.binding import Column, Kind, Root, Shape
from server.record import tables


@strawberry.type(description="审计记录 who did what to which object when; personal data are masked in it")
class AuditEntry(Node):
    """An audit entry."""

    at: datetime = field_of("时间")
    actor: str = field_of("操作人 the subject of the token, or the command that acted")
    action: str = field_of("操作")
    subject_type: str = field_of("对象类别")
    subject: strawberry.ID | None = field_of("对象 its node id, where objects of this kind can be read by id")
    before: JSON | None = field_of("变更前 the values that changed")
    after: JSON | None = field_of("变更后 the values that changed")
    policy_digest: str | None = field_of("所依据政策版本的摘要 SHA-256")
    request_id: str = field_of("请求编号 as in the header `x-request-id`")
    linked: bool = field_of("是否已入审计链 from then on no change of it goes unnoticed")


class AuditEntryOrderField(Term):
    """What audit entries can be ordered by."""

    AT = "AT", "时间"
    ACTOR = "ACTOR", "操作人"
    ACTION = "ACTION", "操作"


term(AuditEntryOrderField, "审计记录排序字段")


@strawberry.input(description="审计记录排序")
class AuditEntryOrder:
    """One sort key."""

    field: AuditEntryOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="审计记录筛选 all given conditions must hold")
class AuditEntryFilter:
    """A filter on audit entries."""

    at: DateTimeFilter | None = strawberry.field(default=UNSET, description="时间")
    actor: StringFilter | None = strawberry.field(default=UNSET, description="操作人")
    action: StringFilter | None = strawberry.field(default=UNSET, description="操作")
    subject_type: StringFilter | None = strawberry.field(default=UNSET, description="对象类别")
    policy_digest: StringFilter | None = strawberry.field(default=UNSET, description="所依据政策版本的摘要")
    request_id: StringFilter | None = strawberry.field(default=UNSET, description="请求编号")
    and_: list["AuditEntryFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["AuditEntryFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: "AuditEntryFilter | None" = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class AuditQueries:
    """Root fields of this area."""

    @planned
    def audit_trail(
        self,
        district: Annotated[str, strawberry.argument(description="辖区代码")],
        subject: Annotated[
            strawberry.ID | None, strawberry.argument(description="对象 only entries about the object with this id")
        ] = UNSET,
        filter: AuditEntryFilter | None = UNSET,
        order_by: list[AuditEntryOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[AuditEntry]:
        """审计记录 of one district, for its administrators; nobody else sees any. Latest first unless ordered otherwise"""
        not_resolved()


def _of_subject(arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    condition, values = within_district(arguments)
    subject = arguments.get("subject")
    if subject is None:
        return condition, values
    node = NodeId.parse(subject, path=("subject",))
    kinds = [name for name, tag in SUBJECTS.items() if tag == node.tag]
    if not kinds:
        raise BadInput("subject 不是审计所记对象的 ID", path=("subject",))
    return (
        f"{condition} AND {{t}}.subject_id = :subject AND {{t}}.subject_type = :kind",
        {**values, "subject": node.id, "kind": kinds[0]},
    )


def _node_id() -> str:
    """SQL for the subject's node id (server/kit/ids.py): 21 bytes in URL-safe base64."""
    tags = " ".join(f"WHEN '{name}' THEN '{tag:02x}'" for name, tag in SUBJECTS.items())
    raw = (
        f"CASE {{t}}.subject_type {tags} END || lpad(to_hex({{t}}.tenant_id), 8, '0')"
        " || replace({t}.subject_id::text, '-', '')"
    )
    return f"translate(encode(decode({raw}, 'hex'), 'base64'), '+/', '-_')"


#: Not the municipality: what a district's people did is for the district to look into (docs/decisions/audit-chain.md).
_ADMINISTRATORS = {Role.DISTRICT_ADMINISTRATOR.value: "true"}
_LINKED = "EXISTS (SELECT 1 FROM audit_link l WHERE l.tenant_id = {t}.tenant_id AND l.entry_id = {t}.id)"

BINDS = (
    Binds(
        AuditEntry,
        tables.audit_entry,
        _ADMINISTRATORS,
        tag=20,
        fields={
            "subject": Column(_node_id(), Kind.TEXT, nullable=True),
            "linked": Column(_LINKED, Kind.BOOL),
        },
    ),
)

ROOTS = {"auditTrail": Root("AuditEntry", Shape.PAGE, order="AT DESC", arguments=_of_subject)}
