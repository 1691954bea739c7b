"""Everything in the schema is described, with the Chinese term."""

import re
from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from schema.contract import graphql_schema

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def described() -> Iterator[tuple[str, str | None]]:
    """Every type, field, argument, enum value and directive with its description."""
    schema = graphql_schema()
    for name, type_ in schema.type_map.items():
        if is_introspection_type(type_) or is_specified_scalar_type(type_):
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            for value, definition in type_.values.items():
                yield f"{name}.{value}", definition.description
        elif isinstance(type_, GraphQLInputObjectType):
            for field, one in type_.fields.items():
                yield f"{name}.{field}", one.description
        elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in type_.fields.items():
                yield f"{name}.{field}", definition.description
                for argument, given in definition.args.items():
                    yield f"{name}.{field}({argument}:)", given.description
    for directive in schema.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description


def test_everything_has_a_description_with_its_chinese_term() -> None:
    assert [place for place, text in described() if not _CHINESE.search(text or "")] == []
