"""Conditions as SQL text: templates with their values, and typed filters.

Text is only ever made of bindings (ours) and placeholders; what a caller sent travels as a parameter.
"""

import re
from collections.abc import Mapping
from typing import Any

from server.kit.errors import BadInput
from server.kit.ids import NodeId
from server.planner.binding import Catalogue, Compare, Kind, Link, Related, Type
from server.planner.scope import Scope

_NAMED = re.compile(r"(?<!:):([a-z_]+)\b")


class Parameters:
    """The values of one statement, in the order of their placeholders ``$1`` …"""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def put(self, value: Any, kind: Kind | None = None, *, many: bool = False) -> str:
        """The placeholder of this value, cast to its type where one is given."""
        self.values.append(value)
        place = f"${len(self.values)}"
        if kind is None:
            return place
        return f"{place}::{kind}[]" if many else f"{place}::{kind}"


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
    pairs += [f"{alias}.{theirs} = {parent}.{ours}" for ours, theirs in link.on]
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
        parts: list[str] = []
        for name, operand in (value or {}).items():
            here = (*path, name)
            if operand is None:
                raise BadInput(f"筛选条件 {'.'.join(here)} 不能为 null；判断空值请用 isNull", path=here)
            if name in ("and", "or"):
                each = [f"({self.condition(type_, one, alias, here)})" for one in operand]
                neutral = "true" if name == "and" else "false"
                parts.append(f"({f' {name.upper()} '.join(each)})" if each else neutral)
            elif name == "not":
                parts.append(f"NOT coalesce(({self.condition(type_, operand, alias, here)}), false)")
            else:
                parts.append(self._operand(type_, name, operand, alias, here))
        return " AND ".join(parts) or "true"

    def _operand(self, type_: Type, name: str, value: Mapping[str, Any], alias: str, path: tuple[str, ...]) -> str:
        binding = type_.filters[name]
        if isinstance(binding, Related):
            target = self._catalogue.types[binding.link.target]
            if self._scope.condition(target) == "false":
                return "false"  # nor could the role that reads touch the table
            self._aliases += 1
            inner = f"f{self._aliases}"
            conditions = " AND ".join(
                f"({part})"
                for part in (
                    joined(binding.link, alias, inner),
                    visible(target, inner, self._scope, self._parameters),
                    self.condition(target, value, inner, path),
                )
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
        if binding.node is not None:
            value = self._row_ids(binding.node, value, path)
        if test == "in":
            return f"{expression} = ANY({put(list(value), kind, many=True)})"
        if test == "contains":
            return f"{expression} LIKE {put(f'%{_literal(value)}%', kind)}"
        if test == "startsWith":
            return f"starts_with({expression}, {put(value, kind)})"
        return f"{expression} {_OPERATORS[test]} {put(value, kind)}"

    def _row_ids(self, type_name: str, value: Any, path: tuple[str, ...]) -> Any:
        tag = self._catalogue.types[type_name].tag

        def row_id(text: str) -> Any:
            node = NodeId.parse(text, path=path)
            if node.tag != tag:
                raise BadInput(f"{'.'.join(path)} 应为 {type_name} 的 ID", path=path)
            return node.id

        return [row_id(one) for one in value] if isinstance(value, list) else row_id(value)


_OPERATORS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
