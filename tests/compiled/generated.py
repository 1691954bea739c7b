"""Operations generated over the whole schema: any planned field, with any arguments, nested, aliased, in fragments.

Values are drawn from what the awkward register holds, so that filters find something; now and then one is out of bounds.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from hypothesis import strategies as st

from schema.contract import bindings
from server.planner.binding import Computed
from tests.compiled.awkward import DISTRICTS, TEXTS

Draw = st.DrawFn

_WORDS = ["社区", "a", "b", "中", "\\", '"', "%", "_", "😀", "'", "{", "name", "", "R1", "2025", "1"]
_DAYS = ["2024-01-01", "2024-03-01", "2025-01-25", "2026-01-02", "0001-01-01", "9999-12-31"]
#: Among them one instant by two offsets, and one between two whole seconds.
_INSTANTS = [
    "2024-03-01T09:00:00+08:00",
    "2024-03-01T01:00:00Z",
    "2025-01-25T12:00:00.123456+08:00",
    "2026-11-22T00:00:00-05:00",
    "1900-01-01T00:00:00Z",
    "9998-12-31T23:59:59+08:00",
]

#: Fields that Python computes: the planner answers them with an id, which proves nothing here.
COMPUTED = frozenset(
    (type_.name, name)
    for type_ in bindings().types.values()
    for name, one in type_.fields.items()
    if isinstance(one, Computed)
)


@dataclass
class Generated:
    """A query with its variables."""

    text: str
    variables: dict[str, Any]


@dataclass
class Pools:
    """What ids there are, as node ids by type name, and some that name nothing."""

    ids: Mapping[str, Sequence[str]]
    broken: Sequence[str] = ("", "nonsense", "AwAAAAUhKa5hgzpTIYTk5wTMyDg=", "_" * 28)


@dataclass
class _Writing:
    draw: Draw
    schema: GraphQLSchema
    pools: Pools
    fields: Sequence[str]
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    count: int = 0
    aliases: int = 0

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def pick(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(list(options)))

    # Selections ------------------------------------------------------------------------------------------------------

    def operation(self) -> Generated:
        root = self.schema.query_type
        assert root is not None
        chosen = self.draw(st.lists(st.sampled_from(self.fields), min_size=1, max_size=3))
        body = " ".join(self._field(root, root.fields[name], name, 3) for name in chosen)
        if self.chance(20):
            body += " __typename"
        head = f"query Q({', '.join(self.declared)}) " if self.declared else "query Q "
        return Generated("\n".join([f"{head}{{ {body} }}", *self.fragments]), self.variables)

    def _set(self, type_: Any, depth: int) -> str:
        """A selection set on an object type or interface."""
        if isinstance(type_, GraphQLInterfaceType):
            parts = ["__typename"] if self.chance(70) else ["id"]
            for one in self.draw(st.lists(st.sampled_from(self.schema.get_possible_types(type_)), max_size=3)):
                parts.append(f"... on {one.name} {{ {self._fields(one, depth)} }}")
            return " ".join(parts)
        return self._fields(type_, depth)

    def _fields(self, type_: GraphQLObjectType, depth: int) -> str:
        connection = type_.name.endswith("Connection")
        options = [
            name
            for name, one in type_.fields.items()
            if (depth > 0 or is_leaf_type(get_named_type(one.type))) and (type_.name, name) not in COMPUTED
        ]
        if connection and depth > 0:
            options += ["edges", "nodes", "edges"]
        chosen = self.draw(st.lists(st.sampled_from([*options, "__typename"]), min_size=1, max_size=4))
        parts = []
        for name in chosen:
            if name == "__typename":
                parts.append(self._keyed("__typename") if self.aliases < 27 and self.chance(30) else "__typename")
            else:
                # Edges and page info are no level of their own.
                below = depth if name in ("edges", "pageInfo") or type_.name.endswith("Edge") else depth - 1
                parts.append(self._field(type_, type_.fields[name], name, below))
        return " ".join(self._wrapped(type_, part) for part in parts)

    def _wrapped(self, type_: GraphQLObjectType, part: str) -> str:
        """The part as it is, or in a fragment."""
        match self.draw(st.integers(0, 19)):
            case 0:
                return f"... {{ {part} }}"
            case 1:
                return f"... on {type_.name} {self._directive()} {{ {part} }}"
            case 2:
                name = self.fresh("F")
                self.fragments.append(f"fragment {name} on {type_.name} {{ {part} }}")
                return f"...{name} {self._directive()}"
            case 3 if any(one.name == "Node" for one in type_.interfaces):
                return f"... on Node {{ id }} {part}"
        return part

    def _directive(self) -> str:
        if not self.chance(30):
            return ""
        name = self.pick(["skip", "include"])
        value = self.draw(st.booleans())
        condition = self._variable("Boolean!", value) if self.chance(50) else json.dumps(value)
        return f"@{name}(if: {condition})"

    def _keyed(self, name: str) -> str:
        self.aliases += 1
        return f"{self.fresh('k')}: {name}"

    def _field(self, parent: GraphQLObjectType, definition: GraphQLField, name: str, depth: int) -> str:
        named = get_named_type(definition.type)
        # Documents hold at most 30 aliases; under one key only what surely merges: fields without arguments.
        spare = self.aliases < 27
        arguments = self._arguments(parent, definition, name) if spare or name in self.fields else ""
        text = name if not arguments and (not spare or self.chance(60)) else self._keyed(name)
        text += f"{arguments} {self._directive()}"
        return text if is_leaf_type(named) else f"{text} {{ {self._set(named, depth)} }}"

    # Arguments -------------------------------------------------------------------------------------------------------

    def _arguments(self, parent: GraphQLObjectType, definition: GraphQLField, name: str) -> str:
        given: dict[str, Any] = {}
        for one, argument in definition.args.items():
            if one in ("first", "last", "after", "before"):
                continue
            if is_required_argument(argument) or self.chance(40):
                given[one] = self._value(argument.type, one, 2)
        if "first" in definition.args:
            # Small pages: nested ones multiply.
            sizes = ["first", "first", "last"] if "last" in definition.args else ["first"]
            given[self.pick(sizes)] = self.draw(st.sampled_from([0, 1, 2, 3, 5]))
            if self.chance(2):
                given[sizes[-1]] = 1
            if self.chance(3):
                given["first"] = self.pick([-1, 101, 100])
            if "after" in definition.args and self.chance(2):
                given[self.pick(["after", "before"])] = self.pick(["", "bm9uc2Vuc2U=", "汉字"])
        if not given:
            return ""
        return f"({', '.join(f'{one}: {self._written(definition.args[one], value)}' for one, value in given.items())})"

    def _written(self, argument: GraphQLArgument, value: Any) -> str:
        return self._literal(argument.type, value, top=True)

    def _variable(self, type_: str, value: Any) -> str:
        name = self.fresh("v")
        default = ""
        if isinstance(value, int | str) and type_ in ("Int", "String", "Boolean!") and self.chance(20):
            default = f" = {json.dumps(value, ensure_ascii=False)}"
        self.declared.append(f"${name}: {type_}{default}")
        if not default:
            self.variables[name] = value
        return f"${name}"

    def _literal(self, type_: Any, value: Any, *, top: bool = False) -> str:
        """The value as a literal, with variables in some places."""
        if self.chance(50 if top else 15):
            return self._variable(str(type_), value)
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if value is None:
            return "null"
        if isinstance(type_, GraphQLList):
            return f"[{', '.join(self._literal(type_.of_type, one) for one in value)}]"
        if isinstance(type_, GraphQLInputObjectType):
            parts = (f"{name}: {self._literal(type_.fields[name].type, one)}" for name, one in value.items())
            return f"{{{', '.join(parts)}}}"
        return str(value) if isinstance(type_, GraphQLEnumType) else json.dumps(value, ensure_ascii=False)

    def _value(self, type_: Any, name: str, depth: int) -> Any:
        """A value of an input type, as JSON."""
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            if name == "orderBy":
                return self._order(type_)
            return [self._value(type_.of_type, name, depth) for _ in range(self.draw(st.integers(0, 3)))]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, depth)
        if isinstance(type_, GraphQLEnumType):
            return self.pick(list(type_.values))
        match type_.name:
            case "Boolean":
                return self.draw(st.booleans())
            case "Int":
                return self.draw(st.sampled_from([0, 1, 2026, 2147483647, -5]))
            case "Float":
                return self.draw(st.sampled_from([0, 1.5, 60, -2, 1e6]))
            case "Date":
                return self.pick(_DAYS)
            case "DateTime":
                return self.pick(_INSTANTS)
            case "ID":
                known = self.pick([*self.pools.ids.values()])
                return self.pick(self.pools.broken) if self.chance(3) else self.pick(known)
            case _ if name in ("code", "district"):
                return self.pick(["beijing", "nowhere"]) if self.chance(5) else self.pick(DISTRICTS)
            case _:
                return self.pick([*_WORDS, *TEXTS])

    def _object(self, type_: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        names = [
            name
            for name, one in type_.fields.items()
            if depth > 0 or not isinstance(get_named_type(one.type), GraphQLInputObjectType)
        ]
        given: dict[str, Any] = {}
        if not names:
            return given
        for name in self.draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
            one = type_.fields[name]
            given[name] = None if self.chance(1) else self._value(one.type, self._spoken(type_, name), depth - 1)
        return given

    def _spoken(self, type_: GraphQLInputObjectType, name: str) -> str:
        """What the value is about: an operand's own name says more than ``eq``."""
        return "code" if type_.name == "StringFilter" and self.chance(10) else name

    def _order(self, type_: GraphQLList[Any]) -> list[dict[str, str]]:
        order = get_named_type(type_)
        keys = list(get_named_type(order.fields["field"].type).values)
        chosen = self.draw(st.lists(st.sampled_from(keys), max_size=3, unique=not self.chance(3)))
        directions = ["ASC", "DESC"]
        return [{"field": one} | ({"direction": self.pick(directions)} if self.chance(70) else {}) for one in chosen]


def operations(schema: GraphQLSchema, fields: Sequence[str], pools: Pools) -> st.SearchStrategy[Generated]:
    """Queries over these root fields."""

    @st.composite
    def written(draw: Draw) -> Generated:
        return _Writing(draw, schema, pools, fields).operation()

    return written()
