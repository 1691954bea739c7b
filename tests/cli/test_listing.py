"""``shequ export`` as an operator types it."""

import csv
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from server import installation
from server.cli import app
from tests.databases import cloned

QUERY = "query($n: [String!]) { insuranceAgencies { name } districts { code } }"
AUDIT = 'query { auditTrail(district: "fengtai") { nodes { action actor subjectType } } }'


@pytest.fixture(scope="module")
def installed(superuser_dsn: str, template: str, role_secret: str, worker_id: str) -> Iterator[dict[str, str]]:
    """The environment of an installation of its own, with one administrator."""
    with cloned(superuser_dsn, template, f"shequ_listing_{worker_id}") as dsn:
        environment = {"SHEQU_DATABASE_URL": installation.server_dsn(dsn), "SHEQU_ROLE_SECRET": role_secret}
        appointed = ["appoint", "sub-1", "--name", "张三", "--district", "fengtai"]
        assert CliRunner().invoke(app, appointed, env=environment).exit_code == 0
        yield environment | {"SUPERUSER": dsn}


def run(installed: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(app, ["export", *arguments], env=installed)


def test_a_list_is_written_on_behalf_of_its_reader_and_recorded(installed: dict[str, str], tmp_path: Path) -> None:
    asked = tmp_path / "trail.graphql"
    asked.write_text(AUDIT, encoding="utf-8")
    for suffix in ("xlsx", "csv", "ndjson"):
        done = run(installed, str(asked), "-o", str(tmp_path / f"trail.{suffix}"), "--as", "sub-1")
        assert done.exit_code == 0, done.output + str(done.exception)
    rows = list(csv.reader((tmp_path / "trail.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["操作", "操作人", "对象类别"]
    assert rows[1] == ["exported", "shequ export (sub-1)", "list"]
    sheet = openpyxl.load_workbook(tmp_path / "trail.xlsx")["数据"]
    assert [cell.value for cell in sheet[1]] == rows[0]
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        told = connection.execute("SELECT after FROM audit_entry WHERE action = 'exported' ORDER BY at").fetchall()
    assert [after["format"] for (after,) in told] == ["XLSX", "CSV", "NDJSON"]
    assert {after["list"] for (after,) in told} == {"auditTrail"}


def test_the_public_sees_what_the_public_sees(installed: dict[str, str], tmp_path: Path) -> None:
    asked, out = tmp_path / "trail.graphql", tmp_path / "trail.csv"
    asked.write_text(AUDIT, encoding="utf-8")
    assert run(installed, str(asked), "-o", str(out)).exit_code == 0
    assert len(out.read_text("utf-8-sig").splitlines()) == 1


def test_what_cannot_be_is_said(installed: dict[str, str], tmp_path: Path) -> None:
    asked = tmp_path / "asked.graphql"
    asked.write_text(QUERY, encoding="utf-8")
    assert "恰有一个列表" in getattr(run(installed, str(asked), "-o", str(tmp_path / "a.csv")).exception, "message", "")
    assert run(installed, str(asked), "-o", str(tmp_path / "a.pdf")).exit_code == 2
    assert run(installed, str(asked), "-o", str(tmp_path / "a.csv"), "--as", "nobody").exit_code != 0
    assert list(tmp_path.glob("a.*")) == []
