"""Audit, outbox and kept answers."""

from sqlalchemy import Column, DateTime, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from server.db.metadata import Access, tenant_table

audit_entry = tenant_table(
    "audit_entry",
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("actor", Text, nullable=False, comment="the OIDC subject, or the command that acted"),
    Column("request_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("policy_digest", Text),
    Index("ix_audit_subject", "tenant_id", "subject_id"),
    access=Access(append_only=True, municipal=True, steward=True),
    comment="审计：何人何时何事，前后如何",
)

outbox_event = tenant_table(
    "outbox_event",
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("topic", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    access=Access(append_only=True, municipal=True, steward=True),
    comment="待发布的事件",
)

kept_answer = tenant_table(
    "kept_answer",
    Column("subject", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of the request"),
    Column("answer", JSONB),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("tenant_id", "subject", "key"),
    access=Access(municipal=True, steward=True, deletable=True),
    comment="幂等键与其答复，至少保留 24 小时",
)
