"""A second opinion: pgrls, a linter of row-level security that knows nothing of our declarations.

Of its proofs, ``verify --mode cross-tenant`` says nothing here (measured: UNVERIFIED for every table), because it looks for
a tenant taken from the session and ours is a literal per role.  Its lint and its matrix of access do fit.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Table

from server.db import roles
from server.db.metadata import access_of, sealed_columns
from server.db.policies import Tenant, wall_of
from server.tables import metadata
from tests.databases import cloned

TABLES = metadata.sorted_tables

#: Notes that hold for the design as such: each district's policies hold its number as a literal, for a
#: role of its own, and there is no role for a restrictive floor to bind besides.
BY_DESIGN = ("SEC007", "SEC021")
#: Rules on policies that are open to a role.  They stay on, and pass over exactly the policies that are declared so.
ON_OPEN_POLICIES = ("SEC005", "SEC008", "SEC028", "SEC038")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, tenants: list[Tenant]) -> Path:
    """The configuration, with the policies that are open as declared."""
    declared = [policy for table in TABLES for policy in wall_of(table, tenants).policies]
    opened = [f"public.{one.table}.{one.name}" for one in declared if "true" in (one.using, one.check)]
    # These name a column of the row beside the tenant's number: what is published, or asked of another district, is few
    # rows, and other indexes find them.
    of_the_row = [
        f"public.{one.table}.{one.name}"
        for one in declared
        if one.name.endswith(("_reads", "_reads_city", "_reads_published", "_is_party"))
    ]
    text = f"[lint]\nfail_on = 'info'\ndisable = {json.dumps(BY_DESIGN)}\n"
    text += '[lint.rules.SEC001]\nallowlist = ["public.alembic_version"]\n'
    text += "".join(f"[lint.rules.{rule}]\nallowlist = {json.dumps(opened)}\n" for rule in ON_OPEN_POLICIES)
    text += f"[lint.rules.PERF003]\nallowlist = {json.dumps(of_the_row)}\n"
    path = tmp_path_factory.mktemp("pgrls") / "pgrls.toml"
    path.write_text(text, encoding="utf-8")
    return path


def pgrls(command: str, address: str, *arguments: str) -> dict:
    """What pgrls answers in JSON."""
    program = shutil.which("pgrls", path=str(Path(sys.executable).parent))
    assert program, "pgrls is among the development requirements"
    done = subprocess.run(
        [program, command, "--database-url", address, "--format", "json", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_it_finds_nothing_in_the_provisioned_database(superuser: str, config: Path):
    assert pgrls("lint", superuser, "--config", str(config))["violations"] == []


def test_it_finds_what_is_wrong(superuser_dsn: str, template: str, worker_id: str, tenants: list[Tenant], config: Path):
    with cloned(superuser_dsn, template, f"shequ_pgrls_{worker_id}") as address:
        with psycopg.connect(address) as superuser:
            for statement in (
                "ALTER TABLE site DISABLE ROW LEVEL SECURITY",
                "ALTER TABLE review NO FORCE ROW LEVEL SECURITY",
                f"ALTER POLICY {tenants[0].role}_owns ON institution USING (true)",
                "CREATE POLICY everybody ON membership TO PUBLIC USING (true)",
                "CREATE VIEW definers AS SELECT * FROM institution",
                "CREATE FUNCTION spy(text) RETURNS text LANGUAGE sql LEAKPROOF AS 'SELECT $1'",
            ):
                superuser.execute(statement)
        found = pgrls("lint", address, "--config", str(config))["violations"]
    assert {(one["rule_id"], one["location"]) for one in found} >= {
        ("SEC032", "public.site"),
        ("SEC002", "public.review"),
        ("SEC008", f"public.institution.{tenants[0].role}_owns"),
        ("SEC003", "public.membership.everybody"),
        ("VIEW001", "public.definers"),
        ("SEC017", "public.spy"),
    }


def test_who_can_do_what_is_what_access_says(superuser: str, tenants: list[Tenant]):
    own, other = tenants[0].role, tenants[-1].role
    columns = (*roles.SHARED, own, other)
    rows = pgrls("matrix", superuser, "--roles", ",".join(columns))["rows"]
    seen = {
        (one["table"].removeprefix("public."), one["command"], role): one["access"][role]["verdict"]
        for one in rows
        for role in columns
        if one["table"] != "public.alembic_version"
    }
    commands = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
    assert seen == {
        (table.name, command, role): said(table, command, role)
        for table in TABLES
        for command in commands
        for role in columns
    }


def said(table: Table, command: str, role: str) -> str:
    """What the declaration of the table, in words, lets the role do: with all rows, with some, or with none."""
    access = access_of(table)
    reads, adds = command == "SELECT", command == "INSERT"
    writes = adds or (command == "UPDATE" and not access.append_only)
    writes = writes or (command == "DELETE" and access.deletable)
    match role:
        case roles.MUNICIPAL_READER:
            some, all_ = False, reads and access.municipal_reads
        case roles.AUDITOR:
            some, all_ = False, (reads and access.audited) or (adds and access.chained)
        case roles.PUBLIC_READER:
            some, all_ = reads and access.published_when is not None, reads and access.published
        case roles.CUSTODIAN:  # of sealed columns alone, which the matrix does not tell
            some, all_ = False, (reads or command == "UPDATE") and bool(sealed_columns(table))
        case roles.INSURANCE_CENTRE:
            does = access.insurance_centre
            some, all_ = False, (reads and does in ("reads", "works")) or (writes and does == "works")
            all_ = all_ or (adds and does == "adds")
        case roles.AUTHENTICATOR:  # where it keeps sessions, of tenant 0 alone, it does all but truncate
            some, all_ = access.sessions and command != "TRUNCATE", reads and access.sign_in
        case roles.PLATFORM:
            some, all_ = False, access.steward and (writes or (reads and not access.append_only))
        case roles.MUNICIPAL_WRITER:
            some, all_ = access.municipal and (reads or writes), False
        case _:
            some, all_ = reads or (access.district_writes and writes), reads and access.published
    return "open" if all_ else "conditional" if some else "denied"
