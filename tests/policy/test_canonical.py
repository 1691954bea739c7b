"""Canonical JSON: equal content, equal bytes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.clause import Clause
from server.kit.clock import BEIJING
from server.policy.canonical import canonical_json, digest, jsonable
from server.policy.terms import Effect

NAIVE = datetime(2027, 3, 10)  # noqa: DTZ001 - it names no instant, and is refused
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON))
def test_the_order_of_keys_makes_no_difference(content: dict[str, object]) -> None:
    shuffled = dict(reversed(content.items()))
    assert canonical_json(content) == canonical_json(shuffled)


def test_our_values_have_one_form() -> None:
    content = {"b": date(2026, 4, 2), "a": [Effect.ORDER_EXIT, Clause("d", "第一条")], "c": Decimal("85.50")}
    assert canonical_json(content).decode() == '{"a":["ORDER_EXIT","d 第一条"],"b":"2026-04-02","c":"85.50"}'


def test_sets_are_sorted_so_that_they_too_have_one_form() -> None:
    assert jsonable({"x": {"b", "a"}}) == {"x": ["a", "b"]}


def test_an_instant_has_one_form_whatever_zone_it_came_in() -> None:
    beijing = datetime(2027, 3, 10, 8, tzinfo=BEIJING)
    assert digest(beijing) == digest(beijing.astimezone(UTC))
    assert jsonable(beijing) == "2027-03-10T08:00:00+08:00"


@pytest.mark.parametrize("value", [NAIVE, 1.5, float("nan"), object(), b"x"])
def test_what_has_no_single_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        digest({"x": value})
