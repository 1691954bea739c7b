"""What a worker holds: the libraries of a few verbs are loaded by whoever uses them, and not by everybody who serves."""

import subprocess
import sys

#: Each takes between one and fifty megabytes, in every worker.
HEAVY = (
    "aiosmtplib",
    "alembic",
    "authlib",
    "cel_expr_python",
    "docx",
    "docxtpl",
    "geojson_pydantic",
    "jinja2",
    "lxml",
    "openpyxl",
    "puremagic",
    "pypinyin",
    "typst",
)

#: As ``shequ serve``: the command's own imports, and the application.
_WORKER = """
import sys, tempfile
from pathlib import Path
import server.cli
from server.app import App
from server.http.issuer import ISSUER, DevelopmentIssuer

with tempfile.TemporaryDirectory() as folder:
    keys = DevelopmentIssuer(Path(folder), development=True).keys
    app = App(
        database_url="postgresql://127.0.0.1:1/x",
        role_secret="x",
        cursor_secret="x",
        issuer=ISSUER,
        audience="shequ",
        keys=keys,
    )
assert not app.operations.problems("{ districts { code } }")
print(*sorted(sys.modules))
"""


def test_a_worker_loads_no_library_that_only_a_few_verbs_need() -> None:
    done = subprocess.run([sys.executable, "-c", _WORKER], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert {"graphql", "sqlalchemy"} <= loaded
    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))
