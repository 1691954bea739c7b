"""Reading a score sheet that was sent: bytes to what stands in its cells, within limits.

What is said of the cells is left to ``checking``; here is only what cannot be read at all.  Imported by whoever reads one:
the library takes its memory.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, Final, Protocol, cast

import openpyxl

from server.assessment.sheets.model import (
    ASSESSMENT,
    CODE,
    CODE_ROW,
    COLUMNS_MOST,
    FIRST_COLUMN,
    FIRST_ROW,
    MARK,
    NAME,
    ROWS_MOST,
    TITLE_ROW,
    VERSION,
    Cell,
    Filled,
    Line,
)
from server.kit.errors import Invalid
from server.kit.names import AROUND

#: Sizes beyond which a workbook is refused before it is opened.  A full sheet has about 5 MiB unpacked.
BYTES_MOST: Final = 5 * 1024 * 1024
UNPACKED_MOST: Final = 24 * 1024 * 1024
#: Sheets are read as a stream, other parts are not.
UNPACKED_PART_MOST: Final = 4 * 1024 * 1024
#: Beginnings and ends of elements in all parts: about four for each cell in which something stands.
TAGS_MOST: Final = 1_000_000
_PARTS_MOST: Final = 200
_SHEETS_MOST: Final = 20
_BLANK_MOST: Final = 20_000
#: The format's own limit; what a sheet claims about its size is not believed.
_LAST_ROW: Final = 1_048_576
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3}[0-9]{1,7}):[A-Z]{1,3}[0-9]{1,7}[\"']")
#: What is told of a cell, and kept of a name: more than any name has.
_TEXT_MOST: Final = 60
_NAME_MOST: Final = 300

_AS_NUMBER = "请输入半角阿拉伯数字；没有得分的请清空单元格"
_AS_VALUE = "请复制该单元格，用“选择性粘贴—数值”改为数字"


class _Sheet(Protocol):
    """The part of openpyxl's read-only worksheet that is used here; its stubs do not fit its own methods."""

    title: str
    _worksheet_path: str

    def reset_dimensions(self) -> None: ...

    def iter_rows(self, *, max_row: int, max_col: int) -> Iterator[tuple[Any, ...]]: ...


def read(content: bytes, path: tuple[str, ...] = ("input", "document")) -> Filled:
    """The first sheet of the workbook that bears the mark of a score sheet.

    Raises: Invalid for a workbook that is damaged, too large, or holds no such sheet.
    """
    _require_size(content, path)
    with closing(_opened(content, path)) as book:
        for sheet in islice(book.worksheets, _SHEETS_MOST):
            if not hasattr(sheet, "reset_dimensions"):
                continue  # a chart
            streamed = cast(_Sheet, sheet)
            first = next(_rows(streamed, 1, path), ())
            if _said(_at(first, ASSESSMENT)) == MARK:
                return _filled(streamed, content, path)
    raise Invalid("该文件不是本平台下载的考核评分表，或标识列已被删除；请重新下载评分表后填写", path=path)


def _require_size(content: bytes, path: tuple[str, ...]) -> None:
    """Refuse by the sizes that the archive declares; ``zipfile`` never unpacks more than declared."""
    if len(content) > BYTES_MOST:
        raise Invalid(f"评分表文件不能超过 {BYTES_MOST // 1024 // 1024} MiB，请只保留评分表本身", path=path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            largest = max((one.file_size for one in parts if not one.filename.startswith("xl/worksheets/")), default=0)
            unpacked = sum(one.file_size for one in parts)
            if len(parts) > _PARTS_MOST or unpacked > UNPACKED_MOST or largest > UNPACKED_PART_MOST:
                limit = UNPACKED_MOST // 1024 // 1024
                raise Invalid(f"Excel 文件解压后过大（上限 {limit} MiB），请重新下载评分表，只填写得分", path=path)
            # A row is held in memory as a whole, and a megabyte of empty cells takes a hundred times as much there.
            tags = sum(archive.read(one).count(b"<") for one in parts)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as broken:
        raise _damaged(path) from broken
    if tags > TAGS_MOST:
        raise Invalid("Excel 文件中的单元格过多，请重新下载评分表，只填写得分", path=path)


def _opened(content: bytes, path: tuple[str, ...]) -> openpyxl.Workbook:
    try:
        return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    # A broken workbook makes openpyxl raise nearly anything: KeyError, TypeError, ParseError, zlib.error, OSError …
    except Exception as broken:
        raise _damaged(path) from broken


def _rows(sheet: _Sheet, last: int, path: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=last, max_col=COLUMNS_MOST)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        # As above: damage may show only in the middle of the sheet.
        except Exception as broken:
            raise _damaged(path) from broken
        yield row


def _filled(sheet: _Sheet, content: bytes, path: tuple[str, ...]) -> Filled:
    cycle, titles, codes = "", (), ()
    lines: list[Line] = []
    # Rows that the sheet leaves out come as one and the same empty row.
    gap, blank = None, 0
    for number, row in enumerate(_rows(sheet, _LAST_ROW, path), 1):
        if row is gap:
            continue
        if all(one.value is None for one in row):
            gap, blank = row, blank + 1
            if blank > _BLANK_MOST:
                raise Invalid(f"评分表中的空行过多（第 {number} 行），请删除空行或重新下载评分表", path=path)
            continue
        if number > ROWS_MOST:
            raise Invalid(f"评分表至多 {ROWS_MOST} 行，第 {number} 行仍有内容；请删除多余的行", path=path)
        if number == 1:
            cycle = _said(_at(row, VERSION))
        elif number == TITLE_ROW:
            titles = row
        elif number == CODE_ROW:
            codes = row
        elif number >= FIRST_ROW:
            lines += _line(number, row)
    heads = {}
    for at in range(FIRST_COLUMN, max(len(titles), len(codes)) + 1):
        title, code = _said(_at(titles, at)), _said(_at(codes, at))
        if title or code:
            heads[at] = title, code
    return Filled(sheet.title, cycle, heads, _merged(sheet, content), tuple(lines))


def _line(number: int, row: tuple[Any, ...]) -> list[Line]:
    """The row, or none where nothing stands in it but blanks."""
    cells = {at: cell for at, one in enumerate(row, 1) if at >= FIRST_COLUMN and (cell := _cell(one)) is not None}
    name, code, assessment, version = (_said(_at(row, at)) for at in (NAME, CODE, ASSESSMENT, VERSION))
    told = cells or name or code or assessment or version
    return [Line(number, name, code, assessment, version, cells)] if told else []


def _merged(sheet: _Sheet, content: bytes) -> tuple[str, ...]:
    """The first cells of merged areas, of which a stream of cells says nothing; but the others in them look blank."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.read(sheet._worksheet_path)
    return tuple(dict.fromkeys(one.decode() for one in _MERGED.findall(part)))


def _at(row: Sequence[Any], column: int) -> Any:
    return row[column - 1] if len(row) >= column else None


def _said(cell: Any) -> str:
    """What stands in a cell of the head, or of the columns that say whose a row is."""
    value = None if cell is None else cell.value
    return "" if value is None else str(value).strip(AROUND)[:_NAME_MOST]


def _cell(cell: Any) -> Cell | None:
    """A cell that should hold a score; None where it is blank."""
    value, kind = cell.value, cell.data_type
    if value is None or (isinstance(value, str) and not value.strip(AROUND)):
        return None
    if kind == "f":
        # A formula of many cells is an object, which has its text or none.
        formula = value if isinstance(value, str) else getattr(value, "text", None)
        return Cell(str(formula or "公式")[:_TEXT_MOST], flaw=("单元格是公式，不是数字", _AS_VALUE))
    text = str(value)[:_TEXT_MOST]
    if kind == "e":
        return Cell(text, flaw=("单元格是公式的错误值", _AS_VALUE))
    match value:
        case bool():
            return Cell("是" if value else "否", flaw=("单元格是逻辑值，不是数字", _AS_NUMBER))
        case int() | float():
            return _number(value, str(cell.number_format))
        case datetime() | date() | time() | timedelta():
            remedy = "请把单元格格式改为“常规”，再输入数字"
            return Cell(text, flaw=("单元格是日期或时间，不是数字", remedy))
        case _:
            return Cell(text, flaw=_flaw_of_text(str(value).strip(AROUND)))


def _number(value: float, shown_as: str) -> Cell:
    if "%" in shown_as:
        remedy = "请把单元格格式改为“常规”，再输入得分本身"
        return Cell(f"{value * 100:.10g}%", flaw=("单元格是百分数，不是得分", remedy))
    try:
        # By way of text: what a person typed, not the binary fraction next to it.
        number = Decimal(str(value))
    except InvalidOperation:
        return Cell(str(value), flaw=("单元格不是数字", _AS_NUMBER))
    if not number.is_finite():
        return Cell(str(value), flaw=("单元格不是数字", _AS_NUMBER))
    return Cell(f"{number:f}", number)


_HALF: Final[Mapping[int, int]] = {0xFF10 + n: 0x30 + n for n in range(10)} | {0xFF0E: 0x2E, 0xFF0D: 0x2D}
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


def _flaw_of_text(text: str) -> tuple[str, str]:
    if _DECIMAL.fullmatch(text):
        return "单元格是文本格式的数字", "请选中该列，用“转换为数字”或把格式改为“常规”后重新输入"
    if _DECIMAL.fullmatch(text.translate(_HALF)):
        return "单元格含全角数字，是文本", f"请改用半角数字：{text.translate(_HALF)[:_TEXT_MOST]}"
    return "单元格是文字，不是数字", _AS_NUMBER


def _damaged(path: tuple[str, ...]) -> Invalid:
    return Invalid("Excel 文件已损坏或不是工作簿，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传", path=path)
