"""Which revision of the database this code expects, read off the migrations' own files.

Alembic itself is for whoever migrates: a server that only asks for the number does without it and what it brings along.
"""

import re
from functools import cache
from pathlib import Path

_VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
_NAMED = re.compile(r"^(revision|down_revision)\b.*?= *(?:'([^']+)'|\"([^\"]+)\"|None)", re.MULTILINE)


@cache
def newest_revision() -> str:
    """The one revision that no other comes after.

    Raises: RuntimeError where there is none, or several: two branches were merged and not joined.
    """
    own, earlier = set[str](), set[str]()
    for path in _VERSIONS.glob("*.py"):
        named = {name: one or other for name, one, other in _NAMED.findall(path.read_text(encoding="utf-8"))}
        own.add(named["revision"])
        earlier.add(named.get("down_revision", ""))
    newest = own - earlier
    if len(newest) != 1:
        raise RuntimeError(f"expected one newest migration, found {sorted(newest) or 'none'}")
    return newest.pop()
