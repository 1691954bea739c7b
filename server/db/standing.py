"""What stands in a database now, beside what ``policies`` and ``logins`` say must stand.

Only reads PostgreSQL's catalogues, which every login may; so the connection may be anybody's.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg

from server.db.policies import PUBLIC, REVISION_TABLE, Policy, Privilege, ShownPolicy
from server.db.roles import MIGRATOR, OWNER, is_login_role


@dataclass(frozen=True, slots=True)
class StandingRole:
    """A role's attributes in PostgreSQL's own words (``LOGIN``, ``SUPERUSER``, …) and its settings.

    ``settings`` are what ``ALTER ROLE … SET`` left, lower case ``name=value``; ``settings_here`` those of this database
    alone.  ``member_of`` holds (role, who granted it).
    """

    name: str
    attributes: frozenset[str]
    connection_limit: int
    settings: frozenset[str]
    settings_here: frozenset[str]
    member_of: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Standing:
    """Policies and privileges of the declared tables, and which of them have row-level security forced."""

    policies: frozenset[ShownPolicy]
    privileges: frozenset[Privilege]
    walled: frozenset[str]


_POLICIES = """
SELECT tablename, policyname, permissive, array_to_string(roles, ','), cmd, qual, with_check
FROM pg_policies WHERE schemaname = 'public' AND tablename = ANY(%(tables)s)
"""

_PRIVILEGES = """
SELECT held.kind, held.object, held.attname, coalesce(pg_roles.rolname, 'PUBLIC'), acl.privilege_type, acl.is_grantable
FROM (
  SELECT 'TABLE' AS kind, relname AS object, '' AS attname, relacl AS acl, relowner AS owner
  FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s)
  UNION ALL
  SELECT 'TABLE', relname, attname, attacl, relowner
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s) AND NOT attisdropped
  UNION ALL
  SELECT 'SCHEMA', nspname, '', coalesce(nspacl, acldefault('n', nspowner)), nspowner
  FROM pg_namespace WHERE nspname = 'public'
  UNION ALL
  SELECT 'DATABASE', '', '', coalesce(datacl, acldefault('d', datdba)), datdba
  FROM pg_database WHERE datname = current_database()
) held
CROSS JOIN aclexplode(held.acl) acl
LEFT JOIN pg_roles ON pg_roles.oid = acl.grantee
WHERE acl.grantee <> held.owner
"""

_WALLED = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%(tables)s) AND relrowsecurity AND relforcerowsecurity
"""

_ROLES = """
SELECT rolname,
       array_remove(ARRAY[
         CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolinherit THEN 'INHERIT' END,
         CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
         CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
         CASE WHEN rolreplication THEN 'REPLICATION' END], NULL),
       rolconnlimit,
       coalesce(rolconfig, '{}'),
       coalesce((SELECT setconfig FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
                 WHERE setrole = pg_roles.oid AND datname = current_database()), '{}'),
       ARRAY(SELECT ARRAY[granted.rolname, grantor.rolname]
             FROM pg_auth_members
             JOIN pg_roles granted ON granted.oid = roleid JOIN pg_roles grantor ON grantor.oid = pg_auth_members.grantor
             WHERE member = pg_roles.oid)
FROM pg_roles WHERE NOT starts_with(rolname, 'pg_')
"""


def read_standing(connection: psycopg.Connection, tables: list[str]) -> Standing:
    """What stands on these tables, on the schema and on the database.

    Left out as none of our business: what the owner and the migrator hold, and who else may connect.
    """
    names = {"tables": [*tables, REVISION_TABLE]}
    privileges = (Privilege(*row) for row in connection.execute(_PRIVILEGES, names).fetchall())
    return Standing(
        policies=frozenset(ShownPolicy(*row) for row in connection.execute(_POLICIES, names).fetchall()),
        privileges=frozenset(held for held in privileges if not _is_anothers(held)),
        walled=frozenset(name for (name,) in connection.execute(_WALLED, names).fetchall()),
    )


def _is_anothers(held: Privilege) -> bool:
    if held.role in (OWNER, MIGRATOR):
        return True
    visitor = held.role != PUBLIC and not is_login_role(held.role)
    return held.kind == "DATABASE" and held.name == "CONNECT" and visitor


def read_roles(connection: psycopg.Connection) -> Mapping[str, StandingRole]:
    """Every role of the cluster by name, PostgreSQL's own left out."""
    return {
        name: StandingRole(
            name,
            frozenset(attributes),
            limit,
            frozenset(_lower(one) for one in settings),
            frozenset(_lower(one) for one in here),
            frozenset((granted, grantor) for granted, grantor in member_of),
        )
        for name, attributes, limit, settings, here, member_of in connection.execute(_ROLES).fetchall()
    }


def _lower(setting: str) -> str:
    name, _, value = setting.partition("=")
    return f"{name.lower()}={value}"


def misplaced(standing: Standing, wanted: frozenset[Policy]) -> tuple[frozenset[ShownPolicy], frozenset[Policy]]:
    """Policies that stand and should not, and policies that should stand and do not; an altered one is among both."""
    shown = {policy.shown: policy for policy in wanted}
    missing = frozenset(policy for key, policy in shown.items() if key not in standing.policies)
    return standing.policies - shown.keys(), missing
