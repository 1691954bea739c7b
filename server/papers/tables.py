"""Tables of official documents.  What was issued is never changed: the content has only rows that are added."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from server.db.metadata import Access, one_of, reference, tenant_table
from server.papers.model import PaperKind, RemedyKind, ServiceMethod
from server.policy.terms import SourceStatus
from server.workdays.model import DayUnit

paper_counter = tenant_table(
    "paper_counter",
    Column("kind", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False, comment="the last serial number given"),
    UniqueConstraint("tenant_id", "kind", "year"),
    one_of("kind", PaperKind),
    access=Access(municipal_reads=False, insurance_centre="works"),
    comment="文号计数：各区各类各年连续编号",
)

paper = tenant_table(
    "paper",
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("subject_type", Text, nullable=False, comment="the table of the case"),
    Column("subject_id", Uuid, nullable=False),
    *reference("institution_id", "institution", nullable=True),
    Column("issuer", Text, nullable=False, comment="the authority, by its full name"),
    Column("addressee", Text, nullable=False),
    Column("recipient", Text, comment="the applicant who reads it here, by subject; staff read their institution's"),
    Column("title", Text, nullable=False),
    Column("content", JSON, nullable=False, comment="fields and clauses as issued, in order"),
    Column("remedies", Boolean, nullable=False, comment="whether it is open to reconsideration and litigation"),
    Column("issued_on", Date, nullable=False),
    Column("issued_by", Text, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("digest", Text, nullable=False, comment="SHA-256 over all that it says"),
    UniqueConstraint("tenant_id", "kind", "year", "serial"),
    Index("ix_paper_subject", "tenant_id", "subject_id"),
    Index("ix_paper_institution", "tenant_id", "institution_id"),
    Index("ix_paper_issued", "tenant_id", "issued_on", "id"),
    one_of("kind", PaperKind),
    access=Access(append_only=True, insurance_centre="works"),
    comment="文书：编号、签发内容",
)

paper_service = tenant_table(
    "paper_service",
    *reference("paper_id", "paper"),
    Column("sequence", Integer, nullable=False, comment="1, then 2 where it was served again or the entry corrected"),
    Column("served_on", Date, nullable=False, comment="the day that counts: for 公告送达 the day it is deemed served"),
    Column("method", Text, nullable=False),
    Column("receipt", Text, comment="送达回证: who took it, or the number of the letter"),
    Column("reason", Text, comment="why it was served again or corrected"),
    Column("served_by", Text, nullable=False),
    Column("noted_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("tenant_id", "paper_id", "sequence"),
    one_of("method", ServiceMethod),
    access=Access(append_only=True, insurance_centre="works"),
    comment="文书送达",
)

paper_remedy = tenant_table(
    "paper_remedy",
    *reference("paper_id", "paper"),
    *reference("service_id", "paper_service"),
    Column("kind", Text, nullable=False),
    Column("last_on", Date, nullable=False, comment="the last day on which it can be sought"),
    Column("days", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    UniqueConstraint("tenant_id", "service_id", "kind"),
    one_of("kind", RemedyKind),
    one_of("unit", DayUnit),
    one_of("source", SourceStatus),
    access=Access(append_only=True, insurance_centre="works"),
    comment="文书救济途径与末日",
)
