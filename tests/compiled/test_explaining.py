"""``shequ explain``: selection, SQL, parameters and plan of a query, for a caller."""

from pathlib import Path

import pytest
import typer
from psycopg.conninfo import conninfo_to_dict
from typer.testing import CliRunner

from server.cli.explaining import explain
from tests.compiled.conftest import Register

app = typer.Typer()
app.command()(explain)

QUERY = """query Q($first: Int) {
  institutions(first: $first, filter: {name: {contains: "a"}}) { edges { cursor node { name district { code } } } }
}"""


@pytest.fixture
def installation(register: Register, role_secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of an installation on the register's database."""
    known = conninfo_to_dict(register.server.app.pools.conninfo("public_reader"))
    monkeypatch.setenv("SHEQU_DATABASE_URL", f"postgresql://{known['host']}:{known['port']}/{known['dbname']}")
    monkeypatch.setenv("SHEQU_ROLE_SECRET", role_secret)


def run(tmp_path: Path, text: str, *arguments: str) -> tuple[int, str]:
    file = tmp_path / "query.graphql"
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, [str(file), *arguments])
    return result.exit_code, result.output + str(result.exception or "")


def test_a_planned_query(installation: None, tmp_path: Path) -> None:
    code, said = run(tmp_path, QUERY, "--as", "fengtai-officer", "--variables", '{"first": 7}', "--analyze")
    assert code == 0, said
    for part in (
        "institutions(filter: {name: {contains: a}}, first: $variables.first)",
        "数据库角色 district_fengtai",
        "FROM institution t1",
        "$1 = 7",
        "%a%",
        "（游标签名密钥，不显示）",
        "actual time",
    ):
        assert part in said


def test_what_python_computes_is_told_apart(installation: None, tmp_path: Path) -> None:
    code, said = run(tmp_path, "{ viewer { name } districts { code } }")
    assert code == 0, said
    assert "# 字段 viewer" in said
    assert "由 Python 计算" in said
    assert "数据库角色 public_reader" in said
    assert "Seq Scan" in said or "Index" in said


@pytest.mark.parametrize(
    ("text", "arguments", "reason"),
    [
        ("{ nonsense }", (), "nonsense"),
        ("mutation { __typename }", (), "query"),
        (QUERY, ("--variables", '{"first": "x"}'), "变量"),
        (QUERY, ("--variables", "[]"), "JSON"),
        (QUERY, ("--as", "nobody-at-all"), "nobody-at-all"),
        (QUERY, ("--variables", '{"first": 101}'), "101"),
    ],
)
def test_what_cannot_be_explained_is_said(
    installation: None, tmp_path: Path, text: str, arguments: tuple[str, ...], reason: str
) -> None:
    code, said = run(tmp_path, text, *arguments)
    assert code != 0
    assert reason in said
