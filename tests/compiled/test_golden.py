"""Golden operations: what is asked, the statement it becomes, what it answers.

Each ``tests/golden/<name>.graphql`` begins with its caller and variables; beside it stand ``.sql`` and ``.json``.  After a
change that is meant, write them anew with ``SHEQU_GOLDEN=write pytest tests/compiled/test_golden.py`` and read the diff.
"""

import os
import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from schema.explaining import parts_of
from tests.compiled.conftest import Register
from tests.compiled.oracle import naive_answer, same

FOLDER = Path(__file__).parents[1] / "golden"
NAMES = sorted(one.stem for one in FOLDER.glob("*.graphql") if one.stem != "schema")
WRITING = os.environ.get("SHEQU_GOLDEN") == "write"


def header(text: str, name: str) -> str:
    """The value of a comment ``# name: value`` at the top of an operation."""
    found = re.search(rf"^# {name}: (.*)$", text, re.MULTILINE)
    assert found, f"no line '# {name}: …'"
    return found[1]


def hold(path: Path, text: str) -> None:
    """The file holds this text; or, when writing, from now on."""
    if WRITING:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path.name} differs; see the docstring of {Path(__file__).name}"


@pytest.mark.parametrize("name", NAMES)
async def test_golden(register: Register, name: str) -> None:
    text = (FOLDER / f"{name}.graphql").read_text(encoding="utf-8")
    caller = header(text, "caller")
    persona = None if caller == "anyone" else caller
    variables: dict[str, Any] = orjson.loads(header(text, "variables"))
    operations, request = register.server.app.operations, register.request(persona)

    parts = await parts_of(operations, request, text, variables)
    statements = [f"-- {' '.join(part.fields)}\n{part.sql}\n" for part in parts]
    hold(FOLDER / f"{name}.sql", "\n".join(statements))

    answer = await operations.answer(request, text, variables)
    body = {name: part for name, part in orjson.loads(orjson.dumps(answer.body)).items() if name != "extensions"}
    hold(FOLDER / f"{name}.json", orjson.dumps(body, option=orjson.OPT_INDENT_2).decode() + "\n")
    if all(part.statement for part in parts):
        naive = await naive_answer(operations, request, text, variables)
        assert same(body["data"], naive.data)
