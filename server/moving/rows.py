"""Rows of any table as text, and back: every value as PostgreSQL writes it, so that every type returns as it was.

A *line* is one row as canonical JSON: keys sorted, each value the database's text or null.  In an archive a sealed value
stands under the archive's own key, and blind indexes are left out; they are made anew where the row arrives.  For hashing
a sealed value is replaced by a keyed digest of what it holds, so two installations with different keys agree on a hash.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any
from uuid import UUID

import orjson
import psycopg
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import MetaData, Table

from server.db.metadata import SealedColumn, sealed_columns
from server.kit.sealing import Place, Sealer

Row = dict[str, str | None]

_AT_ONCE = 1000

#: How values are written as text, whatever the role's or the server's settings say; and no time limits.
SETTINGS = (
    "SET timezone = 'UTC'",
    "SET datestyle = 'ISO, YMD'",
    "SET intervalstyle = 'iso_8601'",
    "SET bytea_output = 'hex'",
    "SET extra_float_digits = 1",
    "SET statement_timeout = 0",
    "SET transaction_timeout = 0",
    "SET idle_in_transaction_session_timeout = 0",
)


class ArchiveError(Exception):
    """An archive, or what it was held against, is not what it must be; the message says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Kdf:
    """How the archive's key is made of a passphrase (scrypt, RFC 7914); stands in the manifest."""

    salt: str
    n: int = 2**15
    r: int = 8
    p: int = 1

    def key(self, passphrase: str) -> bytes:
        """32 bytes. Raises: ArchiveError for costs that nobody chose in earnest."""
        if not (2**14 <= self.n <= 2**20 and 1 <= self.r <= 32 and 1 <= self.p <= 16):
            raise ArchiveError("归档的密钥参数不合理，不予处理")
        return Scrypt(salt=bytes.fromhex(self.salt), length=32, n=self.n, r=self.r, p=self.p).derive(
            passphrase.encode()
        )


class ArchiveKey:
    """What one archive is sealed, hashed and authenticated with. Never shows the key."""

    __slots__ = ("_digests", "_macs", "sealer")

    def __init__(self, key: bytes) -> None:
        self.sealer = Sealer([hmac.new(key, b"shequ/archive/seal", hashlib.sha256).hexdigest()])
        self._digests = hmac.digest(key, b"shequ/archive/digest", "sha256")
        self._macs = hmac.digest(key, b"shequ/archive/manifest", "sha256")

    def digest(self, place: Place, text: str) -> str:
        """A keyed digest of a personal value in its place: equal for equal values, and telling nothing without the key."""
        return hmac.digest(self._digests, place.bound + b"\n" + text.encode(), "sha256").hex()

    def mac(self, content: bytes) -> str:
        """The authentication of a manifest."""
        return hmac.digest(self._macs, content, "sha256").hex()


def line_of(row: Mapping[str, Any]) -> bytes:
    """The row as a canonical line."""
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


@dataclass(slots=True)
class Tally:
    """Rows counted and hashed, in the order in which they are added."""

    count: int = 0
    _hash: Any = None

    def add(self, line: bytes) -> None:
        if self._hash is None:
            self._hash = hashlib.sha256()
        self._hash.update(line)
        self.count += 1

    @property
    def sha256(self) -> str:
        return (self._hash or hashlib.sha256()).hexdigest()


class TableRows:
    """One table of one tenant, between a database, whose values ``home`` seals, and an archive."""

    def __init__(self, table: Table, tenant_id: int, home: Sealer, archive: ArchiveKey) -> None:
        self.table = table
        self.name = str(table.name)
        self._tenant_id = tenant_id
        self._home = home
        self._archive = archive
        self._sealed = list(sealed_columns(table).values())
        self.columns = [str(one.name) for one in table.columns if one.computed is None]
        made_anew = {one.index for one in self._sealed}
        #: What a line holds.
        self.told = [name for name in self.columns if name not in made_anew]

    def read(self, connection: psycopg.Connection, progress: Callable[[int], None] = lambda _: None) -> Iterator[Row]:
        """The tenant's rows in the order of their ids; inside a transaction."""
        listed = SQL(", ").join(SQL("{}::text").format(Identifier(name)) for name in self.told)
        query = SQL("SELECT {} FROM {} WHERE tenant_id = {} ORDER BY id").format(
            listed, Identifier(self.name), self._tenant_id
        )
        with connection.cursor(name="moving") as cursor:
            cursor.itersize = _AT_ONCE
            for n, values in enumerate(cursor.execute(query), start=1):
                if n % _AT_ONCE == 0:
                    progress(_AT_ONCE)
                yield dict(zip(self.told, values, strict=True))

    def leaving(self, row: Row) -> tuple[bytes, bytes]:
        """The row's line for the archive, and the line it is hashed by. Raises: NotOpened."""
        out, hashed = dict(row), dict(row)
        for column, place, text in self._opened(row):
            out[column.sealed] = base64.b64encode(self._archive.sealer.seal(place, text)).decode()
            hashed[column.sealed] = self._archive.digest(place, text)
        return line_of(out), line_of(hashed)

    def hashed(self, row: Row) -> bytes:
        """The line that a row of the database is hashed by. Raises: NotOpened."""
        told = dict(row)
        for column, place, text in self._opened(row):
            told[column.sealed] = self._archive.digest(place, text)
        return line_of(told)

    def arriving(self, line: bytes) -> Row:
        """The row in a line of the archive, sealed with the keys of where it arrives.

        Raises: ArchiveError, NotOpened.
        """
        row: Row = orjson.loads(line)
        if row.keys() != set(self.told) or row["tenant_id"] != str(self._tenant_id):
            raise ArchiveError(f"归档中 {self.name} 的列与本系统不一致，或混有其他辖区的数据")
        for column in self._sealed:
            kept = row[column.sealed]
            if column.indexed:
                row[column.index] = None
            if kept is None:
                continue
            place = self._place(column, row)
            try:
                text = self._archive.sealer.open(place, base64.b64decode(kept, validate=True))
            except binascii.Error:
                raise ArchiveError(f"归档中 {self.name} 的密文格式不正确") from None
            row[column.sealed] = _bytea(self._home.seal(place, text))
            if column.indexed:
                row[column.index] = _bytea(self._home.index(column.index_tenant(self._tenant_id), column.name, text))
        return row

    def insert(
        self, connection: psycopg.Connection, rows: Iterable[Row], progress: Callable[[int], None] = lambda _: None
    ) -> None:
        """Add the rows as they are; those that name other rows of the same table after the rows they name."""
        statement = SQL("INSERT INTO {} ({}) VALUES ({})").format(
            Identifier(self.name),
            SQL(", ").join(map(Identifier, self.columns)),
            SQL(", ").join(SQL("%s") for _ in self.columns),
        )
        with connection.cursor() as cursor:
            for batch in _batches(self._ordered(rows)):
                cursor.executemany(statement, [[row[name] for name in self.columns] for row in batch])
                progress(len(batch))

    def deletion(self) -> Composed:
        """The statement that removes the tenant's rows."""
        return SQL("DELETE FROM {} WHERE tenant_id = {}").format(Identifier(self.name), self._tenant_id)

    def _opened(self, row: Row) -> Iterator[tuple[SealedColumn, Place, str]]:
        for column in self._sealed:
            kept = row[column.sealed]
            if kept is not None:
                place = self._place(column, row)
                yield column, place, self._home.open(place, bytes.fromhex(kept.removeprefix("\\x")))

    def _place(self, column: SealedColumn, row: Row) -> Place:
        return Place(self._tenant_id, self.name, column.name, UUID(row["id"]))

    def _ordered(self, rows: Iterable[Row]) -> Iterable[Row]:
        own = [
            [pair.parent.name for pair in key.elements if pair.parent.name != "tenant_id"]
            for key in self.table.foreign_key_constraints
            if key.referred_table is self.table
        ]
        naming = [name for columns in own for name in columns]
        if not naming:
            return rows
        by_id = {row["id"]: row for row in rows}
        order = TopologicalSorter(
            {key: {row[name] for name in naming if row[name] in by_id} - {key} for key, row in by_id.items()}
        )
        try:
            return [by_id[key] for key in order.static_order()]
        except CycleError:
            raise ArchiveError(f"{self.name} 中有互相引用成环的行，无法写入") from None


def _bytea(value: bytes) -> str:
    return "\\x" + value.hex()


def _batches(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def tables_of(
    metadata: MetaData, tenant_id: int, home: Sealer, archive: ArchiveKey, left_out: Mapping[str, str]
) -> list[TableRows]:
    """Every table whose rows belong to a tenant, those that are named by others first."""
    return [
        TableRows(table, tenant_id, home, archive) for table in metadata.sorted_tables if table.name not in left_out
    ]
