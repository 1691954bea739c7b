"""Tables of the institution register."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Date, ForeignKeyConstraint, Index, Integer, Text, Uuid, text

from server.db.metadata import Access, one_of, recorded, reference, tenant_table
from server.institutions.model import (
    InstitutionKind,
    InstitutionStatus,
    OperatingNature,
    OperatorKind,
    Ownership,
    RecordSource,
    SuccessionReason,
)

organisation = tenant_table(
    "organisation",
    Column("name", Text, nullable=False),
    Column("unified_social_credit_code", Text),
    Column("kind", Text, nullable=False),
    *recorded(),
    Index("ix_organisation_uscc", "tenant_id", "unified_social_credit_code"),
    one_of("kind", OperatorKind),
    access=Access(),
    comment="举办主体（法人）",
)

institution = tenant_table(
    "institution",
    Column("registration_number", Text, comment="登记号"),
    Column("name", Text, nullable=False),
    Column("match_key", Text, nullable=False, comment="the name as imports compare it"),
    Column("sort_key", Text, nullable=False, comment="the name in pinyin"),
    Column("unified_social_credit_code", Text, comment="of the legal person; a centre and its stations may share one"),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("operating_nature", Text),
    Column("ownership", Text),
    Column("operator_kind", Text),
    *reference("organisation_id", "organisation", nullable=True),
    *reference("parent_id", "institution", nullable=True),
    Column("competent_department", Text),
    Column("phone", Text, comment="of the institution's office, not of a person"),
    Column("service_population", Integer),
    Column("annotations", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("opened_on", Date),
    Column("latest_review_on", Date, comment="kept by the transaction that writes a review"),
    *recorded(),
    Index(
        "uq_institution_registration",
        "tenant_id",
        "registration_number",
        unique=True,
        postgresql_where=text("registration_number IS NOT NULL"),
    ),
    Index("ix_institution_name", "tenant_id", "sort_key", "id"),
    Index("ix_institution_parent", "tenant_id", "parent_id"),
    Index("ix_institution_match", "tenant_id", "match_key"),
    Index("ix_institution_uscc", "tenant_id", "unified_social_credit_code"),
    Index("ix_institution_reviewed", "tenant_id", "latest_review_on", "id"),
    one_of("kind", InstitutionKind),
    one_of("status", InstitutionStatus),
    one_of("operating_nature", OperatingNature),
    one_of("ownership", Ownership),
    one_of("operator_kind", OperatorKind),
    one_of("source", RecordSource),
    CheckConstraint("parent_id <> id", name="parent"),
    CheckConstraint("service_population >= 0", name="service_population"),
    access=Access(),
    comment="医疗卫生机构",
)

former_name = tenant_table(
    "former_name",
    *reference("institution_id", "institution"),
    Column("name", Text, nullable=False),
    Column("until", Date, nullable=False, comment="first day of the next name"),
    Column("created_by", Text, nullable=False),
    Index("ix_former_name_institution", "tenant_id", "institution_id"),
    access=Access(append_only=True),
    comment="机构曾用名",
)

succession = tenant_table(
    "succession",
    *reference("predecessor_id", "institution"),
    Column("successor_id", Uuid, nullable=False),
    ForeignKeyConstraint(["tenant_id", "successor_id"], ["institution.tenant_id", "institution.id"]),
    Column("on_date", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("uq_succession", "tenant_id", "predecessor_id", "successor_id", unique=True),
    Index("ix_succession_successor", "tenant_id", "successor_id"),
    one_of("reason", SuccessionReason),
    CheckConstraint("predecessor_id <> successor_id", name="distinct"),
    access=Access(append_only=True),
    comment="机构沿革：前身与后继",
)
