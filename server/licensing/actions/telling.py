"""What institutions and applicants are told about a licence: papers, and what must be applied for by when."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.institutions import store as register
from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.record.acts import Act
from server.tasks.actions import open_task
from server.tasks.model import Due, Task, TaskKind


async def open_apply_task(
    act: Act, row: RowMapping, kind: TaskKind, title: str, deadline: Due, consequence: str
) -> None:
    """Open the institution's task to apply by the last day of the limit."""
    await open_task(
        act,
        Task(
            kind,
            f"{title}（{deadline.on} 前，含当日）",
            "licence",
            row["id"],
            row["institution_id"],
            Role.INSTITUTION_STAFF,
            due=deadline,
            consequence=consequence,
        ),
    )


async def issue_paper(
    act: Act,
    kind: PaperKind,
    subject_type: str,
    subject_id: UUID,
    row: RowMapping,
    fields: Mapping[str, str],
    *,
    clauses: tuple[Clause, ...] = (),
    remedies: bool = False,
) -> UUID:
    """The paper, issued today to the institution under its name now; its id."""
    institution = await register.load_for_change(act.connection, act.tenant_id, row["institution_id"])
    return await issue(
        act,
        kind=kind,
        subject_type=subject_type,
        subject_id=subject_id,
        institution_id=row["institution_id"],
        addressee=institution["name"],
        title=kind.label,
        fields=fields,
        issued_on=clock.today(),
        clauses=clauses,
        remedies=remedies,
    )


async def issue_to_applicant(
    act: Act,
    kind: PaperKind,
    subject_type: str,
    row: Mapping[str, Any] | RowMapping,
    fields: Mapping[str, str],
    *,
    clauses: tuple[Clause, ...] = (),
    remedies: bool = False,
) -> UUID:
    """The paper on an application, issued today to its operator; its id."""
    return await issue(
        act,
        kind=kind,
        subject_type=subject_type,
        subject_id=row["id"],
        institution_id=row["institution_id"],
        addressee=row["operator_name"],
        recipient=row["applicant"],
        title=kind.label,
        fields=fields,
        issued_on=clock.today(),
        clauses=clauses,
        remedies=remedies,
    )
