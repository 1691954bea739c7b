"""The predicate engine: every trap measured in cel-expr-python 0.1.3 is closed."""

from datetime import date, datetime
from typing import Any

import pytest
from cel_expr_python import cel

from server.policy import leaf, values
from server.policy.engine import CelEngine, NotCompiled, NotEvaluated
from server.policy.values import ValueType

VARIABLES = {
    "facts.n": "int",
    "facts.b": "bool",
    "facts.s": "string",
    "facts.l": "list<string>",
    "params.n": "int",
}


@pytest.fixture(scope="module")
def engine() -> CelEngine:
    return CelEngine(VARIABLES)


def complaints(engine: CelEngine, expression: str) -> list[tuple[int, int, str]]:
    with pytest.raises(NotCompiled) as caught:
        engine.compile(expression)
    return [(c.line, c.column, c.message) for c in caught.value.complaints]


def test_trap_1_an_error_that_comes_back_as_a_truthy_text_is_no_truth_value(engine: CelEngine) -> None:
    raw = cel.NewEnv(variables={"facts.n": cel.Type.INT}).compile("facts.n >= 1").eval(data={})
    assert raw.type().name() == "ERROR"
    assert raw.value()  # a text, and true: the trap
    with pytest.raises(NotEvaluated, match=r"params\.n"):
        engine.compile("facts.n >= params.n").holds(engine.bind({"facts.n": 1}))


@pytest.mark.parametrize("value", ["2", None, 1.5, 2**70])
def test_trap_1_a_value_of_another_type_is_no_truth_value(engine: CelEngine, value: Any) -> None:
    predicate = engine.compile("facts.n >= params.n")
    with pytest.raises(NotEvaluated):
        predicate.holds(engine.bind({"facts.n": value, "params.n": 1}))


def test_trap_1_a_limit_that_is_raised_instead_is_no_truth_value(engine: CelEngine) -> None:
    nested = "facts.l.all(i, facts.l.all(j, facts.l.all(k, i == j || j != k || true)))"
    bound = engine.bind({"facts.l": [str(n) for n in range(300)]})
    with pytest.raises(NotEvaluated, match="budget"):
        engine.compile(nested).holds(bound)


def test_trap_2_or_swallows_a_missing_fact_so_conditions_may_not_use_it(engine: CelEngine) -> None:
    assert engine.compile("facts.b || facts.n >= params.n").holds(engine.bind({"facts.b": True})) is True
    assert [r.code for r in leaf.read("facts.b || facts.n >= params.n").remarks] == ["NOT_ALLOWED"]
    assert [r.code for r in leaf.read("facts.b && facts.n >= params.n").remarks] == ["NOT_ALLOWED"]


def test_trap_3_dates_are_bound_as_ordinals() -> None:
    raw = cel.NewEnv(variables={"facts.d": cel.Type.TIMESTAMP})
    expression = raw.compile("facts.d < timestamp('2026-01-01T00:00:00Z')")
    assert expression.eval(data={"facts.d": date(2025, 1, 1)}).type().name() == "ERROR"  # a date is refused
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the trap is that it passes, as UTC
    assert expression.eval(data={"facts.d": naive}).value() is False
    engine = CelEngine({"facts.d": "int", "params.d": "int"})
    bound = {name: values.bind(ValueType.DATE, day, {}) for name, day in DATES.items()}
    assert engine.compile("facts.d < params.d").holds(engine.bind(bound)) is True


DATES = {"facts.d": date(2026, 3, 31), "params.d": date(2026, 4, 1)}


def test_trap_4_scores_are_hundredths_because_a_double_does_not_compare_with_an_int() -> None:
    with pytest.raises(RuntimeError, match="no matching overload"):
        cel.NewEnv(variables={"facts.x": cel.Type.DOUBLE}).compile("facts.x >= 1")
    assert "double" not in {values.cel_type(type_) for type_ in ValueType}


def test_trap_5_identifiers_are_ascii(engine: CelEngine) -> None:
    ((line, column, _), *_) = complaints(engine, "facts.n >= params.n &&\n  分数")
    assert (line, column) == (2, 3)
    (remark,) = leaf.read("facts.n >= 分").remarks
    assert remark.place == (1, 12)


def test_trap_5_chinese_in_a_quoted_text_keeps_the_columns_right(engine: CelEngine) -> None:
    ((line, column, message),) = complaints(engine, "facts.s == '是' && facts.zz")
    assert (line, column) == (1, 24)
    assert "facts.zz" in message


def test_trap_6_deep_parentheses_are_refused(engine: CelEngine) -> None:
    assert engine.compile("(" * 31 + "facts.b" + ")" * 31).holds(engine.bind({"facts.b": True})) is True
    ((_, _, message),) = complaints(engine, "(" * 33 + "facts.b" + ")" * 33)
    assert "嵌套过深" in message


def test_trap_7_dotted_names_make_a_misspelling_a_compile_error(engine: CelEngine) -> None:
    ((line, column, message),) = complaints(engine, "facts.nn >= params.n")
    assert (line, column) == (1, 6)
    assert message == "未声明的名称 facts.nn"


def test_true_passes_for_an_int_inside_cel_so_values_are_checked_before(engine: CelEngine) -> None:
    assert engine.compile("facts.n >= params.n").holds(engine.bind({"facts.n": True, "params.n": 1})) is True
    assert not values.conforms(ValueType.INT, True, {})


def test_a_type_error_names_the_types_in_chinese(engine: CelEngine) -> None:
    assert complaints(engine, "facts.n >= facts.s") == [(1, 9, "类型不符：“>=”不能用于 整数、文本")]


def test_the_result_must_be_a_truth_value(engine: CelEngine) -> None:
    assert complaints(engine, "facts.n") == [(1, 1, "条件的结果应为真或假，而不是整数")]


def test_there_is_no_now_in_a_rule(engine: CelEngine) -> None:
    assert complaints(engine, "now() > facts.n")[0][2] == "未声明的名称 now"


def test_predicates_can_be_used_from_several_threads(engine: CelEngine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    predicate = engine.compile("facts.n >= params.n")

    def judge(n: int) -> bool:
        return predicate.holds(engine.bind({"facts.n": n, "params.n": 500}))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(judge, range(1000))) == [n >= 500 for n in range(1000)]
