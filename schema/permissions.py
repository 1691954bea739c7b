"""The permission table: every role against every type and field, for reading, and every mutation, for writing.

Made from what the planner and the verbs go by (``rows`` of the bindings, ``by`` of the mutations), never written by hand:
``shequ export-permissions`` prints it, ``tests/golden/permissions.csv`` holds it, and tests hold callers of every role
against it.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, GraphQLUnionType, get_named_type, is_leaf_type

from schema.acting import CITY_WIDE, RIGHTS
from schema.contract import bindings, graphql_schema
from schema.policy import simulations
from schema.standing import timelines
from server.db.metadata import metadata, sealed_columns
from server.identity import rules
from server.kit.actor import Role
from server.planner.binding import Catalogue, Many, Masked, One, Paged, Type

_ROLES = tuple(Role)
_PARENT = "parent"
#: Root fields of Python that not everybody may ask.
_READERS = {**simulations.READERS, **timelines.READERS}

Line = Sequence[str]


def permission_table() -> str:
    """The table as CSV.

    Reading: ``all`` rows of the caller's jurisdiction (for published types and municipal roles: of all), ``none``, or the
    rows of a numbered rule, which stands at the end; ``parent`` where the object has no rows of its own.  A field is read
    where its row is, and one that leads to other rows as those are.  Writing, and seeing a masked field in the clear:
    ``yes`` or ``no``.

    Of several roles that somebody holds in one jurisdiction each gives its rows and its mutations: they unite, field by
    field, and none takes away.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["access", "on", "field", "leads to", *_ROLES])
    writer.writerows(_lines(graphql_schema(), bindings()))
    return out.getvalue()


def _lines(schema: GraphQLSchema, catalogue: Catalogue) -> Iterator[Line]:
    named = _Rules(catalogue)
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    yield from _roots(schema.query_type, catalogue, named)
    ours = [one for name, one in sorted(schema.type_map.items()) if not name.startswith("__")]
    for type_ in ours:
        if isinstance(type_, GraphQLObjectType) and type_ not in _operations(schema):
            bound = catalogue.types.get(type_.name)
            cells = named.cells(bound) if bound else [_PARENT for _ in _ROLES]
            for name, field in sorted(type_.fields.items()):
                match bound and bound.fields[name]:
                    case One(link) | Many(link) | Paged(link):
                        yield "read", type_.name, name, _target(field), *named.cells(catalogue.types[link.target])
                    case _:
                        yield "read", type_.name, name, _target(field), *cells
    assert schema.subscription_type is not None
    for name, field in sorted(schema.subscription_type.fields.items()):
        # Of events, those about objects that the role reads; nobody listens without a token.
        listening = ["none" if role is Role.PUBLIC else _PARENT for role in _ROLES]
        yield "read", "Subscription", name, _target(field), *listening
    for name, field in sorted(schema.mutation_type.fields.items()):
        may = RIGHTS[name] | CITY_WIDE[name]
        yield "write", "Mutation", name, _written(field), *("yes" if role in may else "no" for role in _ROLES)
    for type_name, bound in sorted(catalogue.types.items()):
        for name, one in sorted(bound.fields.items()):
            if isinstance(one, Masked):
                open_to = sealed_columns(metadata.tables[bound.table])[one.of].opened_by
                yield "unmask", type_name, name, "", *("yes" if role in open_to else "no" for role in _ROLES)
    for granted, by in rules.GRANTED_BY.items():
        yield "grant", "Role", granted, "", *(_grants(role, granted, by) for role in _ROLES)
    for number, rule in enumerate(named.numbered, start=1):
        yield "rule", f"rule {number}", rule, ""


def _operations(schema: GraphQLSchema) -> Sequence[GraphQLObjectType | None]:
    return schema.query_type, schema.mutation_type, schema.subscription_type


def _roots(query: GraphQLObjectType, catalogue: Catalogue, named: "_Rules") -> Iterator[Line]:
    for name, field in sorted(query.fields.items()):
        root = catalogue.roots.get(name)
        # What Python answers is the same for everybody or about the caller alone, but for those that say who may ask; any
        # object by its id has its type's rule.
        asking = ["all" if name not in _READERS or role in _READERS[name] else "none" for role in _ROLES]
        cells = named.cells(catalogue.types[root.target]) if root else asking
        yield "read", "Query", name, _target(field), *cells


class _Rules:
    """Row rules by number, in the order in which they are met."""

    def __init__(self, catalogue: Catalogue) -> None:
        seen = [rule for _, one in sorted(catalogue.types.items()) for rule in one.rows.values() if rule != "true"]
        self.numbered = list(dict.fromkeys(seen))

    def cells(self, type_: Type) -> list[str]:
        """What each role reads of a type."""
        return [self._cell(type_.rows.get(role)) for role in _ROLES]

    def _cell(self, rule: str | None) -> str:
        if rule is None:
            return "none"
        return "all" if rule == "true" else f"rule {self.numbered.index(rule) + 1}"


def _target(field: GraphQLField) -> str:
    named = get_named_type(field.type)
    return "" if is_leaf_type(named) else named.name


def _written(field: GraphQLField) -> str:
    """The types of the objects that a mutation answers with."""
    union = get_named_type(field.type)
    assert isinstance(union, GraphQLUnionType)
    (payload,) = (one for one in union.types if not one.interfaces)
    return " ".join(filter(None, (_target(one) for one in payload.fields.values())))


def _grants(role: Role, granted: Role, by: frozenset[Role]) -> str:
    if role in by:
        return "yes"
    return "the first" if role is Role.PLATFORM_OPERATOR and granted in rules.APPOINTING else "no"
