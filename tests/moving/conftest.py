"""Two installations with keys of their own: one with a district full of rows, one that knows the district and no more."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from server import installation
from server.db import roles
from server.db.pools import Pools
from server.districts.files import load_districts
from server.districts.model import District
from server.institutions.actions import Registration, link_station, register_institution
from server.institutions.model import InstitutionKind
from server.kit.actor import Actor, Grant, Role
from server.kit.custody import Custody
from server.kit.sealing import Algorithm, Sealer
from server.moving.leaving import export_tenant
from server.people.actions import Appointment, appoint_person
from server.people.model import Position
from server.record.acts import acting
from server.tables import metadata
from tests.databases import MIGRATOR_PASSWORD, cloned
from tests.db.rows import Rows, is_municipal
from tests.people.conftest import valid_number

CODE, NEIGHBOUR = "fengtai", "mentougou"
PASSPHRASE = "correct horse battery staple"
PHONES = ("13800000001", "01067890002")


class Shelf:
    """Files in memory, as the store keeps them."""

    def __init__(self, **held: bytes) -> None:
        self.held = dict(held)

    async def put(self, place: str, file: IO[bytes]) -> None:
        file.seek(0)
        self.held[place] = file.read()

    async def read(self, place: str):
        if place not in self.held:
            raise FileNotFoundError(place)
        for n in range(0, len(self.held[place]), 3):
            yield self.held[place][n : n + 3]

    async def discard(self, place: str) -> None:
        del self.held[place]


@dataclass
class Installation:
    """A database with its logins and keys."""

    dsn: str
    secret: str
    sealer: Sealer
    sealing: tuple[str, str]
    files: Path

    @property
    def migrator(self) -> str:
        return make_conninfo(self.dsn, user=roles.MIGRATOR, password=MIGRATOR_PASSWORD)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SHEQU_DATABASE_URL": installation.server_dsn(self.dsn),
            "SHEQU_ROLE_SECRET": self.secret,
            "SHEQU_SEALING_SECRET": self.sealing[0],
            "SHEQU_SEALING_ALGORITHM": self.sealing[1],
            "SHEQU_MIGRATOR_URL": self.migrator,
            "SHEQU_ARCHIVE_PASSPHRASE": PASSPHRASE,
            "SHEQU_FILES_URL": f"file://{self.files}",
        }

    def pools(self) -> Pools:
        custody = Custody(Custody.derived(self.secret).signer, self.sealer)
        return Pools(installation.server_dsn(self.dsn), self.secret, size=2, custody=custody)

    def superuser(self) -> psycopg.Connection:
        return psycopg.connect(self.dsn, autocommit=True)

    def state(self, tenant_id: int | None = None) -> dict[str, list[str]]:
        """Every row of every table as text; of one tenant, or of all."""
        where = "" if tenant_id is None else f" WHERE tenant_id = {tenant_id}"
        with self.superuser() as connection:
            return {
                table.name: [
                    row
                    for (row,) in connection.execute(
                        f"SELECT t::text FROM {table.name} t{where} ORDER BY tenant_id, id"
                    )
                ]
                for table in metadata.sorted_tables
            }

    def policies(self) -> list[str]:
        """Names of policies of the owner's, which there are none of but while a tenant is moved."""
        with self.superuser() as connection:
            return [
                name for (name,) in connection.execute("SELECT policyname FROM pg_policies WHERE policyname = 'moving'")
            ]


def installed(
    superuser_dsn: str, template: str, name: str, secret: str, sealing: tuple[str, str], files: Path
) -> Iterator[Installation]:
    with cloned(superuser_dsn, template, name) as dsn:
        yield Installation(dsn, secret, Sealer([sealing[0]], Algorithm(sealing[1])), sealing, files)


@pytest.fixture(scope="session")
def district() -> District:
    return next(one for one in load_districts() if one.code == CODE)


@pytest.fixture(scope="session")
def source(
    superuser_dsn: str,
    template: str,
    role_secret: str,
    worker_id: str,
    district: District,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Installation]:
    """An installation with a row of the district, and of its neighbour, in every table."""
    keeps, files = ("the-source-keeps-this", "aes-256-gcm"), tmp_path_factory.mktemp("source")
    for one in installed(superuser_dsn, template, f"shequ_from_{worker_id}", role_secret, keeps, files):
        neighbour = next(each for each in load_districts() if each.code == NEIGHBOUR)
        with one.superuser() as connection:
            rows = Rows(connection)
            for table in metadata.sorted_tables:
                for tenant in () if is_municipal(table) else (district, neighbour):
                    held = connection.execute(f"SELECT 1 FROM {table.name} WHERE tenant_id = %s", [tenant.tenant_id])
                    if held.fetchone() is None:
                        rows.plant(table, tenant.tenant_id)
        asyncio.run(fill(one, district))
        yield one


@pytest.fixture
def target(
    superuser_dsn: str, template: str, role_secret: str, worker_id: str, tmp_path: Path
) -> Iterator[Installation]:
    """An installation that is provisioned, and nothing else."""
    keeps, files = ("the-target-keeps-that", "sm4-gcm"), tmp_path / "target-files"
    yield from installed(superuser_dsn, template, f"shequ_to_{worker_id}", role_secret, keeps, files)


async def fill(one: Installation, district: District) -> None:
    """A centre registered after its station, with people whose numbers are sealed."""
    pools = one.pools()
    actor = Actor("tests", "测试", (Grant(district.tenant_id, Role.DISTRICT_OFFICER),))
    async with acting(pools, roles.district_role(CODE), district.tenant_id, actor, "request-1") as act:
        made = [
            await register_institution(act, Registration(name, kind, f"丰台区{name}路“1”号\\甲"))
            for name, kind in (
                ("早到社区卫生服务站", InstitutionKind.COMMUNITY_HEALTH_STATION),
                ("晚到社区卫生服务中心", InstitutionKind.COMMUNITY_HEALTH_CENTRE),
            )
        ]
        await link_station(act, made[0], expected_version=1, centre_id=made[1])
        for n, (institution, phone) in enumerate(zip(made, PHONES, strict=True)):
            person = Appointment(institution, Position.PRINCIPAL, "张三", date(2024, 1, 1), valid_number(n), phone)
            await appoint_person(act, person)
    await pools.close()


@pytest.fixture(scope="session")
def archived(source: Installation, district: District, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The district's archive."""
    path = tmp_path_factory.mktemp("archive") / "fengtai.zip"
    export_tenant(source.pools(), district, path, PASSPHRASE)
    return path
