"""Non-interference: whatever a neighbour does, a district's answers, errors, costs and statements stay what they were.

Statements stand for the class of timing: what takes no other statement, with no other parameters, reads no other rows.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st
from psycopg import sql

from schema.contract import graphql_schema
from schema.reading import NODE, NODES
from server.db.metadata import access_of
from server.tables import metadata
from tests.compiled.generated import Generated, Pools, operations
from tests.db.rows import Rows
from tests.visiting.conftest import TENANTS
from tests.visiting.ground import CATALOGUE, SEATS, Attacker, Ground

#: Tables in which a neighbour's rows are its own affair: published ones are there to be seen.
TABLES = [
    one
    for one in metadata.sorted_tables
    if not (access_of(one).published or access_of(one).published_when or access_of(one).counterpart)
]
POOLS = Pools({"Institution": ["nothing"]})
QUERIES = operations(graphql_schema(), [*CATALOGUE.roots, NODE, NODES], POOLS)
OBSERVERS = ["nobody", *(f"attacker:{role}@{SEATS[0]}" for role in ("DISTRICT_ADMINISTRATOR", "INSTITUTION_STAFF"))]


class Neighbour:
    """The districts next door, at work: any row of theirs may come, change or go."""

    def __init__(self, superuser: str) -> None:
        self.connection = psycopg.connect(superuser, autocommit=True)
        self.rows = Rows(self.connection)

    def act(self, what: str, table: Any, tenant: int) -> bool:
        """Whether it could be done: what refers to a row may stand in the way."""
        name, own = sql.Identifier(table.name), sql.Literal(tenant)
        picked = sql.SQL("id = (SELECT id FROM {} WHERE tenant_id = {} ORDER BY random() LIMIT 1)").format(name, own)
        with contextlib.suppress(psycopg.errors.IntegrityError, AssertionError), self.connection.transaction():
            if what == "come":
                self.rows.plant(table, tenant)
                return True
            if what == "go":
                done = self.connection.execute(
                    sql.SQL("DELETE FROM {} WHERE tenant_id = {} AND {}").format(name, own, picked)
                )
                return done.rowcount > 0
            texts = [one.name for one in table.columns if str(one.type) == "TEXT" and not one.foreign_keys]
            if not texts:
                return False
            column = sql.Identifier(texts[-1])
            done = self.connection.execute(
                sql.SQL("UPDATE {} SET {} = {} || 'x' WHERE tenant_id = {} AND {}").format(
                    name, column, column, own, picked
                )
            )
            return done.rowcount > 0
        return False


@pytest.fixture(scope="module")
def neighbour(ground: Ground) -> Iterator[Neighbour]:
    POOLS.ids = ground.ids
    made = Neighbour(ground.superuser)
    yield made
    made.connection.close()


async def observed(ground: Ground, observer: Attacker, asked: Generated) -> tuple[bytes, list[tuple[str, str]]]:
    """All that an observer sees of an answer, and the statements it took."""
    before = len(ground.server.statements)
    answer, body = await ground.ask(observer, asked.text, asked.variables)
    return orjson.dumps([answer.executed, body]), ground.server.statements[before:]


#: By name: a table says all its columns wherever it is shown.
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["come", "change", "change", "go"]),
        st.sampled_from([table.name for table in TABLES]),
        st.sampled_from(SEATS[1:]),
    ),
    min_size=1,
    max_size=5,
)


@seed(20261122)
@settings(
    max_examples=60, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(asked=QUERIES, name=st.sampled_from(OBSERVERS), actions=ACTIONS)
async def test_what_neighbours_do_changes_nothing_that_is_seen(
    ground: Ground, neighbour: Neighbour, asked: Generated, name: str, actions: list[tuple[str, str, str]]
) -> None:
    note(f"{name}: {asked.text}\n{asked.variables}")
    observer = ground.attackers[name]
    await observed(ground, observer, asked)  # what is read once a process, is
    before = await observed(ground, observer, asked)
    for what, table, district in actions:
        note(f"{district}: {what} {table}")
        neighbour.act(what, metadata.tables[table], TENANTS[district])
    assert await observed(ground, observer, asked) == before


def test_neighbours_do_something(neighbour: Neighbour) -> None:
    """The law would hold of neighbours who can do nothing."""
    tenant = TENANTS[SEATS[2]]
    able = [table.name for table in TABLES if neighbour.act("come", table, tenant)]
    assert len(able) > len(TABLES) * 0.7
    assert sum(neighbour.act("change", table, tenant) for table in TABLES) > len(TABLES) * 0.5
