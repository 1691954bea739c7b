"""The table of people who answer for institutions."""

from sqlalchemy import CheckConstraint, Column, Date, Index, Text, text

from server.db.metadata import Access, one_of, recorded, reference, sealed, tenant_table
from server.kit.personal import Personal
from server.people.model import Position

person = tenant_table(
    "person",
    *reference("institution_id", "institution"),
    Column("position", Text, nullable=False),
    Column("name", Text, nullable=False),
    *sealed("identity_number", Personal.IDENTITY_NUMBER, indexed=True),
    *sealed("phone", Personal.TELEPHONE),
    Column("from_on", Date, nullable=False),
    Column("until", Date, comment="first day on which somebody else, or nobody, answers"),
    *recorded(),
    Index("ix_person_institution", "tenant_id", "institution_id", "from_on"),
    Index(
        "uq_person_current",
        "tenant_id",
        "institution_id",
        "position",
        unique=True,
        postgresql_where=text("until IS NULL"),
    ),
    one_of("position", Position),
    CheckConstraint("until >= from_on", name="period"),
    access=Access(),
    comment="机构负责人与联系人",
)
