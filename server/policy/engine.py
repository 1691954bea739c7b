"""The predicate engine: typed boolean expressions over declared variables.  The only module that imports CEL.

Measured traps of cel-expr-python 0.1.3, all closed here: a run-time error comes back as a *value* (its text, which is
truthy) and sometimes as an exception; ``||`` and ``&&`` swallow errors; ``True`` passes for an int.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Protocol

ENGINE: str = f"cel-expr-python {version('cel-expr-python')}"
"""Names the engine a decision was made with."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing the compiler says, at line and column (from 1) of the expression."""

    line: int
    column: int
    message: str


class NotCompiled(Exception):
    """The expression is not acceptable; carries all complaints."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        self.complaints = complaints
        super().__init__("; ".join(f"{c.line}:{c.column}: {c.message}" for c in complaints))


class NotEvaluated(Exception):
    """The expression gave no truth value: a variable is missing or of another type, or a limit was hit."""


class Bindings(Protocol):
    """Variables with their values, made once and used for many predicates of the same engine."""


class Predicate(Protocol):
    def holds(self, bindings: Bindings) -> bool:
        """True or false.  Raises: NotEvaluated."""


class PredicateEngine(Protocol):
    """Compiles expressions against one set of declared variables."""

    def compile(self, expression: str) -> Predicate:
        """Raises: NotCompiled."""

    def bind(self, values: Mapping[str, Any]) -> Bindings:
        """Bindings of the variables that are known; those left out make a predicate that needs them fail."""


@cache
def _cel() -> Any:
    """The library, loaded by whoever compiles a predicate: it takes its memory."""
    from cel_expr_python import cel  # type: ignore[import-untyped]  # ships stubs without py.typed

    return cel


@cache
def _types() -> Mapping[str, Any]:
    type_ = _cel().Type
    return {
        "int": type_.INT,
        "bool": type_.BOOL,
        "string": type_.STRING,
        "list<int>": type_.List(type_.INT),
        "list<string>": type_.List(type_.STRING),
    }


class CelEngine:
    """CEL over ``variables``: dotted names (``facts.x``, so that a misspelling fails to compile) with CEL's type
    names.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        types = _types()
        self._environment = _cel().NewEnv(variables={name: types[type_] for name, type_ in variables.items()})

    def compile(self, expression: str) -> "CelPredicate":
        try:
            compiled = self._environment.compile(expression)
        except RuntimeError as problem:
            raise NotCompiled(_complaints(str(problem))) from problem
        if compiled.return_type() != _types()["bool"]:
            found = compiled.return_type().name()
            message = f"条件的结果应为真或假，而不是{_type_name(found.lower())}"
            raise NotCompiled((Complaint(1, 1, message),))
        return CelPredicate(compiled)

    def bind(self, values: Mapping[str, Any]) -> Any:
        return self._environment.Activation(dict(values))


class CelPredicate:
    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled

    def holds(self, bindings: Any) -> bool:
        try:
            result = self._compiled.eval(bindings)
        except RuntimeError as problem:  # a limit: the iteration budget is raised, not returned
            raise NotEvaluated(str(problem)) from problem
        if result.type() != _types()["bool"]:
            raise NotEvaluated(str(result.value()))
        return bool(result.value())


_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_OVERLOAD = re.compile(r"found no matching overload for '(\S+)' applied to '\((.*)\)'")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_NAMES = {"int": "整数", "bool": "是否", "string": "文本", "list(int)": "整数列表", "list(string)": "文本列表"}


def _type_name(cel_name: str) -> str:
    return _NAMES.get(cel_name, cel_name)


def _complaints(text: str) -> tuple[Complaint, ...]:
    found = tuple(
        Complaint(int(line), int(column), _in_chinese(message)) for line, column, message in _ERROR.findall(text)
    )
    return found or (Complaint(1, 1, _in_chinese(text.splitlines()[0])),)


def _in_chinese(message: str) -> str:
    message = message.removesuffix(" [INVALID_ARGUMENT]")
    if overload := _OVERLOAD.search(message):
        operator = overload[1].strip("_@")
        operands = "、".join(_type_name(name) for name in re.split(r", (?![^(]*\))", overload[2]))
        return f"类型不符：“{operator}”不能用于 {operands}"
    if undeclared := _UNDECLARED.search(message):
        return f"未声明的名称 {undeclared[1]}"
    if "recursion limit" in message:
        return f"条件嵌套过深，请拆成多个条件（{message}）"
    if "codepoint limit" in message:
        return f"条件过长，请拆成多个条件（{message}）"
    return message.replace("Syntax error: ", "语法有误：")
