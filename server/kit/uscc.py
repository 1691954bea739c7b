"""Unified social credit codes (统一社会信用代码), as GB 32100-2015 writes them.

Our own check, because the libraries at hand demand digits in the first eight places, while the standard allows a letter
in the first two: collective economic organisations registered with the agricultural authority (prefix N) would be
refused.  The organisation code inside (places 9–17) has a check digit of its own by GB 11714; it is not tested, since
codes in use, issued for organisations of the prefix N among them, do not all keep it.
"""

import re
import unicodedata
from typing import Final

from server.kit.errors import Invalid

LENGTH: Final = 18

#: The 31 characters of the standard in the order of their values: no I, O, S, V, Z, which are misread for digits.
ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"

#: Weight of each of the first 17 places: powers of 3 modulo 31.
WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(LENGTH - 1))

_SHAPE: Final = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
_SEPARATORS: Final = re.compile(r"[\s\-‐‑‒–—]+")


def check_character(first_17: str) -> str:
    """The 18th character that belongs to the first 17 (upper case, legal characters)."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first_17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def normalise(value: str, *, path: tuple[str, ...] = ("input", "uscc")) -> str:
    """The code as 18 upper-case ASCII characters whose check character is right.

    Spaces and hyphens are dropped, lower case and full-width characters are turned into what the standard prints.
    Nothing is guessed: an ``O`` is not turned into a ``0``; the message says which letter stands in the way.
    That the code exists in the national register is not tested.

    Raises: ``Invalid`` with the place and the remedy.
    """
    code = _SEPARATORS.sub("", unicodedata.normalize("NFKC", value)).upper()
    if len(code) != LENGTH:
        raise Invalid(f"统一社会信用代码应为 {LENGTH} 位，现为 {len(code)} 位，请核对营业执照或登记证书", path=path)
    for place, char in enumerate(code, start=1):
        if char not in ALPHABET:
            raise Invalid(
                f"统一社会信用代码第 {place} 位“{_shown(char)}”不可用，只能是数字或大写字母，且不含 I、O、S、V、Z，"
                "请核对是否误将数字录作字母",
                path=path,
                place=place,
            )
    if not _SHAPE.fullmatch(code):
        raise Invalid("统一社会信用代码第 3 至 8 位为登记机关行政区划码，应为 6 位数字，请核对", path=path)
    if check_character(code[:-1]) != code[-1]:
        raise Invalid("统一社会信用代码校验位不符，有一位或几位录错，请对照证书逐位核对", path=path, place=LENGTH)
    return code


def is_valid(value: str) -> bool:
    """True when ``normalise`` would accept the value."""
    try:
        normalise(value)
    except Invalid:
        return False
    return True


def _shown(char: str) -> str:
    return char if char.isprintable() else f"U+{ord(char):04X}"
