"""Conversions in both directions: into community health (MTG-9-1), out of it (FT-2-4-5); X-5."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.exits.model import NEXT_OF_CONVERSION, ConversionDirection, ConversionStatus
from server.exits.store import find_open_conversion
from server.exits.tables import conversion_case
from server.institutions import store as institutions
from server.institutions.model import COMMUNITY_KINDS, InstitutionKind, InstitutionStatus
from server.institutions.rules import check_active
from server.insurance.actions.heeding import heed_lock
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.tasks.actions import finish, open_task
from server.tasks.model import Task, TaskKind

OFFICERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})


async def open_conversion(
    act: Act,
    institution_id: UUID,
    *,
    direction: ConversionDirection,
    target: InstitutionKind,
    because: str,
    exit_case_id: UUID | None = None,
) -> UUID:
    """The conversion under way.

    Raises: NotAllowed, NotFound, Invalid (the target lies on the wrong side), Conflict (one is under way already).
    """
    act.require(*OFFICERS)
    try:
        institution = await institutions.load_for_change(act.connection, act.tenant_id, institution_id)
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    check_active(institution["status"])
    into = direction is ConversionDirection.INTO_COMMUNITY
    if (InstitutionKind(institution["kind"]) in COMMUNITY_KINDS) is into:
        kind = InstitutionKind(institution["kind"]).label
        raise Conflict(f"该机构为{kind}，不能{direction.label}", path=("input", "direction"))
    if (target in COMMUNITY_KINDS) is not into:
        raise Invalid(f"{direction.label}的目标类别不能是{target.label}", path=("input", "targetKind"))
    if await find_open_conversion(act.connection, act.tenant_id, institution_id):
        raise Conflict("该机构已有进行中的转型", path=("input", "institution"))
    row_id = new_id()
    after = {
        "institution_id": institution_id,
        "exit_case_id": exit_case_id,
        "direction": direction,
        "target_kind": target,
        "status": ConversionStatus.OPENED,
        "opened_on": clock.today(),
        "because": said.worded(because, "because"),
    }
    made = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    await store.insert_row(act.connection, conversion_case, made | {"source": "PERSON"} | after)
    await act.note("opened", "conversion_case", row_id, after=after)
    await open_task(
        act,
        Task(
            TaskKind.AGREE_CONVERSION,
            f"与{institution['name']}商定转型",
            "conversion_case",
            row_id,
            institution_id,
            Role.DISTRICT_OFFICER,
        ),
    )
    return row_id


async def open_guided(act: Act, exit_case_id: UUID, institution: RowMapping, *, because: str) -> None:
    """Guided transformation: advice that opens a conversion and changes no licence (A-FT-7)."""
    if InstitutionKind(institution["kind"]) not in COMMUNITY_KINDS:
        return
    if await find_open_conversion(act.connection, act.tenant_id, institution["id"]) is None:
        await open_conversion(
            act,
            institution["id"],
            direction=ConversionDirection.OUT_OF_COMMUNITY,
            target=InstitutionKind.OTHER_MEDICAL,
            because=because,
            exit_case_id=exit_case_id,
        )


async def agree(act: Act, conversion: UUID, *, expected_version: int, agreement: str) -> None:
    """Institution and district are agreed on the conversion.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*OFFICERS)
    before = await _held(act, conversion, expected_version, ConversionStatus.AGREED)
    values = {"agreed_on": clock.today(), "agreement": said.worded(agreement, "agreement")}
    await _change(act, "agreed", before, values | {"status": ConversionStatus.AGREED})
    await finish(act, subject_id=conversion)


async def decline(act: Act, conversion: UUID, *, expected_version: int, because: str) -> None:
    """The institution stays what it is: guidance is advice.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*OFFICERS)
    before = await _held(act, conversion, expected_version, ConversionStatus.DECLINED)
    values = {"status": ConversionStatus.DECLINED, "declined_because": said.worded(because, "because")}
    await _change(act, "declined", before, values)
    await finish(act, subject_id=conversion)


async def execute_conversion(
    act: Act, conversion: UUID, *, expected_version: int, special_reason: str | None = None
) -> None:
    """The institution is what it was to become.

    Within a year of signing an insurance agreement it needs a special reason, which the insurance agency is told (X-12).

    Out of community health it leaves the system as CONVERTED; its licence under the new kind is a new one, linked by
    ``succeedInstitution``.  Into it, it is registered as the kind agreed.
    Implements: FT-2-4-5, MTG-9-1, X-12.  Raises: NotAllowed, NotFound, OutOfDate, Conflict (also the agreement's lock).
    """
    act.require(*OFFICERS)
    before = await _held(act, conversion, expected_version, ConversionStatus.EXECUTED)
    direction = ConversionDirection(before["direction"])
    await heed_lock(act, before["institution_id"], change=direction.label, special_reason=special_reason)
    institution = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    check_active(institution["status"])
    into = direction is ConversionDirection.INTO_COMMUNITY
    values: dict[str, Any] = {"kind": before["target_kind"]} if into else {"status": InstitutionStatus.CONVERTED}
    await institutions.update_institution(act.connection, act.tenant_id, institution["id"], values)
    was = {name: institution[name] for name in values}
    await act.note("converted", "institution", institution["id"], before=was, after=values)
    await _change(act, "executed", before, {"status": ConversionStatus.EXECUTED, "executed_on": clock.today()})


async def _held(act: Act, conversion: UUID, expected_version: int, to: ConversionStatus) -> RowMapping:
    row = await store.load_for_change(act.connection, conversion_case, act.tenant_id, conversion, expected_version)
    said.check_step(NEXT_OF_CONVERSION, row["status"], to, of="该转型")
    return row


async def _change(act: Act, action: str, before: RowMapping, values: Mapping[str, Any]) -> None:
    await store.update_row(act.connection, conversion_case, act.tenant_id, before["id"], values)
    was = {name: before[name] for name in values}
    await act.note(action, "conversion_case", before["id"], before=was, after=dict(values))
