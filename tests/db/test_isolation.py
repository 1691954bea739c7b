"""Attacks in SQL on the application's own login roles, on every table that is declared.

What is attempted here is what injected SQL could attempt; the same questions over GraphQL are asked elsewhere.
"""

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import psycopg.errors
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import Table

from server.db import roles
from server.db.metadata import access_of
from server.db.policies import Tenant
from server.tables import metadata
from tests.databases import cloned
from tests.db.rows import Rows, insert, references

TABLES = metadata.sorted_tables
UNPUBLISHED = [table for table in TABLES if not access_of(table).published]

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
every_hidden_table = pytest.mark.parametrize("table", UNPUBLISHED, ids=lambda table: table.name)

#: Refused for want of a privilege or by a policy: the two look alike to who asks (42501).
Refused = psycopg.errors.InsufficientPrivilege


@dataclass
class World:
    """A database with a row of every tenant in every table, and a session for each login role."""

    dsn: str
    secret: str
    tenants: list[Tenant]
    superuser: psycopg.Connection
    rows: Rows
    planted: dict[tuple[str, int], uuid.UUID] = field(default_factory=dict)
    sessions: dict[str, psycopg.Connection] = field(default_factory=dict)

    @property
    def everybody(self) -> set[int]:
        """All tenants, the municipality among them."""
        return {0, *(one.tenant_id for one in self.tenants)}

    @property
    def pairs(self) -> list[tuple[Tenant, Tenant]]:
        """Each district with its neighbour."""
        return list(zip(self.tenants, [*self.tenants[1:], self.tenants[0]], strict=True))

    def on(self, role: str) -> psycopg.Connection:
        """The role's session."""
        if role not in self.sessions:
            login = make_conninfo(self.dsn, user=role, password=roles.password(self.secret, role))
            self.sessions[role] = psycopg.connect(login, autocommit=True)
        return self.sessions[role]

    def run(self, role: str, sql: str, *parameters: object) -> list[tuple]:
        """The statement's rows, if it returns any; whatever it did is undone."""
        session = self.on(role)
        with session.transaction(force_rollback=True):
            cursor = session.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def changes(self, role: str, sql: str, *parameters: object) -> int:
        """How many rows the statement changes; it is undone."""
        session = self.on(role)
        with session.transaction(force_rollback=True):
            return session.execute(sql, parameters or None).rowcount

    def adds(self, role: str, table: Table, row: dict, tail: str = "") -> int:
        """How many rows an insert adds; it is undone."""
        session = self.on(role)
        with session.transaction(force_rollback=True):
            return insert(session, table, row, tail).rowcount


@pytest.fixture(scope="module")
def world(superuser_dsn: str, role_secret: str, worker_id: str, tenants: list[Tenant]) -> Iterator[World]:
    with cloned(superuser_dsn, f"shequ_walls_{worker_id}") as dsn, psycopg.connect(dsn, autocommit=True) as superuser:
        made = World(dsn, role_secret, tenants, superuser, Rows(superuser))
        with superuser.transaction():
            for table in TABLES:
                for tenant_id in made.everybody:
                    made.planted[table.name, tenant_id] = made.rows.plant(table, tenant_id)
        superuser.execute("ANALYZE")
        yield made
        for session in made.sessions.values():
            session.close()


def tenants_seen(world: World, role: str, table: Table) -> set[int]:
    return {tenant_id for (tenant_id,) in world.run(role, f"SELECT DISTINCT tenant_id FROM {table.name}")}


# What each role reads


@every_table
def test_a_district_reads_its_own_rows_and_what_is_published(world: World, table: Table):
    for one in world.tenants:
        expected = world.everybody if access_of(table).published else {one.tenant_id}
        assert tenants_seen(world, one.role, table) == expected


@every_hidden_table
def test_a_neighbours_row_is_not_there_by_its_id_either(world: World, table: Table):
    for own, other in world.pairs:
        hidden = world.planted[table.name, other.tenant_id]
        assert world.run(own.role, f"SELECT 1 FROM {table.name} WHERE id = %s", hidden) == []
        assert world.run(own.role, f"SELECT count(*), max(tenant_id) FROM {table.name} WHERE id = %s", hidden) == [
            (0, None)
        ]


@every_table
def test_the_municipal_reader_reads_all_and_writes_nothing(world: World, table: Table):
    assert tenants_seen(world, roles.MUNICIPAL_READER, table) == world.everybody
    assert_cannot_write(world, roles.MUNICIPAL_READER, table)


@every_table
def test_the_public_reader_reads_what_is_published_and_writes_nothing(world: World, table: Table):
    if access_of(table).published:
        assert tenants_seen(world, roles.PUBLIC_READER, table) == world.everybody
    else:
        assert_cannot_read(world, roles.PUBLIC_READER, table)
    assert_cannot_write(world, roles.PUBLIC_READER, table)


@every_table
def test_the_authenticator_reads_memberships_only(world: World, table: Table):
    if access_of(table).sign_in:
        assert tenants_seen(world, roles.AUTHENTICATOR, table) == world.everybody
    else:
        assert_cannot_read(world, roles.AUTHENTICATOR, table)
    assert_cannot_write(world, roles.AUTHENTICATOR, table)


def test_only_memberships_are_for_signing_in():
    assert [table.name for table in TABLES if access_of(table).sign_in] == ["membership"]


@every_table
def test_the_platform_reads_no_districts_own_rows(world: World, table: Table):
    access = access_of(table)
    if not access.steward:
        assert_cannot_read(world, roles.PLATFORM, table)
        assert_cannot_write(world, roles.PLATFORM, table)
    elif access.append_only:
        assert_cannot_read(world, roles.PLATFORM, table)
        assert world.adds(roles.PLATFORM, table, world.rows.draft(table, world.tenants[0].tenant_id)) == 1


@every_table
def test_the_municipal_writer_keeps_to_the_municipality(world: World, table: Table):
    if not access_of(table).municipal:
        assert_cannot_read(world, roles.MUNICIPAL_WRITER, table)
        assert_cannot_write(world, roles.MUNICIPAL_WRITER, table)
        return
    assert tenants_seen(world, roles.MUNICIPAL_WRITER, table) == {0}
    assert world.adds(roles.MUNICIPAL_WRITER, table, world.rows.draft(table, 0)) == 1
    with pytest.raises(Refused):
        world.adds(roles.MUNICIPAL_WRITER, table, world.rows.draft(table, world.tenants[0].tenant_id))


def assert_cannot_read(world: World, role: str, table: Table) -> None:
    for sql in ("SELECT count(*) FROM {}", "TABLE {}", "COPY {} TO STDOUT", "SELECT 1 FROM {} WHERE false"):
        with pytest.raises(Refused):
            world.run(role, sql.format(table.name))


def assert_cannot_write(world: World, role: str, table: Table) -> None:
    for sql in (
        "INSERT INTO {} DEFAULT VALUES",
        "UPDATE {} SET tenant_id = tenant_id",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "SELECT 1 FROM {} FOR UPDATE",
        "LOCK TABLE {} IN SHARE MODE",
    ):
        with pytest.raises(Refused):
            world.run(role, sql.format(table.name))


# What a district writes


@every_table
def test_a_district_writes_its_own_rows_as_declared(world: World, table: Table):
    access = access_of(table)
    role, tenant_id = world.tenants[0].role, world.tenants[0].tenant_id
    own = world.planted[table.name, tenant_id]
    where = f"WHERE tenant_id = {tenant_id} AND id = '{own}'"
    draft = world.rows.draft(table, tenant_id)

    def may(allowed: bool, sql: str) -> None:
        if allowed:
            # What refers to a row keeps it from going: that is the row's affair, not the role's.
            with contextlib.suppress(psycopg.errors.ForeignKeyViolation):
                assert world.changes(role, sql) == 1
        else:
            with pytest.raises(Refused):
                world.changes(role, sql)

    if access.district_writes:
        assert world.adds(role, table, draft, "ON CONFLICT DO NOTHING") in (0, 1)
    else:
        with pytest.raises(Refused):
            world.adds(role, table, draft)
    may(access.district_writes and not access.append_only, f"UPDATE {table.name} SET id = id {where}")
    may(access.district_writes and access.deletable, f"DELETE FROM {table.name} {where}")
    may(False, f"TRUNCATE {table.name} CASCADE")


@every_table
@pytest.mark.parametrize(
    "tail", ["", "RETURNING *", "ON CONFLICT DO NOTHING", "ON CONFLICT (tenant_id, id) DO NOTHING"]
)
def test_a_district_adds_no_row_to_another_tenant(world: World, table: Table, tail: str):
    for own, other in world.pairs:
        draft = world.rows.draft(table, other.tenant_id)
        taken = draft | {"id": world.planted[table.name, other.tenant_id]}
        said = set()
        for row in (draft, taken, draft | {"tenant_id": 0}):
            with pytest.raises(Refused) as refused:
                world.adds(own.role, table, row, tail)
            said.add(str(refused.value))
        # A row that is there and one that is not are refused in the same words.
        assert len(said) == 1
        with pytest.raises(Refused):
            world.adds(own.role, table, draft | {"tenant_id": None}, tail)


@every_table
def test_a_district_overwrites_no_row_of_another_tenant(world: World, table: Table):
    for own, other in world.pairs:
        row = world.rows.draft(table, other.tenant_id) | {"id": world.planted[table.name, other.tenant_id]}
        with pytest.raises(Refused):
            world.adds(own.role, table, row, f"ON CONFLICT (tenant_id, id) DO UPDATE SET tenant_id = {own.tenant_id}")
        # Under its own number the neighbour's id is free: no conflict betrays that it is taken there.
        if access_of(table).district_writes and not access_of(table).append_only:
            mine = world.rows.draft(table, own.tenant_id) | {"id": world.planted[table.name, other.tenant_id]}
            assert world.adds(own.role, table, mine, "ON CONFLICT DO NOTHING") in (0, 1)


@every_table
def test_a_district_changes_no_row_of_another_tenant(world: World, table: Table):
    for own, other in world.pairs:
        theirs = f"tenant_id = {other.tenant_id}"
        for sql in (
            f"UPDATE {table.name} SET id = id WHERE {theirs} RETURNING *",
            f"UPDATE {table.name} SET tenant_id = {own.tenant_id} WHERE {theirs}",
            f"DELETE FROM {table.name} WHERE {theirs} RETURNING *",
            f"SELECT 1 FROM {table.name} WHERE {theirs} FOR UPDATE",
            f"SELECT 1 FROM {table.name} WHERE {theirs} FOR SHARE",
            f"MERGE INTO {table.name} t USING (VALUES ({other.tenant_id})) v(n) ON t.tenant_id = v.n"
            " WHEN MATCHED THEN UPDATE SET id = t.id",
        ):
            with contextlib.suppress(Refused):
                assert world.changes(own.role, sql) == 0


@every_table
def test_a_district_moves_no_row_to_another_tenant(world: World, table: Table):
    for own, other in world.pairs:
        for tenant_id in (other.tenant_id, 0, None):
            with pytest.raises(Refused):
                world.changes(own.role, f"UPDATE {table.name} SET tenant_id = %s", tenant_id)


REFERENCES = [
    (table, column, target)
    for table in TABLES
    for column, target in references(table)
    if access_of(table).district_writes
]


@pytest.mark.parametrize(
    ("table", "column", "target"), REFERENCES, ids=[f"{table.name}.{column}" for table, column, _ in REFERENCES]
)
def test_a_reference_to_another_tenants_row_is_one_to_no_row(world: World, table: Table, column: str, target: Table):
    for own, other in world.pairs:
        draft = world.rows.draft(table, own.tenant_id)
        said = set()
        for target_id in (world.planted[target.name, other.tenant_id], uuid.uuid4()):
            with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
                world.adds(own.role, table, draft | {column: target_id})
            said.add(str(refused.value).replace(str(target_id), "…"))
        assert len(said) == 1


@every_table
def test_copy_loads_nothing_and_unloads_what_is_read(world: World, table: Table):
    role = world.tenants[0].role
    session = world.on(role)
    with (
        pytest.raises((psycopg.errors.FeatureNotSupported, Refused)),
        session.transaction(force_rollback=True),
        session.cursor().copy(f"COPY {table.name} (tenant_id, id) FROM STDIN") as copy,
    ):
        copy.write_row((world.tenants[1].tenant_id, uuid.uuid4()))
    with session.cursor().copy(f"COPY {table.name} (tenant_id) TO STDOUT") as copy:
        unloaded = {int(tenant_id) for (tenant_id,) in copy.rows()}
    assert unloaded == tenants_seen(world, role, table)


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


@pytest.mark.parametrize("attempt", range(len(attempts(Tenant(1, "own"), Tenant(2, "other")))))
def test_no_setting_and_no_role_shows_another_tenants_rows(world: World, attempt: int):
    for own, other in world.pairs[:3]:
        session = world.on(own.role)
        with session.transaction(force_rollback=True):
            with contextlib.suppress(psycopg.Error), session.transaction():
                session.execute(attempts(own, other)[attempt])
            assert session.execute("SELECT current_user, session_user").fetchone() == (own.role, own.role)
            for table in UNPUBLISHED:
                with contextlib.suppress(Refused), session.transaction():
                    found = session.execute(f"SELECT DISTINCT tenant_id FROM {table.name}").fetchall()
                    assert found in ([], [(own.tenant_id,)])
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
    assert world.run(roles.MUNICIPAL_READER, f"SELECT count(*) > 0 FROM {table.name}") == [(True,)]
    with pytest.raises(psycopg.errors.DivisionByZero):
        world.run(roles.MUNICIPAL_READER, sql)


@every_table
def test_the_planners_statistics_are_nobodys(world: World, table: Table):
    sql = "SELECT count(*) FROM pg_stats WHERE tablename = %s"
    for role in (*roles.SHARED, world.tenants[0].role):
        assert world.run(role, sql, table.name) == [(0,)]


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
