"""Stock clients are driven where Node.js is present and their packages can be had; the rules they check have tests in
Python besides (tests/http), so that nothing is left untested elsewhere.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.installing import HERE, installed

PACKAGES = {folder: installed(HERE / folder) for folder in ("audits", "provider", "stock")}

collect_ignore = [f"test_{folder}.py" for folder, found in PACKAGES.items() if found is None]

Node = Callable[..., Any]


class Workshop:
    """A copy of one folder of scripts beside its packages."""

    def __init__(self, folder: str, place: Path) -> None:
        packages = PACKAGES[folder]
        assert packages is not None
        self.place = place
        for source in (HERE / folder).rglob("*"):
            if source.is_file():
                target = place / source.relative_to(HERE / folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())
        (place / "node_modules").symlink_to(packages)

    def run(self, *command: str, within: str = ".") -> str:
        """What the command prints; its failure is the test's."""
        done = subprocess.run(
            ["node", *command], cwd=self.place / within, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def told(self, *command: str) -> Any:
        """What the command prints, as JSON."""
        return json.loads(self.run(*command))


@pytest.fixture
def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Workshop:
    """The scripts that the test's module is named after: ``test_audits`` has those of ``audits``."""
    return Workshop(request.module.__name__.rpartition("test_")[2], tmp_path)
