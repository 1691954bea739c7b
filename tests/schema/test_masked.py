"""No personal value is told but masked, and nothing is filtered, ordered, grouped or counted by one."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import GraphQLInputObjectType, is_enum_type
from strawberry.schema.config import StrawberryConfig

from schema.contract import bindings, graphql_schema
from schema.filters import UNSET, StringFilter
from schema.planned import MASKED_TEXT, BindingError, Binds, catalogue, field_of
from schema.scalars import SCALARS, MaskedText
from server.db.metadata import metadata, sealed_columns
from server.people.tables import person
from server.planner.binding import Aggregate, Compare, Grouping, GroupKey, Key, Kind, Masked, Measure, Root, Shape

PERSONAL = {
    name for table in metadata.sorted_tables for column in sealed_columns(table).values() for name in column.names
}


def test_there_is_something_to_protect() -> None:
    assert {"identity_number_sealed", "phone_masked", "identity_number_index"} <= PERSONAL


def test_every_masked_field_of_the_schema_is_a_sealed_columns_mask_and_no_other_field_is() -> None:
    schema = graphql_schema()
    for type_ in bindings().types.values():
        fields: Mapping[str, Any] = schema.type_map[type_.name].fields  # type: ignore[attr-defined]
        told_masked = {name for name, field in fields.items() if str(field.type).rstrip("!") == MASKED_TEXT}
        assert told_masked == {name for name, one in type_.fields.items() if isinstance(one, Masked)}
        others = [one for name, one in type_.fields.items() if name not in told_masked]
        for one in (*others, *type_.orders.values(), *type_.filters.values()):
            assert not [name for name in PERSONAL if name in getattr(one, "sql", "")]


def test_no_input_of_the_schema_takes_a_mask() -> None:
    for type_ in graphql_schema().type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            assert not [name for name, field in type_.fields.items() if MASKED_TEXT in str(field.type)], type_.name
        assert not (is_enum_type(type_) and MASKED_TEXT in type_.name)


# What a developer might try ------------------------------------------------------------------------------------------


@strawberry.type
class Query:
    """A root."""

    @strawberry.field
    def ok(self) -> bool:
        return True


def bound(*types: Any, root: Root | None = None, **binds: Any) -> None:
    """Bind the first type to the table of people."""
    schema = strawberry.Schema(query=Query, types=types, config=StrawberryConfig(scalar_map=SCALARS))._schema
    catalogue(schema, [Binds(types[0], person, {}, **binds)], {"root": root} if root else {}, {})


def typed(**fields: tuple[Any, Any]) -> Any:
    """A GraphQL type ``Somebody`` with these fields."""
    annotations = {name: kind for name, (kind, _) in fields.items()}
    values = {name: value for name, (_, value) in fields.items()}
    return strawberry.type(type("Somebody", (), {"__annotations__": annotations, **values}))


def test_a_mask_is_bound() -> None:
    bound(typed(phone=(MaskedText | None, field_of("电话"))))


@pytest.mark.parametrize("column", ["phone_masked", "phone_sealed", "identity_number_index"])
def test_plain_text_over_a_personal_column_does_not_start(column: str) -> None:
    with pytest.raises(BindingError):
        bound(typed(told=(str | None, field_of("电话"))), columns={"told": column})


@pytest.mark.parametrize("name", ["name", "nothing", "phone_masked"])
def test_a_mask_over_anything_else_does_not_start(name: str) -> None:
    with pytest.raises(BindingError, match="sealed"):
        bound(typed(**{name: (MaskedText | None, field_of("?"))}))


def test_a_mask_that_promises_a_value_does_not_start() -> None:
    with pytest.raises(BindingError, match="absent"):
        bound(typed(phone=(MaskedText, field_of("电话"))))


@pytest.mark.parametrize("column", ["phone_masked", "identity_number_index", "identity_number_masked"])
def test_a_filter_over_a_personal_column_does_not_start(column: str) -> None:
    filter_ = type("SomebodyFilter", (), {"__annotations__": {"phone": StringFilter | None}, "phone": UNSET})
    taken = strawberry.input(filter_)

    @strawberry.type
    class Asking:
        @strawberry.field
        def asked(self, filter: taken | None = None) -> bool:  # type: ignore[valid-type]
            return bool(filter)

    operand = Compare(f"{{t}}.{column}", Kind.TEXT)
    with pytest.raises(BindingError, match="personal"):
        bound(typed(name=(str, field_of("姓名"))), Asking, filters={"phone": operand})


def test_an_order_over_a_personal_column_does_not_start() -> None:
    order = strawberry.enum(Enum("SomebodyOrderField", {"PHONE": "PHONE"}))

    @strawberry.type
    class Asking:
        @strawberry.field
        def asked(self, by: order | None = None) -> bool:  # type: ignore[valid-type]
            return bool(by)

    with pytest.raises(BindingError, match="personal"):
        bound(typed(name=(str, field_of("姓名"))), Asking, orders={"PHONE": Key("{t}.phone_masked", Kind.TEXT)})


@pytest.mark.parametrize(
    "grouping",
    [
        {"keys": {"PHONE": GroupKey("phone", "{t}.phone_masked", Kind.TEXT)}, "measures": {}},
        {"keys": {}, "measures": {"least": Measure(Aggregate.LEAST, "{t}.identity_number_masked")}},
        {"keys": {}, "measures": {"count": Measure(Aggregate.COUNT, "", "{t}.phone_masked")}},
    ],
)
def test_a_group_by_or_of_a_personal_column_does_not_start(grouping: dict[str, Any]) -> None:
    root = Root("Somebody", Shape.GROUPS, grouping=Grouping("SomebodyGroup", "SomebodyGroupKey", **grouping))
    with pytest.raises(BindingError, match="personal"):
        bound(typed(name=(str, field_of("姓名"))), root=root)
