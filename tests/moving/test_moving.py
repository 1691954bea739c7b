"""A district leaves one installation and arrives in another, whole."""

import base64
import hashlib
import hmac
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server import installation
from server.districts.files import load_districts
from server.districts.model import District
from server.kit.sealing import Place
from server.moving import arriving
from server.moving.archive import LEFT_OUT, Archive
from server.moving.arriving import import_tenant
from server.moving.leaving import FILES, export_tenant, tally
from server.moving.rows import ArchiveError, Row, TableRows, tables_of
from server.tables import metadata
from tests.db.rows import is_municipal
from tests.moving.conftest import PASSPHRASE, PHONES, Installation, Shelf


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def rewritten(path: Path, to: Path, **changes: bytes | None) -> Path:
    """The archive with members replaced, or left out; ``__`` in a name stands for a slash, ``_ndjson`` for its ending."""
    changed = {name.replace("__", "/").replace("_ndjson", ".ndjson"): content for name, content in changes.items()}
    with zipfile.ZipFile(to, "w") as out:
        for name, content in (members(path) | changed).items():
            if content is not None:
                out.writestr(name, content)
    return to


def test_every_table_is_in_the_archive_or_left_out_for_a_reason(archived: Path) -> None:
    with Archive(archived, PASSPHRASE) as archive:
        archive.check_whole()
        held = archive.manifest.tables
    assert held.keys() | LEFT_OUT.keys() == metadata.tables.keys()
    assert not held.keys() & LEFT_OUT.keys()
    assert all(LEFT_OUT.values())
    empty = {name for name, one in held.items() if not one.rows}
    assert empty == {table.name for table in metadata.sorted_tables if is_municipal(table)}


def test_a_district_arrives_with_equal_counts_and_hashes(
    source: Installation, target: Installation, archived: Path, district: District
) -> None:
    elsewhere = target.state()
    with Archive(archived, PASSPHRASE) as archive:
        done = import_tenant(target.migrator, target.pools(), district, archive)
        key, manifest = archive.key, archive.manifest
    assert (
        done.rows == manifest.rows == sum(len(rows) for name, rows in source.state(5).items() if name not in LEFT_OUT)
    )
    for one, kept in ((source, source.sealer), (target, target.sealer)):
        with one.superuser() as connection, connection.transaction():
            connection.execute("SET LOCAL timezone = 'UTC'")
            for rows in tables_of(metadata, 5, kept, key, LEFT_OUT):
                found = tally(connection, rows)
                assert (found.count, found.sha256) == (
                    manifest.tables[rows.name].rows,
                    manifest.tables[rows.name].sha256,
                )
    before, after = source.state(5), target.state(5)
    assert {name for name in before if before[name] != after[name]} == {"person", *LEFT_OUT}
    for name, rows in target.state().items():
        assert [row for row in elsewhere[name] if not row.startswith("(5,")] == [
            row for row in rows if not row.startswith("(5,")
        ]
    assert target.policies() == []
    assert installation.examine(target.dsn, load_districts()) == []


def test_personal_values_are_sealed_anew_on_arrival(
    source: Installation, target: Installation, archived: Path, district: District
) -> None:
    with Archive(archived, PASSPHRASE) as archive:
        import_tenant(target.migrator, target.pools(), district, archive)
    columns = "id, phone_sealed, identity_number_index, identity_number_sealed, phone_masked"
    sql = f"SELECT {columns} FROM person WHERE name = '张三' ORDER BY id"
    with target.superuser() as connection, source.superuser() as former:
        here, there = connection.execute(sql).fetchall(), former.execute(sql).fetchall()
    assert [row[0] for row in here] == [row[0] for row in there]
    assert [row[4] for row in here] == [row[4] for row in there]
    phones = []
    for row, phone, index, number, _ in here:
        assert phone.startswith(target.sealer.header)
        phones.append(target.sealer.open(Place(5, "person", "phone", row), phone))
        clear = target.sealer.open(Place(5, "person", "identity_number", row), number)
        assert index == target.sealer.index(5, "identity_number", clear)
    assert tuple(phones) == PHONES


def test_the_archive_is_read_as_it_says_itself(archived: Path) -> None:
    held = members(archived)
    readme = held["README.md"].decode()
    manifest = json.loads(held["manifest.json"])
    kdf = manifest["kdf"]
    assert kdf["salt"] in readme
    for name, one in manifest["tables"].items():
        assert hashlib.sha256(held[f"tables/{name}.ndjson"]).hexdigest() == one["file_sha256"]
        assert f"| `{name}` | {one['rows']} | `{one['sha256']}` |" in readme
        if name != "person":  # where nothing is sealed, the file's lines are the canonical ones
            assert one["sha256"] == one["file_sha256"]
    k = hashlib.scrypt(
        PASSPHRASE.encode(),
        salt=bytes.fromhex(kdf["salt"]),
        n=kdf["n"],
        r=kdf["r"],
        p=kdf["p"],
        maxmem=1 << 27,
        dklen=32,
    )
    s = hmac.digest(k, b"shequ/archive/seal", "sha256").hex()
    key = hmac.digest(s.encode(), b"shequ/sealing/aes-256-gcm/5", "sha256")
    phones = set()
    for line in held["tables/person.ndjson"].splitlines():
        row = json.loads(line)
        assert "phone_index" not in row
        assert "identity_number_index" not in row
        if row["phone_sealed"]:
            value = base64.b64decode(row["phone_sealed"])
            place = f"5|person|phone|{row['id']}".encode()
            phones.add(AESGCM(key).decrypt(value[5:17], value[17:], value[:5] + place).decode())
    assert phones == set(PHONES)


def test_no_personal_value_stands_in_the_archive_in_the_clear(archived: Path) -> None:
    for name, content in members(archived).items():
        assert not [one for one in PHONES if one.encode() in content or one.encode().hex().encode() in content], name


def test_rows_of_no_other_district_are_in_it(archived: Path) -> None:
    for name, content in members(archived).items():
        if name.startswith("tables/"):
            assert {json.loads(line)["tenant_id"] for line in content.splitlines()} <= {"5"}
        if name.startswith("municipal/"):
            assert {json.loads(line)["tenant_id"] for line in content.splitlines()} <= {"0"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tables__site_ndjson": b"{}\n"}, "与清单不符"),
        ({"tables__site_ndjson": None}, "缺少"),
        ({"tables__extra_ndjson": b""}, "清单以外"),
        ({"files__7__else": b"x"}, "清单以外"),
    ],
)
def test_an_archive_that_was_changed_is_refused(
    archived: Path, target: Installation, district: District, tmp_path: Path, change: dict[str, bytes | None], why: str
) -> None:
    before = target.state()
    with (
        Archive(rewritten(archived, tmp_path / "changed.zip", **change), PASSPHRASE) as archive,
        pytest.raises(ArchiveError, match=why),
    ):
        import_tenant(target.migrator, target.pools(), district, archive)
    assert target.state() == before


def test_a_manifest_that_was_changed_is_refused(archived: Path, tmp_path: Path) -> None:
    told = json.loads(members(archived)["manifest.json"])
    told["tables"]["site"]["rows"] += 1
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(changed, "w") as out:
        for name, content in members(archived).items():
            out.writestr(name, json.dumps(told) if name == "manifest.json" else content)
    for path, passphrase, why in (
        (changed, PASSPHRASE, "已被改动"),
        (archived, "another passphrase", "口令不正确"),
        (Path(__file__), PASSPHRASE, "不是归档文件"),
    ):
        with pytest.raises(ArchiveError, match=why):
            Archive(path, passphrase)


def test_what_does_not_equal_the_archive_is_taken_back(
    archived: Path, target: Installation, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = target.state()
    whole = arriving._arriving

    def lossy(archive: Archive, rows: TableRows) -> Iterator[Row]:
        return (row for n, row in enumerate(whole(archive, rows)) if rows.name != "site" or n)

    monkeypatch.setattr(arriving, "_arriving", lossy)
    with Archive(archived, PASSPHRASE) as archive, pytest.raises(ArchiveError, match="site 与归档不符"):
        import_tenant(target.migrator, target.pools(), district, archive)
    assert target.state() == before
    assert target.policies() == []


def test_a_district_that_has_rows_is_not_imported_into(
    archived: Path, source: Installation, district: District
) -> None:
    before = source.state()
    with Archive(archived, PASSPHRASE) as archive, pytest.raises(ArchiveError, match="已有数据"):
        import_tenant(source.migrator, source.pools(), district, archive)
    assert source.state() == before


def test_an_archive_is_imported_into_its_own_district_alone(archived: Path, target: Installation) -> None:
    other = next(one for one in load_districts() if one.code == "mentougou")
    with Archive(archived, PASSPHRASE) as archive, pytest.raises(ArchiveError, match="不是同一辖区"):
        import_tenant(target.migrator, target.pools(), other, archive)


# Uploaded files ------------------------------------------------------------------------------------------------------


@pytest.fixture
def uploaded(source: Installation) -> Iterator[Shelf]:
    """The store of the source, with one file that is noted among the district's documents."""
    table, place, sha256, size = FILES
    content, where = "营业执照".encode() * 1000, "5/2026/11/licence"
    with source.superuser() as connection:
        connection.execute(
            f"UPDATE {table} SET status = 'STORED', stored_at = now(), {place} = %s, {sha256} = %s, {size} = %s"
            f" WHERE id = (SELECT id FROM {table} WHERE tenant_id = 5 ORDER BY id LIMIT 1)",
            [where, hashlib.sha256(content).hexdigest(), len(content)],
        )
    yield Shelf(**{where: content})
    with source.superuser() as connection:
        connection.execute(
            f"UPDATE {table} SET status = 'UPLOADING', stored_at = NULL, {place} = NULL, {sha256} = NULL"
            f" WHERE {place} IS NOT NULL"
        )


def test_files_go_with_their_rows(
    source: Installation, target: Installation, uploaded: Shelf, district: District, tmp_path: Path
) -> None:
    path, there = tmp_path / "with-files.zip", Shelf()
    with pytest.raises(ArchiveError, match="没有设置文件存储位置"):
        export_tenant(source.pools(), district, path, PASSPHRASE)
    manifest = export_tenant(source.pools(), district, path, PASSPHRASE, files=uploaded)
    assert manifest.files.keys() == uploaded.held.keys()
    with Archive(path, PASSPHRASE) as archive:
        with pytest.raises(ArchiveError, match="没有设置文件存储位置"):
            import_tenant(target.migrator, target.pools(), district, archive)
        assert import_tenant(target.migrator, target.pools(), district, archive, files=there).files == 1
    assert there.held == uploaded.held


@pytest.mark.parametrize(("held", "why"), [({}, "缺少"), ({"5/2026/11/licence": b"another"}, "校验值不符")])
def test_a_file_that_is_missing_or_changed_stops_the_export(
    source: Installation, uploaded: Shelf, district: District, tmp_path: Path, held: dict[str, bytes], why: str
) -> None:
    with pytest.raises(ArchiveError, match=why):
        export_tenant(source.pools(), district, tmp_path / "never.zip", PASSPHRASE, files=Shelf(**held))
    assert list(tmp_path.iterdir()) == []
