"""Obligations of an institution with their evidence, and its enrolment in monitoring."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from server.documents.actions import take
from server.institutions import store as register
from server.institutions.model import InstitutionStatus, OperatorKind
from server.institutions.rules import ENDED
from server.kit import clock
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.licensing import rules, store
from server.licensing.actions.steps import INSTITUTION_FILERS, OFFICERS, change, check_own, is_officer
from server.licensing.lists import Lists
from server.licensing.model import EvidenceFinding
from server.licensing.tables import monitoring_enrolment, obligation, obligation_evidence
from server.record.acts import Act

PURPOSE = "OBLIGATION_EVIDENCE"
_CODE_LONGEST = 40


async def bind_obligations(
    act: Act, lists: Lists, institution_id: UUID, operator: OperatorKind | None, on: date
) -> list[UUID]:
    """The obligations of the district's list that bind the institution and are not in its register yet; their ids.

    Implements: MTG-13 to MTG-17.
    """
    known = {
        row["code"] for row in await store.list_obligations(act.connection, institution_id) if row["until"] is None
    }
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": act.tenant_id,
            "id": new_id(),
            "institution_id": institution_id,
            "code": duty.code,
            "title": duty.title,
            "nature": duty.nature,
            "clause_document": duty.clause.document,
            "clause_anchor": duty.clause.anchor,
            "from_on": on,
            "until": None,
            "created_by": act.actor.subject,
            "source": "RULE",
        }
        for duty in lists.duties
        if duty.code not in known and duty.binds(operator, on)
    ]
    await store.add(act.connection, obligation, rows)
    told = ("code", "institution_id", "clause_document", "clause_anchor", "from_on")
    await act.note_all("bound", "obligation", [(row["id"], None, {key: row[key] for key in told}) for row in rows])
    return [row["id"] for row in rows]


async def bind_institution(act: Act, lists: Lists, institution_id: UUID) -> list[UUID]:
    """The list as it is now applied to an institution that is in the register already; the new obligations' ids.

    Raises: NotAllowed, NotFound, Conflict.
    """
    act.require(*OFFICERS)
    row = await register.load_for_change(act.connection, act.tenant_id, institution_id)
    _check_living(row["status"])
    operator = row["operator_kind"] and OperatorKind(row["operator_kind"])
    return await bind_obligations(act, lists, institution_id, operator, clock.today())


async def end_obligations(act: Act, institution_id: UUID, on: date) -> None:
    """The institution's obligations end: its licence has."""
    for row in await store.list_obligations(act.connection, institution_id):
        if row["until"] is None:
            await change(act, obligation, row, "ended", {"until": max(on, row["from_on"])})


async def add_evidence(
    act: Act,
    obligation_id: UUID,
    *,
    expected_version: int,
    finding: EvidenceFinding,
    on: date,
    note: str,
    documents: Sequence[UUID] = (),
) -> UUID:
    """One more piece of evidence; the institution states, an officer finds.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*INSTITUTION_FILERS)
    row = await store.load(act.connection, obligation, act.tenant_id, obligation_id)
    check_own(act, row["institution_id"])
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    if row["until"] is not None:
        raise Conflict(f"该义务已于 {row['until']} 终止，不能再登记佐证", path=("input", "obligation"))
    if not is_officer(act) and finding is not EvidenceFinding.STATED:
        raise Invalid(
            f"机构只能登记“{EvidenceFinding.STATED.label}”；是否落实由区卫生健康委核实", path=("input", "finding")
        )
    if not row["from_on"] <= on <= clock.today():
        raise Invalid(f"日期应在 {row['from_on']} 至今天（{clock.today()}）之间，实际为 {on}", path=("input", "on"))
    evidence_id = new_id()
    after = {
        "obligation_id": obligation_id,
        "institution_id": row["institution_id"],
        "finding": finding,
        "on_date": on,
        "note": rules.check_reason(note, "note"),
    }
    base = {"tenant_id": act.tenant_id, "id": evidence_id, "created_by": act.actor.subject}
    await store.add(act.connection, obligation_evidence, [after | base])
    await take(act, documents, subject_type=obligation_evidence.name, subject_id=evidence_id, purpose=PURPOSE)
    await act.note("added", "obligation_evidence", evidence_id, after=after)
    if row["latest_on"] is None or on >= row["latest_on"]:
        await change(act, obligation, row, "evidenced", {"latest_finding": finding, "latest_on": on})
    return evidence_id


async def enrol(act: Act, institution_id: UUID, *, on: date, code: str | None) -> UUID:
    """The institution is part of the monitoring of community health services.

    Implements: MTG-19-2.  Raises: NotAllowed, NotFound, Conflict, Invalid.
    """
    act.require(*OFFICERS)
    row = await register.load_for_change(act.connection, act.tenant_id, institution_id)
    _check_living(row["status"])
    if on > clock.today():
        raise Invalid(f"纳入日期不能晚于今天（{clock.today()}），实际为 {on}", path=("input", "on"))
    code = code.strip() if code else None
    if code is not None and not 1 <= len(code) <= _CODE_LONGEST:
        raise Invalid(f"监测编码应为 1 到 {_CODE_LONGEST} 个字符", path=("input", "code"))
    known = await store.find_enrolment(act.connection, institution_id)
    if known is not None:
        raise Conflict(f"该机构已于 {known['enrolled_on']} 纳入监测体系", path=("input", "institution"))
    enrolment_id = new_id()
    after = {"institution_id": institution_id, "enrolled_on": on, "code": code}
    base = {"tenant_id": act.tenant_id, "id": enrolment_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.add(act.connection, monitoring_enrolment, [after | base])
    await act.note("enrolled", "monitoring_enrolment", enrolment_id, after=after)
    return enrolment_id


async def end_enrolment(act: Act, institution_id: UUID, *, on: date, reason: str) -> None:
    """The institution leaves monitoring, where it was enrolled."""
    known = await store.find_enrolment(act.connection, institution_id)
    if known is not None:
        after = {"ended_on": max(on, known["enrolled_on"]), "reason": reason}
        await change(act, monitoring_enrolment, known, "ended", after)


def _check_living(status: str) -> None:
    if status in ENDED:
        raise Conflict(f"机构状态为“{InstitutionStatus(status).label}”", path=("input", "institution"))
