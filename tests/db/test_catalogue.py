"""The database as provisioned keeps every rule of the catalogue, and no rule can be broken unseen."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from server import installation
from server.db import catalogue, roles
from server.db.policies import Tenant
from server.districts.files import load_districts
from server.tables import metadata
from tests.db.breaches import BREACHES, Breach


@pytest.fixture(scope="module")
def connection(superuser: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(superuser) as opened:
        yield opened


def test_the_provisioned_database_keeps_every_rule(connection, tenants):
    assert catalogue.examine(connection, metadata.sorted_tables, tenants) == []


def test_any_login_may_examine(superuser, role_secret):
    login = make_conninfo(
        superuser, user=roles.PUBLIC_READER, password=roles.password(role_secret, roles.PUBLIC_READER)
    )
    assert installation.examine(login, load_districts()) == []
    assert {one.rule for one in installation.examine(login, load_districts()[:-1])} >= {"policy-foreign", "grant-extra"}


def test_every_rule_has_its_breach():
    assert {breach.rule for breach in BREACHES} == set(catalogue.RULES)


def test_every_rule_says_what_holds():
    assert [one.code for one in catalogue.RULES.values() if not one.holds] == []


@pytest.mark.parametrize("breach", BREACHES, ids=str)
def test_a_breach_is_found(breach: Breach, connection: psycopg.Connection, tenants: list[Tenant]):
    names = {
        "district": tenants[0].role,
        "tenant": tenants[0].tenant_id,
        "neighbour": tenants[1].role,
        "database": connection.info.dbname,
    }
    try:
        connection.execute(breach.sql.format(**names))
        findings = catalogue.examine(connection, metadata.sorted_tables, tenants)
    finally:
        connection.rollback()
    assert {one.rule for one in findings} == {breach.rule, *breach.also}
    found = [one for one in findings if one.rule == breach.rule]
    assert any(breach.names.format(**names) in one.object for one in found), found
    assert all(one.sentence for one in found)
