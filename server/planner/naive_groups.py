"""Groups the plain way: every row is read, and Python groups, measures, filters and orders. Part of the oracle."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from server.planner.binding import Aggregate, Grouping, Measure
from server.planner.grouping import GroupStep, Wanted, sort_name

Row = Mapping[str, Any]
#: A group: its keys by ``groupBy`` name, its measures by field, and one of its rows.
Group = tuple[dict[str, Any], dict[str, Any], Row]


def expressions(grouping: Grouping, wanted: Wanted) -> list[str]:
    """What must be read of each row."""
    measures = grouping.measures.values()
    found = [one.sql for one in wanted.keys.values()]
    return [*found, *(one for measure in measures for one in (measure.of, measure.within) if one)]


def grouped(grouping: Grouping, wanted: Wanted, rows: Sequence[Row]) -> list[Group]:
    """All groups, in order; ``rows`` hold the values of ``expressions``."""

    def keys_of(row: Row) -> tuple[Any, ...]:
        return tuple(row[key.sql] for key in wanted.keys.values())

    groups: list[Group] = []
    for keys, members in groupby(sorted(rows, key=lambda row: repr(keys_of(row))), keys_of):
        found = list(members)
        measures = {name: _measured(one, found) for name, one in grouping.measures.items()}
        groups.append((dict(zip(wanted.keys, keys, strict=True)), measures, found[0]))
    for step in reversed(wanted.order):
        groups = _sorted(grouping, step, groups)
    return groups


def passes(having: Any, measures: Mapping[str, Any]) -> bool | None:
    """Whether the measures pass this filter, in three-valued logic: None where SQL has NULL."""
    if not having:
        return True
    results: list[bool | None] = []
    for name, operand in having.items():
        if name in ("and", "or"):
            each = [passes(one, measures) for one in operand]
            results.append(_all(each) if name == "and" else _any(each))
        elif name == "not":
            results.append(not passes(operand, measures))
        else:
            results += [_test(test, measures[name], value) for test, value in operand.items()]
    return _all(results)


def _all(results: Iterable[bool | None]) -> bool | None:
    found = list(results)
    return False if False in found else None if None in found else True


def _any(results: Iterable[bool | None]) -> bool | None:
    found = list(results)
    return True if True in found else None if None in found else False


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "in": lambda left, right: left in right,
    "gte": lambda left, right: left >= right,
    "gt": lambda left, right: left > right,
    "lte": lambda left, right: left <= right,
    "lt": lambda left, right: left < right,
}


def _test(test: str, value: Any, operand: Any) -> bool | None:
    if test == "isNull":
        return (value is None) is operand
    return None if value is None else _TESTS[test](value, operand)


def _measured(measure: Measure, rows: Sequence[Row]) -> Any:
    if measure.how is Aggregate.COUNT:
        return len(rows)
    if measure.within and (len({row[measure.within] for row in rows}) > 1 or rows[0][measure.within] is None):
        return None
    values = [row[measure.of] for row in rows if row[measure.of] is not None]
    if not values:
        return None
    match measure.how:
        case Aggregate.AVERAGE:
            return float(sum(values)) / len(values)
        case Aggregate.LEAST:
            return float(min(values))
        case Aggregate.GREATEST:
            return float(max(values))
    return float(sum(values))


def _sorted(grouping: Grouping, step: GroupStep, groups: list[Group]) -> list[Group]:
    names = {sort_name(one): one for one in grouping.measures}

    def value(group: Group) -> Any:
        return group[0][step.name] if step.name in group[0] else group[1][names[step.name]]

    some = [one for one in groups if value(one) is not None]
    none = [one for one in groups if value(one) is None]
    # Stable in both directions: ``reverse`` keeps the order of equals.
    return sorted(some, key=value, reverse=step.descending) + none
