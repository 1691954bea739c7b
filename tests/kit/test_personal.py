"""Personal values have one form each, and what is refused is not repeated."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.errors import Invalid
from server.kit.personal import Personal


@pytest.mark.parametrize(
    ("kind", "typed", "written"),
    [
        (Personal.IDENTITY_NUMBER, "11010519491231002x", "11010519491231002X"),
        (Personal.IDENTITY_NUMBER, "１１０１０５ 19491231 002X", "11010519491231002X"),
        (Personal.IDENTITY_NUMBER, "E12345678", "E12345678"),
        (Personal.TELEPHONE, "+86 138-1234-5678", "13812345678"),
        (Personal.TELEPHONE, "(010) 6789-1234", "01067891234"),
        (Personal.TELEPHONE, "6789 1234", "67891234"),
        (Personal.TELEPHONE, "+44 20 7946 0958", "+442079460958"),
        (Personal.TELEPHONE, "010-67891234 ext. 801", "01067891234转801"),
        (Personal.TELEPHONE, "010-67891234转801", "01067891234转801"),
        (Personal.BANK_ACCOUNT, "6222 0212 3456 7891 234", "6222021234567891234"),
    ],
)
def test_two_spellings_of_a_value_are_one(kind: Personal, typed: str, written: str) -> None:
    assert kind.written(typed) == written
    assert kind.written(written) == written
    assert "*" in kind.masked(written)


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (Personal.IDENTITY_NUMBER, "110105194912310021"),
        (Personal.IDENTITY_NUMBER, "110105194913310029"),
        (Personal.IDENTITY_NUMBER, "110105491231002"),
        (Personal.IDENTITY_NUMBER, "11010519491231"),
        (Personal.IDENTITY_NUMBER, "张三"),
        (Personal.IDENTITY_NUMBER, ""),
        (Personal.TELEPHONE, "12345"),
        (Personal.TELEPHONE, "138123456"),
        (Personal.TELEPHONE, "138123456789"),
        (Personal.TELEPHONE, "张三"),
        (Personal.BANK_ACCOUNT, "1234567"),
    ],
)
def test_what_is_refused_is_not_repeated(kind: Personal, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        kind.written(typed, ("input", "field"))
    assert refused.value.path == ("input", "field")
    assert not typed or typed not in refused.value.message
    assert refused.value.facts == {}


@given(st.integers(0, 10**17 - 1).map(lambda n: f"{n:017}"))
def test_one_check_digit_alone_is_right(first: str) -> None:
    taken = 0
    for last in "0123456789X":
        with suppress(Invalid):
            taken += Personal.IDENTITY_NUMBER.written("1" + first[1:6] + "19491231" + first[14:] + last) is not None
    assert taken == 1
