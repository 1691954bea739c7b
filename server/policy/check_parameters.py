"""Checks of a version's parameters."""

from collections.abc import Iterator
from typing import Any

from server.policy import values
from server.policy.cursor import did_you_mean
from server.policy.model import Parameter, PolicyVersion
from server.policy.parameters import PARAMETERS
from server.policy.problems import Path, Problem
from server.policy.terms import SourceStatus
from server.policy.values import ValueType

MAX_PARAMETERS = 200


def check_parameters(version: PolicyVersion) -> Iterator[Problem]:
    """Every problem of the parameters, each with its path inside the version."""
    if len(version.parameters) > MAX_PARAMETERS:
        yield Problem("TOO_LARGE", f"参数 {len(version.parameters)} 个，超过上限 {MAX_PARAMETERS}", ("parameters",))
    seen: set[str] = set()
    for index, parameter in enumerate(version.parameters):
        path: Path = ("parameters", index)
        if parameter.key in seen:
            yield Problem("DUPLICATE_PARAMETER", f"参数 {parameter.key} 重复", (*path, "key"))
        seen.add(parameter.key)
        yield from _check_key(version, parameter, path)
        yield from check_value(parameter, (*path, "value"))
        yield from _check_source(parameter, path)


def _check_key(version: PolicyVersion, parameter: Parameter, path: Path) -> Iterator[Problem]:
    declared = PARAMETERS.get(parameter.key)
    if declared is None:
        if not parameter.own:
            hint = did_you_mean(parameter.key, PARAMETERS)
            yield Problem("UNKNOWN_PARAMETER", f"未知的参数 {parameter.key}{hint}", (*path, "key"))
        elif not parameter.key.isascii() or not parameter.key.isidentifier():
            message = f"参数名 {parameter.key} 只能用英文小写字母、数字和下划线"
            yield Problem("MALFORMED_KEY", message, (*path, "key"))
    elif version.kind not in declared.kinds:
        packs = "、".join(kind.label for kind in sorted(declared.kinds))
        message = f"参数 {parameter.key} 不属于{version.kind.label}政策；它属于：{packs}"
        yield Problem("PARAMETER_OUT_OF_PLACE", message, (*path, "key"))


def check_value(parameter: Parameter, path: Path) -> Iterator[Problem]:
    """Why the value is not one of the parameter's type, choices and limits."""
    value = parameter.value
    if not values.conforms(parameter.type, value, parameter.choices):
        expected = values.label(parameter.type)
        if parameter.choices:
            expected += f"，可用：{'、'.join(parameter.choices)}"
        elif parameter.type is ValueType.MONTH_DAY:
            expected += "，如 09-30"
        message = f"参数 {parameter.key} 的值应为{expected}；现为 {_shown(value)}"
        yield Problem("WRONG_TYPE", message, path)
        return
    numbers = _numbers(parameter)
    low, high = parameter.minimum, parameter.maximum
    if any((low is not None and number < low) or (high is not None and number > high) for number in numbers):
        limits = f"{'…' if low is None else low} 至 {'…' if high is None else high}"
        if parameter.type is ValueType.GRADE:
            limits = "、".join(list(parameter.choices)[low or 0 :])
        message = f"参数 {parameter.key} 的值 {_shown(value)} 超出范围；应在 {limits} 之内"
        yield Problem("OUT_OF_RANGE", message, path)
    if isinstance(value, tuple) and not value:
        yield Problem("EMPTY_LIST", f"参数 {parameter.key} 的列表不能为空", path)


def _numbers(parameter: Parameter) -> tuple[Any, ...]:
    match parameter.type:
        case ValueType.INT | ValueType.SCORE:
            return (parameter.value,)
        case ValueType.GRADE:
            return (list(parameter.choices).index(parameter.value),)
        case ValueType.INT_LIST | ValueType.INT_RANGE:
            return tuple(parameter.value)
        case _:
            return ()


def _shown(value: Any) -> str:
    text = str(value) if not isinstance(value, tuple) else ",".join(map(str, value))
    return text if len(text) <= 40 else f"{text[:40]}…"


def _check_source(parameter: Parameter, path: Path) -> Iterator[Problem]:
    if parameter.source_status is SourceStatus.FROM_CLAUSE and parameter.clause is None:
        message = f"参数 {parameter.key} 标为原文规定，须引用条款；原文没有的请标为 PLATFORM_DEFAULT 或 UNVERIFIED"
        yield Problem("CLAUSE_REQUIRED", message, (*path, "source_status"))
