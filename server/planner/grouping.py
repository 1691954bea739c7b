"""What a caller asks of groups: by which keys, in which order, how many; the same for the compiler and the oracle."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from server.kit.errors import BadInput
from server.planner.binding import Aggregate, Compare, Grouping, GroupKey, Kind, Measure, Type
from server.planner.keyset import GROUP_ARGUMENT, ORDER_ARGUMENT
from server.planner.predicates import By
from server.planner.selection import Selection

#: The most groups in one answer.  PLATFORM_DEFAULT.
GROUPS_MOST = 1000


@dataclass(frozen=True, slots=True)
class GroupStep:
    """One sort key of groups: a key they are grouped by, or one of their measures; nulls last in both directions."""

    name: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """The keys by their ``groupBy`` names, in order; a total order; and how many (None: all, a slot: not known yet).

    ``sized`` gives a number of groups its limits: it refuses, with BadInput, what lies outside.
    """

    keys: Mapping[str, GroupKey]
    order: tuple[GroupStep, ...]
    first: Any
    sized: By


def wanted(grouping: Grouping, selection: Selection) -> Wanted:
    """What the arguments ask for. Groups come in the order asked for, then by their keys as ``groupBy`` lists them.

    Raises: BadInput for a key or sort field named twice, and for a sort field that the groups do not have.
    """
    path = (selection.key,)
    keys: dict[str, GroupKey] = {}
    for name in selection.arguments[GROUP_ARGUMENT]:
        if name in keys:
            raise BadInput(f"分组字段 {name} 重复", path=(*path, GROUP_ARGUMENT))
        keys[name] = grouping.keys[name]
    steps: dict[str, GroupStep] = {}
    for one in selection.arguments.get(ORDER_ARGUMENT) or ():
        name = one["field"]
        if name in steps:
            raise BadInput(f"排序字段 {name} 重复", path=(*path, ORDER_ARGUMENT))
        if name in grouping.keys and name not in keys:
            raise BadInput(f"排序字段 {name} 不在 groupBy 中", path=(*path, ORDER_ARGUMENT))
        steps[name] = GroupStep(name, one.get("direction") == "DESC")
    for name in keys:
        steps.setdefault(name, GroupStep(name, descending=False))
    return Wanted(keys, tuple(steps.values()), selection.arguments.get("first"), partial(_sized, (*path, "first")))


def _sized(path: tuple[str, ...], first: int) -> int:
    if not 0 <= first <= GROUPS_MOST:
        raise BadInput(f"first 应在 0 到 {GROUPS_MOST} 之间，实际为 {first}", path=path)
    return first


def sort_name(field: str) -> str:
    """How an order names a measure: ``averageScore`` is ``AVERAGE_SCORE``."""
    return re.sub(r"([A-Z])", r"_\1", field).upper()


def column_of(field: str) -> str:
    """The column that holds a measure where groups are rows."""
    return f"m_{sort_name(field).lower()}"


def kind_of(measure: Measure) -> Kind:
    """How a measure travels."""
    return Kind.BIGINT if measure.how is Aggregate.COUNT else Kind.FLOAT


def as_rows(grouping: Grouping) -> Type:
    """Groups as rows of a type, for the filter ``having``."""
    operands = {name: Compare(f"{{t}}.{column_of(name)}", kind_of(one)) for name, one in grouping.measures.items()}
    return Type(grouping.type, "", {}, {}, filters=operands)
