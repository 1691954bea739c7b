"""The demo: an installation of its own in one folder, with sample data, that a second run finds ready."""

import asyncio
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import orjson

from server import installation
from server.db import migrating, roles
from server.db.embedded import discard
from server.db.pools import Pools
from server.development.cases import load_cases, play
from server.development.personas import load_personas, seed_personas
from server.development.samples import load_places, load_samples, samples_of
from server.districts.files import TENANTS, load_districts
from server.importing import load_file, read_file, write_rejects
from server.kit.actor import Actor, Grant, Role
from server.policy.shelf import Library, Shelf
from server.record.acts import acting

_DATABASE = "shequ"

#: Names and addresses of real institutions as published in 2020, untidy as they were.
REAL = Path(__file__).with_name("beijing_medical_institutions_2020.csv")

Progress = Callable[[str], None]


class Demo:
    """The demo's folder: the cluster, its secrets, the issuer's key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def database_folder(self) -> Path:
        """Where PostgreSQL keeps its data."""
        return self._folder / "postgres"

    @property
    def files_folder(self) -> Path:
        """Where uploaded files are."""
        return self._folder / "files"

    def reset(self) -> None:
        """Start from nothing; the issuer's key stays, so that tokens in use go on."""
        discard(self.database_folder)
        (self._folder / "secrets.json").unlink(missing_ok=True)
        shutil.rmtree(self.files_folder, ignore_errors=True)

    def install(self, superuser_dsn: str, progress: Progress) -> tuple[str, str]:
        """The demo's database, ready: host and database, and the role secret. Every step may run again."""
        kept = self._secrets()
        migrator = migrating.prepare_database(superuser_dsn, _DATABASE, migrator_password=kept["migrator"])
        progress(f"数据库结构 {installation.migrate(migrator)}")
        installation.provision(migrator, kept["role"], load_districts(), progress)
        dsn = installation.server_dsn(migrator)
        asyncio.run(_fill(dsn, kept["role"], self._folder, progress))
        return dsn, kept["role"]

    @contextmanager
    def known_as_running(self, dsn: str) -> Iterator[None]:
        """While inside, other commands find this installation by the folder."""
        path = self._folder / "running.json"
        path.write_bytes(orjson.dumps({"database": dsn}))
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

    def _secrets(self) -> dict[str, str]:
        path = self._folder / "secrets.json"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(orjson.dumps({"role": secrets.token_urlsafe(32), "migrator": secrets.token_urlsafe(32)}))
            fresh.rename(path)
        kept: dict[str, str] = orjson.loads(path.read_bytes())
        return kept


def demo_actor(tenant_id: int) -> Actor:
    """Who the demo's data are entered by, in one district."""
    return Actor("shequ demo", "演示数据", (Grant(tenant_id, Role.DISTRICT_ADMINISTRATOR),))


async def _fill(dsn: str, role_secret: str, folder: Path, progress: Progress) -> None:
    pools = Pools(dsn, role_secret, size=1)
    try:
        personas = load_personas()
        await seed_personas(pools, personas)
        progress(f"{len(personas)} 个开发用角色")
        wanted = load_districts()
        read = read_file(REAL, wanted, None, lambda _: None)
        done = await load_file(pools, read, wanted, dry_run=False, progress=lambda _: None)
        write_rejects(folder / f"{REAL.stem}.rejects.csv", read)
        added = sum(one.added for one in done.values())
        progress(
            f"真实机构 {read.count} 家（2020 年公布名录），新增 {added} 家；{len(read.rejected)} 行辖区不明，待人工确认"
        )
        progress(f"示例机构（均标记为示例数据），新增 {await fill_samples(pools)} 家")
        progress(f"示例案例（均为虚构，按各区政策办理），新办 {await fill_cases(pools)} 件")
    finally:
        await pools.close()


async def fill_samples(pools: Pools) -> int:
    """The sample institutions of every district that has places to make them of; the number added."""
    places, added = load_places(), 0
    for one in load_districts():
        if one.code in places:
            samples = samples_of(one.code, one.name, one.tenant_id, places[one.code])
            role = roles.district_role(one.code)
            async with acting(pools, role, one.tenant_id, demo_actor(one.tenant_id), "demo") as act:
                added += await load_samples(act, samples)
    return added


async def fill_cases(pools: Pools) -> int:
    """The sample cases of every district of which some are told; the number of steps taken."""
    places, cases, taken = load_places(), load_cases(), 0
    shelf = Shelf(partial(pools.fetch, roles.MUNICIPAL_READER), Library(TENANTS))
    for one in load_districts():
        if one.code in cases:
            samples = samples_of(one.code, one.name, one.tenant_id, places[one.code])
            role = roles.district_role(one.code)
            async with acting(pools, role, one.tenant_id, demo_actor(one.tenant_id), "demo") as act:
                taken += await play(act, shelf, samples, cases[one.code])
    return taken
