"""Which district a row belongs to: told, never guessed.

A wrong district would show one tenant another's institution, so a row counts only when somebody named its district: the
caller for the whole file, the row's own column, or its address, in this order.  An institution's name never places it
(many carry the name of a district in which they do not lie); it can only contradict.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from server.institutions.importing.model import District
from server.kit.errors import Invalid

_FULL_NAME: Final = ("区", "县")
#: What may follow a short name for it to stand alone: 某某 某某镇, but not 某某门, 某某路.
_ALONE: Final = r"(?=[\s,;/\-–—、]|$)"
#: Another province or city before the name of a district that ours has too.
_ELSEWHERE: Final = re.compile(r"省|自治[区州]|市$")


class Districts:
    """The jurisdictions, ready to be looked for in text.

    ``city`` are the names under which the city stands before a district in an address.
    Raises: ``ValueError`` when one has address markers and does not say in which districts it lies.
    """

    def __init__(self, districts: Iterable[District], *, city: Sequence[str] = ("北京市", "北京")) -> None:
        self._by_code: Mapping[str, District] = {district.code: district for district in districts}
        self._any: dict[str, set[str]] = {}
        self._full: dict[str, set[str]] = {}
        self._short: dict[str, set[str]] = {}
        for district in self._by_code.values():
            if not self._by_code.keys() >= set(district.lies_in) or (district.address_markers and not district.lies_in):
                raise ValueError(f"{district.code}: a jurisdiction with address markers lies in known districts")
            for name in (district.name, *district.aliases):
                self._any.setdefault(_flat(name), set()).add(district.code)
                if name == district.name or (name.endswith(_FULL_NAME) and not district.lies_in):
                    self._full.setdefault(_flat(name), set()).add(district.code)
                elif not district.lies_in:
                    self._short.setdefault(_flat(name), set()).add(district.code)
        cities = "|".join(re.escape(one) for one in sorted(city, key=len, reverse=True))
        self._city = re.compile(rf"(?:中国)?(?:{cities})?(?:市辖区)?")
        self._full_names = _any_of(self._full)
        self._leading_short = re.compile(rf"(?:{cities})?\s*({_any_of(self._short).pattern}){_ALONE}")

    def __contains__(self, code: str) -> bool:
        return code in self._by_code

    def name(self, code: str) -> str:
        return self._by_code[code].name

    def resolve(self, *, name: str, address: str | None, column: str | None, given: str | None = None) -> str:
        """The code of the one district that is named for the row.

        ``given`` is the caller's code for the whole file, ``column`` the text of the row's district column.

        Raises: ``Invalid`` when no district is named, when two are, or when the place belongs to a jurisdiction inside
        another's territory and the row does not say to which.
        """
        told = self._told(column, given)
        in_address = self._in_address(address or "")
        in_name = self._named_in(name)
        if told is not None:
            self._require_no_conflict(told, in_address, "地址", "“区”列或导入时指定的区")
            self._require_no_conflict(told, in_name, "名称", "“区”列或导入时指定的区")
            return told
        self._require_no_doubt(in_address, name, address or "")
        if len(in_address) > 1:
            raise Invalid(f"地址中有不止一个区：{self._shown(in_address)}，请在“区”列写明")
        if not in_address:
            hint = f"；名称提到{self._shown(in_name)}，如确属该区请在“区”列写明" if in_name else "，请在“区”列写明"
            raise Invalid(f"未写明所属区，不能由街道或道路推断{hint}")
        (code,) = in_address
        self._require_no_conflict(code, in_name, "名称", "地址")
        return code

    def _told(self, column: str | None, given: str | None) -> str | None:
        in_column = None if column is None else self._in_column(column)
        if given is not None and in_column is not None and given != in_column:
            message = f"“区”列为{self.name(in_column)}，导入时指定的是{self.name(given)}，两者不一致，请核对"
            raise Invalid(message)
        return given or in_column

    def _in_column(self, text: str) -> str:
        flat = _flat(text)
        if flat in self._by_code:
            return flat
        candidates = {flat, self._city.sub("", flat, count=1)}
        codes = {code for one in candidates for code in self._any.get(one, ())}
        if len(codes) != 1:
            problem = "对应不止一个区" if codes else "不是已知的区"
            known = "、".join(district.name for district in self._by_code.values())
            raise Invalid(f"“区”列“{text[:20]}”{problem}，应为：{known}")
        return codes.pop()

    def _in_address(self, address: str) -> set[str]:
        text = unicodedata.normalize("NFKC", address).strip()
        if match := self._leading_short.match(text):
            return self._short[match[1]] | self._named_in(address)
        flat = _flat(address)
        first = self._full_names.search(flat)
        if first and _ELSEWHERE.search(self._city.sub("", flat[: first.start()], count=1)):
            raise Invalid("地址写的是外省市，不属本市，请核对")
        return self._named_in(address)

    def _named_in(self, text: str) -> set[str]:
        """Codes of the districts whose full names stand in the text."""
        return {code for match in self._full_names.finditer(_flat(text)) for code in self._full[match[0]]}

    def _require_no_conflict(self, code: str, others: set[str], where: str, against: str) -> None:
        wrong = {other for other in others - {code} if not self._share_territory(code, other)}
        if wrong and code not in others:
            message = f"{where}中的{self._shown(wrong)}与{against}（{self.name(code)}）不一致，请核对"
            raise Invalid(message)
        if wrong:
            raise Invalid(f"{where}中有不止一个区：{self._shown(others)}，请核对")

    def _require_no_doubt(self, in_address: set[str], name: str, address: str) -> None:
        """Refuse a row in a host district that may belong to the jurisdiction inside it, unless it says which."""
        texts = (_flat(address), _flat(name))
        for inner in self._by_code.values():
            words = (inner.name, *inner.address_markers) if inner.lies_in else ()
            word = next((one for one in words if any(_flat(one) in text for text in texts)), None)
            hosts = in_address & set(inner.lies_in)
            if word is None or (in_address and not hosts):
                # Not mentioned; or named in full and alone, or mentioned where it cannot be.
                continue
            either = f"{inner.name}或{self._shown(hosts)}" if hosts else f"{inner.name}或相邻的区"
            raise Invalid(f"地址或名称提到“{word}”，可能属{either}，管辖须由人指定，请在“区”列写明")

    def _share_territory(self, one: str, other: str) -> bool:
        return other in self._by_code[one].lies_in or one in self._by_code[other].lies_in

    def _shown(self, codes: set[str]) -> str:
        return "、".join(district.name for district in self._by_code.values() if district.code in codes)


def _flat(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Matches the longest of the words; nothing when there are none."""
    ordered = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, ordered)) if ordered else r"(?!)")
