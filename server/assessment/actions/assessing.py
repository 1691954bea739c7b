"""Assessing one institution in one cycle: self-report, recheck, confirmation; scores are in ``scoring``."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.assessment import rules, store
from server.assessment.actions import ORGANISERS, change, held, made
from server.assessment.actions.rectification import open_item
from server.assessment.model import (
    AssessmentStatus,
    EffectKind,
    EffectStatus,
    Mark,
    Problem,
    RectificationSource,
    ResultGrade,
)
from server.assessment.rules import Terms
from server.assessment.tables import assessment, assessment_cycle, assessment_effect, assessment_scheme
from server.assessment.terms import terms_on
from server.documents.actions import own_institutions, take
from server.institutions.store import update_latest_review
from server.kit import clock, names
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotAllowed
from server.kit.ids import new_id
from server.policy.shelf import Shelved
from server.record.acts import Act
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.tasks.actions import finish, open_task
from server.tasks.model import Task, TaskKind

_S = AssessmentStatus
_TEXT = 1000
#: Who rechecks (FT-2-1-2c).
RECHECKERS = (Role.DEPARTMENT_OFFICER, Role.DISTRICT_OFFICER)


async def self_report(
    act: Act, assessment_id: UUID, *, expected_version: int, marks: Sequence[Mark], documents: Sequence[UUID] = ()
) -> None:
    """The institution's own scores for every indicator, with its evidence.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(Role.INSTITUTION_STAFF)
    row = await held(act, assessment, assessment_id, expected_version)
    if row["institution_id"] not in own_institutions(act):
        raise NotAllowed("只能为本机构提交自评")
    rules.check_step(_S(row["status"]), _S.SELF_REPORTED)
    scores = await store.list_scores(act.connection, act.tenant_id, assessment_id)
    given = checked(marks, scores)
    missing = rules.missing_indicators([one["indicator_id"] for one in scores], given)
    if missing:
        raise Invalid(f"第 {'、'.join(map(str, missing))} 项指标尚未自评", path=("input", "scores"))
    marked = [(one["id"], given[one["indicator_id"]]) for one in scores]
    values = [(one, {"self_score": mark.score, "self_comment": mark.comment}) for one, mark in marked]
    await store.update_scores(act.connection, act.tenant_id, values)
    await take(act, documents, subject_type="assessment", subject_id=assessment_id, purpose="SELF_REPORT")
    await finish(act, subject_id=assessment_id, kind=TaskKind.SELF_REPORT)
    await ask(act, row, TaskKind.ASSESS, "考核评分", Role.DISTRICT_OFFICER)
    await change(act, assessment, "self_reported", row, {"status": _S.SELF_REPORTED, "self_reported_on": clock.today()})


async def return_assessment(act: Act, assessment_id: UUID, *, expected_version: int, reason: str) -> None:
    """The scores go back to those who gave them.  Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid."""
    act.require(*RECHECKERS)
    row = await held(act, assessment, assessment_id, expected_version)
    rules.check_step(_S(row["status"]), _S.RETURNED)
    told = names.normalise(reason, path=("input", "reason"), limit=_TEXT)
    await finish(act, subject_id=assessment_id)
    await ask(act, row, TaskKind.ASSESS, "退回后重新考核评分", Role.DISTRICT_OFFICER)
    await change(act, assessment, "returned", row, {"status": _S.RETURNED, "returned_reason": told})


async def recheck(act: Act, assessment_id: UUID, *, expected_version: int, corrections: Sequence[Mark]) -> None:
    """The scores stand as given, or as corrected with a reason each; by somebody who gave none of them.

    Implements: FT-2-1-2c.  Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*RECHECKERS)
    row = await held(act, assessment, assessment_id, expected_version)
    rules.check_step(_S(row["status"]), _S.REVIEWED)
    scores = await store.list_scores(act.connection, act.tenant_id, assessment_id)
    if act.actor.subject in {one["scored_by"] for one in scores}:
        raise NotAllowed("复核应由未参与评分的人员进行")
    await _correct(act, scores, corrections)
    await finish(act, subject_id=assessment_id)
    await ask(act, row, TaskKind.CONFIRM_ASSESSMENT, "确认考核结果", Role.DISTRICT_OFFICER)
    after = {"status": _S.REVIEWED, "reviewed_by": act.actor.subject, "reviewed_on": clock.today()}
    await change(act, assessment, "rechecked", row, after)


async def confirm(
    act: Act, shelved: Shelved, assessment_id: UUID, *, expected_version: int, problems: Sequence[Problem] = ()
) -> UUID:
    """The result with its grade and what follows from it; every problem enters the institution's ledger.

    By the health authority, by somebody who gave none of the scores.  The cycle's period must be over.  The institution is
    named.

    Implements: FT-2-1-3, FT-2-1-4.  Raises: NotAllowed, NotFound, PolicyNotEnabled, OutOfDate, Conflict, Invalid.
    """
    act.require(*ORGANISERS)
    row = await held(act, assessment, assessment_id, expected_version)
    rules.check_step(_S(row["status"]), _S.CONFIRMED)
    scores = await store.list_scores(act.connection, act.tenant_id, assessment_id)
    if act.actor.subject in {one["scored_by"] for one in scores}:
        raise NotAllowed("结果应由未参与评分的人员确认")
    for at, problem in enumerate(problems):
        rules.check_due(problem.due_on, clock.today(), ("input", "problems", str(at), "dueOn"))
    terms = terms_on(shelved, act.tenant_id, clock.today())
    await settle(act, row, scores, terms, _S.CONFIRMED)
    for problem in problems:
        await open_item(
            act,
            institution_id=row["institution_id"],
            source=RectificationSource.ASSESSMENT,
            subject_type="assessment",
            subject_id=assessment_id,
            problem=problem.text,
            due_on=problem.due_on,
        )
    institution_id: UUID = row["institution_id"]
    return institution_id


async def settle(
    act: Act, row: RowMapping, scores: Sequence[RowMapping], terms: Terms, status: AssessmentStatus
) -> None:
    """The result from the scores as they stand now: the review record, the effects, the assessment itself."""
    cycle = await store.load(act.connection, assessment_cycle, act.tenant_id, row["cycle_id"])
    if clock.today() < cycle["until"]:
        raise Conflict(
            f"考核周期 {cycle['name']} 至 {cycle['until']} 前未结束，不能确认结果", path=("input", "assessment")
        )
    scheme = await store.load(act.connection, assessment_scheme, act.tenant_id, cycle["scheme_id"])
    total = rules.total_of([(_standing(one), one["max_score"], one["weight"]) for one in scores])
    grade = rules.grade_of(total, scheme["pass_line"], scheme["excellent_line"])
    review_id = await record_review(
        act,
        Conclusion(
            kind=ReviewKind.ASSESSMENT,
            institution_id=row["institution_id"],
            outcome=ReviewOutcome.FAILED if grade is ResultGrade.NOT_QUALIFIED else ReviewOutcome.PASSED,
            decided_on=clock.today(),
            decided_by=act.actor.subject,
            cycle=cycle["name"],
            score=total,
            score_max=rules.HUNDRED,
            scheme=f"{scheme['code']}/{scheme['number']}",
            reason=grade.label,
            policy_digest=terms.digest,
        ),
    )
    await update_latest_review(act.connection, act.tenant_id, row["institution_id"], clock.today())
    await store.insert_rows(act.connection, assessment_effect, _effects(act, row, total, grade, terms))
    await finish(act, subject_id=row["id"])
    after = {
        "status": status,
        "total": total,
        "grade": grade,
        "confirmed_by": act.actor.subject,
        "confirmed_on": clock.today(),
        "review_id": review_id,
        "policy_digest": terms.digest,
    }
    await change(act, assessment, "confirmed" if status is _S.CONFIRMED else "amended", row, after)


async def correct_scores(act: Act, assessment_id: UUID, corrections: Sequence[Mark]) -> Sequence[RowMapping]:
    """The scores after these corrections."""
    await _correct(act, await store.list_scores(act.connection, act.tenant_id, assessment_id), corrections)
    return await store.list_scores(act.connection, act.tenant_id, assessment_id)


def _effects(act: Act, row: RowMapping, total: Decimal, grade: ResultGrade, terms: Terms) -> list[dict[str, Any]]:
    effects = []
    for kind in rules.effects_of(grade, terms):
        clause = terms.clauses[kind] if terms.clauses is not None else terms.clause
        values = {
            "assessment_id": row["id"],
            "institution_id": row["institution_id"],
            "kind": kind,
            "status": EffectStatus.PENDING,
            "share": total if kind is EffectKind.SUBSIDY else None,
            "clause_document": clause.document,
            "clause_anchor": clause.anchor,
        }
        effects.append(made(act, new_id(), values))
    return effects


async def _correct(act: Act, scores: Sequence[RowMapping], corrections: Sequence[Mark]) -> None:
    given = checked(corrections, scores, "corrections")
    values = []
    for one in scores:
        mark = given.get(one["indicator_id"])
        if mark is None:
            continue
        why = names.normalise(mark.comment or "", path=("input", "corrections", "comment"), limit=_TEXT)
        new = {"corrected_score": mark.score, "correction": why, "corrected_by": act.actor.subject}
        values.append((one["id"], new))
    await store.update_scores(act.connection, act.tenant_id, values)


def checked(marks: Sequence[Mark], scores: Sequence[RowMapping], field: str = "scores") -> Mapping[UUID, Mark]:
    """The marks by indicator: each within its limits, none twice, none of another scheme."""
    known = {one["indicator_id"]: one for one in scores}
    given: dict[UUID, Mark] = {}
    for at, mark in enumerate(marks):
        path = ("input", field, str(at))
        if mark.indicator_id not in known:
            raise Invalid("该指标不属于本次考核的方案", path=(*path, "indicator"))
        if mark.indicator_id in given:
            raise Invalid("同一指标只能给出一个得分", path=(*path, "indicator"))
        rules.check_mark(mark.score, known[mark.indicator_id]["max_score"], (*path, "score"))
        if mark.comment is not None:
            names.normalise(mark.comment, path=(*path, "comment"), limit=_TEXT)
        given[mark.indicator_id] = mark
    return given


def _standing(one: RowMapping) -> Decimal:
    value: Decimal = one["corrected_score"] if one["corrected_score"] is not None else one["score"]
    return value


async def ask(act: Act, row: RowMapping, kind: TaskKind, what: str, role: Role) -> None:
    """Somebody in the role is asked for the next step of the assessment."""
    await open_task(
        act,
        Task(
            kind=kind,
            title=what,
            subject_type="assessment",
            subject_id=row["id"],
            institution_id=row["institution_id"],
            role=role,
        ),
    )
