"""The permission table: the golden file, that it is whole, and that every mutation keeps to it for every role."""

import csv
import re
import uuid
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLObjectType,
    get_nullable_type,
    is_non_null_type,
)

from schema.acting import CITY_WIDE, RIGHTS
from schema.contract import bindings, graphql_schema
from schema.permissions import permission_table
from schema.tags import INSTITUTION_TAG
from server.development.samples import first_centre
from server.identity import rules
from server.kit.actor import MUNICIPALITY, Role
from server.kit.ids import NodeId, stable_id
from server.settings import ROOT
from tests.driving import Client
from tests.visiting.conftest import TENANTS
from tests.visiting.world import HOME, OTHER, Visitor, World

SCHEMA = graphql_schema()
MUTATIONS = SCHEMA.mutation_type.fields if SCHEMA.mutation_type else {}


def test_the_golden_table_is_the_table() -> None:
    golden = ROOT / "tests" / "golden" / "permissions.csv"
    assert golden.read_text(encoding="utf-8") == permission_table(), (
        "read what changed; if it is meant: shequ export-permissions -o tests/golden/permissions.csv"
    )


def test_the_table_holds_every_type_field_mutation_and_role() -> None:
    lines = list(csv.reader(permission_table().splitlines()))
    assert lines[0][4:] == [role.value for role in Role]
    assert {len(line) for line in lines if line[0] != "rule"} == {4 + len(Role)}
    listed = {(line[1], line[2]) for line in lines}
    fields = {
        (type_.name, name)
        for type_ in SCHEMA.type_map.values()
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__")
        for name in type_.fields
    }
    assert fields <= listed
    numbered = {line[1] for line in lines if line[0] == "rule"}
    assert {cell for line in lines[1:] if line[0] == "read" for cell in line[4:]} == {
        "all",
        "none",
        "parent",
    } | numbered


def test_every_mutation_says_who_may_use_it() -> None:
    assert RIGHTS.keys() == MUTATIONS.keys()
    assert all(RIGHTS[name] | CITY_WIDE[name] for name in MUTATIONS)
    # Open to whoever is signed in, in any district: those who apply or object come from anywhere.
    assert {name for name, by in RIGHTS.items() if Role.PUBLIC in by} == {
        "enrolAsApplicant",
        "submitApplication",
        "withdrawApplication",
        "raiseObjection",
    }
    assert all(by == frozenset(Role) for by in RIGHTS.values() if Role.PUBLIC in by)


def test_every_role_but_the_public_can_be_granted_by_somebody() -> None:
    assert rules.GRANTED_BY.keys() == set(Role) - {Role.PUBLIC}


# Every mutation, by every visitor -------------------------------------------------------------------------------------

#: The numbers of all types in node ids, an institution's first.
TAGS = sorted({one.tag for one in bindings().types.values() if one.tag}, key=lambda tag: (tag != INSTITUTION_TAG, tag))
_NOT_OF_THE_TYPE = re.compile(r"input\.(\w+) 不是该类对象的 ID")
#: What a mutation says to whom it is not open.
CLOSED = "您在该辖区没有执行此操作的权限"
#: By mutation and field, the number of the type whose ids the field takes.
_tags: dict[str, dict[str, int]] = {}


async def tags_of(mutation: str, text: str, type_: GraphQLInputObjectType, client: Client) -> dict[str, int]:
    """Which type each field's id is of: a wrong one is told, whoever asks, before it is looked at who that is."""
    if mutation not in _tags:
        found: dict[str, int] = {}
        for _ in range(200):
            said = made_input(type_, HOME, found)
            errors = (await client(text, input=said)).body.get("errors", [])
            wrong = next((m[1] for one in errors if (m := _NOT_OF_THE_TYPE.match(one["message"]))), None)
            if wrong is None:
                break
            found[wrong] = TAGS[TAGS.index(found.get(wrong, TAGS[0])) + 1]
        _tags[mutation] = found
    return _tags[mutation]


def made_input(type_: GraphQLInputObjectType, district: str, tags: Mapping[str, int]) -> dict[str, Any]:
    """An input that coerces, about objects of this district, with what must be given."""
    return {
        name: made(get_nullable_type(field.type), name, district, tags)
        for name, field in type_.fields.items()
        if is_non_null_type(field.type)
    }


def made(type_: GraphQLInputType, name: str, district: str, tags: Mapping[str, int]) -> Any:
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLList):
        return []
    if isinstance(type_, GraphQLInputObjectType):
        return made_input(type_, district, tags)
    row = stable_id("agency", district) if name == "agency" else first_centre(district)
    values: Mapping[str, Any] = {
        "ID": str(NodeId(tags.get(name, INSTITUTION_TAG), TENANTS[district], row)),
        "Int": -1,
        "Float": -1.0,
        "Decimal": "-1",
        "Fen": "1",
        "DateTime": "2020-01-01T00:00:00+08:00",
        "UnifiedSocialCreditCode": "91110000100000000X",
        "Date": "2020-01-01",
        "Boolean": False,
        "String": district if name == "district" else uuid.uuid4().hex,
    }
    return values[type_.name]


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_mutation_is_open_to_the_roles_of_the_table_and_to_nobody_else(
    mutation: str, first_world: World, visitors: Mapping[str, Visitor], anonymous: Client
) -> None:
    type_ = get_nullable_type(MUTATIONS[mutation].args["input"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    text = f"mutation($input: {type_.name}!) {{ {mutation}(input: $input) {{ __typename }} }}"
    tags = await tags_of(mutation, text, type_, anonymous)
    by_id = any(str(field.type) == "ID!" for field in type_.fields.values())
    by_district = "district" in type_.fields
    for visitor in callers(mutation, visitors):
        for visited in visited_by(visitor, mutation):
            # Without a word of a district a mutation is about the municipality's own affairs.
            tenant = TENANTS[visited] if by_id or by_district else MUNICIPALITY
            reply = await visitor.client(text, input=made_input(type_, visited, tags))
            told = (visitor.name, visited, reply.body)
            there = {one.role for one in visitor.held if one.tenant == tenant}
            city = {one.role for one in visitor.held if one.tenant == MUNICIPALITY}
            operates = city & {Role.PLATFORM_OPERATOR}
            city_wide = city & CITY_WIDE[mutation] if tenant != MUNICIPALITY else set()
            if visitor.name == "nobody":
                assert reply.codes == ["UNAUTHENTICATED"], told
            elif Role.PUBLIC in RIGHTS[mutation]:
                assert reply.codes in ([], ["NOT_FOUND"]), told
            elif there & RIGHTS[mutation] or city_wide or (mutation == "grantMembership" and operates):
                # What narrows the role to its own objects may still refuse this one, in words of its own.
                assert reply.codes in ([], ["NOT_FOUND"], ["FORBIDDEN"]), told
                assert CLOSED not in [one["message"] for one in reply.body.get("errors", [])], told
            elif there or not by_id or by_district:
                assert reply.codes == ["FORBIDDEN"], told
            else:
                assert reply.codes == ["NOT_FOUND"], told


def callers(mutation: str, visitors: Mapping[str, Visitor]) -> list[Visitor]:
    """Every role once, and nobody; those of the other district and those with several roles by turns, one in three."""
    turn = zlib.crc32(mutation.encode())
    return [
        visitor
        for place, visitor in enumerate(visitors.values())
        if not visitor.held
        or (len(visitor.held) == 1 and visitor.held[0].tenant in (TENANTS[HOME], MUNICIPALITY))
        or (turn + place) % 3 == 0
    ]


def visited_by(visitor: Visitor, mutation: str) -> list[str]:
    """Where the visitor tries the mutation: where it holds something, and in one other place, by turns."""
    codes = {tenant: code for code, tenant in TENANTS.items()}
    places = [HOME, OTHER, "beijing"]
    held = [codes[one.tenant] for one in visitor.held if codes[one.tenant] in places]
    turn = zlib.crc32(f"{visitor.name} {mutation}".encode()) % len(places)
    return list(dict.fromkeys([*held, places[turn]]))
