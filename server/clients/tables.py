"""The table of trusted documents."""

from sqlalchemy import CheckConstraint, Column, DateTime, Text, UniqueConstraint, text

from server.db.metadata import Access, tenant_table

trusted_document = tenant_table(
    "trusted_document",
    Column("digest", Text, nullable=False, comment="SHA-256 of the text in UTF-8, as 64 hexadecimal digits"),
    Column("text", Text, nullable=False),
    Column("client", Text, nullable=False, comment="the program that sends it"),
    Column("registered_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("tenant_id", "digest"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
    access=Access(published=True, steward=True, deletable=True, district_writes=False),
    comment="受信文档：客户端登记的 GraphQL 操作",
)
