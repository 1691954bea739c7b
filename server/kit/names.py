"""Names of institutions, organisations and places: what is stored, what is compared, what is sorted by.

Three values, never mixed: the name as given (``normalise``, only trimmed), a key that is equal for two writings of one
name (``match_key``), and a key whose order is the order of pinyin (``sort_key``).  PostgreSQL cannot sort Chinese by
pinyin without ICU, so the sort key is computed here and stored beside the name.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final, cast

from ruamel.yaml import YAML

from server.kit.errors import Invalid

#: Longest name accepted unless the caller says otherwise.
LONGEST: Final = 200

_OVERRIDES: Final = "pinyin_overrides.yaml"

#: Invisible at either end of a pasted name: zero-width characters and the byte-order mark.
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff"
#: What is trimmed at both ends of any text.
AROUND: Final = " \t\r\n\u00a0\u3000" + _ZERO_WIDTH

_OPENING: Final = "([{〔【〖［｛「『《〈<"
_CLOSING: Final = ")]}〕】〗］｝」』》〉>"
_ALIKE: Final = str.maketrans(
    {
        **dict.fromkeys(_OPENING, "("),
        **dict.fromkeys(_CLOSING, ")"),
        **dict.fromkeys("・•‧∙⋅", "·"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)

_HAN: Final = "〇\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_PIECE: Final = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<number>[0-9]+)|(?P<word>[a-z]+)|(?P<other>[^\W_])")

#: Width to which numbers are padded, so that 第2 stands before 第10.  Longer digit runs are codes and sort as text.
_NUMBER_WIDTH: Final = 8


def normalise(name: str, *, path: tuple[str, ...] = ("input", "name"), limit: int = LONGEST) -> str:
    """The name as given, without the blanks around it; not empty, at most ``limit`` characters, all visible.

    Nothing inside is changed: an official name keeps its full-width brackets and its rare characters, private-use ones
    among them.  Control characters, line breaks, NUL and invisible formatting characters inside are refused, because a
    name that holds them looks like another one.

    Raises: ``Invalid``, which names the limit or the character and its place.
    """
    trimmed = name.strip(AROUND)
    if not trimmed:
        raise Invalid("名称为空，请填写", path=path)
    if len(trimmed) > limit:
        raise Invalid(f"名称最长 {limit} 个字符，现为 {len(trimmed)} 个，请缩短", path=path, limit=limit)
    for place, char in enumerate(trimmed, start=1):
        if is_forbidden(char):
            message = f"名称第 {place} 个字符是不可见的控制字符（U+{ord(char):04X}），请删除后重试"
            raise Invalid(message, path=path, place=place)
    return trimmed


def is_forbidden(char: str) -> bool:
    """True for a character that no stored text may hold: controls, line separators, formatting, lone surrogates.

    Private-use characters are allowed (rare characters in names from older systems), and so are code points that this
    Python does not know yet: extensions of Unicode keep adding Chinese characters.
    """
    category = unicodedata.category(char)
    if category == "Cn":
        return ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF
    return category in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def match_key(name: str) -> str:
    """Equal for two writings of one name: width, case, blanks, kinds of bracket, dot and dash make no difference.

    For finding duplicates and for search, never for display.  Variation selectors and invisible characters are dropped;
    simplified and traditional characters stay different.
    """
    unified = unicodedata.normalize("NFKC", name).casefold().translate(_ALIKE)
    return "".join(char for char in unified if not _is_dropped(char))


def sort_key(name: str) -> str:
    """Lower-case ASCII whose plain order is the order of pinyin, syllable by syllable (no tones).

    Syllables, words and numbers are separated by one space, which sorts before every letter, so that ``xi an`` stands
    before ``xian``.  Numbers are padded to eight digits: 第2 before 第10; Chinese numerals sort by their reading.
    Punctuation is dropped.  A character without a known reading sorts after everything else, by its code point.
    ``ü`` is written ``v``.  Readings that the dictionary gets wrong stand in ``pinyin_overrides.yaml``.
    Two names may share a key: order by key, then by id.
    """
    return " ".join(_tokens(name))


def _tokens(name: str) -> Iterator[str]:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = "".join(char for char in folded if not _is_dropped(char) or char.isspace())
    for piece in _PIECE.finditer(plain):
        match piece.lastgroup:
            case "han":
                yield from _readings(piece.group())
            case "number":
                yield piece.group().lstrip("0").rjust(_NUMBER_WIDTH, "0")
            case "word":
                yield piece.group()
            case _:
                yield _by_code_point(piece.group())


def _readings(run: str) -> list[str]:
    """One syllable for each character of a run of Chinese characters."""
    # Its dictionary takes 50 MB and a quarter of a second, and whoever only reads never needs it.
    from pypinyin import lazy_pinyin

    # The whole run goes to the dictionary first, since a reading depends on the neighbours; overrides come on top.
    # ``list`` keeps one entry for each character without a reading; pypinyin's annotation knows only strings.
    readings = lazy_pinyin(run, errors=cast("Callable[[str], str]", list), v_to_u=False)
    overrides, longest = _overrides()
    start = 0
    while start < len(run):
        for length in range(min(longest, len(run) - start), 0, -1):
            override = overrides.get(run[start : start + length])
            if override is not None:
                readings[start : start + length] = override
                start += length
                break
        else:
            start += 1
    return [reading if reading.isascii() else _by_code_point(reading) for reading in readings]


def _by_code_point(char: str) -> str:
    # "~" sorts after every letter and digit of ASCII.
    return "".join(f"~{ord(one):06x}" for one in char)


def _is_dropped(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in {"Cc", "Cf", "Mn", "Zl", "Zp"}


@cache
def _overrides() -> tuple[dict[str, tuple[str, ...]], int]:
    """Readings by text, and the length of the longest text."""
    entries = YAML(typ="safe", pure=True).load(files("server.kit").joinpath(_OVERRIDES).read_text("utf-8"))
    readings: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        text, reading = entry["text"], tuple(entry["reading"].split())
        if len(text) != len(reading) or text in readings or not entry["reason"]:
            raise ValueError(f"{_OVERRIDES}: {text} needs one syllable a character, one entry, and a reason")
        readings[text] = reading
    return readings, max(map(len, readings))
