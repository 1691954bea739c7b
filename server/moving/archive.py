"""The archive file: a ZIP with a manifest, one NDJSON file a table, uploaded files, and the policies as files.

manifest.json            what is in it: counts, hashes, the district, the schema's revision; authenticated
README.md                how to read it, for whoever finds it without this program
tables/<table>.ndjson    the district's rows, in the order of their ids
municipal/<table>.ndjson rows of the municipality that the district's rows rest on: to read and compare, not to import
files/<place>            uploaded files
policies/…               the district's policies as files
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import orjson

from server.moving.rows import ArchiveError, ArchiveKey, Kdf

FORMAT = "shequ-tenant"
#: Counted up when an archive is put together in another way.
VERSION = 1

MANIFEST, README = "manifest.json", "README.md"
_MANIFEST_MOST = 64 * 1024 * 1024

#: Tables that are no part of a tenant's record, and why.
LEFT_OUT: Mapping[str, str] = MappingProxyType({"kept_answer": "幂等键的临时答复，只在原系统内有效，24 小时后即无用"})

_PLACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]*(?:/[A-Za-z0-9][A-Za-z0-9._\-]*)*")


@dataclass(frozen=True, slots=True)
class Held:
    """A table in the archive: how many rows, the hash of their canonical lines, and that of the file itself."""

    rows: int
    sha256: str
    file_sha256: str


@dataclass(frozen=True, slots=True)
class HeldFile:
    """An uploaded file in the archive."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds."""

    district: str
    name: str
    tenant_id: int
    made_at: str
    revision: str
    kdf: Kdf
    tables: Mapping[str, Held] = field(default_factory=dict)
    municipal: Mapping[str, Held] = field(default_factory=dict)
    files: Mapping[str, HeldFile] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=lambda: dict(LEFT_OUT))
    #: Columns that name rows of other tenants, and how many rows do.
    cross_references: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All rows of the district."""
        return sum(one.rows for one in self.tables.values())

    def content(self) -> bytes:
        """What is authenticated."""
        told = {"format": FORMAT, "format_version": VERSION, **asdict(self)}
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)

    @staticmethod
    def read(told: dict[str, Any]) -> "Manifest":
        """The manifest in this JSON. Raises: ArchiveError."""
        if told.pop("format", None) != FORMAT:
            raise ArchiveError("不是本系统的辖区归档")
        version = told.pop("format_version", None)
        if version != VERSION:
            raise ArchiveError(f"归档格式版本为 {version}，本系统只能读取版本 {VERSION}")
        try:
            return Manifest(
                **told
                | {
                    "kdf": Kdf(**told["kdf"]),
                    "tables": {name: Held(**one) for name, one in told["tables"].items()},
                    "municipal": {name: Held(**one) for name, one in told["municipal"].items()},
                    "files": {place: HeldFile(**one) for place, one in told["files"].items()},
                }
            )
        except (TypeError, KeyError, AttributeError):
            raise ArchiveError("归档的清单不完整，或不是本系统所写") from None


class Writer:
    """An archive in the making; nothing stands under its name until ``close``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._zip = zipfile.ZipFile(self._part, "w", zipfile.ZIP_DEFLATED)
        self._part.chmod(0o600)

    @contextmanager
    def member(self, name: str) -> Iterator["Hashing"]:
        """A member to write into."""
        with self._zip.open(name, "w", force_zip64=True) as opened:
            yield Hashing(opened)

    def text(self, name: str, text: str) -> str:
        """Add a short member; its SHA-256."""
        with self.member(name) as writing:
            writing.write(text.encode())
        return writing.sha256

    def close(self, manifest: Manifest, key: ArchiveKey) -> None:
        """The archive stands, whole."""
        content = manifest.content()
        told = orjson.loads(content) | {"mac": key.mac(content)}
        self.text(MANIFEST, orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode())
        self._zip.close()
        self._part.replace(self._path)

    def abandon(self) -> None:
        """Nothing of it stays."""
        self._zip.close()
        self._part.unlink(missing_ok=True)


class Hashing:
    """Writes, and hashes and counts what it writes."""

    def __init__(self, to: IO[bytes]) -> None:
        self._to = to
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> None:
        self._to.write(content)
        self._hash.update(content)
        self.size += len(content)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Archive:
    """An archive that is read.  ``close`` it."""

    def __init__(self, path: Path, passphrase: str) -> None:
        """Raises: ArchiveError for a file that is none, a wrong passphrase, or a manifest that was changed."""
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile:
            raise ArchiveError(f"{path} 不是归档文件，或已损坏") from None
        try:
            told = self._manifest()
            mac = told.pop("mac", "")
            self.manifest = Manifest.read(told)
            self.key = ArchiveKey(self.manifest.kdf.key(passphrase))
            if self.key.mac(self.manifest.content()) != mac:
                raise ArchiveError("口令不正确，或归档的清单已被改动")
        except BaseException:
            self._zip.close()
            raise
        for place in self.manifest.files:
            if not _PLACE.fullmatch(place) or not place.startswith(f"{self.manifest.tenant_id}/"):
                raise ArchiveError(f"归档中有不属于该辖区的文件：{place[:80]}")

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._zip.close()

    def check_whole(self) -> None:
        """Pass when every member is there and is what was written. Raises: ArchiveError."""
        wanted = {f"tables/{name}.ndjson": one.file_sha256 for name, one in self.manifest.tables.items()}
        wanted |= {f"municipal/{name}.ndjson": one.file_sha256 for name, one in self.manifest.municipal.items()}
        wanted |= {f"files/{place}": one.sha256 for place, one in self.manifest.files.items()}
        wanted |= {f"policies/{name}": sha256 for name, sha256 in self.manifest.policies.items()}
        extra = set(self._zip.namelist()) - wanted.keys() - {MANIFEST, README}
        if extra:
            raise ArchiveError(f"归档中有清单以外的内容：{min(extra)[:80]}")
        for name, sha256 in wanted.items():
            found = hashlib.sha256()
            with self.open(name) as member:
                try:
                    while piece := member.read(1 << 20):
                        found.update(piece)
                except zipfile.BadZipFile:
                    raise ArchiveError(f"归档已损坏：{name}") from None
            if found.hexdigest() != sha256:
                raise ArchiveError(f"归档中的 {name} 与清单不符，可能已被改动")

    def lines(self, table: str) -> Iterator[bytes]:
        """The lines of a table."""
        with self.open(f"tables/{table}.ndjson") as member:
            yield from member

    def open(self, name: str) -> IO[bytes]:
        """A member. Raises: ArchiveError where it is missing."""
        try:
            return self._zip.open(name)
        except KeyError:
            raise ArchiveError(f"归档中缺少 {name}") from None

    def _manifest(self) -> dict[str, Any]:
        try:
            if self._zip.getinfo(MANIFEST).file_size > _MANIFEST_MOST:
                raise ArchiveError("归档的清单过大，不予处理")
            told = orjson.loads(self._zip.read(MANIFEST))
        except (KeyError, ValueError, zipfile.BadZipFile):
            raise ArchiveError("归档中没有清单，或清单无法读取") from None
        if not isinstance(told, dict):
            raise ArchiveError("归档的清单不是本系统所写")
        return told
