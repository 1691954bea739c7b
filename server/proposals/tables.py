"""The table of proposals."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Date, DateTime, Index, Integer, Text, Uuid, text

from server.db.metadata import Access, one_of, recorded, reference, tenant_table
from server.policy.terms import Effect, Kind
from server.proposals.model import ProposalStatus

proposal = tenant_table(
    "proposal",
    Column("subject_type", Text, nullable=False, comment="the table of what it is about"),
    Column("subject_id", Uuid, nullable=False),
    *reference("institution_id", "institution", nullable=True),
    *reference("decision_id", "decision_record"),
    Column("kind", Text, nullable=False, comment="of the policy"),
    Column("rule", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("item", Text, comment="负面清单条目号"),
    Column("effect", Text, nullable=False),
    Column("effects", ARRAY(Text), nullable=False),
    Column("flags", ARRAY(Text), nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("policy_digest", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("grounds", Text, nullable=False, comment="digest of what was counted: the same is not proposed twice"),
    Column("status", Text, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("reason", Text),
    *recorded(),
    Index(
        "uq_proposal_open",
        "tenant_id",
        "subject_id",
        "kind",
        "rule",
        unique=True,
        postgresql_where=text("status = 'OPEN'"),
    ),
    Index("ix_proposal_institution", "tenant_id", "institution_id"),
    Index("ix_proposal_subject", "tenant_id", "subject_id"),
    one_of("kind", Kind),
    one_of("effect", Effect),
    one_of("status", ProposalStatus),
    CheckConstraint("(status = 'OPEN') = (decided_at IS NULL)", name="decided"),
    CheckConstraint("(status IN ('DECLINED', 'LAPSED')) <= (reason IS NOT NULL)", name="reason"),
    access=Access(),
    comment="处置建议：规则提出，由人决定",
)
