"""The laws of reading, over rows of every table there is.

A statement answers what the oracle answers; what Python computes for many rows at once is what it computes for each.
``tests/compiled`` holds the first over a register that is awkward on purpose; here stand the rows of all procedures.
"""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from schema.access import Request
from schema.contract import bindings, graphql_schema
from schema.reading import NODE, NODES
from server.identity.store import find_actor
from server.kit import clock
from server.kit.ids import NodeId
from tests.compiled.generated import COMPUTED, Generated, Pools, operations
from tests.compiled.oracle import naive_answer, same
from tests.driving import Client, Server
from tests.visiting.world import HOME, Visitor, World

CATALOGUE = bindings()
#: Filled by ``ids``: what is drawn from depends on what stands in the world.
_IDS: dict[str, list[str]] = {"District": []}
OPERATIONS = operations(graphql_schema(), [*CATALOGUE.roots, NODE, NODES], Pools(_IDS))
#: Who sees much, who sees some, who sees other districts' only where they take part, and nobody.
ASKING = (
    f"DISTRICT_OFFICER@{HOME}",
    f"AGENCY_OFFICER@{HOME}",
    f"EXPERT@{HOME}",
    "staff of two institutions",
    "MUNICIPAL_ANALYST",
    "MUNICIPAL_INSURANCE_OFFICER",
    "every role of a district",
)
#: So many rows of a type prove as much as all of them.
_MANY = 12


@pytest.fixture
def ids(world: World) -> Mapping[str, list[str]]:
    """The node ids of some rows of each type, of every district."""
    for type_ in CATALOGUE.types.values():
        if type_.tag is not None:
            keys = sorted(world.rows[type_.name])
            step = max(1, len(keys) // _MANY)
            _IDS[type_.name] = [str(NodeId(type_.tag, *one)) for one in keys[::step]][:_MANY]
    for name in [name for name, found in _IDS.items() if not found]:
        del _IDS[name]
    return _IDS


@given(asked=OPERATIONS, name=st.sampled_from(ASKING))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
async def test_planned_is_naive_over_all_procedures(
    server: Server, visitors: Mapping[str, Visitor], ids: Mapping[str, list[str]], asked: Generated, name: str
) -> None:
    note(f"{name}: {asked.text}\n{asked.variables}")
    actor = await find_actor(server.app.pools, f"visitor:{name}", clock.today())
    running, request = server.app.operations, Request(server.app.engine, actor, "law")
    answer = await running.answer(request, asked.text, asked.variables)
    body = orjson.loads(orjson.dumps(answer.body))
    codes = [(tuple(one.get("path", ())), one["extensions"]["code"]) for one in body.get("errors", ())]
    assume(answer.executed or codes[0][1] not in ("GRAPHQL_VALIDATION_FAILED", "MAX_COST_EXCEEDED"))
    assert all(code != "INTERNAL_SERVER_ERROR" for _, code in codes), codes
    naive = await naive_answer(running, Request(server.app.engine, actor, "law"), asked.text, asked.variables)
    if body["data"] is None:
        assert naive.data is None
        assert set(codes) <= set(naive.errors)
        return
    assert sorted(codes) == sorted(naive.errors)
    assert same(body["data"], naive.data), (body["data"], naive.data)


def leaves_of(field: GraphQLField, lists: int = 2) -> str:
    """All that can be asked of a field without arguments, as deep as lists may be nested."""
    type_, lists = get_named_type(field.type), lists - ("[" in str(field.type))
    if not isinstance(type_, GraphQLObjectType):
        return "" if is_leaf_type(type_) else " { __typename }"
    asked = [
        f"{name}{leaves_of(one, lists)}"
        for name, one in type_.fields.items()
        if (lists > 0 or "[" not in str(one.type))
        and not any(is_required_argument(argument) for argument in one.args.values())
        and get_named_type(one.type).name not in CATALOGUE.types
    ]
    return f" {{ {' '.join(asked) or '__typename'} }}"


#: Types whose rows only their procedure can make; planted ones hold no decision and no form.  Their own tests ask for them.
HOLLOW = {"DesignationApplication", "EligibilityCheck"}
#: The types that Python computes something of, as far as they can be asked for by id.
COMPUTING = sorted({type_ for type_, _ in COMPUTED if CATALOGUE.types[type_].tag is not None} - HOLLOW)


@pytest.mark.parametrize("type_", COMPUTING)
async def test_what_is_computed_for_many_is_what_is_computed_for_each(
    visitors: Mapping[str, Visitor], ids: Mapping[str, list[str]], type_: str
) -> None:
    definition = graphql_schema().type_map[type_]
    assert isinstance(definition, GraphQLObjectType)
    computed = {name: definition.fields[name] for owner, name in sorted(COMPUTED) if owner == type_}
    fields = " ".join(
        f"{name}{_GIVEN.get(name, '')}{leaves_of(one)}" for name, one in computed.items() if name not in _PASSING
    )
    seen = 0
    # A decision bears the instant it was made at.
    with clock.frozen(clock.now()):
        for name in ("every role of a district", "MUNICIPAL_ANALYST", "MUNICIPAL_INSURANCE_OFFICER"):
            client = visitors[name].client
            # A row that was planted outside any procedure may hold nothing to compute from.
            each = {one: await _nodes(client, type_, fields, [one]) for one in ids[type_]}
            sound = {one: found[0] for one, found in each.items() if found is not None}
            many = await _nodes(client, type_, fields, list(sound))
            assert many == list(sound.values())
            seen += sum(one is not None for one in sound.values())
    assert seen


#: Arguments of those that need one.
_GIVEN = {"policy": "(kind: EXIT)"}
#: Addresses that bear the second they were made in.
_PASSING = frozenset({"downloadUrl"})


async def _nodes(client: Client, type_: str, fields: str, ids: list[str]) -> list[Any] | None:
    """The objects, null for what the caller does not see; None where one of them cannot be computed."""
    text = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_} {{ id {fields} }} }} }}"
    reply = await client(text, ids=ids)
    assert reply.codes in ([], ["INTERNAL_SERVER_ERROR"]), reply.body
    return None if reply.codes else list(reply.data["nodes"])
