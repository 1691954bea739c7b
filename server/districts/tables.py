"""Tables of districts, authorities and insurance agencies."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, Integer, Text, UniqueConstraint

from server.db.metadata import Access, one_of, recorded, tenant_table
from server.districts.model import AuthorityKind, DistrictKind

_REGISTER = Access(published=True, steward=True, district_writes=False)

district = tenant_table(
    "district",
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("division_code", Text, comment="GB/T 2260; none for the development zone"),
    Column("statistics_code", Text),
    Column("display_order", Integer, nullable=False),
    UniqueConstraint("tenant_id"),
    # A code names one district everywhere, and a database role by it; every row of this table is published.
    Index("uq_district_code", "code", unique=True),
    one_of("kind", DistrictKind),
    access=_REGISTER,
    comment="辖区：每个租户一行；租户 0 为北京市本级",
)

authority = tenant_table(
    "authority",
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("tenant_id", "kind", "name"),
    one_of("kind", AuthorityKind),
    access=_REGISTER,
    comment="机关与部门",
)

insurance_agency = tenant_table(
    "insurance_agency",
    Column("name", Text, nullable=False),
    Column("phones", ARRAY(Text), nullable=False),
    Column("email", Text, nullable=False),
    *recorded(),
    UniqueConstraint("tenant_id"),
    CheckConstraint("cardinality(phones) BETWEEN 1 AND 5", name="phones"),
    access=Access(published=True, steward=True),
    comment="区医疗保障经办机构（京医保中心发〔2025〕4号 附件3）",
)
