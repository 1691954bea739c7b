"""The rules of the house that import-linter cannot say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from server.districts.files import load_districts
from server.settings import ROOT

CODE = [path for room in ("server", "schema", "migrations") for path in sorted((ROOT / room).rglob("*.py"))]
OURS = [path for path in CODE if "versions" not in path.parts]
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "service", "services"}
CLOCK = ROOT / "server" / "kit" / "clock.py"
LINES_MOST = 500


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(path: Path) -> Iterator[str]:
    """Dotted names of everything the file calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_no_district_is_named_in_code() -> None:
    named = [one for one in load_districts() if one.tenant_id > 0]
    words = re.compile("|".join(rf"\b{one.code}\b|{one.name}" for one in named), re.IGNORECASE)
    found = [
        f"{shown(path)}: {match[0]}" for path in OURS for match in words.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_room_is_without_a_name() -> None:
    assert [shown(path) for path in CODE if {path.stem, path.parent.name} & NAMELESS] == []


def test_a_file_can_be_read_in_a_sitting_and_says_what_it_is() -> None:
    texts = {shown(path): path.read_text(encoding="utf-8") for path in OURS}
    assert {name: lines for name, text in texts.items() if (lines := text.count("\n")) > LINES_MOST} == {}
    silent = [name for name, text in texts.items() if not ast.get_docstring(ast.parse(text))]
    assert silent == [], "the first line of a module says what is in it"


def test_only_the_clock_asks_what_day_it_is() -> None:
    asking = re.compile(r"(^|\.)(today|now|utcnow|fromtimestamp)$")
    word = re.compile(r"\b(today|now|utcnow|fromtimestamp)\b")
    found = [
        f"{shown(path)}: {name}"
        for path in OURS
        if path != CLOCK and word.search(path.read_text(encoding="utf-8"))
        for name in calls(path)
        if asking.search(name) and not name.startswith(("clock.", "func."))
    ]
    assert found == []


def test_revisions_import_nothing_of_ours() -> None:
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.split(".")[0] in ("server", "schema")], shown(path)


def test_tenants_hold_data_alone() -> None:
    assert [shown(path) for path in (ROOT / "tenants").rglob("*") if path.is_file() and path.suffix != ".yaml"] == []


def test_nothing_names_an_index_or_a_path_of_a_machine() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8")
