"""Candidates into the register: what is there already stays as it is, what is new is added with its site.

Running the same file again changes nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from server.institutions import store
from server.institutions.importing.model import Candidate
from server.institutions.model import CENTRE_KINDS, STATION_KINDS, InstitutionKind, InstitutionStatus, RecordSource
from server.kit import names, registration_no
from server.kit.actor import Role
from server.kit.ids import new_id
from server.record.acts import Act
from server.sites import store as sites
from server.sites.model import SiteKind

_BATCH = 1000


@dataclass(slots=True)
class Loaded:
    """What became of one district's candidates. ``orphans`` name a superior that is not in the register, or not one."""

    added: int = 0
    known: int = 0
    orphans: list[Candidate] = field(default_factory=list)


class _Register:
    """The tenant's institutions by what tells them apart (the keys of ``candidates``)."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._numbers: set[str] = set()
        self._coded: set[tuple[str, str]] = set()
        self._placed: set[tuple[str, str]] = set()
        self._centres: dict[str, list[UUID]] = {}
        for row in rows:
            number, code = row["registration_number"], row["unified_social_credit_code"]
            self.add(row["id"], row["match_key"], row["kind"], number, code, row["addresses"])

    def add(
        self, identifier: UUID, name: str, kind: str, number: str | None, code: str | None, addresses: Sequence[str]
    ) -> None:
        if number:
            self._numbers.add(registration_no.match_key(number))
        if code:
            self._coded.add((code, name))
        self._placed.update((name, address) for address in addresses)
        if kind in CENTRE_KINDS:
            self._centres.setdefault(name, []).append(identifier)

    def holds(self, one: Candidate) -> bool:
        """Whether the candidate is there already."""
        name = names.match_key(one.name)
        if one.registration_no and registration_no.match_key(one.registration_no) in self._numbers:
            return True
        if one.uscc and (one.uscc, name) in self._coded:
            return True
        return (name, names.match_key(one.address or "")) in self._placed

    def centre(self, name: str) -> UUID | None:
        """The one centre of this name; None where there is none or more than one."""
        found = self._centres.get(names.match_key(name), [])
        return found[0] if len(found) == 1 else None


async def load(act: Act, candidates: Sequence[Candidate], progress: Callable[[int], None] = lambda _: None) -> Loaded:
    """The candidates of this act's tenant in the register; ``progress`` is told how many rows were dealt with.

    Raises: NotAllowed.
    """
    act.require(Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR)
    await store.hold_register(act.connection, act.tenant_id)
    register, loaded = _Register(await store.list_for_matching(act.connection)), Loaded()
    # Superiors first, so that a file may list a centre after its stations.
    ordered = sorted(candidates, key=lambda one: one.kind not in CENTRE_KINDS)
    for start in range(0, len(ordered), _BATCH):
        batch = ordered[start : start + _BATCH]
        institutions: list[dict[str, Any]] = []
        places: list[dict[str, Any]] = []
        for one in batch:
            if register.holds(one):
                loaded.known += 1
                continue
            row = _row(act, one, _superior(one, register, loaded))
            institutions.append(row)
            addresses = [names.match_key(one.address)] if one.address else [""]
            register.add(row["id"], row["match_key"], one.kind, one.registration_no, one.uscc, addresses)
            if one.address:
                places.append(_site(act, row["id"], one.address))
        await store.insert_institutions(act.connection, institutions)
        await sites.insert_sites(act.connection, places)
        await act.note_all("imported", "institution", [(row["id"], None, row) for row in institutions])
        loaded.added += len(institutions)
        progress(len(batch))
    return loaded


def _superior(one: Candidate, register: _Register, loaded: Loaded) -> UUID | None:
    if one.parent_name is None:
        return None
    found = register.centre(one.parent_name) if one.kind in STATION_KINDS else None
    if found is None:
        loaded.orphans.append(one)
    return found


def _row(act: Act, one: Candidate, parent_id: UUID | None) -> dict[str, Any]:
    return {
        "tenant_id": act.tenant_id,
        "id": new_id(),
        "registration_number": one.registration_no,
        "name": one.name,
        "match_key": names.match_key(one.name),
        "sort_key": names.sort_key(one.name),
        "unified_social_credit_code": one.uscc,
        "kind": InstitutionKind(one.kind),
        "status": InstitutionStatus.OPERATING,
        "operating_nature": one.operating_nature,
        "phone": one.phone,
        "parent_id": parent_id,
        "created_by": act.actor.subject,
        "source": RecordSource.IMPORT,
    }


def _site(act: Act, institution_id: UUID, address: str) -> dict[str, Any]:
    return {
        "tenant_id": act.tenant_id,
        "id": new_id(),
        "institution_id": institution_id,
        "kind": SiteKind.PRACTICE,
        "address": address,
        "match_key": names.match_key(address),
        "created_by": act.actor.subject,
        "source": RecordSource.IMPORT,
    }
