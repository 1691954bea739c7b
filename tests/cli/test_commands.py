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
from server.cli.commands import COMMANDS, loaded
from server.settings import ROOT, SettingsError
from tests.typed import shequ


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The finished command, as a process; its ``stderr`` also tells what was imported."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SHEQU_")}
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "server.cli", *arguments],
        cwd=ROOT,
        env=kept | environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def imported(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The modules that the process imported."""
    return {line.rsplit("|")[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines that the process meant for a person."""
    return [line for line in done.stderr.splitlines() if not line.startswith("import time:")]


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


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_about_a_command_is_its_own(name: str) -> None:
    command = loaded(name)
    assert command.name == name
    assert (command.help or "").splitlines()[0] == COMMANDS[name].told


def test_help_imports_no_room() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in COMMANDS)
    rooms = {name for name in imported(done) if name.split(".")[0] in ("server", "schema", "sqlalchemy", "psycopg")}
    assert rooms == {"server", "server.cli", "server.cli.commands"}


def test_the_schema_is_exported(tmp_path: Path) -> None:
    assert shequ("export-schema", "-o", str(tmp_path / "schema.graphql")).code == 0
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
    token = shequ("token", "fengtai-officer", "--data-dir", str(tmp_path / "a"), **development)
    assert token.code == 0
    assert token.out.count(".") == 2
    assert len(token.out.split()) == 1
    refused = shequ("token", "fengtai-officer", "--data-dir", str(tmp_path / "b"))
    assert (refused.code, refused.out) == (1, "")
    assert "SHEQU_ENVIRONMENT" in refused.err
    unknown = shequ("token", "nobody", "--data-dir", str(tmp_path / "a"), **development)
    assert unknown.code != 0
    assert "fengtai-officer" in unknown.err


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
    (sentence,) = said(done)
    assert "错误" in sentence
    # Who migrates waits for neither the schema nor what it is made with.
    assert not {name.split(".")[0] for name in imported(done)} & {"schema", "strawberry", "graphql", "starlette"}


def test_migrating_and_provisioning_again_changes_nothing(migrator: str, role_secret: str) -> None:
    settings = {
        "SHEQU_MIGRATOR_URL": migrator,
        "SHEQU_DATABASE_URL": installation.server_dsn(migrator),
        "SHEQU_ROLE_SECRET": role_secret,
    }
    assert shequ("migrate", **settings).code == 0
    done = shequ("provision", **settings)
    assert done.code == 0, done.err
    assert "17 个辖区" in done.err


def test_the_sql_of_all_migrations_is_printed() -> None:
    done = shequ("migrate", "--sql")
    assert done.code == 0, done.err
    assert "FORCE ROW LEVEL SECURITY" in done.out
