"""Tables of public selection.

What the public reads (calls, their criteria and materials, notices and results) carries its own day of publication: the
database lets everybody read those rows and no others.  Scores stand as ciphertext until all sheets are in
(``score_sheet.sealed``); only then do rows of ``score`` come to be.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from server.db.metadata import Access, one_of, recorded, reference, sealed, tenant_table
from server.institutions.model import OperatingNature, OperatorKind
from server.kit.personal import Personal
from server.policy.terms import ApplicationRoute, Effect, Mode, Outcome, SourceStatus
from server.selection.model import (
    AffiliationKind,
    ApplicationStatus,
    CallStatus,
    EvaluationMethod,
    GapOutcome,
    NoticeKind,
    ObjectionRemedy,
    ObjectionStatus,
    RecusalKind,
    SheetStatus,
    TieRule,
    VerifiedFact,
)

_PUBLIC = Access(published_when="published_on IS NOT NULL")


def _published() -> Column[object]:
    return Column("published_on", Date, comment="public from this day on")


selection_call = tenant_table(
    "selection_call",
    Column("number", Text, comment="of its announcement"),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("status", Text, nullable=False),
    _published(),
    Column("url", Text, comment="where the authority's own site announces it"),
    Column("closes_on", Date, nullable=False, comment="last day for applications"),
    Column("publicity_working_days", Integer, nullable=False),
    Column("publicity_source", Text, comment="of the policy's length; null where the call set its own"),
    Column("method", Text, nullable=False),
    Column("tie_rule", Text, nullable=False),
    Column("quorum", Integer, comment="sheets that each application needs; set when the committee is formed"),
    Column("round", Integer, nullable=False, server_default=text("1"), comment="counts evaluations held anew"),
    Column("evaluated_on", Date),
    Column("publicity_ends_on", Date, comment="last day of the publicity that runs or ran last"),
    Column("ended_on", Date),
    Column("end_reason", Text),
    Column("policy_digest", Text, nullable=False),
    *recorded(),
    Index("ix_selection_call_status", "tenant_id", "status"),
    Index("ix_selection_call_published", "tenant_id", "published_on", "id"),
    one_of("status", CallStatus),
    one_of("publicity_source", SourceStatus),
    one_of("method", EvaluationMethod),
    one_of("tie_rule", TieRule),
    CheckConstraint("publicity_working_days BETWEEN 1 AND 60", name="publicity"),
    CheckConstraint("closes_on > published_on", name="closes"),
    CheckConstraint("quorum > 0", name="quorum"),
    access=_PUBLIC,
    comment="公开遴选",
)

call_gap = tenant_table(
    "call_gap",
    *reference("call_id", "selection_call"),
    *reference("gap_id", "service_gap"),
    Column("outcome", Text, nullable=False),
    _published(),
    UniqueConstraint("tenant_id", "call_id", "gap_id"),
    Index("ix_call_gap_gap", "tenant_id", "gap_id"),
    # One gap stands in one call at a time.
    Index("uq_call_gap_open", "tenant_id", "gap_id", unique=True, postgresql_where=text("outcome = 'OPEN'")),
    one_of("outcome", GapOutcome),
    access=_PUBLIC,
    comment="公开遴选所含空白点",
)

call_material = tenant_table(
    "call_material",
    *reference("call_id", "selection_call"),
    Column("ordinal", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("mandatory", Boolean, nullable=False),
    Column("note", Text),
    _published(),
    UniqueConstraint("tenant_id", "call_id", "ordinal"),
    access=_PUBLIC,
    comment="公开遴选须提交的材料",
)

call_criterion = tenant_table(
    "call_criterion",
    *reference("call_id", "selection_call"),
    Column("ordinal", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("max_score", Numeric(6, 2), nullable=False),
    Column("weight", Numeric(6, 2), nullable=False, comment="percent; all of a call make 100"),
    Column("note", Text),
    _published(),
    UniqueConstraint("tenant_id", "call_id", "ordinal"),
    CheckConstraint("max_score > 0 AND weight > 0", name="positive"),
    access=_PUBLIC,
    comment="公开遴选评分指标",
)

operator_application = tenant_table(
    "operator_application",
    *reference("call_id", "selection_call"),
    *reference("gap_id", "service_gap"),
    ForeignKeyConstraint(
        ["tenant_id", "call_id", "gap_id"], ["call_gap.tenant_id", "call_gap.call_id", "call_gap.gap_id"]
    ),
    Column("number", Text, nullable=False, comment="receipt number"),
    Column("subject", Text, nullable=False, comment="who applied: the subject of the token"),
    Column("operator_name", Text, nullable=False),
    Column("unified_social_credit_code", Text),
    Column("operator_key", Text, nullable=False, comment="tells whether two applications are of one operator"),
    Column("operator_kind", Text, nullable=False),
    Column("operating_nature", Text, nullable=False),
    Column("route", Text, nullable=False),
    *reference("existing_institution_id", "institution", nullable=True),
    Column("statement", Text, comment="what the applicant says of itself and its plan"),
    Column("contact_name", Text),
    *sealed("contact_phone", Personal.TELEPHONE),
    Column("status", Text, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("submitted_on", Date, nullable=False),
    Column("proposed", Text, nullable=False, comment="what the policy proposes now; NO_ACTION while something is open"),
    Column("decided_on", Date),
    Column("decided_by", Text),
    Column("decision_reason", Text),
    Column("total_score", Numeric(8, 2)),
    Column("score_max", Numeric(8, 2)),
    Column("rank", Integer),
    Column("tied", Boolean, nullable=False, server_default=text("false")),
    Column("confirmed_on", Date, comment="day of the award"),
    Column("opening_by", Date, comment="last day to open, as the award sets it (MTG-22-1, A-MTG-10)"),
    *reference("opened_institution_id", "institution", nullable=True),
    Column("withdrawn_on", Date),
    Column("withdrawal_reason", Text),
    *recorded(),
    Index(
        "uq_operator_application_operator",
        "tenant_id",
        "call_id",
        "gap_id",
        "operator_key",
        unique=True,
        postgresql_where=text("status <> 'WITHDRAWN'"),
    ),
    Index("ix_operator_application_subject", "tenant_id", "subject"),
    Index("ix_operator_application_gap", "tenant_id", "gap_id"),
    Index("ix_operator_application_submitted", "tenant_id", "submitted_at", "id"),
    # One operator is confirmed for a gap of a call.
    Index(
        "uq_operator_application_confirmed",
        "tenant_id",
        "call_id",
        "gap_id",
        unique=True,
        postgresql_where=text("status = 'CONFIRMED'"),
    ),
    one_of("operator_kind", OperatorKind),
    one_of("operating_nature", OperatingNature),
    one_of("route", ApplicationRoute),
    one_of("status", ApplicationStatus),
    one_of("proposed", (Effect.ELIGIBLE, Effect.INELIGIBLE, Effect.NO_ACTION)),
    CheckConstraint("(route = 'NEW') = (existing_institution_id IS NULL)", name="existing"),
    CheckConstraint("operator_kind = 'INDIVIDUAL' OR unified_social_credit_code IS NOT NULL", name="code"),
    CheckConstraint("(status = 'CONFIRMED') <= (confirmed_on IS NOT NULL AND opening_by > confirmed_on)", name="award"),
    access=Access(),
    comment="举办主体申报",
)

application_claim = tenant_table(
    "application_claim",
    *reference("application_id", "operator_application"),
    Column("fact", Text, nullable=False),
    Column("value", Text, nullable=False, comment="as policy reads values: true, NON_PROFIT"),
    Column("basis", Text, comment="of a determination: what it rests on"),
    Column("plan", Text, comment="the published plan that a determination about the plan cites (BJ17-2-1)"),
    Column("plan_published_on", Date),
    Column("determined", Boolean, nullable=False, comment="by the authority; else the applicant's own claim"),
    Column("on_date", Date, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("created_by", Text, nullable=False),
    Index("ix_application_claim_application", "tenant_id", "application_id", "id"),
    one_of("fact", VerifiedFact),
    CheckConstraint("(plan IS NULL) = (plan_published_on IS NULL)", name="plan"),
    access=Access(append_only=True),
    comment="申报声明与主管部门核实",
)

application_material = tenant_table(
    "application_material",
    *reference("application_id", "operator_application"),
    *reference("material_id", "call_material", nullable=True),
    *reference("document_id", "document"),
    Column("created_by", Text, nullable=False),
    Index("ix_application_material_application", "tenant_id", "application_id"),
    Index("ix_application_material_document", "tenant_id", "document_id"),
    access=Access(append_only=True),
    comment="申报材料",
)

eligibility_check = tenant_table(
    "eligibility_check",
    *reference("application_id", "operator_application"),
    *reference("decision_id", "decision_record"),
    Column("ordinal", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("concept", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("clause_document", Text, nullable=False),
    Column("clause_anchor", Text, nullable=False),
    Column("clause_text", Text),
    Column("reason", Text, nullable=False, comment="the explanation in one sentence"),
    Column("as_of", Date, nullable=False),
    UniqueConstraint("tenant_id", "application_id", "ordinal"),
    one_of("outcome", Outcome),
    one_of("effect", Effect),
    one_of("mode", Mode),
    # What is proposed now; what was proposed before stays in decision_record.
    access=Access(deletable=True),
    comment="准入条件逐条判定（当前）",
)

committee_member = tenant_table(
    "committee_member",
    *reference("call_id", "selection_call"),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("affiliation", Text, nullable=False),
    Column("employer_name", Text, nullable=False),
    Column("employer_code", Text, comment="unified social credit code of the employer"),
    Column("created_by", Text, nullable=False),
    UniqueConstraint("tenant_id", "call_id", "subject"),
    Index("ix_committee_member_subject", "tenant_id", "subject"),
    one_of("affiliation", AffiliationKind),
    access=Access(append_only=True),
    comment="专家委员会成员",
)

recusal = tenant_table(
    "recusal",
    *reference("call_id", "selection_call"),
    *reference("member_id", "committee_member"),
    *reference("application_id", "operator_application", nullable=True),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("on_date", Date, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("ix_recusal_member", "tenant_id", "member_id"),
    one_of("kind", RecusalKind),
    access=Access(append_only=True),
    comment="专家回避",
)

score_sheet = tenant_table(
    "score_sheet",
    *reference("call_id", "selection_call"),
    *reference("application_id", "operator_application"),
    *reference("member_id", "committee_member"),
    Column("subject", Text, nullable=False, comment="whose sheet it is"),
    Column("round", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("submitted_at", DateTime(timezone=True)),
    Column("sealed", LargeBinary, comment="the scores, encrypted; nothing else holds them until all sheets are opened"),
    Column("opened_at", DateTime(timezone=True)),
    Column("total", Numeric(8, 2)),
    *recorded(),
    UniqueConstraint("tenant_id", "application_id", "member_id", "round"),
    Index("ix_score_sheet_call", "tenant_id", "call_id", "round"),
    Index("ix_score_sheet_subject", "tenant_id", "subject"),
    one_of("status", SheetStatus),
    CheckConstraint("(status IN ('SEALED', 'OPENED')) <= (sealed IS NOT NULL)", name="sealed"),
    CheckConstraint("(status = 'OPENED') = (opened_at IS NOT NULL AND total IS NOT NULL)", name="opened"),
    access=Access(),
    comment="专家评分表",
)

score = tenant_table(
    "score",
    *reference("sheet_id", "score_sheet"),
    *reference("criterion_id", "call_criterion"),
    Column("score", Numeric(6, 2), nullable=False),
    Column("comment", Text),
    UniqueConstraint("tenant_id", "sheet_id", "criterion_id"),
    CheckConstraint("score >= 0", name="score"),
    access=Access(append_only=True),
    comment="专家评分（开启后）",
)

public_notice = tenant_table(
    "public_notice",
    *reference("call_id", "selection_call"),
    *reference("paper_id", "paper", nullable=True),
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("url", Text),
    Column("from_on", Date, nullable=False),
    Column("ends_on", Date, comment="last day of the publicity"),
    Column("working_days", Integer),
    Column("source", Text, comment="where its length comes from"),
    Column("provisional", Boolean, nullable=False, server_default=text("false")),
    Column("published_on", Date, nullable=False),
    Column("created_by", Text, nullable=False),
    Index("ix_public_notice_call", "tenant_id", "call_id", "id"),
    Index("ix_public_notice_published", "tenant_id", "published_on", "id"),
    one_of("kind", NoticeKind),
    one_of("source", SourceStatus),
    CheckConstraint("(kind = 'RESULT') = (ends_on IS NOT NULL AND working_days IS NOT NULL)", name="publicity"),
    access=Access(append_only=True, published_when="published_on IS NOT NULL"),
    comment="公告与公示",
)

notice_result = tenant_table(
    "notice_result",
    *reference("notice_id", "public_notice"),
    *reference("gap_id", "service_gap"),
    Column("application_id", Uuid, comment="for those who may read applications"),
    ForeignKeyConstraint(
        ["tenant_id", "application_id"], ["operator_application.tenant_id", "operator_application.id"]
    ),
    Column("outcome", Text, nullable=False),
    Column("operator_name", Text),
    Column("total_score", Numeric(8, 2)),
    Column("score_max", Numeric(8, 2)),
    Column("published_on", Date, nullable=False),
    Index("ix_notice_result_notice", "tenant_id", "notice_id"),
    one_of("outcome", GapOutcome),
    access=Access(append_only=True, published_when="published_on IS NOT NULL"),
    comment="公示与公告的遴选结果",
)

objection = tenant_table(
    "objection",
    *reference("call_id", "selection_call"),
    *reference("notice_id", "public_notice"),
    *reference("application_id", "operator_application"),
    Column("subject", Text, nullable=False, comment="who objected: the subject of the token"),
    Column("objector", Text, nullable=False),
    Column("grounds", Text, nullable=False),
    Column("raised_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("decided_on", Date),
    Column("decided_by", Text),
    Column("decision_reason", Text),
    Column("remedy", Text),
    *recorded(),
    Index("ix_objection_call", "tenant_id", "call_id"),
    Index("ix_objection_subject", "tenant_id", "subject"),
    one_of("status", ObjectionStatus),
    one_of("remedy", ObjectionRemedy),
    CheckConstraint(
        "(status = 'OPEN') = (decided_on IS NULL) AND (decided_on IS NULL) = (decision_reason IS NULL)", name="decided"
    ),
    CheckConstraint("(status = 'UPHELD') = (remedy IS NOT NULL)", name="upheld"),
    access=Access(),
    comment="公示异议",
)
