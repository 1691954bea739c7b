"""The two evaluations: the agency's, reported whatever its result, and the municipal centre's, which opens on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.institutions import store as institutions
from server.insurance import applicants, rules, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.accepting import missing_for_evaluation
from server.insurance.actions.stepping import SUBJECT, Ground
from server.insurance.model import (
    PASSAGES,
    DesignationMethod,
    EvaluationLevel,
    EvaluationResult,
    Step,
    notice,
)
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict
from server.kit.ids import new_id
from server.papers import actions as papers
from server.papers.model import PaperKind
from server.record.acts import Act
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.tasks import actions as tasks
from server.tasks.model import TaskKind

#: Who signs the municipal centre's papers, as the notice names it.
CENTRE = "北京市医疗保险事务管理中心"

_OUTCOMES = {EvaluationResult.PASS: ReviewOutcome.PASSED, EvaluationResult.FAIL: ReviewOutcome.FAILED}
_KINDS = {
    EvaluationLevel.DISTRICT: ReviewKind.DESIGNATION_DISTRICT,
    EvaluationLevel.MUNICIPAL: ReviewKind.DESIGNATION_MUNICIPAL,
}


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One thing that an evaluation looked at."""

    item: str
    met: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an evaluation ended."""

    result: EvaluationResult
    method: DesignationMethod
    reasons: str | None = None
    advice: str | None = None
    checks: tuple[LookedAt, ...] = ()


async def evaluate_in_district(
    act: Act, application_id: UUID, *, ground: Ground, verdict: Verdict, expected_version: int
) -> None:
    """The agency's evaluation: pass, with all six materials in, or fail, with the reasons.

    Implements: MIC-3-2a, A-MIC-3.
    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Conflict, Invalid.
    """
    row = await stepping.held(act, application_id, expected_version, Step.EVALUATE_IN_DISTRICT)
    rules.check_verdict(verdict.result, verdict.method, verdict.reasons, verdict.advice)
    missing = await missing_for_evaluation(act, application_id)
    if verdict.result is EvaluationResult.PASS and missing:
        raise Conflict(
            f"区级评估结束前六项材料应齐备，尚缺：{'、'.join(missing)}",
            path=("input", "result"),
            clause=notice("二4"),
        )
    today = clock.today()
    await _conclude(act, ground, row, EvaluationLevel.DISTRICT, verdict)
    said = f"区级评估{verdict.result.label}" + (f"：{verdict.reasons}" if verdict.reasons else "")
    await stepping.pass_on(
        act, row, Step.EVALUATE_IN_DISTRICT, said, district_result=verdict.result, district_evaluated_on=today
    )
    await institutions.update_latest_review(act.connection, act.tenant_id, row["institution_id"], today)
    await tasks.finish(act, subject_id=application_id)
    await stepping.remind(
        act,
        stepping.Case.of(row),
        TaskKind.EVALUATE_DESIGNATION,
        f"将“{row['institution_name']}”的区级评估结果报市医保中心",
        Role.AGENCY_OFFICER,
        step=Step.REPORT,
    )


async def report(act: Act, application_id: UUID, *, expected_version: int, explanation: str | None) -> None:
    """The result, pass or fail, is reported to the municipal centre (MIC-3-2a, A-MIC-4).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep.
    """
    row = await stepping.held(act, application_id, expected_version, Step.REPORT)
    said = stepping.worded(explanation, "区级评估结果报市医保中心", "explanation")
    await stepping.pass_on(act, row, Step.REPORT, said, reported_on=clock.today())
    await tasks.finish(act, subject_id=application_id)
    await stepping.remind(
        act,
        stepping.Case.of(row),
        TaskKind.EVALUATE_DESIGNATION,
        f"市级评估“{row['institution_name']}”的医保定点申请",
        Role.MUNICIPAL_INSURANCE_OFFICER,
        step=Step.EVALUATE_MUNICIPALLY,
    )


async def evaluate_municipally(
    act: Act, application_id: UUID, *, ground: Ground, verdict: Verdict, expected_version: int
) -> UUID:
    """The municipal centre's evaluation, once the district's result is there; the institution.

    Implements: MIC-3-2b, A-MIC-4.
    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Conflict, Invalid.
    """
    row = await stepping.held(act, application_id, expected_version, Step.EVALUATE_MUNICIPALLY)
    district = EvaluationResult(row["district_result"])
    terms = ground.terms(clock.today())
    rules.check_verdict(
        verdict.result, verdict.method, verdict.reasons, verdict.advice, district_result=district, terms=terms
    )
    await _conclude(act, ground, row, EvaluationLevel.MUNICIPAL, verdict)
    said = f"市级评估{verdict.result.label}" + (f"：{verdict.reasons}" if verdict.reasons else "")
    await stepping.pass_on(
        act,
        row,
        Step.EVALUATE_MUNICIPALLY,
        said,
        municipal_result=verdict.result,
        municipal_evaluated_on=clock.today(),
    )
    await tasks.finish(act, subject_id=application_id)
    institution_id: UUID = row["institution_id"]
    return institution_id


async def send_result(act: Act, application_id: UUID, *, expected_version: int, explanation: str | None) -> None:
    """The notice of the result: 评估结果告知书 on a pass, reasons and advice on a fail (MIC-3-2b).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Conflict, Invalid.
    """
    act.require(*PASSAGES[Step.SEND_RESULT_NOTICE].by)
    row = await store.load_for_change(act.connection, tables.designation_application, act.tenant_id, application_id)
    passed = row["municipal_result"] == EvaluationResult.PASS
    step = Step.SEND_RESULT_NOTICE if passed else Step.SEND_REASONS
    row = await stepping.held(act, application_id, expected_version, step)
    verdict = await _municipal(act, application_id)
    fields = {
        "申请编号": row["number"],
        "医疗机构名称": row["institution_name"],
        "区级评估结果": EvaluationResult(row["district_result"]).label,
        "市级评估结果": EvaluationResult(row["municipal_result"]).label,
    }
    if not passed:
        fields |= {"不合格理由": verdict["reasons"], "整改建议": verdict["advice"]}
    await papers.issue(
        act,
        kind=PaperKind.DESIGNATION_RESULT if passed else PaperKind.DESIGNATION_REASONS,
        subject_type=SUBJECT,
        subject_id=application_id,
        institution_id=row["institution_id"],
        addressee=row["institution_name"],
        title="医保定点评估结果告知书" if passed else "医保定点评估不合格理由及整改建议告知书",
        fields=fields,
        issued_on=clock.today(),
        clauses=(notice("三(二)第二段"),),
        issuer=CENTRE,
    )
    said = stepping.worded(explanation, "发放评估结果告知书" if passed else "告知理由，提出整改建议", "explanation")
    await stepping.pass_on(act, row, step, said)


async def _municipal(act: Act, application_id: UUID) -> RowMapping:
    rows = await store.list_evaluations(act.connection, act.tenant_id, application_id)
    return next(row for row in rows if row["level"] == EvaluationLevel.MUNICIPAL)


async def _conclude(act: Act, ground: Ground, row: RowMapping, level: EvaluationLevel, verdict: Verdict) -> None:
    """The evaluation in the case and in the common record of reviews."""
    today, terms = clock.today(), ground.terms(clock.today())
    by = CENTRE
    if level is EvaluationLevel.DISTRICT:
        by = await applicants.find_agency_name(act.connection, act.tenant_id)
    review_id = await record_review(
        act,
        Conclusion(
            kind=_KINDS[level],
            institution_id=row["institution_id"],
            outcome=_OUTCOMES[verdict.result],
            decided_on=today,
            decided_by=by,
            cycle=f"{row['year']}Q{row['quarter']}",
            reason=verdict.reasons,
            policy_digest=terms.digest,
        ),
    )
    values = {
        "application_id": row["id"],
        "institution_id": row["institution_id"],
        "review_id": review_id,
        "level": level,
        "method": verdict.method,
        "result": verdict.result,
        "reasons": verdict.reasons,
        "advice": verdict.advice,
        "checks": looked_at(verdict.checks),
        "decided_on": today,
        "decided_by": by,
    }
    mark = {"tenant_id": act.tenant_id, "id": new_id()}
    await store.insert_rows(act.connection, tables.designation_evaluation, [mark | values])


def looked_at(checks: Sequence[LookedAt]) -> list[dict[str, Any]]:
    """What was looked at, as it is kept."""
    return [{"item": one.item, "met": one.met, "note": one.note} for one in checks]


async def annul_municipal(act: Act, application_id: UUID, on: date) -> None:
    """The municipal evaluation stands no longer, nor does its review: it is made again."""
    verdict = await _municipal(act, application_id)
    await store.update_row(
        act.connection, tables.designation_evaluation, act.tenant_id, verdict["id"], {"annulled_on": on}
    )
    await store.annul_review(act.connection, act.tenant_id, verdict["review_id"], on)
    await act.note("annulled", "review", verdict["review_id"], after={"annulled_on": on})
