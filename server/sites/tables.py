"""Practice sites, service gaps, supporting premises, entrustment agreements."""

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.db.metadata import Access, one_of, recorded, reference, tenant_table
from server.sites.model import AgreementStatus, GapStatus, OwnerKind, ProhibitedUse, SiteKind, SiteRight

site = tenant_table(
    "site",
    *reference("institution_id", "institution"),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("match_key", Text, nullable=False, comment="the address as imports compare it"),
    Column("division_code", Text),
    Column("longitude", Float, comment="CGCS2000, degrees east"),
    Column("latitude", Float, comment="CGCS2000, degrees north"),
    Column("area_m2", Numeric(10, 2)),
    Column("right_of_use", Text),
    Column("from_on", Date),
    Column("until", Date, comment="first day on which the institution no longer works here"),
    *recorded(),
    Index("ix_site_institution", "tenant_id", "institution_id"),
    Index("ix_site_match", "tenant_id", "match_key"),
    one_of("kind", SiteKind),
    one_of("right_of_use", SiteRight),
    CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name="location"),
    CheckConstraint("longitude BETWEEN -180 AND 180 AND latitude BETWEEN -90 AND 90", name="degrees"),
    CheckConstraint("area_m2 > 0", name="area"),
    CheckConstraint("until > from_on", name="period"),
    access=Access(),
    comment="执业地址与用房",
)

service_gap = tenant_table(
    "service_gap",
    Column("name", Text, nullable=False),
    Column("sort_key", Text, nullable=False, comment="the name in pinyin"),
    Column("batch", Text, nullable=False, comment="the round in which the commission chose it: 2026年第一批"),
    Column("area", Text, nullable=False, comment="the area in words; an area, not an address (MTG-8-1)"),
    Column("boundary", JSONB(none_as_null=True), comment="GeoJSON polygon, CGCS2000 longitude and latitude"),
    Column("population", Integer, nullable=False),
    Column("source_plan", Text, comment="the published plan that names the area"),
    Column("status", Text, nullable=False),
    Column("status_since_on", Date, nullable=False),
    Column("published_on", Date, comment="day of its first publication; public from then on"),
    *reference("institution_id", "institution", nullable=True),
    *recorded(),
    Index("ix_service_gap_status", "tenant_id", "status"),
    Index("ix_service_gap_name", "tenant_id", "sort_key", "id"),
    Index("ix_service_gap_institution", "tenant_id", "institution_id"),
    one_of("status", GapStatus),
    CheckConstraint("population >= 0", name="population"),
    access=Access(published_when="published_on IS NOT NULL"),
    comment="社区卫生服务空白点",
)

gap_event = tenant_table(
    "gap_event",
    *reference("gap_id", "service_gap"),
    Column("from_status", Text),
    Column("to_status", Text, nullable=False),
    Column("on_date", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("ix_gap_event_gap", "tenant_id", "gap_id", "id"),
    one_of("from_status", GapStatus),
    one_of("to_status", GapStatus),
    access=Access(append_only=True),
    comment="空白点状态沿革",
)

premises = tenant_table(
    "premises",
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("match_key", Text, nullable=False, comment="the address as duplicates are found"),
    Column("area_m2", Numeric(10, 2), nullable=False),
    Column("owner_kind", Text, nullable=False),
    Column("owner_name", Text, nullable=False),
    *reference("gap_id", "service_gap", nullable=True),
    *recorded(),
    Index("uq_premises_address", "tenant_id", "match_key", unique=True),
    Index("ix_premises_gap", "tenant_id", "gap_id"),
    one_of("owner_kind", OwnerKind),
    CheckConstraint("area_m2 > 0", name="area"),
    access=Access(),
    comment="医疗卫生配套用房",
)

entrustment_agreement = tenant_table(
    "entrustment_agreement",
    *reference("premises_id", "premises"),
    # The application stands in an area above; no action of this one looks into it.
    Column("application_id", Uuid, nullable=False, comment="the awarded application"),
    ForeignKeyConstraint(
        ["tenant_id", "application_id"], ["operator_application.tenant_id", "operator_application.id"]
    ),
    *reference("gap_id", "service_gap"),
    *reference("institution_id", "institution", nullable=True),
    Column("operator_name", Text, nullable=False),
    Column("term_from_on", Date, nullable=False),
    Column("term_until", Date, nullable=False, comment="first day after the term"),
    Column("opening_by", Date, nullable=False, comment="last day to open (MTG-22-1, A-MTG-10)"),
    Column("prohibited_uses", ARRAY(Text), nullable=False),
    Column("terms", Text, comment="what else the parties agreed"),
    Column("number", Text),
    Column("status", Text, nullable=False),
    Column("signed_on", Date),
    Column("signed_for_authority", Text),
    Column("signed_for_operator", Text),
    Column("in_force_on", Date, comment="day on which the premises were handed over"),
    Column("ended_on", Date),
    Column("end_reason", Text),
    Column("end_reference", Text, comment="number of the decision that ended it"),
    # So does the exit case.
    Column("exit_case_id", Uuid, comment="the exit case whose decision ended it"),
    ForeignKeyConstraint(["tenant_id", "exit_case_id"], ["exit_case.tenant_id", "exit_case.id"]),
    *recorded(),
    # Premises are entrusted to one operator at a time.
    Index(
        "uq_entrustment_agreement_live",
        "tenant_id",
        "premises_id",
        unique=True,
        postgresql_where=text("status NOT IN ('EXPIRED', 'TERMINATED')"),
    ),
    Index("ix_entrustment_agreement_application", "tenant_id", "application_id"),
    Index("ix_entrustment_agreement_institution", "tenant_id", "institution_id"),
    Index("ix_entrustment_agreement_exit_case", "tenant_id", "exit_case_id"),
    one_of("status", AgreementStatus),
    CheckConstraint("term_until > term_from_on", name="term"),
    CheckConstraint("opening_by >= term_from_on AND opening_by < term_until", name="opening"),
    CheckConstraint(
        "(signed_on IS NOT NULL) >= (status NOT IN ('DRAFT', 'TERMINATED'))"
        " AND (status = 'DRAFT') <= (signed_on IS NULL)"
        " AND (signed_on IS NULL) = (signed_for_authority IS NULL)"
        " AND (signed_on IS NULL) = (signed_for_operator IS NULL)",
        name="signed_by_both",
    ),
    CheckConstraint("(status IN ('EXPIRED', 'TERMINATED')) = (ended_on IS NOT NULL)", name="ended"),
    access=Access(),
    comment="配套用房委托协议",
)

agreement_breach = tenant_table(
    "agreement_breach",
    *reference("agreement_id", "entrustment_agreement"),
    Column("use", Text, nullable=False),
    Column("occurred_on", Date, nullable=False),
    Column("found_on", Date, nullable=False),
    Column("facts", Text, nullable=False),
    Column("remedied_on", Date),
    Column("remedy", Text),
    *recorded(),
    Index("ix_agreement_breach_agreement", "tenant_id", "agreement_id"),
    one_of("use", ProhibitedUse),
    CheckConstraint("found_on >= occurred_on", name="found"),
    CheckConstraint("(remedied_on IS NULL) = (remedy IS NULL)", name="remedied"),
    access=Access(),
    comment="委托协议禁止用途的违约认定",
)
