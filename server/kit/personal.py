"""Personal values: what each kind must look like, how it is written, and what everybody sees of it.

A value is *written* in one form before it is sealed and indexed, so that two spellings of one number are equal.  What is
refused is never repeated in the message: it may be somebody's number all the same.

Legal ground: 个人信息保护法 28 (specific identity and financial accounts are sensitive), 51 (classification, encryption).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from server.kit import masking
from server.kit.errors import Invalid
from server.kit.terms import Term


class Personal(Term):
    """Kinds of personal values that are sealed."""

    IDENTITY_NUMBER = "IDENTITY_NUMBER", "身份证件号码"
    TELEPHONE = "TELEPHONE", "联系电话"
    BANK_ACCOUNT = "BANK_ACCOUNT", "银行账号"

    def masked(self, text: str) -> str:
        """What everybody sees of a value of this kind."""
        return _MASKS[self](text)

    def written(self, text: str, path: tuple[str, ...] = ()) -> str:
        """The value in the one form in which it is kept.

        Raises: Invalid for what cannot be a value of this kind; the message does not hold it.
        """
        return _FORMS[self](re.sub(r"[\s\-–—]+", "", unicodedata.normalize("NFKC", text)).upper(), path)


_CITIZEN = re.compile(r"[1-9][0-9]{16}[0-9X]")
#: With a letter, as passports and permits have; or eight digits, as the Mainland permit for residents of Taiwan has.
_DOCUMENT = re.compile(r"(?=[0-9()]*[A-Z])[0-9A-Z()]{5,20}|[0-9]{8}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_OUTDATED = re.compile(r"[0-9]{15}")
_MOBILE = re.compile(r"(?:(?:\+|00)86)?(1[3-9][0-9]{9})")
#: With its area code, a local number, 400/800, or from abroad.
_TELEPHONE = re.compile(
    r"(0[1-9][0-9]{8,10}|[2-9][0-9]{6,7}|[48]00[0-9]{7}|(?:\+|00)[1-9][0-9]{6,14})(?:(?:转|EXT\.?|X)([0-9]{1,6}))?"
)
_ACCOUNT = re.compile(r"[0-9A-Z]{8,34}")


def _identity_number(number: str, path: tuple[str, ...]) -> str:
    """A citizen's 18 places (GB 11643) with the right check digit, or another document's 5 to 20 letters and digits."""
    if _CITIZEN.fullmatch(number):
        total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
        if _CHECK_DIGITS[total % 11] != number[17] or not _is_day(number[6:14]):
            raise Invalid("身份证件号码有误：出生日期或末位校验码不符，请核对 18 位号码", path=path)
    elif _OUTDATED.fullmatch(number):
        raise Invalid("15 位身份证号码已停用，请填写 18 位号码", path=path)
    elif not _DOCUMENT.fullmatch(number):
        raise Invalid(
            "身份证件号码格式不正确：居民身份证为 18 位数字（末位可为 X），其他证件为 5 到 20 位字母和数字", path=path
        )
    return number


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _telephone(number: str, path: tuple[str, ...]) -> str:
    """A mobile's eleven digits, or a line with its area code, an extension behind 转."""
    number = re.sub(r"[()]", "", number)
    mobile = _MOBILE.fullmatch(number)
    if mobile:
        return mobile[1]
    line = _TELEPHONE.fullmatch(number)
    if line is None:
        raise Invalid("电话格式不正确：手机为 11 位，固定电话为区号加号码，分机写在“转”之后", path=path)
    return f"{line[1]}转{line[2]}" if line[2] else line[1]


def _bank_account(number: str, path: tuple[str, ...]) -> str:
    if not _ACCOUNT.fullmatch(number):
        raise Invalid("银行账号格式不正确：应为 8 到 34 位数字或字母", path=path)
    return number


_MASKS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        Personal.IDENTITY_NUMBER: masking.identity_number,
        Personal.TELEPHONE: masking.telephone,
        Personal.BANK_ACCOUNT: masking.bank_account,
    }
)
_FORMS: Mapping[str, Callable[[str, tuple[str, ...]], str]] = MappingProxyType(
    {
        Personal.IDENTITY_NUMBER: _identity_number,
        Personal.TELEPHONE: _telephone,
        Personal.BANK_ACCOUNT: _bank_account,
    }
)
