"""Practice sites."""

from sqlalchemy import CheckConstraint, Column, Date, Float, Index, Numeric, Text

from server.db.metadata import Access, one_of, recorded, reference, tenant_table
from server.sites.model import SiteKind, SiteRight

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
