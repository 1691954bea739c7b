"""Provisioning, on a PostgreSQL of its own, since roles belong to a whole cluster and other tests use theirs."""

import asyncio
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from typer.testing import CliRunner

from server import installation
from server.cli import app
from server.db import catalogue, embedded, migrating, roles
from server.db.metadata import access_of
from server.db.policies import Tenant, login_roles
from server.db.provisioning import NotWalled, provision_roles
from server.districts.files import TENANTS, load_districts
from server.districts.model import District
from server.kit.ids import new_id
from server.tables import metadata
from tests.databases import cloned
from tests.db.breaches import BREACHES, Breach
from tests.driving import Server

SECRET = "secret-of-the-second-cluster"
PASSWORD = "migrator-of-the-second-cluster"

#: The municipality and three districts: enough for everything but counting them.
FEW = load_districts()[:4]


def tenants_of(districts: Sequence[District]) -> list[Tenant]:
    return [Tenant(one.tenant_id, one.code) for one in districts if one.tenant_id > 0]


HERE = tenants_of(FEW)


class Site:
    """One database of the second cluster, with its migrator."""

    def __init__(self, superuser: str) -> None:
        self.superuser = superuser
        self.migrator = make_conninfo(superuser, user=roles.MIGRATOR, password=PASSWORD)
        self.session = psycopg.connect(superuser, autocommit=True)

    def provision(self, tenants: list[Tenant] = HERE, secret: str = SECRET) -> int:
        with psycopg.connect(self.migrator) as migrator:
            return provision_roles(migrator, metadata.sorted_tables, tenants, role_secret=secret)

    def run(self, sql: str) -> list[tuple]:
        cursor = self.session.execute(sql)
        return cursor.fetchall() if cursor.description else []

    def examine(self, tenants: list[Tenant] = HERE) -> list[catalogue.Finding]:
        return catalogue.examine(self.session, metadata.sorted_tables, tenants)

    def login(self, role: str, secret: str = SECRET) -> psycopg.Connection:
        return psycopg.connect(make_conninfo(self.superuser, user=role, password=roles.password(secret, role)))

    def state(self) -> dict[str, list[tuple]]:
        """Everything that provisioning makes, but for the salt in the passwords."""
        return {sql: self.run(sql) for sql in (*_STATE, *_SEEDED)}


_NAMED = (roles.OWNER, roles.MIGRATOR, *login_roles(HERE))

_STATE = (
    "SELECT * FROM pg_policies ORDER BY schemaname, tablename, policyname",
    "SELECT relname, acl.grantee::regrole::text, privilege_type, is_grantable, relrowsecurity, relforcerowsecurity"
    " FROM pg_class CROSS JOIN aclexplode(relacl) acl WHERE relnamespace = 'public'::regnamespace ORDER BY 1, 2, 3",
    "SELECT attrelid::regclass, attname, attacl FROM pg_attribute WHERE attacl IS NOT NULL AND attnum > 0"
    " AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) ORDER BY 1, 2",
    "SELECT acl.grantee::regrole::text, privilege_type FROM pg_namespace CROSS JOIN aclexplode(nspacl) acl"
    " WHERE nspname = 'public' ORDER BY 1, 2",
    "SELECT acl.grantee::regrole::text, privilege_type FROM pg_database CROSS JOIN aclexplode(datacl) acl"
    " WHERE datname = current_database() ORDER BY 1, 2",
    "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,"
    f" rolconnlimit, ARRAY(SELECT unnest(rolconfig) ORDER BY 1) FROM pg_roles WHERE rolname IN {_NAMED} ORDER BY 1",
    "SELECT roleid::regrole::text, member::regrole::text, inherit_option, set_option FROM pg_auth_members"
    f" WHERE member::regrole::text IN {_NAMED} OR roleid::regrole::text IN {_NAMED} ORDER BY 1, 2",
)
#: Rows that are written with the walls, in few bytes.
_SEEDED = [
    f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY tenant_id, id)) FROM {table.name} t"
    for table in metadata.sorted_tables
    if access_of(table).steward
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[embedded.Cluster]:
    with embedded.throwaway(settings={"log_statement": "ddl"}, in_memory=True) as running:
        yield running


def prepared(cluster: embedded.Cluster, name: str) -> Site:
    """A new database, migrated and not yet provisioned."""
    installation.migrate(migrating.prepare_database(cluster.superuser_dsn(), name, migrator_password=PASSWORD))
    return Site(cluster.superuser_dsn(name))


@pytest.fixture(scope="module")
def site(cluster: embedded.Cluster) -> Iterator[Site]:
    """A provisioned database; every test leaves it as it found it."""
    made = prepared(cluster, "site")
    assert made.run("SELECT * FROM pg_policies") == []
    unwalled = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    assert made.run(f"{unwalled} AND NOT (relrowsecurity AND relforcerowsecurity)") == [("alembic_version",)]
    installation.provision(made.migrator, SECRET, FEW)
    yield made
    made.session.close()


@pytest.fixture(scope="module")
def provisioned(site: Site) -> dict[str, list[tuple]]:
    """What stands once provisioned."""
    return site.state()


@pytest.fixture
def unchanged(site: Site, provisioned: dict[str, list[tuple]]) -> Iterator[None]:
    yield
    assert site.state() == provisioned


# Running again


@pytest.mark.usefixtures("unchanged")
def test_a_second_run_changes_nothing(site: Site):
    installation.provision(site.migrator, SECRET, FEW)
    # One statement a role: its password, whose verifier cannot be read and compared.
    assert site.provision() == len(login_roles(HERE))


def test_two_databases_of_one_cluster_are_provisioned_at_once(site: Site, cluster: embedded.Cluster):
    failures: list[BaseException] = []

    def provision(one: Site) -> None:
        try:
            for _ in range(3):
                one.provision()
        except BaseException as error:
            failures.append(error)

    site.session.close()  # a database is cloned while nobody is in it
    with cloned(cluster.superuser_dsn(), "site", "site_beside") as address:
        beside = Site(address)
        runs = [threading.Thread(target=provision, args=[one]) for one in (site, site, beside, beside)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert failures == []
        assert beside.examine() == []
        beside.session.close()
    site.session = psycopg.connect(site.superuser, autocommit=True)


def test_no_password_stands_in_the_servers_log(site: Site, cluster: embedded.Cluster):
    site.provision()
    log = cluster.log.read_text(encoding="utf-8", errors="replace")
    assert f"ALTER ROLE {HERE[0].role} PASSWORD 'SCRAM-SHA-256$" in log
    assert [role for role in login_roles(HERE) if roles.password(SECRET, role) in log] == []


# Drift

_PROVISIONED = [breach for breach in BREACHES if breach.rule in catalogue.PROVISIONED]

#: What a migrator who is not superuser cannot undo: the run fails and says what the superuser is to do.
_BEYOND = {
    "role-attributes superuser",
    "role-attributes bypassrls",
    "role-attributes owner logs in",
    "role-attributes migrator",
    "role-member neighbour",
    "role-member reads all",
}


def broken(site: Site, breach: Breach) -> None:
    names = {
        "district": HERE[0].role,
        "tenant": HERE[0].tenant_id,
        "neighbour": HERE[1].role,
        "database": site.session.info.dbname,
    }
    site.run(breach.sql.format(**names))


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("breach", [one for one in _PROVISIONED if str(one) not in _BEYOND], ids=str)
def test_drift_is_mended(site: Site, breach: Breach):
    broken(site, breach)
    site.provision()
    assert site.examine() == []
    for name in re.findall(r"(?:CREATE ROLE|RENAME TO) (\w+)", breach.sql):
        site.run(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("breach", [one for one in _PROVISIONED if str(one) in _BEYOND], ids=str)
def test_what_is_beyond_the_migrator_is_refused_with_the_superusers_statement(site: Site, breach: Breach):
    broken(site, breach)
    policy = f"{HERE[0].role}_owns"
    site.run(f"DROP POLICY {policy} ON review")
    with pytest.raises(NotWalled) as refused:
        site.provision()
    assert "policy-missing" in {one.rule for one in site.examine()}, "nothing is done by half"
    statements = {
        statement
        for one in refused.value.findings
        for statement in re.findall(r"(?:ALTER ROLE|REVOKE) [\w ]+", one.sentence)
        if one.rule == breach.rule
    }
    assert statements
    for statement in statements:
        site.run(statement)
    site.provision()
    assert site.examine() == []


# Districts come and go

NEW = """
tenant_id: 18
code: xinqu
name: 新区
name_en: New District
kind: DISTRICT
division_code: "110199"
statistics_code: null
display_order: 18
aliases: [新区]
address_markers: []
authorities:
  - {kind: HEALTH_COMMISSION, name: 北京市新区卫生健康委员会}
agency:
  name: 新区医疗保障经办机构
  phones: ["12345678"]
  email: xinqu@example.com
"""


def command(site: Site, folder: Path, secret: str = SECRET) -> str:
    """``shequ provision`` on the folder; what it says."""
    settings = {
        "SHEQU_DATABASE_URL": installation.server_dsn(site.superuser),
        "SHEQU_MIGRATOR_URL": site.migrator,
        "SHEQU_ROLE_SECRET": secret,
    }
    result = CliRunner().invoke(app, ["provision", "--tenants", str(folder)], env=settings, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


async def test_an_eighteenth_district_is_one_folder_and_one_command(cluster: embedded.Cluster, tmp_path: Path):
    folder = tmp_path / "tenants"
    shutil.copytree(TENANTS, folder)
    (folder / "xinqu").mkdir()
    (folder / "xinqu" / "district.yaml").write_text(NEW, encoding="utf-8")
    seventeen, added = tenants_of(load_districts()), Tenant(18, "xinqu")
    site = prepared(cluster, "eighteen")
    assert "已配置 17 个辖区" in await asyncio.to_thread(command, site, TENANTS)
    assert "已配置 18 个辖区" in await asyncio.to_thread(command, site, folder)
    assert site.examine([*seventeen, added]) == []

    with site.login(added.role) as connection:
        connection.execute(
            "INSERT INTO organisation (tenant_id, id, name, kind, created_by, source)"
            " VALUES (18, %s, '新区卫生服务有限公司', 'OTHER', 'a test', 'PERSON')",
            [new_id()],
        )
        assert connection.execute("SELECT name FROM organisation").fetchall() == [("新区卫生服务有限公司",)]
    with site.login(seventeen[0].role) as connection:
        assert connection.execute("SELECT name FROM organisation").fetchall() == []

    server = await Server.start(installation.server_dsn(site.superuser), SECRET, tmp_path / "issuer")
    reply = await server.client(None)("{ districts { code insuranceAgency { name } } }")
    await server.stop()
    assert reply.data["districts"][-1] == {"code": "xinqu", "insuranceAgency": {"name": "新区医疗保障经办机构"}}
    assert len(reply.data["districts"]) == 18

    # Gone from the folder it is shut out; its rows stay.
    assert "已配置 17 个辖区" in await asyncio.to_thread(command, site, TENANTS)
    assert site.examine(seventeen) == []
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        site.login(added.role)
    assert site.run("SELECT tenant_id FROM organisation") == [(18,)]
    site.run(f"DROP ROLE {added.role}")
    site.session.close()


def test_rotating_the_secret_is_provisioning_again(site: Site):
    site.provision(secret="another-secret-altogether")
    for role in login_roles(HERE):
        with site.login(role, "another-secret-altogether") as connection:
            assert connection.execute("SELECT current_user").fetchone() == (role,)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            site.login(role)
    site.provision()
    with site.login(HERE[0].role) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("code", ["", "a", "Fengtai", "1st", "a-b", "a b", "a" * 42, 'x"; DROP ROLE y; --', "区"])
def test_a_code_that_is_no_role_name_is_refused(code: str):
    with pytest.raises(ValueError, match="expected 2 to 41 characters"):
        roles.district_role(code)
