"""Installs the clients' packages by their lock files, once a machine, outside the repository."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def installed(source: Path) -> Path | None:
    """Where the packages of this folder's lock file lie (a ``node_modules``).

    None without Node.js, or where they cannot be fetched.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    lock = (source / "package-lock.json").read_bytes()
    version = subprocess.run([node, "--version"], capture_output=True, check=True).stdout
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shequ-tests"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        place = cache / f"{source.name}-{hashlib.sha256(lock + version).hexdigest()[:16]}"
        # Several workers ask at once; the first installs, the others wait for it.
        with (cache / f"{source.name}.lock").open("w") as waiting:
            fcntl.flock(waiting, fcntl.LOCK_EX)
            if not (place / "complete").exists():
                _install(npm, source, place)
                (place / "complete").touch()
    except (OSError, subprocess.SubprocessError):
        return None
    return place / "node_modules"


def _install(npm: str, source: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, place)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=30000"]
    subprocess.run([npm, "ci", *options], cwd=place, capture_output=True, check=True, timeout=300)
