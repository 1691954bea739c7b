"""Personal values as everyone sees them by default: masked, whatever the role.

A mask shows enough to tell two cases apart on the telephone and no more.  A value that does not have the shape of its
kind is hidden whole, because what was typed into the wrong field may be anything.  Masks are for display only: two
values with one mask are not equal, and nothing is found, ordered or grouped by one.  The mask of a sealed value is made
when it is sealed and stands beside it, so that reading needs no key.  Credit codes are public and are not masked.

Legal ground: 个人信息保护法 6 (no more than needed), 28 (financial accounts and specific identity are sensitive), 51.
"""

import re
import unicodedata
from typing import Final

HIDDEN: Final = "****"

_SURNAMES: Final = (
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 太叔 申屠 "
    "公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 "
    "拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 公户 公玉 公仪 梁丘 公仲 公上 公门 公山 公坚 左丘 公伯 "
    "西门 公祖 第五 公乘 贯丘 公皙 南荣 东里 东宫 仲长 子书 子桑 即墨 达奚 褚师 完颜 纳兰 叶赫 那拉 富察"
)
#: Surnames of two characters in use; a name of three characters or more that begins with one keeps both.
COMPOUND_SURNAMES: Final = frozenset(_SURNAMES.split())

_CITIZEN: Final = re.compile(r"[0-9]{17}[0-9X]|[0-9]{15}")
_MOBILE: Final = re.compile(r"(?:(?:\+|00)86)?(1[3-9][0-9]{9})")
_LANDLINE: Final = re.compile(r"[0-9+\-()\s转]{7,40}(?:ext\.?[0-9]{1,6})?")
_ACCOUNT: Final = re.compile(r"[0-9A-Z]{8,34}")
_EMAIL: Final = re.compile(r"([^@\s])[^@\s]*@([^@\s]+)")

_TOWN: Final = re.compile(r"^.*?(?:街道|地区|镇|乡)")
_ROAD: Final = re.compile(r"^[^0-9]*?(?:大街|路|街|胡同|巷)")
# 小区, 社区 and 园区 are housing or parks, narrower than a district.
_DISTRICT: Final = re.compile(r"^(?:.*?(?:自治区|省|市))?[^0-9]{1,12}?(?<![小社园])[区县]")


def identity_number(value: str) -> str:
    """First six (the place) and last four of a citizen's 18 places, ``110105********0021``; 15 places likewise.

    Any other document's number is hidden whole.
    """
    number = _compact(value).upper()
    if not _CITIZEN.fullmatch(number):
        return HIDDEN
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"


def mobile(value: str) -> str:
    """First three and last four, ``138****5678``; the country's prefix and separators are dropped."""
    match = _MOBILE.fullmatch(_compact(value))
    return f"{match[1][:3]}****{match[1][-4:]}" if match else HIDDEN


def landline(value: str) -> str:
    """Every digit but the last four hidden, the writing kept: ``***-****5678``."""
    text = unicodedata.normalize("NFKC", value).strip()
    digits = sum(char.isdigit() for char in text)
    if not _LANDLINE.fullmatch(text) or digits < 7:
        return HIDDEN
    shown_from = digits - 4
    masked, seen = [], 0
    for char in text:
        masked.append("*" if char.isdigit() and seen < shown_from else char)
        seen += char.isdigit()
    return "".join(masked)


def telephone(value: str) -> str:
    """``mobile`` where the number is one, else ``landline``."""
    masked = mobile(value)
    return landline(value) if masked == HIDDEN else masked


def person_name(value: str) -> str:
    """The surname and one star for each further character: ``张*``, ``欧阳**``.

    A name of several parts (``·``, or Latin words) keeps the first character of the first part and tells nothing else,
    not even its length.  A single character is hidden.
    """
    name = unicodedata.normalize("NFKC", value).strip()
    if not name:
        return HIDDEN
    if re.search(r"[·•・\s]|[A-Za-z]", name):
        return f"{name[0]}***" if len(name) > 1 else "*"
    surname = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return f"{name[:surname]}{'*' * (len(name) - surname)}" if len(name) > 1 else "*"


def bank_account(value: str) -> str:
    """The last four, in a shape that does not tell the length: ``**** **** **** 1234``."""
    account = _compact(value).upper()
    return f"**** **** **** {account[-4:]}" if _ACCOUNT.fullmatch(account) else HIDDEN


def email(value: str) -> str:
    """First character and the domain: ``f***@bjft.gov.cn``."""
    match = _EMAIL.fullmatch(value.strip())
    return f"{match[1]}***@{match[2]}" if match else HIDDEN


def address(value: str) -> str:
    """A private address down to the street: its subdistrict or town, else its road, else its district; never a number.

    For people's addresses.  The address of an institution is public.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    for level in (_TOWN, _ROAD, _DISTRICT):
        match = level.match(text)
        if match and not re.search(r"[0-9]", match[0]):
            return f"{match[0]}***"
    return HIDDEN


def _compact(value: str) -> str:
    return re.sub(r"[\s\-]+", "", unicodedata.normalize("NFKC", value))
