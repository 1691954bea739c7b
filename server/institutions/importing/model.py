"""What reading a list of institutions yields, and the districts it is read against."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the file has it.

    ``line`` is the line of the file (CSV) or the row of the sheet (Excel), from 1.  ``cells`` holds the trimmed text of
    the recognised columns that are not empty.  ``raw`` is the row as written, for the reject file.  ``problem`` says
    why the row cannot be used at all, if so.
    """

    line: int
    cells: Mapping[str, str]
    raw: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class District:
    """A jurisdiction as import needs it; data of the installation, not of the code.

    ``aliases`` are other names: those ending in 区 or 县 count wherever the full name does, shorter ones only where
    nothing else can be meant.  ``lies_in`` are the codes of the districts whose territory, and so whose addresses, this
    one shares; its aliases then count in the district column alone, since words like 开发区 stand in many addresses.
    ``address_markers`` are words that point to it without naming it, and so put a row in doubt.
    """

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    address_markers: tuple[str, ...] = ()
    lies_in: tuple[str, ...] = ()


class KindBasis(StrEnum):
    """What told the kind of an institution, the surest first."""

    COLUMN = "COLUMN"
    NAME = "NAME"
    SECOND_NAME = "SECOND_NAME"
    """The name in brackets: 某医院（某社区卫生服务中心）.  Worth an official's look."""
    DEFAULT = "DEFAULT"
    """Nothing; OTHER_MEDICAL by default."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row fit for the register: district certain, every code valid, unlike every earlier row of the file.

    ``name`` and ``address`` are as given but trimmed; codes are normalised; ``None`` where the file says nothing.
    ``kind`` and ``operating_nature`` are the codes of the register's enums.
    """

    line: int
    district_code: str
    name: str
    address: str | None
    registration_no: str | None
    uscc: str | None
    kind: str
    kind_basis: KindBasis
    operating_nature: str | None
    phone: str | None
    parent_name: str | None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that a person must mend: its line, why in Chinese, and the row as written."""

    line: int
    reason: str
    raw: tuple[str, ...]
