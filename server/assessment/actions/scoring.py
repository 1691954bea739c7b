"""Scores by those who assess: which indicators are whose, and what entering the scores does."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
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
    await write_scores(act, row, scores, given)


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


async def write_scores(
    act: Act,
    row: RowMapping,
    scores: Sequence[RowMapping],
    given: Mapping[UUID, Mark],
    *,
    document_id: UUID | None = None,
) -> None:
    """The marks, checked by whoever calls, on an assessment that is locked; with the last one it is assessed.

    The trail says what was given, in the place of what, and in which file it came.
    """
    values: list[tuple[UUID, Mapping[str, Any]]] = []
    was: dict[str, Decimal | None] = {}
    told: dict[str, Decimal] = {}
    for one in scores:
        mark = given.get(one["indicator_id"])
        if mark is None:
            continue
        was[one["code"]], told[one["code"]] = one["score"], mark.score
        new = {"score": mark.score, "comment": mark.comment, "scored_by": act.actor.subject}
        values.append((one["id"], new | {"corrected_score": None, "correction": None, "corrected_by": None}))
    await store.update_scores(act.connection, act.tenant_id, values)
    after: dict[str, Any] = {"returned_reason": None}
    scored = {one["indicator_id"] for one in scores if one["score"] is not None} | given.keys()
    if not rules.missing_indicators([one["indicator_id"] for one in scores], scored):
        after |= {"status": _S.ASSESSED, "assessed_on": clock.today()}
        await finish(act, subject_id=row["id"])
        await ask(act, row, TaskKind.RECHECK, "复核考核结果", Role.DISTRICT_OFFICER)
    await store.update_row(act.connection, assessment, act.tenant_id, row["id"], after)
    source = {} if document_id is None else {"document_id": document_id}
    before = {key: row[key] for key in after} | {"scores": was}
    await act.note("scored", "assessment", row["id"], before=before, after=after | {"scores": told} | source)
