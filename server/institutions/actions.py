"""What can be done to the register: one function a verb, each one transaction of one act."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.institutions import rules, store
from server.institutions.model import (
    CENTRE_KINDS,
    STATION_KINDS,
    InstitutionKind,
    InstitutionStatus,
    OperatingNature,
    OperatorKind,
    Ownership,
    RecordSource,
    SuccessionReason,
)
from server.kit import clock, names, registration_no, uscc
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound, OutOfDate
from server.kit.ids import new_id
from server.record.acts import Act
from server.sites import store as sites
from server.sites.model import SiteKind

#: Who keeps the register.
KEEPERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Registration:
    """What registering an institution takes; ``address`` becomes its practice site."""

    name: str
    kind: InstitutionKind
    address: str
    registration_number: str | None = None
    unified_social_credit_code: str | None = None
    status: InstitutionStatus = InstitutionStatus.OPERATING
    operating_nature: OperatingNature | None = None
    ownership: Ownership | None = None
    operator_kind: OperatorKind | None = None
    parent_id: UUID | None = None
    service_population: int | None = None
    opened_on: date | None = None


async def register_institution(act: Act, wanted: Registration) -> UUID:
    """A new institution with its practice site.

    Raises: NotAllowed, Invalid, Conflict (the same registration number, or the same name at the same address, exists).
    """
    act.require(*KEEPERS)
    rules.check_population(wanted.service_population)
    rules.check_not_future(wanted.opened_on, clock.today(), "openedOn")
    name = names.normalise(wanted.name)
    address = names.normalise(wanted.address, path=("input", "address"))
    code = wanted.unified_social_credit_code
    if code is not None:
        code = uscc.normalise(code, path=("input", "unifiedSocialCreditCode"))
    number = wanted.registration_number
    if number is not None:
        number = registration_no.normalise(number, path=("input", "registrationNumber"))
    await store.hold_register(act.connection, act.tenant_id)
    if number and await store.find_by_registration(act.connection, number):
        raise Conflict(f"登记号 {number} 已有机构使用", path=("input", "registrationNumber"))
    if await store.find_same_place(act.connection, names.match_key(name), names.match_key(address)):
        raise Conflict(f"同名同址的机构“{name}”已登记", path=("input", "name"))
    if wanted.parent_id is not None:
        parent = await _linked(act, wanted.parent_id, ("input", "centre"))
        rules.check_under(wanted.kind, InstitutionKind(parent["kind"]))
    institution_id = new_id()
    after = {
        "registration_number": number,
        "name": name,
        "unified_social_credit_code": code,
        "kind": wanted.kind,
        "status": wanted.status,
        "operating_nature": wanted.operating_nature,
        "ownership": wanted.ownership,
        "operator_kind": wanted.operator_kind,
        "parent_id": wanted.parent_id,
        "service_population": wanted.service_population,
        "opened_on": wanted.opened_on,
    }
    row = after | {
        "tenant_id": act.tenant_id,
        "id": institution_id,
        "match_key": names.match_key(name),
        "sort_key": names.sort_key(name),
        "created_by": act.actor.subject,
        "created_at": clock.now(),
        "source": RecordSource.PERSON,
    }
    await store.insert_institutions(act.connection, [row])
    await sites.insert_sites(act.connection, [_practice_site(act, institution_id, address, wanted.opened_on)])
    await act.note("registered", "institution", institution_id, after=after | {"address": address})
    return institution_id


async def rename_institution(act: Act, institution_id: UUID, *, expected_version: int, name: str, on: date) -> None:
    """The institution bears a new name from ``on``; the old one is kept.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    before = await _held(act, institution_id, expected_version)
    rules.check_not_future(on, clock.today(), "on")
    name = names.normalise(name)
    if name == before["name"]:
        raise Invalid("新名称与现名称相同", path=("input", "name"))
    await store.insert_former_name(
        act.connection,
        {
            "tenant_id": act.tenant_id,
            "id": new_id(),
            "institution_id": institution_id,
            "name": before["name"],
            "until": on,
            "created_by": act.actor.subject,
        },
    )
    after = {"name": name, "match_key": names.match_key(name), "sort_key": names.sort_key(name)}
    await _change(act, "renamed", before, after)


async def move_institution(
    act: Act,
    institution_id: UUID,
    *,
    expected_version: int,
    address: str,
    on: date,
    longitude: float | None = None,
    latitude: float | None = None,
) -> None:
    """The institution practises at a new address from ``on``; its former practice sites end there.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    await _held(act, institution_id, expected_version)
    rules.check_not_future(on, clock.today(), "on")
    address = names.normalise(address, path=("input", "address"))
    if (longitude is None) != (latitude is None):
        raise Invalid("经度与纬度应同时填写或同时留空", path=("input", "longitude"))
    if longitude is not None and latitude is not None and not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Invalid("经度应在 -180 到 180、纬度应在 -90 到 90 之间", path=("input", "longitude"))
    left = []
    for site in await sites.list_current_sites(act.connection, institution_id):
        if site["kind"] == SiteKind.PRACTICE:
            if site["from_on"] is not None and site["from_on"] >= on:
                raise Invalid(f"迁址日期应晚于现址启用日期 {site['from_on']}", path=("input", "on"))
            await sites.update_site_left(act.connection, site["id"], on)
            left.append(site["address"])
    row = _practice_site(act, institution_id, address, on) | {"longitude": longitude, "latitude": latitude}
    await sites.insert_sites(act.connection, [row])
    await store.update_institution(act.connection, act.tenant_id, institution_id, {})
    await act.note(
        "moved", "institution", institution_id, before={"addresses": left}, after={"address": address, "on": on}
    )


async def change_kind(act: Act, institution_id: UUID, *, expected_version: int, kind: InstitutionKind) -> None:
    """The institution is licensed as another kind.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (its place in the hierarchy forbids the kind).
    """
    before = await _held(act, institution_id, expected_version)
    if kind == before["kind"]:
        raise Invalid(f"机构类别已是{kind.label}", path=("input", "kind"))
    if before["parent_id"] is not None and kind not in STATION_KINDS:
        raise Conflict("机构挂靠在中心之下，请先解除挂靠再变更类别", path=("input", "kind"))
    if kind not in CENTRE_KINDS and await store.count_children(act.connection, act.tenant_id, institution_id):
        raise Conflict("机构下设有站点，请先变更其站点的上级", path=("input", "kind"))
    await _change(act, "kind_changed", before, {"kind": kind})


async def link_station(act: Act, station_id: UUID, *, expected_version: int, centre_id: UUID | None) -> None:
    """The station stands under this centre, or under none.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict.
    """
    before = await _held(act, station_id, expected_version)
    if centre_id is not None:
        centre = await _linked(act, centre_id, ("input", "centre"))
        rules.check_under(InstitutionKind(before["kind"]), InstitutionKind(centre["kind"]))
    await _change(act, "linked" if centre_id else "unlinked", before, {"parent_id": centre_id})


async def succeed_institution(
    act: Act, successor_id: UUID, *, expected_version: int, predecessor_id: UUID, on: date, reason: SuccessionReason
) -> None:
    """The institution follows a predecessor of the same district, and inherits its history from then on.

    Implements: A-FT-14 (cards and history follow the licence lineage).
    Raises: NotAllowed, NotFound, OutOfDate, Conflict (it would follow itself, directly or in a circle).
    """
    successor = await _held(act, successor_id, expected_version)
    rules.check_not_future(on, clock.today(), "on")
    await _linked(act, predecessor_id, ("input", "predecessor"))
    line = await store.list_successors(act.connection, successor_id)
    if predecessor_id == successor_id or predecessor_id in line:
        raise Conflict("机构沿革不能成环：前身已是该机构的后继或其本身", path=("input", "predecessor"))
    if successor_id in await store.list_successors(act.connection, predecessor_id):
        raise Conflict("该前身与后继关系已登记", path=("input", "predecessor"))
    row = {"predecessor_id": predecessor_id, "successor_id": successor_id, "on_date": on, "reason": reason}
    await store.insert_succession(
        act.connection, row | {"tenant_id": act.tenant_id, "id": new_id(), "created_by": act.actor.subject}
    )
    await store.update_institution(act.connection, act.tenant_id, successor["id"], {})
    await act.note("succeeded", "institution", successor_id, after=row)


async def _held(act: Act, institution_id: UUID, expected_version: int) -> RowMapping:
    """The institution, locked, at the version the caller saw, by somebody who keeps the register."""
    act.require(*KEEPERS)
    row = await store.load_for_change(act.connection, act.tenant_id, institution_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    rules.check_active(row["status"])
    return row


async def _linked(act: Act, institution_id: UUID, path: tuple[str, ...]) -> RowMapping:
    """Another institution of the same tenant that the request names."""
    try:
        return await store.load_for_change(act.connection, act.tenant_id, institution_id)
    except NotFound:
        raise NotFound(path=path) from None


async def _change(act: Act, action: str, before: RowMapping, after: Mapping[str, Any]) -> None:
    await store.update_institution(act.connection, act.tenant_id, before["id"], after)
    was = {key: before[key] for key in after}
    await act.note(action, "institution", before["id"], before=was, after=after)


def _practice_site(act: Act, institution_id: UUID, address: str, from_on: date | None) -> dict[str, Any]:
    return {
        "tenant_id": act.tenant_id,
        "id": new_id(),
        "institution_id": institution_id,
        "kind": SiteKind.PRACTICE,
        "address": address,
        "match_key": names.match_key(address),
        "from_on": from_on,
        "created_by": act.actor.subject,
        "source": RecordSource.PERSON,
    }
