"""Rows to candidates: every field checked, the district settled, duplicates within the file found."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from server.institutions.importing import headers, kinds
from server.institutions.importing.model import Candidate, Reject, Row
from server.institutions.importing.resolving import Districts
from server.kit import names, registration_no, uscc
from server.kit.errors import Invalid

LONGEST_ADDRESS: Final = 300

_PHONE: Final = re.compile(r"(?=.*[0-9]{3})[0-9+\-()/,;.#*~\s、转至extEXT]{3,60}")


def candidates(
    rows: Iterable[Row], districts: Districts, *, district_code: str | None = None
) -> Iterator[Candidate | Reject]:
    """One value for each row, in order: a candidate, or a reject with the first reason found.

    ``district_code`` places the whole file.  Of two rows for one institution the first is the candidate.

    Raises: ``Invalid`` at once when ``district_code`` is not known; while iterating, whatever reading the file raises.
    """
    if district_code is not None and district_code not in districts:
        raise Invalid(f"没有代码为 {district_code} 的区，请核对", path=("district",))
    return _candidates(rows, districts, district_code)


def _candidates(rows: Iterable[Row], districts: Districts, given: str | None) -> Iterator[Candidate | Reject]:
    seen = _Seen()
    for row in rows:
        try:
            if row.problem:
                raise Invalid(row.problem)
            candidate = _candidate(row, districts, given)
            seen.admit(candidate)
        except Invalid as refused:
            yield Reject(row.line, refused.message, row.raw)
        else:
            yield candidate


def _candidate(row: Row, districts: Districts, given: str | None) -> Candidate:
    cells = row.cells
    name = names.normalise(cells.get(headers.NAME, ""), path=(headers.NAME,))
    address = cells.get(headers.ADDRESS)
    if address is not None and len(address) > LONGEST_ADDRESS:
        raise Invalid(f"地址最长 {LONGEST_ADDRESS} 个字符，现为 {len(address)} 个，请缩短")
    number, code = cells.get(headers.REGISTRATION_NO), cells.get(headers.USCC)
    kind, basis = kinds.kind_of(name, cells.get(headers.KIND))
    parent = cells.get(headers.PARENT_NAME)
    return Candidate(
        line=row.line,
        district_code=districts.resolve(name=name, address=address, column=cells.get(headers.DISTRICT), given=given),
        name=name,
        address=address,
        registration_no=None if number is None else registration_no.normalise(number),
        uscc=None if code is None else uscc.normalise(code),
        kind=kind,
        kind_basis=basis,
        operating_nature=kinds.operating_nature_of(cells.get(headers.OPERATING_NATURE)),
        phone=_phone(cells.get(headers.PHONE)),
        parent_name=None if parent is None else names.normalise(parent, path=(headers.PARENT_NAME,)),
    )


def _phone(text: str | None) -> str | None:
    if text is None:
        return None
    phone = " ".join(unicodedata.normalize("NFKC", text).split())
    if not _PHONE.fullmatch(phone):
        raise Invalid(f"电话“{text[:20]}”无法识别，应为 3 至 60 个数字和分隔符")
    return phone


class _Seen:
    """The institutions met so far in the file.

    Two rows are one institution when they share the registration number; or credit code and name (a credit code alone
    is the organisation's: a centre and its stations share it); or district, name and address, unless two registration
    numbers tell them apart.
    """

    def __init__(self) -> None:
        self._first: dict[tuple[str, ...], tuple[int, str | None]] = {}

    def admit(self, candidate: Candidate) -> None:
        """Remember the row.  Raises: ``Invalid`` naming the earlier row when it is there already."""
        number = candidate.registration_no and registration_no.match_key(candidate.registration_no)
        keys = self._keys(candidate, number)
        for shown, key in keys:
            earlier = self._first.get(key)
            if earlier is not None and (key[0] == "number" or not number or not earlier[1] or number == earlier[1]):
                raise Invalid(f"{shown}与第 {earlier[0]} 行重复，请删除其中一行或更正")
        for _, key in keys:
            self._first.setdefault(key, (candidate.line, number))

    @staticmethod
    def _keys(candidate: Candidate, number: str | None) -> list[tuple[str, tuple[str, ...]]]:
        name = names.match_key(candidate.name)
        place = (candidate.district_code, name, names.match_key(candidate.address or ""))
        keys: list[tuple[str, tuple[str, ...]]] = []
        if number:
            keys.append(("登记号", ("number", number)))
        if candidate.uscc:
            keys.append(("统一社会信用代码和名称", ("uscc", candidate.uscc, name)))
        return [*keys, ("区、名称和地址", ("place", *place))]
