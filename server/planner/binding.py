"""Where fields live: the map from types and fields to tables, columns and links.

SQL fragments are templates in which ``{t}`` stands for the row's alias.  Every link joins on ``tenant_id`` besides its own
columns, so no link ever leaves its tenant.  Who may read a type's rows is part of the binding (``rows``) and is applied
wherever the type is read: list, by id, nested, aggregate, filter operand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a value travels between SQL and JSON, and which PostgreSQL type its parameters have."""

    TEXT = "text"
    INT = "int4"
    BIGINT = "int8"
    FLOAT = "float8"
    DECIMAL = "numeric"
    BOOL = "bool"
    DATE = "date"
    DATETIME = "timestamptz"
    UUID = "uuid"
    TEXTS = "text[]"
    JSON = "jsonb"


@dataclass(frozen=True, slots=True)
class Column:
    """A scalar read from the row. ``nullable`` must hold what the schema says.

    ``plain`` text is one of a closed vocabulary: it never holds a character that JSON escapes.
    """

    sql: str
    kind: Kind
    nullable: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Masked(Column):
    """What everybody sees of the sealed column ``of``; whoever may open it asks for it elsewhere, for a purpose."""

    of: str = ""


@dataclass(frozen=True, slots=True)
class NodeKey:
    """The row's opaque node id."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A value that somebody above the planner makes of the row; the planner answers with the row's node id."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for every row."""

    value: Any


@dataclass(frozen=True, slots=True)
class Embedded:
    """An object made of the row's own columns; null where ``present`` (an SQL condition) does not hold."""

    type: str
    present: str = "true"


@dataclass(frozen=True, slots=True)
class Link:
    """A way from a row to rows of another type: pairs of (our column, their column), besides ``tenant_id``.

    ``unique``: a key of the database lets at most one row stand at its end.  ``through``: a table of pairs between the two,
    its column for our column and its column for theirs (many to many); ``on`` then has one pair.
    """

    target: str
    on: tuple[tuple[str, str], ...]
    condition: str = "true"
    unique: bool = False
    through: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class One:
    """At most one row, the first by row id; null where there is none or the caller may not see it."""

    link: Link


@dataclass(frozen=True, slots=True)
class Many:
    """All linked rows in a fixed order (then by row id); for lists that stay short by nature."""

    link: Link
    order: "Key | None" = None


@dataclass(frozen=True, slots=True)
class Paged:
    """A keyset connection over linked rows, filtered, ordered and paged by its arguments."""

    link: Link
    order: str


Field = Column | NodeKey | Computed | Constant | Embedded | One | Many | Paged


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key: an SQL expression and its type; ``nullable`` keys sort nulls last in both directions."""

    sql: str
    kind: Kind
    nullable: bool = False


#: In ``Compare.node``: ids of every type are compared, for columns that name rows of several tables.
ANY_NODE = "*"


@dataclass(frozen=True, slots=True)
class Compare:
    """A filter operand over an expression of the row: takes ``{eq, in, gte …}``."""

    sql: str
    kind: Kind
    #: The wire value is a node id of this type, or of any (``ANY_NODE``), and is compared by its row id.
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """A filter operand over linked rows: true where some linked row passes."""

    link: Link


Operand = Compare | Related

#: A row rule: an SQL condition with ``{t}`` and ``:name`` values from the scope; "true" for all rows.
RowRule = str


@dataclass(frozen=True, slots=True)
class Type:
    """One object type over one table.

    ``tag`` is its number in node ids (None where it is no node).  ``rows`` maps a role to the rows it may read; a role that
    is not listed reads none.  ``orders`` names the sort orders of the type's connections; every order is completed by the
    row id, so that it is total.
    """

    name: str
    table: str
    fields: Mapping[str, Field]
    rows: Mapping[str, RowRule]
    tag: int | None = None
    orders: Mapping[str, Key] = field(default_factory=dict)
    filters: Mapping[str, Operand] = field(default_factory=dict)
    #: The keys of the table: each a set of columns whose values no two rows share.
    keys: tuple[frozenset[str], ...] = ()


#: Coerced arguments of a root field → an SQL condition over the target (``{t}``, ``:name``) and the values it names.
Arguments = Callable[[Mapping[str, Any]], tuple[str, Mapping[str, Any]]]


def no_condition(_: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """All rows the caller may read."""
    return "true", {}


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What rows can be grouped by: an expression of the row, shown as ``field`` of the group's key.

    With ``target`` it is the row's tenant, shown as the object of that type there.
    """

    field: str
    sql: str
    kind: Kind
    plain: bool = False
    target: str = ""


class Aggregate(StrEnum):
    """How many rows become one number."""

    COUNT = "count"
    AVERAGE = "average"
    LEAST = "least"
    GREATEST = "greatest"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a group: its rows counted, or an aggregate of the expression ``of`` over those that have one.

    Null unless all rows of the group share one value of the expression ``within``, where one is given.
    """

    how: Aggregate
    of: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Rollup:
    """A table that holds a type's rows already counted by month, kept equal to them by whoever writes them.

    ``columns`` are the type's own columns that it is counted by; besides them it has ``month`` for the day ``day``,
    ``row_count``, and of the column ``measured`` ``score_count``, ``score_sum``, ``score_least`` and ``score_most``
    (for ``measured="score"``).  ``keys`` and ``filters`` are those that it can answer; the filter ``day_filter`` is on
    the day.  The root field's own arguments may name no column but ``tenant_id``.
    """

    table: str
    columns: tuple[str, ...]
    measured: str
    day: str
    month: str
    keys: frozenset[str]
    filters: frozenset[str]
    day_filter: str


@dataclass(frozen=True, slots=True)
class Grouping:
    """How rows of a type are grouped: ``type`` is a group, ``key_type`` its ``key``.

    ``keys`` are named as ``groupBy`` names them, ``measures`` as the fields of a group.
    """

    type: str
    key_type: str
    keys: Mapping[str, GroupKey]
    measures: Mapping[str, Measure]
    rollup: Rollup | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """A root field that the planner answers with rows of ``target``.

    ``shape`` says how many: ONE row or null, LIST for a short list in the order ``key``, PAGE for a connection whose
    default order is named by ``order``; GROUPS for the rows grouped, as ``grouping`` says.
    ``required``: a missing row is an error for the caller (``NOT_FOUND``), not merely null.
    ``unique``: what the arguments of ONE name is a key of the table, so the statement need not choose among rows.
    """

    target: str
    shape: "Shape"
    key: Key | None = None
    order: str = ""
    arguments: Arguments = no_condition
    required: bool = False
    grouping: Grouping | None = None
    unique: bool = False


class Shape(StrEnum):
    """How many rows a root field answers with."""

    ONE = "one"
    LIST = "list"
    PAGE = "page"
    GROUPS = "groups"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All bindings of one schema: types, root fields and embedded types by name."""

    types: Mapping[str, Type]
    roots: Mapping[str, Root]
    embedded: Mapping[str, Mapping[str, Column]] = field(default_factory=dict)

    def by_tag(self, tag: int) -> Type | None:
        """The node type with this number."""
        return next((one for one in self.types.values() if one.tag == tag), None)
