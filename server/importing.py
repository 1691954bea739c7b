"""A file of institutions into the registers of the districts it names.  A root, used by the command and the demo."""

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.db import roles
from server.db.pools import Pools
from server.districts.model import District
from server.institutions.importing import loading, reading, rejects
from server.institutions.importing.candidates import candidates
from server.institutions.importing.headers import Header
from server.institutions.importing.model import Candidate, Reject
from server.institutions.importing.model import District as Place
from server.institutions.importing.resolving import Districts
from server.kit.actor import Actor, Grant, Role
from server.kit.ids import new_id
from server.record.acts import acting


@dataclass(slots=True)
class Read:
    """A file, read and checked: what can be loaded, by district, and what a person must mend."""

    header: Header
    accepted: dict[str, list[Candidate]] = field(default_factory=dict)
    rejected: list[Reject] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows can be loaded."""
        return sum(map(len, self.accepted.values()))


def read_file(
    path: Path, wanted: Sequence[District], district_code: str | None, progress: Callable[[int], None]
) -> Read:
    """The file's rows, each with its district or with the reason why it has none.

    Raises: Invalid for a file that cannot be read as a whole; OSError.
    """
    places = [
        Place(one.code, one.name, one.aliases, one.address_markers, one.lies_in) for one in wanted if one.tenant_id > 0
    ]
    with path.open("rb") as stream, reading.opened(stream) as sheet:
        read = Read(sheet.header)
        for one in candidates(sheet.rows, Districts(places), district_code=district_code):
            if isinstance(one, Reject):
                read.rejected.append(one)
            else:
                read.accepted.setdefault(one.district_code, []).append(one)
            progress(1)
    return read


def write_rejects(path: Path, read: Read) -> None:
    """The rows to mend, in a file that can be imported again."""
    with path.open("wb") as stream:
        rejects.write(stream, read.header, read.rejected)


class _Undone(Exception):
    """Ends a dry run's transaction."""


async def load_file(
    pools: Pools, read: Read, wanted: Sequence[District], *, dry_run: bool, progress: Callable[[int], None]
) -> dict[str, loading.Loaded]:
    """What became of each district's rows; each district's whole file is one transaction."""
    done: dict[str, loading.Loaded] = {}
    for one in wanted:
        rows = read.accepted.get(one.code)
        if not rows:
            continue
        actor = Actor(f"cli:{_user()}", "shequ import", (Grant(one.tenant_id, Role.DISTRICT_ADMINISTRATOR),))
        try:
            async with acting(pools, roles.district_role(one.code), one.tenant_id, actor, str(new_id())) as act:
                done[one.code] = await loading.load(act, rows, progress)
                if dry_run:
                    raise _Undone
        except _Undone:
            pass
    return done


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
