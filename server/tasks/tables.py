"""The table of tasks."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, Integer, Text, Uuid, text

from server.db.metadata import Access, one_of, recorded, reference, tenant_table
from server.kit.actor import Role
from server.policy.terms import SourceStatus
from server.tasks.model import DayUnit, TaskKind, TaskStatus

task = tenant_table(
    "task",
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("subject_type", Text, nullable=False, comment="the table of the case"),
    Column("subject_id", Uuid, nullable=False),
    Column("subject_tenant_id", Integer, comment="the tenant of the case, where it is another's"),
    *reference("institution_id", "institution", nullable=True),
    Column("role", Text, nullable=False, comment="who must act"),
    Column("department", Text, comment="which authority, of a department officer"),
    Column("assignee", Text, comment="one person, by subject"),
    Column("due_on", Date, comment="the last day in time"),
    Column("due_before", Date, comment="what it was before a calendar notice moved it"),
    Column("due_rule", Text),
    Column("due_days", Integer),
    Column("due_unit", Text),
    Column("due_from_on", Date),
    Column("due_counts_first_day", Boolean, nullable=False, server_default=text("false")),
    Column("provisional", Boolean, nullable=False, comment="a calendar notice may still move the day"),
    Column("due_source", Text),
    Column("clause_document", Text),
    Column("clause_anchor", Text),
    Column("consequence", Text, comment="what follows when the day passes"),
    Column("closed_on", Date, comment="done or cancelled"),
    Column("closed_by", Text),
    *recorded(),
    Index("ix_task_subject", "tenant_id", "subject_id"),
    Index("ix_task_due", "tenant_id", "due_on", "id"),
    Index("ix_task_open", "tenant_id", "role", "due_on", postgresql_where=text("status = 'OPEN'")),
    Index("ix_task_institution", "tenant_id", "institution_id"),
    one_of("kind", TaskKind),
    one_of("status", TaskStatus),
    one_of("role", Role),
    one_of("due_unit", DayUnit),
    one_of("due_source", SourceStatus),
    CheckConstraint("subject_tenant_id <> tenant_id", name="subject_tenant"),
    CheckConstraint("num_nonnulls(due_on, due_rule, due_unit, due_source) IN (0, 4)", name="due"),
    CheckConstraint("(clause_document IS NULL) = (clause_anchor IS NULL)", name="clause"),
    CheckConstraint("(status = 'OPEN') = (closed_on IS NULL)", name="closed"),
    access=Access(insurance_centre="works"),
    comment="待办",
)
