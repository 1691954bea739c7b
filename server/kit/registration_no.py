"""Registration numbers (登记号) of medical institutions, as their licences print them.

The usual number has 22 places (WS 218-2002: organisation code, division, economic type, category, profit status), but
older and provisional licences carry others, and the licensing authority, not we, decides what it issues.  So only the
writing is made uniform, and only what no licence can carry is refused.
"""

import re
import unicodedata
from typing import Final

from server.kit.errors import Invalid

LONGEST: Final = 40

_SPACES: Final = re.compile(r"\s+")
_HYPHENS: Final = re.compile(r"[‐‑‒–—―−]")
_SHAPE: Final = re.compile(r"[0-9A-Z一-鿿〔〕\[\]()\-/.]+")


def normalise(value: str, *, path: tuple[str, ...] = ("input", "registrationNo")) -> str:
    """The number in upper case and half width, without spaces, every kind of hyphen as ``-``; at most 40 characters.

    The hyphen before the organisation code's check digit stays as given: some licences print it.  Use ``match_key`` to
    ask whether two numbers are the same.

    Raises: ``Invalid`` when nothing is left, when it is too long, or when it holds a sign that no number carries.
    """
    number = _HYPHENS.sub("-", _SPACES.sub("", unicodedata.normalize("NFKC", value))).upper()
    if not number.strip("-"):
        raise Invalid("登记号为空，请填写执业许可证上的登记号", path=path)
    if len(number) > LONGEST:
        raise Invalid(f"登记号最长 {LONGEST} 个字符，现为 {len(number)} 个，请核对", path=path)
    if not _SHAPE.fullmatch(number):
        raise Invalid("登记号只能含数字、字母、汉字、括号和连字符，请对照执业许可证核对", path=path)
    return number


def match_key(number: str) -> str:
    """Equal for two writings of one number: the normalised number without hyphens."""
    return normalise(number).replace("-", "")
