"""Types whose fields live in the database: how they are declared, and how they are tied to tables.

A planned type is plain Strawberry: names, types, arguments, descriptions.  Its fields have no resolver, for the planner
answers them; ``Binds`` beside the type says which table, and only what cannot be read off the names.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar, cast, get_args

import strawberry
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_enum_type,
    is_leaf_type,
    is_non_null_type,
)
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy import Column as SqlColumn
from sqlalchemy.dialects.postgresql import JSONB

from server.db.metadata import sealed_columns
from server.planner.binding import (
    Catalogue,
    Column,
    Compare,
    Field,
    Grouping,
    Key,
    Kind,
    Link,
    Masked,
    NodeKey,
    One,
    Operand,
    Root,
    RowRule,
    Type,
)
from server.planner.grouping import sort_name

T = TypeVar("T", bound=Callable[..., Any])

#: The scalar under which a personal value is read (schema/scalars.py).
MASKED_TEXT = "MaskedText"
_COLUMNS = re.compile(r"\{t\}\.(\w+)")


def planned(resolver: T) -> Any:
    """A field with arguments that the planner answers; the function's signature and docstring are its contract."""
    description = " ".join((resolver.__doc__ or "").split())
    return strawberry.field(resolver=resolver, description=description)


def field_of(description: str, name: str | None = None) -> Any:
    """A plain field that the planner answers."""
    return strawberry.field(description=description, name=name)


def resolved(description: str) -> Callable[[Callable[..., Any]], Any]:
    """A field that Python answers."""
    return lambda resolver: strawberry.field(resolver=resolver, description=description)


def computed(description: str) -> Callable[[Callable[..., Any]], Any]:
    """A field of a planned type that Python computes, for all rows of a selection at once.

    The function takes the rows' node ids, the request and the field's arguments, and returns one value for each row, in
    order: ``async def standing(ids: Sequence[NodeId], request: Request, on: date | None = UNSET) -> Sequence[Standing]``.
    In ``Binds`` the field is ``Computed()``.
    """

    def declare(function: Callable[..., Any]) -> Any:
        signature = inspect.signature(function)
        (value_type,) = get_args(signature.return_annotation)

        def resolver(self: Any, info: strawberry.Info, **arguments: Any) -> Any:
            return function(self, info.context, **arguments)

        own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        context = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info)
        arguments = [one.replace(kind=one.KEYWORD_ONLY) for one in list(signature.parameters.values())[2:]]
        resolver.__signature__ = inspect.Signature([own, context, *arguments], return_annotation=value_type)  # type: ignore[attr-defined]
        resolver.__annotations__ = {one.name: one.annotation for one in [context, *arguments]} | {"return": value_type}
        resolver.__module__, resolver.__name__ = function.__module__, function.__name__
        return strawberry.field(resolver=resolver, description=description)

    return declare


def not_resolved() -> NoReturn:
    """What the body of a planned field does: the planner answers before it could be called."""
    raise AssertionError("answered by the planner")


@dataclass(frozen=True, slots=True)
class Binds:
    """Ties a Strawberry type to a table. Fields are found by name: ``operatingNature`` ↔ ``operating_nature``.

    Orders (the values of the enum ``<Type>OrderField``) and filter operands (the fields of ``<Type>Filter``) likewise.
    ``fields``, ``orders`` and ``filters`` hold what a name does not say, ``columns`` the column where it bears another name.
    """

    type: Any
    table: Table
    rows: Mapping[str, RowRule]
    tag: int | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    orders: Mapping[str, Key] = field(default_factory=dict)
    filters: Mapping[str, Operand] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The type's GraphQL name."""
        return cast(str, self.type.__strawberry_definition__.name)


class BindingError(Exception):
    """A type and its table do not fit; the message names the field."""


def catalogue(
    schema: GraphQLSchema,
    binds: Sequence[Binds],
    roots: Mapping[str, Root],
    embedded: Mapping[str, Mapping[str, Column]],
) -> Catalogue:
    """All bindings, completed from the schema and the tables.

    Raises: BindingError for a field, order or filter that has no column, or promises more than its column holds, and for
    whatever is made of a personal value, masks apart.
    """
    by_name = {one.name: one for one in binds}
    types = {one.name: _type(schema, one, by_name) for one in binds}
    personal = {name for one in binds for column in sealed_columns(one.table).values() for name in column.names}
    tags = [one.tag for one in types.values() if one.tag is not None]
    if len(tags) != len(set(tags)):
        raise BindingError("two types share a tag")
    for name, root in roots.items():
        _check_order(schema, name, root, types)
        if root.grouping is not None:
            made = [one.sql for one in root.grouping.keys.values()]
            made += [f"{one.of} {one.within}" for one in root.grouping.measures.values()]
            if personal.intersection(_COLUMNS.findall(" ".join(made))):
                raise BindingError(f"{name}: nothing is grouped by, or made of, a personal value")
            _check_grouping(schema, name, root.grouping)
    return Catalogue(types, roots, embedded)


def _check_order(schema: GraphQLSchema, name: str, root: Root, types: Mapping[str, Type]) -> None:
    """What a list can be ordered and filtered by is bound: its enum and its filter bear the type's name."""
    if root.order and root.order.split(" ")[0] not in types[root.target].orders:
        raise BindingError(f"{name}: {root.target}OrderField has no {root.order}")
    query = schema.query_type
    arguments = query.fields[name].args if query is not None and name in query.fields else {}
    if "filter" in arguments and root.grouping is None:
        named = get_named_type(arguments["filter"].type).name
        if named != f"{root.target}Filter":
            raise BindingError(f"{name}: the filter of {root.target} is named {root.target}Filter, not {named}")


def _check_grouping(schema: GraphQLSchema, name: str, grouping: Grouping) -> None:
    """Everything the schema lets a caller group by, ask of a group, test or order by is bound, and nothing else."""
    of_key = {one.field for one in grouping.keys.values()}
    orders = {*grouping.keys, *(sort_name(one) for one in grouping.measures)}
    for type_name, bound in (
        (f"{grouping.type}Key", grouping.keys.keys()),
        (grouping.key_type, of_key),
        (grouping.type, {"key", *grouping.measures}),
        (f"{grouping.type}Having", {"and", "or", "not", *grouping.measures}),
        (f"{grouping.type}OrderField", orders),
    ):
        type_: Any = schema.type_map[type_name]
        shown = set(type_.values if is_enum_type(type_) else type_.fields)
        if shown != bound:
            raise BindingError(f"{name}: {type_name} and its grouping differ in {sorted(shown ^ bound)}")


def _type(schema: GraphQLSchema, bind: Binds, others: Mapping[str, Binds]) -> Type:
    graphql = cast(GraphQLObjectType, schema.type_map[bind.name])
    fields: dict[str, Field] = {}
    for name, one in graphql.fields.items():
        explicit = bind.fields.get(name)
        if isinstance(explicit, One):
            fields[name] = One(replace(explicit.link, unique=_ends_in_key(explicit.link, others[explicit.link.target])))
        elif explicit is not None:
            fields[name] = explicit
        elif name == "id" and bind.tag is not None:
            fields[name] = NodeKey()
        elif get_named_type(one.type).name == MASKED_TEXT:
            fields[name] = _masked(bind, name, nullable=not is_non_null_type(one.type))
        elif is_leaf_type(get_named_type(one.type)):
            closed = is_enum_type(get_named_type(one.type))
            fields[name] = _column(bind, name, nullable=not is_non_null_type(one.type), closed=closed)
        else:
            raise BindingError(f"{bind.name}.{name}: an object needs a link")
    order = schema.type_map.get(f"{bind.name}OrderField")
    orders = {name: bind.orders.get(name) or _key(bind, name) for name in getattr(order, "values", {})}
    filter_type = schema.type_map.get(f"{bind.name}Filter")
    filters: dict[str, Operand] = {}
    if isinstance(filter_type, GraphQLInputObjectType):
        for name in filter_type.fields:
            if name not in ("and", "or", "not"):
                filters[name] = bind.filters.get(name) or _compare(bind, name)
    type_ = Type(bind.name, bind.table.name, fields, bind.rows, bind.tag, orders, filters, tuple(_keys(bind.table)))
    _check_unsealed(bind, type_)
    return type_


def _column(bind: Binds, name: str, *, nullable: bool, closed: bool) -> Column:
    column = _found(bind, name)
    if column.nullable and not nullable:
        raise BindingError(f"{bind.name}.{name}: promised non-null, but the column may hold null")
    kind = kind_of(column)
    plain = closed and kind is Kind.TEXT and _is_checked(column)
    return Column(f"{{t}}.{column.name}", kind, nullable, plain)


def _masked(bind: Binds, name: str, *, nullable: bool) -> Masked:
    column = sealed_columns(bind.table).get(_column_name(bind, name))
    if column is None:
        raise BindingError(f"{bind.name}.{name}: table {bind.table.name} has no sealed column of this name")
    if not nullable:
        raise BindingError(f"{bind.name}.{name}: promised non-null, but a sealed value may be absent")
    return Masked(f"{{t}}.{column.masked}", Kind.TEXT, nullable, of=column.name)


def _is_checked(column: SqlColumn[Any]) -> bool:
    """Whether the table itself sees to it that the column holds one of an enum's values (``one_of``)."""
    names = (column.name, f"ck_{column.table.name}_{column.name}")
    return any(isinstance(one, CheckConstraint) and one.name in names for one in column.table.constraints)


def _ends_in_key(link: Link, target: Binds) -> bool:
    """Whether a key of the target's table lets at most one row stand at the link's end."""
    if link.through is not None:
        return False
    given = {"tenant_id", *(theirs for _, theirs in link.on)}
    return any(key <= given for key in _keys(target.table))


def _keys(table: Table) -> Iterator[frozenset[str]]:
    """The keys of a table: sets of columns whose values no two rows share."""
    for one in (*table.constraints, *table.indexes):
        if isinstance(one, PrimaryKeyConstraint | UniqueConstraint) or (
            isinstance(one, Index) and one.unique and one.dialect_options["postgresql"]["where"] is None
        ):
            columns = list(one.columns)
            if len(columns) == len(getattr(one, "expressions", columns)):
                yield frozenset(column.name for column in columns)


def _key(bind: Binds, name: str) -> Key:
    column = _found(bind, name)
    return Key(f"{{t}}.{column.name}", kind_of(column), bool(column.nullable))


def _compare(bind: Binds, name: str) -> Compare:
    column = _found(bind, name)
    return Compare(f"{{t}}.{column.name}", kind_of(column))


def _found(bind: Binds, name: str) -> SqlColumn[Any]:
    snake = _column_name(bind, name)
    column = bind.table.columns.get(snake)
    if column is None:
        raise BindingError(f"{bind.name}.{name}: table {bind.table.name} has no column {snake}")
    return column


def _column_name(bind: Binds, name: str) -> str:
    return bind.columns.get(name) or (name if name.isupper() else re.sub(r"([A-Z])", r"_\1", name)).lower()


def _check_unsealed(bind: Binds, type_: Type) -> None:
    """No personal value is told but as ``MaskedText``, and none is filtered or ordered by."""
    personal = {name for one in sealed_columns(bind.table).values() for name in one.names}
    told = [(name, one) for name, one in type_.fields.items() if not isinstance(one, Masked)]
    for name, one in (*told, *type_.orders.items(), *type_.filters.items()):
        if personal.intersection(_COLUMNS.findall(getattr(one, "sql", ""))):
            raise BindingError(
                f"{bind.name}.{name}: a personal value is read as MaskedText, and nothing else is made of it"
            )


_KINDS: Sequence[tuple[type[Any], Kind]] = (
    (Text, Kind.TEXT),
    (BigInteger, Kind.BIGINT),
    (Integer, Kind.INT),
    (Boolean, Kind.BOOL),
    (DateTime, Kind.DATETIME),
    (Date, Kind.DATE),
    (Uuid, Kind.UUID),
    (Float, Kind.FLOAT),
    (Numeric, Kind.DECIMAL),
    (ARRAY, Kind.TEXTS),
    (JSONB, Kind.JSON),
)


def kind_of(column: SqlColumn[Any]) -> Kind:
    """How the column's values travel."""
    for type_, kind in _KINDS:
        if isinstance(column.type, type_):
            return kind
    raise BindingError(f"{column}: no kind for {column.type!r}")
