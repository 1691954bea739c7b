"""Applications 申报 submitted."""

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
from server.policy.procedures import Procedure
from server.policy.terms import ApplicationRoute, Effect
from server.record.acts import Act
from server.selection import rules, steps, store, tables
from server.selection.actions.judging import judge_application
from server.selection.model import ApplicationStatus, CallStatus, DeclarationKind, GapOutcome, VerifiedFact
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
