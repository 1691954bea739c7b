"""The legal persons that run institutions."""

import strawberry

from schema.connections import Node
from schema.institutions.terms import OperatorKind
from schema.planned import Binds, field_of
from schema.rows import register
from schema.scalars import UnifiedSocialCreditCode
from server.institutions import tables
from server.planner.binding import Root


@strawberry.type(description="举办主体 the legal person that runs institutions")
class Organisation(Node):
    """An organisation."""

    name: str = field_of("名称")
    kind: OperatorKind = field_of("类别")
    unified_social_credit_code: UnifiedSocialCreditCode | None = field_of("统一社会信用代码")
    version: int = field_of("版本")


BINDS = (
    Binds(
        Organisation,
        tables.organisation,
        register(
            "{t}.id IN (SELECT own.organisation_id FROM institution own WHERE own.tenant_id = {t}.tenant_id"
            " AND own.id = ANY(:institutions::uuid[]))"
        ),
        tag=6,
    ),
)
ROOTS: dict[str, Root] = {}
