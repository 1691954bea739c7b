"""Appeals against a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from server.assessment import rules, store
from server.assessment.actions import ORGANISERS, change, held, made
from server.assessment.actions.assessing import correct_scores, settle
from server.assessment.model import AppealOutcome, AssessmentStatus, Mark
from server.assessment.tables import assessment, assessment_appeal
from server.assessment.terms import terms_on
from server.documents.actions import take
from server.kit import clock, names
from server.kit.actor import Role
from server.kit.errors import NotAllowed
from server.kit.ids import new_id
from server.policy.shelf import Shelved
from server.record.acts import Act
from server.reviews.actions import annul_review
from server.tasks.actions import finish, open_task
from server.tasks.model import Task, TaskKind

_S = AssessmentStatus
_TEXT = 2000


async def appeal(
    act: Act, assessment_id: UUID, *, expected_version: int, statement: str, documents: Sequence[UUID] = ()
) -> None:
    """The institution asks for its result to be looked at again.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(Role.INSTITUTION_STAFF)
    row = await held(act, assessment, assessment_id, expected_version)
    mine = {one.institution_id for one in act.actor.grants if one.tenant_id == act.tenant_id}
    if row["institution_id"] not in mine:
        raise NotAllowed("只能为本机构提出申诉")
    rules.check_step(_S(row["status"]), _S.APPEALED)
    values = {
        "assessment_id": assessment_id,
        "institution_id": row["institution_id"],
        "statement": names.normalise(statement, path=("input", "statement"), limit=_TEXT),
        "appealed_by": act.actor.subject,
        "appealed_on": clock.today(),
    }
    await store.insert_rows(act.connection, assessment_appeal, [made(act, new_id(), values)])
    await take(act, documents, subject_type="assessment", subject_id=assessment_id, purpose="APPEAL")
    await open_task(
        act,
        Task(
            kind=TaskKind.DECIDE_APPEAL,
            title="处理绩效考核申诉",
            subject_type="assessment",
            subject_id=assessment_id,
            institution_id=row["institution_id"],
            role=Role.DISTRICT_OFFICER,
        ),
    )
    await change(act, assessment, "appealed", row, {"status": _S.APPEALED})


@dataclass(frozen=True, slots=True)
class Decided:
    """Whose result it was, and the review that no longer stands, if it was amended."""

    institution_id: UUID
    annulled_review_id: UUID | None = None


async def decide_appeal(
    act: Act,
    shelved: Shelved,
    assessment_id: UUID,
    *,
    expected_version: int,
    reason: str,
    corrections: Sequence[Mark] = (),
) -> Decided:
    """The result stands, or is amended where there are corrections: the old review is annulled, a new one written.

    By somebody else than who confirmed it.
    Raises: NotAllowed, NotFound, PolicyNotEnabled, OutOfDate, Conflict, Invalid.
    """
    act.require(*ORGANISERS)
    row = await held(act, assessment, assessment_id, expected_version)
    outcome = AppealOutcome.AMENDED if corrections else AppealOutcome.DISMISSED
    then = _S.AMENDED if corrections else _S.CONFIRMED
    rules.check_step(_S(row["status"]), then)
    if row["confirmed_by"] == act.actor.subject:
        raise NotAllowed("申诉应由确认原结果以外的人员处理")
    institution_id: UUID = row["institution_id"]
    told = names.normalise(reason, path=("input", "reason"), limit=_TEXT)
    pending = await store.load_open_appeal(act.connection, act.tenant_id, assessment_id)
    decided = {"outcome": outcome, "reason": told, "decided_by": act.actor.subject, "decided_on": clock.today()}
    await change(act, assessment_appeal, "decided", pending, decided)
    await finish(act, subject_id=assessment_id, kind=TaskKind.DECIDE_APPEAL)
    if outcome is AppealOutcome.DISMISSED:
        await change(act, assessment, "appeal_dismissed", row, {"status": _S.CONFIRMED})
        return Decided(institution_id)
    await annul_review(act, row["review_id"], reason=told)
    await store.void_effects(act.connection, act.tenant_id, assessment_id, clock.today())
    scores = await correct_scores(act, assessment_id, corrections)
    await settle(act, row, scores, terms_on(shelved, act.tenant_id, clock.today()), _S.AMENDED)
    return Decided(institution_id, row["review_id"])
