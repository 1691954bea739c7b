"""Tables of uploaded files."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, Text, Uuid, text

from server.db.metadata import Access, one_of, reference, tenant_table
from server.documents.model import DocumentStatus
from server.kit.actor import Role

document = tenant_table(
    "document",
    Column("name", Text, nullable=False, comment="the file's name as its owner knows it"),
    Column("media_type", Text, nullable=False, comment="claimed at first, as found in the bytes once stored"),
    Column("purpose", Text, comment="what it is: 营业执照, 房屋证明"),
    Column("status", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False, comment="announced at first, counted once stored"),
    Column("sha256", Text, comment="of the bytes, 64 hexadecimal digits; null until stored"),
    Column("place", Text, comment="where the bytes are in the store; null until stored"),
    Column("refusal", Text, comment="why the bytes were not accepted"),
    *reference("institution_id", "institution", nullable=True),
    Column("uploaded_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("upload_until", DateTime(timezone=True), nullable=False, comment="when the upload address ends"),
    Column("stored_at", DateTime(timezone=True)),
    Index("ix_document_uploaded_by", "tenant_id", "uploaded_by"),
    Index("ix_document_institution", "tenant_id", "institution_id"),
    one_of("status", DocumentStatus),
    CheckConstraint("size_bytes > 0", name="size"),
    CheckConstraint(
        "(status = 'STORED') = (sha256 IS NOT NULL AND place IS NOT NULL AND stored_at IS NOT NULL)", name="stored"
    ),
    access=Access(insurance_centre="works"),
    comment="上传文件",
)

document_use = tenant_table(
    "document_use",
    *reference("document_id", "document"),
    Column("subject_type", Text, nullable=False, comment="the table of the case it was handed in for"),
    Column("subject_id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False, comment="what it proves there"),
    Column("used_by", Text, nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Index("uq_document_use", "tenant_id", "document_id", "subject_id", "purpose", unique=True),
    Index("ix_document_use_subject", "tenant_id", "subject_id"),
    access=Access(append_only=True, insurance_centre="works"),
    comment="文件使用记录：何案件何用途",
)

case_reader = tenant_table(
    "case_reader",
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("role", Text, nullable=False, comment="who reads in this role: the agency that handles the case"),
    Column("reader", Text, comment="only this person, by subject: an expert who must score the case"),
    Column("given_by", Text, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("withdrawn_at", DateTime(timezone=True), comment="an expert recused: nothing is shown from then on"),
    Index(
        "uq_case_reader",
        "tenant_id",
        "subject_id",
        "role",
        "reader",
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
    one_of("role", Role),
    access=Access(insurance_centre="works"),
    comment="案件材料查阅授权",
)
