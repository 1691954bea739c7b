"""Rows as an Excel workbook.  Imported by whoever writes one: the library takes its memory."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import orjson
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from schema.listing import Column

_WIDEST = 60


def workbook(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], notes: Mapping[str, str]) -> bytes:
    """The workbook: the rows under their headings, and a sheet of notes; nothing in it is a formula."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.freeze_panes = "A2"
    cells = [[one.cell(row) for one in columns] for row in rows]
    for n, one in enumerate(columns, start=1):
        longest = max([len(one.heading), *(len(str(row[n - 1] or "")) for row in cells[:200])])
        sheet.column_dimensions[get_column_letter(n)].width = min(longest * 2 + 2, _WIDEST)
    sheet.append([_cell(sheet, one.heading, bold=True) for one in columns])
    for row in cells:
        sheet.append([_cell(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(cells) + 1}"
    told = book.create_sheet("说明")
    for name, text in notes.items():
        told.append([_cell(told, name, bold=True), _cell(told, text)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    if isinstance(value, dict | list):
        value = orjson.dumps(value).decode()
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # else "=…" would be a formula
    if bold:
        cell.font = Font(bold=True)
    return cell
