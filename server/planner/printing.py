"""SQL and selections as people read them: for ``shequ explain`` and golden files."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from server.planner.selection import Selection
from server.planner.slots import Slot

#: A literal, a word, white space, or a single character.
_TOKEN = re.compile(r"'(?:[^']|'')*'|\w+|\s+|.", re.DOTALL)
_CLAUSES = {"FROM", "WHERE", "ORDER", "LIMIT", "WINDOW"}
#: How literals begin that carry on with the next member of an object.
_MEMBERS = ("',\"", "'},\"", "'],\"", '\'","', "'}},\"")
_INDENT = "  "


def readable(sql: str) -> str:
    """The statement on many lines: one for each clause of a SELECT and for each member of an object."""
    written: list[str] = []
    #: For each open parenthesis, whether a SELECT stands in it.
    selects: list[bool] = []

    def line() -> None:
        while written and written[-1].isspace():
            written.pop()
        written.append("\n" + _INDENT * sum(selects))

    tokens = _TOKEN.findall(sql)
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if (token == ")" and selects.pop()) or (token in _CLAUSES and all(selects[-1:])) or token.startswith(_MEMBERS):
            line()
        written.append(token)
        if token == "(":
            selects.append(following == "SELECT")
            if selects[-1]:
                line()
    return "".join(written)


def outlined(selections: Iterable[Selection], depth: int = 0) -> Iterator[str]:
    """The selections, a line each; ``$`` marks what is found only when a statement is bound."""
    for one in selections:
        alias = "" if one.key == one.name else f"{one.key}: "
        given = ", ".join(f"{name}: {_shown(value)}" for name, value in one.arguments.items())
        yield _INDENT * depth + alias + one.name + (f"({given})" if given else "")
        yield from outlined(one.children, depth + 1)
        for type_name, children in one.cases.items():
            if children:
                yield _INDENT * (depth + 1) + f"... on {type_name}"
                yield from outlined(children, depth + 2)


def _shown(value: Any) -> str:
    if isinstance(value, Slot):
        return "$" + ".".join(str(step) for step in value.path)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_shown(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(one) for one in value) + "]"
    return str(value) if isinstance(value, str) and value.isidentifier() else repr(value)
