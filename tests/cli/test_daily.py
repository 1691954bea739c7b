"""``shequ daily`` as a scheduler runs it: every district gets its day, and a district that cannot is named."""

import psycopg
import pytest
from typer.testing import CliRunner

from server import installation
from server.cli import app
from tests.databases import cloned


def test_every_district_has_its_day_and_one_that_fails_is_named(
    superuser_dsn: str, template: str, role_secret: str, worker_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cloned(superuser_dsn, template, f"shequ_daily_{worker_id}") as dsn:
        monkeypatch.setenv("SHEQU_DATABASE_URL", installation.server_dsn(dsn))
        monkeypatch.setenv("SHEQU_ROLE_SECRET", role_secret)
        monkeypatch.setenv("COLUMNS", "200")
        done = CliRunner().invoke(app, ["daily", "--no-mail"])
        assert done.exit_code == 0, done.output
        with psycopg.connect(dsn, autocommit=True) as connection:
            codes = [row[0] for row in connection.execute("SELECT code FROM district WHERE tenant_id > 0")]
            assert all(code in done.stdout for code in codes)
            # A grant that somebody took away by hand; provisioning would give it again.
            connection.execute("REVOKE SELECT ON licence FROM district_fengtai")
        failed = CliRunner().invoke(app, ["daily", "--no-mail"])
        assert failed.exit_code == 1
        assert "fengtai：未完成" in failed.stderr
        assert [code for code in codes if code not in failed.stdout] == ["fengtai"]
