"""Scoring 评分: sheets are sealed as they come in, and opened together when all are there.

Until then the scores exist as ciphertext alone: not in the audit, not in an event, not in the kept answer, and in no column
that a role could read.  The key is the installation's; it never reaches the database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping

from server.kit import clock, prose
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.kit.sealing import Place
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.selection import evaluation, rules, steps, store, tables
from server.selection.evaluation import Criterion, Scored
from server.selection.model import ApplicationStatus, CallStatus, EvaluationMethod, SheetStatus, TieRule
from server.tasks import actions as tasks


@dataclass(frozen=True, slots=True)
class Given:
    """One criterion's score, with a comment."""

    criterion_id: UUID
    score: Decimal
    comment: str | None = None


async def submit_scores(act: Act, procedure: Procedure, application_id: UUID, scores: Sequence[Given]) -> UUID:
    """The expert's sheet, sealed; its id.  Once handed in it does not change.

    Implements: MTG-10-2, MTG-7-1.
    Raises: NotAllowed, NotFound (the expert owes no sheet for it), Conflict (handed in already, recused, not scoring now),
    Invalid.
    """
    act.require(Role.EXPERT)
    clause, path = procedure.clause("MTG-10-2"), ("input", "application")
    sheet = await store.find_sheet(act.connection, act.tenant_id, application_id, act.actor.subject)
    if sheet is None:
        await _refuse_recused(act, procedure, application_id)
        raise NotFound(path=path)
    match SheetStatus(sheet["status"]):
        case SheetStatus.DROPPED:
            raise Conflict("您已回避或不再评审该申报，不能评分", path=path, clause=procedure.clause("MTG-7-1"))
        case SheetStatus.SEALED | SheetStatus.OPENED:
            raise Conflict(
                f"您已于 {sheet['submitted_at']:%Y-%m-%d} 提交该申报的评分表，提交后不能更改或重复评分",
                path=path,
                clause=clause,
            )
        case _:
            pass
    criteria = await criteria_of(act, sheet["call_id"])
    if len({one.criterion_id for one in scores}) < len(scores):
        raise Invalid("同一指标重复评分", path=("input", "scores"), clause=clause)
    checked = rules.checked_scores(criteria, {one.criterion_id: one.score for one in scores}, clause=clause)
    comments = {
        str(one.criterion_id): prose.optional(one.comment, path=("input", "scores", str(n), "comment"), limit=1000)
        for n, one in enumerate(scores)
    }
    content = {str(one): [str(score), comments[str(one)]] for one, score in checked.items()}
    values = {
        "status": SheetStatus.SEALED,
        "submitted_at": clock.now(),
        "sealed": act.custody.sealer.seal(_place(act, sheet["id"]), orjson.dumps(content).decode()),
    }
    await store.change(act.connection, tables.score_sheet, act.tenant_id, sheet["id"], values)
    # That it came in, and nothing of what it says.
    after = {"status": SheetStatus.SEALED, "submitted_at": values["submitted_at"]}
    await act.note("sealed", "score_sheet", sheet["id"], after=after, policy_digest=procedure.digest)
    await tasks.finish(act, subject_id=sheet["id"])
    found: UUID = sheet["id"]
    return found


async def open_scores(act: Act, procedure: Procedure, call_id: UUID, *, expected_version: int) -> None:
    """All sheets of the round opened together, totals and ranks worked out.

    Implements: MTG-10-2; requirements A.7 machine 3 (SCORED → RANKED).
    Raises: NotAllowed, NotFound, OutOfDate, Conflict (a sheet is missing, the call is not under evaluation).
    """
    call = await steps.held_call(act, call_id, expected_version)
    clause = procedure.clause("MTG-10-2")
    if call["status"] != CallStatus.UNDER_EVALUATION or call["evaluated_on"] is not None:
        raise Conflict("该次遴选没有待开启的评分", path=("input", "call"), clause=clause)
    awaited = await store.list_sheets(act.connection, act.tenant_id, call_id, (SheetStatus.AWAITED,))
    if awaited:
        raise Conflict(
            f"还有 {len(awaited)} 份评分表未提交；全部提交后一并开启，专家不能评分的请先办理回避",
            path=("input", "call"),
            clause=clause,
        )
    sealed = await store.list_sheets(act.connection, act.tenant_id, call_id, (SheetStatus.SEALED,))
    applications = await store.list_applications(act.connection, act.tenant_id, call_id, (ApplicationStatus.ELIGIBLE,))
    criteria = await criteria_of(act, call_id)
    method = EvaluationMethod(call["method"])
    opened: dict[UUID, list[evaluation.Sheet]] = {one["id"]: [] for one in applications}
    for sheet in sealed:
        if sheet["application_id"] not in opened:
            continue
        content = orjson.loads(act.custody.sealer.open(_place(act, sheet["id"]), sheet["sealed"]))
        opened[sheet["application_id"]].append(await _reveal(act, sheet, content, criteria, method))
    if not applications or any(len(sheets) < (call["quorum"] or 1) for sheets in opened.values()):
        raise Conflict("有申报的评分表少于法定人数，不能开启", path=("input", "call"), clause=clause)
    places = await _rank(act, procedure, call, applications, opened, criteria)
    await store.change(act.connection, tables.selection_call, act.tenant_id, call_id, {"evaluated_on": clock.today()})
    await act.note("opened", steps.CALL, call_id, after={"sheets": len(sealed)}, policy_digest=procedure.digest)
    named = {one["id"]: f"{one['operator_name']}（{one['number']}）" for one in applications}
    await steps.issue(
        act,
        PaperKind.EVALUATION_RECORD,
        (steps.CALL, call_id),
        addressee="专家委员会",
        title=f"《{call['title']}》综合评价记录",
        fields={
            "评价方法": f"{method.label}；总分相同时{TieRule(call['tie_rule']).label}",
            "评分表": f"{len(sealed)} 份，全部提交后一并开启",
            **{named[one.id]: f"{one.total} 分，第 {one.rank} 名{'（并列）' if one.tied else ''}" for one in places},
        },
        clauses=procedure.clauses(("MTG-10-2",)),
    )


async def criteria_of(act: Act, call_id: UUID) -> list[Criterion]:
    """The call's scoring scheme, in its order."""
    rows = await store.list_criteria(act.connection, act.tenant_id, call_id)
    return [Criterion(row["id"], row["max_score"], row["weight"]) for row in rows]


async def _refuse_recused(act: Act, procedure: Procedure, application_id: UUID) -> None:
    """Raises: Conflict where the person is on the committee and was recused before any sheet was owed."""
    path = ("input", "application")
    application = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id, path)
    for member in await store.list_members(act.connection, act.tenant_id, application["call_id"]):
        if member["subject"] != act.actor.subject:
            continue
        for one in await store.list_recusals(act.connection, act.tenant_id, application["call_id"]):
            if one["member_id"] == member["id"] and one["application_id"] in (None, application_id):
                raise Conflict(
                    f"您与该申报主体有利害关系或已回避（{one['reason']}），不能评分",
                    path=path,
                    clause=procedure.clause("MTG-7-1"),
                )


async def _reveal(
    act: Act,
    sheet: RowMapping,
    content: Mapping[str, Sequence[Any]],
    criteria: Sequence[Criterion],
    method: EvaluationMethod,
) -> evaluation.Sheet:
    scores = {UUID(one): Decimal(score) for one, (score, _) in content.items()}
    await store.add(
        act.connection,
        tables.score,
        [
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "sheet_id": sheet["id"],
                "criterion_id": UUID(one),
                "score": Decimal(score),
                "comment": comment,
            }
            for one, (score, comment) in content.items()
        ],
    )
    total = evaluation.rounded(evaluation.sheet_total(criteria, method, scores))
    values = {"status": SheetStatus.OPENED, "opened_at": clock.now(), "total": total}
    await store.change(act.connection, tables.score_sheet, act.tenant_id, sheet["id"], values)
    await act.note("opened", "score_sheet", sheet["id"], after={"total": total})
    return scores


async def _rank(
    act: Act,
    procedure: Procedure,
    call: RowMapping,
    applications: Sequence[RowMapping],
    opened: Mapping[UUID, Sequence[evaluation.Sheet]],
    criteria: Sequence[Criterion],
) -> list[evaluation.Ranked]:
    """Applications are ranked among those for the same gap."""
    method, tie_rule = EvaluationMethod(call["method"]), TieRule(call["tie_rule"])
    most = evaluation.score_max(criteria, method)
    by_id = {one["id"]: one for one in applications}
    places: list[evaluation.Ranked] = []
    for gap in sorted({one["gap_id"] for one in applications}):
        scored = [
            Scored(one["id"], one["submitted_at"], opened[one["id"]]) for one in applications if one["gap_id"] == gap
        ]
        places += evaluation.ranking(criteria, method, tie_rule, scored)
    for place in places:
        await steps.move_application(act, procedure, by_id[place.id], ApplicationStatus.SCORED, "MTG-10-2")
        row = await store.load(act.connection, tables.operator_application, act.tenant_id, place.id)
        values = {"total_score": place.total, "score_max": most, "rank": place.rank, "tied": place.tied}
        await steps.move_application(act, procedure, row, ApplicationStatus.RANKED, "MTG-10-2", values)
    return places


def _place(act: Act, sheet_id: UUID) -> Place:
    return Place(act.tenant_id, "score_sheet", "sealed", sheet_id)
