"""Registration numbers: one writing, one key; the authority's own forms stay."""

import pytest

from server.kit import registration_no
from server.kit.errors import Invalid


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("46600083811010517A1001", "46600083811010517A1001"),
        (" pdy00002-x 11010517a1002", "PDY00002-X11010517A1002"),
        ("ＰＤＹ００００２－Ｘ１１０１０５１７Ａ１００２", "PDY00002-X11010517A1002"),
        ("PDY00002–X11010517A1002", "PDY00002-X11010517A1002"),
        ("京卫医证（2019）第12号", "京卫医证(2019)第12号"),
    ],
)
def test_writing_is_made_uniform(written: str, stored: str) -> None:
    assert registration_no.normalise(written) == stored


def test_hyphen_of_the_organisation_code_makes_no_difference() -> None:
    assert registration_no.match_key("PDY00002-X11010517A1002") == registration_no.match_key("pdy00002x11010517a1002")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "为空"),
        (" - ", "为空"),
        ("1" * 41, "最长 40 个字符，现为 41 个"),
        ("46600083811010517A100\x00", "只能含"),
        ("=1+1", "只能含"),
    ],
)
def test_refusal_says_what_is_wrong(written: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        registration_no.normalise(written)
    assert refused.value.path == ("input", "registrationNo")
