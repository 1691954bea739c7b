"""Other GraphQL servers over the same tables and login roles, from npm by the lock file in ``peers/``."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from psycopg.conninfo import conninfo_to_dict

from server.db import roles
from server.db.pools import Pools
from server.planner.keyset import Cursors
from tests.benchmarks.raw import ORDER
from tests.benchmarks.serving import CURSOR_SECRET, ROLE_SECRET, Contender, listening
from tests.clients.installing import installed

PEERS = ("mercurius", "postgraphile")
_HERE = Path(__file__).parent / "peers"


@contextmanager
def peer(
    name: str, database: str, district: str, tenant_id: int, folder: Path, cpus: Sequence[int] | None
) -> Iterator[Contender]:
    """The server, listening, on the district's login role; ended at the end of the block.

    Raises: RuntimeError where Node.js or the packages are not to be had.
    """
    packages = installed(_HERE)
    if packages is None:
        raise RuntimeError(
            "bench-peers needs Node.js, npm and the packages of tests/benchmarks/peers/package-lock.json"
        )
    place = folder / "peers"
    if not place.exists():
        shutil.copytree(_HERE, place)
        (place / "node_modules").symlink_to(packages)
    # PostGraphile asks for a newer Node.js than many machines have; the lock file brings one along where it can.
    node = next((str(one) for one in packages.glob("node-*/bin/node")), "node")
    address = _address(Pools(database, ROLE_SECRET).conninfo(roles.district_role(district)))
    more = [str(tenant_id), Cursors(CURSOR_SECRET).seal(ORDER).hex()] if name == "mercurius" else []
    with listening(name, lambda port: [node, f"{name}.mjs", str(port), address, *more], place, folder, cpus) as one:
        yield one


def _address(conninfo: str) -> str:
    """The connection string as a URL with all of it in the query, which every driver reads."""
    given = conninfo_to_dict(conninfo)
    names = ("user", "password", "host", "port")
    return f"postgresql:///{given['dbname']}?{urlencode({name: given[name] for name in names})}"
