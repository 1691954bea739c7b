"""What every verb on an entrustment agreement does: hold it, go one step, issue the document, remind of a day."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.errors import Conflict, OutOfDate
from server.papers import actions as papers
from server.papers.model import PaperKind
from server.papers.store import load_paper
from server.policy.procedures import Procedure
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.sites import rules, store
from server.sites.actions.gaps import KEEPERS
from server.sites.model import AgreementStatus
from server.tasks import actions as tasks
from server.tasks.model import DayUnit, Task, TaskKind

AGREEMENT = "entrustment_agreement"


async def held(act: Act, agreement_id: UUID, expected_version: int | None) -> RowMapping:
    """The agreement, locked, for those who keep them.  Raises: NotAllowed, NotFound, OutOfDate."""
    act.require(*KEEPERS)
    row = await store.load_agreement(act.connection, act.tenant_id, agreement_id)
    check_version(row, expected_version)
    return row


def check_version(row: RowMapping, expected: int | None) -> None:
    """Pass where the row is as the caller saw it.  Raises: OutOfDate."""
    if expected is not None and row["version"] != expected:
        raise OutOfDate(current_version=row["version"])


def check_step(
    procedure: Procedure,
    agreement: RowMapping,
    to: AgreementStatus,
    *,
    requirement: str = "MTG-18-1",
    only_from: AgreementStatus | None = None,
) -> None:
    """Pass where the agreement may go there (machine 5), from one state alone where it is given.  Raises: Conflict."""
    status, clause = AgreementStatus(agreement["status"]), procedure.clause(requirement)
    rules.check_agreement_step(status, to, clause=clause)
    if only_from is not None and status is not only_from:
        raise Conflict(f"委托协议现为“{status.label}”，不能办理此事项", path=("input", "agreement"), clause=clause)


async def move(
    act: Act, procedure: Procedure, agreement: RowMapping, to: AgreementStatus, values: Mapping[str, Any]
) -> None:
    """The agreement in another state, with its audit entry and event."""
    after = {"status": to, **values}
    await store.update_agreement(act.connection, act.tenant_id, agreement["id"], after)
    before = {key: agreement[key] for key in after}
    await act.note(to.lower(), AGREEMENT, agreement["id"], before=before, after=after, policy_digest=procedure.digest)


async def issue(
    act: Act,
    kind: PaperKind,
    agreement: RowMapping,
    recipient: str,
    *,
    title: str,
    fields: Mapping[str, str],
    clauses: tuple[Clause, ...],
) -> str:
    """The number of the document that this step yields; ``recipient`` is who applied, and reads it."""
    paper_id = await papers.issue(
        act,
        kind=kind,
        subject_type=AGREEMENT,
        subject_id=agreement["id"],
        institution_id=agreement["institution_id"],
        addressee=agreement["operator_name"],
        title=title,
        fields=fields,
        issued_on=clock.today(),
        clauses=clauses,
        recipient=recipient,
    )
    number: str = (await load_paper(act.connection, act.tenant_id, paper_id))["number"]
    return number


async def remind_of_hand_over(act: Act, procedure: Procedure, agreement: RowMapping, premises: str) -> None:
    """The task to hand the premises over on the first day of the term."""
    await _remind(
        act,
        procedure,
        agreement,
        TaskKind.HAND_OVER_PREMISES,
        f"向“{agreement['operator_name']}”交付{premises}",
        agreement["term_from_on"],
        "合同约定的起始日",
        "逾期交付的，开放运行期限可由双方另行约定",
    )


async def remind_of_return(act: Act, procedure: Procedure, agreement: RowMapping) -> None:
    """The task to take the premises back, or to renew, when the term is over."""
    await _remind(
        act,
        procedure,
        agreement,
        TaskKind.RETURN_PREMISES,
        f"委托“{agreement['operator_name']}”的用房期满收回或续签",
        agreement["term_until"],
        "合同期届满之次日",
        "期满使用权终止，应收回用房",
    )


async def _remind(
    act: Act,
    procedure: Procedure,
    agreement: RowMapping,
    kind: TaskKind,
    title: str,
    day: date,
    rule: str,
    consequence: str,
) -> None:
    due = await tasks.due_after(act, day, 0, DayUnit.FIXED, rule=rule, source=SourceStatus.FROM_CLAUSE)
    await tasks.open_task(
        act,
        Task(
            kind,
            title,
            AGREEMENT,
            agreement["id"],
            agreement["institution_id"],
            Role.DISTRICT_OFFICER,
            due=due,
            clause=procedure.clause("MTG-18-2"),
            consequence=consequence,
        ),
    )
