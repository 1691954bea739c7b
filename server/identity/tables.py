"""Memberships, and the sessions of browsers."""

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Index, Text, UniqueConstraint, Uuid, column, func
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from server.db.metadata import Access, one_of, recorded, tenant_table
from server.kit.actor import Role

membership = tenant_table(
    "membership",
    Column("subject", Text, nullable=False, comment="the OIDC subject"),
    Column("name", Text, nullable=False),
    Column("sort_key", Text, nullable=False, comment="the name's order in pinyin"),
    Column("role", Text, nullable=False),
    Column("department", Text, comment="narrows a department officer to one kind of authority"),
    # No foreign key: a membership may be there before the register is (personas); actions check it, and no
    # institution is ever deleted.
    Column("institution_id", Uuid, comment="narrows institution staff to one institution"),
    Column("from_on", Date, nullable=False),
    Column("until", Date, comment="first day on which the membership no longer holds"),
    *recorded(),
    # The same membership twice at a time would make revoking one of them revoke nothing.
    ExcludeConstraint(
        ("tenant_id", "="),
        ("subject", "="),
        ("role", "="),
        (func.coalesce(column("department"), ""), "="),
        (func.coalesce(column("institution_id"), func.uuid("00000000-0000-0000-0000-000000000000")), "="),
        (func.daterange(column("from_on"), column("until")), "&&"),
        using="gist",
        name="ex_membership_overlap",
    ),
    Index("ix_membership_subject", "subject"),
    one_of("role", [role for role in Role if role is not Role.PUBLIC]),
    CheckConstraint("until >= from_on", name="period"),
    CheckConstraint("(role = 'DEPARTMENT_OFFICER') = (department IS NOT NULL)", name="department_of_officer"),
    CheckConstraint("(role = 'INSTITUTION_STAFF') = (institution_id IS NOT NULL)", name="institution_of_staff"),
    access=Access(sign_in=True, steward=True, municipal=True),
    comment="成员：何人在何辖区持有何角色",
)

session = tenant_table(
    "session",
    # Of the municipality's tenant: a person signs in before anybody knows what they hold, and where.
    Column("digest", Text, nullable=False, comment="SHA-256 of what the cookie holds, so that a row opens nothing"),
    Column("subject", Text, nullable=False, comment="the OIDC subject"),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("tenant_id", "digest"),
    Index("ix_session_expires_at", "tenant_id", "expires_at"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
    access=Access(sessions=True, district_writes=False, municipal_reads=False),
    comment="会话：浏览器登录，仅认证账号可读写",
)
