"""What can be done to service gaps 空白点: identify in batches, choose, amend, withdraw; and how areas above move them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock, names, prose
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound, OutOfDate
from server.kit.ids import new_id
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.sites import boundaries, rules, store
from server.sites.model import PUBLISHABLE, GapStatus

#: Who keeps gaps, premises and agreements: the district's health authority (MTG-6-1, MTG-18-1).
KEEPERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})

_AREA_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Gap:
    """One area as it is identified or amended."""

    name: str
    area: str
    population: int
    boundary: Any = None
    source_plan: str | None = None


async def identify_gaps(act: Act, batch: str, wanted: Sequence[Gap]) -> list[UUID]:
    """The areas kept as gaps of one batch, in order.

    Implements: MTG-6-1.  Raises: NotAllowed, Invalid.
    """
    act.require(*KEEPERS)
    batch = names.normalise(batch, path=("input", "batch"), limit=50)
    if not 1 <= len(wanted) <= rules.GAPS_MOST:
        raise Invalid(f"每批应有 1 到 {rules.GAPS_MOST} 个空白点，实际为 {len(wanted)} 个", path=("input", "gaps"))
    rows = []
    for n, one in enumerate(wanted):
        rows.append(
            _values(one, ("input", "gaps", str(n)))
            | {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "batch": batch,
                "status": GapStatus.IDENTIFIED,
                "status_since_on": clock.today(),
                "created_by": act.actor.subject,
                "source": "PERSON",
            }
        )
    await store.insert_gaps(act.connection, rows)
    await _keep_events(act, [(row["id"], None, GapStatus.IDENTIFIED) for row in rows], f"列入{batch}")
    await act.note_all("identified", "service_gap", [(row["id"], None, _told(row)) for row in rows])
    return [row["id"] for row in rows]


async def select_gaps(act: Act, procedure: Procedure, gap_ids: Sequence[UUID], reason: str) -> None:
    """The commission chose these gaps to be covered (选取).

    Implements: MTG-6-1.  Raises: NotAllowed, Invalid, NotFound, Conflict.
    """
    act.require(*KEEPERS)
    reason = prose.checked(reason, path=("input", "reason"))
    gaps = await hold_gaps(act, gap_ids)
    await move_gaps(act, gaps, GapStatus.SELECTED, reason, procedure=procedure, requirement="MTG-6-1")


async def amend_gap(act: Act, gap_id: UUID, *, expected_version: int, wanted: Gap) -> None:
    """The gap described anew, as long as it stands in no published call.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    before = await _held(act, gap_id, expected_version)
    status = GapStatus(before["status"])
    if status not in PUBLISHABLE | {GapStatus.IDENTIFIED}:
        raise Conflict(f"空白点现为“{status.label}”，不能再修改；须先重新开放", path=("input", "gap"))
    after = _values(wanted, ("input",))
    await store.update_gap(act.connection, act.tenant_id, gap_id, after)
    await act.note("amended", "service_gap", gap_id, before={key: before[key] for key in after}, after=after)


async def confirm_covered(act: Act, procedure: Procedure, gap_id: UUID, *, expected_version: int, reason: str) -> None:
    """The commission found that the open institution serves the area: it is uncovered no more.

    Implements: requirements A.7, machine 1 (OPEN → COVERED); MTG-13-1 (the services it is about).
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (no institution is open there).
    """
    reason = prose.checked(reason, path=("input", "reason"))
    before = await _held(act, gap_id, expected_version)
    await move_gaps(
        act, [before], GapStatus.COVERED, reason, procedure=procedure, requirement="MTG-13-1", path=("input", "gap")
    )


async def withdraw_gap(act: Act, procedure: Procedure, gap_id: UUID, *, expected_version: int, reason: str) -> None:
    """The area is no longer to be covered this way.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (it stands in a call, or an operator was determined).
    """
    reason = prose.checked(reason, path=("input", "reason"))
    before = await _held(act, gap_id, expected_version)
    if before["status"] == GapStatus.PUBLISHED:
        raise Conflict(
            "空白点正在公开遴选，须先取消该次遴选", path=("input", "gap"), clause=procedure.clause("MTG-8-1")
        )
    await move_gaps(
        act, [before], GapStatus.WITHDRAWN, reason, procedure=procedure, requirement="MTG-6-1", path=("input", "gap")
    )


async def move_gaps(
    act: Act,
    gaps: Sequence[RowMapping],
    to: GapStatus,
    reason: str,
    *,
    procedure: Procedure | None = None,
    requirement: str = "MTG-6-1",
    path: tuple[str, ...] = ("input", "gaps"),
    values: Mapping[str, Any] | None = None,
) -> None:
    """The gaps, which the act holds, in another status, with the step in their history.

    Areas above call this in their own acts (a call is published, a licence granted, an institution opens); who may do
    that is theirs to ask.  ``values``: what changes of the gaps besides.
    Raises: Conflict where the state machine has no such step.
    """
    clause = procedure.clause(requirement) if procedure else None
    today = clock.today()
    for gap in gaps:
        rules.check_gap_step(gap["name"], GapStatus(gap["status"]), to, clause=clause, path=path)
    for gap in gaps:
        await store.update_gap(
            act.connection,
            act.tenant_id,
            gap["id"],
            {"status": to, "status_since_on": today, **(values or {})},
        )
    await _keep_events(act, [(gap["id"], gap["status"], to) for gap in gaps], reason)
    await act.note_all(
        "moved",
        "service_gap",
        [(gap["id"], {"status": gap["status"]}, {"status": to, "reason": reason}) for gap in gaps],
        policy_digest=procedure.digest if procedure else None,
    )


async def advance_gap(
    act: Act,
    gap_id: UUID,
    to: GapStatus,
    reason: str,
    *,
    procedure: Procedure | None = None,
    requirement: str = "MTG-12-1",
    institution_id: UUID | None = None,
) -> None:
    """One gap in another status: for areas above that know it by its id alone.

    ``institution_id``: the institution that covers it, once known.  A gap that is re-opened is covered by none.
    Raises: NotFound, Conflict.
    """
    gap = await store.load_gap(act.connection, act.tenant_id, gap_id)
    values: dict[str, Any] = {}
    if to is GapStatus.REOPENED:
        values["institution_id"] = None
    elif institution_id is not None:
        values["institution_id"] = institution_id
    await move_gaps(act, [gap], to, reason, procedure=procedure, requirement=requirement, values=values)


async def hold_gaps(act: Act, gap_ids: Sequence[UUID], path: tuple[str, ...] = ("input", "gaps")) -> list[RowMapping]:
    """The gaps in the order asked, locked for change.

    Raises: Invalid where one is named twice or none at all, NotFound.
    """
    if not 1 <= len(gap_ids) <= rules.GAPS_MOST:
        raise Invalid(f"应指定 1 到 {rules.GAPS_MOST} 个空白点，实际为 {len(gap_ids)} 个", path=path)
    if len(set(gap_ids)) < len(gap_ids):
        raise Invalid("同一空白点重复填写", path=path)
    found = await store.load_gaps(act.connection, act.tenant_id, gap_ids)
    if len(found) < len(gap_ids):
        raise NotFound(path=path)
    return [found[one] for one in gap_ids]


async def _held(act: Act, gap_id: UUID, expected_version: int) -> RowMapping:
    act.require(*KEEPERS)
    row = await store.load_gap(act.connection, act.tenant_id, gap_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    return row


def _values(wanted: Gap, path: tuple[str, ...]) -> dict[str, Any]:
    name = names.normalise(wanted.name, path=(*path, "name"), limit=100)
    rules.check_population(wanted.population, (*path, "population"))
    plan = wanted.source_plan
    return {
        "name": name,
        "sort_key": names.sort_key(name),
        "area": prose.checked(wanted.area, path=(*path, "area"), limit=_AREA_LONGEST),
        "boundary": boundaries.checked(wanted.boundary, (*path, "boundary")),
        "population": wanted.population,
        "source_plan": None if plan is None else names.normalise(plan, path=(*path, "sourcePlan")),
    }


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("name", "batch", "area", "population", "status")}


async def _keep_events(act: Act, moved: Sequence[tuple[UUID, str | None, GapStatus]], reason: str) -> None:
    await store.insert_gap_events(
        act.connection,
        [
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "gap_id": gap_id,
                "from_status": before,
                "to_status": after,
                "on_date": clock.today(),
                "reason": reason,
                "created_by": act.actor.subject,
            }
            for gap_id, before, after in moved
        ],
    )
