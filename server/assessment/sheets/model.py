"""What a score sheet holds, where it stands there, and what the platform knows to hold it against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

SHEET: Final = "考核评分"
#: Names the form of the sheet; another form gets another mark.
MARK: Final = "shequ-assessment-scores-1"

#: Rows of the head, from 1.
MARK_ROW: Final = 1
TITLE_ROW, CODE_ROW, MOST_ROW, WEIGHT_ROW = 3, 4, 5, 6
FIRST_ROW: Final = 7
#: Columns before the indicators, from 1.
NAME, CODE, ASSESSMENT, VERSION = 1, 2, 3, 4
FIRST_COLUMN: Final = 5

#: Limits of what is read; PLATFORM_DEFAULT.  A district has some hundred institutions, a scheme at most 200 indicators;
#: what stands to the right of all columns that a sheet can have is nobody's score, and not looked at.
ROWS_MOST: Final = 3_000
COLUMNS_MOST: Final = FIRST_COLUMN - 1 + 250


@dataclass(frozen=True, slots=True)
class Column:
    """An indicator of the scheme."""

    indicator_id: UUID
    code: str
    title: str
    weight: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Known:
    """An assessment as it is now.

    ``mine``: the indicators that the caller scores; ``scores``: those given so far, by indicator; ``obstacle``: why it
    cannot be scored now, None where it can.
    """

    assessment_id: UUID
    name: str
    code: str | None
    version: int
    mine: frozenset[UUID]
    scores: Mapping[UUID, Decimal]
    obstacle: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell in which something stands: a number, or what cannot be one.

    ``text`` is what stands there as an official sees it; ``flaw`` is why it is no number and what to do, None where
    ``number`` is given.
    """

    text: str
    number: Decimal | None = None
    flaw: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row that was filled in: its number in the sheet, what says whose it is, its cells by column."""

    number: int
    name: str
    code: str
    assessment: str
    version: str
    cells: Mapping[int, Cell]


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet as it was sent: heads by column (title and code of the indicator), merged areas, rows."""

    sheet: str
    cycle: str
    heads: Mapping[int, tuple[str, str]]
    merged: tuple[str, ...] = ()
    lines: tuple[Line, ...] = field(default=())
