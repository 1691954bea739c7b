"""GB 32100-2015: what a unified social credit code may look like, and what the refusal says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit import uscc
from server.kit.errors import Invalid

first_17 = st.tuples(
    st.text(uscc.ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(uscc.ALPHABET, min_size=9, max_size=9),
).map("".join)
codes = first_17.map(lambda head: head + uscc.check_character(head))


def test_weights_are_those_of_the_standard() -> None:
    assert uscc.WEIGHTS == (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    assert len(uscc.ALPHABET) == 31
    assert not set("IOSVZ") & set(uscc.ALPHABET)


@pytest.mark.parametrize("code", ["N2110106MF00000007", "91110000802100433B"])
def test_codes_in_use_are_accepted(code: str) -> None:
    assert uscc.normalise(code) == code


@pytest.mark.parametrize(
    "written",
    [
        " n2110106mf00000007 ",
        "N2110106 MF000000 07",
        "N2110106-MF0000000-7",
        "Ｎ２１１０１０６ＭＦ０００００００７",
        "N2110106\u3000MF00000007\n",
    ],
)
def test_writing_is_made_uniform(written: str) -> None:
    assert uscc.normalise(written) == "N2110106MF00000007"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "应为 18 位，现为 0 位"),
        ("N2110106MF0000000", "应为 18 位，现为 17 位"),
        ("N2110106MF000000070", "应为 18 位，现为 19 位"),
        ("N2110106MFO0000007", "第 11 位“O”不可用"),
        ("N2110106MF0000000\x00", r"第 18 位“U\+0000”不可用"),
        ("N2110106MF000000零7", "第 17 位“零”不可用"),
        ("N2A10106MF00000007", "第 3 至 8 位"),
        ("N2110106MF00000008", "校验位不符"),
        ("N2110106MF00000070", "校验位不符"),
    ],
)
def test_refusal_says_what_is_wrong(written: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        uscc.normalise(written, path=("input", "organisation", "uscc"))
    assert refused.value.path == ("input", "organisation", "uscc")
    assert not uscc.is_valid(written)


@given(codes)
def test_every_code_with_its_check_character_is_valid(code: str) -> None:
    assert uscc.normalise(code) == code
    assert uscc.normalise(code.lower()) == code


@given(codes, st.integers(0, 17), st.sampled_from(uscc.ALPHABET))
def test_one_wrong_character_is_always_found(code: str, place: int, char: str) -> None:
    wrong = code[:place] + char + code[place + 1 :]
    assert uscc.is_valid(wrong) is (wrong == code)


@given(codes, st.integers(0, 16))
def test_two_neighbours_swapped_are_always_found(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert uscc.is_valid(swapped) is (swapped == code)


@given(st.text(max_size=40))
def test_any_text_is_either_normalised_or_refused(text: str) -> None:
    if uscc.is_valid(text):
        assert uscc.normalise(uscc.normalise(text)) == uscc.normalise(text)
