"""A tenant read from its archive into an installation that knows the district and holds nothing of it yet.

All rows are written in one transaction, counted and hashed again from the database, and committed only when every table
equals what the archive says.  Personal values are sealed with this installation's keys on their way in.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import orjson
import psycopg
from psycopg.sql import SQL, Identifier

from server.db import roles
from server.db.pools import Pools
from server.db.revisions import newest_revision
from server.districts.model import District
from server.moving.archive import LEFT_OUT, Archive, HeldFile
from server.moving.leaving import Progress, Store, snapshot, tally
from server.moving.opening import opened
from server.moving.rows import ArchiveError, Row, TableRows, tables_of
from server.policy.seeding import PROVISION
from server.tables import metadata

#: What ``shequ provision`` itself writes into every district: replaced by the archive's.
_PROVISIONED = (
    "district",
    "authority",
    "insurance_agency",
    "policy_version",
    "audit_entry",
    "audit_link",
    "outbox_event",
)

_MUNICIPAL_POLICIES = "SELECT digest FROM policy_version WHERE tenant_id = 0 AND status = 'PUBLISHED'"


@dataclass(slots=True)
class Arrived:
    """What an import came to; ``remarks`` tell what rests on other districts or the municipality and is to be looked at."""

    rows: int = 0
    files: int = 0
    remarks: list[str] = field(default_factory=list)


def import_tenant(
    migrator_dsn: str,
    pools: Pools,
    district: District,
    archive: Archive,
    *,
    files: Store | None = None,
    progress: Progress = lambda _, __: None,
) -> Arrived:
    """The tenant's rows and files are here as they are in the archive, counts and hashes equal.

    Raises: ArchiveError, NotOpened, psycopg.Error; then nothing of it is here.
    """
    manifest = archive.manifest
    if (manifest.district, manifest.tenant_id) != (district.code, district.tenant_id):
        raise ArchiveError(
            f"归档属于{manifest.name}（{manifest.district}，编号 {manifest.tenant_id}），"
            f"与本系统的{district.name}（{district.code}，编号 {district.tenant_id}）不是同一辖区"
        )
    if manifest.revision != newest_revision():
        raise ArchiveError(
            f"归档的数据库结构版本为 {manifest.revision}，本系统为 {newest_revision()}："
            "请用导出时的版本导入，再升级本系统"
        )
    unknown = manifest.tables.keys() ^ {one.name for one in metadata.sorted_tables if one.name not in LEFT_OUT}
    if unknown:
        raise ArchiveError(f"归档与本系统的数据表不一致：{'、'.join(sorted(unknown))}")
    if manifest.files and files is None:
        raise ArchiveError("归档中有上传的文件，但没有设置文件存储位置")
    archive.check_whole()
    tables = tables_of(metadata, district.tenant_id, pools.custody.sealer, archive.key, LEFT_OUT)
    done = Arrived(remarks=_remarks(pools, archive))
    put: list[str] = []
    try:
        with opened(migrator_dsn, district.tenant_id) as owner:
            _check_empty(owner, district)
            for rows in reversed(tables):
                owner.execute(rows.deletion())
            for name in LEFT_OUT:
                owner.execute(SQL("DELETE FROM {} WHERE tenant_id = {}").format(Identifier(name), district.tenant_id))
            for rows in tables:
                rows.insert(owner, _arriving(archive, rows), lambda n, name=rows.name: progress(name, n))  # type: ignore[misc]
            _check_equal(owner, tables, archive)
            asyncio.run(_put_files(archive, files, put, progress))
    except BaseException:
        asyncio.run(_take_back(files, put))
        raise
    done.rows, done.files = manifest.rows, len(put)
    return done


def _arriving(archive: Archive, rows: TableRows) -> Iterator[Row]:
    for line in archive.lines(rows.name):
        yield rows.arriving(line)


def _check_empty(owner: psycopg.Connection, district: District) -> None:
    """Pass when nobody has ever done anything in this district here. Raises: ArchiveError."""
    for table in metadata.sorted_tables:
        if table.name in _PROVISIONED or table.name in LEFT_OUT:
            continue
        query = SQL("SELECT count(*) FROM {} WHERE tenant_id = {}").format(Identifier(table.name), district.tenant_id)
        ((count,),) = owner.execute(query).fetchall()
        if count:
            raise ArchiveError(
                f"{district.name}在本系统已有数据（{table.name} {count} 行），不能导入：请导入空的系统，"
                f"或先用 shequ tenant erase {district.code} 清除"
            )
    query = SQL(
        "SELECT DISTINCT actor FROM audit_entry WHERE tenant_id = {} AND NOT starts_with(actor, {}) LIMIT 1"
    ).format(district.tenant_id, PROVISION)
    if owner.execute(query).fetchone():
        raise ArchiveError(f"{district.name}在本系统已有审计记录，不能导入：请导入空的系统")


def _check_equal(owner: psycopg.Connection, tables: Sequence[TableRows], archive: Archive) -> None:
    """Pass when every table, read back, has the archive's count and hash. Raises: ArchiveError."""
    for rows in tables:
        found, wanted = tally(owner, rows), archive.manifest.tables[rows.name]
        if (found.count, found.sha256) != (wanted.rows, wanted.sha256):
            raise ArchiveError(f"导入后 {rows.name} 与归档不符（{found.count} 行，应为 {wanted.rows} 行），已全部撤销")


async def _put_files(archive: Archive, files: Store | None, put: list[str], progress: Progress) -> None:
    for place, held in archive.manifest.files.items():
        assert files is not None
        with archive.open(f"files/{place}") as member, tempfile.SpooledTemporaryFile(max_size=1 << 24) as spooled:
            counted = hashlib.sha256()
            while piece := member.read(1 << 20):
                counted.update(piece)
                spooled.write(piece)
            if HeldFile(spooled.tell(), counted.hexdigest()) != held:
                raise ArchiveError(f"归档中的文件 {place} 与清单不符")
            put.append(place)
            await files.put(place, spooled)
        progress("files", 1)


async def _take_back(files: Store | None, put: Sequence[str]) -> None:
    for place in put:
        if files is not None:
            await files.discard(place)


def _remarks(pools: Pools, archive: Archive) -> list[str]:
    """What the archive rests on and is not the same here: the municipality's policies, and rows of other districts."""
    remarks = [
        f"{column} 有 {count} 行指向其他辖区的数据，按原编号保留，请核对对方是否在本系统"
        for column, count in sorted(archive.manifest.cross_references.items())
    ]
    if "policy_version" in archive.manifest.municipal:
        theirs = {one["digest"]: one["title"] for one in _municipal(archive, "policy_version")}
        with snapshot(pools, roles.MUNICIPAL_READER) as connection:
            ours = {digest for (digest,) in connection.execute(_MUNICIPAL_POLICIES)}
        remarks += [
            f"本系统没有归档所依据的市级政策“{theirs[one]}”（{one[:12]}）" for one in sorted(theirs.keys() - ours)
        ]
    return remarks


def _municipal(archive: Archive, table: str) -> Iterator[dict[str, str]]:
    with archive.open(f"municipal/{table}.ndjson") as member:
        for line in member:
            yield orjson.loads(line)
