"""Login roles as they must be: attributes, settings and password, and the statements that make them so."""

from collections.abc import Iterator

from psycopg.sql import Identifier

from server.db import roles
from server.db.standing import StandingRole

#: A login role may log in and nothing else: it inherits from nobody, makes no role, no database, no replica.
ATTRIBUTES = frozenset({"LOGIN"})
CONNECTION_LIMIT = 100

_SETTINGS = (
    "statement_timeout=14s",
    "lock_timeout=5s",
    "transaction_timeout=60s",
    "idle_in_transaction_session_timeout=15s",
    "search_path=public",
    "timezone=Asia/Shanghai",
)


def settings_of(role: str) -> tuple[str, ...]:
    """The role's settings as ``name=value``."""
    if role == roles.MUNICIPAL_READER:
        # Array parameters of municipal queries would otherwise be planned anew at every call.
        return (*_SETTINGS, "plan_cache_mode=force_generic_plan")
    return _SETTINGS


def mending(role: str, stands: StandingRole | None, database: str) -> Iterator[str]:
    """Statements that make the role as it must be, password apart; none where it is.

    Taking SUPERUSER, BYPASSRLS, CREATEDB or REPLICATION away, or a membership that somebody else granted, is beyond a
    migrator who is not superuser: PostgreSQL refuses then (InsufficientPrivilege).
    """
    if stands is None:
        # Another run may be making it at this moment, in another database of the cluster.
        creation = f"CREATE ROLE {role} LOGIN NOINHERIT CONNECTION LIMIT {CONNECTION_LIMIT}"
        yield f"DO $$ BEGIN {creation}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    else:
        words = [
            *sorted(ATTRIBUTES - stands.attributes),
            *(f"NO{one}" for one in sorted(stands.attributes - ATTRIBUTES)),
        ]
        if words or stands.connection_limit != CONNECTION_LIMIT:
            yield f"ALTER ROLE {role} {' '.join(words)} CONNECTION LIMIT {CONNECTION_LIMIT}"
        for granted, grantor in sorted(stands.member_of):
            yield f"REVOKE {Identifier(granted).as_string()} FROM {role} GRANTED BY {Identifier(grantor).as_string()}"
        if stands.settings_here:
            yield f"ALTER ROLE {role} IN DATABASE {Identifier(database).as_string()} RESET ALL"
    if stands is None or stands.settings != frozenset(settings_of(role)):
        yield f"ALTER ROLE {role} RESET ALL"
        for setting in settings_of(role):
            name, _, value = setting.partition("=")
            yield f"ALTER ROLE {role} SET {name} = '{value}'"
