"""Groups as SQL: rows under the very conditions of a list, grouped, measured, filtered, ordered, as JSON text.

Where a rollup can answer, whole months are read from it and only the days at the ends of the period from the rows
themselves.  For a period that begins and ends with a month there is a statement without such days (``Plan.shorter``): the
database would see that there are none, but it has to look.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from server.planner.binding import (
    Aggregate,
    Column,
    Constant,
    Field,
    Grouping,
    GroupKey,
    Kind,
    Link,
    Measure,
    One,
    Rollup,
    Type,
)
from server.planner.grouping import GROUPS_MOST, Wanted, as_rows, column_of, kind_of, sort_name, wanted
from server.planner.rendering import Json, Sql, column, constant, members, quoted, text_sql
from server.planner.selection import Selection
from server.planner.slots import Slot

if TYPE_CHECKING:
    from server.planner.compiling import Compiler

#: The conditions on rows under an alias: the root field's own arguments, and who may read them.
Where = Callable[[str], str]


def listed(
    compiler: "Compiler", grouping: Grouping, type_: Type, selection: Selection, where: Where, excess: str
) -> Json:
    """All groups that the selection asks for, or ``excess`` where there are more than may be in an answer.

    Raises: BadInput for arguments outside their limits, as far as they are known already.
    """
    return _Groups(compiler, grouping, type_, selection, where).json(excess)


class _Groups:
    def __init__(
        self, compiler: "Compiler", grouping: Grouping, type_: Type, selection: Selection, where: Where
    ) -> None:
        self._compiler, self._grouping, self._type, self._selection = compiler, grouping, type_, selection
        self._where = where
        self._wanted: Wanted = wanted(grouping, selection)
        self._alias = compiler.alias()
        self._names = {sort_name(one): one for one in grouping.measures}

    def json(self, excess: str) -> Json:
        alias, wanted = self._alias, self._wanted
        group = text_sql(members((child.key, self._part(child)) for child in self._selection.children))
        groups = f"string_agg({group}, ',' ORDER BY {self._order()})" if wanted.order else f"string_agg({group}, ',')"
        answer = f"'[' || coalesce({groups}, '') || ']'"
        if wanted.first is None:
            answer = f"CASE WHEN count(*) > {GROUPS_MOST} THEN {quoted(excess)} ELSE {answer} END"
        return (Sql(f"(SELECT {answer} FROM {self._rows()} {alias})"),)

    # Objects ---------------------------------------------------------------------------------------------------------

    def _part(self, child: Selection) -> Json:
        if child.name == "__typename":
            return constant(self._grouping.type)
        if child.name == "key":
            self._check_ungrouped(child)
            return self._compiler.object(self._key_type(), child.children, self._alias)
        measure = self._grouping.measures[child.name]
        counts = measure.how is Aggregate.COUNT
        return column(Column(f"{{t}}.{column_of(child.name)}", kind_of(measure), nullable=not counts), self._alias)

    def _key_type(self) -> Type:
        """A group's key as a type: what it is not grouped by is null."""
        fields: dict[str, Field] = {key.field: Constant(None) for key in self._grouping.keys.values()}
        for name, key in self._wanted.keys.items():
            if key.target:
                fields[key.field] = One(Link(key.target, (), unique=True))
            else:
                fields[key.field] = Column(f"{{t}}.{_column(name, key)}", key.kind, nullable=True, plain=key.plain)
        return Type(self._grouping.key_type, "", fields, {})

    def _check_ungrouped(self, child: Selection) -> None:
        """Below what groups are not grouped by nothing is asked; its arguments hold their limits all the same."""
        for name, key in self._grouping.keys.items():
            if key.target and name not in self._wanted.keys:
                for below in child.asked(key.field):
                    self._compiler.check(self._compiler.catalogue.types[key.target], below.children)

    # Groups ----------------------------------------------------------------------------------------------------------

    def _rows(self) -> str:
        """The groups as rows: a column for each key and each measure that is asked for."""
        alias, wanted, places = self._alias, self._wanted, self._compiler.places
        path = (self._selection.key, "having")
        having = self._compiler.filters.condition(
            as_rows(self._grouping), self._selection.arguments.get("having"), alias, path
        )
        source, measured = self._source()
        keys = [f"{key.sql.replace('{t}', alias)} AS {_column(name, key)}" for name, key in wanted.keys.items()]
        measures = [f"{measured(self._grouping.measures[one])} AS {column_of(one)}" for one in self._measures()]
        by = ", ".join(str(n + 1) for n in range(len(keys)))
        # Without a key all rows are one group; none where there are no rows.
        grouped = f"GROUP BY {by}" if keys else "HAVING count(*) > 0"
        rows = f"(SELECT {', '.join([*keys, *measures])} FROM {source} {grouped}) {alias}"
        if wanted.first is None:
            limit = str(GROUPS_MOST + 1)
        elif isinstance(wanted.first, Slot):
            limit = places.put(wanted.first, Kind.BIGINT, by=wanted.sized)
        else:
            limit = str(wanted.sized(wanted.first))
        order = f" ORDER BY {self._order()}" if wanted.order else ""
        return f"(SELECT * FROM {rows} WHERE {having}{order} LIMIT {limit})"

    def _measures(self) -> list[str]:
        """The measures that are shown, tested or ordered by."""
        asked = {one.name for one in self._selection.children} | {*_named(self._selection.arguments.get("having"))}
        asked |= {self._names[step.name] for step in self._wanted.order if step.name in self._names}
        found = [one for one in self._grouping.measures if one in asked]
        return found or [next(iter(self._grouping.measures))]

    def _order(self) -> str:
        parts = []
        for step in self._wanted.order:
            key = self._wanted.keys.get(step.name)
            name = _column(step.name, key) if key else column_of(self._names[step.name])
            parts.append(f"{self._alias}.{name}{' DESC' if step.descending else ''} NULLS LAST")
        return ", ".join(parts)

    # Rows ------------------------------------------------------------------------------------------------------------

    def _source(self) -> tuple[str, Callable[[Measure], str]]:
        """Where rows come from, and how measures are made of them."""
        alias, rollup, given = self._alias, self._grouping.rollup, self._selection.arguments.get("filter")
        if rollup and self._compiler.scope.condition(self._type) == "true" and _answers(rollup, self._wanted, given):
            return self._rolled(rollup, given or {}), lambda one: _of_sums(rollup, one, alias)
        where = _all(self._filtered(self._type, given, alias))
        return f"{self._type.table} {alias} WHERE {where}", lambda one: _of_rows(one, alias)

    def _filtered(self, type_: Type, given: Mapping[str, Any] | None, alias: str) -> list[str]:
        """The conditions on rows under this alias, the filter among them."""
        path = (self._selection.key, "filter")
        return [self._where(alias), self._compiler.filters.condition(type_, given, alias, path)]

    def _rolled(self, rollup: Rollup, given: Mapping[str, Any]) -> str:
        """Whole months from the rollup, the days before and after them from the rows, under the rows' own names."""
        (begin, whole_begin), (end, whole_end) = self._bounds(rollup, given)
        first = begin if whole_begin else f"(date_trunc('month', ({begin} - 1)::timestamp) + interval '1 month')::date"
        last = end if whole_end else f"date_trunc('month', ({end})::timestamp)::date"
        months = self._compiler.alias()
        narrowed = replace(self._type, filters={one: self._type.filters[one] for one in rollup.filters})
        rest = {name: one for name, one in given.items() if name != rollup.day_filter}
        conditions = self._filtered(narrowed, rest, months)
        conditions += [f"{months}.{rollup.month} >= {first}"] if begin else []
        conditions += [f"{months}.{rollup.month} < {last}"] if end else []
        columns = ["tenant_id", *rollup.columns, rollup.month, *_sums(rollup)]
        names = ["tenant_id", *rollup.columns, rollup.day, *_sums(rollup)]
        parts = [
            f"SELECT {', '.join(f'{months}.{one}' for one in columns)} FROM {rollup.table} {months}"
            f" WHERE {_all(conditions)}"
        ]
        if begin and not whole_begin:
            until = f"least({first}, {end})" if end else first
            parts.append(self._days(rollup, rest, begin, until, f"{begin} < {first}"))
        if end and not whole_end:
            since = f"greatest({last}, {first})" if begin else last
            parts.append(self._days(rollup, rest, since, end, f"{last} < {end}"))
        return f"({' UNION ALL '.join(parts)}) {self._alias}({', '.join(names)})"

    def _bounds(self, rollup: Rollup, given: Mapping[str, Any]) -> tuple[tuple[str, bool], tuple[str, bool]]:
        """The first day of the period and the first one after it, as SQL (empty: open), and whether it begins a month."""
        tests = given.get(rollup.day_filter) or {}
        return self._bound(tests, "gte", "gt", "greatest"), self._bound(tests, "lt", "lte", "least")

    def _bound(self, tests: Mapping[str, Any], at: str, after: str, of_both: str) -> tuple[str, bool]:
        """One end of the period: the day that ``at`` names, the one after that of ``after``, or what is left by both."""
        named = [name for name in (at, after) if name in tests]
        days = [self._compiler.places.put(tests[name], Kind.DATE) for name in named]
        days = [f"({day} + 1)" if name == after else day for name, day in zip(named, days, strict=True)]
        whole = [self._begins_month(tests[name], _is_last if name == after else _is_first) for name in named]
        return f"{of_both}({', '.join(days)})" if len(days) > 1 else "".join(days), all(whole)

    def _begins_month(self, day: Any, test: Callable[[Any], bool]) -> bool:
        """Whether the test holds of this day; of one still to come it is one of the compiler's ``months``."""
        if not isinstance(day, Slot):
            return test(day)
        find = day.finder()
        self._compiler.months.append(lambda values: test(find(values)))
        return self._compiler.whole_months

    def _days(self, rollup: Rollup, rest: Mapping[str, Any], since: str, until: str, any_: str) -> str:
        """Single rows as the rollup would hold them, of the days ``since <= day < until``; none unless ``any_``."""
        alias = self._compiler.alias()
        day, score = f"{alias}.{rollup.day}", f"{alias}.{rollup.measured}"
        columns = [f"{alias}.{one}" for one in ("tenant_id", *rollup.columns)]
        columns += [day, "1", f"({score} IS NOT NULL)::int", score, score, score]
        conditions = [any_, f"{day} >= {since}", f"{day} < {until}", *self._filtered(self._type, rest, alias)]
        return f"SELECT {', '.join(columns)} FROM {self._type.table} {alias} WHERE {_all(conditions)}"


def _column(name: str, key: GroupKey) -> str:
    """The column that holds a key where groups are rows; links start from ``tenant_id``."""
    return "tenant_id" if key.target else f"k_{name.lower()}"


def _all(conditions: Iterable[str]) -> str:
    """All of the conditions; what is always true is left out."""
    return " AND ".join(f"({one})" for one in conditions if one != "true") or "true"


def _named(value: Any) -> list[str]:
    """All names that stand in a filter."""
    if isinstance(value, Mapping):
        return [*value, *(name for one in value.values() for name in _named(one))]
    return [name for one in value for name in _named(one)] if isinstance(value, list) else []


def _answers(rollup: Rollup, wanted: Wanted, given: Mapping[str, Any] | None) -> bool:
    """Whether the rollup holds what these groups need."""
    return rollup.keys.issuperset(wanted.keys) and _can_test(rollup, given or {}, top=True)


def _can_test(rollup: Rollup, given: Any, *, top: bool) -> bool:
    if not isinstance(given, Mapping):
        return False
    for name, operand in given.items():
        if name in ("and", "or"):
            if not isinstance(operand, list) or not all(_can_test(rollup, one, top=False) for one in operand):
                return False
        elif name == "not":
            if not _can_test(rollup, operand, top=False):
                return False
        elif name == rollup.day_filter and top:
            # Null is refused where the rows themselves are read.
            if not isinstance(operand, Mapping) or not operand.keys() <= _RANGE or None in operand.values():
                return False
        elif name not in rollup.filters:
            return False
    return True


_RANGE = {"gte", "gt", "lte", "lt"}


def _is_first(day: Any) -> bool:
    return isinstance(day, date) and day.day == 1


def _is_last(day: Any) -> bool:
    return isinstance(day, date) and day.day == monthrange(day.year, day.month)[1]


def _of_rows(measure: Measure, alias: str) -> str:
    """The measure as an aggregate over rows."""
    of = measure.of.replace("{t}", alias)
    number = {
        Aggregate.COUNT: "count(*)",
        Aggregate.AVERAGE: f"sum({of})::float8 / nullif(count({of}), 0)",
        Aggregate.LEAST: f"min({of})::float8",
        Aggregate.GREATEST: f"max({of})::float8",
        Aggregate.SUM: f"sum({of})::float8",
    }[measure.how]
    return _within(measure, alias, number)


def _of_sums(rollup: Rollup, measure: Measure, alias: str) -> str:
    """The measure as an aggregate over rows of the rollup."""
    count, some, total, least, most = (f"{alias}.{one}" for one in _sums(rollup))
    number = {
        Aggregate.COUNT: f"sum({count})::int8",
        Aggregate.AVERAGE: f"sum({total})::float8 / nullif(sum({some}), 0)::float8",
        Aggregate.LEAST: f"min({least})::float8",
        Aggregate.GREATEST: f"max({most})::float8",
        Aggregate.SUM: f"sum({total})::float8",
    }[measure.how]
    return _within(measure, alias, number)


def _sums(rollup: Rollup) -> tuple[str, ...]:
    return ("row_count", *(f"{rollup.measured}_{one}" for one in ("count", "sum", "least", "most")))


def _within(measure: Measure, alias: str, number: str) -> str:
    if not measure.within:
        return number
    within = measure.within.replace("{t}", alias)
    # A rollup's row stands for rows of one value, so this holds over either.
    return f"CASE WHEN count({within}) = count(*) AND min({within}) = max({within}) THEN {number} END"
