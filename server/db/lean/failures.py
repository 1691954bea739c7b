"""What the server's errors mean for a read: whose they are, and what its caller is told."""

from psycopg import pq
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGresult

from server.kit.errors import Overloaded, TimedOut

#: The connection itself is over after these, whoever's statement was running.
_ENDING = (b"FATAL", b"PANIC")

#: A prepared statement is at fault, not its use: result columns have changed since, or it was discarded.
STALE_STATEMENT = ("0A000", "26000")

#: The session was left inside a failed transaction; no lean read opens one.
SPOILED_SESSION = "25P02"

_TRANSACTION_TIMEOUT = "25P04"
_TIMED_OUT = ("57014", "55P03")  # query_canceled (which statement_timeout raises), lock_not_available
_OVERLOADED_CLASSES = ("53", "40")  # insufficient resources; rolled back (on a standby: conflict with recovery)


def sqlstate(result: PGresult) -> str:
    """The five characters; empty where libpq itself made the error, which it does when the connection is broken."""
    return (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()


def ends_connection(result: PGresult) -> bool:
    """Whether nothing more will come on this connection."""
    severity = result.error_field(pq.DiagnosticField.SEVERITY_NONLOCALIZED)
    return severity is None or severity in _ENDING


def ended_by_its_own_time(result: PGresult) -> bool:
    """Whether the server hung up because this very statement ran into ``transaction_timeout``."""
    return sqlstate(result) == _TRANSACTION_TIMEOUT


def worded(result: PGresult) -> Exception:
    """The error for the caller: TimedOut, Overloaded, or psycopg's class of this SQLSTATE, which is masked further up."""
    error = error_from_result(result)
    state = sqlstate(result)
    told: Exception
    if state in _TIMED_OUT or state == _TRANSACTION_TIMEOUT:
        told = TimedOut()
    elif state[:2] in _OVERLOADED_CLASSES:
        told = Overloaded()
    else:
        return error
    told.__cause__ = error
    return told
