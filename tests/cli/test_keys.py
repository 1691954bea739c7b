"""``shequ keys`` as an operator types it: a key comes, values move over to it, the old one goes."""

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from click.testing import Result
from pydantic import SecretStr
from typer.testing import CliRunner

from server import installation
from server.app import App
from server.cli import app
from server.db import roles
from server.db.pools import Pools
from server.http.issuer import ISSUER, DevelopmentIssuer
from server.kit.actor import Actor, Grant, Role
from server.kit.custody import Custody
from server.kit.ids import new_id
from server.kit.sealing import Algorithm, NotOpened, Place, Sealer
from server.people import tables
from server.people.actions import Appointment, appoint_person
from server.people.model import Position
from server.record import rotating
from server.record.acts import acting
from server.record.rotating import rotate, uses
from server.settings import Settings, SettingsError
from server.tables import metadata
from tests.databases import cloned
from tests.people.conftest import valid_number

DISTRICTS = {"fengtai": 5, "mentougou": 7}
OLD, NEW = "the-old-sealing-secret", "the-new-sealing-secret"
PEOPLE = 7


@pytest.fixture
def installed(superuser_dsn: str, template: str, role_secret: str, worker_id: str) -> Iterator[dict[str, str]]:
    """The environment of an installation of its own, with sealed people in two districts."""
    with cloned(superuser_dsn, template, f"shequ_keys_{worker_id}") as dsn:
        environment = {
            "SHEQU_DATABASE_URL": installation.server_dsn(dsn),
            "SHEQU_ROLE_SECRET": role_secret,
            "SHEQU_SEALING_SECRET": OLD,
            "SUPERUSER": dsn,
        }
        asyncio.run(fill(environment))
        yield environment


def pools_of(installed: dict[str, str], *secrets: str, algorithm: Algorithm = Algorithm.AES_256_GCM) -> Pools:
    secret = installed["SHEQU_ROLE_SECRET"]
    custody = Custody(Custody.derived(secret).signer, Sealer(secrets, algorithm))
    return Pools(installed["SHEQU_DATABASE_URL"], secret, size=2, custody=custody)


async def fill(installed: dict[str, str]) -> None:
    """People of institutions of either district, some without a telephone."""
    pools = pools_of(installed, OLD)
    for code, tenant in DISTRICTS.items():
        actor = Actor("tests", "测试", (Grant(tenant, Role.DISTRICT_OFFICER),))
        async with acting(pools, roles.district_role(code), tenant, actor, "request-1") as act:
            for n in range(PEOPLE):
                institution = new_id()
                await act.connection.exec_driver_sql(
                    "INSERT INTO institution (tenant_id, id, name, match_key, sort_key, kind, status, created_by, source)"
                    " VALUES (%s, %s, '试', '试', 'shi', 'OTHER_MEDICAL', 'OPERATING', 'tests', 'SAMPLE')",
                    (tenant, institution),
                )
                await appoint_person(
                    act,
                    Appointment(
                        institution, Position.PRINCIPAL, "张三", date(2024, 1, 1), valid_number(n),
                        f"1380000000{n}" if n % 2 else None,
                    ),
                )  # fmt: skip
    await pools.close()


def run(installed: dict[str, str], *arguments: str, **more: str) -> Result:
    return CliRunner().invoke(app, arguments, env=installed | more)


def opened(installed: dict[str, str], *secrets: str) -> dict[tuple[int, UUID], tuple[str, str | None, bool]]:
    """Everybody's number and telephone in the clear, and whether the index is of the first key."""
    sealer = Sealer(secrets)
    found = {}
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        columns = "tenant_id, id, identity_number_sealed, phone_sealed, identity_number_index"
        for tenant, row, number, phone, index in connection.execute(f"SELECT {columns} FROM person"):
            clear = sealer.open(Place(tenant, "person", "identity_number", row), number)
            tel = phone and sealer.open(Place(tenant, "person", "phone", row), phone)
            found[tenant, row] = (clear, tel, index == sealer.index(tenant, "identity_number", clear))
    return found


def test_a_key_comes_and_the_old_one_goes(installed: dict[str, str]) -> None:
    before = opened(installed, OLD)
    assert len(before) == 2 * PEOPLE
    old, new = Sealer([OLD]).kids[0], Sealer([NEW]).kids[0]
    both = {"SHEQU_SEALING_SECRET": f"{NEW},{OLD}"}

    status = run(installed, "keys", "status", **both)
    assert status.exit_code == 0, status.stderr
    assert f"{new} │ 加密与解密 │ 0" in " ".join(status.stderr.split())
    assert "20 条待轮换" in status.stderr
    for kid, why in ((old, "仍加密着 20 条数据"), (new, "是当前加密所用"), ("00000000", "没有编号为")):
        refused = run(installed, "keys", "status", "--without", kid, **both)
        assert refused.exit_code != 0
        assert why in str(refused.exception) + "".join(refused.stderr.split())

    rotated = run(installed, "keys", "rotate", **both)
    assert rotated.exit_code == 0, rotated.stderr
    assert "重新加密 20 条" in rotated.stderr
    assert "丰台区" in rotated.stderr
    assert opened(installed, NEW) == before
    assert "重新加密 0 条" in run(installed, "keys", "rotate", **both).stderr
    assert run(installed, "keys", "status", "--without", old, **both).exit_code == 0
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        told = connection.execute(
            "SELECT tenant_id, actor, after FROM audit_entry WHERE action = 'keys_rotated' ORDER BY tenant_id"
        ).fetchall()
    assert told == [(tenant, "shequ keys rotate", {"kid": new, "resealed": 10}) for tenant in DISTRICTS.values()]


def test_a_key_that_is_still_in_use_is_missed_at_once(installed: dict[str, str]) -> None:
    old = Sealer([OLD]).kids[0]
    for command in ("status", "rotate"):
        refused = run(installed, "keys", command, SHEQU_SEALING_SECRET=NEW)
        assert refused.exit_code == 1
        assert f"{old}（20 条）" in str(refused.exception)


async def test_no_process_without_a_key_in_use_becomes_ready(installed: dict[str, str], tmp_path: Path) -> None:
    for secret, status, found in ((NEW, 503, "failed"), (f"{NEW},{OLD}", 200, "ok")):
        app = App(
            database_url=installed["SHEQU_DATABASE_URL"],
            role_secret=installed["SHEQU_ROLE_SECRET"],
            cursor_secret="x",
            issuer=ISSUER,
            audience="shequ",
            keys=DevelopmentIssuer(tmp_path, development=True).keys,
            custody=Settings(sealing_secret=SecretStr(secret)).custody(installed["SHEQU_ROLE_SECRET"]),
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shequ.test") as client:
            for _ in range(2):
                ready = await client.get("/readyz")
                assert (ready.status_code, ready.json()["checks"]["sealing"]) == (status, found)
        await app.close()


def test_settings_refuse_secrets_that_cannot_be_told_apart() -> None:
    for given in ("short", f"{OLD},short", f"{OLD},{OLD}"):
        with pytest.raises(SettingsError, match="SHEQU_SEALING_SECRET"):
            Settings(sealing_secret=SecretStr(given)).custody("role-secret")


async def test_a_run_that_was_broken_off_is_taken_up(
    installed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "BATCH", 3)
    pools = pools_of(installed, NEW, OLD, algorithm=Algorithm.SM4_GCM)
    before = opened(installed, OLD)

    class Broken(Exception):
        pass

    def breaking(_: int) -> None:
        raise Broken

    for _ in range(2):
        with pytest.raises(Broken):
            await rotate(pools, metadata, 5, progress=breaking)
    left = sum(one.count for one in await uses(pools, metadata) if not one.current and one.tenant_id == 5)
    assert left == 10 - 2 * 3
    assert {key: value[:2] for key, value in opened(installed, NEW, OLD).items()} == {
        key: value[:2] for key, value in before.items()
    }
    assert (await rotate(pools, metadata, 5)).resealed == left
    assert {(one.tenant_id, one.current, one.algorithm) for one in await uses(pools, metadata)} == {
        (5, True, "sm4-gcm"),
        (7, False, "aes-256-gcm"),
    }
    await pools.close()


async def test_two_runs_at_once_do_no_harm(installed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotating, "BATCH", 2)
    pools = pools_of(installed, NEW, OLD)
    before = opened(installed, OLD)
    one, other = await asyncio.gather(rotate(pools, metadata, 7), rotate(pools, metadata, 7))
    assert one.resealed + other.resealed == 10
    assert {key: one[:2] for key, one in opened(installed, NEW, OLD).items()} == {
        key: one[:2] for key, one in before.items()
    }
    await pools.close()


def test_a_value_that_does_not_open_stops_the_run_and_loses_nothing(installed: dict[str, str]) -> None:
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        connection.execute(
            "UPDATE person p SET phone_sealed = o.phone_sealed FROM person o"
            " WHERE p.tenant_id = 5 AND o.tenant_id = 7 AND p.phone_sealed IS NOT NULL"
            " AND p.phone_masked = o.phone_masked"
        )

    async def directly() -> None:
        pools = pools_of(installed, NEW, OLD)
        with pytest.raises(NotOpened):
            await rotate(pools, metadata, 5)
        assert (await rotate(pools, metadata, 7)).resealed == 10
        await pools.close()

    asyncio.run(directly())
    stopped = run(installed, "keys", "rotate", SHEQU_SEALING_SECRET=f"{NEW},{OLD}")
    assert stopped.exit_code == 1
    assert "无法解密" in str(stopped.exception)


async def test_the_custodian_sees_and_changes_sealed_columns_alone(installed: dict[str, str]) -> None:
    pools = pools_of(installed, OLD)
    for refused in (
        "SELECT name FROM person",
        "SELECT phone_masked FROM person",
        "UPDATE person SET name = 'x'",
        "UPDATE person SET tenant_id = 7",
        "DELETE FROM person",
        "INSERT INTO person (tenant_id, id) VALUES (5, gen_random_uuid())",
        "SELECT name FROM institution",
        "SELECT subject FROM membership",
    ):
        with pytest.raises(Exception, match="permission denied"):
            async with pools.transaction(roles.CUSTODIAN) as connection:
                await connection.exec_driver_sql(refused)
    async with pools.transaction(roles.CUSTODIAN) as connection:
        counted = await connection.exec_driver_sql("SELECT count(phone_sealed) FROM person")
        assert counted.scalar() == 2 * (PEOPLE // 2)
    await pools.close()
    assert tables.person.c.phone_sealed.nullable
