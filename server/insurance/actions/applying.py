"""Handing in an application: inside the window, frozen as it is, with what the system found about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from uuid import UUID

import orjson
from sqlalchemy import RowMapping

from server.db.pools import fetch_within
from server.institutions.model import InstitutionKind
from server.institutions.rules import check_active
from server.institutions.tables import institution
from server.insurance import applicants, checks, form_rules, holders, rules, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.filing import FORM, add_persons, keep_checks, running_bars, take_files, told
from server.insurance.actions.stepping import SUBJECT, Ground
from server.insurance.form import Form, Person, parted, written
from server.insurance.form_rules import Finding
from server.insurance.model import (
    PASSAGES,
    STAGES,
    Channel,
    DesignationStatus,
    FieldSource,
    MaterialKind,
    MaterialStage,
    PersonRole,
    Step,
)
from server.insurance.parameters import Terms
from server.insurance.registry import registered_form
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Invalid, NotFound
from server.kit.ids import new_id
from server.kit.sealing import Place
from server.people.model import Position
from server.people.tables import person
from server.record.acts import Act
from server.tasks.model import TaskKind

_POSITIONS = {
    PersonRole.LEGAL_REPRESENTATIVE: Position.LEGAL_REPRESENTATIVE,
    PersonRole.PRINCIPAL: Position.PRINCIPAL,
}


@dataclass(frozen=True, slots=True)
class Guarantee:
    """Annex 2-2: the superior designated institution answers for the station or village clinic (MIC-A22-1)."""

    name: str
    code: str
    signed_on: date


@dataclass(frozen=True, slots=True)
class Submission:
    """What handing in takes.  ``mailed_at``: when it reached the agency's mailbox, where the agency enters it."""

    institution_id: UUID
    applied_on: date
    form: Form
    accepted: tuple[int, ...]
    signed_on: date | None = None
    guarantee: Guarantee | None = None
    materials: Mapping[MaterialKind, tuple[UUID, ...]] = field(default_factory=dict)
    mailed_at: datetime | None = None


async def submit(act: Act, ground: Ground, wanted: Submission) -> UUID:
    """The application, received: the form frozen with the provenance of each field, personal values sealed.

    Refused outside the window, for another kind of institution, while a bar runs, and as a duplicate; everything else that
    is missing or inconsistent is found, told, and left to the one supplement notice.

    Implements: MIC-1-1, MIC-2, MIC-3-1a, MIC-A1, MIC-A21, MIC-A22, A-MIC-1, A-MIC-7, A-MIC-11, X-13, X-14, X-16.
    Raises: WindowClosed, NotEligible, Barred, AlreadyApplied, Conflict, Invalid, NotFound, NotAllowed, PolicyNotEnabled.
    """
    act.require(*PASSAGES[Step.SUBMIT].by)
    stepping.only_officials(act, wanted.mailed_at, "只有区医保经办机构可以登记专用邮箱收到的申请")
    received_at = _received(wanted)
    received_on = received_at.date()
    terms = ground.terms(received_on)
    row = await _institution(act, wanted.institution_id)
    window = rules.check_window(ground.calendar, terms, received_at)
    kind = InstitutionKind(row["kind"])
    check_active(row["status"])
    rules.check_kind(kind, terms, row["annotations"])
    if wanted.applied_on > received_on:
        raise Invalid(
            f"申请时间不能晚于收到材料之日（{received_on}），实际为 {wanted.applied_on}", path=("input", "appliedOn")
        )
    accepted = rules.check_commitments(wanted.accepted)
    known = await applicants.load_registered(act.connection, act.tenant_id, wanted.institution_id)
    registered = registered_form(known)
    form, carried = _carried(act, form_rules.normalised(wanted.form), known["people"])
    fetch = partial(fetch_within, act.connection)
    line = await applicants.find_line(fetch, act.tenant_id, wanted.institution_id)
    bars = await running_bars(act, line, form)
    rules.check_bars(bars, received_on)
    held = await holders.find_designation(act.connection, act.tenant_id, wanted.institution_id)
    rules.check_single(
        await store.find_open(act.connection, act.tenant_id, wanted.institution_id),
        designated=held is not None and held["status"] in holders.STANDING,
    )
    findings = _findings(form, registered, wanted, accepted, terms, kind, received_on)
    number = await store.next_number(act.connection, act.tenant_id, window.year, window.quarter)
    due = rules.supplement_due(ground.calendar, terms, received_on)
    application_id = new_id()
    snapshot, personal = parted(form)
    provenance = form_rules.provenance(form, registered)
    after = {
        "institution_id": wanted.institution_id,
        "number": f"{window.year}Q{window.quarter}-{number:04d}",
        "year": window.year,
        "quarter": window.quarter,
        "status": DesignationStatus.SUBMITTED,
        "status_since": clock.today(),
        "channel": Channel.PORTAL if wanted.mailed_at is None else Channel.MAILBOX,
        "applied_on": wanted.applied_on,
        "received_at": received_at,
        "received_on": received_on,
        "institution_name": row["name"],
        "category": kind,
        "form": snapshot,
        "form_digest": act.custody.signer.sign(orjson.dumps(written(form), option=orjson.OPT_SORT_KEYS)),
        "provenance": dict(provenance) | dict.fromkeys(carried, FieldSource.PREFILLED),
        "findings": [told(one) for one in findings],
        "accepted_commitments": list(accepted),
        "commitments_signed_on": wanted.signed_on,
        "guarantee_required": kind in terms.guarantee_kinds,
        "guarantor_name": wanted.guarantee and wanted.guarantee.name,
        "guarantor_code": wanted.guarantee and wanted.guarantee.code,
        "guarantee_signed_on": wanted.guarantee and wanted.guarantee.signed_on,
        "supplement_due_on": due.on,
        "supplement_due_status": due.status,
        "policy_digest": terms.digest,
    }
    mark = {"tenant_id": act.tenant_id, "id": application_id, "created_by": act.actor.subject, "source": "PERSON"}
    sealed = act.seal(
        tables.designation_application, application_id, (*FORM, "bank"), bank_account=personal.get("bank.account")
    )
    await store.insert_rows(act.connection, tables.designation_application, [mark | after | sealed])
    await add_persons(act, application_id, wanted.institution_id, form, amended=False)
    await _add_materials(act, application_id, wanted)
    judged = await checks.check(fetch, act.tenant_id, line, bars, as_of=received_on, terms=terms)
    await keep_checks(act, application_id, wanted.institution_id, judged, as_of=received_on, occasion=Step.SUBMIT)
    explanation = (
        f"{window.year} 年第 {window.quarter} 季度申请，{'平台' if wanted.mailed_at is None else '专用邮箱'}收到"
    )
    draft, submitted = DesignationStatus.DRAFT, DesignationStatus.SUBMITTED
    await stepping.tell(
        act, application_id, wanted.institution_id, Step.SUBMIT, draft, submitted, explanation, on=received_on
    )
    # The snapshot is in the row, immutable; the trail tells its digest and what was found.
    noted = {name: value for name, value in after.items() if name != "form"}
    await act.note("submit", SUBJECT, application_id, after=noted, policy_digest=terms.digest)
    await stepping.remind(
        act,
        stepping.Case(application_id, wanted.institution_id),
        TaskKind.HANDLE_DESIGNATION,
        f"受理“{row['name']}”的医保定点申请；材料不全的一次性告知补充",
        Role.AGENCY_OFFICER,
        step=Step.REQUEST_SUPPLEMENT,
        due=stepping.working_due(
            due,
            received_on,
            terms.supplement_working_days,
            f"自收到材料之日起 {terms.supplement_working_days} 个工作日内一次性告知",
            terms.source("supplement_working_days"),
        ),
        consequence="逾期为超期告警，不视为材料齐全或已受理（A-MIC-2）",
    )
    return application_id


def _received(wanted: Submission) -> datetime:
    if wanted.mailed_at is None:
        return clock.now()
    if wanted.mailed_at > clock.now():
        raise Invalid("邮箱收到时间不能晚于现在", path=("input", "mailedAt"))
    return wanted.mailed_at.astimezone(clock.BEIJING)


async def _institution(act: Act, institution_id: UUID) -> RowMapping:
    """The institution, locked, of somebody who applies for it."""
    try:
        row = await store.load_for_change(act.connection, institution, act.tenant_id, institution_id)
        await stepping.require_own(act, institution_id, PASSAGES[Step.SUBMIT].by)
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    return row


def _carried(act: Act, form: Form, people: Sequence[RowMapping]) -> tuple[Form, tuple[str, ...]]:
    """The form with the numbers that the register holds of the persons it names and that were not entered, and which.

    They go from seal to seal inside this process and are shown to nobody (X-14).
    """
    values: dict[str, Person] = {}
    carried = []
    for role, position in _POSITIONS.items():
        one = form.person(role)
        row = next((row for row in people if row["position"] == position and one and row["name"] == one.name), None)
        if one is None or row is None:
            continue
        told = {"name": one.name, "phone": one.phone, "identity_number": one.identity_number}
        for name in ("phone", "identity_number"):
            sealed = row[f"{name}_sealed"]
            if told[name] is None and sealed is not None:
                place = Place(act.tenant_id, person.name, name, row["id"])
                told[name] = act.custody.sealer.open(place, sealed)
                carried.append(form_rules.spelled(f"{role.lower()}.{name}"))
        values[role.lower()] = Person(told["name"] or one.name, told["phone"], told["identity_number"])
    return Form(**{name: getattr(form, name) for name in Form.__dataclass_fields__} | values), tuple(carried)


def _findings(
    form: Form,
    registered: Form,
    wanted: Submission,
    accepted: Sequence[int],
    terms: Terms,
    kind: InstitutionKind,
    received_on: date,
) -> tuple[Finding, ...]:
    guaranteed = kind in terms.guarantee_kinds
    return (
        *rules.lacking(
            _present(wanted),
            accepted,
            wanted.signed_on,
            guarantee_required=guaranteed,
            guaranteed=wanted.guarantee is not None,
            stage=MaterialStage.AT_SUBMISSION,
        ),
        *form_rules.findings(form, received_on=received_on, needs_guarantee=guaranteed),
        *form_rules.differing(form, registered),
    )


def _present(wanted: Submission) -> frozenset[MaterialKind]:
    """The form and the commitments are handed in with the application itself."""
    own = {MaterialKind.APPLICATION_FORM}
    if wanted.accepted and wanted.signed_on is not None:
        own.add(MaterialKind.COMMITMENT)
    return frozenset(own | {kind for kind, files in wanted.materials.items() if files})


async def _add_materials(act: Act, application_id: UUID, wanted: Submission) -> None:
    present, today = _present(wanted), clock.today()
    rows = [
        {
            "tenant_id": act.tenant_id,
            "id": new_id(),
            "application_id": application_id,
            "institution_id": wanted.institution_id,
            "kind": kind,
            "stage": STAGES[kind],
            "present": kind in present,
            "provided_on": today if kind in present else None,
            "place": place,
        }
        for place, kind in enumerate(MaterialKind, start=1)
    ]
    await store.insert_rows(act.connection, tables.designation_material, rows)
    await take_files(act, application_id, wanted.institution_id, wanted.materials)
