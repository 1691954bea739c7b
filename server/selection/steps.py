"""What the verbs of a selection share: the held row at the version that was seen, one step of a machine, its document."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.errors import OutOfDate
from server.papers import actions as papers
from server.papers.model import PaperKind
from server.papers.store import load_paper
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.selection import rules, store, tables
from server.selection.model import ApplicationStatus, CallStatus

#: Who conducts selections: the district's health authority (MTG-7-2, MTG-10-1).
OFFICERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})

CALL, APPLICATION, OBJECTION = "selection_call", "operator_application", "objection"


def check_version(row: RowMapping, expected: int | None) -> None:
    """Raises: OutOfDate where the row is no longer what the caller saw."""
    if expected is not None and row["version"] != expected:
        raise OutOfDate(current_version=row["version"])


async def held_call(act: Act, call_id: UUID, expected_version: int | None) -> RowMapping:
    """The call, locked, at the version the officer saw. Raises: NotAllowed, NotFound, OutOfDate."""
    act.require(*OFFICERS)
    row = await store.load(act.connection, tables.selection_call, act.tenant_id, call_id, ("input", "call"))
    check_version(row, expected_version)
    return row


async def held_application(act: Act, application_id: UUID, expected_version: int | None) -> RowMapping:
    """The application, locked, at the version that was seen; its call is locked before it. Raises: NotFound, OutOfDate."""
    path = ("input", "application")
    row = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id, path)
    check_version(row, expected_version)
    return row


async def move_call(
    act: Act,
    procedure: Procedure,
    call: RowMapping,
    to: CallStatus,
    requirement: str,
    values: Mapping[str, Any] | None = None,
) -> None:
    """The call in its next status, noted. Raises: Conflict where machine 2 has no such step."""
    rules.check_call_step(CallStatus(call["status"]), to, clause=procedure.clause(requirement))
    after = {"status": to, **(values or {})}
    await store.change(act.connection, tables.selection_call, act.tenant_id, call["id"], after)
    before = {key: call[key] for key in after}
    await act.note(to.lower(), CALL, call["id"], before=before, after=after, policy_digest=procedure.digest)


async def move_application(
    act: Act,
    procedure: Procedure,
    application: RowMapping,
    to: ApplicationStatus,
    requirement: str,
    values: Mapping[str, Any] | None = None,
) -> None:
    """The application in its next status, noted. Raises: Conflict where machine 3 has no such step."""
    rules.check_application_step(ApplicationStatus(application["status"]), to, clause=procedure.clause(requirement))
    after = {"status": to, **(values or {})}
    await store.change(act.connection, tables.operator_application, act.tenant_id, application["id"], after)
    before = {key: application[key] for key in after}
    await act.note(
        to.lower(), APPLICATION, application["id"], before=before, after=after, policy_digest=procedure.digest
    )


async def issue(
    act: Act,
    kind: PaperKind,
    subject: tuple[str, UUID],
    *,
    addressee: str,
    title: str,
    fields: Mapping[str, str],
    clauses: Sequence[Clause] = (),
    remedies: bool = False,
    institution_id: UUID | None = None,
    recipient: str | None = None,
) -> tuple[UUID, str]:
    """An official document of today about the subject: its id and number.  ``recipient``: the applicant who reads it."""
    paper_id = await papers.issue(
        act,
        kind=kind,
        subject_type=subject[0],
        subject_id=subject[1],
        institution_id=institution_id,
        addressee=addressee,
        title=title,
        fields=fields,
        issued_on=clock.today(),
        clauses=clauses,
        remedies=remedies,
        recipient=recipient,
    )
    number: str = (await load_paper(act.connection, act.tenant_id, paper_id))["number"]
    return paper_id, number
