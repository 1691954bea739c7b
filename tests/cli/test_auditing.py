"""``shequ audit`` as an operator types it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from server import installation
from server.cli import app
from server.settings import Settings, SettingsError
from tests.databases import cloned

REGISTERED = "丰台区试验路1号"


@pytest.fixture(scope="module")
def installed(superuser_dsn: str, template: str, role_secret: str, worker_id: str) -> Iterator[dict[str, str]]:
    """The environment of an installation of its own."""
    with cloned(superuser_dsn, template, f"shequ_audit_{worker_id}") as dsn:
        with psycopg.connect(dsn) as connection:  # the trail begins with these tests, not with provisioning
            connection.execute("DELETE FROM audit_entry")
        yield {
            "SHEQU_DATABASE_URL": installation.server_dsn(dsn),
            "SHEQU_ROLE_SECRET": role_secret,
            "SUPERUSER": dsn,
        }


def run(installed: dict[str, str], *arguments: str, **more: str) -> Result:
    """The finished command."""
    return CliRunner().invoke(app, arguments, env=installed | more)


def linked_at_last(installed: dict[str, str]) -> Result:
    """The run that linked something: an entry waits for every older transaction of the cluster, other tests' included."""
    for _ in range(100):
        linked = run(installed, "audit", "link")
        assert linked.exit_code == 0, linked.stderr
        if "共接入 0 条" not in linked.stderr:
            break
        time.sleep(0.1)
    return linked


def superuser(installed: dict[str, str]) -> psycopg.Connection:
    return psycopg.connect(installed["SUPERUSER"], autocommit=True)


def test_from_acts_to_a_kept_head_and_back(installed: dict[str, str], tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    register.write_text(f"机构名称,类别,地址\n试验社区卫生服务站,社区卫生服务站,{REGISTERED}\n", encoding="utf-8")
    done = run(installed, "import", "institutions", str(register), "--district", "fengtai")
    assert done.exit_code == 0, done.stderr

    before = run(installed, "audit", "verify")
    assert (before.exit_code, before.stdout) == (0, "")
    assert "1 条记录待接入" in before.stderr
    linked = linked_at_last(installed)
    assert "丰台区：接入 1 条" in linked.stderr
    assert "共接入 0 条" in run(installed, "audit", "link").stderr

    kept = tmp_path / "heads.json"
    assert run(installed, "audit", "head", "-o", str(kept)).exit_code == 0
    printed = json.loads(run(installed, "audit", "head").stdout)
    assert json.loads(kept.read_text())["heads"] == printed["heads"]
    assert [(one["tenant_id"], one["seq"]) for one in printed["heads"]] == [(5, 1)]
    whole = run(installed, "audit", "verify", "--head", str(kept))
    assert (whole.exit_code, whole.stdout) == (0, "")
    assert "未发现问题" in whole.stderr

    with superuser(installed) as connection:
        (entry,) = connection.execute("UPDATE audit_entry SET actor = 'nobody' RETURNING id").fetchone() or ("",)
        changed = run(installed, "audit", "verify", "--head", str(kept))
        assert changed.exit_code == 1
        assert changed.stdout.startswith(f"丰台区 第 1 环 记录 {entry} CHANGED：")
        connection.execute("DELETE FROM audit_link")
        connection.execute("DELETE FROM audit_entry")
    emptied = run(installed, "audit", "verify", "--head", str(kept))
    assert emptied.exit_code == 1
    assert emptied.stdout.startswith("丰台区 第 1 环 CUT_OFF：")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"heads": [{}]}', '{"heads": [{"tenant_id": 5, "seq": "1", "link_hash": "", "at": "x"}]}']
)
def test_a_file_that_is_no_head_is_refused(installed: dict[str, str], tmp_path: Path, text: str) -> None:
    path = tmp_path / "heads.json"
    path.write_text(text)
    done = run(installed, "audit", "verify", "--head", str(path))
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, SettingsError)
    assert "shequ audit head" in str(done.exception)


def test_the_trail_is_kept_for_six_months_at_least(installed: dict[str, str]) -> None:
    refused = run(installed, "audit", "verify", SHEQU_AUDIT_RETENTION_MONTHS="5")
    assert isinstance(refused.exception, SettingsError)
    assert "SHEQU_AUDIT_RETENTION_MONTHS" in str(refused.exception)
    assert run(installed, "audit", "verify", SHEQU_AUDIT_RETENTION_MONTHS="6").exit_code == 0
    assert Settings(audit_retention_months=36).require_audit_retention() == 36


def test_a_secret_too_short_is_refused() -> None:
    with pytest.raises(SettingsError, match="SHEQU_AUDIT_SECRET"):
        Settings.model_validate({"audit_secret": "long-enough-for-a-secret,short"}).custody("role-secret-of-the-tests")


@pytest.mark.parametrize("command", ["link", "verify", "head"])
def test_the_commands_have_help_and_name_a_missing_setting(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHEQU_DATABASE_URL", raising=False)
    assert CliRunner().invoke(app, ["audit", command, "--help"]).exit_code == 0
    done = CliRunner().invoke(app, ["audit", command, "--data-dir", str(tmp_path)])
    assert isinstance(done.exception, SettingsError)
