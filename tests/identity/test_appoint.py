"""``shequ appoint``: the first platform operator, and an administrator where all others are out of reach."""

import asyncio
import uuid

import psycopg
import pytest

from server import installation
from tests.driving import Client, Server
from tests.typed import Done, shequ

MEMBERSHIPS = "{ viewer { name memberships { role district { code } } } }"


def appoint(superuser: str, role_secret: str, *arguments: str) -> Done:
    """The command on this database."""
    settings = {"SHEQU_DATABASE_URL": installation.server_dsn(superuser), "SHEQU_ROLE_SECRET": role_secret}
    return shequ("appoint", *arguments, **settings)


@pytest.mark.parametrize(
    ("extra", "membership"),
    [
        ((), {"role": "PLATFORM_OPERATOR", "district": {"code": "beijing"}}),
        (("--district", "huairou"), {"role": "DISTRICT_ADMINISTRATOR", "district": {"code": "huairou"}}),
    ],
)
def test_who_holds_the_installations_secrets_appoints(
    superuser: str, role_secret: str, extra: tuple[str, ...], membership: dict[str, object]
) -> None:
    subject = f"appointed:{uuid.uuid4().hex}"
    done = appoint(superuser, role_secret, subject, "--name", "张三", *extra)
    assert done.code == 0, done.err
    again = appoint(superuser, role_secret, subject, "--name", "张三", *extra)
    assert again.code == 1
    assert "不能重叠" in again.err
    with psycopg.connect(superuser) as connection:
        noted = connection.execute(
            "SELECT actor, action, after->>'role' FROM audit_entry WHERE after->>'subject' = %s", (subject,)
        ).fetchall()
    assert noted == [("shequ appoint", "granted", membership["role"])]


async def test_the_appointed_hold_what_they_were_appointed_to(server: Server, superuser: str, role_secret: str) -> None:
    subject = f"appointed:{uuid.uuid4().hex}"
    named = (subject, "--name", "李四", "--district", "pinggu")
    assert (await asyncio.to_thread(appoint, superuser, role_secret, *named)).code == 0
    client = Client(server.http, {"authorization": f"Bearer {server.issuer.token(subject, 'shequ')}"})
    assert (await client(MEMBERSHIPS)).data["viewer"] == {
        "name": "李四",
        "memberships": [{"role": "DISTRICT_ADMINISTRATOR", "district": {"code": "pinggu"}}],
    }


def test_a_district_that_does_not_exist_is_named(superuser: str, role_secret: str) -> None:
    done = appoint(superuser, role_secret, "somebody", "--name", "王五", "--district", "atlantis")
    assert done.code == 2
    assert "atlantis" in done.err
    assert "Traceback" not in done.err
