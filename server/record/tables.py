"""Audit, outbox and kept answers."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from server.db.metadata import Access, tenant_table

audit_entry = tenant_table(
    "audit_entry",
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False, comment="the OIDC subject, or the command that acted"),
    Column("request_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("policy_digest", Text),
    Column("signature", Text, nullable=False, comment="by the application, over all of the above"),
    Column(
        "xact",
        BigInteger,
        nullable=False,
        server_default=text("pg_current_xact_id()::text::bigint"),
        comment="the transaction: entries are linked when none before it is still running",
    ),
    Index("ix_audit_subject", "tenant_id", "subject_id"),
    Index("ix_audit_at", "tenant_id", "at", "id"),
    Index("ix_audit_xact", "tenant_id", "xact"),
    access=Access(
        append_only=True, municipal=True, steward=True, municipal_reads=False, audited=True, insurance_centre="adds"
    ),
    comment="审计：何人何时何事，前后如何",
)

audit_link = tenant_table(
    "audit_link",
    Column("seq", BigInteger, nullable=False, comment="1, 2, 3 … within the tenant, without gaps"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    # No foreign key: that an entry is gone must be found, not made impossible to tell.
    Column("entry_id", Uuid, nullable=False),
    Column("entry_hash", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("link_hash", Text, nullable=False),
    Column(
        "horizon",
        BigInteger,
        nullable=False,
        comment="every entry of a transaction before this one is in the chain",
    ),
    UniqueConstraint("tenant_id", "seq"),
    UniqueConstraint("tenant_id", "entry_id"),
    CheckConstraint("seq > 0", name="seq"),
    access=Access(append_only=True, district_writes=False, municipal_reads=False, audited=True, chained=True),
    comment="审计链：每辖区一条，按提交次序",
)

outbox_event = tenant_table(
    "outbox_event",
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("topic", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column(
        "xact",
        BigInteger,
        nullable=False,
        server_default=text("pg_current_xact_id()::text::bigint"),
        comment="the transaction: events are told in its order, once none before it is still running",
    ),
    Index("ix_outbox_event_xact", "tenant_id", "xact", "id"),
    access=Access(append_only=True, municipal=True, steward=True, insurance_centre="adds"),
    comment="待发布的事件",
)

kept_answer = tenant_table(
    "kept_answer",
    Column("subject", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, comment="keyed hash of the request"),
    Column("answer", JSONB),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    UniqueConstraint("tenant_id", "subject", "key"),
    access=Access(municipal=True, steward=True, deletable=True, insurance_centre="works"),
    comment="幂等键与其答复，至少保留 24 小时",
)
