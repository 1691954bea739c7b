"""The ends of a case other than the plaque: withdrawn, given up, disqualified, barred for false material."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping

from server.insurance import holders, rules, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.publicising import withdraw_publicity
from server.insurance.actions.stepping import Ground
from server.insurance.model import (
    DESIGNATED,
    PASSAGES,
    BarGround,
    BarSubject,
    DesignationStatus,
    HolderStatus,
    PersonRole,
    Step,
)
from server.kit import clock
from server.kit.actor import MUNICIPALITY
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.kit.sealing import Place
from server.record.acts import Act


async def withdraw(act: Act, application_id: UUID, *, expected_version: int, reason: str) -> None:
    """The applicant takes the application back, before the agreement is signed.

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    await _end(act, application_id, expected_version, Step.WITHDRAW, reason)


async def abandon(act: Act, application_id: UUID, *, expected_version: int, reason: str) -> None:
    """The preparations were not done in time: this signing is given up (MIC-A21-7).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    await _end(act, application_id, expected_version, Step.ABANDON, reason)


async def disqualify(act: Act, application_id: UUID, *, expected_version: int, reason: str) -> None:
    """The applicant interfered, gave presents or invited: the application is cancelled (MIC-A21-8).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    await _end(act, application_id, expected_version, Step.DISQUALIFY, reason)


async def reject_false_material(
    act: Act,
    application_id: UUID,
    *,
    ground: Ground,
    expected_version: int,
    discovered_on: date,
    reason: str,
    persons: Collection[PersonRole],
) -> None:
    """The material is false: the application ends, and for years from the day of discovery nobody barred applies again.

    The institution is always barred, besides it the persons that the centre names.

    Implements: MIC-A21-1, A-MIC-9.
    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    stepping.not_future(discovered_on, "discoveredOn")
    row = await _end(act, application_id, expected_version, Step.REJECT_FALSE_MATERIAL, reason)
    await _bar(act, ground, row, discovered_on, reason, persons)


async def bar_holder(
    act: Act,
    application_id: UUID,
    *,
    ground: Ground,
    expected_version: int,
    discovered_on: date,
    reason: str,
    persons: Collection[PersonRole],
) -> None:
    """The same bar where the material turns out false only after the signature; the agreement is ended by a verb of its own.

    Implements: MIC-A21-1, A-MIC-9.  Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    stepping.not_future(discovered_on, "discoveredOn")
    act.require(*PASSAGES[Step.REJECT_FALSE_MATERIAL].by)
    row = await store.load_for_change(act.connection, tables.designation_application, act.tenant_id, application_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    if row["status"] not in DESIGNATED:
        rules.check_step(DesignationStatus(row["status"]), Step.REJECT_FALSE_MATERIAL)
        raise Conflict("协议尚未签订，请用 rejectFalseDesignation", path=("input", "application"))
    await _bar(act, ground, row, discovered_on, stepping.worded(reason, None, "reason"), persons)
    await store.update_row(act.connection, tables.designation_application, act.tenant_id, application_id, {})


async def lift_bar(act: Act, bar_id: UUID, *, expected_version: int, reason: str) -> None:
    """The bar holds no longer from today: set wrongly, or set aside on review.  Runs in the municipality's own tenant.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*PASSAGES[Step.REJECT_FALSE_MATERIAL].by)
    row = await store.load_for_change(act.connection, tables.designation_bar, act.tenant_id, bar_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    if row["lifted_on"] is not None:
        raise Conflict(f"该限制已于 {row['lifted_on']} 解除", path=("input", "bar"))
    values = {"lifted_on": clock.today(), "lifted_reason": stepping.worded(reason, None, "reason")}
    await store.update_row(act.connection, tables.designation_bar, act.tenant_id, bar_id, values)
    await act.note("lifted", "designation_bar", bar_id, after=values)


async def _bar(
    act: Act, ground: Ground, row: RowMapping, discovered_on: date, reason: str, persons: Collection[PersonRole]
) -> None:
    """A bar on the institution, and on each of these persons of the form."""
    if discovered_on < row["received_on"]:
        raise Invalid(f"发现日期不能早于收到材料之日（{row['received_on']}）", path=("input", "discoveredOn"))
    until = rules.bar_until(discovered_on, ground.terms(clock.today()))
    values = {
        "tenant_id": MUNICIPALITY,
        "district_tenant_id": act.tenant_id,
        "institution_id": row["institution_id"],
        "application_id": row["id"],
        "ground": BarGround.FALSE_MATERIAL,
        "reason": reason.strip(),
        "from_on": discovered_on,
        "until": until,
        "created_by": act.actor.subject,
        "source": "PERSON",
    }
    bar = values | {"id": new_id(), "subject": BarSubject.INSTITUTION}
    await store.insert_rows(act.connection, tables.designation_bar, [bar])
    noted = {name: bar[name] for name in ("subject", "institution_id", "from_on", "until", "reason")}
    await act.note("barred", "designation_bar", bar["id"], after=noted)
    named = await store.list_persons(act.connection, act.tenant_id, row["id"])
    for role in sorted(set(persons)):
        row_of = [one for one in named if one["role"] == role and one["identity_number_sealed"] is not None]
        if not row_of:
            raise Invalid(f"申请表没有{role.label}的身份证号，不能对其设定限制", path=("input", "persons"))
        await _bar_person(act, values, role, row_of[-1])


async def _bar_person(act: Act, values: dict[str, object], role: PersonRole, row: RowMapping) -> None:
    """A bar on the person: the number goes from one seal to the other inside this process."""
    place = Place(act.tenant_id, tables.designation_person.name, "identity_number", row["id"])
    number = act.custody.sealer.open(place, row["identity_number_sealed"])
    bar_id = new_id()
    sealed = replace(act, tenant_id=MUNICIPALITY).seal(tables.designation_bar, bar_id, identity_number=number)
    made = values | {"id": bar_id, "subject": BarSubject.PERSON, "role": role} | sealed
    await store.insert_rows(act.connection, tables.designation_bar, [made])
    noted = {"subject": BarSubject.PERSON, "role": role, "until": values["until"]}
    await act.note("barred", "designation_bar", bar_id, after=noted)


async def _end(act: Act, application_id: UUID, expected_version: int, step: Step, reason: str) -> RowMapping:
    row = await stepping.held(act, application_id, expected_version, step)
    said = stepping.worded(reason, None, "reason")
    await withdraw_publicity(act, application_id, clock.today())
    held = await holders.find_designation(act.connection, act.tenant_id, row["institution_id"])
    if held is not None and held["status"] == HolderStatus.INCLUDED:
        values = {"status": HolderStatus.LAPSED, "ended_on": clock.today()}
        await store.update_row(act.connection, tables.designation, act.tenant_id, held["id"], values)
        await act.note("lapsed", "designation", held["id"], after=values)
    await stepping.pass_on(act, row, step, said)
    return row
