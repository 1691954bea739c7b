"""Tables of policy: versions, and the decisions that were made with them.

Contents and records are ``json``, not ``jsonb``: what is written comes back as it was written, key order included (the
order of a grade's choices is their rank, and an exported file must equal the one that came in).
"""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON, ExcludeConstraint

from server.db.metadata import Access, one_of, recorded, reference, tenant_table
from server.policy.terms import Effect, Kind, Outcome, Status

#: What a row may say of a version; the other statuses follow from dates.
STORED = (Status.DRAFT, Status.IN_REVIEW, Status.PUBLISHED, Status.WITHDRAWN)

policy_version = tenant_table(
    "policy_version",
    Column("kind", Text, nullable=False),
    Column("pack", Text, nullable=False, comment="the pack's code"),
    Column("number", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("effective_from", Date, nullable=False),
    Column("effective_until", Date, comment="as its content says, or earlier where a successor begins"),
    Column("content", JSON, nullable=False, comment="what the digest is taken over; never changed once published"),
    Column("digest", Text, nullable=False),
    Column("base_digest", Text, comment="the published version that the draft was made from"),
    Column("author", Text, nullable=False),
    Column("writers", ARRAY(Text), nullable=False, comment="who wrote into the draft; none of them may publish it"),
    Column("published_by", Text),
    Column("published_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("shared_with_city", Boolean, nullable=False, server_default=text("false")),
    *recorded(),
    UniqueConstraint("tenant_id", "kind", "number"),
    ExcludeConstraint(
        ("tenant_id", "="),
        ("kind", "="),
        (func.daterange(text("effective_from"), text("effective_until")), "&&"),
        where=text("status = 'PUBLISHED'"),
        using="gist",
        name="ex_policy_version_period",
    ),
    one_of("kind", Kind),
    one_of("status", STORED),
    # A version that an erratum replaces from its first day keeps an empty period.
    CheckConstraint("effective_until >= effective_from", name="period"),
    CheckConstraint("status <> 'PUBLISHED' OR published_by <> ALL (writers)", name="second_person"),
    CheckConstraint(
        "(status = 'PUBLISHED') <= (published_by IS NOT NULL AND published_at IS NOT NULL)", name="published"
    ),
    access=Access(city_shared="status = 'PUBLISHED'::text", steward=True, municipal=True),
    comment="政策版本：内容一经发布不再改变",
)

decision_record = tenant_table(
    "decision_record",
    *reference("institution_id", "institution", nullable=True),
    Column("kind", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("policy_digest", Text, nullable=False),
    Column("decision_digest", Text, nullable=False),
    Column("record", JSON, nullable=False, comment="everything needed to make the decision again"),
    Column("as_of", Date, nullable=False),
    Column("known_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
    Column("recorded_by", Text, nullable=False),
    Index("ix_decision_record_institution", "tenant_id", "institution_id", "as_of"),
    one_of("kind", Kind),
    one_of("outcome", Outcome),
    one_of("effect", Effect),
    access=Access(append_only=True),
    comment="判定记录：规则、事实与依据，可复算",
)
