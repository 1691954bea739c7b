"""Conditions as SQL text: templates with their values, and typed filters.

Text is only ever made of bindings (ours) and placeholders; what a caller sent travels as a parameter.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from server.kit.errors import BadInput
from server.kit.ids import NodeId
from server.planner.binding import ANY_NODE, Catalogue, Compare, Kind, Link, Related, Type
from server.planner.scope import Scope

_NAMED = re.compile(r"(?<!:):([a-z_]+)\b")


#: What is made of a value before it is sent; it may refuse the value with BadInput.
By = Callable[[Any], Any]

#: The most tests, and/or/not included, that one filter may hold.
TESTS_MOST = 200


def itself(value: Any) -> Any:
    """The value as it is."""
    return value


class Parameters:
    """The values of one statement, in the order of their placeholders ``$1`` …"""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def put(self, value: Any, kind: Kind | None = None, *, many: bool = False, by: By = itself) -> str:
        """The placeholder of this value, cast to its type where one is given.

        ``by`` makes of the value what is sent.  Raises: BadInput where it refuses.
        """
        self.values.append(by(value))
        return self.placed(len(self.values), kind, many=many)

    @staticmethod
    def placed(number: int, kind: Kind | None, *, many: bool) -> str:
        """The placeholder with this number, cast to its type where one is given."""
        if kind is None:
            return f"${number}"
        return f"${number}::{kind}[]" if many else f"${number}::{kind}"


def render(template: str, alias: str, values: Mapping[str, Any], parameters: Parameters) -> str:
    """The template's SQL for rows under ``alias``; ``:name`` becomes a placeholder of ``values[name]``."""
    text = _NAMED.sub(lambda match: parameters.put(values[match[1]]), template)
    return text.replace("{t}", alias)


def visible(type_: Type, alias: str, scope: Scope, parameters: Parameters) -> str:
    """The rows of this type that the caller may read: the one place where row rules enter a statement."""
    return render(scope.condition(type_), alias, scope.values, parameters)


def joined(link: Link, parent: str, alias: str) -> str:
    """The condition that ties linked rows to a parent row; always within one tenant."""
    pairs = [f"{alias}.tenant_id = {parent}.tenant_id"]
    if link.through is None:
        pairs += [f"{alias}.{theirs} = {parent}.{ours}" for ours, theirs in link.on]
    else:
        ((ours, theirs),), (table, near, far) = link.on, link.through
        between = f"SELECT pair.{far} FROM {table} pair WHERE pair.tenant_id = {parent}.tenant_id"
        pairs.append(f"{alias}.{theirs} IN ({between} AND pair.{near} = {parent}.{ours})")
    if link.condition != "true":
        pairs.append(f"({link.condition.replace('{t}', alias)})")
    return " AND ".join(pairs)


class Filters:
    """Turns a filter input of one type into SQL; ``depth`` nested aliases stay distinct."""

    def __init__(self, catalogue: Catalogue, scope: Scope, parameters: Parameters) -> None:
        self._catalogue = catalogue
        self._scope = scope
        self._parameters = parameters
        self._aliases = 0

    def condition(self, type_: Type, value: Mapping[str, Any] | None, alias: str, path: tuple[str, ...]) -> str:
        """The SQL condition of a filter; an empty filter passes every row.

        Raises: BadInput for operands outside their limits, naming the path.
        """
        tests = _count(value or {})
        if tests > TESTS_MOST:
            raise BadInput(f"筛选条件 {'.'.join(path)} 过多：上限为 {TESTS_MOST} 项，实际为 {tests} 项", path=path)
        return self._all(type_, value or {}, alias, path)

    def _all(self, type_: Type, value: Mapping[str, Any], alias: str, path: tuple[str, ...]) -> str:
        parts: list[str] = []
        for name, operand in value.items():
            here = (*path, name)
            if operand is None:
                raise BadInput(f"筛选条件 {'.'.join(here)} 不能为 null；判断空值请用 isNull", path=here)
            if name in ("and", "or"):
                each = [f"({self._all(type_, one, alias, here)})" for one in operand]
                neutral = "true" if name == "and" else "false"
                parts.append(f"({f' {name.upper()} '.join(each)})" if each else neutral)
            elif name == "not":
                parts.append(f"NOT coalesce(({self._all(type_, operand, alias, here)}), false)")
            else:
                parts.append(self._operand(type_, name, operand, alias, here))
        return " AND ".join(parts) or "true"

    def _operand(self, type_: Type, name: str, value: Mapping[str, Any], alias: str, path: tuple[str, ...]) -> str:
        binding = type_.filters[name]
        if isinstance(binding, Related):
            target = self._catalogue.types[binding.link.target]
            if self._scope.hides(target):
                return "false"
            self._aliases += 1
            inner = f"f{self._aliases}"
            conditions = " AND ".join(
                f"({part})"
                for part in (
                    joined(binding.link, alias, inner),
                    visible(target, inner, self._scope, self._parameters),
                    self._all(target, value, inner, path),
                )
                if part != "true"
            )
            return f"EXISTS (SELECT 1 FROM {target.table} {inner} WHERE {conditions})"
        expression = binding.sql.replace("{t}", alias)
        parts = [self._comparison(expression, binding, test, one, (*path, test)) for test, one in value.items()]
        return " AND ".join(parts) or "true"

    def _comparison(self, expression: str, binding: Compare, test: str, value: Any, path: tuple[str, ...]) -> str:
        if value is None:
            raise BadInput(f"筛选条件 {'.'.join(path)} 不能为 null；判断空值请用 isNull", path=path)
        put, kind = self._parameters.put, binding.kind
        if test == "isNull":
            return f"{expression} IS NULL" if value else f"{expression} IS NOT NULL"
        if test == "contains":
            return f"{expression} LIKE {put(value, kind, by=partial(_containing, path))}"
        read: By = itself
        if binding.node is not None:
            read = partial(self._row_ids, binding.node, path)
        elif kind is Kind.TEXT:
            read = partial(text_of, path)
        if test == "in":
            return f"{expression} = ANY({put(value, kind, many=True, by=read)})"
        if test == "startsWith":
            return f"starts_with({expression}, {put(value, kind, by=read)})"
        return f"{expression} {_OPERATORS[test]} {put(value, kind, by=read)}"

    def _row_ids(self, type_name: str, path: tuple[str, ...], value: Any) -> Any:
        tag = None if type_name == ANY_NODE else self._catalogue.types[type_name].tag

        def row_id(text: str) -> Any:
            node = NodeId.parse(text, path=path)
            if tag is not None and node.tag != tag:
                raise BadInput(f"{'.'.join(path)} 应为 {type_name} 的 ID", path=path)
            return node.id

        return [row_id(one) for one in value] if isinstance(value, list) else row_id(value)


_OPERATORS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def text_of(path: tuple[str, ...], value: Any) -> Any:
    """Text, or a list of texts, that the database can hold.

    Raises: BadInput for U+0000 and for lone surrogates, which no text of the database holds.
    """
    for one in value if isinstance(value, list) else (value,):
        if "\0" in one or not _encodable(one):
            raise BadInput(f"{'.'.join(path)} 含有无效字符（U+0000 或不成对的代理码）", path=path)
    return value


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _containing(path: tuple[str, ...], value: str) -> str:
    text: str = text_of(path, value)
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _count(value: Any) -> int:
    """The operands, tests and connectives of a filter, in it and below it."""
    if isinstance(value, Mapping):
        return sum(1 + _count(one) for one in value.values())
    if isinstance(value, list):
        return sum(_count(one) for one in value if isinstance(one, Mapping))
    return 0
