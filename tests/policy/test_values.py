"""Typed values: nothing is coerced, and the text of a value reads back as the value."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.policy import values
from server.policy.terms import SafetyGrade, labels
from server.policy.values import ValueType

CHOICES = {"A": "甲", "B": "乙"}
CODES = st.sampled_from(["A", "B"])
BY_TYPE: dict[ValueType, st.SearchStrategy[Any]] = {
    ValueType.INT: st.integers(-(10**17), 10**17),
    ValueType.BOOL: st.booleans(),
    ValueType.TEXT: st.text(min_size=1),
    ValueType.CHOICE: CODES,
    ValueType.GRADE: CODES,
    ValueType.DATE: st.dates(),
    ValueType.MONTH_DAY: st.sampled_from(["01-01", "02-29", "12-31"]),
    ValueType.SCORE: st.decimals(min_value=0, max_value=1000, places=2, allow_nan=False, allow_infinity=False),
    ValueType.INT_LIST: st.lists(st.integers(0, 99), unique=True).map(tuple),
    ValueType.TEXT_LIST: st.lists(CODES, unique=True).map(tuple),
    ValueType.INT_RANGE: st.tuples(st.integers(0, 9), st.integers(9, 99)),
}


@pytest.mark.parametrize("type_", list(ValueType))
@given(data=st.data())
def test_the_text_of_a_value_reads_back_as_the_value(type_: ValueType, data: st.DataObject) -> None:
    value = data.draw(BY_TYPE[type_])
    assert values.conforms(type_, value, CHOICES if type_ is not ValueType.TEXT else {})
    assert values.parse(type_, values.render(type_, value)) == value


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (ValueType.INT, True),
        (ValueType.INT, 1.0),
        (ValueType.INT, "1"),
        (ValueType.INT, 2**63),
        (ValueType.BOOL, 1),
        (ValueType.BOOL, "true"),
        (ValueType.TEXT, ""),
        (ValueType.CHOICE, "C"),
        (ValueType.DATE, "2026-01-01"),
        (ValueType.MONTH_DAY, "13-01"),
        (ValueType.MONTH_DAY, "02-30"),
        (ValueType.SCORE, 85.5),
        (ValueType.SCORE, Decimal("85.555")),
        (ValueType.SCORE, Decimal("NaN")),
        (ValueType.INT_LIST, [1]),
        (ValueType.INT_LIST, (1, 1)),
        (ValueType.INT_LIST, (True,)),
        (ValueType.TEXT_LIST, ("A", "C")),
        (ValueType.INT_RANGE, (6, 1)),
        (ValueType.INT_RANGE, (1, 2, 3)),
    ],
)
def test_a_value_of_another_type_does_not_conform(type_: ValueType, value: Any) -> None:
    assert not values.conforms(type_, value, CHOICES)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (ValueType.INT, "３"),
        (ValueType.INT, "1_000"),
        (ValueType.INT, " "),
        (ValueType.INT, "2.0"),
        (ValueType.BOOL, "True"),
        (ValueType.BOOL, "yes"),
        (ValueType.DATE, "2026-02-30"),
        (ValueType.SCORE, "八十"),
        (ValueType.INT_RANGE, "3"),
    ],
)
def test_text_that_is_no_value_is_refused(type_: ValueType, text: str) -> None:
    with pytest.raises(ValueError):
        values.parse(type_, text)


def test_cel_sees_ordinals_ranks_and_hundredths() -> None:
    assert values.bind(ValueType.DATE, date(2026, 4, 2), {}) == date(2026, 4, 2).toordinal()
    assert values.bind(ValueType.GRADE, "GENERAL", labels(SafetyGrade)) == 1
    assert values.bind(ValueType.SCORE, Decimal("85.50"), {}) == 8550
    assert values.cel_type(ValueType.INT_RANGE) is None
