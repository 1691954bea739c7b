"""The review record."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, Numeric, Text

from server.db.metadata import Access, one_of, recorded, reference, tenant_table
from server.reviews.model import ReviewKind, ReviewOutcome

review = tenant_table(
    "review",
    Column("kind", Text, nullable=False),
    *reference("institution_id", "institution", nullable=True),
    *reference("application_id", "operator_application", nullable=True),
    Column("cycle", Text, comment="the period reviewed, in the review's own words: 2025, 2026Q4"),
    Column("outcome", Text, nullable=False),
    Column("score", Numeric(8, 2)),
    Column("score_max", Numeric(8, 2)),
    Column("scheme", Text, comment="scores compare only within one scheme"),
    Column("decided_on", Date, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text),
    Column("policy_digest", Text),
    Column("annulled_on", Date),
    *recorded(),
    Index("ix_review_institution", "tenant_id", "institution_id", "decided_on"),
    Index("ix_review_application", "tenant_id", "application_id"),
    Index("ix_review_decided", "tenant_id", "decided_on"),
    one_of("kind", ReviewKind),
    one_of("outcome", ReviewOutcome),
    CheckConstraint("num_nonnulls(institution_id, application_id) > 0", name="subject"),
    CheckConstraint("score IS NULL OR (score >= 0 AND score <= score_max)", name="score"),
    access=Access(insurance_centre="works"),
    comment="评审记录",
)

review_rollup = tenant_table(
    "review_rollup",
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("scheme", Text),
    Column("decided_month", Date, nullable=False, comment="first day of the month"),
    Column("row_count", BigInteger, nullable=False),
    Column("score_count", BigInteger, nullable=False),
    Column("score_sum", Numeric(20, 2), comment="null where no review has a score"),
    Column("score_least", Numeric(8, 2)),
    Column("score_most", Numeric(8, 2)),
    Index(
        "uq_review_rollup",
        "tenant_id",
        "kind",
        "outcome",
        "scheme",
        "decided_month",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    # For who reads all tenants: the months of a period, whoever's, answered from the index alone.
    Index(
        "ix_review_rollup_month",
        "decided_month",
        postgresql_include=[
            "tenant_id",
            "kind",
            "outcome",
            "scheme",
            "row_count",
            "score_count",
            "score_sum",
            "score_least",
            "score_most",
        ],
    ),
    one_of("kind", ReviewKind),
    one_of("outcome", ReviewOutcome),
    access=Access(deletable=True, insurance_centre="works"),
    comment="评审记录按月汇总：由写入评审记录的同一事务维护",
)
