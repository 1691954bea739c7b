"""People to sign in as in development. Their rights are rows of the membership table, like anybody's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from ruamel.yaml import YAML

from server.db import roles
from server.db.pools import Pools
from server.development.samples import first_centre
from server.districts.files import TENANTS, load_districts
from server.identity.store import insert_memberships
from server.kit.actor import Role
from server.kit.ids import stable_id


@dataclass(frozen=True, slots=True)
class Persona:
    """One person with one role. ``institution`` is the sample institution whose staff the person is."""

    name: str
    shown: str
    district: str
    role: Role
    department: str | None
    institution: UUID | None

    @property
    def subject(self) -> str:
        """What the token calls the person."""
        return f"persona:{self.name}"


def load_personas(path: Path = TENANTS / "personas.yaml") -> dict[str, Persona]:
    """All personas by name."""
    data: Mapping[str, Mapping[str, str]] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))["personas"]
    return {
        name: Persona(
            name,
            one["name"],
            one["district"],
            Role(one["role"]),
            one.get("department"),
            first_centre(one["district"]) if "institution" in one else None,
        )
        for name, one in data.items()
    }


async def seed_personas(pools: Pools, personas: Mapping[str, Persona]) -> int:
    """Give the personas their memberships; the number that had none yet."""
    tenants = {one.code: one.tenant_id for one in load_districts()}
    rows = [
        {
            "tenant_id": tenants[one.district],
            "id": stable_id("persona", one.name),
            "subject": one.subject,
            "name": one.shown,
            "role": one.role,
            "department": one.department,
            "institution_id": one.institution,
            "from_on": date(2020, 1, 1),
            "created_by": "shequ demo",
            "source": "SAMPLE",
        }
        for one in personas.values()
    ]
    async with pools.transaction(roles.PLATFORM) as connection:
        return await insert_memberships(connection, rows)
