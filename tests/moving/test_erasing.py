"""A district leaves the platform, and nothing of it stays but what the law keeps."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from server import installation
from server.cli import app
from server.db import catalogue
from server.db.policies import Tenant
from server.districts.files import load_districts
from server.districts.model import District
from server.kit import clock
from server.kit.clock import BEIJING
from server.moving.archive import Archive
from server.moving.erasing import KEPT, check_archived, erase_tenant
from server.moving.leaving import FILES, export_tenant
from server.moving.opening import POLICY, opened
from server.moving.rows import ArchiveError
from server.tables import metadata
from tests.databases import cloned
from tests.db.rows import is_municipal
from tests.moving.conftest import CODE, NEIGHBOUR, PASSPHRASE, Installation, Shelf


@pytest.fixture
def leaving(source: Installation, superuser_dsn: str, worker_id: str, tmp_path: Path) -> Iterator[Installation]:
    """A copy of the source, to erase from."""
    with psycopg.connect(source.dsn) as connection:
        name = connection.info.dbname
    with cloned(superuser_dsn, name, f"shequ_leaving_{worker_id}") as dsn:
        yield Installation(dsn, source.secret, source.sealer, source.sealing, tmp_path / "leaving-files")


def run(one: Installation, *arguments: str, **more: str) -> Result:
    return CliRunner().invoke(app, arguments, env=one.environment | more)


def long_ago() -> datetime:
    return clock.now() - timedelta(days=400)


def others(state: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: [row for row in rows if not row.startswith("(5,")] for name, rows in state.items()}


def test_nothing_stays_but_the_audit_trail_and_the_others(leaving: Installation, district: District) -> None:
    before = leaving.state()
    done = erase_tenant(leaving.migrator, district, audit_due=long_ago())
    after = leaving.state()
    assert others(after) == others(before)
    left = {name: rows for name, rows in leaving.state(5).items() if rows}
    assert left == {name: [row for row in before[name] if row.startswith("(5,")] for name in KEPT}
    assert done.kept == {name: len(rows) for name, rows in left.items()}
    municipal = {table.name for table in metadata.sorted_tables if is_municipal(table)}
    assert done.rows.keys() == metadata.tables.keys() - KEPT.keys() - municipal
    assert leaving.policies() == []


def test_the_trail_goes_too_once_it_was_kept_long_enough(leaving: Installation, district: District) -> None:
    late = datetime(2400, 1, 1, tzinfo=BEIJING)
    done = erase_tenant(leaving.migrator, district, audit_due=late)
    assert done.kept == {}
    assert not any(leaving.state(5).values())


def test_what_changed_after_the_archive_is_not_erased(
    leaving: Installation, district: District, tmp_path: Path
) -> None:
    path = tmp_path / "fengtai.zip"
    export_tenant(leaving.pools(), district, path, PASSPHRASE)
    other = next(one for one in load_districts() if one.code == NEIGHBOUR)
    with Archive(path, PASSPHRASE) as archive:
        check_archived(leaving.pools(), district, archive)
        with pytest.raises(ArchiveError, match="不是门头沟区的"):
            check_archived(leaving.pools(), other, archive)
        with leaving.superuser() as connection:
            connection.execute("UPDATE institution SET phone = '010' WHERE tenant_id = 5")
        with pytest.raises(ArchiveError, match="institution 又有变化"):
            check_archived(leaving.pools(), district, archive)


def test_files_go_after_their_rows(leaving: Installation, district: District) -> None:
    table, place, sha256, _ = FILES
    with leaving.superuser() as connection:
        connection.execute(
            f"UPDATE {table} SET status = 'STORED', stored_at = now(), {place} = tenant_id || '/file', {sha256} = 'x'"
            f" WHERE id IN (SELECT DISTINCT ON (tenant_id) id FROM {table} ORDER BY tenant_id)"
        )
    shelf = Shelf(**{"5/file": b"1", "7/file": b"2"})
    with pytest.raises(ArchiveError, match="没有设置文件存储位置"):
        erase_tenant(leaving.migrator, district, audit_due=long_ago())
    assert leaving.state(5)["institution"]
    assert erase_tenant(leaving.migrator, district, audit_due=long_ago(), files=shelf).files == 1
    assert shelf.held == {"7/file": b"2"}


# While a tenant is moved ---------------------------------------------------------------------------------------------


def test_the_owner_sees_that_tenant_alone_and_nobody_sees_more(leaving: Installation) -> None:
    with opened(leaving.migrator, 5) as owner:
        for table in metadata.sorted_tables:
            seen = owner.execute(f"SELECT DISTINCT tenant_id FROM {table.name}").fetchall()
            assert seen == ([] if is_municipal(table) else [(5,)])
            assert owner.execute(f"DELETE FROM {table.name} WHERE tenant_id = 7").rowcount == 0
        with pytest.raises(ArchiveError, match="正在导入或清除"), opened(leaving.migrator, 5):
            pass


def test_a_move_that_was_killed_leaves_what_the_lint_finds_and_the_next_move_takes_away(leaving: Installation) -> None:
    tenants = [Tenant(one.tenant_id, one.code) for one in load_districts() if one.tenant_id > 0]
    with leaving.superuser() as connection:
        connection.execute(
            f"CREATE POLICY {POLICY} ON site TO shequ_owner USING (tenant_id = 7) WITH CHECK (tenant_id = 7)"
        )
        found = catalogue.examine(connection, metadata.sorted_tables, tenants)
        assert any(POLICY in one.object + one.sentence for one in found)
    with opened(leaving.migrator, 5) as owner:
        assert owner.execute("SELECT DISTINCT tenant_id FROM site").fetchall() == [(5,)]
    assert installation.examine(leaving.dsn, load_districts()) == []


def upload(one: Installation, place: str, content: bytes) -> None:
    """One of the district's documents has these bytes."""
    (one.files / place).parent.mkdir(parents=True)
    (one.files / place).write_bytes(content)
    table, column, sha256, size = FILES
    with one.superuser() as connection:
        connection.execute(
            f"UPDATE {table} SET status = 'STORED', stored_at = now(), {column} = %s, {sha256} = %s, {size} = %s"
            f" WHERE id = (SELECT id FROM {table} WHERE tenant_id = 5 ORDER BY id LIMIT 1)",
            [place, hashlib.sha256(content).hexdigest(), len(content)],
        )


# As an operator types it ---------------------------------------------------------------------------------------------


def test_from_one_installation_to_the_other_and_out(
    leaving: Installation, target: Installation, tmp_path: Path
) -> None:
    path, place = str(tmp_path / "out.zip"), "5/2026/11/licence"
    upload(leaving, place, b"a licence")
    short = run(leaving, "tenant", "export", CODE, "-o", path, SHEQU_ARCHIVE_PASSPHRASE="short")
    assert short.exit_code == 2
    exported = run(leaving, "tenant", "export", CODE, "-o", path)
    assert exported.exit_code == 0, exported.output + str(exported.exception)
    assert "institution" in exported.stderr
    assert run(leaving, "tenant", "export", CODE, "-o", path).exit_code == 2
    assert Path(path).stat().st_mode & 0o077 == 0
    with Archive(Path(path), PASSPHRASE) as archive:
        assert {one.split("/")[0] for one in archive.manifest.policies} == {CODE}

    wrong = run(target, "tenant", "import", path, SHEQU_ARCHIVE_PASSPHRASE="another passphrase")
    assert "口令不正确" in str(wrong.exception)
    imported = run(target, "tenant", "import", path)
    assert imported.exit_code == 0, imported.output + str(imported.exception)
    assert "各表行数与校验值与归档一致" in imported.stderr
    assert (target.files / place).read_bytes() == b"a licence"
    again = run(target, "tenant", "import", path)
    assert "已有数据" in str(again.exception)

    assert run(leaving, "tenant", "erase", CODE, "--confirm", CODE).exit_code == 2
    mistyped = run(leaving, "tenant", "erase", CODE, "--archive", path, "--confirm", NEIGHBOUR)
    assert mistyped.exit_code == 2
    assert leaving.state(5)["institution"]
    erased = run(leaving, "tenant", "erase", CODE, "--archive", path, "--confirm", CODE)
    assert erased.exit_code == 0, erased.output + str(erased.exception)
    assert "留存 audit_entry" in erased.stderr
    assert not leaving.state(5)["institution"]
    assert not (leaving.files / place).exists()
    with leaving.superuser() as connection:
        told = connection.execute("SELECT actor, after FROM audit_entry WHERE action = 'erased'").fetchall()
    assert [actor for actor, _ in told] == ["shequ tenant erased"]
    assert told[0][1]["rows"] > 50
    assert run(leaving, "tenant", "export", "nowhere").exit_code == 2


def test_an_imported_trail_is_verified_and_goes_on(
    target: Installation,
    superuser_dsn: str,
    template: str,
    role_secret: str,
    worker_id: str,
    district: District,
    tmp_path: Path,
) -> None:
    path = tmp_path / "trail.zip"
    with cloned(superuser_dsn, template, f"shequ_trail_{worker_id}") as dsn:
        former = Installation(dsn, target.secret, target.sealer, target.sealing, tmp_path / "former")
        assert run(former, "audit", "link").exit_code == 0
        export_tenant(former.pools(), district, path, PASSPHRASE)
    assert run(target, "tenant", "import", str(path)).exit_code == 0
    assert run(target, "audit", "link", "--rescan").exit_code == 0
    verified = run(target, "audit", "verify")
    assert verified.exit_code == 0, verified.stdout
