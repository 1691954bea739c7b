"""Numbers of resident identity cards, as GB 11643-1999 writes them: 18 places, the last a check character.

Also the shape of what other documents carry (passports, permits), for persons who hold no such card.
"""

import re
import unicodedata
from calendar import monthrange
from typing import Final

from server.kit.errors import Invalid

#: Weight of each of the first 17 places: powers of 2 modulo 11, from the left.
WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))
_CHECKS: Final = "10X98765432"
_RESIDENT: Final = re.compile(r"[1-9][0-9]{5}(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})[0-9]{3}[0-9X]")
_OTHER: Final = re.compile(r"[A-Z0-9()]{6,17}")
_SPACES: Final = re.compile(r"[\s\-]+")


def check_character(first_17: str) -> str:
    """The 18th character that belongs to the first 17 digits."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True)) % 11]


def is_resident(number: str) -> bool:
    """True for a normalised number of a resident's card, false for another document's."""
    return _RESIDENT.fullmatch(number) is not None


def normalise(value: str, *, path: tuple[str, ...]) -> str:
    """The number in upper case without blanks: a resident's with a date and a right check character, or another's.

    The message never repeats the number.  Raises: ``Invalid``.
    """
    number = _SPACES.sub("", unicodedata.normalize("NFKC", value)).upper()
    if len(number) != 18:
        if _OTHER.fullmatch(number):
            return number
        raise Invalid("身份证号应为 18 位；其他证件号码应为 6 至 17 位字母或数字，请核对", path=path)
    match = _RESIDENT.fullmatch(number)
    if match is None:
        raise Invalid("身份证号应为 17 位数字加 1 位校验码（数字或 X），请核对", path=path)
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    if not (1850 <= year <= 2999 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):
        raise Invalid("身份证号中的出生日期不存在，请核对", path=path)
    if check_character(number[:17]) != number[17]:
        raise Invalid("身份证号校验位不符，有一位或几位录错，请逐位核对", path=path)
    return number
