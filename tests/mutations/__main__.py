"""``python -m tests.mutations``: each broken rule in a copy of the repository, and whether the tests notice.

Leaves with 1 where one goes unnoticed, or where the place to break is no longer there.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from server.settings import ROOT
from tests.mutations.broken import RULES, SCHEMAS, Broken

_COPIED = ("server", "schema", "tenants", "migrations", "tests", "docs", "pyproject.toml")
_PATIENCE_S = 600


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations")
    parser.add_argument("--only", help="those whose name holds this")
    parser.add_argument("--kind", choices=("schemas", "rules"), help="those of one kind")
    given = parser.parse_args()
    kinds = {"schemas": SCHEMAS, "rules": RULES, None: (*SCHEMAS, *RULES)}
    chosen = [one for one in kinds[given.kind] if not given.only or given.only in one.name]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        # Tests start servers as users who must be able to read what they run.
        copy.chmod(0o755)
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
            else:
                shutil.copy(source, copy / name)
        missed = [one.name for one in chosen if not noticed(copy, one)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} broken rules noticed")
    for name in missed:
        print(f"  not noticed: {name}")
    return 1 if missed else 0


def noticed(copy: Path, broken: Broken) -> bool:
    """Whether the tests fail over this broken rule; says which did."""
    path = copy / broken.file
    text = path.read_text(encoding="utf-8")
    if broken.old not in text:
        print(f"GONE      {broken.name}: {broken.file} reads otherwise now", flush=True)
        return False
    path.write_text(text.replace(broken.old, broken.new), encoding="utf-8")
    began = time.perf_counter()
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", *broken.tests]
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    finally:
        path.write_text(text, encoding="utf-8")
    # 1: tests failed.  Anything else but 0 (none collected, a usage error) notices nothing.
    by = [line.split(" ")[1] for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    good = done.returncode == 1 and bool(by)
    took = time.perf_counter() - began
    print(
        f"{'noticed' if good else 'MISSED':9} {took:4.0f} s  {broken.name}  ← {by[0] if by else done.returncode}",
        flush=True,
    )
    return good


if __name__ == "__main__":
    sys.exit(main())
