"""Scores by those who assess: which indicators are whose, and what entering the scores does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.assessment import rules, store
from server.assessment.actions import ORGANISERS, held
from server.assessment.actions.assessing import ask, checked
from server.assessment.model import AssessmentStatus, Mark
from server.assessment.tables import assessment, assessment_cycle
from server.documents.actions import own_institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, NotAllowed
from server.record.acts import Act
from server.tasks.actions import finish
from server.tasks.model import TaskKind

_S = AssessmentStatus
#: Who may assess at all; which indicators are whose, the scheme says.
ASSESSORS = (Role.DEPARTMENT_OFFICER, Role.INSTITUTION_STAFF, Role.DISTRICT_OFFICER)
_CENTRE = "COMMUNITY_HEALTH_CENTRE"
_COMMISSION = frozenset({"HEALTH_COMMISSION", "OTHER"})


async def score(act: Act, assessment_id: UUID, *, expected_version: int, marks: Sequence[Mark]) -> None:
    """Scores of the indicators that are the caller's to assess; with the last of them the institution is assessed.

    Before its self-report only once the day for that has passed.

    Implements: FT-2-1-2a, FT-2-1-2b.  Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*ASSESSORS)
    row = await held(act, assessment, assessment_id, expected_version)
    cycle = await store.load(act.connection, assessment_cycle, act.tenant_id, row["cycle_id"])
    check_scorable(row, cycle)
    scores = await store.list_scores(act.connection, act.tenant_id, row["id"])
    given = checked(marks, scores)
    mine = assessing_as(act, row)
    for one in scores:
        if one["indicator_id"] in given and one["assessor"] not in mine:
            raise NotAllowed(f"指标 {one['code']} 不由您所在单位考核")
    await write_scores(act, [Scored(row, scores, given)])


def check_scorable(row: RowMapping, cycle: RowMapping) -> None:
    """Pass an assessment that may be scored today.  Raises: Conflict."""
    now = _S(row["status"])
    rules.check_step(now, _S.ASSESSED)
    if now is _S.OPEN and clock.today() <= cycle["self_report_by"]:
        raise Conflict(
            f"机构尚未自评；自评截止日期（{cycle['self_report_by']}）过后方可直接考核", path=("input", "assessment")
        )


def assessing_as(act: Act, row: RowMapping) -> frozenset[str]:
    """In whose name the caller assesses: as its indicators name their assessors."""
    mine: set[str] = set()
    for grant in act.actor.grants:
        if grant.tenant_id == act.tenant_id and grant.role is Role.DEPARTMENT_OFFICER and grant.department:
            mine.add(grant.department)
    if row["centre_id"] is not None and row["centre_id"] in own_institutions(act):
        mine.add(_CENTRE)
    if act.actor.roles_in(act.tenant_id) & set(ORGANISERS):
        mine |= _COMMISSION
        # A station that stands under no centre is assessed by the authority itself.
        mine |= {_CENTRE} if row["centre_id"] is None else set()
    return frozenset(mine)


@dataclass(frozen=True, slots=True)
class Scored:
    """New marks, by indicator, of an assessment that is locked; its scores as they were."""

    row: RowMapping
    scores: Sequence[RowMapping]
    given: Mapping[UUID, Mark]

    @property
    def complete(self) -> bool:
        """Whether no indicator is without a score then."""
        wanted = [one["indicator_id"] for one in self.scores]
        before = {one["indicator_id"] for one in self.scores if one["score"] is not None}
        return not rules.missing_indicators(wanted, before | self.given.keys())


async def write_scores(act: Act, scored: Sequence[Scored], *, document_id: UUID | None = None) -> None:
    """The marks, checked by whoever calls; with the last one an institution is assessed.

    The trail says of each assessment what was given, in the place of what, and in which file it came.
    """
    marked = [(one, mark) for each in scored for one in each.scores if (mark := each.given.get(one["indicator_id"]))]
    fresh: dict[str, Any] = {
        "scored_by": act.actor.subject,
        "corrected_score": None,
        "correction": None,
        "corrected_by": None,
    }
    values: list[tuple[UUID, Mapping[str, Any]]] = [
        (one["id"], {"score": mark.score, "comment": mark.comment} | fresh) for one, mark in marked
    ]
    await store.update_scores(act.connection, act.tenant_id, values)
    begun: dict[str, Any] = {"returned_reason": None}
    done = begun | {"status": _S.ASSESSED, "assessed_on": clock.today()}
    source = {} if document_id is None else {"document_id": document_id}
    changes: list[tuple[UUID, Mapping[str, Any] | None, Mapping[str, Any] | None]] = []
    for each in scored:
        after = done if each.complete else begun
        of_it = [one for one in each.scores if one["indicator_id"] in each.given]
        was = {key: each.row[key] for key in after} | {"scores": {one["code"]: one["score"] for one in of_it}}
        told = {"scores": {one["code"]: each.given[one["indicator_id"]].score for one in of_it}}
        changes.append((each.row["id"], was, after | told | source))
    for after, complete in ((begun, False), (done, True)):
        ids = [each.row["id"] for each in scored if each.complete is complete]
        await store.update_rows(act.connection, assessment, act.tenant_id, ids, after)
    await act.note_all("scored", "assessment", changes)
    for each in scored:
        if each.complete:
            await finish(act, subject_id=each.row["id"])
            await ask(act, each.row, TaskKind.RECHECK, "复核考核结果", Role.DISTRICT_OFFICER)
