"""Officers of districts that have no persona."""

from datetime import date

from server.db import roles
from server.districts.files import load_districts
from server.identity.store import insert_memberships
from server.kit.actor import Role
from server.kit.ids import new_id
from tests.driving import Client, Server
from tests.supervision.driving import Officer

_TENANTS = {one.code: one.tenant_id for one in load_districts()}


async def officer_of(server: Server, district: str) -> Officer:
    """A health commission's officer there."""
    subject = f"officer:{district}:{new_id()}"
    row = {
        "tenant_id": _TENANTS[district],
        "id": new_id(),
        "subject": subject,
        "name": f"试验 {district}",
        "role": Role.DISTRICT_OFFICER,
        "department": None,
        "institution_id": None,
        "from_on": date(2020, 1, 1),
        "created_by": "tests",
        "source": "SAMPLE",
    }
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_memberships(connection, [row])
    token = server.issuer.token(subject, "shequ")
    return Officer(Client(server.http, {"authorization": f"Bearer {token}"}))
