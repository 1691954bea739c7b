"""The membership table."""

from sqlalchemy import Column, Date, Index, Text, Uuid, text

from server.db.metadata import Access, one_of, recorded, tenant_table
from server.kit.actor import Role

membership = tenant_table(
    "membership",
    Column("subject", Text, nullable=False, comment="the OIDC subject"),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("department", Text, comment="narrows a department officer to one kind of authority"),
    Column("institution_id", Uuid, comment="narrows institution staff to one institution"),
    Column("from_on", Date, nullable=False),
    Column("until", Date, comment="first day on which the membership no longer holds"),
    *recorded(),
    Index("uq_membership", "tenant_id", "subject", "role", unique=True, postgresql_where=text("until IS NULL")),
    Index("ix_membership_subject", "subject"),
    one_of("role", [role for role in Role if role is not Role.PUBLIC]),
    access=Access(sign_in=True, steward=True),
    comment="成员：何人在何辖区持有何角色",
)
