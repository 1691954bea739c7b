"""The command as a person types it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from schema.contract import sdl
from server import installation
from server.cli import app
from server.settings import ROOT, SettingsError


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished command."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SHEQU_")}
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *arguments],
        cwd=ROOT,
        env=kept | environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("demo",),
        ("serve",),
        ("migrate",),
        ("provision",),
        ("import", "institutions"),
        ("token",),
        ("export-schema",),
        ("export-permissions",),
        ("appoint",),
        ("schema-changes",),
        ("documents", "register"),
    ],
)
def test_every_command_has_help(command: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*command, "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.stdout


def test_the_schema_is_exported(tmp_path: Path) -> None:
    assert run("export-schema", "-o", str(tmp_path / "schema.graphql")).returncode == 0
    assert (tmp_path / "schema.graphql").read_text() == sdl() + "\n"


def test_changes_since_another_schema_are_told(tmp_path: Path) -> None:
    before = tmp_path / "before.graphql"
    before.write_text(sdl())
    assert CliRunner().invoke(app, ["schema-changes", str(before)]).stdout == ""
    before.write_text(sdl().replace("type Viewer {", "type Viewer { nickname: String "))
    done = CliRunner().invoke(app, ["schema-changes", str(before)])
    assert done.exit_code == 1
    assert "nickname" in done.stdout


def test_a_token_is_printed_alone_and_in_development_only(tmp_path: Path) -> None:
    development = {"SHEQU_ENVIRONMENT": "development"}
    token = run("token", "fengtai-officer", "--data-dir", str(tmp_path / "a"), **development)
    assert token.returncode == 0
    assert token.stdout.count(".") == 2
    assert len(token.stdout.split()) == 1
    refused = run("token", "fengtai-officer", "--data-dir", str(tmp_path / "b"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "SHEQU_ENVIRONMENT" in refused.stderr
    unknown = run("token", "nobody", "--data-dir", str(tmp_path / "a"), **development)
    assert unknown.returncode != 0
    assert "fengtai-officer" in unknown.stderr


@pytest.mark.parametrize("command", [("serve",), ("migrate",), ("provision",), ("import", "institutions", "README.md")])
def test_a_missing_setting_is_named(command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SHEQU_")]:
        monkeypatch.delenv(name)
    extra = ("--data-dir", str(tmp_path)) if command[0] == "import" else ()
    done = CliRunner().invoke(app, [*command, *extra])
    assert isinstance(done.exception, SettingsError)
    assert "SHEQU_" in str(done.exception)


def test_a_database_that_does_not_answer_is_one_sentence() -> None:
    done = run("migrate", SHEQU_MIGRATOR_URL="postgresql://x:y@127.0.0.1:1/nowhere")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1


def test_migrating_and_provisioning_again_changes_nothing(migrator: str, role_secret: str) -> None:
    settings = {
        "SHEQU_MIGRATOR_URL": migrator,
        "SHEQU_DATABASE_URL": installation.server_dsn(migrator),
        "SHEQU_ROLE_SECRET": role_secret,
    }
    assert run("migrate", **settings).returncode == 0
    done = run("provision", **settings)
    assert done.returncode == 0, done.stderr
    assert "17 个辖区" in done.stderr


def test_the_sql_of_all_migrations_is_printed() -> None:
    done = run("migrate", "--sql")
    assert done.returncode == 0, done.stderr
    assert "FORCE ROW LEVEL SECURITY" in done.stdout
