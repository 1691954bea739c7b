"""A tenant erased on its exit from the platform, once an archive of it is known to be whole.

What stays: the audit trail, until it has been kept as long as the law asks (网络安全法, ``SHEQU_AUDIT_RETENTION_MONTHS``),
and rows of other tenants that name this one, which are theirs.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import psycopg
from psycopg.sql import SQL, Identifier

from server.db import roles
from server.db.pools import Pools
from server.districts.model import District
from server.moving.archive import LEFT_OUT, Archive
from server.moving.leaving import FILES, Progress, Store, snapshot, tally
from server.moving.opening import opened
from server.moving.rows import ArchiveError, tables_of
from server.tables import metadata

#: Kept until their time is over, and why.
KEPT: Mapping[str, str] = MappingProxyType(
    {"audit_entry": "审计记录须留存不少于六个月（网络安全法）", "audit_link": "审计链，与审计记录一并留存"}
)


@dataclass(slots=True)
class Erased:
    """How many rows went, by table, how many files, and what stayed."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    kept: dict[str, int] = field(default_factory=dict)


def check_archived(pools: Pools, district: District, archive: Archive, progress: Progress = lambda _, __: None) -> None:
    """Pass when the archive holds all that the tenant has now, so that nothing is lost by erasing it.

    Raises: ArchiveError, NotOpened.
    """
    manifest = archive.manifest
    if (manifest.district, manifest.tenant_id) != (district.code, district.tenant_id):
        raise ArchiveError(f"该归档是{manifest.name}的，不是{district.name}的")
    archive.check_whole()
    tables = tables_of(metadata, district.tenant_id, pools.custody.sealer, archive.key, LEFT_OUT)
    with snapshot(pools, roles.district_role(district.code)) as connection:
        for rows in tables:
            held, found = manifest.tables.get(rows.name), tally(connection, rows, progress)
            if held is None or (held.rows, held.sha256) != (found.count, found.sha256):
                raise ArchiveError(f"归档之后 {rows.name} 又有变化：请停用该区后重新导出，再清除")


def erase_tenant(
    migrator_dsn: str,
    district: District,
    *,
    audit_due: datetime,
    files: Store | None = None,
    progress: Progress = lambda _, __: None,
) -> Erased:
    """Nothing of the tenant is here any more, but its audit trail while an entry of it is younger than ``audit_due``.

    Raises: ArchiveError (there are files, and no store to remove them from), psycopg.Error; then nothing is erased.
    """
    done = Erased()
    with opened(migrator_dsn, district.tenant_id) as owner:
        places = _places(owner, district.tenant_id)
        if places and files is None:
            raise ArchiveError("该辖区有上传的文件，但没有设置文件存储位置：请按运行环境设置后再清除")
        kept = KEPT.keys() if _is_young(owner, district.tenant_id, audit_due) else set()
        for table in reversed(metadata.sorted_tables):
            name, tenant_id = Identifier(table.name), district.tenant_id
            if table.name in kept:
                ((count,),) = owner.execute(
                    SQL("SELECT count(*) FROM {} WHERE tenant_id = {}").format(name, tenant_id)
                ).fetchall()
                done.kept[table.name] = count
                continue
            gone = owner.execute(SQL("DELETE FROM {} WHERE tenant_id = {}").format(name, tenant_id)).rowcount
            if gone:
                done.rows[table.name] = gone
            progress(table.name, gone)
    # Last: rows without their files can be exported no more, files without rows can be removed again.
    if files is not None:
        done.files = asyncio.run(_discard(files, places))
    return done


def _is_young(owner: psycopg.Connection, tenant_id: int, due: datetime) -> bool:
    """Whether the trail holds an entry that has not been kept long enough."""
    query = SQL("SELECT 1 FROM audit_entry WHERE tenant_id = {} AND at >= {} LIMIT 1").format(tenant_id, due)
    return owner.execute(query).fetchone() is not None


def _places(owner: psycopg.Connection, tenant_id: int) -> list[str]:
    name, place, *_ = FILES
    if name not in metadata.tables:
        return []
    query = SQL("SELECT {c} FROM {t} WHERE tenant_id = {n} AND {c} IS NOT NULL").format(
        c=Identifier(place), t=Identifier(name), n=tenant_id
    )
    return [found for (found,) in owner.execute(query)]


async def _discard(files: Store, places: Sequence[str]) -> int:
    for place in places:
        await files.discard(place)
    return len(places)
