"""Recording, determining and annulling dated facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.districts.model import AuthorityKind
from server.institutions import store as institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from server.kit.ids import new_id
from server.policy.grounds import clause_on
from server.policy.shelf import Shelved
from server.policy.terms import InsuranceAction, SourceStatus
from server.record.acts import Act
from server.supervision import rules, store
from server.supervision.facts import fact_id
from server.supervision.model import COMMISSION, FactKind
from server.supervision.tables import supervision_fact
from server.tasks.actions import finish, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind

#: Who keeps facts.  Departments keep those of their own trade.
KEEPERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})
RECORDERS = KEEPERS | {Role.DEPARTMENT_OFFICER, Role.AGENCY_OFFICER}

#: What departments other than the health commission may record: what they themselves decide or receive.
_ANY_DEPARTMENT = frozenset({FactKind.COMPLAINT, FactKind.SAFETY_PENALTY, FactKind.PENALTY})
_OF_INSURANCE = frozenset({FactKind.INSURANCE_ACTION})

_TO_DO = {FactKind.MANDATORY_TASK: TaskKind.FULFIL_TASK, FactKind.MAJOR_HAZARD: TaskKind.REMOVE_HAZARD}

_SAID = (
    "matter",
    "channel",
    "substantiated",
    "serious_adverse_effect",
    "safety_grade",
    "harm",
    "malpractice_grade",
    "penalty_kind",
    "points",
    "insurance_action",
    "due_on",
    "refused",
    "established",
    "emergency",
    "treatment_delayed",
    "mental_harm",
)


@dataclass(frozen=True, slots=True)
class Said:
    """A fact as somebody reports it; ``attributes``: what its kind says, by column."""

    institution_id: UUID
    kind: FactKind
    occurred_on: date
    source_name: str
    decided_on: date | None = None
    reference_number: str | None = None
    summary: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


async def record_fact(act: Act, shelved: Shelved, said: Said) -> UUID:
    """The fact on record.

    Raises: NotAllowed, NotFound, Invalid (with the clause of the rule that asks for such facts).
    """
    act.require(*RECORDERS)
    _check_trade(act, said.kind)
    return await _insert(act, said, _clause(act, shelved, said.kind))


async def record_insurance_action(
    act: Act,
    institution_id: UUID,
    action: InsuranceAction,
    *,
    occurred_on: date,
    decided_on: date,
    source_name: str,
    reference_number: str | None = None,
    shelved: Shelved | None = None,
) -> UUID:
    """What the insurance side did to the institution, as a fact of its district (FT-2-3-7, X-2).

    For the insurance area, whose own verb has asked who may.
    Raises: NotFound, Invalid.
    """
    said = Said(
        institution_id,
        FactKind.INSURANCE_ACTION,
        occurred_on,
        source_name,
        decided_on=decided_on,
        reference_number=reference_number,
        attributes={"insurance_action": action},
    )
    clause = None if shelved is None else _clause(act, shelved, said.kind)
    return await _insert(act, said, clause)


@dataclass(frozen=True, slots=True)
class Determined:
    """What stands in the fact's place, and whose fact it is."""

    fact_id: UUID
    institution_id: UUID


async def determine_fact(
    act: Act, shelved: Shelved, fact: UUID, *, expected_version: int, decided_on: date, changes: Mapping[str, Any]
) -> Determined:
    """The fact as the authority determined it, in the place of what was known before; the earlier one stays readable.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (it was annulled).
    """
    act.require(*KEEPERS)
    before = await _held(act, fact, expected_version)
    kind = FactKind(before["kind"])
    unknown = set(changes) - {*rules.SAYS[kind][1], "summary", "reference_number"}
    clause = _clause(act, shelved, kind)
    for name in sorted(unknown):
        raise Invalid(f"{kind.label}的认定不涉及 {name}", path=("input", name), clause=clause)
    said = {name: before[name] for name in (*_SAID, "summary", "reference_number")} | dict(changes)
    rules.check_said(kind, said | {"decided_on": decided_on}, clause=clause)
    days = (("occurredOn", before["occurred_on"]), ("decidedOn", decided_on))
    rules.check_days(days, clock.today(), within=("input",), clause=clause)
    await _end(act, before, "已由后续认定替代")
    row = said | {
        "institution_id": before["institution_id"],
        "kind": kind,
        "occurred_on": before["occurred_on"],
        "decided_on": decided_on,
        "source_name": before["source_name"],
        "root_id": before["root_id"],
    }
    row_id = await _keep(act, row)
    was = {name: before[name] for name in changes}
    await act.note(
        "determined", "supervision_fact", row_id, before=was, after=dict(changes) | {"decided_on": decided_on}
    )
    await finish(act, subject_id=before["root_id"])
    return Determined(row_id, before["institution_id"])


async def annul_fact(act: Act, fact: UUID, *, expected_version: int, reason: str) -> list[UUID]:
    """The fact no longer counts; the confirmed findings that rest on it, which somebody must now look at again.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*KEEPERS)
    before = await _held(act, fact, expected_version)
    because = rules.worded(reason, "reason")
    await _end(act, before, because)
    await act.note("annulled", "supervision_fact", fact, after={"reason": because})
    resting = await store.list_findings_resting_on(act.connection, act.tenant_id, fact_id(before["root_id"]))
    return [row["id"] for row in resting]


def _check_trade(act: Act, kind: FactKind) -> None:
    """Pass for the health commission, and for a department that keeps this kind.  Raises: NotAllowed."""
    grants = [grant for grant in act.actor.grants if grant.tenant_id == act.tenant_id]
    if any(grant.role in KEEPERS for grant in grants):
        return
    insurance = any(
        grant.role is Role.AGENCY_OFFICER or grant.department == AuthorityKind.MEDICAL_INSURANCE_BUREAU
        for grant in grants
    )
    department = any(grant.role is Role.DEPARTMENT_OFFICER and grant.department != COMMISSION for grant in grants)
    if (kind in _OF_INSURANCE and insurance) or (kind in _ANY_DEPARTMENT and department):
        return
    raise NotAllowed(f"您所在的部门不登记{kind.label}")


def _clause(act: Act, shelved: Shelved, kind: FactKind) -> Clause | None:
    return None if kind.event is None else clause_on(shelved, act.tenant_id, kind.event, clock.today())


async def _insert(act: Act, said: Said, clause: Clause | None) -> UUID:
    attributes = {name: value for name, value in said.attributes.items() if value is not None}
    plain = {"summary": said.summary, "reference_number": said.reference_number, "decided_on": said.decided_on}
    rules.check_said(said.kind, attributes | plain, clause=clause)
    days = (("occurredOn", said.occurred_on), ("decidedOn", said.decided_on))
    rules.check_days(days, clock.today(), within=("input",), clause=clause)
    if attributes.get("matter") is not None:
        attributes["matter"] = rules.worded(attributes["matter"], "matter", most=200)
    try:
        await institutions.load_for_change(act.connection, act.tenant_id, said.institution_id)
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    row = dict.fromkeys(_SAID) | attributes | plain
    row |= {
        "institution_id": said.institution_id,
        "kind": said.kind,
        "occurred_on": said.occurred_on,
        "source_name": rules.worded(said.source_name, "sourceName", most=200),
    }
    row_id = await _keep(act, row)
    await act.note(
        "recorded", "supervision_fact", row_id, after={name: row[name] for name in row if row[name] is not None}
    )
    await _open_tasks(act, row_id, said)
    return row_id


async def _open_tasks(act: Act, row_id: UUID, said: Said) -> None:
    """What the institution must do by a day that was set for it."""
    due, kind = said.attributes.get("due_on"), _TO_DO.get(said.kind)
    if kind is None or due is None:
        return
    await open_task(
        act,
        Task(
            kind,
            f"{said.kind.label}：{said.summary}"[:200],
            "supervision_fact",
            row_id,
            said.institution_id,
            Role.INSTITUTION_STAFF,
            due=Due(due, "下达时所定", None, DayUnit.FIXED, None, provisional=False, source=SourceStatus.FROM_CLAUSE),
            consequence="拒不落实或拒不整改的，由区卫生健康委认定并依政策提出处置建议",
        ),
    )


async def _keep(act: Act, row: Mapping[str, Any]) -> UUID:
    row_id = new_id()
    # The instant is the application's, like every other that policy reads: a history is then the same at any clock.
    made = {"tenant_id": act.tenant_id, "id": row_id, "root_id": row_id, "created_by": act.actor.subject}
    await store.insert_row(
        act.connection, supervision_fact, made | {"source": "PERSON", "created_at": clock.now()} | dict(row)
    )
    return row_id


async def _held(act: Act, fact: UUID, expected_version: int) -> RowMapping:
    row = await store.load_for_change(act.connection, supervision_fact, act.tenant_id, fact, expected_version)
    if row["annulled_at"] is not None:
        raise Conflict(f"该记录已不再有效：{row['annulled_because']}", path=("input", "fact"))
    return row


async def _end(act: Act, row: RowMapping, because: str) -> None:
    values = {"annulled_at": clock.now(), "annulled_because": because}
    await store.update_row(act.connection, supervision_fact, act.tenant_id, row["id"], values)
