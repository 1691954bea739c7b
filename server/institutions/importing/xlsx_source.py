"""Rows of an Excel workbook (.xlsx), read as a stream and within limits."""

import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, cast

from server.institutions.importing import headers
from server.institutions.importing.csv_source import HEADER_ROWS
from server.institutions.importing.headers import Header
from server.kit.errors import Invalid

if TYPE_CHECKING:
    from openpyxl import Workbook

#: Unpacked sizes beyond which a workbook is refused before it is opened.  Sheets are streamed, other parts are not.
MOST_UNPACKED: Final = 128 * 1024 * 1024
MOST_UNPACKED_PART: Final = 48 * 1024 * 1024

#: The format's own limit; what a sheet claims about its size is not believed.
_LAST_ROW: Final = 1_048_576
#: One more than a header may have, so that a wider sheet shows.
_COLUMNS_READ: Final = headers.MOST_COLUMNS + 1

#: Excel keeps 15 digits of a number; a longer code typed as a number has lost the rest.
_DIGITS_KEPT: Final = 10**15

#: Cells that stand for a problem; ``reading`` refuses the row.  The text is one that shows in reject files.
LOST_DIGITS: Final = "#位数丢失"
FORMULA_ERRORS: Final = frozenset({"#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"})


class _StreamedSheet(Protocol):
    """The part of openpyxl's read-only worksheet that is used here; its stubs do not fit its own methods."""

    def reset_dimensions(self) -> None: ...

    def iter_rows(self, *, max_row: int, max_col: int, values_only: bool) -> Iterator[tuple[Any, ...]]: ...


@contextmanager
def rows(stream: BinaryIO) -> Iterator[tuple[Header, Iterator[tuple[int, list[str]]]]]:
    """The header of the first visible sheet that has one, and after it every row with its number.

    Formulas give the value that Excel stored last.  Raises: ``Invalid`` for a damaged, encrypted or oversized workbook,
    or when no sheet has a header, here or while the rows are read.
    """
    _require_size(stream)
    with closing(_workbook(stream)) as workbook:
        first_row: list[str] | None = None
        for sheet in _sheets(workbook):
            for line, cells in islice(_numbered(sheet), HEADER_ROWS):
                first_row = first_row or cells
                if header := headers.recognise(line, cells):
                    yield header, islice(_numbered(sheet), line, None)
                    return
        raise headers.missing_name(first_row)


def _require_size(stream: BinaryIO) -> None:
    """Refuse by the sizes that the archive declares; ``zipfile`` never unpacks more than declared."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as broken:
        raise _damaged() from broken
    unpacked = sum(part.file_size for part in parts)
    largest = max((part.file_size for part in parts if not part.filename.startswith("xl/worksheets/")), default=0)
    if unpacked > MOST_UNPACKED or largest > MOST_UNPACKED_PART:
        limit = MOST_UNPACKED // 1024 // 1024
        raise Invalid(f"Excel 文件解压后过大（上限 {limit} MB），请拆分后分批导入", path=("file",), limit_mb=limit)


def _workbook(stream: BinaryIO) -> "Workbook":
    import openpyxl  # loaded by whoever imports a workbook: a worker imports this module too

    stream.seek(0)
    try:
        return openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    # A broken workbook makes openpyxl raise nearly anything: KeyError, TypeError, ParseError, zlib.error, OSError …
    except Exception as broken:
        raise _damaged() from broken


def _sheets(workbook: "Workbook") -> Iterator[_StreamedSheet]:
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible" and hasattr(sheet, "reset_dimensions"):
            yield cast(_StreamedSheet, sheet)


def _numbered(sheet: _StreamedSheet) -> Iterator[tuple[int, list[str]]]:
    sheet.reset_dimensions()
    values = sheet.iter_rows(max_row=_LAST_ROW, max_col=_COLUMNS_READ, values_only=True)
    line = 0
    while True:
        try:
            row = next(values)
        except StopIteration:
            return
        # As above: damage may show only in the middle of the sheet.
        except Exception as broken:
            raise _damaged() from broken
        line += 1
        cells = [] if row.count(None) == len(row) else [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        yield line, cells


def _text(value: Any) -> str:
    """The cell as an official reads it on the sheet."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "是" if value else "否"
        case int() | float() if abs(value) >= _DIGITS_KEPT:
            return LOST_DIGITS
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.date().isoformat()
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _damaged() -> Invalid:
    return Invalid("Excel 文件已损坏或不是工作簿，请用 Excel 或 WPS 打开后另存为 .xlsx 再导入", path=("file",))
