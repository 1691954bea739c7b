"""Attacks in SQL on the application's own login roles: what each reads and writes, on every table that is declared.

What is attempted here is what injected SQL could attempt; the same questions over GraphQL are asked elsewhere.
"""

import contextlib
import uuid

import psycopg
import psycopg.errors
import pytest
from sqlalchemy import Table

from server.db import roles
from server.db.metadata import access_of
from server.policy.tables import policy_version
from tests.db.rows import references
from tests.db.world import TABLES, Refused, World, each, every_hidden_table, every_table, is_public

# What each role reads


@every_table
def test_a_district_reads_its_own_rows_and_what_is_published(world: World, table: Table):
    for one in world.tenants:
        # Provisioning published the municipality's policies.
        expected = world.everybody if is_public(table) else {one.tenant_id}
        expected = expected | ({0} if access_of(table).city_shared else set())
        assert world.tenants_seen(one.role, table) == expected


@every_hidden_table
def test_a_neighbours_row_is_not_there_by_its_id_either(world: World, table: Table):
    for own, other in world.pairs:
        hidden = world.planted[table.name, other.tenant_id]
        assert world.run(own.role, f"SELECT 1 FROM {table.name} WHERE id = %s", hidden) == []
        assert world.run(own.role, f"SELECT count(*), max(tenant_id) FROM {table.name} WHERE id = %s", hidden) == [
            (0, None)
        ]


@every_table
def test_the_municipal_reader_reads_all_but_a_districts_own_affairs_and_writes_nothing(world: World, table: Table):
    if access_of(table).municipal_reads:
        assert world.tenants_seen(roles.MUNICIPAL_READER, table) == world.everybody
    else:
        assert_cannot_read(world, roles.MUNICIPAL_READER, table)
    assert_cannot_write(world, roles.MUNICIPAL_READER, table)


@every_table
def test_the_auditor_reads_the_trail_only_and_adds_links_only(world: World, table: Table):
    access, tenant_id = access_of(table), world.tenants[0].tenant_id
    if access.audited:
        assert world.tenants_seen(roles.AUDITOR, table) == world.everybody
    else:
        assert_cannot_read(world, roles.AUDITOR, table)
    if access.chained:
        assert world.adds(roles.AUDITOR, table, world.draft(table, tenant_id)) == 1
        for sql in (f"UPDATE {table.name} SET seq = seq", f"DELETE FROM {table.name}", f"TRUNCATE {table.name}"):
            world.refuses(roles.AUDITOR, sql)
    else:
        assert_cannot_write(world, roles.AUDITOR, table)


def test_only_the_audit_trail_is_the_auditors():
    assert {table.name for table in TABLES if access_of(table).audited} == {"audit_entry", "audit_link"}
    assert [table.name for table in TABLES if access_of(table).chained] == ["audit_link"]


@every_table
def test_the_public_reader_reads_what_is_published_and_writes_nothing(world: World, table: Table):
    if is_public(table):
        assert world.tenants_seen(roles.PUBLIC_READER, table) == world.everybody
    elif access_of(table).published_when:
        assert world.tenants_seen(roles.PUBLIC_READER, table) == set()
    else:
        assert_cannot_read(world, roles.PUBLIC_READER, table)
    assert_cannot_write(world, roles.PUBLIC_READER, table)


@every_table
def test_the_authenticator_reads_memberships_and_keeps_sessions_only(world: World, table: Table):
    if access_of(table).sessions:
        assert world.tenants_seen(roles.AUTHENTICATOR, table) == {0}
        assert world.adds(roles.AUTHENTICATOR, table, world.draft(table, 0)) == 1
        for one in world.tenants[:3]:
            world.refuses_row(roles.AUTHENTICATOR, table, world.draft(table, one.tenant_id))
        return
    if access_of(table).sign_in:
        assert world.tenants_seen(roles.AUTHENTICATOR, table) == world.everybody
    else:
        assert_cannot_read(world, roles.AUTHENTICATOR, table)
    assert_cannot_write(world, roles.AUTHENTICATOR, table)


def test_only_memberships_are_for_signing_in():
    assert [table.name for table in TABLES if access_of(table).sign_in] == ["membership"]
    assert [table.name for table in TABLES if access_of(table).sessions] == ["session"]


@every_table
def test_the_platform_reads_no_districts_own_rows(world: World, table: Table):
    access = access_of(table)
    if not access.steward:
        assert_cannot_read(world, roles.PLATFORM, table)
        assert_cannot_write(world, roles.PLATFORM, table)
    elif access.append_only:
        assert_cannot_read(world, roles.PLATFORM, table)
        assert world.adds(roles.PLATFORM, table, world.draft(table, world.tenants[0].tenant_id)) == 1


@every_table
def test_the_insurance_centre_keeps_to_its_process(world: World, table: Table):
    draft = world.draft(table, world.tenants[0].tenant_id)
    match access_of(table).insurance_centre:
        case "reads":
            assert world.tenants_seen(roles.INSURANCE_CENTRE, table) == world.everybody
            assert_cannot_write(world, roles.INSURANCE_CENTRE, table)
        case "adds":
            assert_cannot_read(world, roles.INSURANCE_CENTRE, table)
            assert world.adds(roles.INSURANCE_CENTRE, table, draft) == 1
        case "works":
            assert world.tenants_seen(roles.INSURANCE_CENTRE, table) == world.everybody
            assert world.adds(roles.INSURANCE_CENTRE, table, draft, "ON CONFLICT DO NOTHING") in (0, 1)
        case None:
            assert_cannot_read(world, roles.INSURANCE_CENTRE, table)
            assert_cannot_write(world, roles.INSURANCE_CENTRE, table)


def test_of_policy_a_district_reads_what_the_municipality_published_and_no_draft_of_it(world: World):
    table = policy_version
    with world.superuser.transaction(force_rollback=True):
        world.rows.plant(table, 0)
        statuses = "SELECT DISTINCT status FROM policy_version WHERE tenant_id = 0 ORDER BY 1"
        assert world.superuser.execute(statuses).fetchall() == [("DRAFT",), ("PUBLISHED",)]
        world.superuser.execute(f"SET LOCAL ROLE {world.tenants[0].role}")
        assert world.superuser.execute(statuses).fetchall() == [("PUBLISHED",)]


@every_table
def test_the_municipal_writer_keeps_to_the_municipality(world: World, table: Table):
    if not access_of(table).municipal:
        assert_cannot_read(world, roles.MUNICIPAL_WRITER, table)
        assert_cannot_write(world, roles.MUNICIPAL_WRITER, table)
        return
    assert world.tenants_seen(roles.MUNICIPAL_WRITER, table) == {0}
    assert world.adds(roles.MUNICIPAL_WRITER, table, world.draft(table, 0)) == 1
    world.refuses_row(roles.MUNICIPAL_WRITER, table, world.draft(table, world.tenants[0].tenant_id))


def assert_cannot_read(world: World, role: str, table: Table) -> None:
    for sql in ("SELECT count(*) FROM {}", "TABLE {}", "COPY {} TO STDOUT", "SELECT 1 FROM {} WHERE false"):
        world.refuses(role, sql.format(table.name))


def assert_cannot_write(world: World, role: str, table: Table) -> None:
    for sql in (
        "INSERT INTO {} DEFAULT VALUES",
        "UPDATE {} SET tenant_id = tenant_id",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "SELECT 1 FROM {} FOR UPDATE",
        "LOCK TABLE {} IN SHARE MODE",
    ):
        world.refuses(role, sql.format(table.name))


# What a district writes


@every_table
def test_a_district_writes_its_own_rows_as_declared(world: World, table: Table):
    access = access_of(table)
    role, tenant_id = world.tenants[0].role, world.tenants[0].tenant_id
    own = world.planted[table.name, tenant_id]
    where = f"WHERE tenant_id = {tenant_id} AND id = '{own}'"
    draft = world.draft(table, tenant_id)

    def may(allowed: bool, sql: str) -> None:
        if allowed:
            # What refers to a row keeps it from going: that is the row's affair, not the role's.
            with contextlib.suppress(psycopg.errors.ForeignKeyViolation):
                assert world.changes(role, sql) == 1
        else:
            world.refuses(role, sql)

    if access.district_writes:
        assert world.adds(role, table, draft, "ON CONFLICT DO NOTHING") in (0, 1)
    else:
        world.refuses_row(role, table, draft)
    may(access.district_writes and not access.append_only, f"UPDATE {table.name} SET id = id {where}")
    may(access.district_writes and access.deletable, f"DELETE FROM {table.name} {where}")
    may(False, f"TRUNCATE {table.name} CASCADE")


@every_table
def test_a_district_adds_no_row_to_another_tenant(world: World, table: Table):
    for tail in ("", "RETURNING *", "ON CONFLICT DO NOTHING", "ON CONFLICT (tenant_id, id) DO NOTHING"):
        for own, other in world.pairs[:3] if tail else world.pairs:
            draft = world.draft(table, other.tenant_id)
            taken = draft | {"id": world.planted[table.name, other.tenant_id]}
            rows = (draft, taken, draft | {"tenant_id": 0})
            # A row that is there and one that is not are refused in the same words.
            assert len({world.refuses_row(own.role, table, row, tail) for row in rows}) == 1
            world.refuses_row(own.role, table, draft | {"tenant_id": None}, tail)


@every_table
def test_a_district_overwrites_no_row_of_another_tenant(world: World, table: Table):
    for own, other in world.pairs:
        row = world.draft(table, other.tenant_id) | {"id": world.planted[table.name, other.tenant_id]}
        tail = f"ON CONFLICT (tenant_id, id) DO UPDATE SET tenant_id = {own.tenant_id}"
        world.refuses_row(own.role, table, row, tail)
        # Under its own number the neighbour's id is free: no conflict betrays that it is taken there.
        if access_of(table).district_writes and not access_of(table).append_only:
            mine = world.draft(table, own.tenant_id) | {"id": world.planted[table.name, other.tenant_id]}
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
            world.refuses(own.role, f"UPDATE {table.name} SET tenant_id = %s", tenant_id)


REFERENCES = {
    f"{table.name}.{column}": (table, column, target)
    for table in TABLES
    for column, target in references(table)
    if access_of(table).district_writes
}


@each(REFERENCES)
def test_a_reference_to_another_tenants_row_is_one_to_no_row(world: World, reference: tuple[Table, str, Table]):
    table, column, target = reference
    for own, other in world.pairs:
        draft = world.draft(table, own.tenant_id)
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
    assert unloaded == world.tenants_seen(role, table)
