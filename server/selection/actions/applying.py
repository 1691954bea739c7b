"""Applications 申报: submitting, withdrawing; what the policy proposes about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.documents import actions as documents
from server.identity.actions import enrol_applicant
from server.institutions import store as institutions
from server.institutions.model import OperatingNature, OperatorKind
from server.kit import clock, names, prose, uscc
from server.kit.actor import Role
from server.kit.errors import BadInput, Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.papers.model import PaperKind
from server.policy.decision import Decision
from server.policy.procedures import Procedure
from server.policy.store import insert_decisions
from server.policy.terms import ApplicationRoute, Effect
from server.proposals import actions as proposals
from server.record.acts import Act
from server.selection import eligibility, rules, steps, store, tables
from server.selection.actions import calls
from server.selection.model import (
    ApplicationStatus,
    CallStatus,
    DeclarationKind,
    GapOutcome,
    SheetStatus,
    VerifiedFact,
)
from server.sites import store as sites
from server.sites.model import GapStatus
from server.tasks import actions as tasks
from server.tasks.model import Task, TaskKind

ATTACHED = "申报材料"
_PERSON_LONGEST = 50


@dataclass(frozen=True, slots=True)
class Operator:
    """Who wants to run the institution.  An individual has no credit code."""

    name: str
    kind: OperatorKind
    unified_social_credit_code: str | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document handed in, for one of the call's materials where it says which."""

    document_id: UUID
    material_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An application as it is submitted.  ``declarations``: what the applicant claims, by kind."""

    call_id: UUID
    gap_id: UUID
    route: ApplicationRoute
    operator: Operator
    operating_nature: OperatingNature
    declarations: Mapping[DeclarationKind, bool] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()
    existing_institution_id: UUID | None = None
    statement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None


async def submit_application(act: Act, procedure: Procedure, wanted: Application) -> tuple[UUID, bool]:
    """The application, taken as it is and judged by the policy in force; and whether its applicant is new here.

    Whoever is signed in may apply to a published call.  An operator that is not eligible is not turned away: its
    application is kept, with what the policy proposes and why.

    Implements: MTG-8-2, MTG-9-1, MTG-2-1 to MTG-5-1 (proposed, never decided here); A-MTG-8; BJ17-2-2d.
    Raises: NotFound (no such published call), Conflict (closed; the gap is not in the call; the operator applied already),
    Invalid.
    """
    path = ("input", "call")
    call = await store.find_published_call(act.connection, act.tenant_id, wanted.call_id)
    if call is None:
        raise NotFound(path=path)
    today, now = clock.today(), clock.now()
    rules.check_open(CallStatus(call["status"]), call["closes_on"], today, clause=procedure.clause("MTG-8-2"))
    await _check_gap(act, procedure, wanted)
    values = _values(act, wanted)
    if wanted.existing_institution_id is not None:
        await _check_existing(act, wanted.existing_institution_id)
    before = await store.find_application_of(
        act.connection, act.tenant_id, wanted.call_id, wanted.gap_id, values["operator_key"]
    )
    if before is not None:
        raise Conflict(
            f"“{values['operator_name']}”已于 {before['submitted_on']} 申报该空白点（{before['number']}），请先撤回",
            path=("input", "operator"),
            clause=procedure.clause("MTG-8-2"),
        )
    person = values["contact_name"] or act.actor.name
    enrolled = await enrol_applicant(act, person[:_PERSON_LONGEST])
    application_id = new_id()
    count = await store.count_applications(act.connection, act.tenant_id, wanted.call_id)
    sealed = act.seal(tables.operator_application, application_id, contact_phone=wanted.contact_phone)
    row = values | {
        "tenant_id": act.tenant_id,
        "id": application_id,
        "number": f"{call['number']}-{count + 1:03d}",
        "subject": act.actor.subject,
        "status": ApplicationStatus.SUBMITTED,
        "submitted_at": now,
        "submitted_on": today,
        "proposed": Effect.NO_ACTION,
        "created_by": act.actor.subject,
        "source": "PERSON",
    }
    await store.add(act.connection, tables.operator_application, [row | sealed])
    await act.note("submitted", steps.APPLICATION, application_id, after=row | sealed, policy_digest=procedure.digest)
    await _keep_claims(act, application_id, wanted)
    await _attach(act, application_id, call, wanted.attachments)
    await judge_application(act, procedure, application_id)
    await steps.issue(
        act,
        PaperKind.SELECTION_RECEIPT,
        (steps.APPLICATION, application_id),
        addressee=values["operator_name"],
        title=f"关于受理“{values['operator_name']}”申报的回执",
        fields={
            "遴选公告": call["number"],
            "受理号": row["number"],
            "举办主体": values["operator_name"],
            "收到日期": str(today),
        },
        clauses=procedure.clauses(("MTG-8-2",)),
        recipient=act.actor.subject,
    )
    await tasks.open_task(
        act,
        Task(
            TaskKind.DECIDE_ELIGIBILITY,
            f"审查“{values['operator_name']}”的申报资格（{row['number']}）",
            steps.APPLICATION,
            application_id,
            None,
            Role.DISTRICT_OFFICER,
            clause=procedure.clause("MTG-3-1"),
            consequence="申报资格全部审查完毕后方可组织综合评价",
        ),
    )
    return application_id, enrolled


async def judge_application(act: Act, procedure: Procedure, application_id: UUID) -> tuple[Decision, ...]:
    """What the policy says of the application now, kept rule by rule with its record; grounds for refusing are proposed."""
    application = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id)
    claims = await store.list_claims(act.connection, act.tenant_id, application_id)
    decisions = eligibility.judge(
        procedure,
        eligibility.history_of(application_id, claims),
        submitted_on=application["submitted_on"],
        as_of=clock.today(),
        known_at=clock.now(),
    )
    kept = [(new_id(), None, one) for one in decisions]
    await insert_decisions(act.connection, act.tenant_id, kept, act.actor.subject)
    rows = []
    for n, (decision_id, _, one) in enumerate(kept, start=1):
        clause = one.explanation[0].clause
        text = procedure.register.find(clause)
        rows.append(
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "application_id": application_id,
                "decision_id": decision_id,
                "ordinal": n,
                "rule": one.rule,
                "title": one.title,
                "concept": one.concept,
                "outcome": one.outcome,
                "effect": one.effect,
                "mode": one.mode,
                "clause_document": clause.document,
                "clause_anchor": clause.anchor,
                "clause_text": text.text if text else None,
                "reason": eligibility.reason_of(one),
                "as_of": one.as_of,
            }
        )
    await store.replace_checks(act.connection, act.tenant_id, application_id, rows)
    proposed = eligibility.proposed(decisions)
    await store.change(
        act.connection, tables.operator_application, act.tenant_id, application_id, {"proposed": proposed}
    )
    await act.note(
        "judged",
        steps.APPLICATION,
        application_id,
        before={"proposed": application["proposed"]},
        after={"proposed": proposed, "rules": {one.rule: one.outcome for one in decisions}},
        policy_digest=decisions[0].policy_digest if decisions else procedure.digest,
    )
    await proposals.propose(act, None, decisions, subject_type=steps.APPLICATION, subject_id=application_id)
    return decisions


async def withdraw_application(
    act: Act, procedure: Procedure, application_id: UUID, *, expected_version: int, reason: str
) -> None:
    """The applicant withdraws; where its operator was determined already, the gap re-opens.

    An officer withdraws in the operator's name where it gave up in writing.
    Implements: requirements A.7, machines 1 (withdrawn operator) and 3.
    Raises: NotFound (not the caller's own), OutOfDate, Invalid, Conflict.
    """
    reason = prose.checked(reason, path=("input", "reason"))
    path = ("input", "application")
    seen = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id, path)
    officer = bool(act.actor.roles_in(act.tenant_id) & steps.OFFICERS)
    if seen["subject"] != act.actor.subject and not officer:
        raise NotFound(path=path)
    steps.check_version(seen, expected_version)
    status = ApplicationStatus(seen["status"])
    values = {"withdrawn_on": clock.today(), "withdrawal_reason": reason}
    await steps.move_application(act, procedure, seen, ApplicationStatus.WITHDRAWN, "MTG-8-2", values)
    await tasks.cancel(act, subject_id=application_id)
    await proposals.lapse(act, application_id, "举办主体已撤回申报")
    for sheet in await store.list_sheets(
        act.connection, act.tenant_id, seen["call_id"], (SheetStatus.AWAITED, SheetStatus.SEALED)
    ):
        if sheet["application_id"] == application_id:
            await store.change(
                act.connection, tables.score_sheet, act.tenant_id, sheet["id"], {"status": SheetStatus.DROPPED}
            )
            await tasks.cancel(act, subject_id=sheet["id"])
    if status is ApplicationStatus.CONFIRMED:
        await _check_free(act, procedure, seen)
        await _end_award(act, procedure, seen, reason)
    elif status is ApplicationStatus.SELECTED:
        await _lose_selected(act, procedure, seen)


async def _check_free(act: Act, procedure: Procedure, application: RowMapping) -> None:
    """A confirmed operator gives up before it is licensed, and after its agreements were ended. Raises: Conflict."""
    gap = await sites.load_gap(act.connection, act.tenant_id, application["gap_id"])
    if gap["status"] not in (GapStatus.OPERATOR_DETERMINED, GapStatus.PREPARING):
        raise Conflict(
            f"空白点现为“{GapStatus(gap['status']).label}”，已取得执业许可的应依法办理歇业、注销或退出",
            path=("input", "application"),
            clause=procedure.clause("MTG-21-2"),
        )
    live = await sites.list_agreements_of(act.connection, act.tenant_id, [application["id"]])
    if live:
        raise Conflict(
            f"尚有委托协议（{live[0]['number'] or '草拟'}）未终止，请先终止协议、收回用房",
            path=("input", "application"),
            clause=procedure.clause("MTG-18-2"),
        )


async def _lose_selected(act: Act, procedure: Procedure, application: RowMapping) -> None:
    """The result that was determined or is being published no longer stands: it must be determined anew."""
    call = await store.load(act.connection, tables.selection_call, act.tenant_id, application["call_id"])
    if call["status"] == CallStatus.PUBLICITY:
        await steps.move_call(act, procedure, call, CallStatus.OBJECTION_REVIEW, "MTG-10-4")
        call = await store.load(act.connection, tables.selection_call, act.tenant_id, application["call_id"])
    if call["status"] == CallStatus.OBJECTION_REVIEW:
        await steps.move_call(act, procedure, call, CallStatus.RE_EVALUATION, "MTG-10-3", {"publicity_ends_on": None})
        await tasks.cancel(act, subject_id=call["id"], kind=TaskKind.AWARD_CALL)


async def _end_award(act: Act, procedure: Procedure, application: RowMapping, reason: str) -> None:
    """The operator that had been determined is no longer: the gap re-opens, and whoever was to sign or open need not."""
    await calls.reopen_gaps(
        act,
        procedure,
        application["call_id"],
        [application["gap_id"]],
        f"举办主体“{application['operator_name']}”退出：{reason}",
    )
    await steps.issue(
        act,
        PaperKind.AWARD_ENDED,
        (steps.APPLICATION, application["id"]),
        addressee=application["operator_name"],
        title=f"关于终止“{application['operator_name']}”举办主体资格的通知",
        fields={"受理号": application["number"], "原因": reason, "处理": "举办主体资格终止，该空白点重新开放"},
        clauses=procedure.clauses(("MTG-10-3",)),
        recipient=application["subject"],
    )


async def _check_gap(act: Act, procedure: Procedure, wanted: Application) -> None:
    gaps = await store.list_call_gaps(act.connection, act.tenant_id, wanted.call_id)
    if wanted.gap_id not in {row["gap_id"] for row in gaps if row["outcome"] == GapOutcome.OPEN}:
        raise Conflict(
            "该空白点不在本次遴选公告所列范围内，请选择公告所列的空白点",
            path=("input", "gap"),
            clause=procedure.clause("MTG-8-1"),
        )


async def _check_existing(act: Act, institution_id: UUID) -> None:
    """The institution is one of the district's own (区内现有医疗机构). Raises: NotFound."""
    try:
        await institutions.load_for_change(act.connection, act.tenant_id, institution_id)
    except NotFound:
        raise NotFound(path=("input", "existingInstitution")) from None


def _values(act: Act, wanted: Application) -> dict[str, Any]:
    operator = wanted.operator
    at = ("input", "operator")
    name = names.normalise(operator.name, path=(*at, "name"))
    code = operator.unified_social_credit_code
    if code is not None:
        code = uscc.normalise(code, path=(*at, "unifiedSocialCreditCode"))
    elif operator.kind is not OperatorKind.INDIVIDUAL:
        raise Invalid("单位申报应填写统一社会信用代码；个人申报不填", path=(*at, "unifiedSocialCreditCode"))
    existing = wanted.existing_institution_id
    if (wanted.route is ApplicationRoute.NEW) != (existing is None):
        message = (
            "新设不填现有机构" if wanted.route is ApplicationRoute.NEW else f"“{wanted.route.label}”应填写该现有机构"
        )
        raise Invalid(message, path=("input", "existingInstitution"))
    contact = wanted.contact_name
    return {
        "call_id": wanted.call_id,
        "gap_id": wanted.gap_id,
        "operator_name": name,
        "unified_social_credit_code": code,
        # Two people of one organisation are one operator; individuals are told apart by who applies.
        "operator_key": code or f"person:{act.actor.subject}",
        "operator_kind": operator.kind,
        "operating_nature": wanted.operating_nature,
        "route": wanted.route,
        "existing_institution_id": existing,
        "statement": prose.optional(wanted.statement, path=("input", "statement"), limit=4000),
        "contact_name": None if contact is None else names.normalise(contact, path=("input", "contactName"), limit=50),
    }


async def _keep_claims(act: Act, application_id: UUID, wanted: Application) -> None:
    claims = {
        VerifiedFact.OPERATOR_KIND: str(wanted.operator.kind),
        VerifiedFact.OPERATING_NATURE: str(wanted.operating_nature),
        VerifiedFact.APPLICATION_ROUTE: str(wanted.route),
    } | {VerifiedFact(kind.value): "true" if claimed else "false" for kind, claimed in wanted.declarations.items()}
    await store.add(
        act.connection,
        tables.application_claim,
        [
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "application_id": application_id,
                "fact": fact,
                "value": value,
                "determined": False,
                "on_date": clock.today(),
                "at": clock.now(),
                "created_by": act.actor.subject,
            }
            for fact, value in claims.items()
        ],
    )


async def _attach(act: Act, application_id: UUID, call: RowMapping, attachments: Sequence[Attachment]) -> None:
    path = ("input", "materials")
    materials = {one["id"] for one in await store.list_materials(act.connection, act.tenant_id, call["id"])}
    for n, one in enumerate(attachments):
        if one.material_id is not None and one.material_id not in materials:
            raise BadInput(f"第 {n + 1} 份材料所对应的项目不在公告所列材料中", path=(*path, n))
    await documents.take(
        act,
        [one.document_id for one in attachments],
        subject_type=steps.APPLICATION,
        subject_id=application_id,
        purpose=ATTACHED,
        path=path,
    )
    await store.add(
        act.connection,
        tables.application_material,
        [
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "application_id": application_id,
                "material_id": one.material_id,
                "document_id": one.document_id,
                "created_by": act.actor.subject,
            }
            for one in attachments
        ],
    )
