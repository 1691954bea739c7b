"""A tenant written into an archive, as it stands at one moment.

Read on the district's own role in one snapshot: its row-level policies see to it that nothing of another district can get
in.  Uploaded files are written after their rows; one that is missing or changed stops the export.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import Table

from server.db import roles
from server.db.metadata import access_of
from server.db.pools import Pools
from server.db.revisions import newest_revision
from server.districts.model import District
from server.kit import clock
from server.kit.actor import MUNICIPALITY
from server.moving.archive import LEFT_OUT, README, Held, HeldFile, Manifest, Writer
from server.moving.readme import text_of
from server.moving.rows import SETTINGS, ArchiveError, ArchiveKey, Kdf, TableRows, Tally, line_of, tables_of
from server.tables import metadata

#: Told which table is being worked on, and how many rows it went on.
Progress = Callable[[str, int], None]

#: Where uploaded files are noted: the table, and its columns for place, SHA-256 and size.
FILES = ("document", "place", "sha256", "size_bytes")


class Store(Protocol):
    """Where the bytes of uploaded files are."""

    async def put(self, place: str, file: IO[bytes]) -> None:
        """The file's bytes from its beginning, in this place."""

    def read(self, place: str) -> AsyncIterator[bytes]:
        """The bytes in this place, piece by piece. Raises: FileNotFoundError."""

    async def discard(self, place: str) -> None:
        """Nothing is in this place any more."""


def export_tenant(
    pools: Pools,
    district: District,
    path: Path,
    passphrase: str,
    *,
    files: Store | None = None,
    policies: Mapping[str, str] | None = None,
    progress: Progress = lambda _, __: None,
) -> Manifest:
    """The tenant's archive under this path; what it holds.

    Raises: ArchiveError (a file is missing), NotOpened, psycopg.Error; nothing stands under the path then.
    """
    kdf = Kdf(os.urandom(16).hex())
    key = ArchiveKey(kdf.key(passphrase))
    writer = Writer(path)
    try:
        with snapshot(pools, roles.district_role(district.code)) as connection:
            tables = tables_of(metadata, district.tenant_id, pools.custody.sealer, key, LEFT_OUT)
            held = {one.name: _write(writer, connection, one, progress) for one in tables}
            municipal = {
                str(table.name): _write_municipal(writer, connection, table)
                for table in metadata.sorted_tables
                if district.tenant_id != MUNICIPALITY and _of_the_city(table)
            }
            places = _places(connection, district.tenant_id)
            crossing = _crossing(connection, district.tenant_id)
        manifest = Manifest(
            district=district.code,
            name=district.name,
            tenant_id=district.tenant_id,
            made_at=clock.now().isoformat(),
            revision=newest_revision(),
            kdf=kdf,
            tables=held,
            municipal=municipal,
            files=asyncio.run(_write_files(writer, files, places, progress)),
            policies={name: writer.text(f"policies/{name}", text) for name, text in (policies or {}).items()},
            cross_references=crossing,
        )
        writer.text(README, text_of(manifest))
        writer.close(manifest, key)
    except BaseException:
        writer.abandon()
        raise
    return manifest


@contextmanager
def snapshot(pools: Pools, role: str) -> Iterator[psycopg.Connection]:
    """One moment of the database, read on this role."""
    with psycopg.connect(pools.conninfo(role), autocommit=True) as connection:
        for setting in SETTINGS:
            connection.execute(setting)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction():
            yield connection


def tally(connection: psycopg.Connection, rows: TableRows, progress: Progress = lambda _, __: None) -> Tally:
    """The rows of a table counted and hashed, as they stand in the database."""
    counted = Tally()
    for row in rows.read(connection, lambda n: progress(rows.name, n)):
        counted.add(rows.hashed(row))
    return counted


def _write(writer: Writer, connection: psycopg.Connection, rows: TableRows, progress: Progress) -> Held:
    counted = Tally()
    with writer.member(f"tables/{rows.name}.ndjson") as member:
        for row in rows.read(connection, lambda n: progress(rows.name, n)):
            line, hashed = rows.leaving(row)
            member.write(line)
            counted.add(hashed)
    progress(rows.name, 0)
    return Held(counted.count, counted.sha256, member.sha256)


def _of_the_city(table: Table) -> bool:
    access = access_of(table)
    return access.published or access.city_shared is not None


def _write_municipal(writer: Writer, connection: psycopg.Connection, table: Table) -> Held:
    """The municipality's rows that the district reads; none of them holds a personal value."""
    listed = SQL(", ").join(SQL("{}::text").format(Identifier(column.name)) for column in table.columns)
    names = [str(column.name) for column in table.columns]
    query = SQL("SELECT {} FROM {} WHERE tenant_id = {} ORDER BY id").format(
        listed, Identifier(table.name), MUNICIPALITY
    )
    counted = Tally()
    with writer.member(f"municipal/{table.name}.ndjson") as member:
        for values in connection.execute(query):
            line = line_of(dict(zip(names, values, strict=True)))
            member.write(line)
            counted.add(line)
    return Held(counted.count, counted.sha256, member.sha256)


def _places(connection: psycopg.Connection, tenant_id: int) -> list[tuple[str, str, int]]:
    """Place, SHA-256 and size of every uploaded file."""
    name, *columns = FILES
    if name not in metadata.tables:
        return []
    listed = SQL(", ").join(map(Identifier, columns))
    query = SQL("SELECT {} FROM {} WHERE tenant_id = {} AND {} IS NOT NULL ORDER BY id").format(
        listed, Identifier(name), tenant_id, Identifier(columns[0])
    )
    return [(place, sha256, size) for place, sha256, size in connection.execute(query)]


async def _write_files(
    writer: Writer, files: Store | None, places: list[tuple[str, str, int]], progress: Progress
) -> dict[str, HeldFile]:
    held = {}
    if places and files is None:
        raise ArchiveError("该辖区有上传的文件，但没有设置文件存储位置：请按运行环境设置后再导出")
    for place, sha256, size in places:
        assert files is not None
        with writer.member(f"files/{place}") as member:
            try:
                async for piece in files.read(place):
                    member.write(piece)
            except FileNotFoundError:
                raise ArchiveError(f"文件存储中缺少 {place}，导出已停止：请先恢复该文件") from None
        if (member.sha256, member.size) != (sha256, size):
            raise ArchiveError(f"文件 {place} 与登记的校验值不符，导出已停止：请先恢复该文件")
        held[place] = HeldFile(size, sha256)
        progress("files", 1)
    return held


def _crossing(connection: psycopg.Connection, tenant_id: int) -> dict[str, int]:
    """How many rows name rows of other tenants, by column."""
    found = {}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("_tenant_id"):
                query = SQL("SELECT count(*) FROM {t} WHERE tenant_id = {n} AND {c} IS NOT NULL AND {c} <> {n}").format(
                    t=Identifier(table.name), n=tenant_id, c=Identifier(column.name)
                )
                ((count,),) = connection.execute(query).fetchall()
                if count:
                    found[f"{table.name}.{column.name}"] = count
    return found
