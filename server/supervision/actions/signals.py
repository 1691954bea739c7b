"""Risk signals: each kind raised by its own department, triaged by the health commission, shared, acted on.

Implements: FT-2-2-0 to FT-2-2-5, state machine 8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.districts.model import AuthorityKind
from server.districts.store import list_authority_kinds
from server.institutions import store as institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from server.kit.ids import new_id
from server.policy.grounds import require_enabled
from server.policy.shelf import Shelved
from server.policy.terms import Kind
from server.record.acts import Act
from server.supervision import rules, store
from server.supervision.actions.findings import Allegation, allege
from server.supervision.model import COMMISSION, NEXT_OF_SIGNAL, RiskKind, RiskLevel, SignalStatus
from server.supervision.tables import risk_signal
from server.tasks.actions import finish, open_task
from server.tasks.model import Task, TaskKind

COMMISSIONERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})
RAISERS = COMMISSIONERS | {Role.DEPARTMENT_OFFICER}


@dataclass(frozen=True, slots=True)
class Raised:
    """A risk that a department saw."""

    institution_id: UUID
    kind: RiskKind
    level: RiskLevel
    observed_on: date
    facts: str


def departments_of(act: Act) -> frozenset[str]:
    """The departments that the person who acts stands for; the health commission's own officers stand for it."""
    held = [grant for grant in act.actor.grants if grant.tenant_id == act.tenant_id]
    own = {grant.department for grant in held if grant.role is Role.DEPARTMENT_OFFICER and grant.department}
    return frozenset(own | ({COMMISSION.value} if any(grant.role in COMMISSIONERS for grant in held) else set()))


async def raise_signal(act: Act, shelved: Shelved, said: Raised) -> UUID:
    """The signal, raised in the name of the department that watches for this kind.

    Raises: NotAllowed, NotFound, PolicyNotEnabled, Invalid, Conflict (another department's kind, with the clause).
    """
    act.require(*RAISERS)
    today = clock.today()
    enabled = require_enabled(shelved, act.tenant_id, Kind.NEGATIVE_LIST, today)
    watching = enabled.parameter(said.kind.parameter)
    mine = departments_of(act) & set(watching.value)
    if not mine:
        names = "、".join(AuthorityKind(one).label for one in watching.value)
        raise Conflict(
            f"{said.kind.label}由{names}监测和提出，您所在的部门不能提出",
            path=("input", "kind"),
            clause=watching.clause,
        )
    rules.check_days((("observedOn", said.observed_on),), today, within=("input",), clause=watching.clause)
    try:
        institution = await institutions.load_for_change(act.connection, act.tenant_id, said.institution_id)
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    row_id = new_id()
    after = {
        "institution_id": said.institution_id,
        "kind": said.kind,
        "department": min(mine),
        "level": said.level,
        "observed_on": said.observed_on,
        "facts": rules.worded(said.facts, "facts"),
        "status": SignalStatus.RAISED,
    }
    made = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    await store.insert_row(act.connection, risk_signal, made | {"source": "PERSON"} | after)
    await act.note("raised", "risk_signal", row_id, after=after)
    await open_task(
        act,
        Task(
            TaskKind.TRIAGE_SIGNAL,
            f"研判{institution['name']}的{said.kind.label}（{said.level.label}）",
            "risk_signal",
            row_id,
            said.institution_id,
            Role.DISTRICT_OFFICER,
            clause=watching.clause,
        ),
    )
    return row_id


async def triage(act: Act, signal: UUID, *, expected_version: int, level: RiskLevel, note: str) -> None:
    """The health commission has weighed the signal.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*COMMISSIONERS)
    before = await held(act, signal, expected_version, SignalStatus.TRIAGED)
    values = {"status": SignalStatus.TRIAGED, "level": level, "triage": rules.worded(note, "note")}
    await change(act, "triaged", before, values)
    await finish(act, subject_id=signal, kind=TaskKind.TRIAGE_SIGNAL)


async def share(act: Act, signal: UUID, *, expected_version: int, departments: Sequence[AuthorityKind]) -> None:
    """The departments named read the signal from now on; those it was shared with before still do.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid (none, or none of this district's), Conflict.
    """
    act.require(*RAISERS)
    before = await held(act, signal, expected_version, SignalStatus.SHARED)
    await check_departments(act, departments)
    shared = sorted({*before["shared_with"], *(one.value for one in departments)})
    await change(act, "shared", before, {"status": SignalStatus.SHARED, "shared_with": shared})


async def close(act: Act, signal: UUID, *, expected_version: int, outcome: str) -> None:
    """Nothing more follows from the signal.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*COMMISSIONERS)
    before = await held(act, signal, expected_version, SignalStatus.CLOSED)
    await change(act, "closed", before, {"status": SignalStatus.CLOSED, "outcome": rules.worded(outcome, "outcome")})
    await finish(act, subject_id=signal)


async def escalate(
    act: Act,
    shelved: Shelved,
    signal: UUID,
    *,
    expected_version: int,
    item: str,
    occurred_on: date,
    evidence: str,
) -> UUID:
    """The signal becomes an allegation that an item of the negative list occurred; the finding's id.

    Implements: 风险监测与负面清单协同预警 (FT-1-1, FT-3-3).
    Raises: NotAllowed, NotFound, OutOfDate, PolicyNotEnabled, Invalid, Conflict.
    """
    act.require(*COMMISSIONERS)
    before = await held(act, signal, expected_version, SignalStatus.ESCALATED)
    said = Allegation(before["institution_id"], item, occurred_on, max(before["observed_on"], occurred_on), evidence)
    finding = await allege(act, shelved, said)
    await change(act, "escalated", before, {"status": SignalStatus.ESCALATED, "finding_id": finding})
    await finish(act, subject_id=signal)
    return finding


async def check_departments(act: Act, departments: Sequence[AuthorityKind]) -> None:
    """Pass where the district has every one of the departments, and one is named at all.  Raises: Invalid."""
    present = set(await list_authority_kinds(act.connection, act.tenant_id))
    if not departments:
        raise Invalid("至少应列出一个部门", path=("input", "departments"))
    for one in departments:
        if one not in present:
            raise Invalid(f"本区没有登记{one.label}", path=("input", "departments"))


async def held(act: Act, signal: UUID, expected_version: int | None, to: SignalStatus) -> RowMapping:
    """The signal, locked, where it may become ``to``; one that the caller's departments do not read is not found.

    Raises: NotFound, OutOfDate, Conflict.
    """
    row = await store.load_for_change(act.connection, risk_signal, act.tenant_id, signal, expected_version)
    mine = departments_of(act)
    if COMMISSION.value not in mine and not mine & {row["department"], *row["shared_with"]}:
        raise NotFound()
    if COMMISSION.value not in mine and row["department"] not in mine:
        raise NotAllowed("只有提出该信号的部门和区卫生健康委可以处理")
    rules.check_step(NEXT_OF_SIGNAL, row["status"], to, of="该风险信号")
    return row


async def change(act: Act, action: str, before: RowMapping, values: Mapping[str, Any]) -> None:
    """The signal changed, with what that leaves behind."""
    await store.update_row(act.connection, risk_signal, act.tenant_id, before["id"], values)
    await act.note(action, "risk_signal", before["id"], before={name: before[name] for name in values}, after=values)
