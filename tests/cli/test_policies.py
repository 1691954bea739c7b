"""``shequ policy`` as an operator types it, on an installation of its own."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from server import installation
from server.cli import app
from server.configuring import Drifted
from server.districts.files import TENANTS
from tests.databases import cloned

EXIT = "fengtai/exit.yaml"
#: What stands between the two versions of the tests' pack.
SECOND = ("2045-01-01", "3")


@pytest.fixture
def installed(superuser_dsn: str, template: str, role_secret: str, worker_id: str) -> Iterator[dict[str, str]]:
    """The environment of an installation as it was provisioned."""
    with cloned(superuser_dsn, template, f"shequ_policy_{worker_id}") as dsn:
        yield {
            "SHEQU_DATABASE_URL": installation.server_dsn(dsn),
            "SHEQU_ROLE_SECRET": role_secret,
            "SUPERUSER": dsn,
            "COLUMNS": "200",
        }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped policies to write in."""
    copy = tmp_path / "tenants"
    shutil.copytree(TENANTS, copy)
    return copy


@pytest.fixture
def offline() -> Callable[..., Result]:
    """The commands that need no database."""
    return lambda *arguments: CliRunner().invoke(app, ["policy", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture
def run(installed: dict[str, str]) -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(app, ["policy", *map(str, arguments)], env=installed)


def with_second_version(folder: Path, start: str = SECOND[0], cards: str = SECOND[1]) -> None:
    """The shipped exit policy, followed by a version with another number of cards."""
    path = folder / EXIT
    head, first = path.read_text(encoding="utf-8").split("  - version: 1\n")
    second = first.replace("      from: 2026-01-01\n", f"      from: {start}\n")
    second = second.replace(
        "        label: 累计黄牌次数\n        value: 2\n        unit: 次\n        source_status: FROM_CLAUSE\n",
        f"        label: 累计黄牌次数\n        value: {cards}\n        unit: 次\n        source_status: UNVERIFIED\n",
    )
    shortened = f"  - version: 1\n    shortened_until: {start}\n{first.rstrip()}\n"
    path.write_text(f"{head}{shortened}  - version: 2\n{second}", encoding="utf-8")


def texts(folder: Path) -> dict[str, str]:
    """The packs of the folder, by path."""
    found = sorted(folder.glob("*/*.yaml"))
    other = ("district.yaml", "licensing.yaml")
    kept = [path for path in found if path.parent.name not in ("documents", "cases") and path.name not in other]
    return {f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8") for path in kept}


def published(installed: dict[str, str]) -> list[tuple[int, str]]:
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        return connection.execute(
            "SELECT number, coalesce(effective_until::text, '') FROM policy_version"
            " WHERE tenant_id = 5 AND kind = 'EXIT' AND status = 'PUBLISHED' ORDER BY number"
        ).fetchall()


def test_what_is_shipped_is_sound_and_in_force(run: Callable[..., Result], folder: Path, tmp_path: Path) -> None:
    checked = run("check", folder)
    assert checked.exit_code == 0, checked.stderr
    assert "均符合" in checked.stderr
    planned = run("plan", folder, "--exit-code")
    assert planned.exit_code == 0, planned.stderr
    assert "没有需要发布的版本" in planned.stderr
    assert run("apply", folder, "--yes").exit_code == 0
    out = tmp_path / "out"
    assert run("export", out).exit_code == 0
    assert texts(out) == texts(folder)
    again = run("export", out)
    assert "写出 0 份" in again.stderr


def test_from_a_plan_to_a_revision_and_back(
    run: Callable[..., Result], installed: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    with_second_version(folder)
    plan = tmp_path / "plan.json"
    planned = run("plan", folder, "-o", plan, "--exit-code")
    assert planned.exit_code == 2, planned.stderr
    assert "fengtai 退出 版本 2，自 2045-01-01 施行" in planned.stderr
    assert "累计黄牌次数：parameters.cards_to_transform 由“2”改为“3”" in planned.stderr
    assert "触及：2045-01-01 判定" in planned.stderr
    (step,) = json.loads(plan.read_text())["steps"]
    assert ["parameters.cards_to_transform", "2", "3"] in step["changes"]
    assert step["touched"]["changed"] == 0
    assert published(installed) == [(1, "")], "a plan changes nothing"

    assert run("apply", plan).exit_code == 1, "nobody said yes"
    applied = run("apply", plan, "--yes", "--reason", "经会议研究")
    assert applied.exit_code == 0, applied.stderr
    assert published(installed) == [(1, "2045-01-01"), (2, "")]
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        (actor, reason, digest) = connection.execute(
            "SELECT actor, after->>'reason', policy_digest FROM audit_entry WHERE action = 'published' ORDER BY id DESC"
        ).fetchone() or ("", "", "")
    assert actor.startswith("shequ policy apply/")
    assert (reason, digest) == ("经会议研究", step["digest"])

    out = tmp_path / "out"
    assert run("export", out).exit_code == 0
    assert texts(out) == texts(folder)
    assert run("plan", folder, "--exit-code").exit_code == 0
    repeated = run("apply", plan, "--yes")
    assert isinstance(repeated.exception, Drifted), "what a plan was made for is no longer so"
    assert "fengtai 退出" in str(repeated.exception)

    back = tmp_path / "back.json"
    reverted = run("rollback", plan, "-o", back, "--from", "2045-06-01")
    assert reverted.exit_code == 0, reverted.stderr
    assert "由“3”改为“2”" in reverted.stderr
    assert run("apply", back, "--yes").exit_code == 0
    assert published(installed) == [(1, "2045-01-01"), (2, "2045-06-01"), (3, "")]
    again = tmp_path / "again"
    assert run("export", again).exit_code == 0
    assert run("check", *()).exit_code == 0
    compared = run("diff", folder / EXIT, again / EXIT)
    assert "累计黄牌次数：parameters.cards_to_transform 由“3”改为“2”" in compared.stdout


def test_a_plan_whose_base_has_moved_is_refused_whole(
    run: Callable[..., Result], installed: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    with_second_version(folder)
    plan = tmp_path / "plan.json"
    assert run("plan", folder, "-o", plan).exit_code == 0
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        connection.execute(
            "UPDATE policy_version SET effective_until = '2044-01-01' WHERE tenant_id = 5 AND kind = 'EXIT'"
        )
    refused = run("apply", plan, "--yes")
    assert isinstance(refused.exception, Drifted)
    assert published(installed) == [(1, "2044-01-01")]


def test_one_step_that_fails_leaves_nothing_done(
    run: Callable[..., Result], installed: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    """Two packs in one plan, the second of which the database will not take."""
    with_second_version(folder)
    other = folder / "fengtai/assessment.yaml"
    head, first = other.read_text(encoding="utf-8").split("  - version: 1\n")
    second = first.replace("      from: 2026-01-01\n", "      from: 2045-01-01\n")
    text = f"{head}  - version: 1\n    shortened_until: 2045-01-01\n{first.rstrip()}\n  - version: 2\n{second}"
    other.write_text(text, encoding="utf-8")
    plan = tmp_path / "plan.json"
    assert run("plan", folder, "-o", plan).exit_code == 0
    assert len(json.loads(plan.read_text())["steps"]) == 2
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        connection.execute("ALTER TABLE policy_version ADD CHECK (kind <> 'EXIT' OR number < 2)")
    failed = run("apply", plan, "--yes")
    assert failed.exit_code == 1
    assert published(installed) == [(1, "")]
    with psycopg.connect(installed["SUPERUSER"]) as connection:
        assert connection.execute("SELECT count(*) FROM policy_version WHERE number = 2").fetchone() == (0,)


def test_problems_are_told_and_nothing_is_planned(run: Callable[..., Result], folder: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    path = folder / EXIT
    shipped = path.read_text(encoding="utf-8")
    path.write_text(
        shipped.replace("        value: 2\n        unit: 次", "        value: 4\n        unit: 次"), encoding="utf-8"
    )
    edited = run("plan", folder, "-o", plan)
    assert edited.exit_code == 1
    assert "已发布的版本内容不再改变" in edited.stderr
    assert "由“2”改为“4”" in edited.stderr
    path.write_text(shipped, encoding="utf-8")
    with_second_version(folder, start="2026-02-01")
    late = run("plan", folder, "-o", plan)
    assert late.exit_code == 1
    assert "不溯及既往" in late.stderr
    assert run("plan", folder, "--erratum", "-o", plan).exit_code == 0
    plan.unlink()
    path.write_text(shipped.replace("cards_to_transform\n        label", "cards\n        label", 1), encoding="utf-8")
    flawed = run("check", folder)
    assert flawed.exit_code == 1
    assert "fengtai/exit.yaml:" in flawed.stderr
    assert run("plan", folder, "-o", plan).exit_code == 1
    assert not plan.exists()


def test_a_case_that_no_longer_holds_is_told(offline: Callable[..., Result], folder: Path) -> None:
    path = folder / "cases/fengtai/exit.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("结果: 未触发", "结果: 触发", 1), encoding="utf-8")
    done = offline("check", folder)
    assert done.exit_code == 1
    assert "1 个算例不符" in done.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 9, "steps": [], "bases": {}}'])
def test_a_file_that_is_no_plan_is_refused(offline: Callable[..., Result], tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    done = offline("apply", path, "--yes")
    assert done.exit_code == 1
    assert "shequ policy plan" in done.stderr


def test_a_plan_altered_by_hand_is_refused(run: Callable[..., Result], folder: Path, tmp_path: Path) -> None:
    with_second_version(folder)
    plan = tmp_path / "plan.json"
    assert run("plan", folder, "-o", plan).exit_code == 0
    changed = plan.read_text().replace('"value": 3', '"value": 9')
    assert changed != plan.read_text()
    plan.write_text(changed)
    assert run("apply", plan, "--yes").exit_code == 1


def test_differences_are_told_in_meaning(offline: Callable[..., Result], folder: Path) -> None:
    assert offline("diff", TENANTS, folder, "--exit-code").exit_code == 0
    with_second_version(folder)
    done = offline("diff", TENANTS, folder, "--exit-code")
    assert done.exit_code == 2
    assert "fengtai/EXIT" in done.stdout
    assert "累计黄牌次数：parameters.cards_to_transform 由“2”改为“3”" in done.stdout
    between = offline("diff", TENANTS / "fengtai/exit.yaml", TENANTS / "mentougou/exit.yaml")
    assert "points_to_exit" in between.stdout


@pytest.mark.parametrize("command", ["check", "plan", "apply", "rollback", "export", "diff"])
def test_every_command_has_help(command: str) -> None:
    done = CliRunner().invoke(app, ["policy", command, "--help"])
    assert done.exit_code == 0
    assert "Usage" in done.stdout
