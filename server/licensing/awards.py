"""What an award of the public selection means for a licence: who may apply, for which area, by when to open.

A licence that rests on an award takes the area with it: being prepared, licensed, open, and uncovered again when it ends.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit.clause import Clause
from server.kit.errors import Conflict, NotFound
from server.licensing import store
from server.licensing.tables import licence_application
from server.record.acts import Act
from server.selection import store as selection
from server.selection.model import ApplicationStatus
from server.selection.tables import operator_application
from server.sites import store as sites
from server.sites.actions.ending import note_institution
from server.sites.actions.gaps import advance_gap
from server.sites.model import GAP_NEXT, GapStatus
from server.tasks.actions import finish
from server.tasks.model import TaskKind

_PATH = ("input", "award")


@dataclass(frozen=True, slots=True)
class Awarded:
    """One award: ``operator`` is the subject who applied for it."""

    id: UUID
    gap_id: UUID
    operator: str
    number: str
    opening_by: date | None
    existing_institution_id: UUID | None


async def held_award(act: Act, award_id: UUID, *, official: bool, clause: Clause | None = None) -> Awarded:
    """The award, locked, for whoever it was awarded to and for officials.

    Raises: NotFound, Conflict where its operator is not determined, or no more.
    """
    row = await selection.load(act.connection, operator_application, act.tenant_id, award_id, _PATH)
    if not official and row["subject"] != act.actor.subject:
        raise NotFound(path=_PATH)
    if row["status"] != ApplicationStatus.CONFIRMED:
        status = ApplicationStatus(row["status"]).label
        raise Conflict(f"该申报现为“{status}”，只有经公开遴选确定的举办主体可以申请许可", path=_PATH, clause=clause)
    return _awarded(row)


async def move_area(
    act: Act, award_id: UUID | None, to: GapStatus, reason: str, *, institution_id: UUID | None = None
) -> None:
    """The award's area one step further, where there is an award and the step follows; else nothing.

    An area that is there already, or has gone another way meanwhile, is left as it is.
    Implements: A.7-1.
    """
    if award_id is None:
        return
    row = await _found(act, award_id)
    if row is None:
        return
    gap = await sites.load_gap(act.connection, act.tenant_id, row["gap_id"])
    if to not in GAP_NEXT[GapStatus(gap["status"])]:
        return
    if to is GapStatus.REOPENED and gap["institution_id"] not in (None, institution_id):
        return
    await advance_gap(act, row["gap_id"], to, reason, institution_id=institution_id)


async def note_registered(act: Act, award_id: UUID | None, institution_id: UUID) -> None:
    """The award led to this institution, and so are the agreements made on it this institution's."""
    if award_id is not None and await _found(act, award_id) is not None:
        values: dict[str, Any] = {"opened_institution_id": institution_id}
        await selection.change(act.connection, operator_application, act.tenant_id, award_id, values)
        await note_institution(act, award_id, institution_id)


async def note_opened(act: Act, award_id: UUID | None) -> None:
    """What the award left to be done, to open in time, is done."""
    if award_id is not None:
        await finish(act, subject_id=award_id, kind=TaskKind.OPEN_INSTITUTION)


async def award_of(act: Act, application_id: UUID | None) -> UUID | None:
    """The award that a licence rests on, through its application."""
    if application_id is None:
        return None
    row = await store.load(act.connection, licence_application, act.tenant_id, application_id)
    found: UUID | None = row["award_id"]
    return found


async def _found(act: Act, award_id: UUID) -> RowMapping | None:
    try:
        return await selection.load(act.connection, operator_application, act.tenant_id, award_id, _PATH)
    except NotFound:
        return None


def _awarded(row: RowMapping) -> Awarded:
    return Awarded(
        row["id"],
        row["gap_id"],
        row["subject"],
        row["number"],
        row["opening_by"],
        row["existing_institution_id"],
    )
