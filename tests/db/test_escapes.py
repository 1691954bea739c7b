"""Attacks in SQL on walls themselves: becoming somebody else, making something of one's own, inferring what is hidden."""

import contextlib

import psycopg
import psycopg.errors
import pytest
from sqlalchemy import Table

from server.db import roles
from server.db.metadata import access_of
from server.db.policies import Tenant
from tests.db.world import TABLES, UNPUBLISHED, Refused, World, every_hidden_table, every_table

# What a session can make of itself


def attempts(own: Tenant, other: Tenant) -> list[str]:
    """What injected SQL could try in order to become somebody else, or to have no policies."""
    return [
        f"SET ROLE {other.role}",
        f"SET SESSION AUTHORIZATION {other.role}",
        "SET ROLE municipal_reader",
        "SET ROLE shequ_owner",
        "SET SESSION AUTHORIZATION postgres",
        "RESET ROLE",
        "RESET SESSION AUTHORIZATION",
        "SET ROLE NONE",
        f"SELECT set_config('role', '{other.role}', false)",
        f"SELECT set_config('session_authorization', '{other.role}', false)",
        "SELECT set_config('is_superuser', 'on', false)",
        "SET row_security = off",
        "SELECT set_config('row_security', 'off', false)",
        "SET session_replication_role = replica",
        f"SELECT set_config('shequ.tenant_id', '{other.tenant_id}', false)",
        f"SELECT set_config('app.tenant_id', '{other.tenant_id}', false)",
        "SET search_path = pg_catalog, public",
        "SET search_path = pg_temp, public",
        f"ALTER ROLE {own.role} BYPASSRLS",
        f"ALTER ROLE {own.role} SUPERUSER",
        f"GRANT {other.role} TO {own.role}",
        f"GRANT pg_read_all_data TO {own.role}",
        f"ALTER ROLE {other.role} PASSWORD 'known'",
        f"GRANT SELECT ON membership TO {own.role}",
        f"REVOKE SELECT ON membership FROM {other.role}",
    ]


def tenants_seen(session: psycopg.Connection) -> list[tuple[str, int]]:
    """Whose rows of which tables the session reads: asked in one statement, or table by table where that is refused."""
    parts = [
        f"SELECT '{table.name}', tenant_id FROM (SELECT DISTINCT tenant_id FROM {table.name}) t"
        for table in UNPUBLISHED
    ]
    with contextlib.suppress(Refused), session.transaction():
        found = session.execute(" UNION ALL ".join(parts)).fetchall()
        assert len(found) >= len(UNPUBLISHED), "its own rows are there to be seen"
        return found
    found = []
    for part in parts:
        with contextlib.suppress(Refused), session.transaction():
            found += session.execute(part).fetchall()
    return found


@pytest.mark.parametrize("attempt", range(len(attempts(Tenant(1, "own"), Tenant(2, "other")))))
def test_no_setting_and_no_role_shows_another_tenants_rows(world: World, attempt: int):
    shared = {table.name for table in UNPUBLISHED if access_of(table).city_shared}
    for own, other in world.pairs[:3]:
        session = world.on(own.role)
        with session.transaction(force_rollback=True):
            with contextlib.suppress(psycopg.Error), session.transaction():
                session.execute(attempts(own, other)[attempt])
            assert session.execute("SELECT current_user, session_user").fetchone() == (own.role, own.role)
            found = tenants_seen(session)
            assert {name for name, tenant_id in found if tenant_id == 0} <= shared
            assert {tenant_id for _, tenant_id in found} <= {own.tenant_id, 0}
        # Settings of the session outlive the transaction only where it commits; this one is as it was.
        assert session.execute("SHOW row_security").fetchone() == ("on",)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "SELECT * INTO mine FROM membership",
        "CREATE UNLOGGED TABLE mine AS TABLE membership",
        "CREATE VIEW mine AS TABLE membership",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE mine AS (a int)",
        "CREATE SEQUENCE mine",
        "CREATE EXTENSION dblink",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "CREATE POLICY mine ON membership USING (true)",
        "CREATE INDEX mine ON membership (subject)",
        "CREATE PUBLICATION mine FOR TABLE membership",
        "ALTER TABLE membership DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE membership NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE membership ADD COLUMN mine int",
        "DROP TABLE membership",
        "COMMENT ON TABLE membership IS 'mine'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY (SELECT 1) TO '/dev/null'",
        "SELECT pg_read_file('PG_VERSION')",
        "SELECT lo_import('/dev/null')",
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_statistic",
        "SELECT pg_reload_conf()",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        "ALTER SYSTEM SET row_security = off",
        "ALTER DATABASE {database} SET row_security = off",
    ],
)
def test_a_district_makes_nothing_of_its_own_in_the_database(world: World, statement: str):
    with pytest.raises(Refused):
        # Outside a transaction, since some of these would be refused inside one for that alone.
        world.on(world.tenants[0].role).execute(statement.format(database=world.superuser.info.dbname))


# What a district could infer


@every_hidden_table
def test_no_expression_runs_on_another_tenants_row(world: World, table: Table):
    for own, other in world.pairs:
        # On a row of the neighbour this divides by zero.
        sql = f"SELECT count(*) FROM {table.name} WHERE 1 / (tenant_id - {other.tenant_id}) > 1000"
        assert world.run(own.role, sql) == [(0,)]
        # The neighbour reads that row, whoever else may: the row is there, and the expression does run on it.
        with pytest.raises(psycopg.errors.DivisionByZero):
            world.run(other.role, sql)


def test_the_planners_statistics_are_nobodys(world: World):
    sql = "SELECT DISTINCT tablename FROM pg_stats WHERE tablename = ANY(%s)"
    for role in (*roles.SHARED, world.tenants[0].role):
        assert world.run(role, sql, [table.name for table in TABLES]) == []


@every_hidden_table
def test_what_a_neighbour_does_changes_nothing_that_a_district_reads(world: World, table: Table):
    own, other = world.pairs[0]
    everything = f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM {table.name} t"
    before = world.run(own.role, everything)
    world.planted[table.name, other.tenant_id] = world.rows.plant(table, other.tenant_id)
    assert world.run(own.role, everything) == before


@every_table
def test_even_the_owner_is_walled_off(world: World, table: Table):
    with world.superuser.transaction(force_rollback=True):
        world.superuser.execute(f"SET LOCAL ROLE {roles.OWNER}")
        assert world.superuser.execute(f"SELECT count(*) FROM {table.name}").fetchone() == (0,)
