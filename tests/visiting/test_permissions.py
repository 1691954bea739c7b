"""The permission table: the golden file, that it is whole, and that every mutation keeps to it for every role."""

import csv
import uuid
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

from schema.acting import RIGHTS
from schema.contract import graphql_schema
from schema.districts import AGENCY_TAG
from schema.identity import MEMBER_TAG
from schema.institutions import INSTITUTION_TAG
from schema.people import PERSON_TAG
from schema.permissions import permission_table
from schema.policies import POLICY_TAG
from server.development.samples import first_centre
from server.identity import rules
from server.kit.actor import MUNICIPALITY, Role
from server.kit.ids import NodeId, stable_id
from server.settings import ROOT
from tests.visiting.conftest import TENANTS
from tests.visiting.world import HOME, OTHER, Visitor

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
    assert all(RIGHTS.values())
    assert not any(Role.PUBLIC in by for by in RIGHTS.values())


def test_every_role_but_the_public_can_be_granted_by_somebody() -> None:
    assert rules.GRANTED_BY.keys() == set(Role) - {Role.PUBLIC}


# Every mutation, by every visitor -------------------------------------------------------------------------------------

#: Any other id is an institution's.
_TAGS = {"agency": AGENCY_TAG, "member": MEMBER_TAG, "policy": POLICY_TAG, "person": PERSON_TAG}


def made_input(type_: GraphQLInputObjectType, district: str) -> dict[str, Any]:
    """An input that coerces, about objects of this district, with what must be given."""
    return {
        name: made(get_nullable_type(field.type), name, district)
        for name, field in type_.fields.items()
        if is_non_null_type(field.type)
    }


def made(type_: GraphQLInputType, name: str, district: str) -> Any:
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, GraphQLList):
        return []
    if isinstance(type_, GraphQLInputObjectType):
        return made_input(type_, district)
    row = stable_id("agency", district) if name == "agency" else first_centre(district)
    values: Mapping[str, Any] = {
        "ID": str(NodeId(_TAGS.get(name, INSTITUTION_TAG), TENANTS[district], row)),
        "Int": -1,
        "Date": "2020-01-01",
        "Boolean": False,
        "String": district if name == "district" else uuid.uuid4().hex,
    }
    return values[type_.name]


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_mutation_is_open_to_the_roles_of_the_table_and_to_nobody_else(
    mutation: str, samples: None, visitor: Visitor
) -> None:
    type_ = get_nullable_type(MUTATIONS[mutation].args["input"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    text = f"mutation($input: {type_.name}!) {{ {mutation}(input: $input) {{ __typename }} }}"
    by_id = any(str(field.type) == "ID!" for field in type_.fields.values())
    by_district = "district" in type_.fields
    for visited in (HOME, OTHER, "beijing"):
        # Without a word of a district a mutation is about the municipality's own affairs.
        tenant = TENANTS[visited] if by_id or by_district else MUNICIPALITY
        reply = await visitor.client(text, input=made_input(type_, visited))
        there = {one.role for one in visitor.held if one.tenant == tenant}
        operates = {one.role for one in visitor.held} & {Role.PLATFORM_OPERATOR}
        if visitor.name == "nobody":
            assert reply.codes == ["UNAUTHENTICATED"]
        elif there & RIGHTS[mutation] or (mutation == "grantMembership" and operates):
            assert reply.codes in ([], ["NOT_FOUND"])
        elif there or not by_id or by_district:
            assert reply.codes == ["FORBIDDEN"]
        else:
            assert reply.codes == ["NOT_FOUND"]
