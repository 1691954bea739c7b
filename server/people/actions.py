"""What can be done to the people who answer for an institution: name one, correct what is recorded, end it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock, names
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.people import store, tables
from server.people.model import Position
from server.record.acts import Act

#: Who keeps the register.
KEEPERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})

_NAME_LONGEST = 50


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who answers for an institution in a position, from a day on."""

    institution_id: UUID
    position: Position
    name: str
    from_on: date
    identity_number: str | None = None
    phone: str | None = None


async def appoint_person(act: Act, wanted: Appointment) -> UUID:
    """The person answers for the institution from the day on; whoever did so before no longer does.

    Raises: NotAllowed, NotFound, Invalid, Conflict (the identity number is recorded under another name).
    """
    act.require(*KEEPERS)
    name = _name(wanted.name)
    if wanted.from_on > clock.today():
        raise Invalid(f"任职日期不能晚于今天，实际为 {wanted.from_on}", path=("input", "fromOn"))
    await store.hold_institution(act.connection, act.tenant_id, wanted.institution_id, ("input", "institution"))
    await _check_name(act, name, wanted.identity_number, None)
    before = await store.find_current(act.connection, act.tenant_id, wanted.institution_id, wanted.position)
    if before is not None:
        if before["from_on"] >= wanted.from_on:
            raise Invalid(
                f"任职日期应晚于现任{wanted.position.label}的任职日期 {before['from_on']}", path=("input", "fromOn")
            )
        await store.update_until(act.connection, act.tenant_id, before["id"], wanted.from_on)
        await act.note("succeeded", "person", before["id"], before={"until": None}, after={"until": wanted.from_on})
    person_id = new_id()
    after = {
        "institution_id": wanted.institution_id,
        "position": wanted.position,
        "name": name,
        "from_on": wanted.from_on,
        **act.seal(tables.person, person_id, identity_number=wanted.identity_number, phone=wanted.phone),
    }
    own = {"tenant_id": act.tenant_id, "id": person_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_person(act.connection, after | own)
    await act.note("appointed", "person", person_id, after=after)
    return person_id


async def correct_person(
    act: Act, person_id: UUID, *, expected_version: int, name: str | None = None, **personal: str | None
) -> None:
    """What is recorded of the person is so; of ``identity_number`` and ``phone`` only those given change, None clears.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    before = await _held(act, person_id, expected_version)
    after: dict[str, Any] = dict(act.seal(tables.person, person_id, **personal))
    if name is not None:
        after["name"] = _name(name)
    if not after:
        raise Invalid("没有需要更正的内容：请填写姓名、证件号码或电话", path=("input",))
    await _check_name(act, after.get("name", before["name"]), personal.get("identity_number"), person_id)
    await store.update_person(act.connection, act.tenant_id, person_id, after)
    await act.note("corrected", "person", person_id, before={key: before[key] for key in after}, after=after)


async def dismiss_person(act: Act, person_id: UUID, *, expected_version: int, until: date) -> None:
    """From this day on the person no longer answers for the institution.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    before = await _held(act, person_id, expected_version)
    if before["until"] is not None:
        raise Conflict(f"该任职已于 {before['until']} 终止", path=("input", "person"))
    if not before["from_on"] <= until <= clock.today():
        raise Invalid(f"终止日期应在任职日期 {before['from_on']} 与今天之间，实际为 {until}", path=("input", "until"))
    await store.update_until(act.connection, act.tenant_id, person_id, until)
    await act.note("dismissed", "person", person_id, before={"until": None}, after={"until": until})


async def _held(act: Act, person_id: UUID, expected_version: int) -> RowMapping:
    act.require(*KEEPERS)
    row = await store.load_for_change(act.connection, act.tenant_id, person_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    return row


async def _check_name(act: Act, name: str, identity_number: str | None, besides: UUID | None) -> None:
    """One identity number is one person's, found by its blind index."""
    if identity_number is None:
        return
    same = act.equal(tables.person, identity_number=identity_number)
    if await store.find_namesake(act.connection, act.tenant_id, same, name, besides):
        raise Conflict("该证件号码在本区已登记为另一姓名的人员，请核对姓名与号码", path=("input", "identityNumber"))


def _name(text: str) -> str:
    name = names.normalise(text)
    if len(name) > _NAME_LONGEST:
        raise Invalid(f"姓名不得超过 {_NAME_LONGEST} 个字符，实际为 {len(name)} 个", path=("input", "name"))
    return name
