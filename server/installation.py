"""Bringing an installation up to date: schema, roles, districts, calendar.  A root, used by commands, the demo and tests.

Every step is idempotent: running all of them again changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from server.db import catalogue, migrating, revisions, roles
from server.db.embedded import assert_chinese_search
from server.db.policies import Tenant
from server.db.pools import Pools
from server.db.provisioning import provision_roles
from server.districts import store as districts
from server.districts.files import TENANTS
from server.districts.model import District
from server.kit import clock
from server.kit.custody import Custody
from server.policy import seeding
from server.policy.model import PolicyPack
from server.policy.shelf import Library
from server.record.acts import Act
from server.tables import metadata
from server.tasks.actions import recount_everywhere
from server.workdays import seed
from server.workdays import store as workdays
from server.workdays.model import CalendarStatus

Progress = Callable[[str], None]

#: How many years past the last official one are kept as provisional.
_YEARS_AHEAD = 2


def migrate(migrator_dsn: str) -> str:
    """The database at the newest revision; the revision."""
    migrating.upgrade(migrator_dsn)
    return revisions.newest_revision()


def provision(
    migrator_dsn: str,
    role_secret: str,
    codeswanted: Sequence[District],
    progress: Progress = lambda _: None,
    *,
    folder: Path = TENANTS,
    custody: Custody | None = None,
) -> None:
    """Roles, grants and policies for these districts, and their rows; the working-day calendar; the folder's policies.

    Raises: PolicyRejected for faults in the folder, NotWalled, psycopg.Error, with each step done whole or not at all.
    """
    library = Library(folder)
    packs = seeding.packs_of(library, {one.code: one.tenant_id for one in codeswanted})
    with psycopg.connect(migrator_dsn) as migrator:
        assert_chinese_search(migrator)
        tenants = _tenants(codeswanted)
        provision_roles(migrator, metadata.sorted_tables, tenants, role_secret=role_secret, progress=progress)
    seeded = partial(_seed_policies, library=library, packs=packs, progress=progress)
    pools = Pools(server_dsn(migrator_dsn), role_secret, size=1, custody=custody)
    asyncio.run(_seed(pools, codeswanted, seeded, progress))


def examine(dsn: str, codeswanted: Sequence[District]) -> list[catalogue.Finding]:
    """Where the database is not as the schema rules and these districts want it; any login may ask.

    Raises: psycopg.Error.
    """
    with psycopg.connect(dsn) as connection:
        return catalogue.examine(connection, metadata.sorted_tables, _tenants(codeswanted))


def _tenants(wanted: Sequence[District]) -> list[Tenant]:
    # The municipality (tenant 0) has no login role of its own.
    return [Tenant(one.tenant_id, one.code) for one in wanted if one.tenant_id > 0]


def server_dsn(dsn: str) -> str:
    """Host and database of a connection string, without anybody's login."""
    known = conninfo_to_dict(dsn)
    return make_conninfo("", **{key: value for key, value in known.items() if key not in ("user", "password")})


async def _seed(
    pools: Pools,
    wanted: Sequence[District],
    further: Callable[[Pools], Awaitable[None]],
    progress: Progress,
) -> None:
    try:
        async with pools.transaction(roles.PLATFORM) as connection:
            for one in wanted:
                await districts.upsert_district(connection, one)
            progress(f"{len(wanted)} 个辖区（含市本级）及其经办机构")
            kept = {row["year"]: row["status"] for row in await workdays.list_years(connection)}
            last = max(seed.LAST_OFFICIAL_YEAR, clock.today().year) + _YEARS_AHEAD
            for year in seed.seeded(last).years.values():
                # A year that was loaded from an official notice is never overwritten by an estimate.
                if kept.get(year.year) != CalendarStatus.OFFICIAL and kept.get(year.year) != year.status:
                    await workdays.replace_year(connection, year)
            progress(f"工作日历至 {date(last, 12, 31)}")
        codes = {one.code: one.tenant_id for one in wanted if one.tenant_id > 0}
        moved = await recount_everywhere(pools, codes, "provision")
        if moved:
            progress(f"按工作日历重新计算期限，{moved} 项待办的期限有变动")
        await further(pools)
    finally:
        await pools.close()


async def _seed_policies(
    pools: Pools, library: Library, packs: Mapping[int, Sequence[PolicyPack]], progress: Progress
) -> None:
    added = 0
    async with pools.transaction(roles.PLATFORM) as connection:
        for tenant_id, shipped in packs.items():
            act = Act(connection, tenant_id, seeding.operator(tenant_id, seeding.PROVISION), "provision", pools.custody)
            added += await seeding.seed_packs(act, library, shipped)
    progress(f"已登记政策，新发布 {added} 个版本")
