"""What one condition may say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.policy.leaf import MAX_LENGTH, read


@pytest.mark.parametrize(
    "expression",
    [
        "facts.n >= params.n",
        "!facts.b",
        "facts.n > 0",
        "facts.n == 1",
        'facts.s in ["A", "B"]',
        "facts.s in params.list",
        "size(facts.list) >= params.n",
        "facts.n + facts.m >= params.n",
        "(facts.n - params.m) > params.n",
        'facts.s != "NL-6"',
        "facts.n >=\n  params.n",
    ],
)
def test_one_comparison_is_allowed(expression: str) -> None:
    assert read(expression).remarks == ()


@pytest.mark.parametrize(
    ("expression", "code", "place"),
    [
        ("facts.n >= 2", "NUMBER_IN_RULE", (1, 12)),
        ("facts.n >= 0x10", "NUMBER_IN_RULE", (1, 12)),
        ("facts.n >= 1.0", "NUMBER_IN_RULE", (1, 12)),
        ("facts.n >= 1u", "NUMBER_IN_RULE", (1, 12)),
        ("facts.n >=\n 6", "NUMBER_IN_RULE", (2, 2)),
        ("facts.n >= 1 + 1", "NUMBER_IN_RULE", (1, 12)),
        ("facts.n >= -1", "NUMBER_IN_RULE", (1, 13)),
        ("facts.n * params.n > 0", "NOT_ALLOWED", (1, 9)),
        ("facts.b ? facts.b : facts.b", "NOT_ALLOWED", (1, 9)),
        ("facts.b || facts.c", "NOT_ALLOWED", (1, 9)),
        ("facts.b && facts.c", "NOT_ALLOWED", (1, 9)),
        ("facts.n > params.n // 六分", "NOT_ALLOWED", (1, 20)),
        ("facts.s.matches('a')", "NOT_ALLOWED", (1, 8)),
        ("facts.l.exists(x, x == 'a')", "NOT_ALLOWED", (1, 8)),
        ("int('5') <= facts.n", "UNKNOWN_NAME", (1, 1)),
        ("size('aaa') <= facts.n", "UNKNOWN_NAME", (1, 1)),
        ("timestamp(facts.n) == facts.n", "UNKNOWN_NAME", (1, 1)),
        ("now() > facts.n", "UNKNOWN_NAME", (1, 1)),
        ("facts >= params.n", "NOT_ALLOWED", (1, 1)),
        (".facts.n > 0", "NOT_ALLOWED", (1, 1)),
        ("facts['n'] > 0", "NOT_ALLOWED", (1, 1)),
        ("true", "NO_FACT", (1, 1)),
        ("facts.n > 分", "NOT_ALLOWED", (1, 11)),
        ('facts.s == "未完', "NOT_ALLOWED", (1, 12)),
    ],
)
def test_anything_else_is_refused_with_its_place(expression: str, code: str, place: tuple[int, int]) -> None:
    remark = read(expression).remarks[0]
    assert (remark.code, remark.place) == (code, place)


def test_a_long_condition_is_refused_by_its_length() -> None:
    (remark,) = read("facts.n > " + "0" * MAX_LENGTH).remarks
    assert remark.code == "EXPRESSION_TOO_LONG"
    assert str(MAX_LENGTH) in remark.message


def test_names_are_found_with_their_places() -> None:
    reading = read("facts.n >=\n  params.limit")
    assert reading.facts == (("n", (1, 1)),)
    assert reading.parameters == (("limit", (2, 3)),)


@given(st.text(max_size=60))
def test_any_text_is_read_without_a_crash(text: str) -> None:
    reading = read(text)
    assert reading.remarks or reading.facts or reading.parameters


@given(st.integers(2, 10**9))
def test_no_number_beyond_one_gets_through(number: int) -> None:
    assert any(r.code == "NUMBER_IN_RULE" for r in read(f"facts.n >= {number}").remarks)
