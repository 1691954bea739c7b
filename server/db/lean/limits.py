"""What the lanes allow, and with what sessions."""

from dataclasses import dataclass

from psycopg.conninfo import conninfo_to_dict, make_conninfo


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one role may have, and how long its requests may take; times in seconds.

    ``depth``: requests in flight on one connection; it bounds how many a slow statement can hold up.
    ``connections``: the second is opened only on backlog.  ``waiting``: requests beyond those in flight.
    ``wait_s``: how long one may wait to be sent.  ``timeout_s``: how long it may take in all; it stands behind the
    server's ``statement_timeout`` and should be a little longer.  ``idle_s``: how long an unused connection is kept.
    ``connect_s``: for connecting to one host, unless the connection string has its own ``connect_timeout``.
    ``statements``: prepared ones kept on one connection.
    """

    depth: int = 16
    connections: int = 2
    waiting: int = 256
    wait_s: float = 1.0
    timeout_s: float = 15.0
    idle_s: float = 60.0
    connect_s: int = 5
    statements: int = 256

    def __post_init__(self) -> None:
        for name in ("depth", "connections", "connect_s", "statements"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)}: expected at least 1")


def reading(conninfo: str, *, connect_s: int) -> str:
    """The connection string for reads: UTF-8, and read-only, since what may be sent twice must not write."""
    given = conninfo_to_dict(conninfo)
    return make_conninfo(
        conninfo,
        client_encoding="UTF8",
        options=f"{given.get('options') or ''} -c default_transaction_read_only=on".strip(),
        connect_timeout=given.get("connect_timeout") or connect_s,
    )
