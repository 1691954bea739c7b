"""What aggregates measure, and what mutations answer with: the same rows as lists, for every role."""

from typing import Any

import psycopg
import pytest
from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from psycopg.types.json import Jsonb

from schema.contract import graphql_schema
from schema.tags import INSTITUTION_TAG
from server.kit.actor import Role
from server.kit.ids import NodeId, new_id, stable_id
from server.planner.binding import Aggregate, Grouping
from tests.visiting.conftest import TENANTS
from tests.visiting.test_paths import (
    CATALOGUE,
    GROUPS,
    found,
    leaves,
    links,
    only_visible,
    picked,
    selected,
)
from tests.visiting.test_permissions import MUTATIONS
from tests.visiting.world import HOME, OTHER, Visitor, World

_SQL = {
    Aggregate.COUNT: "count(*)",
    Aggregate.AVERAGE: "avg({})",
    Aggregate.LEAST: "min({})",
    Aggregate.GREATEST: "max({})",
    Aggregate.SUM: "sum({})",
}


def measured(
    superuser: psycopg.Connection[Any], table: str, grouping: Grouping, keys: set[tuple[int, Any]]
) -> dict[str, Any]:
    """What the measures of these rows are, in plain SQL."""
    values = []
    for one in grouping.measures.values():
        sql = _SQL[one.how].format(one.of)
        if one.within:
            sql = f"CASE WHEN count(*) = count({one.within}) AND count(DISTINCT {one.within}) = 1 THEN {sql} END"
        values.append(sql.replace("{t}", "t"))
    row = superuser.execute(
        f"SELECT {', '.join(values)} FROM {table} t WHERE id = ANY(%s)",  # type: ignore[arg-type]
        [[key[1] for key in keys]],
    ).fetchone()
    assert row is not None
    return {name: None if value is None else float(value) for name, value in zip(grouping.measures, row, strict=True)}


async def test_a_measure_is_that_of_the_visitors_rows_and_of_no_others(
    visitor: Visitor, world: World, superuser: str
) -> None:
    with psycopg.connect(superuser) as connection:
        for name, root in GROUPS.items():
            grouping = root.grouping
            assert grouping is not None
            reply = await visitor.client(f"{{ {name}(groupBy: []) {{ {' '.join(grouping.measures)} }} }}")
            keys = world.visible(visitor, root.target)
            wanted = measured(connection, CATALOGUE.types[root.target].table, grouping, keys)
            shown: list[dict[str, Any]] = found(reply, name)
            assert len(shown) == 1 or not keys
            for group in shown:
                for measure, value in wanted.items():
                    assert group[measure] == (value if value is None else pytest.approx(value)), (visitor.name, measure)


# What mutations answer with -------------------------------------------------------------------------------------------

#: Objects of mutations' payloads that no table's rule covers: what they say was decided by the caller in that very act,
#: or is read by Python under its own rule (schema/policy/readers.py).
UNPLANNED = {"AffectedCase", "PolicyChange", "PolicyVersion", "StandingChange"}


def payloads() -> dict[str, GraphQLObjectType]:
    """Every object type that a mutation answers with, problems aside."""
    made: dict[str, GraphQLObjectType] = {}
    for field in MUTATIONS.values():
        named = get_named_type(field.type)
        members = named.types if isinstance(named, GraphQLUnionType) else [named]
        for one in members:
            assert isinstance(one, GraphQLObjectType)
            if not any(interface.name == "Problem" for interface in one.interfaces):
                made[one.name] = one
    return made


def objects(type_: GraphQLNamedType) -> set[str]:
    """The object types that may stand where this type does: an interface's, as in ``Unmasked.object``, are all of its."""
    if is_abstract_type(type_):
        return {one.name for one in graphql_schema().get_possible_types(type_)}
    return set() if is_leaf_type(type_) else {type_.name}


def test_what_a_mutation_answers_with_is_read_by_the_planner() -> None:
    shown = [get_named_type(field.type) for payload in payloads().values() for field in payload.fields.values()]
    assert set().union(*map(objects, shown)) - CATALOGUE.types.keys() == UNPLANNED


#: The last of the samples' centres, which no other test looks at.
CENTRE = stable_id("sample", HOME, "centre", "2")
_RENAME = """mutation($input: RenameInstitutionInput!) { renameInstitution(input: $input) {
  __typename ... on InstitutionRenamed { institution { %s } } } }"""


async def renamed(visitor: Visitor, asked: str, key: str, version: int) -> Any:
    """The answer to renaming a centre of the home district."""
    node = NodeId(INSTITUTION_TAG, TENANTS[HOME], CENTRE)
    given = {"institution": str(node), "expectedVersion": version, "name": f"改后名称{key[-6:]}", "on": "2026-01-01"}
    return await visitor.client(_RENAME % asked, input={**given, "idempotencyKey": key})


async def current_version(superuser: str) -> int:
    with psycopg.connect(superuser) as connection:
        row = connection.execute("SELECT version FROM institution WHERE id = %s", [CENTRE]).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    "who",
    [f"{Role.DISTRICT_OFFICER}@{HOME}", "every role of a district", "analyst, and administrator here"],
)
async def test_a_mutations_answer_leads_no_further_than_a_query(
    who: str, visitors: dict[str, Visitor], world: World, superuser: str
) -> None:
    visitor, type_ = visitors[who], CATALOGUE.types["Institution"]
    asked = " ".join(f"{field} {selected(one, leaves(end))}" for field, one, end in links(type_))
    reply = await renamed(visitor, f"__typename id {asked}", f"rename {new_id()}", await current_version(superuser))
    assert reply.data["renameInstitution"]["__typename"] == "InstitutionRenamed"
    institution = reply.data["renameInstitution"]["institution"]
    fresh = World.seen(superuser, world.catalogue, world.login)
    only_visible(fresh, visitor, institution)
    again = await visitor.client(
        f"query($id: ID!) {{ institution(id: $id) {{ __typename id {asked} }} }}", id=institution["id"]
    )
    assert again.data["institution"] == institution


async def test_a_kept_answer_shows_no_object_that_is_not_the_callers(
    visitors: dict[str, Visitor], world: World, superuser: str
) -> None:
    """Whatever an idempotency key brings back is read anew, under the rules that hold now."""
    visitor = visitors[f"{Role.DISTRICT_OFFICER}@{HOME}"]
    key, version = f"kept {new_id()}", await current_version(superuser)
    assert (await renamed(visitor, "id", key, version)).data["renameInstitution"]
    hidden = [
        world.node("Institution", one)
        for one in picked(world, visitor, "Institution")
        if not world.sees(visitor, "Institution", world.rows["Institution"][one])
    ]
    assert hidden
    nowhere = str(NodeId(INSTITUTION_TAG, TENANTS[OTHER], stable_id("no such institution")))
    told = set()
    for node in (*hidden[:4], nowhere):
        with psycopg.connect(superuser) as connection:
            changed = connection.execute(
                "UPDATE kept_answer SET answer = %s WHERE key = %s", [Jsonb({"institution": node}), key]
            )
            assert changed.rowcount == 1
        reply = await renamed(visitor, "id name", key, version)
        assert reply.codes == ["NOT_FOUND"]
        told.add(reply.body["errors"][0]["message"])
    assert len(told) == 1
