"""How the embedded PostgreSQL is set up: all of it on the command line, so a folder never holds stale settings."""

from collections.abc import Mapping
from types import MappingProxyType

HOST = "127.0.0.1"
SUPERUSER = "postgres"

#: For a laptop: durable, small, quiet.  A caller's own settings override these.
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        # Some twenty login roles with a pool each, times the processes of a demo, and psql beside them.
        "max_connections": "300",
        "shared_buffers": "128MB",
        # Where a container's host has huge pages but the container may not use them, "try" is a bus error.
        "huge_pages": "off",
        "max_wal_size": "256MB",
        "password_encryption": "scram-sha-256",
        # Legal days are Beijing days and are worked out by the one clock (server/kit/clock.py), never by a session's
        # time zone.  UTC makes a slip visible, here as in production, and orders the log without a thought.
        "timezone": "UTC",
        "log_timezone": "UTC",
        # The log tells of trouble, not of persons: no statement texts, and no DETAIL with the values of a row.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }
)

#: For tests: a power failure may lose everything, and nothing else may.  Commits return before they are on disk.
THROWAWAY: Mapping[str, str] = MappingProxyType(
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
)


def options(port: int, chosen: Mapping[str, str]) -> list[str]:
    """The command line options, ``chosen`` overriding the defaults.

    TCP on 127.0.0.1 only.  No Unix socket: its path is limited to 107 bytes, which a Chinese folder name uses up in
    35 characters, and a short folder elsewhere would be one more thing to clean away after a crash.
    """
    fixed = {"port": str(port), "listen_addresses": HOST, "unix_socket_directories": ""}
    return [part for name, value in {**SETTINGS, **chosen, **fixed}.items() for part in ("-c", f"{name}={value}")]
